"""Queueing what is to be handed over for planned touches, in the transaction that plans them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from coldframe.delivery import queries as delivery
from coldframe.kernel.vocabulary import Channel, TouchState
from coldframe.leads.suppression import email_keys
from coldframe.outbox import operations as outbox
from coldframe.outbox import queries as messages
from coldframe.outbox.handlers import Order
from coldframe.storage import locks

#: The kind of message whose handler is ``handlers.TouchHandler``.
KIND = "touch"
#: A touch that could not be handed over by then is planned anew.
LATE_AFTER = timedelta(hours=72)
#: A refusal for now is remembered over nights, weekends and holidays until a touch is planned anew, and no longer.
REMEMBERED = timedelta(days=7)


def enqueue(*, cycle_id: int, closes: Mapping[int, datetime], at: datetime) -> int:
    """
    Queue a message for each touch that the cycle has planned; return how many.

    ``closes`` says by lead when its working hours end: what has not been handed over by then is held, and
    planned anew. Whoever refused it meanwhile is not asked for longer than if it had waited.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT t.id, t.public_id, t.lead_id, t.channel, l.email,
                       (SELECT COUNT(*) FROM outbox_outboxmessage m WHERE m.kind = '{KIND}' AND m.subject_id = t.id)
                  FROM nurture_touch t JOIN leads_lead l ON l.id = t.lead_id
                 WHERE t.cycle_id = %s AND t.state = '{TouchState.PLANNED.value}' ORDER BY t.id""",
            [cycle_id],
        )
        rows = cursor.fetchall()
    again = [row[0] for row in rows if row[5]]
    refused = messages.find_refused(kind=KIND, subject_ids=again, since=at - REMEMBERED) if again else {}
    return outbox.enqueue(orders(rows, closes=closes, refused=refused, at=at), at=at)


def orders(
    rows: list[tuple[int, object, int, str, str | None, int]],
    *,
    closes: Mapping[int, datetime],
    refused: Mapping[int, datetime],
    at: datetime,
) -> Iterator[Order]:
    """Yield a message to queue for each row of a touch."""
    lanes = {channel.value: delivery.find_lane(channel) for channel in Channel}
    for touch_id, public_id, lead_id, channel, email, earlier in rows:
        late_at = at + LATE_AFTER
        yield Order(
            # The same whenever it is planned again, so that the journal of a restored copy knows it.
            key=f"{KIND}:{UUID(str(public_id)).hex}:{earlier}",
            kind=KIND,
            subject_id=touch_id,
            lane=lanes[channel],
            domain=(email or "").rpartition("@")[2] if channel == Channel.EMAIL else "",
            locks=[locks.of_lead(lead_id), *map(locks.of_address, email_keys(email))],
            due_at=at,
            late_at=min(late_at, closes.get(lead_id, late_at)),
            first_attempt_at=refused.get(touch_id),
        )


def touch_of(key: str) -> UUID | None:
    """
    Return the public id of the touch that a message is of, from the message's key; None: it is of none.

    >>> touch_of("touch:0123456789abcdef0123456789abcdef:2")
    UUID('01234567-89ab-cdef-0123-456789abcdef')
    >>> touch_of("letter:7") is None
    True
    """
    kind, _, rest = key.partition(":")
    try:
        return UUID(rest.partition(":")[0]) if kind == KIND else None
    except ValueError:
        return None
