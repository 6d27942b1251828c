"""Letting worlds live: from one thing that is due, or happens, to the next, in whole hours."""

from __future__ import annotations

import hashlib
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from tests.lived import oracle
from tests.lived.people import BEGIN, HOUR, Happening, World

MINUTE = timedelta(minutes=1)
#: Rounds of deciding at one instant; more means that something is due again and again.
MOST_ROUNDS = 20


class Engine(Protocol):
    """What a world lives with."""

    books: list[str]
    #: Rules of the oracle that it knows nothing of.
    unknown: frozenset[str]

    def next_at(self) -> datetime | None: ...

    def soon_at(self) -> datetime | None:
        """When something is to go on to the minute; all else goes on at full hours."""

    def happen(self, found: Happening) -> bool: ...
    def run(self, at: datetime) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Lived:
    """What came of some worlds."""

    faults: list[oracle.Fault]
    books: list[str]
    #: The same for the same seed.
    history: str
    seen: Counter[str]
    worlds: int
    #: Of processor time.
    seconds: float

    def as_json(self) -> dict[str, Any]:
        return {
            "faults": dict(Counter(each.rule for each in self.faults)), "first_faults": [str(each) for each in self.faults[:5]],
            "books": self.books[:5], "history": self.history, "seen": dict(sorted(self.seen.items())),
            "seconds": round(self.seconds, 2), "seconds_a_world": round(self.seconds / self.worlds, 2),
        }  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Pace:
    """
    When the worker is up: at every full hour of one week in so many, and once on one of so many other days.

    At an hour that is drawn, at which the world is at work. A worker that is seldom up decides about many at once, and late;
    one that is always up decides in time. ``busy_week_in`` 1: it is always up.
    """

    seed: int
    busy_week_in: int = 1
    day_in: int = 1

    def up_at(self, instant: datetime) -> datetime:
        """Return the first full hour from an instant on at which the worker is up."""
        hour = rounded_up(instant)
        while hour.hour not in self.hours_of(hour):
            hour += HOUR
        return hour

    def hours_of(self, instant: datetime) -> frozenset[int]:
        """Return the hours of the instant's day."""
        day = (instant - BEGIN).days
        if day // 7 % self.busy_week_in == 0:
            return frozenset(range(24))
        if day % self.day_in:
            return frozenset()
        drawn = random.Random(f"{self.seed}:up:{instant:%Y-%m-%d}")
        return frozenset([drawn.choice(AT_WORK)])


#: Hours (UTC) at which all people of a world are at work, summer and winter.
AT_WORK = range(8, 15)
ALWAYS = Pace(seed=0)
PACES: dict[str, Callable[[int], Pace]] = {
    "always": lambda seed: ALWAYS,
    "seldom": lambda seed: Pace(seed=seed, busy_week_in=78),
    "rarely": lambda seed: Pace(seed=seed, busy_week_in=156, day_in=2),
}


def live(engine: Engine, worlds: list[World], *, until: datetime | None = None, pace: Pace = ALWAYS) -> Lived:
    """Live to the end; return what came of it."""
    began, at = time.process_time(), BEGIN
    end = min(until or worlds[0].end, worlds[0].end)
    for world in worlds:
        world.end = end
    while at <= end:
        for world in worlds:
            for found in world.until(at):
                if not engine.happen(found):
                    world.unheard()
        engine.run(at)
        known = (engine.next_at(), engine.soon_at(), *(world.next_at() for world in worlds))
        ahead = [each for each in known if each is not None]
        if not ahead:
            break
        hour = max(at + HOUR if min(ahead) > at else at + MINUTE, pace.up_at(min(ahead)))
        soon = engine.soon_at()
        at = hour if soon is None else min(hour, max(soon, at + MINUTE / 3))
    return judged(engine, worlds, time.process_time() - began)


def rounded_up(instant: datetime) -> datetime:
    whole = instant.replace(minute=0, second=0, microsecond=0)
    return whole if whole == instant else whole + HOUR


def judged(engine: Engine, worlds: list[World], seconds: float) -> Lived:
    found = [fault for world in worlds for fault in oracle.faults(world)]
    found += oracle.of_everybody([entry for world in worlds for entry in world.log])
    found = [fault for fault in found if fault.rule not in engine.unknown]
    text = "\n".join(
        f"{entry.at} {entry.what} {entry.lead_id} {entry.about}" for world in worlds for entry in world.log
    )
    return Lived(
        faults=found, books=engine.books, history=hashlib.sha256(text.encode()).hexdigest()[:16],
        seen=sum((world.seen for world in worlds), Counter()), worlds=len(worlds), seconds=seconds,
    )  # fmt: skip
