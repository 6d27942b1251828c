"""The page of those who may be one person: both sides of each question, and what follows from each answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from coldframe.activity.identity import contested
from coldframe.nurture import listing, paging
from coldframe.web.pages import lead_row, parts

#: Pairs on one page; those that are settled make room.
SHOWN = 50


@dataclass(frozen=True, kw_only=True)
class Side:
    """One of two who may be one person."""

    id: str
    email: str
    row: lead_row.Row


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two who may be one person, and who says so."""

    sides: tuple[Side, Side]
    source: str
    at: parts.Instant


@dataclass(frozen=True, kw_only=True)
class DoublesPage:
    """The page."""

    frame: parts.Frame
    pairs: tuple[Pair, ...]
    #: How many are left for when these are settled.
    more: int
    may_change: bool


def build(*, may_change: bool, now: datetime) -> DoublesPage:
    """Return the page."""
    found = contested.list_open()
    shown = found[:SHOWN]
    rows = {row.id: row for row in paging.in_order([each.pk for pair in shown for each in pair.leads])}
    return DoublesPage(
        frame=parts.build_frame(section="leads", now=now),
        pairs=tuple(
            pair_of(each, rows, now=now) for each in shown if all(lead.pk in rows for lead in each.leads)
        ),
        more=len(found) - len(shown),
        may_change=may_change,
    )


def pair_of(pair: contested.Pair, rows: dict[int, listing.LeadRow], *, now: datetime) -> Pair:
    one, other = (side(rows[lead.pk], now=now) for lead in pair.leads)
    return Pair(sides=(one, other), source=pair.source, at=parts.instant(pair.at, now=now))


def side(row: listing.LeadRow, *, now: datetime) -> Side:
    return Side(id=str(row.public_id), email=row.email or "", row=lead_row.build(row, now=now))
