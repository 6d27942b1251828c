"""The command ``coldframe explain``: the because card of one lead."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from coldframe.cli import output, start

if TYPE_CHECKING:
    from rich.console import Console

    from coldframe.kernel.assessment.card import Axis, Card
    from coldframe.nurture.outlook import Outlook
    from coldframe.nurture.queries import ExplainedLead

MARKS = {True: "[green]✓[/]", False: "[red]✗[/]", None: "[yellow]?[/]"}
AXES = ("fit", "intent", "stage", "timing", "completeness")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("explain")(explain)


def explain(
    key: str = typer.Argument(help="An address, an external id (or source:id), a public id or a number."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON document."),
) -> None:
    """
    Say why a lead is where it is, what would move it, and when it leaves.

    Example: coldframe explain anna@brightpath.example
    """
    start.open_database()
    from coldframe import clock
    from coldframe.library import operations as library
    from coldframe.nurture import queries

    now = clock.now()
    library.ensure_active_playbook(at=now)
    # A terminal may hand over bytes that are no text, which no database takes.
    key = key.encode(errors="replace").decode()
    explained = queries.explain_lead(lead_id=queries.find_lead(key), as_of=now)
    assert explained is not None  # noqa: S101 - found a moment ago.
    if as_json:
        output.emit_json(as_document(explained))
    else:
        print_card(output.console(), explained)


def as_document(explained: ExplainedLead) -> dict[str, Any]:
    """Return everything as plain values, the card first."""
    document = asdict(explained)
    return {"card": document.pop("card"), **document}


def print_card(console: Console, explained: ExplainedLead) -> None:
    """Print the card, one question after the other."""
    from rich.markup import escape

    record, card = explained.record, explained.card
    name = (
        " ".join(filter(None, [record.first_name, record.last_name])) or record.email or f"Lead {record.id}"
    )
    about = " · ".join(filter(None, [record.job_title, record.company, record.email]))
    console.print(f"[bold]{escape(name)}[/]  {escape(about)}")
    console.print(f"[bold]{escape(card.headline)}[/]\n")
    print_axes(console, card)
    print_moves(console, card)
    print_outlook(console, explained.outlook)
    console.print(f"[bold]When it leaves[/]\n  {escape(card.leaves_text)}\n")
    if explained.decision:
        made = explained.decision
        console.print(
            f"Last decided on {made.as_of:%-d %B %Y} under playbook {made.playbook_number} ({escape(made.playbook_name)})."
        )
    if record.suppressed_by:
        console.print(f"Not to be mailed: {escape(record.suppressed_by.replace('_', ' '))}.")


def print_axes(console: Console, card: Card) -> None:
    """Print the separate axes with the reasons behind each."""
    console.print("[bold]Why it is here[/]")
    for name in AXES:
        print_axis(console, name, getattr(card, name))
    console.print()


def print_axis(console: Console, name: str, axis: Axis) -> None:
    from rich.markup import escape

    console.print(f"  {name:<13}{escape(axis.text)}")
    for reason in axis.reasons if name != "stage" else ():
        points = f"{reason.points:+.0f}" if reason.points is not None else ""
        console.print(f"    {MARKS[reason.held]} {points:>4} {escape(reason.text)}")


def print_moves(console: Console, card: Card) -> None:
    """Print the smallest changes that would move the lead."""
    from rich.markup import escape

    console.print("[bold]What would move it[/]")
    for move in card.advance_if:
        where = {"TO_SALES": "to sales", "NURTURE": "to nurture", "LET_GO": "let go"}[move.disposition]
        until = f", until {move.until:%-d %B %Y}" if move.until else ""
        console.print(f"  [green]{where:<11}[/] {escape(move.text)}{until}")
    if card.hold:
        console.print(f"  {escape(card.hold.text)}")
    elif not card.advance_if:
        console.print("  Nothing that the playbook names would, as things stand.")
    console.print()


def print_outlook(console: Console, outlook: Outlook) -> None:
    """Print the next touch and why that one, or the hold and why."""
    from rich.markup import escape

    from coldframe.nurture import words

    console.print(f"[bold]The next touch[/]\n  {escape(outlook.text)}")
    if outlook.detail:
        console.print(f"  {escape(outlook.detail)}")
    if outlook.reason and outlook.at:
        console.print(f"  Until {outlook.at:%-d %B %Y, %H:%M} UTC{escape(in_zone(outlook))}.")
    if outlook.reason and outlook.title:
        by = words.CHANNELS.get(outlook.channel or "", "")
        console.print(f"  Then {escape(f'{outlook.title} {by}'.strip())}.")
    if outlook.why:
        console.print(f"  {escape(outlook.why)}")
    if outlook.path:
        console.print(f"  On the path {escape(outlook.path)}, lap {outlook.lap}.")
    console.print()


def in_zone(outlook: Outlook) -> str:
    """Return the lead's own time zone, where the hold ends in its working hours, and whether it is a guess."""
    from coldframe.kernel.planning import holding

    if not outlook.zone or outlook.reason not in holding.IN_TIME:
        return ""
    return f", in the working hours of {outlook.zone}" + (", a guess" if outlook.is_zone_guessed else "")
