"""A handler that sends plain letters through connections, and what it takes to give it a turn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from coldframe.delivery import operations as delivery
from coldframe.outbox import operations as outbox
from coldframe.outbox.handlers import Beat, Claimed, Composed, Mark, Order, Report, Settled, Withheld
from coldframe.outbox.models import OutboxMessage
from tests.world import NOW

KIND = "mail"


@dataclass(kw_only=True)
class Mail:
    """Writes to ``reader<number>@there.example``, or to whom ``recipients`` says."""

    kind: str = KIND
    recipients: dict[int, str] = field(default_factory=dict)
    refused: Collection[int] = ()
    #: Called with the ids of each marker, before it is asked for.
    on_mark: Callable[[Collection[int]], object] = field(default=lambda ids: None)
    #: Called with the ids of each marker, once it is committed.
    after_mark: Callable[[Collection[int]], object] = field(default=lambda ids: None)
    #: Ids of messages marked together.
    marks: list[int] = field(default_factory=list)
    settlements: list[Settled] = field(default_factory=list)
    words: str = "Dear reader {number}\r\n"

    def compose(self, messages: Sequence[Claimed], *, at: datetime) -> dict[int, Composed | Withheld]:
        return {each.id: self.letter(each) for each in messages}

    def letter(self, message: Claimed) -> Composed:
        number = message.subject_id
        name = f"<{message.key.replace(':', '.')}@sender.example>"
        return Composed(
            message_id=name,
            sender="hello@sender.example",
            recipient=self.recipients.get(number, f"reader{number}@there.example"),
            body=f"Message-ID: {name}\r\nSubject: Hello\r\n\r\n{self.words.format(number=number)}".encode(),
        )

    def guard(self, messages: Sequence[Claimed], *, at: datetime) -> dict[int, Withheld]:
        return {each.id: Withheld("SUPPRESSED") for each in messages if each.subject_id in self.refused}

    def deliver(
        self, lane: str, messages: Iterator[Claimed], *, mark: Mark, report: Report, beat: Beat, at: datetime
    ) -> None:
        def noted(ids: Collection[int]) -> Collection[int]:
            self.on_mark(ids)
            self.marks.append(len(ids))
            allowed = mark(ids)
            self.after_mark(allowed)
            return allowed

        delivery.deliver(lane, messages, mark=noted, report=report, beat=beat, at=at)

    def settled(self, outcomes: Sequence[Settled], *, at: datetime) -> None:
        self.settlements += outcomes


def enqueue(*numbers: int, lane: str, at: datetime = NOW, domain: str = "", prefix: str = "mail") -> None:
    """Queue a mail for each number."""
    with transaction.atomic():
        outbox.enqueue(
            [
                Order(
                    key=f"{prefix}:{each}", kind=KIND, subject_id=each, lane=lane, domain=domain,
                    locks=[f"lead:{each}"], due_at=at, late_at=at + timedelta(hours=72),
                )
                for each in numbers
            ],
            at=at,
        )  # fmt: skip


def turn(mail: Mail, *, at: datetime = NOW, worker: str = "one", **changes: Any) -> Counter[str]:
    """Give one turn at an instant, within the limits of the connections."""
    return outbox.run_turn(
        handlers={KIND: mail}, worker=worker, now=lambda: at, gate=delivery.make_gate(), **changes
    )


def rows() -> dict[str, tuple[str, str]]:
    """Return state and reason of every message by key."""
    found = OutboxMessage.objects.order_by("id").values_list("key", "state", "reason")
    return {key: (state, reason) for key, state, reason in found}


def states() -> dict[str, str]:
    return {key: state for key, (state, _) in rows().items()}
