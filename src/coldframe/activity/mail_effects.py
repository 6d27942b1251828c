"""
What follows from a mail that came in, in the transaction that records it.

Bounces, complaints and opt-outs that carry a touch go the way of what providers tell (``mail_feedback``), so
that one fact counts once whoever brings it. What carries nothing of ours has no effect but a person's own wish
to be left alone, which costs nobody anything to believe.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from coldframe.activity import mail_feedback, operations
from coldframe.activity.mail.bounces import ANSWER
from coldframe.activity.mail.parsing import Mail
from coldframe.activity.mail.vocabulary import Classified, FailedRecipient, MailClass
from coldframe.activity.mail_feedback import Heard
from coldframe.activity.models import Feedback, MailBody, ReceivedMail
from coldframe.activity.operations import NewEvent
from coldframe.kernel.vocabulary import SuppressionReason
from coldframe.leads import consent, departures, suppression
from coldframe.leads.models import Pause

Kind = Feedback.Kind
Match = ReceivedMail.Match

#: Somebody who is away, and does not say until when, is left in peace for so long.
AWAY = timedelta(days=7)
#: What a person must read holds nurture for so long, unless they settle it earlier.
UNREAD = timedelta(days=14)
#: A reply holds nurture until somebody has answered it, and no longer than this.
UNANSWERED = timedelta(days=90)
#: Sources of pauses that a mail began, and that a person ends by settling it.
AWAY_SOURCE, REPLY_SOURCE, UNREAD_SOURCE = "auto-reply", "reply", "mail to read"
#: Of a date in a mail: a pause is no longer than this.
LONGEST_PAUSE = timedelta(days=400)
TEXT_LENGTH = 20_000
#: The bytes of a mail are kept so long; what was made of it stays.
BODIES_KEPT = timedelta(days=30)
#: Mail of nobody is shown so long.
NOBODYS_KEPT = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Received:
    """A mail, what it is and whose it is."""

    mail: Mail
    found: Classified
    key: bytes
    #: Name of the source.
    source: str
    occurred_at: datetime
    touch: UUID | None
    lead_id: int | None
    matched_by: ReceivedMail.Match
    #: To which the touch went.
    emails: frozenset[str]
    is_erased: bool = False

    @property
    def external_id(self) -> str:
        """By what its facts are known."""
        return f"mail:{self.key.hex()}"

    @property
    def is_answer(self) -> bool:
        """Whether it answers some mail; what does not, and is of nobody here, is other people's business."""
        return bool(self.mail.answers) or bool(ANSWER.match(self.mail.subject))

    @property
    def is_own(self) -> bool:
        """Whether it comes from the person it is matched to."""
        return self.lead_id is not None and self.matched_by != Match.OTHER_ADDRESS


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What was done, and whether a person must look."""

    note: str
    needs_person: bool = False


def follow(received: Received, *, at: datetime) -> Outcome:
    """Do what follows from a mail."""
    return EFFECTS[received.found.mail_class](received, at)


def bounce(received: Received, at: datetime) -> Outcome:
    """Record what a report of failed delivery tells of the touch that it carries."""
    if received.touch is None or received.lead_id is None:
        return Outcome(
            note="It carries no message of ours; nothing was done.", needs_person=received.lead_id is not None
        )
    own = [each for each in received.found.recipients if not each.address or each.address in received.emails]
    if not own:
        return Outcome(note="It is about another address than the message went to.", needs_person=True)
    kinds = [kind_of(each) for each in own]
    kind = max(kinds, key=mail_feedback.ORDER.index)
    told = own[kinds.index(kind)]
    hear(received, kind, at=at, status=told.status, text=told.diagnostic, email=told.address)
    return Outcome(note=NOTES[kind])


def kind_of(failed: FailedRecipient) -> Feedback.Kind:
    """Return what a failed recipient means: what the sender has to mend is never held against the address."""
    if failed.is_senders_fault:
        return Kind.SENDER_REFUSED
    if failed.is_hard:
        return Kind.HARD_BOUNCED
    return Kind.SOFT_BOUNCED if failed.is_permanent else Kind.DEFERRED


def complaint(received: Received, at: datetime) -> Outcome:
    """Suppress whose complaint it is, known by what of ours it carries."""
    if received.found.needs_person:
        return Outcome(note="Feedback that is no complaint of a person.", needs_person=True)
    if received.lead_id is None or received.matched_by == Match.ADDRESS:
        return Outcome(
            note="It carries nothing of ours; nothing was done.", needs_person=received.lead_id is not None
        )
    if received.touch is not None:
        hear(received, Kind.COMPLAINED, at=at, email=next(iter(sorted(received.emails)), ""))
    else:
        record_event(received, "complained", at=at)
        suppression.suppress(
            reason=SuppressionReason.COMPLAINT, source=received.source, at=at, lead_ids=[received.lead_id]
        )
    return Outcome(note="Nothing is sent any more: a complaint.")


def unsubscribe(received: Received, at: datetime) -> Outcome:
    """Take a person at their word; of another's address, that one is suppressed and a person looks."""
    sender = received.mail.sender
    if received.is_own and received.lead_id is not None:
        if received.touch is not None:
            hear(received, Kind.UNSUBSCRIBED, at=at, email=sender)
        else:
            record_event(received, "unsubscribed", at=at)
        consent.unsubscribe(
            lead_id=received.lead_id, source=received.source, at=at, emails=(sender,) if sender else ()
        )
        return Outcome(note="Nothing is sent any more: they asked for it.")
    if sender:
        suppression.suppress(
            reason=SuppressionReason.UNSUBSCRIBE, source=received.source, at=at, emails=[sender]
        )
    if received.lead_id is None:
        return Outcome(note="Nobody here has this address; it is suppressed all the same.")
    rest(received, until=at + UNREAD, source=UNREAD_SOURCE, at=at)
    return Outcome(
        note="Asked from another address: that one is suppressed. Was the person meant, too?",
        needs_person=True,
    )


def automatic(received: Received, at: datetime) -> Outcome:
    """Leave somebody in peace who is away; it is no reply."""
    if received.lead_id is None:
        return Outcome(note="Of nobody who is known here.")
    arrived(received, at=at)
    until = received.found.until or received.occurred_at + AWAY
    if until <= at:
        return Outcome(note="Away until a day that is over.")
    rest(received, until=until, source=AWAY_SOURCE, at=at)
    return Outcome(note=f"Away: nothing is sent before {min(until, at + LONGEST_PAUSE):%Y-%m-%d}.")


def left(received: Received, at: datetime) -> Outcome:
    """Note that somebody has left; who came after is for a person to see."""
    if received.lead_id is None:
        return Outcome(note="Of nobody who is known here.", needs_person=False)
    arrived(received, at=at)
    if received.found.needs_person or not received.is_own:
        rest(received, until=at + UNREAD, source=UNREAD_SOURCE, at=at)
        return Outcome(note="It may be that the person has left.", needs_person=True)
    departures.mark_left(lead_id=received.lead_id, at=at)
    named = f" {received.found.successor} is named instead." if received.found.successor else ""
    return Outcome(note=f"The person has left the company.{named}", needs_person=bool(named))


def reply(received: Received, at: datetime) -> Outcome:
    """Record what a person wrote, and hold nurture until somebody has answered."""
    if received.lead_id is None:
        return Outcome(note="Of nobody who is known here.", needs_person=received.is_answer)
    rest(received, until=received.found.until or at + UNANSWERED, source=REPLY_SOURCE, at=at)
    if not received.is_own:
        return Outcome(note=f"Replied from {received.mail.sender}: is it the person?", needs_person=True)
    if received.touch is not None:
        hear(received, Kind.REPLIED, at=at)
    if received.found.needs_person:
        record_event(received, "declined", at=at)
        return Outcome(
            note="They say that they are not interested. Nurture waits for your word.", needs_person=True
        )
    record_event(received, "replied", at=at)
    return Outcome(note="A reply. Nurture waits until it is answered.", needs_person=True)


def unclear(received: Received, at: datetime) -> Outcome:
    """Have a person look; nothing is sent meanwhile."""
    if received.lead_id is None and not received.is_answer:
        return Outcome(note="Of nobody who is known here.")
    if received.lead_id is not None:
        rest(received, until=at + UNREAD, source=UNREAD_SOURCE, at=at)
    return Outcome(note="It could not be told what this is.", needs_person=True)


def notice(received: Received, at: datetime) -> Outcome:
    """Take a receipt for what it is: a sign that the mail arrived."""
    arrived(received, at=at)
    return Outcome(note="Nothing follows from it.")


EFFECTS: Mapping[MailClass, Callable[[Received, datetime], Outcome]] = {
    MailClass.BOUNCE: bounce,
    MailClass.COMPLAINT: complaint,
    MailClass.AUTO_REPLY: automatic,
    MailClass.LEFT_COMPANY: left,
    MailClass.UNSUBSCRIBE: unsubscribe,
    MailClass.REPLY: reply,
    MailClass.NOTICE: notice,
    MailClass.UNCLEAR: unclear,
}
NOTES: Mapping[Feedback.Kind, str] = {
    Kind.HARD_BOUNCED: "The address is dead: nothing is sent there any more.",
    Kind.SOFT_BOUNCED: "Not delivered, through no lasting fault of the address.",
    Kind.SENDER_REFUSED: "Refused for the sender's sake; the person is kept.",
    Kind.DEFERRED: "Delayed; it is tried further.",
}


def hear(
    received: Received,
    kind: Feedback.Kind,
    *,
    at: datetime,
    status: str = "",
    text: str = "",
    email: str = "",
) -> None:
    """Record what a mail shows of the touch that it carries."""
    if received.touch is None or received.lead_id is None:
        return
    heard = Heard(
        touch=received.touch,
        lead_id=received.lead_id,
        email=email,
        kind=kind,
        occurred_at=received.occurred_at,
        source=received.source,
        external_id=received.external_id,
        status=status,
        text=text,
    )
    mail_feedback.record([heard], at=at)


def arrived(received: Received, *, at: datetime) -> None:
    """Record that the touch's mail was delivered, for something came back from where it went."""
    hear(received, Kind.DELIVERED, at=at)


def record_event(received: Received, kind: str, *, at: datetime) -> None:
    """Record an event of the person; what they wrote is its personal part."""
    said = {
        "touch": received.touch.hex if received.touch else "",
        "subject": received.mail.subject[:500],
        "text": received.found.text[:TEXT_LENGTH],
        "from": received.mail.sender,
    }
    event = NewEvent(
        source=received.source,
        external_id=received.external_id,
        lead_id=received.lead_id,
        kind=kind,
        occurred_at=received.occurred_at,
        properties={name: value.replace("\x00", "") for name, value in said.items() if value},
    )
    operations.record_events([event], at=at)


def rest(received: Received, *, until: datetime, source: str, at: datetime) -> None:
    """Leave a person in peace until an instant; a longer pause that runs stays as it is."""
    assert received.lead_id is not None  # noqa: S101 - Nobody's mail has no effect.
    until = min(until, at + LONGEST_PAUSE)
    suppression.hold(lead_ids=[received.lead_id])
    running = (
        Pause.objects.filter(lead_id=received.lead_id, ended_at=None).values_list("until", flat=True).first()
    )
    if until > at and (running is None or until > running):
        consent.pause(lead_id=received.lead_id, until=until, source=source, at=at)


def tidy(*, at: datetime) -> int:
    """Forget the bytes of old mail, and mail of nobody that nobody looked at; return how many."""
    forgotten = MailBody.objects.filter(received_at__lt=at - BODIES_KEPT).delete()[0]
    nobodys = ReceivedMail.objects.filter(lead__isnull=True, received_at__lt=at - NOBODYS_KEPT)
    return forgotten + nobodys.delete()[0]
