"""
Signals: each lead's events as decayed points, counts and last times.

Points are counted in whole millionths: whole numbers add up to the same sum in any order, so that neither
the order of rows nor a split into partitions can move a lead.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from coldframe.kernel import running
from coldframe.kernel.assessment import matching
from coldframe.kernel.assessment.matching import MILLIONTHS, Matches, Slot
from coldframe.kernel.assessment.policy import Policy
from coldframe.kernel.playbook import expressions
from coldframe.kernel.playbook.expressions import MICROSECONDS_A_DAY
from coldframe.kernel.vocabulary import HUMAN_ABOVE, BuyerStage

#: Steps of ``p_human``; makes exact what single precision cannot hold.
P_STEPS = 1000
#: So many shapes can be told apart beside an age in 64 bits.
FEW_SHAPES = 2**12
#: Ages are told apart up to 71 years; what is older counts as that old.
OLDEST = 2**51 - 1


@dataclass(frozen=True)
class Latest:
    """The age of an event and the number of its shape as one whole number: the least is the latest event."""

    shapes: int

    def packed(self) -> pl.Expr:
        """Return age · shapes + number; 64 bits where that suffices."""
        wide = pl.Int64 if self.shapes <= FEW_SHAPES else pl.Int128
        return pl.col("age").clip(upper_bound=OLDEST).cast(wide) * self.shapes + pl.col("number").cast(wide)

    def age(self, packed: pl.Expr) -> pl.Expr:
        """Return the age in microseconds."""
        return (packed // self.shapes).cast(pl.Int64)

    def number(self, packed: pl.Expr) -> pl.Expr:
        """Return the number of the shape."""
        return (packed % self.shapes).cast(pl.Int64)


def per_lead(
    events: pl.DataFrame, matches: Matches, as_of: datetime, *, detail: bool = False, ahead: bool = False
) -> pl.DataFrame:
    """
    Sum each lead's events up to the instant.

    Returns one row per lead that has an event that counts, in no order:
    ``lead_id`` · ``own`` i64, millionths of a point: over signals, the lesser of cap and
    Σ points · 2 ** (-age / half_life) · p_human · ``confirmed`` i64, the same of those events alone that are more likely
    than not a person's · ``stage:<stage>`` i64, what is confirmed per stage, and ``evidence`` over all stages ·
    ``last_meaningful_age`` i64, microseconds, and ``last_meaningful_shape``. With
    ``detail`` also ``signal:<name>:points`` f64, ``:count`` and ``:age``, which are of confirmed events, and ``:unsure``,
    how many others count for something. With ``ahead`` also ``own:fades``, ``confirmed:fades``, ``evidence:fades`` and
    ``stage:<stage>:fades`` f64: the most that the sum loses at the instant, in millionths a microsecond.
    """
    policy, lookup = matches.policy, matches.kept(_lookup)
    latest = lookup.latest
    return (
        known_events(events, as_of)
        .join(lookup.numbered.lazy(), on="shape_id", how="inner")
        .group_by(policy.kept(_slot_of_lead))
        .agg(policy.kept(_sums, latest, detail))
        .with_columns(policy.kept(_unpacked))
        .join(policy.kept(_evidence_table).lazy(), on="slot", how="inner")
        .with_columns(CAPPED)
        .group_by("lead_id")
        .agg(policy.kept(_aggregates, latest, detail, ahead))
        .with_columns(policy.kept(_last, latest))
        .join(lookup.shapes.lazy(), on="number", how="left")
        .drop("latest", "number")
        .pipe(running.aggregated, events=events.height)
    )


CAPPED = [
    pl.min_horizontal("points", "cap").alias("capped"),
    pl.min_horizontal("sure", "cap").alias("capped_sure"),
]


def known_events(events: pl.DataFrame, as_of: datetime) -> pl.LazyFrame:
    """Return what had happened by the instant: ``lead_id``, ``shape_id``, ``p_human``, ``age`` i64 microseconds."""
    age = pl.lit(expressions.microseconds(as_of)) - pl.col("occurred_at").to_physical()
    return events.lazy().select("lead_id", "shape_id", "p_human", age=age).filter(pl.col("age") >= 0)


@dataclass(frozen=True, eq=False)
class Lookup:
    """
    What an event finds by its shape.

    ``numbered``: ``shape_id``, ``slot``, ``number``, ``fresh`` and ``rate`` (what the slot is worth); ``shapes``:
    ``number`` and its shape as ``last_meaningful_shape``.
    """

    numbered: pl.DataFrame
    shapes: pl.DataFrame
    latest: Latest


def _lookup(matches: Matches) -> Lookup:
    counted, number = matches.policy.kept(_numbers)
    slots = matches.policy.kept(_slot_table).lazy()
    pairs = matches.pairs.lazy().filter(counted).with_columns(number).join(slots, on="slot", how="inner")
    numbered = running.collected(pairs, rows=matches.pairs.height)
    shapes = numbered.select("number", pl.col("shape_id").alias("last_meaningful_shape")).unique()
    # Few shapes are told apart like many of them, so that what is made for them serves the next few too.
    latest = Latest(FEW_SHAPES if shapes.height <= FEW_SHAPES else shapes.height)
    return Lookup(numbered, shapes, latest)


def _numbers(policy: Policy) -> tuple[pl.Expr, pl.Expr]:
    slots = policy.kept(matching.slots_of)
    counted = pl.col("slot").is_in([slot.index for slot in slots if slot.is_signal or slot.is_meaningful])
    return counted, (pl.col("shape_id").rank("dense").cast(pl.Int64) - 1).alias("number")


def _slot_table(policy: Policy) -> pl.DataFrame:
    slots = policy.kept(matching.slots_of)
    rates = [-math.log(2) / (slot.half_life_days * MICROSECONDS_A_DAY) for slot in slots]
    return pl.DataFrame(
        {
            "slot": [slot.index for slot in slots],
            "fresh": [slot.points * MILLIONTHS / P_STEPS for slot in slots],
            "rate": rates,
        },
        schema={"slot": pl.Int64, "fresh": pl.Float64, "rate": pl.Float64},
    )


def _evidence_table(policy: Policy) -> pl.DataFrame:
    """What points by slot mean: their cap, their stage, and whether the slot is the whole signal."""
    slots = policy.kept(matching.slots_of)
    spread = {slot.index for group in _spread(slots) for slot in group}
    return pl.DataFrame(
        {
            "slot": [slot.index for slot in slots],
            "cap": [slot.cap for slot in slots],
            "stage": [slot.stage for slot in slots],
            "is_whole": [slot.is_signal and slot.index not in spread for slot in slots],
            "is_signal": [slot.is_signal for slot in slots],
            "fading": [math.log(2) / (slot.half_life_days * MICROSECONDS_A_DAY) for slot in slots],
        },
        schema={
            "slot": pl.Int64,
            "cap": pl.Int64,
            "stage": pl.Enum([stage.value for stage in BuyerStage]),
            "is_whole": pl.Boolean,
            "is_signal": pl.Boolean,
            "fading": pl.Float64,
        },
    )


def _slot_of_lead(policy: Policy) -> pl.Expr:
    """Lead and slot packed into one key: one narrow key is several times faster to group by than two."""
    return pl.col("lead_id") * len(policy.kept(matching.slots_of)) + pl.col("slot")


def _unpacked(policy: Policy) -> list[pl.Expr]:
    count = len(policy.kept(matching.slots_of))
    return [pl.col("lead_id") // count, (pl.col("lead_id") % count).alias("slot")]


def _sums(policy: Policy, latest: Latest, detail: bool) -> list[pl.Expr]:
    """Sum the events of a lead and slot: ``points`` and ``sure`` i64, ``latest``, in detail ``count`` and ``unsure``."""
    steps = (pl.col("p_human").cast(pl.Float64) * P_STEPS).round()
    decayed = (pl.col("fresh") * (pl.col("age") * pl.col("rate")).exp() * steps).round().cast(pl.Int64)
    is_human = pl.col("p_human") > HUMAN_ABOVE
    is_unsure = (pl.col("p_human") > 0) & ~is_human
    return [
        decayed.sum().alias("points"),
        pl.when(is_human).then(decayed).sum().alias("sure"),
        pl.when(is_human).then(latest.packed()).min().alias("latest"),
        *([is_human.sum().alias("count"), is_unsure.sum().alias("unsure")] if detail else []),
    ]


def _aggregates(policy: Policy, latest: Latest, detail: bool, ahead: bool) -> list[pl.Expr]:
    slots = policy.kept(matching.slots_of)
    found = [*_points(slots), *_last_meaningful(slots)]
    if ahead:
        found += _fades(slots)
    return [*found, *_details(slots, latest, policy)] if detail else found


def _last(policy: Policy, latest: Latest) -> list[pl.Expr]:
    packed = pl.col("latest")
    return [latest.age(packed).alias("last_meaningful_age"), latest.number(packed).alias("number")]


def _points(slots: tuple[Slot, ...]) -> list[pl.Expr]:
    """Own points over all signals, and the points behind each stage; each signal up to its cap."""
    spread = _spread(slots)
    own, sure = (
        [
            pl.when("is_whole").then(capped).sum(),
            *(_capped(_in(group, whole).sum(), group[0].cap) for group in spread),
        ]
        for capped, whole in (("capped", "points"), ("capped_sure", "sure"))
    )
    stages = [
        pl.when(pl.col("stage") == stage.value).then("capped_sure").sum().alias(f"stage:{stage.value}")
        for stage in BuyerStage
        if any(slot.stage == stage.value for slot in slots)
    ]
    evidence = pl.when(pl.col("stage").is_not_null()).then("capped_sure").sum()
    sums = [pl.sum_horizontal(own).alias("own"), pl.sum_horizontal(sure).alias("confirmed")]
    return [*sums, evidence.alias("evidence"), *stages]


def _fades(slots: tuple[Slot, ...]) -> list[pl.Expr]:
    """
    How quickly sums fall at the instant. A signal at its cap falls later; to take it for falling errs on the early side.
    """
    fades, sure = pl.col("capped") * pl.col("fading"), pl.col("capped_sure") * pl.col("fading")
    stages = [
        pl.when(pl.col("stage") == stage.value).then(sure).sum().alias(f"stage:{stage.value}:fades")
        for stage in BuyerStage
        if any(slot.stage == stage.value for slot in slots)
    ]
    evidence = pl.when(pl.col("stage").is_not_null()).then(sure).sum().alias("evidence:fades")
    confirmed = pl.when("is_signal").then(sure).sum().alias("confirmed:fades")
    return [pl.when("is_signal").then(fades).sum().alias("own:fades"), confirmed, evidence, *stages]


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
        yield _in(mine, "unsure").sum().alias(f"signal:{name}:unsure")
        yield latest.age(_in(mine, "latest").min()).alias(f"signal:{name}:age")


def in_points(millionths: pl.Expr) -> pl.Expr:
    """Return whole millionths as points; rounded, so that they are the same in every frame."""
    return (millionths / MILLIONTHS).round(6)
