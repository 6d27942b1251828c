"""
One turn of a worker: for each lane with something due, claim, compose, deliver, settle.

No transaction is open while a handler delivers.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

from coldframe.outbox import claiming, contents, holding
from coldframe.outbox.durable import durably
from coldframe.outbox.gates import OPEN
from coldframe.outbox.hand import Hand, withheld
from coldframe.outbox.handlers import Answer, Claimed, Composed, Gate, Handler, Outcome, Result, Withheld
from coldframe.outbox.journal import Journal
from coldframe.outbox.terms import DEFAULT, Terms
from coldframe.storage import correlation

logger = logging.getLogger(__name__)

#: A handler that composes nothing at all is asked again after so long.
BROKEN_FOR = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class Turn:
    """What a worker brings to its turns."""

    handlers: Mapping[str, Handler]
    worker: str
    now: Callable[[], datetime]
    gate: Gate = OPEN
    journal: Journal | None = None
    terms: Terms = DEFAULT
    #: Says whether the worker was told to stop: what was not offered yet goes back.
    stopping: Callable[[], bool] = bool

    def run(self, lanes: Sequence[str]) -> Counter[str]:
        """Hand over one batch of each of these lanes; return how many messages came to which result."""
        counts: Counter[str] = Counter()
        for lane in lanes:
            if not self.stopping():
                counts.update(self.run_lane(lane))
        return counts

    def run_lane(self, lane: str) -> Counter[str]:
        with correlation.about(worker=self.worker, lane=lane):
            return self.run_one(lane)

    def run_one(self, lane: str) -> Counter[str]:
        begun, at = time.monotonic(), self.now()
        tries = count()
        claimed = durably(
            lambda: self.claim(lane, at, is_again=next(tries) > 0),
            patience=self.terms.mark_patience.total_seconds(),
        )
        counts: Counter[str] = Counter()
        for kind in sorted({each.kind for each in claimed}):
            hand = self.hand(lane, kind, begun)
            self.hand_over(hand, [each for each in claimed if each.kind == kind])
            counts.update(ending.result.value for ending in hand.endings)
        return counts

    def claim(self, lane: str, at: datetime, *, is_again: bool) -> list[Claimed]:
        """Claim a batch, or, where the answer to the first try was lost, take up what that has claimed."""
        if holding.is_held():
            return []
        known = claiming.list_claimed(lane, worker=self.worker, at=at, terms=self.terms) if is_again else []
        return known or claiming.claim(
            lane,
            kinds=sorted(self.handlers),
            gate=self.gate,
            worker=self.worker,
            at=at,
            terms=self.terms,
        )

    def hand(self, lane: str, kind: str, begun: float) -> Hand:
        return Hand(
            lane=lane,
            handler=self.handlers[kind],
            gate=self.gate,
            journal=self.journal,
            worker=self.worker,
            now=self.now,
            terms=self.terms,
            stopping=self.stopping,
            safe_until=begun + (self.terms.lease - self.terms.margin).total_seconds(),
            renewed=begun,
        )

    def hand_over(self, hand: Hand, messages: Sequence[Claimed]) -> None:
        """Compose and deliver; whatever breaks, each message ends somewhere."""
        hand.live = {each.id: each for each in messages}
        broke = False
        try:
            ready = self.with_bytes(hand, messages)
            hand.handler.deliver(
                hand.lane,
                hand.feed(ready),
                mark=hand.mark,
                report=hand.report,
                beat=hand.beat,
                at=self.now(),
            )
        except Exception:
            broke = True
            logger.exception("Delivering through %r broke off.", hand.lane or "no lane")
        finally:
            hand.conclude(broke=broke)

    def with_bytes(self, hand: Hand, messages: Sequence[Claimed]) -> list[Claimed]:
        """Return the messages that have bytes, oldest first; the others are settled."""
        fresh = [each for each in messages if each.message_id is None]
        made = self.compose(hand.handler, fresh)
        at = self.now()
        frozen = durably(
            lambda: self.freeze(hand, fresh, made, at), patience=self.terms.mark_patience.total_seconds()
        )
        ready = [*frozen, *contents.load([each for each in messages if each.message_id is not None])]
        hand.live.update({each.id: each for each in ready})
        self.give_up_erased(hand, messages, ready)
        return sorted(ready, key=lambda each: (each.due_at, each.id))

    def compose(self, handler: Handler, fresh: Sequence[Claimed]) -> dict[int, Composed | Withheld | Answer]:
        """
        Return what the handler makes of new messages; one that breaks it fails alone.

        Where every one of several breaks it, it is the handler that is broken: all go back, and are tried again later.
        """
        if not fresh:
            return {}
        try:
            return dict(handler.compose(fresh, at=self.now()))
        except Exception as error:
            logger.exception("Composing %d messages of kind %r broke off.", len(fresh), handler.kind)
            if isinstance(error, ImportError | MemoryError):
                return self.put_off(fresh)
            if len(fresh) == 1:
                return {fresh[0].id: failed(fresh[0], f"{type(error).__name__} while it was composed.")}
        made = {key: one for each in fresh for key, one in self.compose(handler, [each]).items()}
        return self.put_off(fresh) if all(is_broken(each) for each in made.values()) else made

    def put_off(self, fresh: Sequence[Claimed]) -> dict[int, Composed | Withheld | Answer]:
        """Return messages that cannot be composed by anybody just now; the try does not count."""
        again_at = self.now() + BROKEN_FOR
        return {
            each.id: Outcome(
                id=each.id, result=Result.RETURNED, phase="compose", reason="NOT_COMPOSED", retry_at=again_at
            )
            for each in fresh
        }

    def freeze(
        self,
        hand: Hand,
        fresh: Sequence[Claimed],
        made: Mapping[int, Composed | Withheld | Answer],
        at: datetime,
    ) -> list[Claimed]:
        """Keep the bytes, and settle what has none."""
        composed = {key: each for key, each in made.items() if isinstance(each, Composed)}
        answers = list(refusals(fresh, made))
        hand.settled(hand.settle(answers, at))
        return contents.freeze(composed, messages=fresh, at=at)

    def give_up_erased(self, hand: Hand, messages: Sequence[Claimed], ready: Sequence[Claimed]) -> None:
        """Settle messages whose bytes are gone: a person was erased meanwhile."""
        has_bytes = {each.id for each in ready}
        for each in messages:
            if each.message_id is not None and each.id not in has_bytes:
                hand.report(failed(each, "Its content was erased."))
        hand.flush(self.terms.mark_patience)


def refusals(fresh: Sequence[Claimed], made: Mapping[int, Composed | Withheld | Answer]) -> Iterator[Answer]:
    for message in fresh:
        found = made.get(message.id)
        if isinstance(found, Withheld):
            yield withheld(message, found, phase="compose")
        elif found is None:
            yield failed(message, "Its handler wrote nothing.")
        elif not isinstance(found, Composed):
            yield found


def is_broken(made: Composed | Withheld | Answer) -> bool:
    """Return whether composing broke off."""
    return isinstance(made, Outcome) and made.reason == "NOT_COMPOSED"


def failed(message: Claimed, why: str) -> Answer:
    return Outcome(id=message.id, result=Result.FAILED, phase="compose", reason="NOT_COMPOSED", text=why)
