"""
The loop of a worker: a turn for what arrived, one for the cycle, one for the outbox, and whatever else runs by itself.

A worker has no memory: all it knows lies in the database, so that any number of them share the work and
any of them may be killed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from coldframe.activity import digesting
from coldframe.activity.digesting import Digester
from coldframe.nurture import cycle, waves
from coldframe.outbox import operations as outbox
from coldframe.outbox import queries as outbox_queries
from coldframe.outbox.gates import OPEN
from coldframe.outbox.handlers import Gate, Handler
from coldframe.outbox.journal import Journal
from coldframe.storage import turns
from coldframe.work import outages
from coldframe.work.clocks import Clock
from coldframe.work.outages import Outage


@dataclass(kw_only=True)
class Totals:
    """What a worker has done."""

    turns: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    def as_json(self) -> dict[str, Any]:
        """Return the counts as plain values."""
        return {"turns": self.turns, **dict(sorted(self.counts.items()))}


@dataclass(kw_only=True)
class Worker:
    """One worker: its name, its clock, and what it hands messages to."""

    name: str
    clock: Clock
    handlers: Mapping[str, Handler]
    #: What makes facts of what arrived, by kind.
    digesters: Mapping[str, Digester] = field(default_factory=dict)
    #: Numbers never used before, one for each claim.
    tokens: Iterator[int]
    #: What limits and stops the ways out, and what is written down of what went out; see ``outbox.operations``.
    gate: Gate = OPEN
    journal: Journal | None = None
    #: Further things with a time of their own: name -> (every so long, what to do at an instant).
    chores: Mapping[str, tuple[timedelta, Callable[[datetime], object]]] = field(default_factory=dict)
    #: Says that the worker lives; False while its clock cannot be believed.
    beat: Callable[[datetime], bool] = lambda at: True
    stopping: Callable[[], bool] = bool
    outage: Outage = field(default_factory=Outage)
    totals: Totals = field(default_factory=Totals)
    done_at: dict[str, datetime] = field(default_factory=dict)

    def run(self, *, until: datetime | None = None, stop: Callable[[], bool] = lambda: False) -> Totals:
        """
        Take turns until told to stop, or until an instant; return what was done.

        A database that fails for a while is waited for; raises its error when it stays away.
        """
        self.stopping = stop
        while not stop():
            at = self.clock.now()
            try:
                busy = self.beat(at) and self.turn(at)
                then = None if busy else self.next_at(after=at)
            except outages.FAILURES as error:
                self.outage.outlast(error)
                continue
            self.outage.over()
            if until is not None and at >= until and not busy:
                break
            if not busy:
                self.clock.wait(then)
        return self.totals

    def turn(self, at: datetime) -> bool:
        """Do what is due; return whether there may be more right away."""
        self.totals.turns += 1
        self.every("waves", waves.EVERY, at, waves.release)
        for name, (pause, chore) in self.chores.items():
            self.every(name, pause, at, chore)
        taken = digesting.run_turn(digesters=self.digesters, at=at)
        # Read anew: what was just digested may have happened since the turn began.
        decided = cycle.run_due(as_of=self.clock.now(), token=next(self.tokens))
        handed = outbox.run_turn(
            handlers=self.handlers,
            worker=self.name,
            now=self.clock.now,
            gate=self.gate,
            journal=self.journal,
            stopping=self.stopping,
        )
        self.totals.counts.update(taken)
        self.totals.counts.update(decided.counts)
        self.totals.counts.update(handed)
        return bool(taken or decided.accounts or handed)

    def every(self, name: str, pause: timedelta, at: datetime, chore: Callable[[datetime], object]) -> None:
        """Do a chore unless it was done within its pause; a clock that went back does it again."""
        last = self.done_at.get(name)
        if last is None or not last <= at < last + pause:
            chore(at)
            self.done_at[name] = at

    @turns.taken()
    def next_at(self, *, after: datetime) -> datetime | None:
        """Return the next instant at which something is known to be due."""
        known = [
            cycle.next_due_at(),
            outbox_queries.next_due_at(gate=self.gate, at=after),
            waves.next_at(after=after),
        ]
        return min((each for each in known if each is not None), default=None)
