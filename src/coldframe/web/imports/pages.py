"""What the pages of imports show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coldframe.leads import operations as leads
from coldframe.leads import queries, uploads
from coldframe.leads.uploads import Upload
from coldframe.outbox import workers
from coldframe.web import wording
from coldframe.web.imports import words
from coldframe.web.imports.choosing_page import Problem, problem_of
from coldframe.web.imports.outcome import Outcome, build_outcome
from coldframe.web.pages import parts
from coldframe.work import uploads as work


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A file that was brought and is not in yet."""

    name: str
    href: str
    state: str
    by: str
    at: parts.Instant


@dataclass(frozen=True, kw_only=True)
class ImportRow:
    """One import of the list."""

    number: int
    href: str
    file: str
    kind: str | Promise
    source: str
    state: parts.Badge
    rows: str
    new: parts.Link
    updated: parts.Link
    refused: parts.Link
    at: parts.Instant


@dataclass(frozen=True, kw_only=True)
class ListPage:
    """The imports, and a way to bring another file."""

    frame: parts.Frame
    sentence: str
    most: str
    waiting: tuple[Waiting, ...]
    rows: tuple[ImportRow, ...]


@dataclass(frozen=True, kw_only=True)
class WaitingPage:
    """A file that is being worked on."""

    frame: parts.Frame
    upload: Upload
    sentence: str
    done: int
    total: int
    #: No worker of this machine lives, and nothing will go on.
    is_stuck: bool


@dataclass(frozen=True, kw_only=True)
class PreviewPage:
    """What an import would do."""

    frame: parts.Frame
    upload: Upload
    sentence: str
    problem: Problem | None
    outcome: Outcome
    button: str


@dataclass(frozen=True, kw_only=True)
class Undo:
    """What taking an import back would do."""

    lines: tuple[str, ...]
    href: str


@dataclass(frozen=True, kw_only=True)
class ResultPage:
    """What an import did."""

    frame: parts.Frame
    number: int
    file: str
    state: parts.Badge
    at: parts.Instant
    sentence: str
    outcome: Outcome
    leads_href: str
    refused_href: str
    undo: Undo | None


def build_list(*, now: datetime) -> ListPage:
    """Return the imports, the latest first."""
    records = queries.list_imports(at=now)
    count = len(records)
    return ListPage(
        frame=parts.build_frame(section="imports", now=now),
        sentence=ngettext(
            "%(count)s file was taken in so far.", "%(count)s files were taken in so far.", count
        )
        % {"count": wording.number(count)}
        if records
        else _(
            "Nothing was taken in yet. Bring an export of your CRM, a list or a sheet: you see what it would do first."
        ),
        most=f"{uploads.MOST_BYTES // 2**20} MiB",
        waiting=tuple(waiting_row(each, now=now) for each in uploads.list_uploads() if not each.result),
        rows=tuple(import_row(each, now=now) for each in records),
    )


def waiting_row(upload: Upload, *, now: datetime) -> Waiting:
    """Return a file that is not in yet."""
    states = {
        uploads.State.CHOOSING: _("Say what its columns are"),
        uploads.State.PREVIEWING: _("Is being tried"),
        uploads.State.PREVIEWED: _("Waits for your word"),
        uploads.State.IMPORTING: _("Is being taken in"),
    }
    return Waiting(
        name=upload.name,
        href=reverse("web:upload", args=[upload.token]),
        state=states.get(upload.state, ""),
        by=upload.by,
        at=parts.instant(upload.at, now=now),
    )


def import_row(record: queries.ImportRecord, *, now: datetime) -> ImportRow:
    """Return one import."""
    places = places_of(record)
    counts = {name: number(record, name, places) for name in ("new", "updated", "refused")}
    return ImportRow(
        number=record.number,
        href=reverse("web:import", args=[record.number]),
        file=record.file_name,
        kind=words.KINDS.get(record.kind, record.kind),
        source=record.source,
        state=state_badge(record.state),
        rows=wording.number(record.position),
        at=parts.instant(record.started_at, now=now),
        **counts,
    )


def number(record: queries.ImportRecord, name: str, places: Mapping[str, str]) -> parts.Link:
    """Return one number of an import, with where its rows are."""
    count = record.counts.get(name, 0)
    return parts.Link(label=wording.number(count), href=places.get(name, "") if count else "")


def state_badge(state: str) -> parts.Badge:
    """Return how far an import has come."""
    text, tone = words.STATES.get(state, (state, "gray"))
    return parts.Badge(text=str(text), tone=tone)


def build_waiting(upload: Upload, *, now: datetime) -> WaitingPage:
    """Return how far a file is."""
    is_import = upload.state is uploads.State.IMPORTING
    record = queries.find_import(upload.batch, at=now) if is_import and upload.batch else None
    return WaitingPage(
        frame=parts.build_frame(section="imports", now=now),
        upload=upload,
        sentence=_("The file is being taken in.") if is_import else _("Finding out what the file would do."),
        done=record.position if record else upload.rows_done,
        total=upload.rows,
        is_stuck=not work.is_small(upload)
        and not any(each.is_alive for each in workers.list_workers(at=now)),
    )


def build_preview(upload: Upload, *, now: datetime) -> PreviewPage:
    """Return what an import would do."""
    outcome = build_outcome(upload.preview)
    rows = upload.rows - outcome.refused_count
    count = ngettext("Take in %(count)s row", "Take in %(count)s rows", rows)
    return PreviewPage(
        frame=parts.build_frame(section="imports", now=now),
        upload=upload,
        sentence=_("Nothing is written yet. This is what the file would do: %(what)s.")
        % {"what": outcome.sentence},
        problem=problem_of(upload.problem),
        outcome=outcome,
        button=count % {"count": wording.number(rows)},
    )


def find_result(number: int, *, now: datetime) -> ResultPage | None:
    """Return what an import did, and what taking it back would do; None: there is no such import."""
    record = queries.find_import(number, at=now)
    if record is None:
        return None
    mine = [each for each in uploads.list_uploads() if each.batch == number and each.result]
    document = mine[0].result if mine else kept(record)
    places = places_of(record)
    outcome = build_outcome(document, places=places)
    return ResultPage(
        frame=parts.build_frame(section="imports", now=now),
        number=number,
        file=record.file_name,
        state=state_badge(record.state),
        at=parts.instant(record.started_at, now=now),
        sentence=_("%(kind)s from %(source)s: %(what)s.")
        % {
            "kind": words.KINDS.get(record.kind, record.kind),
            "source": record.source,
            "what": outcome.sentence,
        },
        outcome=outcome,
        leads_href=places.get("all", ""),
        refused_href=places["refused"],
        undo=foresee(record, now=now),
    )


def kept(record: queries.ImportRecord) -> dict[str, Any]:
    """Return what is known of an import for good, once its file is gone."""
    also = {name: count for name, count in record.counts.items() if count}
    return {"counts": record.counts, "rows": record.position, "also": also}


def places_of(record: queries.ImportRecord) -> dict[str, str]:
    """Return where the rows of an import's numbers are; what it made is nowhere once it was taken back."""
    is_kept = work.error_file(record.number).is_file()
    refused = {"refused": reverse("web:import-refused", args=[record.number]) if is_kept else ""}
    find = MADE_BY.get(record.kind)
    return refused | (find(record) if find and record.state != "UNDONE" else {})


def places_of_leads(record: queries.ImportRecord) -> dict[str, str]:
    """Return where the leads are that an import made, changed, or both."""
    parts_of = {"new": ".new", "updated": ".updated", "all": ""}
    return {
        name: parts.leads_url(**{"import": f"{record.number}{part}", "sort": "entered"})
        for name, part in parts_of.items()
    }


def places_of_accounts(record: queries.ImportRecord) -> dict[str, str]:
    """Return where the companies are that an import made or changed."""
    parts_of = {"new": "new", "updated": "updated", "accounts_made_as_parents": "parents"}
    return {name: accounts_url(record, part) for name, part in parts_of.items()}


def accounts_url(record: queries.ImportRecord, part: str) -> str:
    """Return where the companies are with which an import had to do in one way."""
    return f"{reverse('web:accounts')}?import={record.number}.{part}"


def places_of_deals(record: queries.ImportRecord) -> dict[str, str]:
    """Return where the deals are that an import made or changed, and the companies that came with them."""
    deals = reverse("web:import-deals", args=[record.number])
    return {
        "accounts_new": accounts_url(record, "new"),
        **{part: f"{deals}?part={part}" for part in ("new", "updated")},
    }


def places_of_events(record: queries.ImportRecord) -> dict[str, str]:
    """Return where the people are who did what an import told of, and the companies where nobody in particular did it."""
    people = parts.leads_url(**{"import": f"{record.number}.events", "sort": "active"})
    companies = accounts_url(record, "events")
    is_of_companies = record.counts.get("events_of_companies", 0) == record.counts.get("new", 0)
    return {"new": companies if is_of_companies else people, "events_of_companies": companies}


#: Kind of import -> where what it made and changed is; what people did is found by the people.
MADE_BY: dict[str, Callable[[queries.ImportRecord], dict[str, str]]] = {
    "leads": places_of_leads,
    "accounts": places_of_accounts,
    "opportunities": places_of_deals,
    "events": places_of_events,
}


def foresee(record: queries.ImportRecord, *, now: datetime) -> Undo | None:
    """Return what taking an import back would do; None where that cannot be."""
    if record.state not in {"DONE", "INTERRUPTED"}:
        return None
    seen = leads.foresee_undo(record.number, at=now)
    events = record.counts.get("new", 0) if record.kind == "events" else 0
    counts = (
        (seen.leads, ngettext("%(count)s lead goes", "%(count)s leads go", seen.leads)),
        (seen.accounts, ngettext("%(count)s company goes", "%(count)s companies go", seen.accounts)),
        (seen.opportunities, ngettext("%(count)s deal goes", "%(count)s deals go", seen.opportunities)),
        (events, ngettext("%(count)s event goes", "%(count)s events go", events)),
        (
            seen.consents,
            ngettext(
                "%(count)s permission to write goes", "%(count)s permissions to write go", seen.consents
            ),
        ),
        (
            seen.changed,
            ngettext(
                "%(count)s record gets back the values it had, where nobody changed them since",
                "%(count)s records get back the values they had, where nobody changed them since",
                seen.changed,
            ),
        ),
    )
    return Undo(
        lines=tuple(what % {"count": wording.number(count)} for count, what in counts if count),
        href=reverse("web:import-undo", args=[record.number]),
    )
