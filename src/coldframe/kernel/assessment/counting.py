"""
Leaves that count: so many of a signal, or of a group of signals, within so long.

They look at a few signals and, as a rule, a few days: a small part of all events, so they are counted apart
from the points. Only events that are more likely than not a person's count.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import polars as pl

from coldframe.kernel import running
from coldframe.kernel.assessment import matching, signals
from coldframe.kernel.assessment.matching import Matches, Slot
from coldframe.kernel.assessment.policy import Policy
from coldframe.kernel.playbook import expressions
from coldframe.kernel.playbook.conditions import Leaf, Op
from coldframe.kernel.playbook.expressions import MICROSECONDS_A_DAY
from coldframe.kernel.playbook.fields import SIGNAL_PREFIX
from coldframe.kernel.playbook.units import Duration
from coldframe.kernel.vocabulary import HUMAN_ABOVE


def with_counts(
    frame: pl.LazyFrame, events: pl.DataFrame, matches: Matches, as_of: datetime, *, ahead: bool = False
) -> pl.LazyFrame:
    """
    Add a boolean column for each leaf over signals, never null: who did nothing did it no times.

    Beside a leaf with a window by which a lead re-engages stands ``age:<leaf>`` i64, microseconds since the last
    occurrence in it: from that follows when it falls quiet again. With ``ahead`` also ``counts:left`` i64,
    microseconds until the first of all occurrences that are counted leaves its window.
    """
    policy = matches.policy
    if not policy.kept(signal_leaves):
        return frame
    counted = _counted(events, matches, as_of, ahead)
    return frame.join(counted.lazy(), on="lead_id", how="left").with_columns(policy.kept(_without_events))


def signal_leaves(policy: Policy) -> dict[str, Leaf]:
    """Return the leaves over signals, by column."""
    return {name: leaf for name, leaf in policy.leaves.items() if leaf.field.startswith(SIGNAL_PREFIX)}


def _counted(events: pl.DataFrame, matches: Matches, as_of: datetime, ahead: bool) -> pl.DataFrame:
    happens, _, aggregates = matches.policy.kept(_asks)
    if ahead:
        aggregates = [*aggregates, matches.policy.kept(_left)]
    return (
        signals.known_events(events, as_of)
        .filter(happens)
        .join(matches.kept(_asked_pairs).lazy(), on="shape_id", how="inner")
        .group_by("lead_id")
        .agg(aggregates)
        .pipe(running.aggregated, events=events.height)
    )


def _asked_pairs(matches: Matches) -> pl.DataFrame:
    return matches.pairs.filter(matches.policy.kept(_asks)[1])


def _asks(policy: Policy) -> tuple[pl.Expr, pl.Expr, list[pl.Expr]]:
    """Which events are looked at, which slots, and what is counted of them."""
    leaves, slots = policy.kept(signal_leaves), policy.kept(matching.slots_of)
    mine = {
        name: matching.named(slots, leaf.field.removeprefix(SIGNAL_PREFIX)) for name, leaf in leaves.items()
    }
    windows = [_window(leaf, policy) for leaf in leaves.values()]
    happens = pl.col("p_human") > HUMAN_ABOVE
    if None not in windows:
        happens &= pl.col("age") <= max(filter(None, windows))
    counts = pl.col("slot").is_in([slot.index for group in mine.values() for slot in group])
    aggregates = [
        each for name, leaf in leaves.items() for each in _aggregates(name, leaf, mine[name], policy)
    ]
    return happens, counts, aggregates


def _aggregates(name: str, leaf: Leaf, slots: list[Slot], policy: Policy) -> Iterator[pl.Expr]:
    window = _window(leaf, policy)
    counts = pl.col("slot").is_in([slot.index for slot in slots])
    if window is None:
        yield _asked(leaf, counts.sum()).alias(name)
        return
    counts &= pl.col("age") <= window
    yield _asked(leaf, counts.sum()).alias(name)
    if name in policy.kept(_re_engaging):
        yield pl.when(counts).then("age").min().alias(f"age:{name}")


def _left(policy: Policy) -> pl.Expr:
    """How long until the first occurrence that is counted leaves its window."""
    leaves, slots = policy.kept(signal_leaves), policy.kept(matching.slots_of)
    lefts = []
    for leaf in leaves.values():
        window = _window(leaf, policy)
        if window is not None:
            mine = [slot.index for slot in matching.named(slots, leaf.field.removeprefix(SIGNAL_PREFIX))]
            counts = pl.col("slot").is_in(mine) & (pl.col("age") <= window)
            lefts.append(pl.when(counts).then(window - pl.col("age")).min())
    return (pl.min_horizontal(lefts) if lefts else pl.lit(None, dtype=pl.Int64)).alias("counts:left")


def _re_engaging(policy: Policy) -> frozenset[str]:
    """Return the leaves by which leads re-engage."""
    triggers = [each for each in policy.playbook.triggers if each.to == "re_engaged"]
    return frozenset(
        expressions.leaf_column(leaf) for each in triggers for leaf in expressions.leaves(each.when)
    )


def _window(leaf: Leaf, policy: Policy) -> int | None:
    """Return how far back a leaf looks, in microseconds; None: to the beginning."""
    window = leaf.value if leaf.op is Op.WITHIN else leaf.within
    if not isinstance(window, Duration):
        return None
    return round(window.days(cycle=policy.playbook.cycle) * MICROSECONDS_A_DAY)


def _asked(leaf: Leaf, count: pl.Expr) -> pl.Expr:
    if leaf.op is Op.WITHIN:
        return count >= 1
    if leaf.op is Op.KNOWN or isinstance(leaf.value, bool):
        return (count >= 1) if leaf.value else (count < 1)
    op = leaf.op if leaf.op in expressions.ORDERED else Op.AT_LEAST
    return expressions.ORDERED[op](count, int(leaf.value))


def _without_events(policy: Policy) -> list[pl.Expr]:
    leaves = policy.kept(signal_leaves)
    answers = pl.select(_asked(leaf, pl.lit(0)).alias(name) for name, leaf in leaves.items())
    return [pl.col(name).fill_null(value) for name, value in answers.row(0, named=True).items()]
