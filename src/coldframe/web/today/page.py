"""Today: what changed, who needs a person, what is held and why, the floor at risk, and how much sales has room for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coldframe.handoff import queries as handoffs
from coldframe.library import queries as library
from coldframe.nurture import grouping, ledger, listing, paging, queries, remembering, summaries
from coldframe.reports import changes, floor
from coldframe.team import visits
from coldframe.team.rights import Person
from coldframe.web import phrases, wording
from coldframe.web.desk.pages import load, rows
from coldframe.web.pages import because, lead_row, parts, sending
from coldframe.web.today import news

#: Rows of the table of leads that need a person; reasons under each number; bars of holds.
NEEDED_ROWS, TOP, BARS = 6, 3, 6
#: Of each number: the status that leads to it, for what changed and for the small history.
STATUS_OF = {
    "to-sales": "SALES_REVIEW",
    "with-sales": "SALES_ACCEPTED",
    "nurture": "NURTURE",
    "let-go": "DISQUALIFIED",
}
#: The size of a small history.
WIDTH, HEIGHT = 130, 28


@dataclass(frozen=True, kw_only=True)
class Number:
    """One of the four numbers, how it came about lately, and why it is what it is."""

    label: str
    count: str
    href: str
    #: How many came since yesterday; None: none did.
    lately: parts.Link | None
    #: The points of the line of the last days, and what they say in words; empty where nothing moved.
    line: str
    line_text: str
    reasons: tuple[parts.Link, ...]


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One reason with how many leads it holds, of 100 beside the most frequent one."""

    label: str
    href: str
    count: str
    width: int


@dataclass(frozen=True, kw_only=True)
class Held:
    """Leads in nurture to whom nothing goes out now."""

    total: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, kw_only=True)
class Floor:
    """Leads that will have waited longer than their path allows."""

    count: parts.Link | None
    bars: tuple[Bar, ...]


@dataclass(frozen=True, kw_only=True)
class TodayPage:
    """The first page."""

    frame: parts.Frame
    sentence: str
    holds: tuple[sending.Hold, ...]
    numbers: tuple[Number, ...]
    #: What happened since somebody looked last, and what waits for a person; each leads to its rows.
    since: str
    #: None on a first visit, of whose day before all is told.
    since_at: parts.Instant | None
    changed: tuple[news.Item, ...]
    waits: tuple[news.Item, ...]
    #: What lies before sales, in the order in which to answer it; else the leads that should go there.
    queue: tuple[rows.Row, ...]
    needed: tuple[lead_row.Row, ...]
    more: parts.Link
    because: because.Because | None
    held: Held
    floor: Floor
    #: None before a playbook is active.
    load: load.Load | None


def build(*, person: Person, visit: visits.Visit, now: datetime) -> TodayPage:
    """Return the first page at an instant, of a base that has leads."""
    counted_ones = count_all(now=now)
    summary, moves = counted_ones["summary"], counted_ones["moves"]
    found = handoffs.list_queue(at=now, limit=NEEDED_ROWS)
    to_sales = [] if found else paging.list_group(grouping.Group.TO_SALES, limit=NEEDED_ROWS)
    first = first_of(found, to_sales)
    waiting_count = ledger.get_waiting_count()
    return TodayPage(
        frame=parts.build_frame(section="today", now=now),
        sentence=sentence(summary.groups),
        holds=sending.holds(now=now),
        numbers=tuple(number(group, summary, moves) for group in STATUS_OF),
        since=news.heading(visit),
        since_at=None if visit.is_first or visit.is_cut else parts.instant(visit.since, now=now),
        changed=news.changed(since=visit.since, now=now),
        waits=news.waits(new=summary.groups[grouping.Group.NEW], now=now),
        queue=queue(found, person=person, now=now),
        needed=needed(to_sales, now=now),
        more=more(found),
        because=because_of(first, now=now) if first else None,
        held=held(counted_ones["held"]),
        floor=at_risk(counted_ones["floor"]),
        load=room(waiting_count=waiting_count, now=now),
    )


def count_all(*, now: datetime) -> dict[str, Any]:
    """Return what costs a reading of the base, remembered or new. Raises ``remembering.BeingMade``."""
    makes = {
        "summary": summaries.count,
        "moves": lambda: changes.load_moves(as_of=now),
        "held": ledger.count_held,
        "floor": lambda: floor.find_at_risk(as_of=now),
    }
    return remembering.together(makes, seconds=summaries.FRESH_FOR, patience=summaries.PATIENCE)


def first_of(found: list[handoffs.HandoffRow], to_sales: list[listing.LeadRow]) -> UUID | None:
    """Return the lead whose because card stands beside the table: the first that sales has, else that it should have."""
    open_ones = [each for each in found if not each.is_escalated] or found
    if open_ones:
        return open_ones[0].lead_public_id
    return to_sales[0].public_id if to_sales else None


def sentence(counts: dict[str, int]) -> str:
    """Return the answer of the page in one sentence."""
    to_sales, nurture, let_go, with_sales = (
        counts[each] for each in ("to-sales", "nurture", "let-go", "with-sales")
    )
    first = ngettext(
        "%(count)s lead should go to sales now", "%(count)s leads should go to sales now", to_sales
    )
    nurtured = ngettext("%(count)s is in nurture", "%(count)s are in nurture", nurture)
    gone = ngettext("%(count)s was let go", "%(count)s were let go", let_go)
    already = ngettext("; %(count)s is already with sales", "; %(count)s are already with sales", with_sales)
    return _("%(first)s, %(nurtured)s, and %(gone)s%(already)s.") % {
        "first": counted(first, to_sales) if to_sales else _("No lead should go to sales now"),
        "nurtured": counted(nurtured, nurture),
        "gone": counted(gone, let_go),
        "already": counted(already, with_sales) if with_sales else "",
    }


def counted(text: str, count: int) -> str:
    """Return a text with its number in it."""
    return text % {"count": wording.number(count)}


def number(group: str, summary: summaries.Summary, moves: changes.Moves) -> Number:
    """Return the number of a group with its most frequent reasons, and how leads came to it lately."""
    days = moves.of(STATUS_OF[group])
    reasons = (each for each in summary.reasons if each.group == group)
    return Number(
        label=wording.GROUPS[group],
        count=wording.number(summary.groups[group]),
        href=parts.group_url(group),
        lately=lately(STATUS_OF[group], days[-1]),
        line=line(days),
        line_text=_("Came in the last %(days)s days: %(counts)s")
        % {"days": len(days), "counts": ", ".join(map(str, days))},
        reasons=tuple(
            parts.Link(
                label=wording.reason(each.reason),
                count=wording.number(each.count),
                href=parts.group_url(group, reason=each.reason),
            )
            for each in reasons
        )[:TOP],
    )


def lately(status: str, count: int) -> parts.Link | None:
    """Return how many came into a status since yesterday, with the way to them."""
    if not count:
        return None
    label = ngettext("%(count)s since yesterday", "%(count)s since yesterday", count)
    return parts.Link(label="+" + counted(label, count), href=parts.leads_url(moved=status))


def line(days: tuple[int, ...]) -> str:
    """
    Return the points of a line through numbers, for a picture of ``WIDTH`` by ``HEIGHT``; empty where all are 0.

    >>> line((0, 2, 1))
    '0,27 65,1 130,14'
    """
    most = max(days, default=0)
    if not most or len(days) < 2:
        return ""
    step = WIDTH / (len(days) - 1)
    return " ".join(
        f"{round(place * step)},{round(HEIGHT - 1 - (HEIGHT - 2) * count / most)}"
        for place, count in enumerate(days)
    )


def queue(found: list[handoffs.HandoffRow], *, person: Person, now: datetime) -> tuple[rows.Row, ...]:
    """Return what lies before sales, as the desk shows it."""
    known = rows.standings(found) if found else {}
    return tuple(rows.build(each, now=now, person=person, standing=known.get(each.lead_id)) for each in found)


def needed(found: list[listing.LeadRow], *, now: datetime) -> tuple[lead_row.Row, ...]:
    """Return the leads that should go to sales, each with the rule that decided."""
    most = max((row.intent_points or 0.0 for row in found), default=0.0)
    return tuple(lead_row.build(row, now=now, most=most) for row in found)


def more(found: list[handoffs.HandoffRow]) -> parts.Link:
    """Return the way to all of them."""
    if found:
        return parts.Link(label=_("The desk"), href=reverse("web:desk") + "?tab=team")
    return parts.Link(label=_("All of them"), href=parts.group_url("to-sales"))


def because_of(public_id: UUID, *, now: datetime) -> because.Because | None:
    """Return the because card of a lead in the table, without what would move it."""
    found = queries.explain_shortly(public_id=public_id, as_of=now)
    if found is None:
        return None
    name = wording.person(first_name=found.first_name, last_name=found.last_name, email=found.email)
    href = reverse("web:lead", args=[found.public_id])
    return because.build(
        found.card, name=name, href=href, next_text=phrases.said(found.outlook.text), now=now
    )


def held(counts: dict[str, int]) -> Held:
    """Return how many leads nothing goes out to now, for each reason."""
    return Held(
        total=wording.number(sum(counts.values())),
        bars=bars(list(counts.items()), name="hold"),
    )


def room(*, waiting_count: int, now: datetime) -> load.Load | None:
    """Return how much sales has taken on; None before a playbook is active."""
    try:
        return load.build(now=now, waiting_count=waiting_count)
    except library.NoActivePlaybook:
        return None


def at_risk(found: floor.AtRisk) -> Floor:
    """Return how many leads will have waited longer than their path allows, for each reason."""
    label = ngettext("%(count)s lead", "%(count)s leads", found.count)
    return Floor(
        count=parts.Link(label=counted(label, found.count), href=parts.leads_url(floor="any"))
        if found.count
        else None,
        bars=bars(found.by_reason, name="floor"),
    )


def bars(counts: Iterable[tuple[str, int]], *, name: str) -> tuple[Bar, ...]:
    """Return reasons of holds as bars; ``name``: the filter by which each leads to its leads."""
    ranked = list(counts)[:BARS]
    most = max((count for _reason, count in ranked), default=1)
    return tuple(
        Bar(
            label=wording.filter_value("hold", reason),
            href=parts.leads_url(**{name: reason}),
            count=wording.number(count),
            width=max(1, round(100 * count / most)),
        )
        for reason, count in ranked
    )
