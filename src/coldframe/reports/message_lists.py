"""Messages of the outbox into a file: to whom, about what, by which way, and what became of each."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from coldframe.nurture import ledger
from coldframe.outbox import queries as outbox
from coldframe.reports import listed
from coldframe.reports.columns import ID_HEADER, Column

#: The kind of message that is a touch of a lead.
TOUCH = "touch"
#: Messages read at a time.
CHUNK = 500
#: Of the touch that a message carries; a message of another kind has none of it.
OF_TOUCH = (
    Column("lead_public_id", ID_HEADER),
    Column("content_key", "Content"),
    Column("channel", "Channel"),
    Column("path", "Path"),
)
OF_MESSAGE = (
    Column("id", "Message id"),
    Column("kind", "Kind"),
    Column("recipient", "To"),
    Column("lane", "By"),
    Column("state", "State"),
    Column("reason", "Reason"),
    Column("attempt_count", "Attempts"),
    Column("due_at", "Due at"),
    Column("settled_at", "Settled at"),
)
COLUMNS = (*OF_MESSAGE, *OF_TOUCH)


def as_csv(*, states: Collection[str], lane: str | None, recipient: str) -> Iterator[str]:
    """Yield the messages that are asked for as CSV, the newest first; no cell runs in a spreadsheet."""
    return listed.as_csv(COLUMNS, rows(states=states, lane=lane, recipient=recipient))


def rows(*, states: Collection[str], lane: str | None, recipient: str) -> Iterator[list[Any]]:
    """Yield the messages in the order of the columns."""
    before: int | None = None
    while found := outbox.list_messages(
        states=states, lane=lane, recipient=recipient, before_id=before, limit=CHUNK
    ):
        touches = ledger.list_touches(touch_ids=[each.subject_id for each in found if each.kind == TOUCH])
        for each in found:
            yield cells(each, touches.get(each.subject_id) if each.kind == TOUCH else None)
        before = found[-1].id


def cells(message: outbox.Message, touch: ledger.TouchLine | None) -> list[Any]:
    """Return one message in the order of the columns."""
    return [
        *(getattr(message, column.key) for column in OF_MESSAGE),
        *(getattr(touch, column.key, None) for column in OF_TOUCH),
    ]
