"""Until when sales answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from coldframe.kernel.planning import deadlines
from tests.kernel.cast import playbook

WORKING = "calendar: {time_zone: {otherwise: UTC}, working_hours: 'Mon-Fri 09:00-17:00'}"
TRIGGERS = """
triggers:
  - {name: Soon, when: {field: fit.level, is: A}, answer_within: 5 minutes}
  - {name: Today, when: {field: fit.level, is: B}, answer_within: 4 hours}
  - {name: Later, when: {field: fit.level, is: C}, answer_within: 1 day}
  - {name: Much later, when: {field: fit.level, is: C}, answer_within: 30 hours}
  - {name: Next week, when: {field: fit.level, is: C}, answer_within: 1 week}
  - {name: Some day, when: {field: fit.level, is: D}}
"""
POLICY = playbook(calendar=WORKING, triggers=TRIGGERS)
#: Thursday of an ordinary week.
THURSDAY = datetime(2026, 6, 4, 15, 30, tzinfo=UTC)


def test_the_agreed_time_counts_while_the_house_works():
    answered = deadlines.answer_by_at("trigger:Today", opened_at=THURSDAY, playbook=POLICY)

    assert answered == datetime(2026, 6, 5, 11, 30, tzinfo=UTC)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 6, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "opened_at", "answered"),
    [
        ("Soon", at(4, 16, 58), at(5, 9, 3)),
        ("Soon", at(6, 12), at(8, 9, 5)),
        ("Later", THURSDAY, at(5, 15, 30)),
        ("Later", at(5, 15, 30), at(8, 15, 30)),
        ("Later", at(4, 20), at(8, 9)),
        ("Later", at(6, 12), at(9, 9)),
        ("Much later", THURSDAY, at(8, 13, 30)),
        ("Next week", THURSDAY, at(11, 15, 30)),
    ],
)
def test_a_day_is_a_day_of_work_and_hours_are_hours_of_work(name, opened_at, answered):
    assert deadlines.answer_by_at(f"trigger:{name}", opened_at=opened_at, playbook=POLICY) == answered


def test_what_was_agreed_over_a_weekend_lapses_when_the_next_day_of_work_ends():
    assert deadlines.deadline_at("trigger:Later", opened_at=at(5, 15, 30), playbook=POLICY) == at(8, 17)


@pytest.mark.parametrize("name", ["Soon", "Today", "Later", "Much later", "Next week"])
@pytest.mark.parametrize("hours", range(0, 7 * 24, 5))
def test_nothing_lapses_before_the_time_that_was_agreed_for_an_answer(name, hours):
    opened_at = THURSDAY + timedelta(hours=hours)

    answered = deadlines.answer_by_at(f"trigger:{name}", opened_at=opened_at, playbook=POLICY)
    lapsed = deadlines.deadline_at(f"trigger:{name}", opened_at=opened_at, playbook=POLICY)

    assert answered is not None
    assert opened_at + timedelta(days=1) <= lapsed
    assert answered <= lapsed


def test_where_nothing_is_agreed_the_longest_time_of_all_counts():
    assert deadlines.answer_by_at("trigger:Some day", opened_at=THURSDAY, playbook=POLICY) is None
    assert deadlines.deadline_at(
        "trigger:Some day", opened_at=THURSDAY, playbook=POLICY
    ) == THURSDAY + timedelta(days=7)
