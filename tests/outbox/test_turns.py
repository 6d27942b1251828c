"""A message on its way: composed once, marked, handed over, settled."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError

from coldframe.outbox import queries
from coldframe.outbox.handlers import Claimed, Outcome, Result, Withheld
from coldframe.outbox.journal import Journal, read_entries
from coldframe.outbox.models import Attempt
from tests.outbox.cast import Post, enqueue, later, row, states, taken, turn
from tests.world import NOW

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def test_a_due_message_is_composed_handed_over_and_settled_with_the_answer() -> None:
    post = Post()
    enqueue(1)

    counts = turn(post)

    assert counts == {"SENT": 1}
    assert post.arrived == [("letter:1", b"Dear reader 1, written 2026-06-01T09:00:00+00:00")]
    assert post.ends() == [("letter:1", "SENT")]
    found = row(1)
    assert (found.state, found.receipt, found.message_id) == ("SENT", "250 2.0.0 Ok", "<1@sender.example>")
    assert (found.attempt_count, found.marked_at, found.settled_at) == (1, NOW, NOW)
    tried = Attempt.objects.get()
    assert (tried.number, tried.phase, tried.outcome, tried.code) == (1, "final dot", "SENT", 250)


def test_what_is_not_due_waits() -> None:
    post = Post()
    enqueue(1, due_at=NOW + HOUR)

    assert turn(post) == {}
    assert queries.next_due_at() == NOW + HOUR
    assert turn(post, at=NOW + HOUR) == {"SENT": 1}


def test_the_same_key_is_never_queued_twice() -> None:
    enqueue(1)
    turn(Post())

    with pytest.raises(IntegrityError):
        enqueue(1)


def test_a_retry_hands_over_the_same_bytes_later() -> None:
    post = Post()
    post.answer = lambda message: taken(message) if len(post.arrived) == 3 else later(message)
    enqueue(1)

    turn(post)
    first = row(1)
    turn(post, at=NOW + HOUR)
    turn(post, at=NOW + 2 * HOUR)

    assert (first.state, first.reason, first.first_attempt_at) == ("QUEUED", "LATER", NOW)
    assert timedelta(minutes=3) < first.due_at - NOW < timedelta(minutes=7)
    assert post.composed == [1]
    assert len({body for _, body in post.arrived}) == 1
    assert len(post.arrived) == 3
    assert post.ends() == [("letter:1", "SENT")]
    assert [each.outcome for each in Attempt.objects.order_by("id")] == ["RETRY", "RETRY", "SENT"]


def test_a_message_refused_for_three_days_has_failed() -> None:
    post = Post(answer=later)
    enqueue(1, late_at=NOW + timedelta(days=30))

    at = NOW
    while row(1).state == "QUEUED":
        at = max(at, row(1).due_at)
        turn(post, at=at)

    assert (row(1).state, row(1).reason) == ("FAILED", "GAVE_UP")
    assert timedelta(hours=64) < at - NOW <= timedelta(hours=72)
    assert len(post.arrived) < 30
    assert post.ends() == [("letter:1", "FAILED")]


def test_a_refusal_for_good_is_not_tried_again() -> None:
    post = Post(
        answer=lambda m: Outcome(
            id=m.id, result=Result.FAILED, phase="recipient", code=550, text="No", reason="DEAD"
        )
    )
    enqueue(1)

    turn(post)
    turn(post, at=NOW + 48 * HOUR)

    assert len(post.arrived) == 1
    assert (row(1).state, row(1).reason, row(1).detail) == ("FAILED", "DEAD", "recipient: 550 No")


def test_a_message_without_a_report_after_its_marker_is_uncertain_and_never_handed_over_again() -> None:
    post = Post(answer=lambda message: None)
    enqueue(1)

    turn(post)
    turn(post, at=NOW + 48 * HOUR)

    assert len(post.arrived) == 1
    assert states() == {"letter:1": "UNCERTAIN"}
    assert [each.key for each in queries.list_uncertain()] == ["letter:1"]


def test_what_the_handler_cannot_write_is_held_with_its_word() -> None:
    post = Post(unwritten={1: Withheld("EMPTY_FIELD", "no first name")})
    enqueue(1, 2)

    assert turn(post) == {"HELD": 1, "SENT": 1}
    assert (row(1).state, row(1).reason, row(1).detail) == ("HELD", "EMPTY_FIELD", "no first name")
    assert sorted(post.ends()) == [("letter:1", "HELD"), ("letter:2", "SENT")]


def test_what_the_guard_refuses_is_held_and_not_handed_over() -> None:
    post = Post()
    enqueue(1, 2)
    post.before_mark = lambda message: post.refused.update({1: Withheld("SUPPRESSED", "opted out")})

    turn(post)

    assert [key for key, _ in post.arrived] == ["letter:2"]
    assert (row(1).state, row(1).reason) == ("HELD", "SUPPRESSED")


def test_what_is_too_late_is_held_as_stale_before_the_hand_over() -> None:
    post = Post()
    enqueue(1)

    assert turn(post, at=NOW + 72 * HOUR) == {"HELD": 1}
    assert post.arrived == []
    assert row(1).reason == "STALE"
    assert post.ends() == [("letter:1", "HELD")]


def test_one_letter_that_cannot_be_written_does_not_stop_the_others(caplog: pytest.LogCaptureFixture) -> None:
    class Clumsy(Post):
        def compose(self, messages, *, at):  # type: ignore[no-untyped-def]
            if any(each.subject_id == 2 for each in messages):
                raise ZeroDivisionError
            return super().compose(messages, at=at)

    post = Clumsy()
    enqueue(1, 2, 3)

    turn(post)

    assert states() == {"letter:1": "SENT", "letter:2": "FAILED", "letter:3": "SENT"}
    assert row(2).detail == "compose: ZeroDivisionError while it was composed."
    assert "broke off" in caplog.text


@pytest.mark.parametrize("error", [ImportError, RuntimeError])
def test_a_handler_that_can_write_nothing_at_all_loses_nothing(
    error: type[Exception], caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(Post):
        def compose(self, messages, *, at):  # type: ignore[no-untyped-def]
            raise error("half installed")

    enqueue(1, 2, 3)

    turn(Broken())

    assert set(states().values()) == {"QUEUED"}
    assert row(1).due_at == NOW + timedelta(minutes=10)
    turn(Post(), at=NOW + timedelta(minutes=10))
    assert set(states().values()) == {"SENT"}
    assert "broke off" in caplog.text


def test_a_delivery_that_breaks_off_leaves_every_message_in_a_named_state(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def break_at_two(message: Claimed) -> Outcome:
        if message.subject_id == 2:
            raise RuntimeError("the other side went mad")
        return taken(message)

    post = Post(answer=break_at_two)
    enqueue(1, 2, 3)

    turn(post)

    assert states() == {"letter:1": "SENT", "letter:2": "UNCERTAIN", "letter:3": "QUEUED"}
    assert (row(3).attempt_count, row(3).due_at) == (0, NOW + timedelta(seconds=10))
    assert caplog.records[-1].levelno == logging.ERROR


def test_a_worker_told_to_stop_gives_back_what_it_has_not_offered() -> None:
    post = Post()
    enqueue(1, 2, 3)

    turn(post, stopping=lambda: len(post.arrived) == 1)

    assert states() == {"letter:1": "SENT", "letter:2": "QUEUED", "letter:3": "QUEUED"}
    assert (row(2).attempt_count, row(2).due_at) == (0, NOW)
    assert turn(post) == {"SENT": 2}


def test_a_message_that_was_never_offered_costs_no_try() -> None:
    post = Post(
        answer=lambda m: Outcome(id=m.id, result=Result.RETURNED, phase="connect", reason="UNREACHABLE")
    )
    enqueue(1)

    turn(post)

    assert (row(1).state, row(1).attempt_count, row(1).first_attempt_at) == ("QUEUED", 0, None)
    assert not Attempt.objects.exists()
    assert post.ends() == []


def test_the_marker_and_its_journal_line_come_before_the_step_that_cannot_be_taken_back(
    tmp_path: Path,
) -> None:
    path, seen = tmp_path / "send-journal.log", []

    def look(message: Claimed) -> Outcome:
        seen.append((row(message.subject_id).state, [each.key for each in read_entries(path)]))
        return taken(message)

    enqueue(1)
    journal = Journal(path)
    turn(Post(answer=look), journal=journal)
    journal.close()

    assert seen == [("HANDING_OFF", ["letter:1"])]


def test_the_result_of_a_message_is_committed_before_the_next_marker() -> None:
    seen: list[dict[str, str]] = []

    def look(message: Claimed) -> Outcome:
        seen.append(states())
        return taken(message)

    enqueue(1, 2)
    turn(Post(answer=look))

    assert seen == [
        {"letter:1": "HANDING_OFF", "letter:2": "CLAIMED"},
        {"letter:1": "SENT", "letter:2": "HANDING_OFF"},
    ]


def test_each_lane_gets_its_turn_the_longest_waiting_first() -> None:
    post = Post()
    enqueue(1, lane="slow", due_at=NOW - HOUR)
    enqueue(2, lane="quick", due_at=NOW - 2 * HOUR)
    enqueue(3, lane="empty", due_at=NOW + HOUR)

    turn(post)

    assert [key for key, _ in post.arrived] == ["letter:2", "letter:1"]


def test_a_kind_without_a_handler_is_left_alone() -> None:
    enqueue(1)

    class Other(Post):
        pass

    from coldframe.outbox import operations

    assert operations.run_turn(handlers={"other": Other()}, worker="one", now=lambda: NOW) == {}
    assert operations.run_turn(handlers={"other": Other()}, worker="one", now=lambda: NOW + 73 * HOUR) == {}
    assert states() == {"letter:1": "QUEUED"}


@pytest.fixture(autouse=True)
def _no_leftovers() -> Iterator[None]:
    yield
    from coldframe.outbox.models import OutboxMessage

    assert not OutboxMessage.objects.filter(state__in=["CLAIMED", "HANDING_OFF"]).exists()
