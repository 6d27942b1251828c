"""Lengths of time in the reader's language: how long, how long ago, how long from now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Unit:
    """A unit of time, and how a number of it is said."""

    seconds: int
    length: tuple[str, str]
    ago: tuple[str, str]
    ahead: tuple[str, str]


def plural(one: str, many: str) -> tuple[str, str]:
    """Return a message that has a form for one and a form for many; they are gathered by this name."""
    return one, many


#: The largest first.
UNITS = (
    Unit(
        365 * 86400,
        plural("%(count)s year", "%(count)s years"),
        plural("%(count)s year ago", "%(count)s years ago"),
        plural("in %(count)s year", "in %(count)s years"),
    ),
    Unit(
        30 * 86400,
        plural("%(count)s month", "%(count)s months"),
        plural("%(count)s month ago", "%(count)s months ago"),
        plural("in %(count)s month", "in %(count)s months"),
    ),
    Unit(
        86400,
        plural("%(count)s day", "%(count)s days"),
        plural("%(count)s day ago", "%(count)s days ago"),
        plural("in %(count)s day", "in %(count)s days"),
    ),
    Unit(
        3600,
        plural("%(count)s hour", "%(count)s hours"),
        plural("%(count)s hour ago", "%(count)s hours ago"),
        plural("in %(count)s hour", "in %(count)s hours"),
    ),
    Unit(
        60,
        plural("%(count)s minute", "%(count)s minutes"),
        plural("%(count)s minute ago", "%(count)s minutes ago"),
        plural("in %(count)s minute", "in %(count)s minutes"),
    ),
)


def in_whole_units(span: timedelta) -> tuple[Unit, int] | None:
    """Return the largest unit that a length of time has whole, and how many of it; None below a minute."""
    for unit in UNITS:
        if count := int(span.total_seconds() // unit.seconds):
            return unit, count
    return None
