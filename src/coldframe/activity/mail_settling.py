"""A person's word on mail that could not be told apart, or that waits for an answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum

from django.db import transaction

from coldframe.activity import operations
from coldframe.activity.mail_effects import AWAY_SOURCE, REPLY_SOURCE, UNREAD_SOURCE
from coldframe.activity.models import ReceivedMail
from coldframe.activity.operations import NewEvent
from coldframe.kernel.vocabulary import Refusal, SuppressionReason
from coldframe.leads import consent, departures, suppression
from coldframe.leads.models import Pause

State = ReceivedMail.State
#: Pauses that end when a person has settled the mail that began them.
OWN_PAUSES = (AWAY_SOURCE, REPLY_SOURCE, UNREAD_SOURCE)


class Answer(StrEnum):
    """What a person says of a mail."""

    #: It was answered, or needs no answer: nurture goes on.
    ANSWERED = "answered"
    #: It is a reply of this person, whatever address it came from; it was answered.
    REPLY = "reply"
    #: The person wants no more mail.
    UNSUBSCRIBE = "unsubscribe"
    #: The address is dead.
    DEAD = "dead"
    #: The person has left the company.
    LEFT = "left"
    #: It says nothing of anybody here.
    IGNORE = "ignore"


class NoSuchMail(Refusal):
    """There is no mail of this number."""


class AlreadySettled(Refusal):
    """Nobody needs to look at this mail any more."""


class NobodysMail(Refusal):
    """A mail that belongs to nobody here says nothing of anybody."""


def settle(mail_id: int, *, answer: Answer, by: str, at: datetime) -> None:
    """
    Do what a person says of a mail, and close it.

    Raises ``NoSuchMail``, ``AlreadySettled``, and ``NobodysMail`` where an answer needs a person and there is none.
    """
    with transaction.atomic():
        row = ReceivedMail.objects.select_for_update().filter(pk=mail_id).first()
        if row is None:
            raise NoSuchMail("There is no such mail.", got=str(mail_id), advice="See: coldframe mail list")
        if row.state != State.OPEN:
            raise AlreadySettled(
                "This mail waits for nobody.", where=f"mail {mail_id}", got=row.settled_as or "done"
            )
        if row.lead_id is None and answer is not Answer.IGNORE:
            raise NobodysMail(
                "This mail belongs to nobody here.",
                where=f"mail {mail_id}",
                expected=Answer.IGNORE.value,
                got=answer.value,
            )
        if row.lead_id is not None:
            DONE[answer](row, row.lead_id, at)
            end_pauses(row.lead_id, at=at)
        row.state, row.settled_at, row.settled_as, row.settled_by = State.SETTLED, at, answer.value, by[:150]
        row.save(update_fields=["state", "settled_at", "settled_as", "settled_by"])


def nothing(row: ReceivedMail, lead_id: int, at: datetime) -> None:
    """Do nothing more."""


def count_reply(row: ReceivedMail, lead_id: int, at: datetime) -> None:
    """Record the reply of a person that was written from somewhere else."""
    said = {
        "touch": row.touch.hex if row.touch else "",
        "subject": row.subject,
        "text": row.text,
        "from": row.sender,
    }
    event = NewEvent(
        source=row.source.name if row.source else "mail",
        external_id=f"mail:{bytes(row.key).hex()}",
        lead_id=lead_id,
        kind="replied",
        occurred_at=row.occurred_at,
        properties={name: value for name, value in said.items() if value},
    )
    operations.record_events([event], at=at)


def opt_out(row: ReceivedMail, lead_id: int, at: datetime) -> None:
    """Never mail the person again."""
    consent.unsubscribe(lead_id=lead_id, source="mail", at=at)


def bury_address(row: ReceivedMail, lead_id: int, at: datetime) -> None:
    """Never mail the address again."""
    suppression.suppress(reason=SuppressionReason.HARD_BOUNCE, source="mail", at=at, lead_ids=[lead_id])


def mark_left(row: ReceivedMail, lead_id: int, at: datetime) -> None:
    """Note that the person has left the company."""
    departures.mark_left(lead_id=lead_id, at=at)


DONE: Mapping[Answer, Callable[[ReceivedMail, int, datetime], None]] = {
    Answer.ANSWERED: nothing,
    Answer.REPLY: count_reply,
    Answer.UNSUBSCRIBE: opt_out,
    Answer.DEAD: bury_address,
    Answer.LEFT: mark_left,
    Answer.IGNORE: nothing,
}


def end_pauses(lead_id: int, *, at: datetime) -> None:
    """End the pause that mail began, when no other mail of the person waits."""
    waiting = ReceivedMail.objects.filter(lead_id=lead_id, state=State.OPEN).count()
    running = Pause.objects.filter(lead_id=lead_id, ended_at=None, source__in=OWN_PAUSES[1:])
    if waiting <= 1 and running.exists():
        consent.end_pause(lead_id=lead_id, at=at)
