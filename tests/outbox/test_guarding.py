"""An opt-out and a marker name the same person: whichever is second sees the first."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction

from coldframe.outbox import operations
from coldframe.outbox.handlers import Claimed, Withheld
from coldframe.outbox.models import OutboxMessage
from coldframe.storage import locks
from tests.outbox.cast import KIND, Post, enqueue, row, states, turn
from tests.world import NOW

pytestmark = pytest.mark.django_db(transaction=True)


class Careful(Post):
    """Looks up in the database who has opted out; a row of its own kind in the outbox stands for an opt-out."""

    def guard(self, messages: Sequence[Claimed], *, at: datetime) -> dict[int, Withheld]:
        gone = set(OutboxMessage.objects.filter(kind="opt-out").values_list("subject_id", flat=True))
        return {each.id: Withheld("SUPPRESSED") for each in messages if each.subject_id in gone}


def opt_out(number: int) -> None:
    """Record an opt-out the way every such operation does: under the person's lock."""
    locks.hold([f"lead:{number}"])
    operations.enqueue(
        [
            operations.Order(
                key=f"opt-out:{number}", kind="opt-out", subject_id=number,
                due_at=NOW + timedelta(days=999), late_at=NOW + timedelta(days=999),
            )
        ],
        at=NOW,
    )  # fmt: skip


def in_a_thread(work: object) -> threading.Thread:
    def run() -> None:
        try:
            work()  # type: ignore[operator]
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_a_marker_waits_for_an_opt_out_under_way_and_obeys_it() -> None:
    recorded, may_commit = threading.Event(), threading.Event()

    def slow_opt_out() -> None:
        with transaction.atomic():
            opt_out(1)
            recorded.set()
            may_commit.wait(10)

    post, marking = Careful(), threading.Event()

    def before_mark(message: Claimed) -> None:
        threads.append(in_a_thread(slow_opt_out))
        recorded.wait(10)
        # The opt-out commits while the marker already waits for it.
        timer = threading.Timer(0.3, may_commit.set)
        timer.start()
        marking.set()

    threads: list[threading.Thread] = []
    post.before_mark = before_mark
    enqueue(1)
    turn(post)
    threads[0].join()

    assert marking.is_set()
    assert post.arrived == []
    assert (row(1).state, row(1).reason) == ("HELD", "SUPPRESSED")


def test_an_opt_out_waits_for_a_marker_under_way() -> None:
    """Once the marker holds the lock, the opt-out is recorded after its commit, never between."""
    order: list[str] = []

    class Slow(Careful):
        def guard(self, messages: Sequence[Claimed], *, at: datetime) -> dict[int, Withheld]:
            found = super().guard(messages, at=at)
            threads.append(in_a_thread(late_opt_out))
            started.wait(10)
            threading.Event().wait(0.3)
            order.append("guard is done")
            return found

    def late_opt_out() -> None:
        started.set()
        with transaction.atomic():
            opt_out(1)
            order.append(f"opt-out sees {row(1).state}")

    started = threading.Event()
    threads: list[threading.Thread] = []
    post = Slow()
    enqueue(1)
    turn(post)
    threads[0].join()

    assert order[0] == "guard is done"
    assert order[1] in {"opt-out sees HANDING_OFF", "opt-out sees SENT"}
    assert states()["letter:1"] == "SENT"


def test_two_workers_at_once_share_the_work_without_a_double() -> None:
    first, second = Post(), Post()
    enqueue(*range(1, 61))

    def work(post: Post, name: str) -> None:
        from coldframe.outbox.terms import Terms

        while operations.run_turn(handlers={KIND: post}, worker=name, now=lambda: NOW, terms=Terms(batch=7)):
            pass

    thread = in_a_thread(lambda: work(second, "two"))
    work(first, "one")
    thread.join()

    arrived = [key for key, _ in first.arrived + second.arrived]
    assert len(arrived) == len(set(arrived)) == 60
    assert set(states().values()) == {"SENT"}
