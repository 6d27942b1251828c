"""
Engines that are wrong in one thing each, to see that the oracle, or the books, find it out.

Each changes what the cycle is told, or what it decided: it is blind to something, or forgets it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import polars as pl

from coldframe.kernel import cycle
from coldframe.kernel.cycle import CycleResult
from coldframe.kernel.frames import Facts, Surroundings
from coldframe.kernel.playbook import parsing
from coldframe.kernel.playbook.model import Playbook
from coldframe.library import starters
from tests.lived import memory

Change = Callable[[Facts, Surroundings, datetime], tuple[Facts, Surroundings]]


def told(change: Change) -> Callable[..., CycleResult]:
    """Return a cycle that is told something else."""

    def decide(facts: Facts, *, surroundings: Surroundings, as_of: datetime) -> CycleResult:
        changed, around = change(facts, surroundings, as_of)
        return cycle.run(changed, surroundings=around, playbook=memory.playbook(), as_of=as_of)

    return decide


def blind(frame: str, **columns: Any) -> Callable[..., CycleResult]:
    """Return a cycle that sees a constant in these columns of a frame."""
    values = [pl.lit(value).alias(name) for name, value in columns.items()]

    def change(facts: Facts, around: Surroundings, at: datetime) -> tuple[Facts, Surroundings]:
        found = getattr(facts, frame)
        kept = [value.cast(found.schema[name]) for name, value in zip(columns, values, strict=True)]
        return replace(facts, **{frame: found.with_columns(kept)}), around

    return told(change)


def without(frame: str, which: pl.Expr) -> Callable[..., CycleResult]:
    """Return a cycle that does not see some rows of a frame."""

    def change(facts: Facts, around: Surroundings, at: datetime) -> tuple[Facts, Surroundings]:
        return replace(facts, **{frame: getattr(facts, frame).filter(~which)}), around

    return told(change)


def other_rules(*changes: tuple[str, str]) -> Callable[..., CycleResult]:
    """Return a cycle under a playbook in which rules are others; each change is a pattern and what stands instead."""

    @cache
    def book() -> Playbook:
        text = starters.read(starters.DEFAULT)
        for pattern, instead in changes:
            text, count = re.subn(pattern, instead, text)
            assert count, pattern
        return parsing.parse(text, file="mutant.yaml")

    def decide(facts: Facts, *, surroundings: Surroundings, as_of: datetime) -> CycleResult:
        return cycle.run(facts, surroundings=surroundings, playbook=book(), as_of=as_of)

    return decide


def forgetful(facts: Facts, around: Surroundings, at: datetime) -> tuple[Facts, Surroundings]:
    """Forget touches after a month, and with them what was sent."""
    return replace(facts, touches=facts.touches.filter(pl.col("at") > at - timedelta(days=31))), around


def no_holidays(facts: Facts, around: Surroundings, at: datetime) -> tuple[Facts, Surroundings]:
    return facts, replace(around, holidays=around.holidays.clear())


def no_load(facts: Facts, around: Surroundings, at: datetime) -> tuple[Facts, Surroundings]:
    return facts, replace(around, sales_load=around.sales_load.clear())


def dropping(facts: Facts, *, surroundings: Surroundings, as_of: datetime) -> CycleResult:
    """Lose a hold now and then."""
    result = memory.ENGINE(facts, surroundings=surroundings, as_of=as_of)
    return replace(result, plans=result.plans.filter(pl.col("is_touch") | (pl.col("lead_id") % 50 != 0)))


def reopened(facts: Facts, *, surroundings: Surroundings, as_of: datetime) -> CycleResult:
    """Write to everybody whose hour it is, whatever holds them."""
    result = memory.ENGINE(facts, surroundings=surroundings, as_of=as_of)
    paused = (pl.col("reason") == "PAUSED") & pl.col("content_key").is_not_null()
    return replace(result, plans=result.plans.with_columns((pl.col("is_touch") | paused).alias("is_touch")))


#: By name: what is wrong, and the least that lets the oracle see it.
MUTANTS: dict[str, Callable[..., CycleResult]] = {
    "blind_to_suppression": blind("leads", suppressed_by=None),
    "blind_to_expiry": blind("consents", expires_at=None),
    "blind_to_withdrawal": blind("consents", withdrawn_at=None),
    "blind_to_leaving": blind("leads", left_company=None),
    "blind_to_holidays": told(no_holidays),
    "blind_to_sales_load": told(no_load),
    "blind_to_verdicts": blind("handoffs", verdict_until=None),
    "forgets_uncertain_touches": without("touches", pl.col("state") == "UNCERTAIN"),
    "forgets_old_touches": told(forgetful),
    "forgets_open_handoffs": without("handoffs", pl.col("state") == "OPEN"),
    "no_least_gap": other_rules(("1 in 5 days, ", ""), (r"between: \d+ to \d+ days", "between: 1 to 2 days")),
    "no_rule_for_colleagues": other_rules(("per_account: 1 a day", "per_account: 9 a day")),
    "works_at_night": other_rules(("Mon-Fri 08:30-17:30", "Mon-Fri 07:00-22:00")),
    "no_sunset": other_rules(
        (
            "time_since_meaningful_action, at_least: one cycle",
            "time_since_meaningful_action, at_least: 3000 days",
        )
    ),
    "drops_holds": dropping,
    "overrides_pauses": reopened,
}


def changes() -> dict[str, tuple[Any, str, Any]]:
    """Return, by name, what else can be wrong in memory: whose attribute, which, and what stands instead."""
    return {"writes_while_held": (memory, "hold_back", lambda result, **_: result)}


def of_the_database() -> dict[str, tuple[Any, str, Any]]:
    """Return, by name, what can be wrong about the ways out; only an engine with tables has them."""
    from coldframe.delivery import brake
    from coldframe.outbox import gates, holding, workers
    from tests.lived import database

    return {
        "no_limits": (database, "GATES", lambda: gates.OPEN),
        "blind_to_holds": (holding, "find_hold", lambda: None),
        "believes_every_clock": (workers.Pulse, "doubt", lambda self, at: ""),
        "no_brake": (brake, "see", lambda counts: brake.Sight()),
    }


def names(engine: str) -> list[str]:
    """Return the mutants of an engine."""
    return [*MUTANTS, *changes()] if engine == "memory" else list(of_the_database())


@contextmanager
def planted(name: str) -> Iterator[None]:
    """Let engines be wrong in one thing."""
    if name in MUTANTS:
        owner, attribute, wrong = memory, "decide", MUTANTS[name]
    else:
        owner, attribute, wrong = (changes() | of_the_database())[name]
    right = getattr(owner, attribute)
    setattr(owner, attribute, wrong)
    try:
        yield
    finally:
        setattr(owner, attribute, right)
