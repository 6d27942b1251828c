"""
Workers, opt-outs and exits in one thread, in an order drawn by a seed: the next step is anybody's after each commit.

The workers run the outbox as it is. Each is a greenlet that stands still whenever a transaction has ended, and
just before and after the receiver takes a message; who goes on then is drawn. What the log says is in the order of
the commits, for there is one thread.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.transaction import Atomic
from greenlet import greenlet

from coldframe.outbox import operations as outbox
from coldframe.outbox import queries
from coldframe.outbox.hand import Hand
from coldframe.outbox.handlers import Claimed
from coldframe.outbox.models import OutboxMessage
from coldframe.outbox.terms import Terms
from coldframe.outbox.turns import Turn
from tests.crash import setting
from tests.interleaving import acts
from tests.interleaving.acts import Person

#: Time that passes with each step, so that a worker that is not drawn for long loses its lease.
STEP = timedelta(seconds=2)
WORKERS = 3
BATCH = 24
#: Share of the people to whom something happens.
DISTURBED = 0.7
#: Chance that a worker dies at a step.
DEATH = 0.02
EXITS_AT_ONCE = 12
HANDLERS: dict[str, type[acts.Plain]] = {"real": acts.Plain, "hasty": acts.Hasty}


@dataclass(frozen=True)
class Entry:
    """Something that was committed, or received, as the world saw it."""

    what: str
    lead_id: int


@dataclass(kw_only=True)
class Hub:
    """Who is there, what time it is, and what has happened."""

    chosen: random.Random
    at: datetime
    people: dict[int, Person] = field(default_factory=dict)
    of_touch: dict[int, int] = field(default_factory=dict)
    log: list[Entry] = field(default_factory=list)
    #: What the running transaction will have done once it is committed.
    stash: list[Entry] = field(default_factory=list)
    workers: list[greenlet] = field(default_factory=list)
    #: Killed workers are kept, for a greenlet that is let go runs on to its end.
    dead: list[greenlet] = field(default_factory=list)
    deaths: int = 0
    named: int = 0
    design: str = "real"

    def now(self) -> datetime:
        return self.at

    def pause(self) -> None:
        """Let anybody else go on; nobody else is there where no worker is running."""
        running = greenlet.getcurrent()
        if running.parent is not None:
            running.parent.switch()

    def note(self, what: str, messages: Sequence[int]) -> None:
        self.stash += [Entry(what, self.of_touch[each]) for each in messages]

    def received(self, message: Claimed) -> None:
        self.log.append(Entry("sent", self.of_touch[message.subject_id]))

    def committed(self) -> None:
        self.log += self.stash
        self.stash.clear()
        self.pause()

    def worker(self) -> greenlet:
        """Return one more worker."""
        self.named += 1
        name = f"w{self.named}"
        handler = HANDLERS[self.design](self.received, self.pause)

        def work() -> None:
            while True:
                outbox.run_turn(
                    handlers={handler.kind: handler}, worker=name, now=self.now,
                    terms=Terms(batch=BATCH, most_deaths=10_000, pause=timedelta(0)),
                )  # fmt: skip
                self.pause()

        return greenlet(work)

    def step(self) -> None:
        """Let a worker go on, or die in its place."""
        self.at += STEP
        index = self.chosen.randrange(len(self.workers))
        if self.chosen.random() < DEATH:
            self.dead.append(self.workers[index])
            self.workers[index] = self.worker()
            self.deaths += 1
        else:
            self.workers[index].switch()


@contextmanager
def watched(hub: Hub) -> Iterator[None]:
    """Stand still after each transaction, and note claims and markers when they are committed."""
    leave, claim, write_markers = Atomic.__exit__, Turn.claim, Hand.write_markers

    def left(self: Any, kind: Any, error: Any, trace: Any) -> None:
        leave(self, kind, error, trace)
        if not connection.in_atomic_block and kind is None:
            hub.committed()

    def claimed(self: Turn, *args: Any, **kwargs: Any) -> list[Claimed]:
        found = claim(self, *args, **kwargs)
        hub.note("claimed", [each.subject_id for each in found])
        return found

    def marked(self: Hand, asked: Sequence[Claimed], at: datetime) -> Any:
        written, allowed = write_markers(self, asked, at)
        hub.note("marked", [each.subject_id for each in asked if each.id in allowed])
        return written, allowed

    Atomic.__exit__, Turn.claim, Hand.write_markers = left, claimed, marked  # type: ignore[method-assign]
    try:
        yield
    finally:
        Atomic.__exit__, Turn.claim, Hand.write_markers = leave, claim, write_markers  # type: ignore[method-assign]


def run(*, people: int, first: int, seed: int, design: str = "real") -> dict[str, Any]:
    """Give so many people a touch each, let everything happen in a drawn order; return what came of it."""
    hub = Hub(chosen=random.Random(seed), at=setting.BEGIN + timedelta(days=first), design=design)
    numbers = range(first, first + people)
    setting.add_touches(numbers, at=hub.at)
    settle_in(hub, numbers)
    happenings = drawn(hub)
    with watched(hub):
        hub.workers = [hub.worker() for _ in range(WORKERS)]
        for happening in happenings:
            for _ in range(hub.chosen.randrange(9)):
                hub.step()
            happening()
        drain(hub)
    hub.dead += hub.workers
    KEPT.append(hub.dead)
    return judged(hub)


#: Greenlets that must not be collected: they would run on.
KEPT: list[list[greenlet]] = []


def settle_in(hub: Hub, numbers: range) -> None:
    """Learn who the people are."""
    rows = OutboxMessage.objects.filter(state="QUEUED").values_list("subject_id", flat=True)
    from coldframe.nurture.models import Touch

    for touch_id, lead_id, account_id, email in Touch.objects.filter(pk__in=list(rows)).values_list(
        "pk", "lead_id", "account_id", "lead__email"
    ):
        hub.of_touch[touch_id] = lead_id
        hub.people[lead_id] = Person(lead_id=lead_id, account_id=account_id, email=email)
    assert len(hub.people) == len(numbers)


def drawn(hub: Hub) -> list[Callable[[], None]]:
    """Return what happens, in the order in which it does; with each exit its fact comes right before."""
    everybody = sorted(hub.people)
    disturbed = hub.chosen.sample(everybody, round(len(everybody) * DISTURBED))
    leaving = disturbed[: len(disturbed) // 4]
    happenings = [single(hub, hub.people[each]) for each in disturbed[len(leaving) :]]
    for start in range(0, len(leaving), EXITS_AT_ONCE):
        happenings.append(exits(hub, [hub.people[each] for each in leaving[start : start + EXITS_AT_ONCE]]))
    hub.chosen.shuffle(happenings)
    return happenings


def single(hub: Hub, person: Person) -> Callable[[], None]:
    name = hub.chosen.choice(sorted(acts.ACTS))

    def happen() -> None:
        acts.ACTS[name](person, hub.at)
        hub.log.append(Entry("out", person.lead_id))

    return happen


def exits(hub: Hub, people: Sequence[Person]) -> Callable[[], None]:
    def happen() -> None:
        acts.book_meetings(people, hub.at)
        acts.decide(people, hub.at, token=hub.chosen.randrange(1, 2**60))
        hub.log.extend(Entry("out", each) for each in sorted(acts.left_nurture(people)))

    return happen


def drain(hub: Hub) -> None:
    """Let everybody finish; leases of the dead pass."""
    for _ in range(1_000_000):
        hub.step()
        if hub.at.second == 0 and not any(
            queries.count_by_state()[each] for each in ("QUEUED", "CLAIMED", "HANDING_OFF")
        ):
            return
        if hub.at.second == 30:
            hub.at += timedelta(minutes=5)
    raise AssertionError("The queue did not drain.")


def judged(hub: Hub) -> dict[str, Any]:
    """Return the faults, and in which order things came."""
    first: dict[tuple[str, int], int] = {}
    counts: Counter[tuple[str, int]] = Counter()
    for index, entry in enumerate(hub.log):
        first.setdefault((entry.what, entry.lead_id), index)
        counts[entry.what, entry.lead_id] += 1
    last_mark = {entry.lead_id: index for index, entry in enumerate(hub.log) if entry.what == "marked"}
    out = {lead: index for (what, lead), index in first.items() if what == "out"}
    orders: Counter[str] = Counter()
    for lead in hub.people:
        stages = [name for name in ("claimed", "out", "marked", "sent") if (name, lead) in first]
        orders[" ".join(sorted(stages, key=lambda name: first[name, lead]))] += 1
    after_out = sum(last_mark.get(lead, -1) > index for lead, index in out.items())
    twice = sum(count > 1 for (what, _), count in counts.items() if what == "sent")
    unmarked = sum(
        index < first.get(("marked", lead), len(hub.log))
        for (what, lead), index in first.items()
        if what == "sent"
    )
    found = {"marked_after_out": after_out, "sent_twice": twice, "sent_unmarked": unmarked}
    return {
        "faults": {name: count for name, count in found.items() if count},
        "interleavings": len(hub.people), "deaths": hub.deaths, "orders": dict(orders.most_common()),
    }  # fmt: skip
