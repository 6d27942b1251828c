"""Handing over to a table of our own: marked in batches, written in one transaction, never uncertain by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import islice

from coldframe.delivery.channels.answers import Answer, Beat, Mark, Message, Report, Result

#: Messages that share a marker and a transaction.
BATCH = 200


def deliver(
    messages: Iterator[Message],
    *,
    write: Callable[[Sequence[Message], datetime], None],
    mark: Mark,
    report: Report,
    beat: Beat,
    at: datetime,
) -> None:
    """
    Mark and write messages in batches.

    ``write`` stores a batch in one transaction and takes what is stored already as stored: after a crash the
    rows themselves say what was handed over.
    """
    while batch := list(islice(messages, BATCH)):
        allowed = set(mark([each.id for each in batch]))
        going = [each for each in batch if each.id in allowed]
        if going:
            write(going, at)
        for each in going:
            report(Answer(id=each.id, result=Result.SENT, phase="written"))
        beat()
