"""What others may know of the outbox."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Q

from coldframe.outbox import contents
from coldframe.outbox.gates import OPEN
from coldframe.outbox.handlers import Gate, Opening
from coldframe.outbox.models import SETTLED, Attempt, OutboxMessage
from coldframe.storage import turns
from coldframe.storage.params import as_instant, stored

State = OutboxMessage.State
#: Subjects in one query.
IDS_A_QUERY = 500

#: Steps from lane to lane of the index instead of reading every queued message.
FIRST_DUE = """
    WITH RECURSIVE lanes(lane) AS (
      SELECT MIN(lane) FROM outbox_outboxmessage WHERE state = 'QUEUED'
      UNION ALL
      SELECT (SELECT MIN(m.lane) FROM outbox_outboxmessage m WHERE m.state = 'QUEUED' AND m.lane > lanes.lane)
      FROM lanes WHERE lanes.lane IS NOT NULL)
    SELECT lane, (SELECT MIN(m.due_at) FROM outbox_outboxmessage m WHERE m.state = 'QUEUED' AND m.lane = lanes.lane)
    FROM lanes WHERE lane IS NOT NULL"""

EARLIEST_OTHER = """
    SELECT (SELECT MIN(late_at) FROM outbox_outboxmessage WHERE state = 'QUEUED'),
           (SELECT MIN(lease_until) FROM outbox_outboxmessage WHERE state IN ('CLAIMED', 'HANDING_OFF'))"""


#: Each part by an index that has no other messages.
COUNTS = """
    SELECT state, COUNT(*) FROM outbox_outboxmessage WHERE settled_at IS NOT NULL GROUP BY state
    UNION ALL
    SELECT state, COUNT(*) FROM outbox_outboxmessage WHERE state IN ('CLAIMED', 'HANDING_OFF') GROUP BY state
    UNION ALL
    SELECT 'QUEUED', COUNT(*) FROM outbox_outboxmessage WHERE state = 'QUEUED'"""


def find_refused(*, kind: str, subject_ids: Collection[int], since: datetime) -> dict[int, datetime]:
    """
    Return by subject since when the other side refuses for now what became too late to be of use after an instant.

    Subjects that nobody was asked to take are left out.
    """
    late = OutboxMessage.objects.filter(
        kind=kind, state=State.HELD, reason="STALE", settled_at__gt=since
    ).order_by("id")
    ids = sorted(subject_ids)
    parts = (ids[start : start + IDS_A_QUERY] for start in range(0, len(ids), IDS_A_QUERY))
    return {
        subject_id: at
        for part in parts
        for subject_id, at in late.filter(subject_id__in=part).values_list("subject_id", "first_attempt_at")
        if at is not None
    }


def find_last_subject(*, kind: str) -> int | None:
    """Return the highest subject for which a message of a kind was ever queued, or None."""
    found = (
        OutboxMessage.objects.filter(kind=kind).order_by("-subject_id").values_list("subject_id", flat=True)
    )
    return found.first()


def list_keys(*, kind: str, subject_ids: Collection[int]) -> set[str]:
    """Return the keys of the messages of some subjects."""
    found: set[str] = set()
    ids = sorted(subject_ids)
    for start in range(0, len(ids), IDS_A_QUERY):
        some = OutboxMessage.objects.filter(kind=kind, subject_id__in=ids[start : start + IDS_A_QUERY])
        found |= set(some.values_list("key", flat=True))
    return found


@dataclass(frozen=True, kw_only=True)
class Try:
    """One try to hand a message over."""

    number: int
    worker: str
    started_at: datetime
    ended_at: datetime
    phase: str
    outcome: str
    code: int
    text: str


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message, for people who look at it."""

    id: int
    key: str
    kind: str
    subject_id: int
    lane: str
    state: str
    due_at: datetime
    attempt_count: int
    message_id: str | None
    sender: str | None
    recipient: str | None
    composed_at: datetime | None
    marked_at: datetime | None
    settled_at: datetime | None
    reason: str
    detail: str
    receipt: str
    #: As sent; None: not composed yet, erased, or not asked for.
    body: bytes | None = None
    tries: Sequence[Try] = ()


FIELDS = (
    "id",
    "key",
    "kind",
    "subject_id",
    "lane",
    "state",
    "due_at",
    "attempt_count",
    "message_id",
    "sender",
    "recipient",
    "composed_at",
    "marked_at",
    "settled_at",
    "reason",
    "detail",
    "receipt",
)


def first_due_by_lane() -> dict[str, datetime]:
    """Return, for each lane with queued messages, when the first is due; costs the same however many there are."""
    with connection.cursor() as cursor:
        cursor.execute(FIRST_DUE)
        return {lane: as_instant(due_at) for lane, due_at in cursor.fetchall()}


@turns.taken()
def list_due_lanes(*, at: datetime) -> list[str]:
    """Return the lanes with something due, the longest due first."""
    due = {lane: due_at for lane, due_at in first_due_by_lane().items() if due_at <= at}
    return sorted(due, key=lambda lane: (due[lane], lane))


def next_due_at(*, gate: Gate = OPEN, at: datetime | None = None) -> datetime | None:
    """
    Return when a worker has something to do next: a message due or stale, or a lease at its end; None: nothing.

    With a ``gate``, and the instant ``at`` to ask it for, lanes without room count from when they have some, and
    stopped ones not at all.
    """
    with connection.cursor() as cursor:
        cursor.execute(EARLIEST_OTHER)
        others = [as_instant(each) for each in cursor.fetchone() if each is not None]
    due = first_due_by_lane()
    openings = gate.openings(sorted(due), at=at) if at is not None else {}
    waits = [from_when(due_at, openings.get(lane)) for lane, due_at in due.items()]
    return min([*(each for each in waits if each is not None), *others], default=None)


def from_when(due_at: datetime, opening: Opening | None) -> datetime | None:
    """Return when a lane's first message can go, or None while nobody opens the lane."""
    if opening is None or opening.room != 0:
        return due_at
    return max(due_at, opening.opens_at) if opening.opens_at is not None else None


def count_by_state() -> dict[str, int]:
    """Return how many messages are in which state, every state named; reads indexes alone, but for those on their way."""
    with connection.cursor() as cursor:
        cursor.execute(COUNTS)
        found = dict(cursor.fetchall())
    return {state.value: found.get(state.value, 0) for state in State}


def count_uncertain() -> int:
    """Return of how many messages nobody knows whether they arrived."""
    return OutboxMessage.objects.filter(state=State.UNCERTAIN).count()


def list_uncertain(*, limit: int = 200) -> list[Message]:
    """Return messages of which nobody knows whether they arrived, the oldest first."""
    found = OutboxMessage.objects.filter(state=State.UNCERTAIN).order_by("settled_at", "id")[:limit]
    return [Message(**row) for row in found.values(*FIELDS)]


def list_messages(
    *,
    state: str | None = None,
    lane: str | None = None,
    kind: str | None = None,
    before_id: int | None = None,
    limit: int = 50,
    states: Collection[str] = (),
    recipient: str = "",
) -> list[Message]:
    """
    Return messages without their bytes, the newest first; ``before_id`` goes on from an earlier page.

    ``states`` are several at once; ``recipient`` is a part of the address, in any case.
    """
    wanted = set(states) if state is None else {state} & set(states or [state])
    is_any = state is None and not states
    asked = Q() if is_any else Q(state__in=sorted(wanted))
    # As is known of the states; by this the newest of them are found in an index that has no others.
    if wanted and wanted <= SETTLED:
        asked &= Q(settled_at__isnull=False)
    elif wanted and not wanted & SETTLED:
        asked &= Q(settled_at__isnull=True)
    asked &= Q(recipient__icontains=recipient) if recipient else Q()
    asked &= Q() if lane is None else Q(lane=lane)
    asked &= Q() if kind is None else Q(kind=kind)
    asked &= Q() if before_id is None else Q(id__lt=before_id)
    return [
        Message(**row) for row in OutboxMessage.objects.filter(asked).order_by("-id").values(*FIELDS)[:limit]
    ]


def find_messages(*, kind: str, subject_ids: Collection[int]) -> list[Message]:
    """Return the messages of a handler's own rows, without their bytes."""
    found = OutboxMessage.objects.filter(kind=kind, subject_id__in=subject_ids).order_by("id")
    return [Message(**row) for row in found.values(*FIELDS)]


def find_message(message_id: int) -> Message | None:
    """Return a message with its bytes and every try, or None."""
    row = OutboxMessage.objects.filter(pk=message_id).values(*FIELDS).first()
    if row is None:
        return None
    tries = Attempt.objects.filter(message_id=message_id).order_by("id")
    names = list(Try.__dataclass_fields__)
    body = contents.read_bodies([message_id]).get(message_id)
    return Message(**row, body=body, tries=[Try(**each) for each in tries.values(*names)])


def list_stale_ids(*, at: datetime, limit: int) -> list[int]:
    """Return queued messages that are too late to be of use."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM outbox_outboxmessage WHERE state = 'QUEUED' AND late_at <= %s LIMIT %s",
            [stored(at), limit],
        )
        return [row[0] for row in cursor.fetchall()]
