"""
The working hours of every day, by the wall clock of a time zone, as instants.

Worked out day by day with the zone's own rules, never by adding 24 hours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from coldframe.kernel.playbook.expressions import microseconds
from coldframe.kernel.playbook.scalars import DAYS

MINUTE = timedelta(minutes=1)
#: Minutes before closing in which nothing begins; a short day begins all the same.
LEFT_TO_SEND = 120
#: Days to either side within which a change of the clock can touch a local day.
NEAR = range(-2, 3)


@dataclass(frozen=True)
class Hours:
    """Working days (0 is Monday) and hours, in minutes after midnight of the local day."""

    weekdays: frozenset[int]
    opens: int
    closes: int


@dataclass(frozen=True)
class Window:
    """The working hours of one local day, as instants in microseconds since 1970; ``closes`` is outside."""

    day: date
    opens: int
    closes: int
    #: The full hours in it; its opening where there are none. Never empty.
    slots: tuple[int, ...]


@lru_cache(maxsize=64)
def hours_of(text: str) -> Hours:
    """Return the hours that ``Mon-Fri 08:30-17:30`` means; ``Fri-Mon`` goes over the weekend."""
    days, _, hours = text.partition(" ")
    first, _, last = days.partition("-")
    start, end = DAYS.index(first), DAYS.index(last or first)
    opens, closes = (int(hour) * 60 + int(minute) for hour, minute in re.findall(r"(\d+):(\d+)", hours))
    return Hours(frozenset((start + i) % 7 for i in range((end - start) % 7 + 1)), opens, closes)


@lru_cache(maxsize=4096)
def is_zone(name: str) -> bool:
    """Return whether a name is a zone whose rules are known here."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def known_zone(name: str) -> str:
    """Return the name of a zone, UTC for one whose rules are not known here."""
    return name if is_zone(name) else "UTC"


@lru_cache(maxsize=4096)
def windows(zone: str, hours: Hours, year: int) -> tuple[Window, ...]:
    """Return the working hours of a year's days, holidays not considered, in order."""
    return tuple(_windows(ZoneInfo(zone), hours, year))


def _windows(zone: ZoneInfo, hours: Hours, year: int) -> Iterator[Window]:
    first, last = date(year, 1, 1), date(year, 12, 31)
    noons = {n: _offset(zone, n) for n in range(first.toordinal() - 2, last.toordinal() + 3)}
    for n in range(first.toordinal(), last.toordinal() + 1):
        day = date.fromordinal(n)
        if day.weekday() not in hours.weekdays:
            continue
        near = {noons[n + i] for i in NEAR}
        window = _plain(day, hours, near.pop()) if len(near) == 1 else _changing(day, hours, zone)
        if window is not None:
            yield window


def _offset(zone: ZoneInfo, ordinal: int) -> timedelta:
    noon = datetime.fromordinal(ordinal).replace(hour=12, tzinfo=UTC)
    return noon.astimezone(zone).utcoffset() or timedelta()


def _plain(day: date, hours: Hours, offset: timedelta) -> Window:
    """The window of a day on which the clock does not change."""
    midnight = microseconds(datetime(day.year, day.month, day.day, tzinfo=UTC) - offset)
    minute = MINUTE // timedelta(microseconds=1)
    at = [midnight + each * minute for each in (hours.opens, hours.closes, *_full_hours(hours))]
    return Window(day, at[0], at[1], tuple(at[2:]) or (at[0],))


def _full_hours(hours: Hours) -> range:
    """The full hours at which somebody is contacted: not the last ones, so that a mailbox has time for all of them."""
    first = -(-hours.opens // 60) * 60
    return range(first, max(hours.closes - LEFT_TO_SEND, min(first + 1, hours.closes)), 60)


def _changing(day: date, hours: Hours, zone: ZoneInfo) -> Window | None:
    """
    The window of a day near a change of the clock; None where nothing is left of it.

    An hour that happens twice: the window opens at the later of two openings and closes at the earlier of two
    closings, so that every instant in it shows a time of the working hours. Where both lie in that hour: its first
    time. An hour that does not happen: whoever waits for a time in it waits for its end.
    """
    first_open, opens = _instants(day, hours.opens, zone)
    closes, _ = _instants(day, hours.closes, zone)
    if closes <= opens:
        opens = first_open
    if closes <= opens:
        return None
    found = [_existing(day, minute, zone) for minute in _full_hours(hours)]
    slots = [next((at for at in each if opens <= at < closes), None) for each in found]
    kept = tuple(sorted(microseconds(at) for at in slots if at is not None))
    return Window(day, microseconds(opens), microseconds(closes), kept or (microseconds(opens),))


def _twice(day: date, minute: int, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """A local time read with the rule before a change of the clock, and with the one after."""
    wall = datetime(day.year, day.month, day.day) + minute * MINUTE  # noqa: DTZ001 - the wall clock of a zone.
    first, second = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return first, second


def _instants(day: date, minute: int, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first and the last instant at which it is that time, or, where it never is, at which the clock passes it."""
    first, second = _twice(day, minute, zone)
    if first <= second:
        return first, second
    changed = _change(second, first, zone)
    return changed, changed


def _existing(day: date, minute: int, zone: ZoneInfo) -> tuple[datetime, ...]:
    first, second = _twice(day, minute, zone)
    return (first, second) if first <= second else ()


def _change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The instant between two at which the clock is put forward."""
    offset, second = before.astimezone(zone).utcoffset(), timedelta(seconds=1)
    while after - before > second:
        middle = before + ((after - before) // 2 // second or 1) * second
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after


#: Keys of the zone database that mean another zone on every machine, or none.
NO_ZONES = frozenset({"Factory", "localtime", "posixrules"})


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    """Return the names of all zones whose rules are known here."""
    return tuple(sorted(available_timezones() - NO_ZONES))


@lru_cache(maxsize=64)
def full_hours(zone: str, hours: Hours, year: int) -> tuple[int, ...]:
    """Return the full working hours of a year and the next two, in order; holidays are not considered."""
    return tuple(
        slot
        for each in range(year, year + 3)
        for window in windows(zone, hours, each)
        for slot in window.slots
    )
