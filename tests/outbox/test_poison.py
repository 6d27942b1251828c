"""A message that kills its workers is put aside, and takes nobody along."""

from __future__ import annotations

from datetime import timedelta

import pytest

from coldframe.outbox.handlers import Claimed
from coldframe.outbox.models import OutboxMessage
from tests.outbox.cast import Post, enqueue, later, left_behind, row, states, turn
from tests.world import NOW

pytestmark = pytest.mark.django_db


class Died(BaseException):
    """The process is gone."""


def die_of_two(message: Claimed) -> None:
    if message.subject_id == 2:
        raise Died


def test_the_third_death_puts_a_message_aside_and_the_others_arrive() -> None:
    enqueue(1, 2, 3, 4)
    deadly, arrived = Post(before_mark=die_of_two), []
    for _ in range(3):
        # Every worker works until it dies; then its lease ends.
        leave_behind_until_death(deadly)
        arrived.append([key for key, _ in deadly.arrived])
        expire()

    turn(deadly, at=NOW)

    # The second worker dies of it alone; the third leaves it to the last.
    assert arrived == [["letter:1"], ["letter:1"], ["letter:1", "letter:3", "letter:4"]]
    # The answer to the first letter died with the worker that had it.
    assert states() == {"letter:1": "UNCERTAIN", "letter:2": "FAILED", "letter:3": "SENT", "letter:4": "SENT"}
    assert (row(2).reason, row(2).detail) == ("QUARANTINED", "3 workers died while they held it.")
    assert ("letter:2", "FAILED") in deadly.ends()


def test_what_a_worker_died_of_is_claimed_alone_and_last() -> None:
    enqueue(1, 2)
    row_two = row(2)
    row_two.death_count, row_two.due_at = 1, NOW - timedelta(hours=1)
    row_two.save()
    post = Post()

    assert turn(post) == {"SENT": 1}
    assert turn(post) == {"SENT": 1}
    assert [key for key, _ in post.arrived] == ["letter:1", "letter:2"]


def test_an_ordinary_end_clears_the_suspicion() -> None:
    enqueue(1)
    found = row(1)
    found.death_count = 2
    found.save()

    turn(Post(answer=later))

    assert row(1).death_count == 0


def leave_behind_until_death(post: Post) -> None:
    """Give turns until the worker dies."""
    while not died(post):
        pass


def died(post: Post) -> bool:
    try:
        with left_behind():
            turn(post)
    except Died:
        return True
    return False


def expire() -> None:
    OutboxMessage.objects.filter(lease_until__isnull=False).update(lease_until=NOW - timedelta(seconds=1))
