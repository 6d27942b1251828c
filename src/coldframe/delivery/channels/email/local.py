"""
Handing over to nobody: the composed message stays here, to be read in the browser.

The same protocol as for a mail server, so that what is seen here is what would happen there.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from coldframe.delivery.channels.answers import Answer, Beat, Mark, Message, Report, Result

RECEIPT = "local outbox"
#: Messages whose markers share a commit; nobody waits for an answer here.
AT_ONCE = 100


def deliver(messages: Iterator[Message], *, mark: Mark, report: Report, beat: Beat) -> None:
    """Keep each message that may go, and say so."""
    while batch := list(islice(messages, AT_ONCE)):
        for key in mark([each.id for each in batch]):
            report(Answer(id=key, result=Result.SENT, phase="local", text=RECEIPT))
        beat()
