"""
Making facts of mail that came in.

A mail is known by its Message-ID and its content, so that the same mail counts once by whatever way it comes.
What it is, is told by ``mail.classifying``; whose it is, by the touch or the signed link that it carries, else
by the address it comes from; what follows is in ``mail_effects``. Nobody's mail has no effect.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from django.db import IntegrityError, transaction

from coldframe.activity import mail_effects, mail_meetings, set_aside
from coldframe.activity.addressees import Addressee, FindAddressees
from coldframe.activity.digesting import SetAside
from coldframe.activity.mail import classifying, parsing, threads
from coldframe.activity.mail.parsing import Mail
from coldframe.activity.mail.vocabulary import Classified, MailClass
from coldframe.activity.mail_effects import Received
from coldframe.activity.models import Arrival, MailBody, ReceivedMail, Source
from coldframe.activity.provider_events import plausible
from coldframe.leads import erasure, suppression
from coldframe.leads.models import Lead

Match = ReceivedMail.Match
State = ReceivedMail.State

KEY_BYTES = 16
#: Of a mail that was not taken apart by the rules for people, so much is shown.
SHOWN = 4_000
#: Bytes of a mail that are kept.
MOST_KEPT = 5 * 1024 * 1024
UNNAMED = "mail"


@dataclass(kw_only=True)
class MailDigester:
    """Digests arrivals of the kind MAIL."""

    find_addressees: FindAddressees

    def __call__(self, arrivals: Sequence[Arrival], *, at: datetime) -> Sequence[SetAside]:
        """
        Record each mail once and do what follows from it; unclear mail has a list.

        Set aside is what a provider brought of which nobody can say which part is the mail.
        """
        unread = {each.pk: str(each.about["unread"]) for each in arrivals if each.about.get("unread")}
        names = dict(
            Source.objects.filter(pk__in={each.source_id for each in arrivals}).values_list("pk", "name")
        )
        for arrival in arrivals:
            if arrival.pk not in unread:
                self.digest(arrival, source=names.get(arrival.source_id or 0, UNNAMED), at=at)
        keys = {each.pk: set_aside.key_of(each, bytes(each.body)) for each in arrivals if each.pk in unread}
        return set_aside.once(unread, keys=keys)

    def digest(self, arrival: Arrival, *, source: str, at: datetime) -> None:
        """Record one mail and do what follows, unless it is known."""
        raw = bytes(arrival.body)
        mail = parsing.read(raw, return_path=arrival.about.get("return_path"))
        key = key_of(mail)
        if ReceivedMail.objects.filter(key=key).exists():
            return
        found = classifying.class_of(mail)
        occurred_at, _ = plausible(mail.sent_at, at=arrival.received_at)
        received = self.matched(mail, found, key=key, source=source, occurred_at=occurred_at)
        if received.is_erased:
            record_nothing_of(received, arrival, at=at)
            return
        row = row_of(received, arrival)
        if not is_first(row):
            return
        outcome = mail_effects.follow(received, at=at)
        mail_meetings.record(received, at=at)
        row.state = State.OPEN if outcome.needs_person else State.DONE
        row.note = outcome.note[:255]
        row.save(update_fields=["state", "note"])
        keep(row, raw, at=arrival.received_at)

    def matched(
        self, mail: Mail, found: Classified, *, key: bytes, source: str, occurred_at: datetime
    ) -> Received:
        """Return a mail with whose it is."""
        touches = [uuid for each in found.touches if (uuid := threads.as_uuid(each))]
        people = self.find_addressees(touches) if touches else {}
        touch = next((each for each in touches if each in people), None)
        person = people[touch] if touch else None
        lead_id, match = whose(mail, found, person)
        return Received(
            mail=mail,
            found=found,
            key=key,
            source=source,
            occurred_at=occurred_at,
            touch=touch,
            lead_id=lead_id,
            matched_by=match,
            emails=person.emails if person else frozenset(),
            is_erased=is_erased(mail, found, person),
        )


def whose(mail: Mail, found: Classified, person: Addressee | None) -> tuple[int | None, ReceivedMail.Match]:
    """Return the lead whose mail it is, and by what that is known."""
    if person is not None:
        is_report = found.mail_class in {MailClass.BOUNCE, MailClass.COMPLAINT, MailClass.NOTICE}
        own = is_report or not person.emails or is_of(mail.sender, person.emails)
        return person.lead_id, Match.TOUCH if own else Match.OTHER_ADDRESS
    if found.lead and (uuid := threads.as_uuid(found.lead)):
        lead = Lead.objects.filter(public_id=uuid).select_related("merged_into").first()
        if lead is not None:
            root = lead.merged_into or lead
            known = {each for each in (lead.email, root.email) if each}
            own = found.mail_class in {MailClass.BOUNCE, MailClass.COMPLAINT} or is_of(mail.sender, known)
            return root.pk, Match.LINK if own else Match.OTHER_ADDRESS
    address = named_address(mail, found)
    reached = suppression.behind([], [address]) if address else []
    return (reached[0].lead_id, Match.ADDRESS) if reached else (None, Match.NOBODY)


def named_address(mail: Mail, found: Classified) -> str:
    """Return the address that a mail is of: the recipient of a report, else the sender."""
    if found.mail_class == MailClass.BOUNCE:
        return found.recipients[0].address if len(found.recipients) == 1 else ""
    return found.complainant if found.mail_class == MailClass.COMPLAINT else mail.sender


def is_of(sender: str, emails: Iterable[str]) -> bool:
    """Return whether a sender is the one behind some addresses, plus tags aside."""
    known = {key for each in emails for key in suppression.email_keys(each)}
    return bool(known.intersection(suppression.email_keys(sender or None)))


def is_erased(mail: Mail, found: Classified, person: Addressee | None) -> bool:
    """Return whether a mail is of somebody who was erased; nothing of it is kept then."""
    if person is not None:
        return not person.emails
    addresses = {each for each in (mail.sender, named_address(mail, found)) if each}
    return bool(addresses) and bool(erasure.list_erased_addresses(addresses))


def record_nothing_of(received: Received, arrival: Arrival, *, at: datetime) -> None:
    """Note that a mail came, without anything of whose it is."""
    ReceivedMail.objects.create(
        key=received.key,
        source_id=arrival.source_id,
        mail_class=received.found.mail_class.value,
        occurred_at=received.occurred_at,
        received_at=arrival.received_at,
        state=State.DONE,
        note="Of somebody who was erased; nothing is kept.",
        settled_at=at,
    )


def key_of(mail: Mail) -> bytes:
    """Return by what a mail is known: its Message-ID and what it says, but for what its ways added."""
    sent = mail.sent_at.isoformat() if mail.sent_at else ""
    said = "\x00".join(
        (mail.message_id, mail.sender, mail.subject, sent, mail.text, *(part.text for part in mail.parts))
    )
    return blake2b(said.encode("utf-8", "surrogatepass"), digest_size=KEY_BYTES).digest()


def row_of(received: Received, arrival: Arrival) -> ReceivedMail:
    """Return the row of a mail."""
    mail, found = received.mail, received.found
    return ReceivedMail(
        key=received.key,
        source_id=arrival.source_id,
        mail_class=found.mail_class.value,
        reasons=[stored(each, 200) for each in found.reasons[:10]],
        lead_id=received.lead_id,
        touch=received.touch,
        matched_by=received.matched_by,
        sender=stored(mail.sender, 320),
        sender_name=stored(mail.sender_name, 255),
        subject=stored(mail.subject, 500),
        text=stored(found.text or mail.text[:SHOWN], 64 * 1024),
        failed=[failed_of(each) for each in found.recipients[:50]],
        until=found.until,
        successor=stored(found.successor, 320),
        defects=list(mail.defects),
        occurred_at=received.occurred_at,
        received_at=arrival.received_at,
        state=State.DONE,
    )


def is_first(row: ReceivedMail) -> bool:
    """Write a row; return False where another worker has the same mail in hand, or had."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return False
    return True


def failed_of(recipient: object) -> Mapping[str, object]:
    """Return a failed recipient as plain values."""
    names = ("address", "failure", "status", "reply_code", "is_permanent", "diagnostic")
    found = {name: getattr(recipient, name) for name in names}
    return {
        name: stored(str(value), 500) if isinstance(value, str) else value for name, value in found.items()
    }


def stored(text: str, most: int) -> str:
    """Return a text as every database takes it, cut."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()[:most]


def keep(row: ReceivedMail, raw: bytes, *, at: datetime) -> None:
    """Keep the bytes of a mail for a while."""
    MailBody.objects.create(mail=row, packed=zlib.compress(raw[:MOST_KEPT], 6), received_at=at)
