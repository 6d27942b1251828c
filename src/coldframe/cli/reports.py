"""The commands ``coldframe reports``: what came of what was decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from coldframe.cli import output, start

if TYPE_CHECKING:
    from rich.console import Console

    from coldframe.reports.acceptance import Acceptance, Figure

#: Letters of a group's name in a table.
NAME_WIDTH = 44
TITLES = {"trigger": "By trigger", "path": "By path", "segment": "By segment", "rule": "By fit rule"}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    reports = typer.Typer(help="What came of what was decided.", no_args_is_help=True)
    app.add_typer(reports, name="reports")

    @reports.callback()
    def several() -> None:
        """Say what came of what was decided."""

    @reports.command()
    def acceptance(
        days: Annotated[
            int, typer.Option(help="Look back on handoffs opened in the last so many days; 0: all.")
        ] = 365,
        as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    ) -> None:
        """
        Say what sales accepted of the leads put before it: by trigger, path, segment and fit rule.

        Accepted is a share of what sales answered, with its 95 % interval; what waits or was not answered in time is in
        no share. With --json each figure has its numerator, its denominator, and where on a served page its rows are.

        Example: coldframe reports acceptance --days 90
        """
        start.open_database()
        from coldframe import clock
        from coldframe.reports import acceptance as report

        found = report.load(as_of=clock.now(), days=days)
        if as_json:
            output.emit_json(found.as_json())
        else:
            show(found, console=output.console())


def show(found: Acceptance, *, console: Console) -> None:
    """Print the report for a person."""
    from rich.markup import escape

    if not found.total.counts["opened"]:
        console.print("Nobody was put before sales in this time.")
        return
    console.print(f"{'All leads put before sales':<{NAME_WIDTH}}  {line(found.total)}")
    for dimension, figures in found.by.items():
        if figures:
            console.print(f"\n[bold]{TITLES[dimension.value]}[/bold]")
        for figure in figures:
            console.print(f"{escape(cut(name_of(figure))):<{NAME_WIDTH}}  {line(figure)}")
    if found.returned_triggers:
        console.print("\n[bold]Mostly returned, beyond what chance would explain[/bold]")
    for figure in found.returned_triggers:
        counts = figure.counts
        console.print(f"{escape(name_of(figure))}: {counts['returned']} of {counts['answered']} came back")


def line(figure: Figure) -> str:
    """Return a figure's numbers in one line."""
    counts = figure.counts
    share = f"{counts['accepted']} of {counts['answered']} accepted"
    if figure.rate is not None:
        share += f" = {figure.rate:.0%} ({figure.low:.0%} to {figure.high:.0%})"
    return f"{counts['opened']:>5} handoffs; {share}"


def name_of(figure: Figure) -> str:
    """Return what a group is called."""
    return "none" if figure.key is None else figure.key.removeprefix("trigger:")


def cut(text: str) -> str:
    """Return a name that fits its column."""
    return text if len(text) <= NAME_WIDTH else text[: NAME_WIDTH - 1] + "…"
