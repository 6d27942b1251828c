"""Lead: what comes next for one lead, why it is here, what would move it, when it leaves, and what is known of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from coldframe.activity import engagement
from coldframe.handoff import queries as handoff
from coldframe.library import queries as library
from coldframe.nurture import accounts, ledger, listing, queries, reading
from coldframe.outbox import queries as outbox
from coldframe.web import phrases, wording
from coldframe.web.pages import (
    because,
    decided_by_hand,
    history,
    lead_row,
    next_touch,
    parts,
    permission,
    record,
)
from coldframe.web.pages import reading as reading_part

COLLEAGUES = 6
#: Entries of the timeline that are not folded away.
SHOWN = 25


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
    href: str
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
    #: The account's own page; empty where the lead belongs to no company.
    company_href: str
    by_hand: decided_by_hand.ByHand
    reading: reading_part.Reading
    permission: permission.Permission
    colleagues: tuple[lead_row.Row, ...]
    more_colleagues: parts.Link | None
    next: next_touch.NextTouch
    #: The latest first.
    stays: tuple[history.StayLine, ...]
    timeline: tuple[history.Moment, ...]
    #: What is folded away below it.
    timeline_earlier: tuple[history.Moment, ...]
    timeline_more: str


def find(public_id: UUID, *, may_change: bool, now: datetime) -> LeadPage | None:
    """Return the page of a lead, or None where there is no such lead."""
    found = queries.explain_lead(public_id=public_id, as_of=now)
    return build(found, may_change=may_change, now=now) if found else None


def build(found: queries.ExplainedLead, *, may_change: bool, now: datetime) -> LeadPage:
    """Return the page of an explained lead; ``may_change``: whoever looks may decide for it."""
    known, card = found.record, found.card
    name = wording.person(first_name=known.first_name, last_name=known.last_name, email=known.email)
    people = listing.list_account(account_id=known.account_id, limit=COLLEAGUES + 1)
    entries = ledger.list_entries(lead_id=known.id)
    messages = messages_of(entries)
    moments = history.build(
        found,
        entries=entries,
        messages=messages,
        handoffs=handoff.list_of_lead(known.id),
        seen=engagement.count_by_mail([each.touch_public_id for each in entries if each.touch_public_id]),
        playbook=library.get_active_playbook().playbook,
        now=now,
    )
    stored = listing.find_row(lead_id=known.id)
    colleagues = [row for row in people if row.id != known.id][:COLLEAGUES]
    href = reverse("web:lead", args=[known.public_id])
    return LeadPage(
        frame=parts.build_frame(section="leads", now=now),
        href=href,
        title=wording.without_marks(name),
        name=name,
        initials=wording.initials(name),
        about=" · ".join(filter(None, [known.job_title, known.company or known.domain])),
        path=card.path or "",
        badges=badges(known),
        because=because.build(
            card,
            name=name,
            href=href,
            next_text=phrases.said(found.outlook.text),
            now=now,
        ),
        decided=decided(found, now=now) if found.decision else None,
        record=record.facts(found, stored=stored, now=now),
        company=known.company or known.domain or "",
        company_href=company_href(known),
        by_hand=decided_by_hand.build(
            lead_id=known.id, public_id=known.public_id, may_change=may_change, now=now
        ),
        reading=reading_part.build(
            reading.load(lead_id=known.id, account_id=known.account_id, as_of=now),
            public_id=known.public_id,
            now=now,
        ),
        permission=permission.build(lead_id=known.id, email=known.email, now=now),
        colleagues=tuple(lead_row.build(row, now=now) for row in colleagues),
        more_colleagues=more_colleagues(known) if len(people) > COLLEAGUES else None,
        next=next_touch.build(
            found.outlook,
            message_id=messages.get(found.outlook.touch_id or 0),
            public_id=known.public_id,
            now=now,
        ),
        stays=tuple(map(history.stay_line, ledger.list_stays(lead_id=known.id))),
        timeline=moments[:SHOWN],
        timeline_earlier=moments[SHOWN:],
        timeline_more=timeline_more(found),
    )


def company_href(known: queries.LeadRecord) -> str:
    """Return the address of the account's page, or nothing where there is no company."""
    public_id = accounts.find_public_id(known.account_id)
    return reverse("web:account", args=[public_id]) if public_id else ""


def messages_of(entries: Iterable[ledger.Entry]) -> dict[int, int]:
    """Return the last message of each touch."""
    touch_ids = [each.touch_id for each in entries if each.touch_id is not None]
    found = outbox.find_messages(kind=parts.TOUCH, subject_ids=touch_ids) if touch_ids else []
    return {each.subject_id: each.id for each in found}


def badges(known: queries.LeadRecord) -> tuple[parts.Badge, ...]:
    """Return what must be seen at once: that the lead may not be mailed, or has left."""
    found = []
    if known.suppressed_by:
        found.append(
            parts.Badge(
                text=_("Not to be mailed: %(reason)s")
                % {"reason": wording.plain(known.suppressed_by.lower())},
                tone="yellow",
            )
        )
    if known.left_company:
        found.append(parts.Badge(text=_("Left the company"), tone="yellow"))
    return tuple(found)


def decided(found: queries.ExplainedLead, *, now: datetime) -> Decided | None:
    """Return when and by which playbook the lead was decided on last, and what the card says beyond that."""
    made = found.decision
    if made is None:
        return None
    same = (made.disposition, made.reason) == (found.card.disposition, found.card.reason)
    by = _("by the playbook %(version)s") % {
        "version": parts.version_name(made.playbook_name, made.playbook_number)
    }
    since = _("%(by)s: %(reason)s. What has happened since decides otherwise")
    return Decided(
        text=_("Last decided"),
        at=parts.instant(made.as_of, now=now),
        by=" " + (by if same else since % {"by": by, "reason": wording.reason(made.reason)}),
    )


def more_colleagues(known: queries.LeadRecord) -> parts.Link | None:
    """Return the way to everybody at the company, where lists can tell it apart."""
    return (
        parts.Link(label=_("Everybody there"), href=parts.leads_url(account=known.domain))
        if known.domain
        else None
    )


def timeline_more(found: queries.ExplainedLead) -> str:
    """Return how much of a long history the timeline leaves out; empty when nothing."""
    left = found.event_count - len(found.timeline)
    return (
        wording.how_many(left, "%(count)s earlier event not shown.", "%(count)s earlier events not shown.")
        if left > 0
        else ""
    )
