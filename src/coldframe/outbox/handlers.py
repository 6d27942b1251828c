"""
What whoever enqueues brings for its kind of message, and what passes between it and the outbox.

The life of a batch::

    claim      the outbox takes messages that are due, a lane at a time
    compose    the handler writes each one once; it is frozen, and a retry sends the same bytes
    deliver    the handler hands over, and calls back for each message:
                 mark(ids)       just before the step that cannot be taken back. One transaction locks what the
                                 messages name, asks the handler's ``guard``, commits the markers; only the ids
                                 it returns may go, and only at once
                 report(outcome) what came of it; committed before the next marker
                 beat()          at least every 30 s while nothing happens
    settled    inside the transaction that records the results

Nothing here knows leads, touches or mail.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Result(StrEnum):
    """What came of a message, or of one try."""

    #: Taken by the other side.
    SENT = "SENT"
    #: Refused for now; tried again later, as often as the rules of retrying allow.
    RETRY = "RETRY"
    #: Never offered: no connection, or no room. Due again at once, and the try does not count.
    RETURNED = "RETURNED"
    #: Refused for good.
    FAILED = "FAILED"
    #: Past the step that cannot be taken back, and no answer.
    UNCERTAIN = "UNCERTAIN"
    #: Not handed over, by the handler's own word or because it is too late.
    HELD = "HELD"
    #: Uncertain before; a person said that it did not arrive, so the same bytes are due again.
    REQUEUED = "REQUEUED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A message to enqueue. The same ``key`` is never queued twice."""

    key: str
    kind: str
    subject_id: int
    #: Connection whose limits it counts against; empty: none.
    lane: str = ""
    #: Domain of the recipient, for its own limit; empty: none.
    domain: str = ""
    #: What an opt-out or an exit locks while it is recorded, such as ``lead:17`` and ``address:a@b.example``.
    locks: Sequence[str] = ()
    #: Not before.
    due_at: datetime
    #: Too late from here on.
    late_at: datetime
    #: Since when the other side has refused for now what was queued before about the same; the tries go on from there.
    first_attempt_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A message that this worker holds. ``body`` and what goes with it are there once it is composed."""

    id: int
    key: str
    kind: str
    subject_id: int
    lane: str
    domain: str
    locks: tuple[str, ...]
    #: Fencing token: nothing is written for another one.
    token: int
    #: This try included.
    attempt_count: int
    claimed_at: datetime
    due_at: datetime
    late_at: datetime
    #: When it was first refused for now; None: never.
    first_attempt_at: datetime | None = None
    message_id: str | None = None
    sender: str | None = None
    recipient: str | None = None
    body: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """The bytes of a message, frozen from here on: what is sent is exactly this."""

    #: Unique for ever; with angle brackets for mail.
    message_id: str
    sender: str
    recipient: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Withheld:
    """A message that may not go: a word (such as a ``HoldReason``) and, for people, why."""

    reason: str
    detail: str = ""


class Answer(Protocol):
    """What came of one try, as whoever delivers says it. ``Outcome`` is one; so is anything of this shape."""

    @property
    def id(self) -> int: ...
    @property
    def result(self) -> str: ...
    @property
    def phase(self) -> str: ...
    @property
    def code(self) -> int: ...
    @property
    def text(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def retry_at(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one try."""

    id: int
    #: A ``Result``: SENT, RETRY, RETURNED, FAILED or UNCERTAIN.
    result: str
    #: Where it ended, such as ``recipient`` or ``final dot``.
    phase: str = ""
    #: The other side's code; 0: none.
    code: int = 0
    #: The other side's words.
    text: str = ""
    #: A word for the cause, such as NO_SUCH_ADDRESS.
    reason: str = ""
    #: When to try again; None: as the rules of retrying say.
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The end of a message's way, or that it is due again after all (REQUEUED)."""

    message_id: str | None
    id: int
    key: str
    subject_id: int
    lane: str
    result: Result
    reason: str
    detail: str
    code: int = 0
    phase: str = ""


#: Just before the step that cannot be taken back; returns the ids that may go, at once. The others are
#: settled already. Any number at a time; a channel that waits for an answer passes those that are ready.
Mark = Callable[[Collection[int]], Collection[int]]
#: What came of a try; once for each message that was taken from the iterator.
Report = Callable[[Answer], None]
#: Keeps the claim alive and commits what was reported; at least every 30 s.
Beat = Callable[[], None]


class Handler(Protocol):
    """What the outbox asks of a kind of message. Everything comes in batches."""

    kind: str

    def compose(self, messages: Sequence[Claimed], *, at: datetime) -> dict[int, Composed | Withheld]:
        """Write each message, by id; called once in the life of a message unless a worker dies meanwhile."""

    def guard(self, messages: Sequence[Claimed], *, at: datetime) -> dict[int, Withheld]:
        """Say which may not go after all. Runs inside the marker's transaction, after the messages' locks."""

    def deliver(
        self,
        lane: str,
        messages: Iterator[Claimed],
        *,
        mark: Mark,
        report: Report,
        beat: Beat,
        at: datetime,
    ) -> None:
        """
        Hand over composed messages of one lane; runs outside any transaction.

        Takes messages only as fast as it can hand them over: what is never taken from the iterator goes back
        unharmed. A message marked and not reported is uncertain; one taken and neither marked nor reported
        is returned.
        """

    def settled(self, outcomes: Sequence[Settled], *, at: datetime) -> None:
        """Record the ends: SENT, FAILED, UNCERTAIN, HELD, REQUEUED. Runs inside the settling transaction."""


class Opening(Protocol):
    """How much of a lane may be claimed now."""

    @property
    def room(self) -> int | None:
        """Messages; None: as many as one likes."""

    @property
    def opens_at(self) -> datetime | None:
        """When there is room again, where there is none; None: only a person, or a fact, opens it."""


class Gate(Protocol):
    """Limits and stops of lanes. Every method runs inside a transaction of the outbox."""

    def openings(self, lanes: Sequence[str], *, at: datetime) -> Mapping[str, Opening]:
        """Return how much of each lane may be claimed; takes nothing. A lane left out is without limits."""

    def take(self, lane: str, domains: Sequence[str], *, at: datetime) -> list[datetime | None]:
        """Take room for one message to each of these domains, in order; None: granted, else when to ask again."""

    def check(self, messages: Sequence[Claimed], *, at: datetime) -> dict[int, datetime | None]:
        """Say, just before the marker, which must go back after all, and till when (None: unchanged)."""

    def count(self, lane: str, answers: Sequence[Answer], *, at: datetime) -> None:
        """Note what came of tries, for caps and the brake; RETURNED gives the room back."""
