"""Segment: the first named condition of the playbook that holds is the primary one."""

from __future__ import annotations

import polars as pl

from coldframe.kernel.assessment import known
from coldframe.kernel.assessment.policy import Policy
from coldframe.kernel.playbook import expressions
from coldframe.kernel.playbook.fields import Step


def with_segment(frame: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Add ``segment``; null where none holds."""
    named = [(segment.name, segment.when) for segment in policy.playbook.segments]
    first = first_holding([(name, expressions.holds(when)) for name, when in named])
    return frame.with_columns(first.alias("segment")).pipe(
        known.with_leaves, policy.leaves_known_after(Step.SEGMENT), policy
    )


def first_holding(rules: list[tuple[str, pl.Expr]]) -> pl.Expr:
    """Return the name of the first rule that holds, null where none does; unknown does not hold."""
    if not rules:
        return pl.lit(None, dtype=pl.String)
    return pl.coalesce([pl.when(holds).then(pl.lit(name)) for name, holds in rules])
