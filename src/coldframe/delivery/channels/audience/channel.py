"""Putting people on a list: written here, so that nothing about it is ever uncertain."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction

from coldframe.delivery.channels import inside
from coldframe.delivery.channels.answers import Beat, Mark, Message, Report
from coldframe.delivery.channels.audience.hashing import email_hash, phone_hash
from coldframe.delivery.channels.audience.models import Membership
from coldframe.kernel.vocabulary import Refusal


class NothingToMatch(Refusal):
    """Neither an address nor a number with its country is known; no platform could find the person."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What is known of whoever is put on a list."""

    audience: str
    lead_id: int
    email_hash: str
    phone_hash: str


def compose(*, audience: str, lead_id: int, email: str | None, phone: str | None) -> bytes:
    """Return the body of a message that puts a person on a path's list; raises ``NothingToMatch``."""
    entry = Entry(
        audience=audience, lead_id=lead_id, email_hash=email_hash(email), phone_hash=phone_hash(phone)
    )
    if not entry.email_hash and not entry.phone_hash:
        raise NothingToMatch("Nothing by which an ad platform could find the person.")
    return json.dumps(asdict(entry), sort_keys=True).encode()


def deliver(
    messages: Iterator[Message],
    *,
    mark: Mark,
    report: Report,
    beat: Beat,
    at: datetime,
) -> None:
    """Put each message's person on the list; whoever is on it stays."""
    inside.deliver(messages, write=put_in, mark=mark, report=report, beat=beat, at=at)


def put_in(messages: Sequence[Message], at: datetime) -> None:
    """Write memberships in one transaction; those that are there already are left as they are."""
    rows = [
        Membership(
            **asdict(Entry(**json.loads(each.body or b"{}"))),
            message_id=each.message_id or each.key,
            entered_at=at,
        )
        for each in messages
    ]
    with transaction.atomic():
        Membership.objects.bulk_create(rows, ignore_conflicts=True)


def was_recorded(message_ids: Sequence[str]) -> set[str]:
    """Return which of these put somebody on a list; what settles them after a crash."""
    return set(Membership.objects.filter(message_id__in=message_ids).values_list("message_id", flat=True))
