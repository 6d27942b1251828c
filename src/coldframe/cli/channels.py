"""The commands ``coldframe audience …`` and ``coldframe tasks …``: what two channels keep in the house."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from coldframe.cli import output, start

audience = typer.Typer(name="audience", no_args_is_help=True, help="Retargeting lists for ad platforms.")
tasks = typer.Typer(name="tasks", no_args_is_help=True, help="What owners are to do by hand.")

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(audience)
    app.add_typer(tasks)


@audience.command()
def export(
    folder: Annotated[Path, typer.Argument(help="Folder to write to; made where it is not there.")],
    as_json: AsJson = False,
) -> None:
    """
    Write who is to be on each list, and who is to leave it: two files of SHA-256 hashes for each path.

    Example: coldframe audience export lists/
    """
    start.open_database()
    from coldframe.delivery.channels.audience import lists

    written = lists.export(folder=folder)
    if as_json:
        output.emit_json({"folder": str(folder), "lists": [asdict(each) for each in written]})
        return
    for each in written:
        print(f"{each.audience}: {each.in_count} in, {each.out_count} out")
    if not written:
        print("Nobody is on a list yet.")


@tasks.command("list")
def list_(
    owner: Annotated[str | None, typer.Option(help="Of this owner alone.")] = None, as_json: AsJson = False
) -> None:
    """
    List open tasks, the most pressing first.

    Example: coldframe tasks list --owner "Ewa Lis"
    """
    start.open_database()
    from coldframe.delivery.channels.task import tasks as kept

    found = kept.list_open(owner=owner)
    if as_json:
        output.emit_json({"tasks": [asdict(each) for each in found]})
        return
    for each in found:
        print(
            f"{each.id:>6}  {each.due_at:%Y-%m-%d}  {each.owner or '-':<16}  {each.title}\n        {each.what}"
        )
        print(f"        Why: {each.why}")
    if not found:
        print("Nothing is to be done.")


@tasks.command()
def done(
    number: Annotated[int, typer.Argument(help="Number of the task, as tasks list shows it.")],
    by: Annotated[str, typer.Option(help="Who did it.")] = "",
    as_json: AsJson = False,
) -> None:
    """
    Note that a task was done.

    Example: coldframe tasks done 17 --by "Ewa Lis"
    """
    start.open_database()
    from coldframe import clock
    from coldframe.delivery.channels.task import tasks as kept

    kept.finish(task_id=number, by=by, at=clock.now())
    if as_json:
        output.emit_json({"done": number})
    else:
        print(f"Done: {number}.")
