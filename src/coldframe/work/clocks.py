"""Clocks that a worker lives by: the machine's, handed in by a door, or one that jumps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

#: A worker with nothing to do asks again after so long, whatever the clock says is next.
POLL = timedelta(milliseconds=500)
#: Meanwhile it looks so often whether anything arrived, which costs a small part of a turn.
LOOK = timedelta(milliseconds=50)


class Clock(Protocol):
    """What a worker asks of a clock."""

    def now(self) -> datetime:
        """Return the present instant, in UTC."""

    def wait(self, until: datetime | None) -> None:
        """Let time pass, at most until an instant; None: nothing is known to come."""


@dataclass(frozen=True, kw_only=True)
class RealClock:
    """The machine's clock. Waiting is short, for facts arrive unannounced."""

    read: Callable[[], datetime]
    #: Waits so many seconds, or less when the worker is told to stop.
    pause: Callable[[float], object]
    #: Says whether something arrived that is not to wait.
    has_arrived: Callable[[], bool] = lambda: False

    def now(self) -> datetime:
        return self.read()

    def wait(self, until: datetime | None) -> None:
        left = POLL if until is None else min(POLL, max(until - self.now(), timedelta(milliseconds=10)))
        while left > timedelta(0):
            step = min(left, LOOK)
            if self.pause(step.total_seconds()) or self.has_arrived():
                return
            left -= step


@dataclass(kw_only=True)
class VirtualClock:
    """
    A clock that stands still while work is done and jumps to the next thing to do.

    It jumps to whole steps, so that what falls due within a step is done together; nobody's working hours end
    within a step of a touch (``kernel.planning.hours.LEFT_TO_SEND``).
    """

    at: datetime
    end: datetime
    step: timedelta = timedelta(hours=2)

    def now(self) -> datetime:
        return self.at

    def wait(self, until: datetime | None) -> None:
        wanted = self.end if until is None else max(until, self.at + timedelta(microseconds=1))
        self.at = min(rounded_up(wanted, self.step), self.end)


def rounded_up(instant: datetime, step: timedelta) -> datetime:
    """
    Return the instant, or the next whole step after it.

    >>> rounded_up(datetime(2026, 6, 1, 9, 20, tzinfo=UTC), timedelta(hours=1))
    datetime.datetime(2026, 6, 1, 10, 0, tzinfo=datetime.timezone.utc)
    """
    beginning = datetime(1970, 1, 1, tzinfo=UTC)
    return beginning - ((beginning - instant) // step) * step
