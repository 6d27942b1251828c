"""Until when sales answers: the agreed time, and the deadline after which a review has lapsed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from coldframe.kernel.lifecycle import LEAST_DEADLINE
from coldframe.kernel.planning import hours
from coldframe.kernel.playbook.expressions import EPOCH, microseconds
from coldframe.kernel.playbook.model import Playbook

TRIGGER = "trigger:"
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)


def agreed(reason: str, *, playbook: Playbook) -> timedelta | None:
    """Return how soon sales agreed to answer a handoff of this reason (``trigger:<name>``); None: nothing is agreed."""
    within = {f"{TRIGGER}{each.name}": each.answer_within for each in playbook.triggers}.get(reason)
    return within.delta(cycle=playbook.cycle) if within else None


def answer_by_at(reason: str, *, opened_at: datetime, playbook: Playbook) -> datetime | None:
    """
    Return by when sales agreed to answer a handoff opened at an instant; None: nothing is agreed.

    The agreed time counts while the house works (by the playbook's working hours and its own zone). Of five minutes, none
    passes at night; a day is over at the same hour of the next working day, and a week, like all that is longer, at the
    same hour a week later, or when work begins again.
    """
    left = agreed(reason, playbook=playbook)
    if left is None:
        return None
    weeks, days, rest = left // WEEK, left % WEEK // DAY, left % DAY
    found = _windows_around(opened_at, playbook)
    began = microseconds(opened_at + weeks * WEEK)
    first = next((place for place, window in enumerate(found) if window.closes > began), None)
    if first is None or first + days >= len(found):
        return opened_at + left
    since = max(began - found[first].opens, 0)
    day = found[first + days]
    return (
        _worked(rest, since=min(day.opens + since, day.closes), windows=found[first + days :])
        or opened_at + left
    )


def _worked(length: timedelta, *, since: int, windows: Sequence[hours.Window]) -> datetime | None:
    """Return when so much time of work has passed since an instant (microseconds); None: not within these windows."""
    left = length // timedelta(microseconds=1)
    for window in windows:
        begins = max(window.opens, since)
        if window.closes - begins >= left:
            return EPOCH + timedelta(microseconds=begins + left)
        left -= max(window.closes - begins, 0)
    return None


def longest(*, playbook: Playbook) -> timedelta:
    """Return the longest agreed time, which counts where nothing is agreed; never less than the least deadline."""
    times = [
        each.answer_within.delta(cycle=playbook.cycle) for each in playbook.triggers if each.answer_within
    ]
    return max([*times, LEAST_DEADLINE])


def deadline_at(reason: str, *, opened_at: datetime, playbook: Playbook) -> datetime:
    """
    Return when a handoff opened at an instant has lapsed.

    The agreed time, but not less than ``LEAST_DEADLINE``; where it runs out while nobody works (by the playbook's
    working hours and its own zone), the end of the next working day. Never before ``answer_by_at``: hours of work may take
    days.
    """
    wait = agreed(reason, playbook=playbook)
    at = opened_at + (max(wait, LEAST_DEADLINE) if wait else longest(playbook=playbook))
    lapses = _while_working(at, playbook)
    answer_by = answer_by_at(reason, opened_at=opened_at, playbook=playbook)
    return max(lapses, answer_by) if answer_by else lapses


def _while_working(at: datetime, playbook: Playbook) -> datetime:
    instant = microseconds(at)
    found = _windows_around(at, playbook)
    window = next((each for each in found if each.closes > instant), None)
    if window is None or window.opens <= instant:
        return at
    return EPOCH + timedelta(microseconds=window.closes)


def _windows_around(at: datetime, playbook: Playbook) -> list[hours.Window]:
    """Return the working hours of the house, from the year of an instant to the end of the next."""
    rule = playbook.calendar
    zone = hours.known_zone(rule.time_zone.otherwise)
    week = hours.hours_of(rule.working_hours)
    return [each for year in (at.year, at.year + 1) for each in hours.windows(zone, week, year)]
