"""Completeness: which facts sales needs and does not have."""

from __future__ import annotations

import operator
from functools import reduce

import polars as pl

from coldframe.kernel.assessment import choice, known, policy
from coldframe.kernel.assessment.policy import Policy
from coldframe.kernel.playbook import expressions
from coldframe.kernel.playbook.fields import Step


def with_completeness(frame: pl.LazyFrame, rules: Policy) -> pl.LazyFrame:
    """Add ``missing_count`` i64 and ``missing`` i64, one bit for each field of ``sales_needs``."""
    return frame.with_columns(rules.kept(_missing)).with_columns(rules.kept(_leaves))


def _missing(rules: Policy) -> list[pl.Expr]:
    needed = rules.playbook.completeness.sales_needs
    columns = [pl.col(expressions.leaf_column(policy.missing_leaf(field))) for field in needed]
    count = reduce(operator.add, (column.cast(pl.Int64) for column in columns), pl.lit(0, dtype=pl.Int64))
    return [count.alias("missing_count"), choice.bits(columns).alias("missing")]


def _leaves(rules: Policy) -> list[pl.Expr]:
    leaves = rules.leaves_known_after(Step.COMPLETENESS)
    columns = {leaf.field: "missing_count" for leaf in leaves.values()}
    return known.all_decided(leaves, {"missing_count": pl.Int64()}, rules, columns=columns)
