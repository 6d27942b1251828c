"""
What shows, later on, that a message arrived: a bounce, a reply, a click, the provider's event, a late answer.

Runs inside a transaction of the caller. Evidence ends doubt and waiting; it never contradicts what is known.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from coldframe.outbox.handlers import Handler, Result, Settled
from coldframe.storage.params import places, stored

#: QUEUED: a person said that it did not arrive, and it did.
BELIEVE = """
    UPDATE outbox_outboxmessage SET
      state = 'SENT', reason = 'EVIDENCE', detail = '', receipt = %s, settled_at = %s, token = token + 1
    WHERE key IN ({keys}) AND (state = 'UNCERTAIN' OR (state = 'QUEUED' AND reason = 'NOT_ARRIVED'))
    RETURNING {columns}"""

COLUMNS = "id, key, subject_id, lane, message_id, reason, detail"


def believe(keys: Collection[str], *, handler: Handler, text: str, at: datetime) -> list[str]:
    """Settle uncertain messages as sent; return the keys of those that were uncertain."""
    if not keys:
        return []
    sql = BELIEVE.format(keys=places(len(keys)), columns=COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(sql, [text[:500], stored(at), *keys])
        ends = [as_settled(row, Result.SENT) for row in cursor.fetchall()]
    if ends:
        handler.settled(ends, at=at)
    return sorted(each.key for each in ends)


def as_settled(row: Sequence[Any], result: Result) -> Settled:
    """Return a row of ``COLUMNS`` as the handler is told of it."""
    return Settled(
        id=row[0],
        key=row[1],
        subject_id=row[2],
        lane=row[3],
        message_id=row[4],
        result=result,
        reason=row[5],
        detail=row[6],
    )
