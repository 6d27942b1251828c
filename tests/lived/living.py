"""Letting worlds live: from one thing that is due, or happens, to the next, in whole hours."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
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
    seconds: float

    def as_json(self) -> dict[str, Any]:
        return {
            "faults": dict(Counter(each.rule for each in self.faults)), "first_faults": [str(each) for each in self.faults[:5]],
            "books": self.books[:5], "history": self.history, "seen": dict(sorted(self.seen.items())),
            "seconds": round(self.seconds, 2),
        }  # fmt: skip


def live(engine: Engine, worlds: list[World], *, until: datetime | None = None) -> Lived:
    """Live to the end; return what came of it."""
    began, at = time.monotonic(), BEGIN
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
        hour = max(at + HOUR if min(ahead) > at else at + MINUTE, rounded_up(min(ahead)))
        soon = engine.soon_at()
        at = hour if soon is None else min(hour, max(soon, at + MINUTE / 3))
    return judged(engine, worlds, time.monotonic() - began)


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
        seen=sum((world.seen for world in worlds), Counter()), seconds=seconds,
    )  # fmt: skip
