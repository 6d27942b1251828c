"""One handoff as the desk shows it: who, why now, how long there is, and what can be said by one press."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coldframe.handoff import rights
from coldframe.handoff.queries import HandoffRow
from coldframe.kernel.vocabulary import Verdict
from coldframe.nurture import listing
from coldframe.team.rights import Person
from coldframe.web import wording
from coldframe.web.desk import answering, words
from coldframe.web.pages import parts

#: A deadline nearer than this is shown in color.
SOON = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Clock:
    """How long there is for an answer."""

    #: Such as ``12 min left``.
    text: str
    due: parts.Instant
    #: ``late``, ``soon`` or empty.
    tone: str
    #: How much of the time is used up, of 100.
    used: int
    #: What happens when nobody answers.
    after: str


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One value of a form, and what it says."""

    value: str
    label: str
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Actions:
    """The answers that can be given to one handoff."""

    href: str
    #: Whom it is about, for those who hear the buttons instead of seeing them.
    name: str
    days: tuple[Choice, ...]
    #: The first and the last day that can be named.
    first_day: str
    last_day: str
    reasons: tuple[Choice, ...]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One handoff of the queue."""

    key: str
    name: str
    initials: str
    about: str
    href: str
    brief_href: str
    why: str
    #: The question the buyer asks, and when the lead last did something.
    stage: str
    active: parts.Instant | None
    badges: tuple[parts.Badge, ...]
    fit: parts.Badge | None
    intent: str
    owner: str
    owner_note: str
    clock: Clock
    #: None: somebody else's to answer.
    actions: Actions | None


def build(row: HandoffRow, *, now: datetime, person: Person, standing: listing.LeadRow | None = None) -> Row:
    """Return one handoff that waits for an answer; ``standing``: what is known of the lead now."""
    known = standing or None
    return Row(
        key=str(row.public_id),
        name=name_of(row),
        initials=wording.initials(name_of(row)),
        about=" · ".join(filter(None, [row.job_title, row.company or row.domain])),
        href=reverse("web:lead", args=[row.lead_public_id]),
        brief_href=reverse("web:brief", args=[row.public_id]),
        why=wording.reason(row.trigger),
        stage=wording.STAGES.get((known.stage if known else row.stage) or "", ""),
        active=parts.maybe_instant(known.last_meaningful_at if known else None, now=now),
        badges=badges(row, now=now),
        fit=fit_of(row, known),
        intent=intent_of(known),
        owner=row.owner or "",
        owner_note=words.owner_from(row.owner_from),
        clock=clock(row, now=now),
        actions=actions(row, now=now, person=person) if rights.may_answer(person, row) else None,
    )


def name_of(row: HandoffRow) -> str:
    """Return what the lead of a handoff is called."""
    return wording.person(first_name=row.first_name, last_name=row.last_name, email=row.email)


def fit_of(row: HandoffRow, known: listing.LeadRow | None) -> parts.Badge | None:
    """Return the fit as it is now, else as it was when sales got the lead."""
    level = known.fit_level if known else row.fit_level
    return (
        parts.Badge(text=_("Fit %(level)s") % {"level": level}, tone=parts.FIT_TONES[level])
        if level
        else None
    )


def intent_of(known: listing.LeadRow | None) -> str:
    """Return the intent in words; empty where nothing is known of it."""
    level = wording.INTENTS.get((known.intent_level if known else None) or "")
    return _("Intent %(level)s") % {"level": level.lower()} if level else ""


def badges(row: HandoffRow, *, now: datetime) -> tuple[parts.Badge, ...]:
    """Return what must be seen at once."""
    found = []
    if row.is_escalated:
        found.append(parts.Badge(text=_("Escalated"), tone="red"))
    if row.is_hand_raise:
        found.append(parts.Badge(text=_("Asked for sales"), tone="green"))
    if row.episode > 1:
        times = ngettext("%(count)s time before sales", "%(count)s times before sales", row.episode)
        found.append(parts.Badge(text=times % {"count": row.episode}, tone="gray"))
    return tuple(found)


def clock(row: HandoffRow, *, now: datetime) -> Clock:
    """Return how long there is: to the agreed time of an answer, then to the deadline after which nobody waits."""
    due = row.answer_by_at if row.answer_by_at and not row.is_escalated else row.deadline_at
    is_late = due <= now
    span = (due - row.opened_at) / timedelta(seconds=1)
    used = 100 * ((now - row.opened_at) / timedelta(seconds=1)) / span if span > 0 else 100.0
    return Clock(
        text=words.clock(due, now=now),
        due=parts.instant(due, now=now),
        tone="late" if is_late else "soon" if due - now <= SOON else "",
        used=round(min(max(used, 0.0), 100.0)),
        after=after(row, now=now),
    )


def after(row: HandoffRow, *, now: datetime) -> str:
    """Return what happens, or happened, without an answer."""
    if row.is_escalated:
        return _("Back in nurture; a late answer still counts.")
    return _("Back to nurture in %(span)s.") % {"span": words.span(row.deadline_at - now)}


def actions(row: HandoffRow, *, now: datetime, person: Person) -> Actions:
    """Return the answers that can be given."""
    today = now.astimezone(answering.zone_of(person)).date()
    return Actions(
        href=reverse("web:desk-answer", args=[row.public_id]),
        name=name_of(row),
        days=tuple(day_choice(name, today=today) for name in (*answering.IN_DAYS, answering.QUARTER)),
        first_day=(today + timedelta(days=1)).isoformat(),
        last_day=(today + answering.LONGEST).isoformat(),
        reasons=tuple(Choice(value=code, label=str(label)) for code, label in words.REASONS.items()),
    )


def day_choice(name: str, *, today: date) -> Choice:
    """Return a day that is one press away, with its date."""
    day = answering.quick_day(name, today=today)
    label = (
        _("Next quarter")
        if name == answering.QUARTER
        else ngettext("In %(count)s day", "In %(count)s days", int(name)) % {"count": name}
    )
    return Choice(value=name, label=label, note=wording.day(day))


def said(row: HandoffRow) -> str:
    """Return what stands of a handoff, in one sentence."""
    name = name_of(row)
    if row.answer is None:
        return ""
    values = {"name": name, "answer": words.SAID[row.answer], "by": row.said_by}
    if row.answer == Verdict.NOT_NOW and row.until:
        return _("%(name)s: not now, until %(day)s.") % {**values, "day": wording.day_here(row.until)}
    return _("%(name)s: %(answer)s.") % values


def standings(rows: list[HandoffRow]) -> Mapping[int, listing.LeadRow]:
    """Return where the leads of some handoffs stand now, by lead, in one query."""
    return {each.id: each for each in listing.list_these(lead_ids=[row.lead_id for row in rows])}
