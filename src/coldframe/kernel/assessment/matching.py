"""
Which shapes of events count as which signals.

Shapes are matched once each, events only look their shape up. A *slot* is one signal as evidence for one
stage; a signal whose stage comes from the asset has several.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from coldframe.kernel import running
from coldframe.kernel.assessment import known
from coldframe.kernel.assessment.policy import Made, Policy
from coldframe.kernel.playbook import expressions
from coldframe.kernel.playbook.fields import EVENT_FIELDS, SIGNAL_GROUPS
from coldframe.kernel.playbook.model import Asset, Playbook, Signal
from coldframe.kernel.vocabulary import PASSIVE_EVENT_KINDS, BuyerStage

#: Points are counted in whole millionths; whole numbers add up to the same sum in any order.
MILLIONTHS = 1_000_000
#: An answer to one of our questions is a meaningful action, whatever the signals say.
ANSWERED = "answered"
#: Opens are recorded and shown; they never decide anything.
OPENED = "email_opened"
FROM_ASSET = "from asset"


@dataclass(frozen=True)
class Slot:
    """One signal as evidence for one stage; or, without points, a group of signals, or answers."""

    name: str
    index: int = 0
    points: float = 0.0
    half_life_days: float = 1.0
    #: Most that the signal may add up to, in millionths of a point; None: no limit.
    cap: int | None = None
    stage: str | None = None
    is_meaningful: bool = False
    is_signal: bool = False


def slots_of(policy: Policy) -> tuple[Slot, ...]:
    """Return the slots of a playbook: of its signals, of the groups of signals, and of answers."""
    found = [*_signal_slots(policy.playbook), Slot(ANSWERED, is_meaningful=True)]
    found += [Slot(group) for group in SIGNAL_GROUPS]
    return tuple(replace(slot, index=i) for i, slot in enumerate(found))


def _signal_slots(playbook: Playbook) -> Iterator[Slot]:
    for name, signal in playbook.signals.items():
        for stage in _stages_of(signal):
            yield Slot(
                name,
                points=signal.points,
                half_life_days=signal.half_life.days(cycle=playbook.cycle),
                cap=None if signal.cap is None else round(signal.cap * MILLIONTHS),
                stage=stage,
                is_meaningful=signal.event not in PASSIVE_EVENT_KINDS,
                is_signal=True,
            )


def _stages_of(signal: Signal) -> tuple[str | None, ...]:
    if signal.stage == FROM_ASSET:
        return (None, *(stage.value for stage in BuyerStage))
    return (None if signal.stage is None else BuyerStage(signal.stage).value,)


def stages_of(policy: Policy) -> frozenset[str]:
    """Return the stages that some signal is evidence for."""
    return frozenset(slot.stage for slot in policy.kept(slots_of) if slot.stage is not None)


def named(slots: Sequence[Slot], name: str) -> list[Slot]:
    """Return the slots of a signal, or of a group of signals where no signal has that name."""
    mine = [slot for slot in slots if slot.name == name]
    return [slot for slot in mine if slot.is_signal] or mine


#: Up to so many shapes at a time are looked up among those seen before.
FEW_SHAPES = 500
#: Up to so many shapes at a time are kept as a whole: the groups of one run mostly come with the same shapes.
KEPT_SHAPES = 20_000
#: Shapes that one policy remembers one by one.
REMEMBERED = 50_000

#: The values of a shape, and the numbers of its slots.
Shape = tuple[Any, ...]
Slots = tuple[int, ...]
PAIRS = {"shape_id": pl.Int64, "slot": pl.Int64}


@dataclass(frozen=True, eq=False)
class Matches:
    """Which shapes count as which slots: ``shape_id`` i64, ``slot`` i64, one row per pair."""

    policy: Policy
    pairs: pl.DataFrame
    _made: dict[Any, Any] = field(default_factory=dict, repr=False)

    def kept(self, make: Callable[[Matches], Made]) -> Made:
        """Return ``make(matches)``, made once and kept."""
        if make not in self._made:
            self._made[make] = make(self)
        return self._made[make]  # type: ignore[no-any-return]


@dataclass(eq=False)
class Memory:
    """What was found for shapes before: it hangs on nothing but their values and the playbook."""

    slots: dict[Shape, Slots | None] = field(default_factory=dict)
    #: The shapes asked about last, and their matches.
    last: tuple[pl.DataFrame, Matches] | None = None


def matched(shapes: pl.DataFrame, policy: Policy) -> Matches:
    """
    Match every shape to the signals of the playbook.

    Empty text in a shape is missing, so that a condition on it is unknown and does not match.
    """
    if shapes.height > KEPT_SHAPES:
        return Matches(policy, _matched(shapes, policy))
    memory = policy.kept(_memory, known.types_of(shapes))
    last = memory.last
    if last is not None and last[0].equals(shapes):
        return last[1]
    few = shapes.height <= FEW_SHAPES
    matches = Matches(policy, _remembered(shapes, policy, memory) if few else _matched(shapes, policy))
    memory.last = (shapes.clone(), matches)
    return matches


def _memory(policy: Policy, types: known.Types) -> Memory:
    return Memory()


def _remembered(shapes: pl.DataFrame, policy: Policy, memory: Memory) -> pl.DataFrame:
    """Match shapes by what was found for the same shapes before: a few happen again and again."""
    seen = memory.slots
    keys = shapes.drop("shape_id").rows()
    found = {key: seen.get(key) for key in keys}
    new = [key for key, slots in found.items() if slots is None]
    if new:
        found.update(_looked_at(new, shapes, policy))
        if len(seen) >= REMEMBERED:
            seen.clear()
        seen.update(found)
    shape_ids = shapes["shape_id"].to_list()
    pairs = [(shape, slot) for shape, key in zip(shape_ids, keys, strict=True) for slot in found[key] or ()]
    columns = {"shape_id": [shape for shape, _ in pairs], "slot": [slot for _, slot in pairs]}
    return pl.DataFrame(columns, schema=PAIRS)


def _looked_at(keys: list[Shape], shapes: pl.DataFrame, policy: Policy) -> dict[Shape, Slots]:
    types = shapes.drop("shape_id").schema
    frame = pl.DataFrame(keys, schema=types, orient="row").with_columns(shape_id=pl.int_range(pl.len()))
    found: dict[Shape, Slots] = dict.fromkeys(keys, ())
    for shape, slot in _matched(frame, policy).sort("shape_id", "slot").iter_rows():
        found[keys[shape]] += (slot,)
    return found


def _matched(shapes: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    slots = policy.kept(slots_of)
    shapes = _with_matches(_with_assets(shapes, policy.playbook.assets), policy)
    return (
        shapes.lazy()
        .select("shape_id", *(_belongs(slot, policy.playbook).alias(str(slot.index)) for slot in slots))
        .unpivot(index="shape_id", variable_name="slot", value_name="belongs")
        .filter("belongs")
        .select("shape_id", pl.col("slot").cast(pl.Int64))
        .pipe(running.collected, rows=shapes.height)
    )


def _with_assets(shapes: pl.DataFrame, assets: tuple[Asset, ...]) -> pl.DataFrame:
    """Look each shape's asset up in the catalogue: ``asset.kind``, ``asset.stage``; else missing."""
    catalog = pl.DataFrame(
        {
            "key": [asset.key.lower() for asset in assets],
            "asset.kind": [asset.kind for asset in assets],
            "asset.stage": [asset.stage.value for asset in assets],
        },
        schema={"key": pl.String, "asset.kind": pl.String, "asset.stage": pl.String},
    ).unique("key", keep="first", maintain_order=True)
    texts = [name for name in EVENT_FIELDS if name in shapes.columns]
    return shapes.with_columns(
        pl.when(pl.col(name).cast(pl.String) != "").then(pl.col(name).cast(pl.String)).alias(name)
        for name in texts
    ).join(catalog, left_on=pl.col("asset").str.to_lowercase(), right_on="key", how="left")


def _with_matches(shapes: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Add a boolean column ``is:<signal>`` for each signal."""
    signals = policy.playbook.signals
    leaves = {
        expressions.leaf_column(leaf): leaf
        for signal in signals.values()
        if signal.where is not None
        for leaf in expressions.leaves(signal.where)
    }
    shapes = shapes.with_columns(known.all_decided(leaves, shapes.schema, policy))
    return shapes.with_columns(
        _is(signal).fill_null(False).alias(f"is:{name}") for name, signal in signals.items()
    )


def _is(signal: Signal) -> pl.Expr:
    of_kind = (pl.col("kind") == signal.event) & (pl.col("kind") != OPENED)
    return of_kind if signal.where is None else of_kind & expressions.holds(signal.where)


def _belongs(slot: Slot, playbook: Playbook) -> pl.Expr:
    if not slot.is_signal:
        members = [name for name, signal in playbook.signals.items() if getattr(signal, slot.name, False)]
        return (
            pl.col("kind") == ANSWERED if slot.name == ANSWERED else _any([f"is:{name}" for name in members])
        )
    found = pl.col(f"is:{slot.name}")
    if playbook.signals[slot.name].stage != FROM_ASSET:
        return found
    return found & pl.col("asset.stage").eq_missing(pl.lit(slot.stage, dtype=pl.String))


def _any(columns: list[str]) -> pl.Expr:
    return pl.any_horizontal(columns) if columns else pl.lit(False)
