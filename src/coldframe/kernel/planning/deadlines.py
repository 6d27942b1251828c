"""Until when sales answers: the agreed time, and the deadline after which a review has lapsed."""

from __future__ import annotations

from datetime import datetime, timedelta

from coldframe.kernel.lifecycle import LEAST_DEADLINE
from coldframe.kernel.planning import hours
from coldframe.kernel.playbook.expressions import EPOCH, microseconds
from coldframe.kernel.playbook.model import Playbook

TRIGGER = "trigger:"


def agreed(reason: str, *, playbook: Playbook) -> timedelta | None:
    """Return how soon sales agreed to answer a handoff of this reason (``trigger:<name>``); None: nothing is agreed."""
    within = {f"{TRIGGER}{each.name}": each.answer_within for each in playbook.triggers}.get(reason)
    return within.delta(cycle=playbook.cycle) if within else None


def answer_by_at(reason: str, *, opened_at: datetime, playbook: Playbook) -> datetime | None:
    """
    Return by when sales agreed to answer a handoff opened at an instant; None: nothing is agreed.

    The agreed time counts while the house works (by the playbook's working hours and its own zone): of five minutes, none
    passes at night.
    """
    left = agreed(reason, playbook=playbook)
    if left is None:
        return None
    instant, left_us = microseconds(opened_at), left // timedelta(microseconds=1)
    for window in _windows_around(opened_at, playbook):
        begins = max(window.opens, instant)
        if window.closes <= begins:
            continue
        if window.closes - begins >= left_us:
            return EPOCH + timedelta(microseconds=begins + left_us)
        left_us -= window.closes - begins
    return opened_at + left


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
    working hours and its own zone), the end of the next working day. Never before ``answer_by_at``: what is agreed as a
    day is a day of work, which takes several.
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
