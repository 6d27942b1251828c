"""Retries are bounded and spread."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from coldframe.outbox import backoff
from tests.world import NOW

keys = st.text(max_size=40)
counts = st.integers(min_value=1, max_value=32767)


@given(key=keys, attempt_count=counts)
def test_a_delay_is_near_its_doubled_step_and_never_long(key: str, attempt_count: int) -> None:
    found = backoff.delay(key=key, attempt_count=attempt_count)

    plain = min(timedelta(minutes=5) * 2 ** min(attempt_count - 1, 20), timedelta(hours=4))
    assert plain * 0.75 <= found <= plain * 1.25


@given(key=keys, attempt_count=counts)
def test_the_same_history_gives_the_same_instant(key: str, attempt_count: int) -> None:
    again = [
        backoff.next_try(key=key, attempt_count=attempt_count, first_attempt_at=NOW, at=NOW) for _ in range(2)
    ]

    assert again[0] == again[1]


@given(key=keys, attempt_count=counts, age_hours=st.floats(min_value=0, max_value=200))
def test_nothing_is_tried_again_after_three_days(key: str, attempt_count: int, age_hours: float) -> None:
    at = NOW + timedelta(hours=age_hours)

    again_at = backoff.next_try(key=key, attempt_count=attempt_count, first_attempt_at=NOW, at=at)

    assert again_at is None or at < again_at <= NOW + timedelta(hours=72)
    if age_hours <= 67:
        assert again_at is not None


def test_a_message_is_tried_about_twenty_times_at_most() -> None:
    for number in range(50):
        at, tries = NOW, 1
        while again_at := backoff.next_try(
            key=f"touch:{number}", attempt_count=tries, first_attempt_at=NOW, at=at
        ):
            at, tries = again_at, tries + 1

        assert 18 <= tries <= 30


def test_messages_refused_together_come_back_spread() -> None:
    delays = [backoff.delay(key=f"touch:{number}", attempt_count=1) for number in range(1000)]

    tenths = [int((each / timedelta(minutes=5) - 0.75) / 0.05) for each in delays]
    assert all(60 <= tenths.count(tenth) <= 140 for tenth in range(10))
