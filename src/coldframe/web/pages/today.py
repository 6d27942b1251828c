"""Today: how many leads go to sales, how many are nurtured or let go, why, and who needs a person."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from coldframe.nurture import listing, paging, queries, summaries
from coldframe.web import wording
from coldframe.web.pages import because, lead_row, parts

#: Rows of the table of leads that need a person.
NEEDED_ROWS = 8
#: Reasons under each number; rows of the small tables.
TOP = 3
SMALL_ROWS = 6


@dataclass(frozen=True, kw_only=True)
class Number:
    """One of the four numbers, and why it is what it is."""

    label: str
    count: str
    href: str
    tone: str
    reasons: tuple[parts.Link, ...]


@dataclass(frozen=True, kw_only=True)
class Source:
    """One source: good fits, undetermined and poor ones out of 100, for the bar."""

    label: str
    href: str
    good_href: str
    good: str
    total: str
    share: str
    #: Widths of the bar's parts, together at most 100.
    good_width: float
    undetermined_width: float
    undetermined_from: float
    text: str


@dataclass(frozen=True, kw_only=True)
class Missing:
    """A fact that leads lack."""

    label: str
    href: str
    count: str
    share: str
    percent: int


@dataclass(frozen=True, kw_only=True)
class TodayPage:
    """The first page."""

    frame: parts.Frame
    sentence: str
    #: Leads not assessed yet; None when there are none.
    new: parts.Link | None = None
    numbers: tuple[Number, ...] = ()
    needed: tuple[lead_row.Row, ...] = ()
    more_needed: parts.Link | None = None
    because: because.Because | None = None
    sources: tuple[Source, ...] = ()
    missing: tuple[Missing, ...] = ()


def build(*, now: datetime) -> TodayPage:
    """Return the first page at an instant, of a base that has leads."""
    summary = summaries.get_summary()
    to_sales = paging.list_group(listing.Group.TO_SALES, limit=NEEDED_ROWS)
    new = summary.groups[listing.Group.NEW]
    return TodayPage(
        frame=parts.build_frame(section="today", now=now),
        sentence=sentence(summary.groups),
        new=parts.Link(label=f"{wording.counted(new, 'lead')}", href=parts.group_url("new")) if new else None,
        numbers=tuple(
            number(group, summary.groups[group], summary.reasons)
            for group in wording.GROUPS
            if group != "new"
        ),
        needed=needed(to_sales, now=now),
        more_needed=parts.Link(label="All of them", href=parts.group_url("to-sales")),
        because=because_of(to_sales[0], now=now) if to_sales else None,
        sources=tuple(map(source_bar, summary.sources[:SMALL_ROWS])),
        missing=missing(summary.missing, summary.lead_count),
    )


def sentence(counts: dict[str, int]) -> str:
    """Return the answer of the page in one sentence."""
    to_sales, nurture, let_go = counts["to-sales"], counts["nurture"], counts["let-go"]
    first = (
        f"{wording.counted(to_sales, 'lead')} should go to sales now"
        if to_sales
        else "No lead should go to sales now"
    )
    nurtured = f"{wording.number(nurture)} {'is' if nurture == 1 else 'are'} in nurture"
    gone = f"{wording.number(let_go)} {'was' if let_go == 1 else 'were'} let go"
    with_sales = counts["with-sales"]
    already = (
        f"; {wording.number(with_sales)} {'is' if with_sales == 1 else 'are'} already with sales"
        if with_sales
        else ""
    )
    return f"{first}, {nurtured}, and {gone}{already}."


def number(group: str, count: int, reasons: tuple[summaries.ReasonCount, ...]) -> Number:
    """Return the number of a group with its most frequent reasons."""
    return Number(
        label=wording.GROUPS[group],
        count=wording.number(count),
        href=parts.group_url(group),
        tone=parts.TONES[group],
        reasons=tuple(
            parts.Link(
                label=wording.reason(each.reason),
                count=wording.number(each.count),
                href=parts.group_url(group, reason=each.reason),
            )
            for each in reasons
            if each.group == group
        )[:TOP],
    )


def needed(rows: list[listing.LeadRow], *, now: datetime) -> tuple[lead_row.Row, ...]:
    """Return the leads for sales, each with the rule that decided and the last thing the lead did."""
    actions = listing.list_latest_actions(of=rows, as_of=now)
    most = max((row.intent_points or 0.0 for row in rows), default=0.0)
    found = []
    for row in rows:
        last = actions.get(row.id)
        shown = lead_row.build(row, now=now, most=most)
        if last:
            did = wording.action(last.kind, last.about)
            shown = replace(shown, did=did, active=parts.instant(last.occurred_at, now=now))
        found.append(shown)
    return tuple(found)


def because_of(row: listing.LeadRow, *, now: datetime) -> because.Because | None:
    """Return the because card of a lead in the table, without what would move it."""
    found = queries.explain_lead(public_id=row.public_id, as_of=now, with_moves=False)
    shown = lead_row.build(row, now=now)
    return because.build(found.card, name=shown.name, href=shown.href, now=now) if found else None


def source_bar(source: summaries.SourceCount) -> Source:
    """Return one source with its bar."""
    good, undetermined = 100 * source.good / source.total, 100 * source.undetermined / source.total
    label = source.source or "No source given"
    return Source(
        label=label,
        href=parts.leads_url(source=source.source),
        good_href=parts.leads_url(source=source.source, verdict="GOOD"),
        good=wording.number(source.good),
        total=wording.number(source.total),
        share=wording.percent(source.good / source.total),
        good_width=round(good, 1),
        undetermined_width=round(undetermined, 1),
        undetermined_from=round(good, 1),
        text=f"{label}: {source.good} good fits, {source.undetermined} undetermined, {source.poor} poor",
    )


def missing(counts: dict[str, int], total: int) -> tuple[Missing, ...]:
    """Return the facts that most leads lack."""
    ranked = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    return tuple(
        Missing(
            label=wording.field(name),
            href=parts.leads_url(missing=name),
            count=wording.number(count),
            share=wording.percent(count / total),
            percent=round(100 * count / total),
        )
        for name, count in ranked[:SMALL_ROWS]
        if count
    )
