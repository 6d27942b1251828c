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
  - {name: Some day, when: {field: fit.level, is: D}}
"""
POLICY = playbook(calendar=WORKING, triggers=TRIGGERS)
#: Thursday of an ordinary week.
THURSDAY = datetime(2026, 6, 4, 15, 30, tzinfo=UTC)


def test_the_agreed_time_counts_while_the_house_works():
    answered = deadlines.answer_by_at("trigger:Today", opened_at=THURSDAY, playbook=POLICY)

    assert answered == datetime(2026, 6, 5, 11, 30, tzinfo=UTC)


def test_what_was_agreed_longer_than_a_day_of_work_lapses_when_that_is_over_and_not_before():
    answered = deadlines.answer_by_at("trigger:Later", opened_at=THURSDAY, playbook=POLICY)
    lapsed = deadlines.deadline_at("trigger:Later", opened_at=THURSDAY, playbook=POLICY)

    # 1.5 hours on Thursday, 8 on Friday, 8 on Monday, 6.5 on Tuesday.
    assert answered == datetime(2026, 6, 9, 15, 30, tzinfo=UTC)
    assert lapsed == answered


@pytest.mark.parametrize("name", ["Soon", "Today", "Later"])
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
    ) == THURSDAY + timedelta(days=1)
