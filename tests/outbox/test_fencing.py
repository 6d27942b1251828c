"""A worker that was stopped for too long can neither hand over nor overwrite."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest

from coldframe.outbox import operations
from coldframe.outbox.handlers import Claimed, Outcome
from coldframe.outbox.terms import Terms
from tests.outbox.cast import KIND, Post, enqueue, left_behind, row, states, taken, turn
from tests.world import NOW

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=16)


def test_a_worker_that_stalls_before_its_marker_hands_nothing_over() -> None:
    """While the first one sleeps, its lease ends and the second one does the work."""
    second = Post()
    first = Post(before_mark=lambda message: turn(second, at=LATER, worker="two"))
    enqueue(1)

    counts = turn(first)

    assert first.arrived == []
    assert second.arrived == [("letter:1", b"Dear reader 1, written 2026-06-01T09:00:00+00:00")]
    assert (row(1).state, row(1).worker) == ("SENT", "two")
    assert counts == {}
    assert first.ends() == []
    assert second.ends() == [("letter:1", "SENT")]


def test_what_a_stalled_worker_composed_counts_for_its_successor_too() -> None:
    second = Post()
    first = Post(before_mark=lambda message: turn(second, at=LATER, worker="two"))
    enqueue(1)

    turn(first)

    assert (first.composed, second.composed) == ([1], [])


def test_a_worker_that_stalls_after_its_marker_leaves_doubt_and_its_late_answer_ends_it() -> None:
    second = Post()

    def stall(message: Claimed) -> Outcome:
        turn(second, at=LATER, worker="two")
        seen.append(row(1).state)
        return taken(message)

    seen: list[str] = []
    first = Post(answer=stall)
    enqueue(1)

    turn(first)

    assert second.arrived == []
    assert seen == ["UNCERTAIN"]
    assert second.ends() == [("letter:1", "UNCERTAIN")]
    assert (row(1).state, row(1).reason) == ("SENT", "EVIDENCE")
    assert first.ends() == [("letter:1", "SENT")]


def test_a_late_refusal_changes_nothing_that_is_no_longer_the_workers() -> None:
    def stall(message: Claimed) -> Outcome:
        operations.recover_expired(handlers={KIND: Post()}, at=LATER)
        return Outcome(id=message.id, result="FAILED", phase="final dot", code=550, text="No")

    enqueue(1)
    turn(Post(answer=stall))

    assert states() == {"letter:1": "UNCERTAIN"}


def test_a_late_answer_does_not_touch_what_another_worker_has_claimed() -> None:
    """A person said that it did not arrive, and the same bytes are on their way again."""
    again = Post(answer=lambda message: None)

    def stall(message: Claimed) -> Outcome:
        handlers = {KIND: Post()}
        operations.recover_expired(handlers=handlers, at=LATER)
        operations.resettle(message.id, delivered=False, by="Anna", handlers=handlers, at=LATER)
        again.answer = lambda inner: inner_stall(message)
        turn(again, at=LATER, worker="two")
        return taken(message)

    def inner_stall(message: Claimed) -> None:
        held.append(row(1).state)

    held: list[str] = []
    enqueue(1)
    turn(Post(answer=stall))

    assert held == ["HANDING_OFF"]
    # The second one never heard an answer; the first one's answer is evidence that it arrived.
    assert states() == {"letter:1": "SENT"}


def test_a_lease_that_is_nearly_over_is_not_used() -> None:
    post = Post()
    enqueue(1)

    turn(post, terms=Terms(lease=timedelta(seconds=20), margin=timedelta(seconds=30)))

    assert post.arrived == []
    assert states() == {"letter:1": "QUEUED"}


def test_a_lease_is_renewed_while_the_worker_waits() -> None:
    """Each look at the clock is a minute after the one before; nobody may take letter 2 when its time comes."""
    post = Post()
    times = (NOW + timedelta(minutes=each) for each in itertools.count())
    before = []

    def look(message: Claimed) -> None:
        if message.subject_id == 2:
            before.append(operations.recover_expired(handlers={KIND: post}, at=LATER))

    post.before_mark = look
    enqueue(1, 2)

    operations.run_turn(
        handlers={KIND: post}, worker="one", now=lambda: next(times), terms=Terms(beat=timedelta(0))
    )

    assert before == [{}]
    assert states() == {"letter:1": "SENT", "letter:2": "SENT"}


def test_what_a_dead_worker_held_can_be_taken_back_at_once() -> None:
    class Died(BaseException):
        pass

    def die(message: Claimed) -> Outcome:
        raise Died

    enqueue(1, 2)
    with pytest.raises(Died), left_behind():
        turn(Post(answer=die))

    counts = operations.recover_worker("one", handlers={KIND: Post()}, at=NOW)

    assert counts == {"UNCERTAIN": 1, "RECOVERED": 1}
    assert states() == {"letter:1": "UNCERTAIN", "letter:2": "QUEUED"}
    assert row(2).death_count == 1
