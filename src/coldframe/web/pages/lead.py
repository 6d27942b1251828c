"""Lead: why one lead is here, what would move it, when it leaves, and what is known of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.urls import reverse

from coldframe.nurture import listing, queries
from coldframe.web import wording
from coldframe.web.pages import because, lead_row, parts, record

COLLEAGUES = 6
#: Entries of the timeline that are not folded away.
SHOWN = 25
#: Event kind -> icon of the timeline.
ICONS = {
    "page": "eye",
    "form_submitted": "database-import",
    "asset_downloaded": "arrow-right",
    "webinar_attended": "users",
    "webinar_registered": "calendar-event",
    "link_clicked": "arrow-up-right",
    "call": "phone",
    "meeting_booked": "calendar-event",
    "unsubscribed": "door-exit",
    "complained": "alert-triangle",
}
EVIDENCE = {"MACHINE": "most likely a machine", "UNSURE": "perhaps a machine", "HUMAN": ""}


@dataclass(frozen=True, kw_only=True)
class Moment:
    """One entry of the timeline."""

    text: str
    #: Who stands behind an engagement, where that is not plainly the person.
    note: str
    icon: str
    tone: str
    at: parts.Instant


@dataclass(frozen=True, kw_only=True)
class Decided:
    """When and by what the lead was last decided on."""

    text: str
    at: parts.Instant
    by: str


@dataclass(frozen=True, kw_only=True)
class LeadPage:
    """One lead."""

    frame: parts.Frame
    #: The name for the window, where marks of direction could turn the rest around.
    title: str
    name: str
    initials: str
    about: str
    path: str
    badges: tuple[parts.Badge, ...]
    because: because.Because
    decided: Decided | None
    record: tuple[record.Fact, ...]
    company: str
    colleagues: tuple[lead_row.Row, ...]
    more_colleagues: parts.Link | None
    timeline: tuple[Moment, ...]
    #: What is folded away below it.
    timeline_earlier: tuple[Moment, ...]
    timeline_more: str


def find(public_id: UUID, *, now: datetime) -> LeadPage | None:
    """Return the page of a lead, or None where there is no such lead."""
    found = queries.explain_lead(public_id=public_id, as_of=now)
    return build(found, now=now) if found else None


def build(found: queries.ExplainedLead, *, now: datetime) -> LeadPage:
    """Return the page of an explained lead."""
    known, card = found.record, found.card
    name = wording.person(first_name=known.first_name, last_name=known.last_name, email=known.email)
    people = listing.list_account(account_id=known.account_id, limit=COLLEAGUES + 1)
    moments = timeline(found, now=now)
    stored = listing.find_row(lead_id=known.id)
    colleagues = [row for row in people if row.id != known.id][:COLLEAGUES]
    return LeadPage(
        frame=parts.build_frame(section="leads", now=now),
        title=wording.without_marks(name),
        name=name,
        initials=wording.initials(name),
        about=" · ".join(filter(None, [known.job_title, known.company or known.domain])),
        path=card.path or "",
        badges=badges(known),
        because=because.build(card, name=name, href=reverse("web:lead", args=[known.public_id]), now=now),
        decided=decided(found, now=now) if found.decision else None,
        record=record.facts(found, stored=stored, now=now),
        company=known.company or known.domain or "",
        colleagues=tuple(lead_row.build(row, now=now) for row in colleagues),
        more_colleagues=more_colleagues(known) if len(people) > COLLEAGUES else None,
        timeline=moments[:SHOWN],
        timeline_earlier=moments[SHOWN:],
        timeline_more=timeline_more(found),
    )


def badges(known: queries.LeadRecord) -> tuple[parts.Badge, ...]:
    """Return what must be seen at once: that the lead may not be mailed, or has left."""
    found = []
    if known.suppressed_by:
        found.append(
            parts.Badge(text=f"Not to be mailed: {wording.plain(known.suppressed_by).lower()}", tone="yellow")
        )
    if known.left_company:
        found.append(parts.Badge(text="Left the company", tone="yellow"))
    return tuple(found)


def decided(found: queries.ExplainedLead, *, now: datetime) -> Decided | None:
    """Return when and by which playbook the lead was decided on last, and what the card says beyond that."""
    made = found.decision
    if made is None:
        return None
    same = (made.disposition, made.reason) == (found.card.disposition, found.card.reason)
    by = f" by the playbook {made.playbook_name}, version {made.playbook_number}"
    since = "" if same else f": {wording.reason(made.reason)}. What has happened since decides otherwise"
    return Decided(text="Last decided", at=parts.instant(made.as_of, now=now), by=by + since)


def more_colleagues(known: queries.LeadRecord) -> parts.Link | None:
    """Return the way to everybody at the company, where lists can tell it apart."""
    return (
        parts.Link(label="Everybody there", href=parts.leads_url(account=known.domain))
        if known.domain
        else None
    )


def timeline(found: queries.ExplainedLead, *, now: datetime) -> tuple[Moment, ...]:
    """Return what happened and what was decided, newest first."""
    moments = [(each.occurred_at, happened(each, now=now)) for each in found.timeline]
    moments += [(each.occurred_at, moved(each, now=now)) for each in found.transitions]
    return tuple(moment for _, moment in sorted(moments, key=lambda each: each[0], reverse=True))


def happened(event: queries.Happening, *, now: datetime) -> Moment:
    """Return an event as an entry of the timeline."""
    about = event.form or event.asset or event.path or event.topic
    return Moment(
        text=wording.action(event.kind, about),
        note=EVIDENCE[event.evidence],
        icon="mail"
        if event.kind.startswith("email") or event.kind == "replied"
        else ICONS.get(event.kind, "point"),
        tone="event",
        at=parts.recent(event.occurred_at, now=now),
    )


def moved(change: queries.StatusChange, *, now: datetime) -> Moment:
    """Return a change of status as an entry of the timeline."""
    before, after = (
        wording.STATUSES.get(each, wording.plain(each)) for each in (change.from_status, change.to_status)
    )
    return Moment(
        text=f"Moved from {before} to {after}: {wording.reason(change.reason)}",
        note="" if change.decided_by == "policy" else f"by {change.decided_by}",
        icon="stairs",
        tone="decision",
        at=parts.recent(change.occurred_at, now=now),
    )


def timeline_more(found: queries.ExplainedLead) -> str:
    """Return how much of a long history the timeline leaves out; empty when nothing."""
    left = found.event_count - len(found.timeline)
    return f"{wording.counted(left, 'earlier event')} not shown." if left > 0 else ""
