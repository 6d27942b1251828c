"""The line to the database breaks while it commits: nobody knows whether it has, so the rows are looked at again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from django.db import OperationalError, connection

from coldframe.outbox.handlers import Claimed, Outcome
from coldframe.outbox.models import Attempt
from tests.outbox.cast import Post, enqueue, states, taken, turn

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class Wire:
    """Commits as the driver does; the answer to those that are named is lost, or they never arrive."""

    commit: Callable[[], None]
    count: int = 0
    lost_answers: set[int] = field(default_factory=set)
    lost_commits: set[int] = field(default_factory=set)

    def __call__(self) -> None:
        self.count += 1
        if self.count in self.lost_commits:
            connection.connection.rollback()
            raise OperationalError("server closed the connection unexpectedly")
        self.commit()
        if self.count in self.lost_answers:
            raise OperationalError("server closed the connection unexpectedly")


@contextmanager
def wire() -> Iterator[Wire]:
    made = Wire(connection._commit)
    connection._commit = made  # type: ignore[method-assign]
    try:
        yield made
    finally:
        del connection._commit  # type: ignore[method-assign]


def commits_of_a_turn() -> int:
    enqueue(1, 2)
    with wire() as counting:
        assert turn(Post()) == {"SENT": 2}
    return counting.count


@pytest.mark.parametrize("kind", ["lost_answers", "lost_commits"])
def test_whichever_commit_is_doubtful_each_message_arrives_once(kind: str) -> None:
    commits = commits_of_a_turn()
    assert commits >= 5

    for number in range(1, commits + 1):
        numbers = (number * 10, number * 10 + 1)
        post = Post()
        enqueue(*numbers)
        with wire() as breaking:
            getattr(breaking, kind).add(number)
            turn(post)

        keys = [f"letter:{each}" for each in numbers]
        assert [key for key, _ in post.arrived] == keys, f"commit {number}"
        assert [states()[key] for key in keys] == ["SENT", "SENT"], f"commit {number}"
        # What a transaction that was rolled back told is forgotten with it, but not by this handler.
        ends = sorted(post.ends() if kind == "lost_answers" else set(post.ends()))
        assert ends == [(key, "SENT") for key in keys], f"commit {number}"
    assert Attempt.objects.count() == 2 + 2 * commits


def test_a_database_that_stays_away_stops_the_hand_over_before_the_step_that_cannot_be_taken_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    from datetime import timedelta

    from coldframe.outbox.terms import Terms

    post = Post()
    enqueue(1)
    impatient = Terms(mark_patience=timedelta(0), settle_patience=timedelta(0))
    with wire() as breaking:
        breaking.lost_commits = set(range(3, 100))
        with pytest.raises(OperationalError):
            turn(post, terms=impatient)

    assert post.arrived == []
    assert states() == {"letter:1": "CLAIMED"}
    assert "broke off" in caplog.text


def test_results_that_cannot_be_written_leave_doubt_and_no_second_hand_over() -> None:
    from datetime import timedelta

    from coldframe.outbox.terms import Terms
    from tests.world import NOW

    impatient = Terms(mark_patience=timedelta(0), settle_patience=timedelta(0))
    with wire() as breaking:

        def answer(message: Claimed) -> Outcome:
            breaking.lost_commits = set(range(breaking.count + 1, breaking.count + 100))
            return taken(message)

        post = Post(answer=answer)
        enqueue(1)
        with pytest.raises(OperationalError):
            turn(post, terms=impatient)

    turn(post, at=NOW + timedelta(hours=1))

    assert len(post.arrived) == 1
    assert states() == {"letter:1": "UNCERTAIN"}
