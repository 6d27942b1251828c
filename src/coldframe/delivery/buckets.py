"""
How fast a bucket fills, so that no window of a minute ever sees more than its limit. Pure.

What is taken when a message is claimed may be used a little later. So the limit is kept for every window that
is longer by as much: a full bucket and what flows in meanwhile together stay within it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=1)
#: Room taken at the claim is good for so long.
GRACE = timedelta(seconds=5)
#: Share of a minute's limit that may go at once.
BURST_SHARE = 0.1
#: A clock that goes back by more than this was wrong before.
SLACK = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Fill:
    """What a bucket held at an instant."""

    tokens: float
    refilled_at: datetime


def size_of(limit: int) -> int:
    """
    Return how many may go at once.

    >>> size_of(1), size_of(30), size_of(600)
    (1, 3, 60)
    """
    return max(1, int(limit * BURST_SHARE))


def seconds_each(limit: int) -> float:
    """
    Return how long one token takes to flow in.

    In a window of ``w`` seconds at most ``size + w / seconds_each`` tokens can be taken, and less than that when
    the window is open at one end; with one more than the limit there, the limit itself is never passed.

    >>> seconds_each(1), round(seconds_each(30), 2)
    (65.0, 2.32)
    """
    return (WINDOW + GRACE).total_seconds() / (limit + 1 - size_of(limit))


def refilled(fill: Fill | None, *, limit: int, at: datetime) -> Fill:
    """Return what a bucket holds now; a new one is full. A clock that went back brings nothing, and stops nothing."""
    if fill is None:
        return Fill(float(size_of(limit)), at)
    passed = (at - fill.refilled_at).total_seconds()
    if passed < 0:
        is_wrong = -passed > SLACK.total_seconds()
        return Fill(min(fill.tokens, size_of(limit)), at if is_wrong else fill.refilled_at)
    return Fill(min(size_of(limit), fill.tokens + passed / seconds_each(limit)), at)


def full_at(fill: Fill, *, limit: int) -> datetime:
    """Return when the bucket holds a whole token again."""
    missing = max(0.0, 1.0 - fill.tokens)
    # A microsecond more, so that rounding never brings one back just too early.
    return fill.refilled_at + timedelta(seconds=missing * seconds_each(limit)) + timedelta(microseconds=1)
