"""
What every channel is given and answers with.

The shapes are those that the outbox asks of whoever delivers, word for word; neither side imports the other.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

#: Longest text kept of what the other side said.
LONGEST_TEXT = 500
#: However much patience the other side asks for.
LONGEST_PATIENCE = timedelta(days=1)


class Result(StrEnum):
    """What became of one try."""

    #: The other side took it.
    SENT = "SENT"
    #: Certainly not taken, and worth another try.
    RETRY = "RETRY"
    #: Never offered, through no fault of the message's; the try does not count.
    RETURNED = "RETURNED"
    #: Certainly not taken, for good.
    FAILED = "FAILED"
    #: Perhaps taken; nobody knows, so it is never tried again blind.
    UNCERTAIN = "UNCERTAIN"


class Message(Protocol):
    """A composed message of the outbox, as far as a channel looks at it."""

    @property
    def id(self) -> int: ...
    @property
    def key(self) -> str: ...
    @property
    def message_id(self) -> str | None: ...
    @property
    def sender(self) -> str | None: ...
    @property
    def recipient(self) -> str | None: ...
    @property
    def body(self) -> bytes | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of one try."""

    id: int
    result: Result
    #: Where it ended, such as ``connect``, ``request``, ``answer``.
    phase: str = ""
    #: The other side's code; 0: none.
    code: int = 0
    #: What it said.
    text: str = ""
    #: A word for the cause.
    reason: str = ""
    #: When the other side wants to be asked again; None: as the rules of retrying say.
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why a connection cannot be used: it should rest, or (``is_final``) wait for a person."""

    is_final: bool
    reason: str
    text: str


#: Just before what cannot be taken back; returns the ids that may go, at once.
Mark = Callable[[Collection[int]], Collection[int]]
Report = Callable[[Answer], None]
Beat = Callable[[], None]


class NotMarked(Exception):
    """The marker was refused: the message may not go, nothing has left, and it is settled already."""


def clipped(text: object) -> str:
    """
    Return what the other side said on one line, short enough to keep, in signs that can be kept and shown.

    >>> clipped("550 no\\0 \\x1b[31msuch\\r\\nuser")
    '550 no? ?[31msuch user'
    """
    # More than is kept is not looked at: a text of megabytes is cut before it is taken apart.
    line = " ".join(str(text)[: 2 * LONGEST_TEXT].split())[:LONGEST_TEXT]
    return line if line.isprintable() else "".join(sign if sign.isprintable() else "?" for sign in line)


def patience(header: str | None, *, at: datetime) -> datetime | None:
    """Return until when ``Retry-After: 120`` asks to wait; None for a date, or nothing that can be read."""
    value = (header or "").strip()
    if not (value.isascii() and value.isdecimal()) or len(value) > 9:
        return None
    return at + min(timedelta(seconds=int(value)), LONGEST_PATIENCE)
