"""The commands ``coldframe backup`` and ``coldframe restore``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from coldframe import clock
from coldframe.cli import output, restoring, start


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("backup", epilog="Example: [bold]coldframe backup /mnt/backups[/bold]")(make)
    app.command("restore", epilog="Example: [bold]coldframe restore coldframe-backup.zip[/bold]")(restore)


def make(
    target: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE|FOLDER]",
            help="File to make, or folder to make it in; else the data folder's backups.",
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what was made as one JSON document.")
    ] = False,
) -> None:
    """
    Back up the database, the keys and the journal of what was sent into one file, while everything runs.

    The copy is checked before the file appears. It holds personal data and keys: keep it as you keep those.

    Example: coldframe backup /mnt/backups
    """
    start.open_database()
    from coldframe.storage import backup

    made = backup.make_backup(target=target or backup.made_folder(), at=clock.now())
    if as_json:
        output.emit_json(asdict(made))
    else:
        console = output.console()
        size = f"{made.size_bytes / 2**20:,.1f} MiB"
        console.print(f"Backed up {made.row_count:,} rows into {made.file} ({size}); checked.", markup=False)


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `coldframe backup` made.")],
    replace: Annotated[
        bool,
        typer.Option(
            "--replace", help="Put it in place of a database that is there, and keep that one aside."
        ),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what was done as one JSON document.")
    ] = False,
) -> None:
    """
    Put a backup in place; sending stays held until `coldframe sending resume`.

    Example: coldframe restore coldframe-backup-20260601T090000Z.zip --replace
    """
    start.set_up()
    done = restoring.restore(file=file, replace=replace, at=clock.now())
    start.open_database()
    if as_json:
        output.emit_json(asdict(done))
        return
    console = output.console()
    made = f"made {done.made_at[:16].replace('T', ' ')} UTC by version {done.version}"
    console.print(f"Restored {done.row_count:,} rows, {made}.", markup=False)
    if done.kept:
        console.print(f"What was there before is in {done.kept}.", markup=False)
    console.print(
        "Sending is held. Look at the leads and at what is uncertain, then: coldframe sending resume",
        markup=False,
    )
