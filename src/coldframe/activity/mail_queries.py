"""Mail that came in, as a person sees it."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count

from coldframe.activity.models import MailBody, MailboxCursor, ReceivedMail


@dataclass(frozen=True, kw_only=True)
class MailLine:
    """A mail in a list."""

    mail_id: int
    mail_class: str
    matched_by: str
    lead_id: int | None
    #: In the address of the lead's page.
    lead_public_id: UUID | None
    lead_name: str
    sender: str
    subject: str
    text: str
    reasons: Sequence[str]
    defects: Sequence[str]
    note: str
    touch: UUID | None
    until: datetime | None
    successor: str
    occurred_at: datetime
    received_at: datetime
    state: str
    settled_as: str
    settled_by: str
    settled_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class MailboxLine:
    """How a folder of a mailbox stands."""

    source: str
    folder: str
    last_uid: int
    looked_at: datetime | None
    failure: str
    retry_at: datetime | None


def list_open(*, limit: int = 100) -> list[MailLine]:
    """Return the mail that a person must look at: people's first, then nobody's, the newest first of each."""
    found = ReceivedMail.objects.filter(state=ReceivedMail.State.OPEN).select_related("lead")
    own = list(found.filter(lead__isnull=False).order_by("-received_at", "-id")[:limit])
    others = found.filter(lead__isnull=True).order_by("-received_at", "-id")[: limit - len(own)]
    return [as_line(row) for row in [*own, *others]]


def list_recent(*, limit: int = 100, mail_class: str | None = None) -> list[MailLine]:
    """Return the latest mail, whatever became of it, the newest first."""
    found = ReceivedMail.objects.select_related("lead").order_by("-received_at", "-id")
    if mail_class:
        found = found.filter(mail_class=mail_class)
    return [as_line(row) for row in found[:limit]]


def iterate_all(*, size: int = 500) -> Iterator[MailLine]:
    """Yield all mail that came in, the newest first, so many rows read at a time."""
    ids = list(ReceivedMail.objects.order_by("-received_at", "-id").values_list("pk", flat=True))
    for start in range(0, len(ids), size):
        found = ReceivedMail.objects.select_related("lead").in_bulk(ids[start : start + size])
        yield from (as_line(found[pk]) for pk in ids[start : start + size] if pk in found)


def count_open() -> int:
    """Return how much mail waits for a person."""
    return ReceivedMail.objects.filter(state=ReceivedMail.State.OPEN).count()


def count_by_class() -> dict[str, int]:
    """Return how much mail of each class came in."""
    rows = ReceivedMail.objects.values_list("mail_class").annotate(n=Count("id")).order_by("-n", "mail_class")
    return dict(rows)


def find_body(mail_id: int) -> bytes | None:
    """Return the bytes of a mail as they came; None where they are not kept any more."""
    found = MailBody.objects.filter(mail_id=mail_id).first()
    return zlib.decompress(bytes(found.packed)) if found else None


def list_mailboxes() -> list[MailboxLine]:
    """Return how each mailbox stands."""
    rows = MailboxCursor.objects.select_related("source").order_by("source__name", "folder")
    return [
        MailboxLine(
            source=row.source.name,
            folder=row.folder,
            last_uid=row.last_uid,
            looked_at=row.looked_at,
            failure=row.failure,
            retry_at=row.retry_at,
        )
        for row in rows
    ]


def as_line(row: ReceivedMail) -> MailLine:
    """Return a row as a list shows it."""
    lead = row.lead
    name = " ".join(each for each in (lead.first_name, lead.last_name) if each) if lead else ""
    return MailLine(
        mail_id=row.pk,
        mail_class=row.mail_class,
        matched_by=row.matched_by,
        lead_id=row.lead_id,
        lead_public_id=lead.public_id if lead else None,
        lead_name=name or (lead.email or "" if lead else ""),
        sender=row.sender,
        subject=row.subject,
        text=row.text,
        reasons=tuple(row.reasons),
        defects=tuple(row.defects),
        note=row.note,
        touch=row.touch,
        until=row.until,
        successor=row.successor,
        occurred_at=row.occurred_at,
        received_at=row.received_at,
        state=row.state,
        settled_as=row.settled_as,
        settled_by=row.settled_by,
        settled_at=row.settled_at,
    )
