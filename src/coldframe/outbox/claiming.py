"""
Claims: a conditional UPDATE with lease and token, the same on SQLite and PostgreSQL.

Everything here runs inside a transaction of the caller.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from coldframe.outbox import reconciling
from coldframe.outbox.handlers import Claimed, Gate
from coldframe.outbox.terms import Terms
from coldframe.storage.params import as_instant, flat, instant_type, marks, places, stored

#: Values of a row as ``claimed_from`` reads them.
COLUMNS = """id, key, kind, subject_id, lane, domain, locks, token, attempt_count, due_at, late_at,
    first_attempt_at, message_id, sender, recipient"""

CANDIDATES = """
    SELECT id, domain FROM outbox_outboxmessage
    WHERE state = 'QUEUED' AND lane = %s AND due_at <= %s AND late_at > %s AND kind IN ({kinds}) AND {which}
    ORDER BY {order} LIMIT %s {skip}"""

TAKE = """
    UPDATE outbox_outboxmessage SET
      state = 'CLAIMED', token = token + 1, attempt_count = attempt_count + 1, lease_until = %s, worker = %s
    WHERE state = 'QUEUED' AND id IN ({ids})
    RETURNING {columns}"""


def claim(
    lane: str, *, kinds: Sequence[str], gate: Gate, worker: str, at: datetime, terms: Terms
) -> list[Claimed]:
    """Take what is due in a lane, as far as its limits allow, oldest first."""
    opening = gate.openings([lane], at=at).get(lane)
    room = terms.batch if opening is None or opening.room is None else min(opening.room, terms.batch)
    found = candidates(lane, kinds=kinds, at=at, limit=room) if room > 0 else []
    past = reconciling.divert([key for key, _ in found], at=at)
    found = [each for each in found if each[0] not in past]
    waits = gate.take(lane, [domain for _, domain in found], at=at) if found else []
    put_off([(key, wait) for (key, _), wait in zip(found, waits, strict=True) if wait is not None])
    return take(
        [key for (key, _), wait in zip(found, waits, strict=True) if wait is None],
        worker=worker, at=at, terms=terms,
    )  # fmt: skip


def candidates(lane: str, *, kinds: Sequence[str], at: datetime, limit: int) -> list[tuple[int, str]]:
    """
    Return id and domain of what may be claimed.

    What a worker died of is taken alone, and after everything else: it must not take others along again.
    """
    clean = look(lane, kinds, "death_count = 0", "due_at, id", at, limit)
    return clean or look(lane, kinds, "death_count > 0", "death_count, due_at, id", at, 1)


def look(
    lane: str, kinds: Sequence[str], which: str, order: str, at: datetime, limit: int
) -> list[tuple[int, str]]:
    skip = "FOR UPDATE SKIP LOCKED" if connection.vendor == "postgresql" else ""
    sql = CANDIDATES.format(kinds=places(len(kinds)), which=which, order=order, skip=skip)
    with connection.cursor() as cursor:
        cursor.execute(sql, [lane, stored(at), stored(at), *kinds, limit])
        return [(key, domain) for key, domain in cursor.fetchall()]


def put_off(waits: Sequence[tuple[int, datetime]]) -> None:
    """Make messages due later, for want of room at their recipients' domain."""
    if not waits:
        return
    rows = [(key, stored(wait)) for key, wait in waits]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH r(n, again) AS (VALUES {marks(len(rows), 2)})
                UPDATE outbox_outboxmessage SET due_at = CAST(r.again AS {instant_type()})
                FROM r WHERE id = r.n AND state = 'QUEUED'""",
            flat(rows),
        )


def take(ids: Sequence[int], *, worker: str, at: datetime, terms: Terms) -> list[Claimed]:
    """Claim these, as far as they are still queued; return them, oldest first."""
    if not ids:
        return []
    sql = TAKE.format(ids=places(len(ids)), columns=COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(sql, [stored(at + terms.lease), worker, *ids])
        taken = [claimed_from(row, at=at) for row in cursor.fetchall()]
    return sorted(taken, key=lambda each: (each.due_at, each.id))


def list_claimed(lane: str, *, worker: str, at: datetime, terms: Terms) -> list[Claimed]:
    """Return what this worker claimed at this very instant."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT {COLUMNS} FROM outbox_outboxmessage
                WHERE state = 'CLAIMED' AND lane = %s AND worker = %s AND lease_until = %s ORDER BY due_at, id""",
            [lane, worker, stored(at + terms.lease)],
        )
        return [claimed_from(row, at=at) for row in cursor.fetchall()]


def claimed_from(row: Sequence[Any], *, at: datetime) -> Claimed:
    return Claimed(
        id=row[0],
        key=row[1],
        kind=row[2],
        subject_id=row[3],
        lane=row[4],
        domain=row[5],
        locks=tuple(json.loads(row[6]) if isinstance(row[6], str) else row[6]),
        token=row[7],
        attempt_count=row[8],
        claimed_at=at,
        due_at=as_instant(row[9]),
        late_at=as_instant(row[10]),
        first_attempt_at=as_instant(row[11]),
        message_id=row[12],
        sender=row[13],
        recipient=row[14],
    )
