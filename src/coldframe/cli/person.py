"""The commands ``coldframe person``: a person's own copy of what is held, and their erasure."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coldframe.cli import output, start
from coldframe.kernel.vocabulary import Refusal

if TYPE_CHECKING:
    from coldframe.nurture.erasure import Erased

Key = Annotated[
    str, typer.Argument(help="An address, an external id (or source:id), a public id or a number.")
]


class NotSure(Refusal):
    """Erasing was asked for without saying that it is meant."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        no_args_is_help=True, help="A person's own copy of what is held of them, and their erasure."
    )
    group.command("export")(export)
    group.command("erase")(erase)
    group.command("retention")(retention)
    group.command("keep")(keep)
    app.add_typer(group, name="person")


def export(
    key: Key,
    file: Annotated[Path, typer.Argument(help="Where the copy goes: as JSON, and as a page beside it.")],
    as_json: bool = typer.Option(False, "--json", help="Print the names of both files as one JSON document."),
) -> None:
    """
    Write everything that is held of a person into two files: one for programs, one to read.

    Record, permissions, events, decisions with their reasons, and messages as they were sent. Only you can
    read the files; send them in a way that keeps it so.

    Example: coldframe person export anna@brightpath.example anna.json
    """
    start.open_database()
    from coldframe import clock
    from coldframe.library import operations as library
    from coldframe.nurture import queries
    from coldframe.reports import person

    now = clock.now()
    library.ensure_active_playbook(at=now)
    lead_id = queries.find_lead(readable(key))
    data, page = person.write(person.build(lead_id, as_of=now), file=file)
    if as_json:
        output.emit_json({"json": str(data), "page": str(page)})
    else:
        output.console().print(f"Written: {data} for programs, {page} to read.", markup=False)


def erase(
    key: Key,
    yes: bool = typer.Option(False, "--yes", help="It is meant; nothing brings it back."),
    as_json: bool = typer.Option(False, "--json", help="Print what was erased as one JSON document."),
) -> None:
    """
    Erase a person: from every table, every message, and the files of refused rows in the data folder.

    What stays are numbers without a name, and keyed hashes of the addresses and ids, by which an import
    knows them again and leaves them out. An opt-out holds on. Backups made before still hold the person.

    Example: coldframe person erase anna@brightpath.example --yes
    """
    start.open_database()
    from coldframe import clock, environment
    from coldframe.nurture import erasure, queries

    lead_id = queries.find_lead(readable(key))
    if not yes:
        raise NotSure(
            "Nothing was erased.",
            expected="--yes, for nothing brings it back",
            got="no word that it is meant",
            advice="Their own copy first: coldframe person export KEY FILE.",
        )
    home = environment.home()
    erased = erasure.erase_person(lead_id, home=home, at=clock.now())
    erasure.compact()
    backups = sorted(path.name for path in (home / "backups").glob("*") if path.is_file())
    if as_json:
        output.emit_json({**erased.as_json(), "backups_that_may_hold_the_person": backups})
    else:
        tell(erased, backups=len(backups))


def retention(
    limit: int = typer.Option(50, min=1, help="Show so many."),
    as_json: bool = typer.Option(False, "--json", help="Print the terms and the list as one JSON document."),
) -> None:
    """
    Show for how long people and events are kept, and who is on the list of those to be erased.

    A lead from whom nothing has come for 24 months is listed, and erased 30 days later unless something comes from it
    after all, or somebody keeps it. COLDFRAME_KEEP_LEADS_MONTHS, COLDFRAME_REVIEW_DAYS and
    COLDFRAME_KEEP_EVENTS_MONTHS change that; 0 months keeps for ever.

    Example: coldframe person retention --json
    """
    start.open_database()
    from django.conf import settings

    from coldframe.nurture import retention as kept

    terms = kept.Terms(**settings.RETENTION)
    listed, count = kept.list_reviewed(terms=terms, limit=limit)
    if as_json:
        output.emit_json(
            {"terms": asdict(terms), "count": count, "listed": [asdict(each) for each in listed]}
        )
        return
    say = output.console().print
    say(
        f"Leads: {months(terms.lead_months)} after the last sign of life on the list, {terms.review_days} days later erased."
        if terms.lead_months
        else "Leads: kept for ever."
    )
    say(f"Events: {months(terms.event_months)}.", markup=False)
    say(f"On the list: {count:,}.", markup=False)
    for each in listed:
        until = f"erased from {each.erased_from:%Y-%m-%d}" if each.erased_from else f"kept by {each.kept_by}"
        who = ", ".join(filter(None, (each.name, each.email, each.company)))
        say(f"  {each.lead_id:>8}  {until}  {who}", markup=False)
    if count > len(listed):
        say(f"and {count - len(listed):,} more: --limit", markup=False)


def months(count: int) -> str:
    """Return a number of months in words."""
    return f"{count} months" if count else "for ever"


def keep(
    key: Key,
    by: str = typer.Option(..., "--by", help="Who decided it."),
    as_json: bool = typer.Option(False, "--json", help="Print who was kept as one JSON document."),
) -> None:
    """
    Keep somebody who is on the list of those to be erased, for as long again.

    Example: coldframe person keep anna@brightpath.example --by "Ewa Lis"
    """
    start.open_database()
    from coldframe import clock
    from coldframe.nurture import queries
    from coldframe.nurture import retention as kept

    lead_id = queries.find_lead(readable(key))
    kept.keep(lead_id, by=by, at=clock.now())
    if as_json:
        output.emit_json({"kept": lead_id, "by": by})
    else:
        output.console().print("Kept.", markup=False)


def tell(erased: Erased, *, backups: int) -> None:
    """Print what was erased, in numbers."""
    console = output.console()
    console.print(
        f"Erased: {erased.lead_count} record(s), {erased.message_count} message(s), "
        f"rows in {len(erased.files)} file(s) of refused rows.",
        markup=False,
    )
    console.print("If a file brings them again, they are left out.", markup=False)
    if backups:
        console.print(
            f"{backups} backup(s) in the data folder were made before: delete them, or let them age out.",
            markup=False,
        )


def readable(key: str) -> str:
    """Return a key as text that a database takes; a terminal may hand over bytes that are none."""
    return key.encode(errors="replace").decode()
