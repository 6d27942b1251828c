"""Who waits for room at sales, and where the line between in and out lies; and what sales answered lately."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from coldframe.handoff import queries as handoffs
from coldframe.library import queries as library
from coldframe.nurture import line
from coldframe.web import phrases, wording
from coldframe.web.desk import words
from coldframe.web.pages import parts

#: Rows of each list.
WAITERS, ANSWERS = 50, 100


@dataclass(frozen=True, kw_only=True)
class WaitingRow:
    """One lead that waits for room."""

    rank: str
    name: str
    href: str
    company: str
    why: str
    fit: parts.Badge
    account_intent: str
    intent: str
    since: parts.Instant
    #: What keeps it out, and when room may come.
    waits_for: str
    room: parts.Instant | None


@dataclass(frozen=True, kw_only=True)
class Number:
    """One of the numbers that rank, and whether it is the one that separates."""

    text: str
    separates: bool


@dataclass(frozen=True, kw_only=True)
class Side:
    """One side of the line between in and out, with the numbers that put it there."""

    title: str
    name: str
    href: str
    fit: Number
    account_intent: Number
    intent: Number
    since: Number


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """The waiting list, and the line."""

    count: str
    rows: tuple[WaitingRow, ...]
    all_href: str
    #: The last one in, and the first one out; empty where nobody waits.
    sides: tuple[Side, ...]
    #: What separates the two; empty where one of them is missing.
    line: str = ""


@dataclass(frozen=True, kw_only=True)
class AnsweredRow:
    """One handoff that is answered, lapsed or overtaken."""

    name: str
    href: str
    brief_href: str
    company: str
    why: str
    owner: str
    said: parts.Badge
    detail: str
    by: str
    at: parts.Instant | None


def build(*, count: int, now: datetime) -> Waiting:
    """Return who waits for room, best first, and the marginal lead. Raises ``NoActivePlaybook``."""
    playbook = library.get_active_playbook().playbook
    found = line.load(playbook=playbook, at=now, limit=WAITERS)
    margin = line.margin(playbook=playbook, at=now, waiting=found) if found else None
    return Waiting(
        count=wording.number(count),
        rows=tuple(row(each, now=now) for each in found),
        all_href=f"{reverse('web:leads')}?group=to-sales&status=NURTURE&status=RE_ENGAGED",
        sides=sides(margin, now=now) if margin else (),
        line=separation(margin) if margin else "",
    )


def separation(margin: line.Margin) -> str:
    """Return where to see what separates the two, or that the one outside has overtaken the one inside."""
    if margin.last_in is None or margin.first_out is None:
        return ""
    if margin.separated_by:
        return _("What separates the two is in bold.")
    return _(
        "By now the first one out ranks above: room was given by how things stood then, and the next is theirs."
    )


def row(each: line.InLine, *, now: datetime) -> WaitingRow:
    """Return one who waits, in words."""
    return WaitingRow(
        rank=str(each.rank),
        name=wording.person(first_name=each.first_name, last_name=each.last_name, email=each.email),
        href=reverse("web:lead", args=[each.lead_public_id]),
        company=each.company or "",
        why=wording.reason(each.trigger),
        fit=parts.Badge(text=each.fit_level, tone=parts.FIT_TONES[each.fit_level]),
        account_intent=points(each.account_intent_points),
        intent=points(each.intent_points),
        since=parts.instant(each.waits_since, now=now),
        waits_for=wording.sentence(phrases.said(each.why)),
        room=parts.maybe_instant(each.room_at, now=now),
    )


def sides(margin: line.Margin, *, now: datetime) -> tuple[Side, ...]:
    """Return the last one in and the first one out, as far as there are such."""
    inside, outside = margin.last_in, margin.first_out
    found = []
    if inside:
        href = reverse("web:brief", args=[inside.public_id])
        found.append(side(_("Last one in"), inside, href=href, by=margin.separated_by, now=now))
    if outside:
        href = reverse("web:lead", args=[outside.lead_public_id])
        found.append(side(_("First one out"), outside, href=href, by=margin.separated_by, now=now))
    return tuple(found)


def side(
    title: str, each: handoffs.HandoffRow | line.InLine, *, href: str, by: str | None, now: datetime
) -> Side:
    """Return one side of the line; ``by``: the number that separates the two."""
    since = wording.distance(each.waits_since, now=now) if each.waits_since else wording.DASH
    return Side(
        title=title,
        name=wording.person(first_name=each.first_name, last_name=each.last_name, email=each.email),
        href=href,
        fit=Number(text=each.fit_level or wording.DASH, separates=by == "fit_level"),
        account_intent=Number(
            text=points(each.account_intent_points), separates=by == "account_intent_points"
        ),
        intent=Number(text=points(each.intent_points), separates=by == "intent_points"),
        since=Number(text=since, separates=by == "waits_since"),
    )


def points(value: float | None) -> str:
    """Return points as a whole number; a dash where they are not known."""
    return wording.DASH if value is None else wording.number(round(value))


def answered(*, rep: str | None, now: datetime) -> tuple[AnsweredRow, ...]:
    """Return what was answered, lapsed or was overtaken, the latest first."""
    return tuple(answered_row(each, now=now) for each in handoffs.list_ended(for_rep=rep, limit=ANSWERS))


def answered_row(each: handoffs.HandoffRow, *, now: datetime) -> AnsweredRow:
    """Return one handoff that has ended, in words."""
    return AnsweredRow(
        name=wording.person(first_name=each.first_name, last_name=each.last_name, email=each.email),
        href=reverse("web:lead", args=[each.lead_public_id]),
        brief_href=reverse("web:brief", args=[each.public_id]),
        company=each.company or each.domain or "",
        why=wording.reason(each.trigger),
        owner=each.owner or "",
        said=ended_badge(each),
        detail=detail(each),
        by=each.said_by or "",
        at=parts.maybe_instant(each.said_at or each.ended_at, now=now),
    )


def ended_badge(each: handoffs.HandoffRow) -> parts.Badge:
    """Return how a handoff ended."""
    if each.answer:
        return parts.Badge(text=str(words.SAID[each.answer]), tone=words.TONES[each.answer])
    return parts.Badge(text=str(words.STATES[each.state]), tone="yellow" if each.is_escalated else "gray")


def detail(each: handoffs.HandoffRow) -> str:
    """Return until when, or why."""
    until = _("until %(day)s") % {"day": wording.day_here(each.until)} if each.until else ""
    return ", ".join(filter(None, [until, words.reason(each.answer_reason or "")]))
