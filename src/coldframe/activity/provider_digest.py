"""
Making facts of what providers tell of mails.

An event counts for the touch that it names, and only when it is about the address to which that touch's mail
went. Everything else is set aside once, where people see it, and has no effect.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from coldframe.activity import arrivals as store
from coldframe.activity import mail_feedback, provider_events, set_aside, sources
from coldframe.activity.addressees import Addressee, FindAddressees
from coldframe.activity.arrivals import NewArrival
from coldframe.activity.digesting import SetAside
from coldframe.activity.hits import HitKind, NewHit
from coldframe.activity.mail import failures
from coldframe.activity.mail.vocabulary import HARD, SENDERS_FAULT, Failure
from coldframe.activity.mail_feedback import Heard
from coldframe.activity.models import Arrival, Feedback
from coldframe.activity.provider_events import NotAProviderEvent, ProviderEvent
from coldframe.kernel.vocabulary import SuppressionReason

LOG = logging.getLogger(__name__)

Kind = Feedback.Kind
#: Counter of a source: events about another address than the touch's.
OTHER_RECIPIENT = "other_recipient"

NO_TOUCH = "Unmatched: it names no touch."
UNKNOWN_TOUCH = "Unmatched: no touch of this installation has this id."
WRONG_RECIPIENT = "It is about another address than the touch's mail went to."
UNKNOWN_TYPE = "A kind of event that is not known: {said}"

#: Anymail's word -> what was heard. A machine that answered for somebody shows that the mail arrived.
PLAIN: Mapping[str, Feedback.Kind] = {
    "queued": Kind.SENT,
    "sent": Kind.SENT,
    "deferred": Kind.DEFERRED,
    "delivered": Kind.DELIVERED,
    "autoresponded": Kind.DELIVERED,
    "opened": Kind.OPENED,
    "clicked": Kind.CLICKED,
    "unsubscribed": Kind.UNSUBSCRIBED,
    "complained": Kind.COMPLAINED,
}
#: Of what a provider did not send: the no that it remembers.
REMEMBERED: Mapping[str, SuppressionReason] = {
    "bounced": SuppressionReason.HARD_BOUNCE,
    "invalid": SuppressionReason.HARD_BOUNCE,
    "spam": SuppressionReason.COMPLAINT,
    "unsubscribed": SuppressionReason.UNSUBSCRIBE,
}
#: Heard, and without effect: only a person's own act lets them be mailed again.
WITHOUT_EFFECT = frozenset({"subscribed"})
HITS: Mapping[str, HitKind] = {"opened": HitKind.OPEN, "clicked": HitKind.CLICK}


@dataclass(kw_only=True)
class ProviderDigester:
    """Digests arrivals of the kind PROVIDER."""

    find_addressees: FindAddressees
    #: Types of which somebody was warned, by this process.
    warned: set[tuple[str, str]] = field(default_factory=set)

    def __call__(self, arrivals: Sequence[Arrival], *, at: datetime) -> Sequence[SetAside]:
        """Record what was told and pass on opens and clicks; return what is to be set aside."""
        events, aside = read_all(arrivals)
        people = self.find_addressees({each.touch for each in events.values() if each.touch})
        heard: list[Heard] = []
        hits: list[tuple[Arrival, NewHit]] = []
        wrong: Counter[int] = Counter()
        for arrival in arrivals:
            event = events.get(arrival.pk)
            if event is None:
                continue
            person = people.get(event.touch) if event.touch else None
            reason = self.objection(event, person)
            if reason:
                aside[arrival.pk] = reason
                wrong[arrival.source_id or 0] += reason == WRONG_RECIPIENT
            elif person is not None and person.emails and event.type not in WITHOUT_EFFECT:
                heard.append(heard_of(event, person))
                if event.type in HITS:
                    hits.append((arrival, hit_of(event)))
        mail_feedback.record(heard, at=at)
        store.accept([as_arrival(arrival, hit) for arrival, hit in hits], at=at)
        note_wrong(wrong)
        keys = {each.pk: key_of(each, events.get(each.pk)) for each in arrivals if each.pk in aside}
        return set_aside.once(aside, keys=keys)

    def objection(self, event: ProviderEvent, person: Addressee | None) -> str:
        """Return why an event has no effect; an empty text: it has one, or is of somebody who was erased."""
        if event.type not in {*PLAIN, *WITHOUT_EFFECT, "bounced", "rejected", "failed"}:
            self.warn(event)
            return UNKNOWN_TYPE.format(said=event.said or event.type)
        if event.touch is None:
            return NO_TOUCH
        if person is None:
            return UNKNOWN_TOUCH
        told = event.recipient.strip().lower()
        return WRONG_RECIPIENT if told and person.emails and told not in person.emails else ""

    def warn(self, event: ProviderEvent) -> None:
        """Say once for each type that it is not known."""
        name = (event.source, event.said or event.type)
        if name not in self.warned:
            self.warned.add(name)
            LOG.warning("a provider tells of something unknown", extra={"source": name[0], "said": name[1]})


def read_all(arrivals: Iterable[Arrival]) -> tuple[dict[int, ProviderEvent], dict[int, str]]:
    """Return the events by arrival, and why others cannot be read."""
    events: dict[int, ProviderEvent] = {}
    aside: dict[int, str] = {}
    for arrival in arrivals:
        if unread := arrival.about.get("unread"):
            aside[arrival.pk] = str(unread)
            continue
        try:
            events[arrival.pk] = provider_events.read(bytes(arrival.body))
        except NotAProviderEvent as error:
            aside[arrival.pk] = error.what
    return events, aside


def heard_of(event: ProviderEvent, person: Addressee) -> Heard:
    """Return what an event tells of a mail."""
    kind, reason = meaning_of(event)
    assert event.touch is not None  # noqa: S101 - The person was found by it.
    return Heard(
        touch=event.touch,
        lead_id=person.lead_id,
        email=event.recipient.strip().lower(),
        kind=kind,
        occurred_at=event.at,
        source=event.source,
        external_id=event.id,
        status=event.status,
        text=event.text,
        reason=reason,
        is_received_time=event.is_received_time,
    )


def meaning_of(event: ProviderEvent) -> tuple[Feedback.Kind, SuppressionReason | None]:
    """Return what an event means for the mail, and of one that was not sent, for the person."""
    if event.type in PLAIN:
        return PLAIN[event.type], None
    if event.type == "bounced" or event.is_permanent is not None:
        return bounce_of(event), None
    return Kind.NOT_SENT, REMEMBERED.get(event.reject_reason)


def bounce_of(event: ProviderEvent) -> Feedback.Kind:
    """
    Return what kind of bounce an event tells of: by the server's words and codes, and by the provider's word.

    What the sender has to mend is never held against the address, whoever calls it permanent.
    """
    why = failures.reason_of(event.status, event.text, "")
    if why.failure in SENDERS_FAULT:
        return Kind.SENDER_REFUSED
    is_permanent = event.is_permanent
    if is_permanent is None:
        is_permanent = (why.status or why.reply_code).startswith("5")
    is_dead = why.failure in HARD or (why.failure is Failure.UNKNOWN and event.is_permanent is True)
    return Kind.HARD_BOUNCED if is_permanent and is_dead else Kind.SOFT_BOUNCED


def hit_of(event: ProviderEvent) -> NewHit:
    """Return the open or click that an event tells of."""
    assert event.touch is not None  # noqa: S101 - The person was found by it.
    return NewHit(
        id=event.id,
        source=event.source,
        kind=HITS[event.type],
        touch=event.touch,
        at=event.at,
        target=event.url,
        network=event.network,
        agent=event.agent,
        is_bot=event.is_bot,
    )


def as_arrival(arrival: Arrival, hit: NewHit) -> NewArrival:
    """Return a hit as something that arrived, for whoever digests hits."""
    return NewArrival(kind=Arrival.Kind.HIT, source_id=arrival.source_id, body=hit.as_body())


def note_wrong(wrong: Mapping[int, int]) -> None:
    """Count what was about another address, at its source."""
    found = {source_id: {OTHER_RECIPIENT: count} for source_id, count in wrong.items() if source_id and count}
    if found:
        sources.note(heard={}, refused=found)


def key_of(arrival: Arrival, event: ProviderEvent | None) -> bytes:
    """Return by what a repeat of something set aside is known: by what it says, but for when it was received."""
    if event is not None and event.is_received_time:
        event = replace(event, at=provider_events.EARLIEST)
    return set_aside.key_of(arrival, event.as_body() if event else bytes(arrival.body))
