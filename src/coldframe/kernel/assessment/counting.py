"""
Leaves that count: so many of a signal, or of a group of signals, within so long.

They look at a few signals and, as a rule, a few days: a small part of all events, so they are counted apart
from the points. Only events that are more likely than not a person's count.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from coldframe.kernel.assessment import matching, signals
from coldframe.kernel.assessment.matching import Matches, Slot
from coldframe.kernel.assessment.policy import Policy
from coldframe.kernel.playbook import expressions
from coldframe.kernel.playbook.conditions import Leaf, Op
from coldframe.kernel.playbook.expressions import MICROSECONDS_A_DAY
from coldframe.kernel.playbook.fields import SIGNAL_PREFIX
from coldframe.kernel.playbook.units import Duration


def with_counts(frame: pl.DataFrame, events: pl.DataFrame, matches: Matches, policy: Policy) -> pl.DataFrame:
    """
    Add a boolean column for each leaf over signals, never null: who did nothing did it no times.

    Beside a leaf with a window stands ``age:<leaf>`` i64, microseconds since the last occurrence in it.
    """
    leaves = signal_leaves(policy)
    if not leaves:
        return frame
    return frame.join(_counted(events, matches, leaves, policy), on="lead_id", how="left").with_columns(
        pl.col(name).fill_null(value) for name, value in _without_events(leaves)
    )


def signal_leaves(policy: Policy) -> dict[str, Leaf]:
    """Return the leaves over signals, by column."""
    return {name: leaf for name, leaf in policy.leaves.items() if leaf.field.startswith(SIGNAL_PREFIX)}


def _counted(events: pl.DataFrame, matches: Matches, leaves: dict[str, Leaf], policy: Policy) -> pl.DataFrame:
    mine = {
        name: matching.named(matches.slots, leaf.field.removeprefix(SIGNAL_PREFIX))
        for name, leaf in leaves.items()
    }
    lookup = matches.of([slot for group in mine.values() for slot in group])
    windows = [_window(leaf, policy) for leaf in leaves.values()]
    happened = signals.known_events(events, policy).filter(pl.col("p_human") > signals.HUMAN_ABOVE)
    if None not in windows:
        happened = happened.filter(pl.col("age") <= max(filter(None, windows)))
    return (
        happened.join(lookup.lazy(), on="shape_id", how="inner")
        .group_by("lead_id")
        .agg(each for name, leaf in leaves.items() for each in _aggregates(name, leaf, mine[name], policy))
        .collect(engine=signals.engine(events))
    )


def _aggregates(name: str, leaf: Leaf, slots: list[Slot], policy: Policy) -> Iterator[pl.Expr]:
    window = _window(leaf, policy)
    counts = pl.col("slot").is_in([slot.index for slot in slots])
    if window is None:
        yield _asked(leaf, counts.sum()).alias(name)
        return
    counts &= pl.col("age") <= window
    yield _asked(leaf, counts.sum()).alias(name)
    yield pl.when(counts).then("age").min().alias(f"age:{name}")


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


def _without_events(leaves: dict[str, Leaf]) -> list[tuple[str, bool]]:
    answers = pl.select(_asked(leaf, pl.lit(0)).alias(name) for name, leaf in leaves.items())
    return list(answers.row(0, named=True).items())
