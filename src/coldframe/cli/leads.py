"""The commands ``coldframe leads``: records that are one person, merged and parted again."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from coldframe.cli import output, start

Key = Annotated[
    str, typer.Argument(help="An address, an external id (or source:id), a public id or a number.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
By = Annotated[str, typer.Option(help="Who says so.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        no_args_is_help=True, help="Records that are one person: find them, merge them, part them again."
    )
    group.command("duplicates")(duplicates)
    group.command("merge")(merge)
    group.command("unmerge")(unmerge)
    group.command("merges")(merges)
    app.add_typer(group, name="leads")


def duplicates(as_json: Json = False) -> None:
    """
    List records that are likely one person, and what makes them so; nothing is changed.

    By phone, mailbox, company and names. And where calls of the event API name two known people as one: that is
    decided by nobody but you.

    Example: coldframe leads duplicates
    """
    start.open_database()
    from coldframe.activity.identity import contested
    from coldframe.reports import duplicates as found_by_look
    from coldframe.reports import frames

    likely = found_by_look.find(frames.people(whole=True))
    said = contested.list_contested()
    if as_json:
        output.emit_json({"likely": asdict(likely), "said_by_calls": [asdict(each) for each in said]})
        return
    console = output.console()
    for found in likely.groups:
        console.print("; ".join(found.why), markup=False)
        for each in found.people:
            console.print(f"  {each.lead_id}  {each.name}  {each.email}  {each.company}", markup=False)
    for pair in said:
        console.print(f"calls of {pair.source} name both as one person", markup=False)
        console.print(f"  {pair.one_id}  {pair.one}\n  {pair.other_id}  {pair.other}", markup=False)
    console.print(
        f"{likely.group_count} group(s) of likely doubles, {len(said)} pair(s) that calls name as one. "
        "Merge: coldframe leads merge KEY --into KEY.",
        markup=False,
    )


def merge(
    key: Key,
    into: Annotated[str, typer.Option("--into", help="The lead that stays, named in the same ways.")],
    reason: Annotated[str, typer.Option(help="Why; kept with the merge.")] = "the same person",
    by: By = "operator",
    as_json: Json = False,
) -> None:
    """
    Have one lead be another one: everything of the first is the second's from now on.

    The strictest holds: every opt-out, the longer pause. No content reaches the person twice. ``unmerge`` takes it
    back exactly.

    Example: coldframe leads merge a.kowalska@home.example --into anna@brightpath.example
    """
    start.open_database()
    from coldframe import clock
    from coldframe.leads import operations as leads
    from coldframe.nurture import queries

    number = leads.merge_leads(
        lead_id=queries.find_lead(key), into_id=queries.find_lead(into), by=by, reason=reason, at=clock.now()
    )
    if as_json:
        output.emit_json({"merge": number})
    else:
        output.console().print(f"Merged. Take it back: coldframe leads unmerge {key}", markup=False)


def unmerge(key: Key, by: By = "operator", as_json: Json = False) -> None:
    """
    Have a lead that was merged be its own again, with all that was its own and what came in by its ids since.

    Example: coldframe leads unmerge a.kowalska@home.example
    """
    start.open_database()
    from coldframe import clock
    from coldframe.leads import operations as leads
    from coldframe.leads import queries

    lead_id = queries.find_merged(key)
    leads.unmerge_lead(lead_id=lead_id, by=by, at=clock.now())
    if as_json:
        output.emit_json({"lead_id": lead_id})
    else:
        output.console().print(f"Lead {lead_id} is its own again.", markup=False)


def merges(as_json: Json = False) -> None:
    """
    List the merges that hold, the latest first.

    Example: coldframe leads merges
    """
    start.open_database()
    from coldframe.leads import queries

    found = queries.list_merges()
    if as_json:
        output.emit_json([asdict(each) for each in found])
        return
    console = output.console()
    for each in found:
        console.print(
            f"{each.merged_at:%Y-%m-%d}  {each.lead_id} {each.email or '(no address)'} is {each.into_id}"
            f" {each.into_email or '(no address)'}: {each.reason}, by {each.decided_by}",
            markup=False,
        )
    if not found:
        console.print("No lead is merged.", markup=False)
