"""
Signals: each lead's events as decayed points, counts and last times.

Points are counted in whole millionths: whole numbers add up to the same sum in any order, so that neither
the order of rows nor a split into partitions can move a lead.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import polars as pl

from coldframe.kernel.assessment import matching
from coldframe.kernel.assessment.matching import MILLIONTHS, Matches, Slot
from coldframe.kernel.assessment.policy import Policy
from coldframe.kernel.playbook import expressions
from coldframe.kernel.playbook.expressions import MICROSECONDS_A_DAY
from coldframe.kernel.vocabulary import BuyerStage

#: More likely a person than not.
HUMAN_ABOVE = 0.5
#: Steps of ``p_human``; makes exact what single precision cannot hold.
P_STEPS = 1000
#: From here on the streaming engine pays: less memory, and faster.
MANY_EVENTS = 100_000
#: Ages are told apart up to 71 years; what is older counts as that old.
OLDEST = 2**51 - 1


@dataclass(frozen=True)
class Latest:
    """The age of an event and the number of its shape as one whole number: the least is the latest event."""

    shapes: int

    def packed(self) -> pl.Expr:
        """Return age · shapes + number; 64 bits where that suffices."""
        wide = pl.Int64 if self.shapes <= 2**12 else pl.Int128
        return pl.col("age").clip(upper_bound=OLDEST).cast(wide) * self.shapes + pl.col("number").cast(wide)

    def age(self, packed: pl.Expr) -> pl.Expr:
        """Return the age in microseconds."""
        return (packed // self.shapes).cast(pl.Int64)

    def number(self, packed: pl.Expr) -> pl.Expr:
        """Return the number of the shape."""
        return (packed % self.shapes).cast(pl.Int64)


def per_lead(events: pl.DataFrame, matches: Matches, policy: Policy, *, detail: bool = False) -> pl.DataFrame:
    """
    Sum each lead's events up to the instant.

    Returns one row per lead that has an event that counts, in no order:
    ``lead_id`` · ``own`` i64, millionths of a point: over signals, the lesser of cap and
    Σ points · 2 ** (-age / half_life) · p_human · ``stage:<stage>`` i64, the same per stage, and
    ``evidence`` over all stages · ``last_meaningful_at``, ``last_meaningful_shape``. With ``detail`` also
    ``signal:<name>:points`` f64, ``:count`` and ``:last_at``; counts and last times are of events that are
    more likely than not a person's.
    """
    slots = matches.slots
    pairs = matches.of([slot for slot in slots if slot.is_signal or slot.is_meaningful])
    numbered = pairs.select("shape_id").unique().sort("shape_id").with_row_index("number")
    numbered = numbered.with_columns(pl.col("number").cast(pl.Int64))
    latest = Latest(max(1, numbered.height))
    lookup = pairs.join(numbered, on="shape_id").join(_slot_table(slots), on="slot")
    aggregates = [*_points(slots), *_last_meaningful(slots)]
    aggregates += _details(slots, latest, policy) if detail else []
    return (
        _per_slot(known_events(events, policy), lookup, len(slots), latest, detail=detail)
        .pipe(_with_meaning, slots)
        .group_by("lead_id")
        .agg(aggregates)
        .with_columns(
            _at(latest.age(pl.col("latest")), policy).alias("last_meaningful_at"),
            latest.number(pl.col("latest")).alias("number"),
        )
        .join(numbered.rename({"shape_id": "last_meaningful_shape"}).lazy(), on="number", how="left")
        .drop("latest", "number")
        .collect(engine=engine(events))
    )


def known_events(events: pl.DataFrame, policy: Policy) -> pl.LazyFrame:
    """Return what had happened by the instant: ``lead_id``, ``shape_id``, ``p_human``, ``age`` i64 microseconds."""
    now = expressions.microseconds(policy.as_of)
    age = pl.lit(now) - pl.col("occurred_at").to_physical()
    return events.lazy().select("lead_id", "shape_id", "p_human", age=age).filter(pl.col("age") >= 0)


def engine(events: pl.DataFrame) -> Literal["streaming", "in-memory"]:
    """Return how to aggregate so many events; the results are the same."""
    return "streaming" if events.height > MANY_EVENTS else "in-memory"


def _slot_table(slots: tuple[Slot, ...]) -> pl.DataFrame:
    rates = [-math.log(2) / (slot.half_life_days * MICROSECONDS_A_DAY) for slot in slots]
    return pl.DataFrame(
        {
            "slot": [slot.index for slot in slots],
            "fresh": [slot.points * MILLIONTHS / P_STEPS for slot in slots],
            "rate": rates,
        },
        schema={"slot": pl.Int64, "fresh": pl.Float64, "rate": pl.Float64},
    )


def _evidence_table(slots: tuple[Slot, ...]) -> pl.DataFrame:
    """What points by slot mean: their cap, their stage, and whether the slot is the whole signal."""
    spread = {slot.index for group in _spread(slots) for slot in group}
    return pl.DataFrame(
        {
            "slot": [slot.index for slot in slots],
            "cap": [slot.cap for slot in slots],
            "stage": [slot.stage for slot in slots],
            "is_whole": [slot.is_signal and slot.index not in spread for slot in slots],
        },
        schema={
            "slot": pl.Int64,
            "cap": pl.Int64,
            "stage": pl.Enum([stage.value for stage in BuyerStage]),
            "is_whole": pl.Boolean,
        },
    )


def _per_slot(
    events: pl.LazyFrame, lookup: pl.DataFrame, slot_count: int, latest: Latest, *, detail: bool
) -> pl.LazyFrame:
    """
    Sum events by lead and slot: ``lead_id``, ``slot``, ``points`` i64, ``latest``, and in detail ``count``.

    Lead and slot are packed into one key: one narrow key is several times faster to group by than two.
    """
    steps = (pl.col("p_human").cast(pl.Float64) * P_STEPS).round()
    decayed = pl.col("fresh") * (pl.col("age") * pl.col("rate")).exp() * steps
    is_human = pl.col("p_human") > HUMAN_ABOVE
    return (
        events.join(lookup.lazy(), on="shape_id", how="inner")
        .group_by(pl.col("lead_id") * slot_count + pl.col("slot"))
        .agg(
            decayed.round().cast(pl.Int64).sum().alias("points"),
            pl.when(is_human).then(latest.packed()).min().alias("latest"),
            *([is_human.sum().alias("count")] if detail else []),
        )
        .with_columns(pl.col("lead_id") // slot_count, (pl.col("lead_id") % slot_count).alias("slot"))
    )


def _with_meaning(per_slot: pl.LazyFrame, slots: tuple[Slot, ...]) -> pl.LazyFrame:
    """Add ``capped`` i64, ``stage`` and ``is_whole`` to points by slot."""
    joined = per_slot.join(_evidence_table(slots).lazy(), on="slot", how="inner")
    return joined.with_columns(capped=pl.min_horizontal("points", "cap"))


def _points(slots: tuple[Slot, ...]) -> list[pl.Expr]:
    """Own points over all signals, and the points behind each stage; each signal up to its cap."""
    spread = _spread(slots)
    own = [pl.when("is_whole").then("capped").sum()]
    own += [_capped(_in(group, "points").sum(), group[0].cap) for group in spread]
    stages = [
        pl.when(pl.col("stage") == stage.value).then("capped").sum().alias(f"stage:{stage.value}")
        for stage in BuyerStage
        if any(slot.stage == stage.value for slot in slots)
    ]
    evidence = pl.when(pl.col("stage").is_not_null()).then("capped").sum()
    return [pl.sum_horizontal(own).alias("own"), evidence.alias("evidence"), *stages]


def _spread(slots: tuple[Slot, ...]) -> list[list[Slot]]:
    """The signals that are evidence for several stages, each with its slots."""
    by_name: dict[str, list[Slot]] = {}
    for slot in slots:
        if slot.is_signal:
            by_name.setdefault(slot.name, []).append(slot)
    return [group for group in by_name.values() if len(group) > 1]


def _capped(points: pl.Expr, cap: int | None) -> pl.Expr:
    return points if cap is None else points.clip(upper_bound=cap)


def _in(slots: list[Slot], column: str) -> pl.Expr:
    """A column where the row is of one of the slots, else null."""
    indices = [slot.index for slot in slots]
    among = pl.col("slot") == indices[0] if len(indices) == 1 else pl.col("slot").is_in(indices)
    return pl.when(among).then(pl.col(column))


def _last_meaningful(slots: tuple[Slot, ...]) -> list[pl.Expr]:
    return [_in([slot for slot in slots if slot.is_meaningful], "latest").min().alias("latest")]


def _details(slots: tuple[Slot, ...], latest: Latest, policy: Policy) -> Iterator[pl.Expr]:
    for name in policy.playbook.signals:
        mine = matching.named(slots, name)
        points = in_points(_capped(_in(mine, "points").sum(), mine[0].cap))
        yield points.alias(f"signal:{name}:points")
        yield _in(mine, "count").sum().alias(f"signal:{name}:count")
        yield _at(latest.age(_in(mine, "latest").min()), policy).alias(f"signal:{name}:last_at")


def in_points(millionths: pl.Expr) -> pl.Expr:
    """Return whole millionths as points; rounded, so that they are the same in every frame."""
    return (millionths / MILLIONTHS).round(6)


def _at(age: pl.Expr, policy: Policy) -> pl.Expr:
    return policy.now - age.cast(pl.Duration("us"))
