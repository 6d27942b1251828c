"""The command ``coldframe assess``: say of every lead where it should go, and keep what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from coldframe.cli import output, start

if TYPE_CHECKING:
    from coldframe.nurture.operations import CycleCounts

#: Dispositions as people say them, in the order they are shown.
DISPOSITIONS = {
    "TO_SALES": "to sales now",
    "WITH_SALES": "with sales already",
    "NURTURE": "nurture",
    "LET_GO": "let go",
}
#: Reasons shown; the rest is in --json.
MOST_REASONS = 12


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def assess(
        as_json: Annotated[
            bool, typer.Option("--json", help="Print the counts as one JSON document.")
        ] = False,
    ) -> None:
        """
        Assess all leads with the active playbook, and store what changed.

        Doing it twice changes nothing; stopped half-way, it goes on with what is left.

        Example: coldframe assess --json
        """
        start.open_database()
        from coldframe import clock
        from coldframe.nurture import operations, queries

        with output.progress("Assessing leads", total=queries.count_leads(), silent=as_json) as advance:
            counts = operations.assess_all(as_of=clock.now(), on_progress=advance, whole=True)
        if as_json:
            output.emit_json(counts.as_json())
        else:
            show(counts)


def show(counts: CycleCounts) -> None:
    """Print the counts for a person."""
    console = output.console()
    if not counts.leads:
        console.print("There are no leads yet. Bring some in: [bold]coldframe import leads FILE[/bold]")
        return
    console.print(
        f"[bold]{number(counts.leads)} leads[/bold] in {number(counts.accounts)} accounts, "
        f"{number(counts.events)} events that can count, playbook version {counts.playbook_version}."
    )
    table(console, "Disposition", {label: counts.by_disposition[key] for key, label in DISPOSITIONS.items()})
    table(console, "Status", {words(key): count for key, count in counts.by_status.most_common()})
    table(console, "Path", dict(counts.by_path.most_common()))
    table(console, "Reason", dict(counts.by_reason.most_common(MOST_REASONS)))
    console.print(wrote(counts))


def table(console: Any, title: str, rows: dict[str, int]) -> None:
    """Print counts under a title, the numbers aligned."""
    from rich.table import Table

    made = Table(
        box=None,
        padding=(0, 2, 0, 0),
        title=title,
        title_justify="left",
        title_style="bold",
        show_header=False,
    )
    made.add_column(min_width=28)
    made.add_column(justify="right")
    for label, count in rows.items():
        made.add_row(label, number(count))
    console.print()
    console.print(made)


def wrote(counts: CycleCounts) -> str:
    """Return what was stored, in a sentence."""
    if not counts.changed:
        return "\nNothing has changed since the last assessment."
    return f"\nStored {number(counts.changed)} that changed; {number(counts.moved)} of them moved to another status."


def words(code: str) -> str:
    return code.replace("_", " ").lower()


def number(count: int) -> str:
    return f"{count:,}"
