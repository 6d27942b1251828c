"""The commands ``coldframe content …``: what there is to send, what it says to a lead, and what is missing."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from coldframe.cli import output, start
from coldframe.kernel.vocabulary import Refusal

if TYPE_CHECKING:
    from coldframe.library.content_map import Cell, ContentMap
    from coldframe.nurture.content import Preview

content = typer.Typer(
    name="content",
    no_args_is_help=True,
    help="Assets and messages: list them, preview one for a lead, see what is missing.",
)
JSON = typer.Option(False, "--json", help="Print one JSON document.")


class NotWritten(Refusal):
    """A file cannot be written."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(content)


def open_active() -> None:
    """Open the database, with a playbook active."""
    start.open_database()
    from coldframe import clock
    from coldframe.library import operations

    operations.ensure_active_playbook(at=clock.now())


@content.command("list")
def list_(as_json: bool = JSON) -> None:
    """
    List everything that can be sent, with the template whose words go with it.

    Example: coldframe content list
    """
    open_active()
    lines = sendable()
    if as_json:
        output.emit_json({"contents": lines})
        return
    for line in lines:
        stage = line["stage"] or ""
        print(f"{line['content_key']:<34} {stage:<20} {line['template'] or 'no template: nothing is sent'}")


def sendable() -> list[dict[str, Any]]:
    """Return content key, stage, title and template of each asset and question of the active playbook."""
    from coldframe.kernel.playbook import templates
    from coldframe.library import queries

    playbook = queries.get_active_playbook().playbook
    lines = []
    for key in queries.content_keys(playbook):
        asset, template = templates.find_asset(playbook, key), templates.find_template(playbook, key)
        _, field = templates.sort_of(key)
        lines.append(
            {
                "content_key": key,
                "stage": asset.stage.value.lower() if asset else None,
                "title": asset.title if asset else playbook.completeness.questions[field].ask,
                "template": template.name if template else None,
            }
        )
    return lines


@content.command()
def preview(
    content_key: str = typer.Argument(help="asset:<key>, question:<field> or follow_up:<date>."),
    lead: str = typer.Option(
        ..., "--lead", help="An address, an external id (or source:id), a public id or a number."
    ),
    html: str | None = typer.Option(None, "--html", help="Write the HTML part to this file."),
    sender: str = typer.Option("", "--sender", help="Who signs; without it the template's fallback."),
    as_json: bool = JSON,
) -> None:
    """
    Show what a message would say to a lead. Nothing is sent.

    The footer (postal address, why, how to leave) is put below when the message is handed over.

    Example: coldframe content preview asset:guide --lead anna@brightpath.example --html preview.html
    """
    open_active()
    from coldframe.nurture import content as contents

    seen = contents.preview(
        content_key=content_key.encode(errors="replace").decode(),
        lead_key=lead.encode(errors="replace").decode(),
        sender=contents.Sender(name=sender),
    )
    if html and not seen.held_for:
        write(html, seen.html)
    if as_json:
        output.emit_json(asdict(seen))
    else:
        print_preview(seen, html)


def write(file: str, text: str) -> None:
    try:
        Path(file).write_text(text, encoding="utf-8")
    except OSError as error:
        raise NotWritten("The file cannot be written.", where=file, got=error.strerror) from error


def print_preview(seen: Preview, html: str | None) -> None:
    if seen.held_for:
        print(f"It would be held, not sent. {seen.held_for}.")
        return
    print(f"Subject: {seen.subject}\n")
    print(seen.text)
    if html:
        print(f"The HTML part is in {html}.")


@content.command("map")
def map_(as_json: bool = JSON) -> None:
    """
    Show for each stage, buyer question and segment which assets there are, and how many leads wait for each gap.

    Example: coldframe content map
    """
    open_active()
    from coldframe.library import content_map, queries
    from coldframe.nurture import content as contents

    playbook = queries.get_active_playbook().playbook
    found = content_map.content_map(playbook, waiting=contents.count_waiting())
    if as_json:
        cells = [{**asdict(cell), "is_gap": cell.is_gap} for cell in found.cells]
        output.emit_json({"cells": cells, "unstaged_count": found.unstaged_count})
    else:
        print_map(found)


def print_map(found: ContentMap) -> None:
    """Print the map, stage by stage, and the gaps by how many wait."""
    heading = None
    for cell in found.cells:
        if heading != (cell.stage, cell.question):
            heading = (cell.stage, cell.question)
            print(f"\n{cell.stage.replace('_', ' ').capitalize()}: {cell.question}")
        print(f"  {cell.segment:<32} {leads(cell.lead_count):>11}  {said(cell)}")
    waiting = [cell for cell in found.gaps if cell.waiting_count]
    print(
        f"\nGaps: {len(found.gaps)}; leads that wait for something to read: {sum(c.waiting_count for c in waiting)}"
    )
    for cell in waiting[:10]:
        print(f"  {leads(cell.waiting_count):>11}  {cell.question}  ({cell.stage}, {cell.segment})")
    if found.unstaged_count:
        print(f"Without evidence for a stage: {leads(found.unstaged_count)}.")


def leads(count: int) -> str:
    return f"{count} lead" if count == 1 else f"{count} leads"


def said(cell: Cell) -> str:
    """Return what there is in a cell, and who has had it all or waits."""
    there = ", ".join(
        f"{key} (no template)" if key in cell.without_template else key for key in cell.asset_keys
    )
    notes = [there or "nothing"]
    if cell.waiting_count:
        notes.append(f"{cell.waiting_count} wait")
    if cell.exhausted_count:
        notes.append(f"{cell.exhausted_count} have had everything")
    return "; ".join(notes)
