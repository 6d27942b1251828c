"""
May a planned touch still leave? Asked in the transaction of the hand-over's marker, in one statement.

Every operation that could change the answer (an opt-out, an exit, a change of status) holds the same locks, so
that no marker follows one that is committed. What took a permission back counts whatever instant it bears: it may have
been committed while the marker waited for the locks, or by the clock of another machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from django.db import connection

from coldframe.kernel.vocabulary import Channel, HandoffState, HoldReason, LeadStatus, OpportunityState
from coldframe.leads.suppression import email_keys
from coldframe.nurture import dispatch
from coldframe.nurture.permitted import no_permission
from coldframe.nurture.planned import IN_NURTURE
from coldframe.outbox.handlers import Claimed
from coldframe.storage import reads
from coldframe.storage.params import stored


class Leaving(NamedTuple):
    """A message about to leave: the touch it is of, and where it goes."""

    message_id: int
    touch_id: int
    #: Its address, frozen when it was written; empty where the channel has none.
    recipient: str
    #: The recipient without a plus tag.
    mailbox: str


#: What is asked of each touch, in the order in which it is told.
QUESTIONS: tuple[tuple[HoldReason, str], ...] = (
    (HoldReason.EXITED, "The touch has been planned anew"),
    (HoldReason.SUPPRESSED, "The person, or the address, opted out"),
    (HoldReason.NO_CONSENT, "The permission was withdrawn, or has ended"),
    (HoldReason.NO_ADDRESS, "There is no address any more"),
    (HoldReason.NOT_READY, "The address has changed since it was written"),
    (HoldReason.SALES_ACTIVE, "Sales is at work on the account"),
    (HoldReason.EXITED, "The stay in nurture has ended"),
    (HoldReason.PAUSED, "A person asked for patience"),
)
GONE = (HoldReason.EXITED, "The touch is no longer planned")
#: Channels that need a permission to mail; the others need nothing but that nobody said no.
BY_PERMISSION = (Channel.EMAIL, Channel.AUDIENCE)
WITH_SALES = (LeadStatus.SALES_REVIEW, LeadStatus.SALES_ACCEPTED)


def refusals(messages: Sequence[Claimed], *, at: datetime) -> dict[int, tuple[HoldReason, str]]:
    """Return why messages may not leave, by the message's id; those that may are left out."""
    if not messages:
        return {}
    leaving = [leaving_of(each) for each in messages]
    with connection.cursor() as cursor:
        cursor.execute(statement(len(leaving)), asked_of(leaving, at=at))
        rows = cursor.fetchall()
    found = {row[0]: first_of(row[1:]) for row in rows}
    reasons = {each.id: found.get(each.id, GONE) for each in messages}
    return {key: reason for key, reason in reasons.items() if reason is not None}


def leaving_of(message: Claimed) -> Leaving:
    """Return what is asked about a message."""
    keys = email_keys(message.recipient or None)
    return Leaving(
        message_id=message.id,
        touch_id=message.subject_id,
        recipient=keys[0] if keys else "",
        mailbox=keys[-1] if keys else "",
    )


def asked_of(leaving: Sequence[Leaving], *, at: datetime) -> dict[str, Any]:
    """Return the values of ``statement``, by name."""
    values = {
        f"{name}{row}": value for row, each in enumerate(leaving) for name, value in each._asdict().items()
    }
    return values | {"now": stored(at)}


def superseded(message_id: str, touch_id: str) -> str:
    """Return the SQL that says whether a touch was planned anew after a message of it was queued."""
    return (
        f"EXISTS (SELECT 1 FROM outbox_outboxmessage n WHERE n.kind = {reads.text(dispatch.KIND)} "
        f"AND n.subject_id = {touch_id} AND n.id > {message_id})"
    )


def first_of(answers: Iterable[object]) -> tuple[HoldReason, str] | None:
    """Return the first question that was answered with yes."""
    return next((question for question, answer in zip(QUESTIONS, answers, strict=True) if answer), None)


def among_words(words: Iterable[str]) -> str:
    return ", ".join(map(reads.text, words))


@cache
def statement(count: int) -> str:
    """
    Return the SQL that answers every question for each of so many messages whose touch is still planned.

    It is asked before every hand-over: always the same text, so that it is prepared once. With ``CROSS JOIN`` SQLite begins
    with the left: there are few merged leads, and many touches with the same content.
    """
    now = "%(now)s"
    names = [", ".join(f"%({name}{row})s" for name in Leaving._fields) for row in range(count)]
    rows = ", ".join(f"({each})" for each in names)
    by_permission = f"t.channel IN ({among_words(BY_PERMISSION)})"
    by_mail = f"t.channel = '{Channel.EMAIL.value}'"
    return f"""
        WITH r(message_id, touch_id, recipient, mailbox) AS (VALUES {rows})
        SELECT r.message_id,
          {superseded("r.message_id", "t.id")},
          EXISTS (SELECT 1 FROM leads_suppression p WHERE p.lead_id = t.lead_id)
            OR EXISTS (SELECT 1 FROM leads_suppression p WHERE p.email IN (l.email, r.recipient, r.mailbox)),
          {by_permission} AND (
            (t.permitted_until IS NOT NULL AND t.permitted_until <= {now})
            OR EXISTS (SELECT 1 FROM leads_consent c
                        WHERE c.lead_id = t.lead_id AND c.purpose = 'marketing_email'
                          AND c.withdrawn_at >= t.planned_for)
            OR ({no_permission(lead="l", account="a", now=now)})),
          {by_mail} AND l.email IS NULL,
          {by_mail} AND l.email <> r.recipient,
          EXISTS (SELECT 1 FROM handoff_handoff h
                   WHERE h.account_id = t.account_id AND h.state = '{HandoffState.OPEN.value}')
            OR EXISTS (SELECT 1 FROM leads_opportunity o
                        WHERE o.account_id = t.account_id AND o.state = '{OpportunityState.OPEN.value}'
                          AND o.voided_at IS NULL)
            OR EXISTS (SELECT 1 FROM leads_lead m JOIN nurture_standing w ON w.lead_id = m.id
                        WHERE m.account_id = l.account_id AND m.voided_at IS NULL
                          AND w.status IN ({among_words(WITH_SALES)})),
          EXISTS (SELECT 1 FROM leads_lead d CROSS JOIN nurture_touch o
                   WHERE d.merged_into_id = l.id AND o.lead_id = d.id AND o.content_key = t.content_key
                     AND o.state <> 'WITHDRAWN')
            OR e.ended_at IS NOT NULL OR l.voided_at IS NOT NULL OR s.status NOT IN ({among_words(IN_NURTURE)}),
          EXISTS (SELECT 1 FROM leads_pause q
                   WHERE q.lead_id = t.lead_id AND q.until > {now} AND q.ended_at IS NULL)
            OR EXISTS (SELECT 1 FROM nurture_override v
                        WHERE v.lead_id = t.lead_id AND v.is_paused AND v.until > {now} AND v.lifted_at IS NULL)
          FROM r
          JOIN nurture_touch t ON t.id = r.touch_id
          JOIN leads_lead l ON l.id = t.lead_id
          JOIN leads_account a ON a.id = l.account_id
          JOIN nurture_enrollment e ON e.id = t.enrollment_id
          JOIN nurture_standing s ON s.lead_id = t.lead_id
         WHERE t.state = 'PLANNED'"""
