"""Working hours by the wall clock, over every change of every clock."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from coldframe.kernel.planning.hours import Window, hours_of, is_zone, windows, zone_names
from coldframe.kernel.playbook.expressions import EPOCH

YEARS = range(2026, 2037)
MINUTE = timedelta(minutes=1)
#: Ordinary hours, the whole day, a night, and hours that lie in what changes of clocks skip and repeat.
SETTINGS = ("Mon-Fri 08:30-17:30", "Mon-Sun 00:00-24:00", "Sat-Mon 01:15-03:45", "Mon-Sun 02:10-02:50")


def at(instant: int) -> datetime:
    return EPOCH + timedelta(microseconds=instant)


@cache
def changes(zone: ZoneInfo) -> list[datetime]:
    """The instants, to the day, around which a clock is changed."""
    day, found, last = datetime(2025, 12, 28, tzinfo=UTC), [], None
    while day.year < 2037:
        offset = day.astimezone(zone).utcoffset()
        if last is not None and offset != last:
            found.append(day)
        last, day = offset, day + timedelta(days=1)
    return found


@cache
def alike() -> dict[tuple[tuple[datetime, timedelta | None], ...], list[str]]:
    """Zones by what their clocks do from 2026 to 2036; those alike are looked at once."""
    found: dict[tuple[tuple[datetime, timedelta | None], ...], list[str]] = {}
    for name in zone_names():
        zone = ZoneInfo(name)
        days = [datetime(2026, 1, 1, tzinfo=UTC), *changes(zone)]
        found.setdefault(tuple((day, day.astimezone(zone).utcoffset()) for day in days), []).append(name)
    return found


def near(zone: ZoneInfo, found: tuple[Window, ...], days: list[datetime]) -> list[Window]:
    dates = {day.astimezone(zone).date() + timedelta(days=n) for day in days for n in range(-2, 3)}
    return [window for window in found if window.day in dates]


def works(wall: datetime, setting: str) -> bool:
    """The rule itself, of one reading of the wall clock."""
    hours = hours_of(setting)
    minute = wall.hour * 60 + wall.minute + wall.second / 60
    return wall.weekday() in hours.weekdays and hours.opens <= minute < hours.closes


@pytest.mark.parametrize("setting", SETTINGS)
def test_no_instant_of_any_window_is_outside_the_hours_on_the_wall(setting: str) -> None:
    wrong = []
    for names in alike().values():
        zone = ZoneInfo(names[0])
        days = changes(zone)
        for year in sorted({day.year for day in days}):
            for window in near(zone, windows(names[0], hours_of(setting), year), days):
                steps = range(0, window.closes - window.opens, 15 * 60_000_000)
                edge = window.closes - 1
                instants = [*(window.opens + step for step in steps), *window.slots, edge]
                wrong += [
                    (names[0], at(each))
                    for each in instants
                    if not works(at(each).astimezone(zone), setting)
                    or at(each).astimezone(zone).date() != window.day
                ]

    assert wrong == []


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_working_day_has_one_window_and_its_full_hours_once(setting: str) -> None:
    hours = hours_of(setting)
    for names in alike().values():
        zone = ZoneInfo(names[0])
        for year in (2026, 2031):
            found = windows(names[0], hours, year)
            days = [window.day for window in found]
            wanted = [date(year, 1, 1) + timedelta(days=n) for n in range(365)]
            missing = [day for day in wanted if day.weekday() in hours.weekdays and day not in set(days)]

            assert days == sorted(set(days))
            assert all(one.closes <= other.opens for one, other in itertools.pairwise(found))
            assert all(nothing_left(day, setting, zone) for day in missing), (names[0], missing)
            for window in found:
                walls = [at(slot).astimezone(zone) for slot in window.slots]
                assert len({wall.replace(tzinfo=None) for wall in walls}) == len(walls)


@pytest.mark.parametrize("setting", SETTINGS)
def test_no_change_of_a_clock_skips_or_doubles_a_day_of_work(setting: str) -> None:
    hours, wrong = hours_of(setting), []
    for names in alike().values():
        zone = ZoneInfo(names[0])
        found = {year: windows(names[0], hours, year) for year in {day.year for day in changes(zone)}}
        for change in changes(zone):
            days = [window.day for window in found[change.year]]
            wanted = [(change + n * timedelta(days=1)).date() for n in (-2, -1, 0, 1)]
            wanted = [day for day in wanted if day.year == change.year and day.weekday() in hours.weekdays]
            wrong += [
                (names[0], day)
                for day in wanted
                if days.count(day) != 1 and not (day not in days and nothing_left(day, setting, zone))
            ]
            for window in near(zone, found[change.year], [change]):
                walls = [at(slot).astimezone(zone).replace(tzinfo=None) for slot in window.slots]
                wrong += [(names[0], window.day)] if len(set(walls)) != len(walls) else []

    assert sum(len(changes(ZoneInfo(names[0]))) * len(names) for names in alike().values()) >= 4_000
    assert wrong == []


def nothing_left(day: date, setting: str, zone: ZoneInfo) -> bool:
    """Whether the clock shows no minute of the working hours on that day."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=16)
    walls = ((start + n * MINUTE).astimezone(zone) for n in range(57 * 60))
    return not any(wall.date() == day and works(wall, setting) for wall in walls)


@pytest.mark.parametrize(
    ("zone", "day", "opens", "closes"),
    [
        # The clock jumps from midnight to one: the day begins at one.
        ("America/Santiago", date(2026, 9, 6), "2026-09-06T04:00+00:00", "2026-09-07T03:00+00:00"),
        # Half an hour is skipped at two.
        ("Australia/Lord_Howe", date(2026, 10, 4), "2026-10-03T13:30+00:00", "2026-10-04T13:00+00:00"),
        # An hour happens twice at the end of the day: the day has 25.
        ("America/Santiago", date(2026, 4, 4), "2026-04-04T03:00+00:00", "2026-04-05T04:00+00:00"),
    ],
)  # fmt: skip
def test_a_day_on_which_the_clock_changes_begins_and_ends_by_the_wall(
    zone: str, day: date, opens: str, closes: str
) -> None:
    found = {window.day: window for window in windows(zone, hours_of("Mon-Sun 00:00-24:00"), day.year)}[day]

    assert (
        at(found.opens).isoformat(timespec="minutes"),
        at(found.closes).isoformat(timespec="minutes"),
    ) == (opens, closes)


def test_hours_that_do_not_happen_leave_the_day_without_a_window() -> None:
    found = [window.day for window in windows("Europe/Berlin", hours_of("Mon-Sun 02:10-02:50"), 2026)]

    assert date(2026, 3, 29) not in found
    assert len(found) == 364


def test_hours_that_happen_twice_are_taken_once_the_first_time() -> None:
    found = {window.day: window for window in windows("Europe/Berlin", hours_of("Mon-Sun 02:10-02:50"), 2026)}
    window = found[date(2026, 10, 25)]

    assert (at(window.opens).isoformat(), at(window.closes).isoformat()) == (
        "2026-10-25T00:10:00+00:00",
        "2026-10-25T00:50:00+00:00",
    )


def test_days_may_go_over_the_weekend() -> None:
    assert hours_of("Fri-Mon 09:00-12:00").weekdays == {4, 5, 6, 0}
    assert hours_of("Wed 09:00-12:00").weekdays == {2}


def test_what_is_no_zone_is_none() -> None:
    assert [name for name in ("Europe/Berlin", "Atlantis/Capital", "../etc/passwd", "") if is_zone(name)] == [
        "Europe/Berlin"
    ]
