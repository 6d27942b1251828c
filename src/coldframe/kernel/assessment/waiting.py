"""
From when, and until when, a condition holds if nothing happens.

Nothing happening means: time passes, and no event, fact or deal arrives. Leaves that wait for time (so
long since the last meaningful action, since entry; a date reached or near) change at an instant that can
be told today; every other leaf is taken to stay what it is.
"""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl

from coldframe.kernel.assessment import known
from coldframe.kernel.assessment.policy import Policy
from coldframe.kernel.playbook import expressions
from coldframe.kernel.playbook.conditions import Condition, Leaf, Op
from coldframe.kernel.playbook.fields import SIGNAL_PREFIX
from coldframe.kernel.playbook.units import DAYS, Duration

#: Fields that grow with time alone, the instant they count from, and the unit of a bare number.
CLOCKS = {
    "lead.days_since_meaningful_action": "quiet_since",
    "lead.time_since_meaningful_action": "quiet_since",
    "lead.days_since_entry": "entered_at",
}
#: "It has always held", and "it will hold for ever".
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
END = datetime(2500, 1, 1, tzinfo=UTC)


def holds_from(condition: Condition, policy: Policy) -> pl.Expr:
    """Return the instant from which a condition holds: null for never, the beginning where time plays no part."""
    if isinstance(condition, Leaf):
        return _leaf_from(condition, policy)
    parts = [holds_from(each, policy) for each in condition.of]
    if condition.kind == "any":
        return pl.min_horizontal(parts) if parts else expressions.instant(None)
    if condition.kind == "none":
        return pl.when(expressions.holds(condition)).then(expressions.instant(BEGINNING))
    if not parts:
        return expressions.instant(BEGINNING)
    return pl.when(pl.all_horizontal(part.is_not_null() for part in parts)).then(pl.max_horizontal(parts))


def holds_until(condition: Condition, policy: Policy) -> pl.Expr:
    """Return an instant after which a condition that holds now holds no longer, the end where none is known."""
    if isinstance(condition, Leaf):
        return _leaf_until(condition, policy)
    parts = [holds_until(each, policy) for each in condition.of]
    if not parts or condition.kind == "none":
        return expressions.instant(END)
    return pl.min_horizontal(parts) if condition.kind == "all" else pl.max_horizontal(parts)


def is_timed(condition: Condition) -> bool:
    """Return whether time alone can make a condition hold."""
    return any(_is_timed_leaf(leaf) for leaf in expressions.leaves(condition))


def _is_timed_leaf(leaf: Leaf) -> bool:
    counts = leaf.field in CLOCKS and leaf.op is Op.AT_LEAST
    return counts or (leaf.field == "timing.date" and leaf.op is Op.REACHED and bool(leaf.value))


def days_of(duration: Duration) -> pl.Expr | float:
    """Return a length of time in days, by the lead's own cycle where it is written in cycles."""
    if duration.unit == "cycle":
        return pl.col("cycle_days") * duration.amount
    return duration.amount * DAYS[duration.unit]


def _leaf_from(leaf: Leaf, policy: Policy) -> pl.Expr:
    if not _is_timed_leaf(leaf):
        return pl.when(pl.col(expressions.leaf_column(leaf))).then(expressions.instant(BEGINNING))
    if leaf.field in CLOCKS:
        days = days_of(leaf.value) if isinstance(leaf.value, Duration) else float(leaf.value)
        return known.moved(pl.col(CLOCKS[leaf.field]), days)
    return pl.col("timing_at")


def _leaf_until(leaf: Leaf, policy: Policy) -> pl.Expr:
    """
    Of several occurrences the last one is counted from, so this is the latest the leaf can hold; a leaf that
    does not hold now ended at the beginning.
    """
    window = leaf.value if leaf.op is Op.WITHIN else leaf.within
    if leaf.field.startswith(SIGNAL_PREFIX) and isinstance(window, Duration):
        age = pl.col(f"age:{expressions.leaf_column(leaf)}").cast(pl.Duration("us"))
        return known.moved(policy.now - age, days_of(window)).fill_null(expressions.instant(BEGINNING))
    return expressions.instant(END)
