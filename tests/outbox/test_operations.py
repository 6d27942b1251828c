"""What people and evidence do to messages."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection

from coldframe.outbox import operations, queries
from coldframe.outbox.handlers import Outcome
from coldframe.outbox.models import Content
from tests.outbox.cast import KIND, Post, enqueue, left_behind, row, states, taken, turn
from tests.world import NOW

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def silent(message: object) -> None:
    return None


def make_uncertain(*numbers: int) -> Post:
    post = Post(answer=silent)
    enqueue(*numbers)
    turn(post)
    post.settlements.clear()
    post.answer = taken
    return post


def test_evidence_settles_what_was_uncertain_and_nothing_else() -> None:
    post = make_uncertain(1)
    enqueue(2, due_at=NOW + HOUR)

    settled = operations.settle_by_evidence(
        ["letter:1", "letter:2", "unknown"], handlers={KIND: post}, text="A click on its link", at=NOW + HOUR
    )

    assert settled == ["letter:1"]
    assert states() == {"letter:1": "SENT", "letter:2": "QUEUED"}
    assert (row(1).receipt, row(1).settled_at) == ("A click on its link", NOW + HOUR)
    assert post.ends() == [("letter:1", "SENT")]


def test_a_person_may_say_that_it_arrived() -> None:
    post = make_uncertain(1)

    operations.resettle(row(1).id, delivered=True, by="Anna", handlers={KIND: post}, at=NOW + HOUR)

    assert (row(1).state, row(1).receipt) == ("SENT", "Settled by Anna.")
    assert post.ends() == [("letter:1", "SENT")]


def test_a_person_may_say_that_it_did_not_arrive_and_the_same_bytes_go_again() -> None:
    post = make_uncertain(1)
    message_id = row(1).message_id

    operations.resettle(row(1).id, delivered=False, by="Anna", handlers={KIND: post}, at=NOW + HOUR)
    turn(post, at=NOW + HOUR)

    assert row(1).state == "SENT"
    assert row(1).message_id == message_id
    assert len(post.arrived) == 2
    assert len({body for _, body in post.arrived}) == 1
    assert post.ends() == [("letter:1", "REQUEUED"), ("letter:1", "SENT")]


def test_evidence_wins_over_a_person_who_said_that_it_did_not_arrive() -> None:
    post = make_uncertain(1)
    operations.resettle(row(1).id, delivered=False, by="Anna", handlers={KIND: post}, at=NOW)

    operations.settle_by_evidence(["letter:1"], handlers={KIND: post}, text="A reply", at=NOW)
    turn(post, at=NOW + HOUR)

    assert states() == {"letter:1": "SENT"}
    assert len(post.arrived) == 1


def test_only_doubt_can_be_settled() -> None:
    post = Post()
    enqueue(1)
    turn(post)

    with pytest.raises(operations.NotUncertain, match=r"Message \d+ is not uncertain"):
        operations.resettle(row(1).id, delivered=False, by="Anna", handlers={KIND: post}, at=NOW)
    assert states() == {"letter:1": "SENT"}


def test_what_failed_can_be_queued_again_by_a_person_and_what_was_sent_cannot() -> None:
    post = Post(answer=lambda m: Outcome(id=m.id, result="FAILED", phase="recipient", code=550))
    enqueue(1)
    turn(post)
    post.answer = taken

    operations.requeue(row(1).id, handlers={KIND: post}, at=NOW + HOUR, late_at=NOW + 9 * HOUR)
    turn(post, at=NOW + HOUR)

    assert states() == {"letter:1": "SENT"}
    with pytest.raises(operations.NotWaiting):
        operations.requeue(row(1).id, handlers={KIND: post}, at=NOW + HOUR, late_at=NOW + 9 * HOUR)


def test_cancelling_holds_what_is_queued_and_takes_a_claim_out_of_a_workers_hands() -> None:
    enqueue(1)
    cancelled = []
    post = Post(
        before_mark=lambda m: cancelled.append(
            operations.cancel([m.key], reason="EXITED", detail="won", at=NOW)
        )
    )

    turn(post)

    assert cancelled == [["letter:1"]]
    assert post.arrived == []
    assert (row(1).state, row(1).reason, row(1).detail) == ("HELD", "EXITED", "won")
    assert post.ends() == []


def test_cancelling_comes_too_late_after_the_marker() -> None:
    enqueue(1)
    cancelled = []

    def late(message: object) -> Outcome:
        cancelled.append(operations.cancel(["letter:1"], reason="EXITED", at=NOW))
        return taken(message)  # type: ignore[arg-type]

    turn(Post(answer=late))

    assert cancelled == [[]]
    assert states() == {"letter:1": "SENT"}


def test_erasing_takes_the_words_and_the_address_and_leaves_the_row() -> None:
    enqueue(1, 2)
    turn(Post())

    assert operations.erase_contents(kind=KIND, subject_ids=[1]) == 1

    found = queries.find_message(row(1).id)
    assert found is not None
    assert (found.state, found.recipient, found.body) == ("SENT", "", None)
    assert [each.text for each in found.tries] == [""]
    assert Content.objects.filter(body__isnull=True).count() == 1
    kept = queries.find_message(row(2).id)
    assert kept is not None
    assert kept.body == b"Dear reader 2, written 2026-06-01T09:00:00+00:00"
    assert [each.outcome for each in kept.tries] == ["SENT"]


def test_a_message_erased_while_it_waited_is_not_sent() -> None:
    post = Post(answer=lambda m: Outcome(id=m.id, result="RETRY", phase="recipient", code=450))
    enqueue(1)
    turn(post)
    operations.erase_contents(kind=KIND, subject_ids=[1])
    post.answer = taken

    turn(post, at=NOW + HOUR)

    assert len(post.arrived) == 1
    assert states() == {"letter:1": "FAILED"}


def test_what_is_to_be_done_next_names_the_earliest_of_all() -> None:
    class Died(BaseException):
        pass

    def die(message: object) -> None:
        raise Died

    assert queries.next_due_at() is None
    enqueue(1, due_at=NOW + 5 * HOUR)
    assert queries.next_due_at() == NOW + 5 * HOUR
    enqueue(2, late_at=NOW + 100 * HOUR)
    assert queries.next_due_at() == NOW
    with pytest.raises(Died), left_behind():
        turn(Post(before_mark=die))
    assert queries.next_due_at() == NOW + timedelta(minutes=15)


def test_every_state_is_counted() -> None:
    make_uncertain(1)
    enqueue(2)

    assert queries.count_by_state() == {
        "QUEUED": 1, "CLAIMED": 0, "HANDING_OFF": 0, "SENT": 0, "HELD": 0, "FAILED": 0, "UNCERTAIN": 1,
    }  # fmt: skip


@pytest.mark.sqlite
def test_what_people_look_at_does_not_grow_with_what_was_sent() -> None:
    newest = "SELECT id, key FROM outbox_outboxmessage WHERE {} ORDER BY id DESC LIMIT 26"
    asked = {
        queries.COUNTS: {"outboxmessage_settled", "outboxmessage_leased", "outboxmessage_late"},
        newest.format("state = 'SENT' AND settled_at IS NOT NULL"): {"outboxmessage_settled"},
        newest.format("state IN ('QUEUED', 'CLAIMED') AND settled_at IS NULL"): {"outboxmessage_open"},
        newest.format("lane = 'local'"): {"outboxmessage_lane"},
    }

    for sql, indexes in asked.items():
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN QUERY PLAN " + sql)
            steps = [row[-1] for row in cursor.fetchall()]
        assert set(re.findall(r"INDEX (\w+)", " ".join(steps))) == indexes
        assert [each for each in steps if each.startswith("SCAN") and "INDEX" not in each] == []


def test_the_states_of_a_list_are_those_that_are_counted() -> None:
    make_uncertain(1)
    enqueue(2, 3)
    operations.cancel(["letter:3"], reason="EXITED", at=NOW)

    counts = queries.count_by_state()

    for state, count in counts.items():
        assert len(queries.list_messages(states=[state])) == count
    assert len(queries.list_messages(states=sorted(counts))) == sum(counts.values()) == 3


def test_a_list_goes_on_where_the_last_page_ended() -> None:
    enqueue(1, 2, 3)

    first = queries.list_messages(limit=2)
    second = queries.list_messages(limit=2, before_id=first[-1].id)

    assert [each.subject_id for each in first + second] == [3, 2, 1]
    assert queries.list_messages(state="SENT") == []
    assert [each.subject_id for each in queries.find_messages(kind=KIND, subject_ids=[2])] == [2]
