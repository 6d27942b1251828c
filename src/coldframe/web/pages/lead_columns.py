"""The columns that a list of leads can show, for a page and for a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from coldframe.nurture import grouping, listing
from coldframe.reports import columns as exported
from coldframe.web import wording
from coldframe.web.pages import lead_row, parts

#: More columns than this fit on no screen.
MOST = 9


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What one lead has in one column: words only."""

    label: str | Promise
    text: str = ""
    badge: parts.Badge | None = None
    #: In smaller letters.
    note: str = ""
    at: parts.Instant | None = None
    css: str = ""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column."""

    key: str
    label: str | Promise
    #: Puts the words of a lead into a cell.
    fill: Callable[[listing.LeadRow, datetime], dict[str, Any]]
    #: The value in a file.
    value: Callable[[listing.LeadRow], Any]
    #: Classes of the cell, for narrow screens.
    css: str = ""


def fit(row: listing.LeadRow, now: datetime) -> dict[str, Any]:
    if row.fit_level is None:
        return {}
    is_open = row.fit_verdict == "UNDETERMINED" and row.fit_level != row.fit_level_best
    note = _("up to %(level)s") % {"level": row.fit_level_best} if is_open else f"{row.fit_score or 0:.0f}"
    return {"badge": parts.Badge(text=row.fit_level, tone=parts.FIT_TONES[row.fit_level]), "note": note}


def intent(row: listing.LeadRow, now: datetime) -> dict[str, Any]:
    points = round(row.intent_points or 0)
    return {
        "text": wording.INTENTS.get(row.intent_level or "", wording.DASH),
        "note": str(points) if points else "",
    }


def stands(row: listing.LeadRow, now: datetime) -> dict[str, Any]:
    group = grouping.group_of(disposition=row.disposition, status=row.status)
    return {"badge": parts.group_badge(group), "text": lead_row.why(row)}


def when(name: str) -> Callable[[listing.LeadRow, datetime], dict[str, Any]]:
    """Return what puts an instant into a cell, as its distance from now."""

    def fill(row: listing.LeadRow, now: datetime) -> dict[str, Any]:
        return {"at": parts.maybe_instant(getattr(row, name), now=now)}

    return fill


def on_day(name: str) -> Callable[[listing.LeadRow, datetime], dict[str, Any]]:
    """Return what puts an instant into a cell, as its day."""

    def fill(row: listing.LeadRow, now: datetime) -> dict[str, Any]:
        at = getattr(row, name)
        return {"at": parts.on_day(at) if at else None}

    return fill


def plain(name: str) -> Callable[[listing.LeadRow, datetime], dict[str, Any]]:
    """Return what puts a text or a number into a cell as it is."""

    def fill(row: listing.LeadRow, now: datetime) -> dict[str, Any]:
        value = getattr(row, name)
        return {"text": "" if value is None else str(value)}

    return fill


def worded(name: str, words: Callable[[], Any]) -> Callable[[listing.LeadRow, datetime], dict[str, Any]]:
    """Return what puts a word of a closed set into a cell."""

    def fill(row: listing.LeadRow, now: datetime) -> dict[str, Any]:
        value = getattr(row, name)
        return {"text": words().get(value, wording.plain(value)) if value else ""}

    return fill


def of(name: str) -> Callable[[listing.LeadRow], Any]:
    """Return what takes a value for a file."""
    return lambda row: getattr(row, name)


def owner(row: listing.LeadRow) -> str | None:
    return row.owner or row.account_owner


COLUMNS = (
    Column(key="fit", label=lazy("Fit"), fill=fit, value=of("fit_level"), css="cf-half"),
    Column(key="intent", label=lazy("Intent"), fill=intent, value=of("intent_level"), css="cf-half"),
    Column(
        key="stage",
        label=lazy("Stage"),
        fill=worded("stage", lambda: wording.STAGES),
        value=of("stage"),
        css="d-none d-xl-table-cell",
    ),
    Column(
        key="stands",
        label=lazy("Where it stands, and why"),
        fill=stands,
        value=of("reason"),
        css="cf-stands",
    ),
    Column(
        key="active",
        label=lazy("Last active"),
        fill=when("last_meaningful_at"),
        value=of("last_meaningful_at"),
        css="d-none d-lg-table-cell text-nowrap",
    ),
    Column(
        key="leaves",
        label=lazy("Leaves"),
        fill=on_day("leaves_at"),
        value=of("leaves_at"),
        css="d-none d-xl-table-cell text-nowrap",
    ),
    Column(
        key="status",
        label=lazy("Status"),
        fill=worded("status", lambda: wording.STATUSES),
        value=of("status"),
    ),
    Column(key="since", label=lazy("Status since"), fill=on_day("status_since"), value=of("status_since")),
    Column(key="path", label=lazy("Path"), fill=plain("path"), value=of("path")),
    Column(key="segment", label=lazy("Segment"), fill=plain("segment"), value=of("segment")),
    Column(
        key="timing",
        label=lazy("Timing"),
        fill=worded("timing", lambda: wording.TIMINGS),
        value=of("timing"),
    ),
    Column(
        key="role",
        label=lazy("Decision role"),
        fill=worded("role", lambda: wording.ROLES),
        value=of("role"),
    ),
    Column(key="email", label=lazy("E-mail address"), fill=plain("email"), value=of("email")),
    Column(key="source", label=lazy("Source"), fill=plain("source"), value=of("source")),
    Column(key="campaign", label=lazy("Campaign"), fill=plain("campaign"), value=of("campaign")),
    Column(key="offer", label=lazy("Offer"), fill=plain("offer"), value=of("offer")),
    Column(
        key="problem", label=lazy("Known problem"), fill=plain("known_problem"), value=of("known_problem")
    ),
    Column(
        key="owner", label=lazy("Sales owner"), fill=lambda row, now: {"text": owner(row) or ""}, value=owner
    ),
    Column(key="industry", label=lazy("Industry"), fill=plain("industry"), value=of("industry")),
    Column(key="employees", label=lazy("Company size"), fill=plain("employees"), value=of("employees")),
    Column(
        key="country",
        label=lazy("Country"),
        fill=lambda row, now: {"text": wording.country(row.country) if row.country else ""},
        value=of("country"),
    ),
    Column(key="entered", label=lazy("Entered"), fill=on_day("entered_at"), value=of("entered_at")),
    Column(
        key="missing", label=lazy("Facts missing"), fill=plain("missing_count"), value=of("missing_count")
    ),
)
BY_KEY = {each.key: each for each in COLUMNS}
USUAL = ("fit", "intent", "stage", "stands", "active", "leaves")


def chosen(keys: Iterable[str]) -> tuple[Column, ...]:
    """Return the columns of these keys in the order of the list of columns, the usual ones where there are none."""
    wanted = {key for key in keys if key in BY_KEY} or set(USUAL)
    return tuple(each for each in COLUMNS if each.key in wanted)[:MOST]


def cells(row: listing.LeadRow, shown: Iterable[Column], *, now: datetime) -> tuple[Cell, ...]:
    """Return the cells of one lead."""
    return tuple(Cell(label=each.label, css=each.css, **each.fill(row, now)) for each in shown)


#: What a file holds of every lead before the chosen columns.
KNOWN: tuple[tuple[exported.Column, Callable[[listing.LeadRow], Any]], ...] = (
    (exported.Column("id", exported.ID_HEADER), of("public_id")),
    (exported.Column("email", "Email"), of("email")),
    (exported.Column("first_name", "First name"), of("first_name")),
    (exported.Column("last_name", "Last name"), of("last_name")),
    (exported.Column("job_title", "Job title"), of("job_title")),
    (exported.Column("company", "Company"), of("company")),
    (exported.Column("company_domain", "Company domain"), of("domain")),
)


def for_file(
    shown: Iterable[Column],
) -> tuple[tuple[exported.Column, Callable[[listing.LeadRow], Any]], ...]:
    """Return the columns of a file: who it is, then the chosen ones, under headers that an import leaves alone."""
    known = {column.key for column, _value in KNOWN}
    return KNOWN + tuple(
        (exported.computed(each.key, str(each.label).lower()), each.value)
        for each in shown
        if each.key not in known
    )
