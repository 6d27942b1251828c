"""
Workers, opt-outs and exits in threads with connections of their own, at moments that nobody controls.

What came first is told by the locks: a transaction takes a number once it holds the locks of a person, and keeps
them until it has committed, so the numbers of two that name the same person are in the order of their commits.
"""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from coldframe.nurture.models import Touch
from coldframe.outbox import operations as outbox
from coldframe.outbox import queries
from coldframe.outbox.hand import Hand
from coldframe.outbox.handlers import Claimed
from coldframe.outbox.models import OutboxMessage
from coldframe.outbox.terms import Terms
from coldframe.storage import locks
from tests.crash import setting
from tests.interleaving import acts
from tests.interleaving.acts import Person

WORKERS, ACTORS = 3, 3
DISTURBED = 0.7
#: Longest that a worker stands still before and after it hands over, in seconds.
DAWDLE = 0.004
EXITS_AT_ONCE = 12
PATIENCE = 120.0


class Order:
    """Numbers in the order in which locks were taken."""

    def __init__(self) -> None:
        self.numbers = itertools.count(1)
        self.own = threading.local()
        self.marked: dict[int, int] = {}
        self.out: dict[int, int] = {}
        self.sent: Counter[int] = Counter()
        self.guard = threading.Lock()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Give every transaction that takes locks a number, and note the markers that are committed."""
        hold, write_markers, mark = locks.hold, Hand.write_markers, Hand.mark

        def held(names: Iterable[str]) -> None:
            hold(names)
            self.own.number = next(self.numbers)

        def written(hand: Hand, asked: Any, at: datetime) -> Any:
            found = write_markers(hand, asked, at)
            self.own.marker = self.own.number
            return found

        def marked(hand: Hand, ids: Collection[int]) -> Collection[int]:
            subjects = {each: hand.live[each].subject_id for each in ids if each in hand.live}
            allowed = mark(hand, ids)
            with self.guard:
                self.marked |= {subjects[each]: self.own.marker for each in allowed}
            return allowed

        locks.hold, Hand.write_markers, Hand.mark = held, written, marked  # type: ignore[method-assign,assignment]
        try:
            yield
        finally:
            locks.hold, Hand.write_markers, Hand.mark = hold, write_markers, mark  # type: ignore[method-assign]


def run(*, people: int, first: int, seed: int, design: str = "real") -> dict[str, Any]:
    """Give so many people a touch each, and let threads disturb one another; return what came of it."""
    chosen, order = random.Random(seed), Order()
    at = setting.BEGIN + timedelta(days=first)
    setting.add_touches(range(first, first + people), at=at)
    waiting = list(OutboxMessage.objects.filter(state="QUEUED").values_list("subject_id", flat=True))
    rows = Touch.objects.filter(pk__in=waiting).values_list("pk", "lead_id", "account_id", "lead__email")
    of_touch = {
        pk: Person(lead_id=lead, account_id=account, email=email) for pk, lead, account, email in rows
    }
    began = time.monotonic()

    def now() -> datetime:
        return at + timedelta(seconds=time.monotonic() - began)

    errors: list[BaseException] = []
    with order.watched():
        work = [lambda n=n: hand_over(order, f"w{n}", design, now) for n in range(WORKERS)]  # type: ignore[misc]
        work += [
            lambda part=part: disturb(order, part, now) for part in parts(chosen, list(of_touch.values()))
        ]  # type: ignore[misc]
        threads = [threading.Thread(target=guarded(each, errors)) for each in work]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    if errors:
        raise errors[0]
    return judged(order, of_touch)


def guarded(work: Callable[[], None], errors: list[BaseException]) -> Callable[[], None]:
    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - raised again by whoever waits for the thread.
            errors.append(error)
        finally:
            connection.close()

    return run


def hand_over(order: Order, name: str, design: str, now: Callable[[], datetime]) -> None:
    """Be a worker until nothing is left."""

    def received(message: Claimed) -> None:
        with order.guard:
            order.sent[message.subject_id] += 1

    kind = acts.Plain if design == "real" else acts.Hasty
    handler = kind(received, lambda: time.sleep(random.uniform(0, DAWDLE)))
    terms = Terms(batch=20, lease=timedelta(seconds=60), pause=timedelta(0))
    give_up_at = time.monotonic() + PATIENCE
    while time.monotonic() < give_up_at:
        if not outbox.run_turn(handlers={handler.kind: handler}, worker=name, now=now, terms=terms):
            left = queries.count_by_state()
            if not left["QUEUED"] + left["CLAIMED"] + left["HANDING_OFF"]:
                return
            time.sleep(0.01)
    raise AssertionError("The queue did not drain.")


Part = list[tuple[float, str, list[Person]]]


def parts(chosen: random.Random, people: list[Person]) -> list[Part]:
    """Return what each thread does: after how many seconds, what, to whom."""
    disturbed = chosen.sample(people, round(len(people) * DISTURBED))
    leaving, others = disturbed[: len(disturbed) // 4], disturbed[len(disturbed) // 4 :]
    found: Part = [(chosen.uniform(0, 0.02), chosen.choice(sorted(acts.ACTS)), [each]) for each in others]
    for start in range(0, len(leaving), EXITS_AT_ONCE):
        found.append((0.0, "exit", leaving[start : start + EXITS_AT_ONCE]))
    chosen.shuffle(found)
    return [found[start::ACTORS] for start in range(ACTORS)]


def disturb(order: Order, part: Part, now: Callable[[], datetime]) -> None:
    """Do what is on the list, and note the number of each transaction."""
    for wait, name, people in part:
        time.sleep(wait)
        if name == "exit":
            acts.book_meetings(people, now())
            acts.decide(people, now(), token=random.randrange(1, 2**60))
            gone = acts.left_nurture(people)
        else:
            acts.ACTS[name](people[0], now())
            gone = {people[0].lead_id}
        with order.guard:
            order.out |= dict.fromkeys(gone, order.own.number)


def judged(order: Order, of_touch: dict[int, Person]) -> dict[str, Any]:
    """Return the faults, and in which order things came."""
    orders: Counter[str] = Counter()
    after_out = 0
    for touch, person in of_touch.items():
        mark, out = order.marked.get(touch), order.out.get(person.lead_id)
        after_out += mark is not None and out is not None and mark > out
        stages = {"marked": mark, "out": out}
        orders[" ".join(sorted((k for k, v in stages.items() if v), key=lambda k: stages[k] or 0))] += 1
    found = {
        "marked_after_out": after_out,
        "sent_twice": sum(count > 1 for count in order.sent.values()),
        "sent_unmarked": len(set(order.sent) - set(order.marked)),
    }
    return {
        "faults": {name: count for name, count in found.items() if count},
        "interleavings": len(of_touch), "deaths": 0, "orders": dict(orders.most_common()),
    }  # fmt: skip
