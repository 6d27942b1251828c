"""When the worker of a simulation is up."""

from __future__ import annotations

from datetime import timedelta

from tests.lived.living import ALWAYS, AT_WORK, PACES, Pace
from tests.lived.people import BEGIN, DAY, HOUR


def hours_up(pace: Pace, days: int) -> list[int]:
    hours = [BEGIN.replace(hour=0) + days * DAY + hour * HOUR for hour in range(24)]
    return [hour.hour for hour in hours if pace.up_at(hour) == hour]


def test_a_worker_that_is_always_up_goes_on_at_the_next_full_hour() -> None:
    assert ALWAYS.up_at(BEGIN) == BEGIN
    assert ALWAYS.up_at(BEGIN + timedelta(seconds=1)) == BEGIN + HOUR


def test_a_worker_that_is_seldom_up_is_so_once_a_day_at_work_and_all_of_a_week_now_and_then() -> None:
    pace = PACES["seldom"](1)
    days = {day: hours_up(pace, day) for day in (3, 20, 21, *range(30, 360, 3))}

    assert days[3] == list(range(24))
    seldom = [hours for day, hours in days.items() if day > 7]
    assert {len(hours) for hours in seldom} == {1}
    assert {hour for hours in seldom for hour in hours} == set(AT_WORK)
    assert [hours_up(PACES["seldom"](1), day) for day in (20, 21)] == [days[20], days[21]]


def test_a_worker_that_is_rarely_up_leaves_out_every_other_day() -> None:
    pace = PACES["rarely"](1)
    days = [hours_up(pace, day) for day in range(8, 70)]

    assert [len(hours) for hours in days] == [1, 0] * 31
    assert pace.up_at(BEGIN + 9 * DAY).date() == (BEGIN + 10 * DAY).date()
