"""A handler whose other side is a list, and what it takes to give it a turn."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from coldframe.outbox import operations
from coldframe.outbox.hand import Hand
from coldframe.outbox.handlers import (
    Beat,
    Claimed,
    Composed,
    Handler,
    Mark,
    Order,
    Outcome,
    Report,
    Result,
    Settled,
    Withheld,
)
from coldframe.outbox.models import OutboxMessage
from tests.world import NOW

KIND = "letter"
#: What the other side answers to a message: it is called with it, after the marker.
Answering = Callable[[Claimed], Outcome | None]


def taken(message: Claimed) -> Outcome:
    return Outcome(id=message.id, result=Result.SENT, phase="final dot", code=250, text="2.0.0 Ok")


def later(message: Claimed) -> Outcome:
    return Outcome(
        id=message.id,
        result=Result.RETRY,
        phase="recipient",
        code=450,
        text="4.2.0 Come back",
        reason="LATER",
    )


@contextmanager
def left_behind() -> Iterator[None]:
    """Let a worker that dies in here leave what it held as a killed process does."""
    conclude = Hand.conclude

    def concluded(self: Hand, *, broke: bool) -> None:
        if sys.exc_info()[0] is None:
            conclude(self, broke=broke)

    Hand.conclude = concluded  # type: ignore[method-assign]
    try:
        yield
    finally:
        Hand.conclude = conclude  # type: ignore[method-assign]


@dataclass(kw_only=True)
class Post:
    """Hands letters to ``arrived``; what it is to do otherwise is set by a test."""

    kind: str = KIND
    answer: Answering = taken
    #: Called before the marker of each letter.
    before_mark: Callable[[Claimed], object] = field(default=lambda message: None)
    #: Letters that may not go, by subject.
    refused: dict[int, Withheld] = field(default_factory=dict)
    #: Letters that are not written, by subject.
    unwritten: dict[int, Withheld] = field(default_factory=dict)
    composed: list[int] = field(default_factory=list)
    arrived: list[tuple[str, bytes]] = field(default_factory=list)
    settlements: list[Settled] = field(default_factory=list)

    def compose(self, messages: Sequence[Claimed], *, at: datetime) -> dict[int, Composed | Withheld]:
        self.composed += [each.subject_id for each in messages]
        return {each.id: self.unwritten.get(each.subject_id) or letter(each, at) for each in messages}

    def guard(self, messages: Sequence[Claimed], *, at: datetime) -> dict[int, Withheld]:
        return {
            each.id: self.refused[each.subject_id] for each in messages if each.subject_id in self.refused
        }

    def deliver(
        self, lane: str, messages: Iterator[Claimed], *, mark: Mark, report: Report, beat: Beat, at: datetime
    ) -> None:
        for message in messages:
            self.before_mark(message)
            if message.id not in mark([message.id]):
                continue
            self.arrived.append((message.key, message.body or b""))
            outcome = self.answer(message)
            if outcome is not None:
                report(outcome)
            beat()

    def settled(self, outcomes: Sequence[Settled], *, at: datetime) -> None:
        self.settlements += outcomes

    def ends(self) -> list[tuple[str, str]]:
        """Return key and result of every settlement, in order."""
        return [(each.key, each.result.value) for each in self.settlements]


def letter(message: Claimed, at: datetime) -> Composed:
    number = message.subject_id
    return Composed(
        message_id=f"<{number}@sender.example>",
        sender="hello@sender.example",
        recipient=f"reader{number}@there.example",
        body=f"Dear reader {number}, written {at.isoformat()}".encode(),
    )


def enqueue(*numbers: int, at: datetime = NOW, **changes: Any) -> None:
    """Queue a letter for each number."""
    given = {"lane": "", "due_at": at, "late_at": at + timedelta(hours=72)} | changes
    with transaction.atomic():
        operations.enqueue(
            [
                Order(key=f"letter:{each}", kind=KIND, subject_id=each, locks=[f"lead:{each}"], **given)
                for each in numbers
            ],
            at=at,
        )


def turn(post: Handler, *, at: datetime = NOW, worker: str = "one", **changes: Any) -> Counter[str]:
    """Give one turn at an instant."""
    return operations.run_turn(handlers={KIND: post}, worker=worker, now=lambda: at, **changes)


def states() -> dict[str, str]:
    """Return the state of every message by key."""
    return dict(OutboxMessage.objects.order_by("id").values_list("key", "state"))


def row(number: int) -> OutboxMessage:
    return OutboxMessage.objects.get(key=f"letter:{number}")
