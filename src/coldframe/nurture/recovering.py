"""
Touches of which nobody knew whether they arrived, in the channels that end in tables of our own: the tables know.

A worker that died between the marker and the writing leaves such a message uncertain. What was written is sent; what
was not is queued again, for the table takes each hand-over once, however often it is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from coldframe.delivery import queries as delivery
from coldframe.delivery.channels.audience import channel as audience
from coldframe.delivery.channels.task import channel as task
from coldframe.kernel.vocabulary import Channel
from coldframe.nurture.dispatch import KIND
from coldframe.outbox import operations as outbox
from coldframe.outbox import queries as messages
from coldframe.outbox.handlers import Handler, Result

#: Channel -> which of some message ids its table holds.
RECORDED: Mapping[Channel, Callable[[Sequence[str]], set[str]]] = {
    Channel.AUDIENCE: audience.was_recorded,
    Channel.TASK: task.was_recorded,
}
UNCERTAIN = Result.UNCERTAIN.value
SHOWN = "It stands in the table that it was written to."
BY = "the table it goes to"
#: Messages of a connection looked at in one go; the next go looks on.
MOST = 1_000


def settle(*, handlers: Mapping[str, Handler], at: datetime) -> Counter[str]:
    """Settle uncertain touches of lists and tasks by what their tables hold; return how many came to what."""
    counts: Counter[str] = Counter()
    for channel, uncertain in by_channel():
        recorded = RECORDED[channel]([each.message_id for each in uncertain if each.message_id])
        sent = [each.key for each in uncertain if each.message_id in recorded]
        if sent:
            counts["sent"] += len(outbox.settle_by_evidence(sent, handlers=handlers, text=SHOWN, at=at))
        missing = [each.id for each in uncertain if each.message_id not in recorded]
        counts["queued_again"] += sum(queue_again(each, handlers=handlers, at=at) for each in missing)
    return +counts


def queue_again(message_id: int, *, handlers: Mapping[str, Handler], at: datetime) -> bool:
    """Queue a message again that the table does not hold; return whether it was still uncertain."""
    try:
        outbox.resettle(message_id, delivered=False, by=BY, handlers=handlers, at=at)
    except outbox.NotUncertain:
        return False
    return True


def by_channel() -> Iterator[tuple[Channel, list[messages.Message]]]:
    """Yield the uncertain touches of each connection that ends in a table of our own."""
    for way in delivery.list_connections():
        channel = next((each for each in RECORDED if way.kind in delivery.KINDS[each]), None)
        if channel is None:
            continue
        found = messages.list_messages(state=UNCERTAIN, lane=way.name, kind=KIND, limit=MOST)
        if found:
            yield channel, found
