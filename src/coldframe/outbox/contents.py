"""The frozen bytes of messages. Everything here runs inside a transaction of the caller, but reading."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from django.db import connection

from coldframe.outbox.handlers import Claimed, Composed
from coldframe.outbox.models import Content
from coldframe.storage import writes
from coldframe.storage.params import flat, marks, stored

#: The dearer levels save little on text of a few KiB.
LEVEL = 1


def freeze(composed: Mapping[int, Composed], *, messages: Sequence[Claimed], at: datetime) -> list[Claimed]:
    """Keep the bytes of messages for ever; return those that were still this worker's, with their bytes."""
    ours = [each for each in messages if each.id in composed]
    rows = [
        (each.id, each.token, made.message_id, made.sender, made.recipient)
        for each, made in ((each, composed[each.id]) for each in ours)
    ]
    new = write_envelopes(rows, at=at)
    # Done again, because the answer to the first commit was lost.
    known = find_frozen(rows, at=at) if len(new) < len(rows) else set()
    contents = [
        (each.id, zlib.compress(body, LEVEL), hashlib.sha256(body).hexdigest())
        for each, body in ((each, composed[each.id].body) for each in ours)
        if each.id in new
    ]
    writes.insert_rows(Content, ("message_id", "body", "body_hash"), contents)
    return [with_bytes(each, composed[each.id]) for each in ours if each.id in new | known]


def write_envelopes(rows: Sequence[tuple[object, ...]], *, at: datetime) -> set[int]:
    if not rows:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH r(n, t, name, from_whom, to_whom) AS (VALUES {marks(len(rows), 5)})
                UPDATE outbox_outboxmessage SET
                  message_id = r.name, sender = r.from_whom, recipient = r.to_whom, composed_at = %s
                FROM r WHERE id = r.n AND token = r.t AND state = 'CLAIMED' AND composed_at IS NULL
                RETURNING id""",
            [*flat(rows), stored(at)],
        )
        return {row[0] for row in cursor.fetchall()}


def find_frozen(rows: Sequence[tuple[object, ...]], *, at: datetime) -> set[int]:
    """Return those that this worker froze at this very instant."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH r(n, t) AS (VALUES {marks(len(rows), 2)})
                SELECT id FROM outbox_outboxmessage JOIN r ON id = r.n AND token = r.t
                WHERE state = 'CLAIMED' AND composed_at = %s""",
            [*flat(row[:2] for row in rows), stored(at)],
        )
        return {row[0] for row in cursor.fetchall()}


def with_bytes(message: Claimed, made: Composed) -> Claimed:
    return replace(
        message, message_id=made.message_id, sender=made.sender, recipient=made.recipient, body=made.body
    )


def load(messages: Sequence[Claimed]) -> list[Claimed]:
    """Return messages that were composed before, with their bytes; those whose bytes were erased are left out."""
    bodies = read_bodies([each.id for each in messages])
    return [replace(each, body=bodies[each.id]) for each in messages if each.id in bodies]


def read_bodies(ids: Collection[int]) -> dict[int, bytes]:
    """Return the bytes of messages, as sent, by id."""
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT message_id, body FROM outbox_content WHERE body IS NOT NULL AND message_id IN ({', '.join(['%s'] * len(ids))})",
            list(ids),
        )
        return {key: zlib.decompress(body) for key, body in cursor.fetchall()}
