"""Limits hold in every window, whoever sends and whatever the clock does."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from coldframe.delivery import buckets, limits, queries
from coldframe.delivery import operations as delivery
from coldframe.delivery.buckets import Fill
from coldframe.delivery.models import HourCount
from coldframe.outbox import operations as outbox
from coldframe.outbox import queries as outbox_queries
from coldframe.outbox.models import OutboxMessage
from tests.delivery.posting import KIND, Mail, enqueue, states, turn
from tests.drawn import examples
from tests.world import NOW

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(hours=24)


def most_in_a_window(instants: Sequence[datetime], window: timedelta) -> int:
    """Return the largest number of instants in any window that is open at its end."""
    ordered = sorted(instants)
    return max((bisect_left(ordered, each + window) - place for place, each in enumerate(ordered)), default=0)


# Pure -------------------------------------------------------------------------------------------------------


@settings(max_examples=examples(60))
@given(
    limit=st.integers(min_value=1, max_value=400),
    waits=st.lists(st.floats(min_value=0, max_value=90), min_size=1, max_size=150),
    lateness=st.lists(st.floats(min_value=0, max_value=5), min_size=1, max_size=10),
)
def test_no_minute_sees_more_than_its_limit_even_if_room_is_used_a_little_later(
    limit: int, waits: list[float], lateness: list[float]
) -> None:
    """As much as there is room for is taken each time, and used up to five seconds later."""
    fill: Fill | None = None
    at, used = NOW, []
    for number, wait in enumerate(waits):
        at += timedelta(seconds=wait)
        fill = buckets.refilled(fill, limit=limit, at=at)
        while fill.tokens >= 1:
            fill = Fill(fill.tokens - 1, fill.refilled_at)
            used.append(at + timedelta(seconds=lateness[(number + len(used)) % len(lateness)]))

    assert most_in_a_window(used, MINUTE) <= limit


@given(
    limit=st.integers(min_value=1, max_value=100),
    jumps=st.lists(st.integers(min_value=-10 * 365 * 24 * 3600, max_value=10 * 365 * 24 * 3600), max_size=20),
)
def test_a_clock_that_jumps_brings_no_burst_and_no_standstill(limit: int, jumps: list[int]) -> None:
    at, fill = NOW + timedelta(days=366 * 250), None
    for jump in jumps:
        at += timedelta(seconds=jump)
        fill = buckets.refilled(fill, limit=limit, at=at)
        assert fill.tokens <= buckets.size_of(limit)
        fill = Fill(0.0, fill.refilled_at)

    assert buckets.refilled(fill, limit=limit, at=at + 3 * MINUTE).tokens >= 1


@given(limit=st.integers(min_value=1, max_value=1000), tokens=st.floats(min_value=0, max_value=0.999))
def test_the_instant_that_a_bucket_names_is_when_it_has_a_token(limit: int, tokens: float) -> None:
    fill = Fill(tokens, NOW)
    at = buckets.full_at(fill, limit=limit)

    assert buckets.refilled(fill, limit=limit, at=at).tokens >= 1 - 1e-9
    assert buckets.refilled(fill, limit=limit, at=at + timedelta(microseconds=10)).tokens >= 1


def test_nearly_all_of_a_limit_can_be_used() -> None:
    for limit in (1, 2, 30, 100, 600):
        at, fill, used = NOW, None, 0
        while at < NOW + 10 * MINUTE:
            fill = buckets.refilled(fill, limit=limit, at=at)
            while fill.tokens >= 1:
                fill, used = Fill(fill.tokens - 1, fill.refilled_at), used + 1
            at = buckets.full_at(fill, limit=limit)

        assert 0.8 * limit * 10 <= used <= limit * 10


# In the database --------------------------------------------------------------------------------------------


def mailbox(**changes: object) -> str:
    given = {"per_minute": 0, "per_domain_minute": 0, "per_day": 0} | changes
    # LOCAL: what is looked at is the gate, and nothing need listen.
    delivery.add_connection(name="mailbox", kind="LOCAL", at=NOW, **given)
    return "mailbox"


@pytest.mark.django_db
def test_several_workers_together_stay_within_the_minute_of_a_mailbox() -> None:
    lane = mailbox(per_minute=30)
    enqueue(*range(1, 201), lane=lane)
    mail, at, sent = Mail(), NOW, []

    for second in range(240):
        at = NOW + timedelta(seconds=second)
        for worker in ("one", "two", "three", "four"):
            sent += [at] * turn(mail, at=at, worker=worker)["SENT"]

    assert most_in_a_window(sent, MINUTE) <= 30
    assert len(sent) >= 0.85 * 30 * 4


@pytest.mark.django_db
def test_a_domain_has_a_limit_of_its_own_and_does_not_hold_up_the_others() -> None:
    lane = mailbox(per_domain_minute=2)
    enqueue(*range(1, 21), lane=lane, domain="big.example")
    enqueue(*range(21, 31), lane=lane, domain="")
    mail = Mail()

    first = turn(mail)

    assert first == {"SENT": 11}
    waiting = OutboxMessage.objects.filter(state="QUEUED")
    assert waiting.count() == 19
    assert all(NOW < each.due_at <= NOW + timedelta(minutes=2) for each in waiting)
    at, sent = NOW, [NOW]
    while (due := outbox_queries.next_due_at()) is not None:
        at = max(at, due)
        sent += [at] * turn(mail, at=at)["SENT"]
    assert len(sent) == 20
    assert most_in_a_window(sent, MINUTE) <= 2


@pytest.mark.django_db
def test_no_24_hours_see_more_than_the_daily_limit() -> None:
    lane = mailbox(per_day=40)
    enqueue(*range(1, 151), lane=lane)
    OutboxMessage.objects.update(late_at=NOW + timedelta(days=30))
    mail, sent = Mail(), []

    for half_hours in range(4 * 48):
        at = NOW + half_hours * timedelta(minutes=30) + timedelta(minutes=7)
        sent += [at] * turn(mail, at=at)["SENT"]

    assert most_in_a_window(sent, DAY) <= 40
    assert len(sent) >= 120
    assert queries.room_today(lane, at=NOW + timedelta(days=9)) == 40


@pytest.mark.django_db
def test_a_new_mailbox_begins_low_and_grows_day_by_day() -> None:
    lane = mailbox(per_day=200, ramp_start=10, ramp_growth=2.0)
    delivery.go_live(lane, at=NOW)

    rooms = [queries.room_today(lane, at=NOW + day * DAY) for day in range(7)]

    assert rooms == [10, 20, 40, 80, 160, 200, 200]


@pytest.mark.django_db
def test_what_was_never_offered_gives_the_days_room_back() -> None:
    delivery.add_connection(
        name="mailbox", kind="SMTP", at=NOW, settings={"host": "127.0.0.1", "port": 1, "security": "none"},
        per_minute=0, per_domain_minute=0, per_day=5,
    )  # fmt: skip
    enqueue(1, 2, 3, lane="mailbox")

    turn(Mail())

    assert queries.room_today("mailbox", at=NOW) == 5
    assert HourCount.objects.get().claimed_count == 0


@pytest.mark.django_db
def test_room_that_was_taken_too_long_ago_is_taken_anew_before_the_marker() -> None:
    """The claim was quick and the hand-over is slow: at its end the limit would be passed."""
    lane = mailbox(per_minute=30)
    enqueue(1, 2, 3, lane=lane)
    times = [NOW, NOW, NOW, NOW, NOW, *[NOW + timedelta(seconds=6)] * 100]
    mail, clock = Mail(), iter(times)

    counts = outbox.run_turn(
        handlers={KIND: mail}, worker="one", now=lambda: next(clock), gate=delivery.make_gate()
    )

    # Six seconds have brought two tokens; the third message goes back until there is one for it.
    assert counts == {"SENT": 2, "RETURNED": 1}
    [waiting] = OutboxMessage.objects.filter(state="QUEUED")
    assert (waiting.reason, waiting.attempt_count) == ("RATE_LIMIT", 0)
    assert NOW + timedelta(seconds=6) < waiting.due_at < NOW + timedelta(seconds=10)


@pytest.mark.django_db
def test_a_lane_without_room_is_due_when_it_has_some_and_a_stopped_one_never() -> None:
    lane, gate = mailbox(per_minute=1), delivery.make_gate()
    enqueue(1, 2, lane=lane)
    turn(Mail())

    assert outbox_queries.next_due_at() == NOW
    due_at = outbox_queries.next_due_at(gate=gate, at=NOW)
    assert due_at is not None
    assert NOW + timedelta(seconds=60) < due_at < NOW + timedelta(seconds=70)
    delivery.stop(lane, why="Holiday.", at=NOW)
    late_at = OutboxMessage.objects.get(state="QUEUED").late_at
    assert outbox_queries.next_due_at(gate=gate, at=NOW) == late_at


@pytest.mark.django_db
def test_a_lane_whose_connection_is_not_there_keeps_its_messages() -> None:
    enqueue(1, lane="nowhere")

    assert turn(Mail()) == {}
    assert states() == {"mail:1": "QUEUED"}


@pytest.mark.django_db(transaction=True)
def test_workers_at_the_same_instant_never_find_the_same_token() -> None:
    lane, granted = mailbox(per_minute=50, per_domain_minute=40, per_day=1000), []

    def work() -> None:
        try:
            for _ in range(10):
                with transaction.atomic():
                    waits = delivery.make_gate().take(lane, ["there.example"], at=NOW)
                granted.append(waits.count(None))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(granted) == 4  # a burst of the domain
    assert HourCount.objects.get().claimed_count == 4


@pytest.mark.django_db
def test_buckets_that_are_full_again_are_forgotten() -> None:
    lane = mailbox(per_minute=30)
    enqueue(1, lane=lane)
    turn(Mail())

    assert delivery.tidy(at=NOW + HOUR) == 0
    assert delivery.tidy(at=NOW + 2 * HOUR) == 1


def test_limits_that_make_no_sense_are_refused() -> None:
    with pytest.raises(delivery.BadLimit, match="per_minute is below zero"):
        delivery.check({"per_minute": -1})
    with pytest.raises(delivery.BadLimit, match="expected 1 or more"):
        delivery.check({"ramp_growth": 0.5})


def test_a_ramp_of_a_thousand_years_is_no_overflow() -> None:
    assert (
        limits.ramp(per_day=2000, start=50, growth=3.0, began_at=NOW - timedelta(days=365_000), at=NOW)
        == 2000
    )
