"""Completeness: which facts sales needs and does not have."""

from __future__ import annotations

import operator
from functools import reduce

import polars as pl

from coldframe.kernel.assessment import choice, known, policy
from coldframe.kernel.assessment.policy import Policy
from coldframe.kernel.playbook import expressions
from coldframe.kernel.playbook.fields import Step


def with_completeness(frame: pl.DataFrame, rules: Policy) -> pl.DataFrame:
    """Add ``missing_count`` i64 and ``missing`` i64, one bit for each field of ``sales_needs``."""
    needed = rules.playbook.completeness.sales_needs
    columns = [pl.col(expressions.leaf_column(policy.missing_leaf(field))) for field in needed]
    count = reduce(operator.add, (column.cast(pl.Int64) for column in columns), pl.lit(0, dtype=pl.Int64))
    frame = frame.with_columns(count.alias("missing_count"), choice.bits(columns).alias("missing"))
    schema = frame.schema
    return frame.with_columns(
        known.decided(leaf, "missing_count", schema, rules).alias(name)
        for name, leaf in rules.leaves_known_after(Step.COMPLETENESS).items()
    )
