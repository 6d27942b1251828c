"""Segment: the first named condition of the playbook that holds is the primary one."""

from __future__ import annotations

import polars as pl

from coldframe.kernel.assessment import choice, known
from coldframe.kernel.assessment.policy import Policy
from coldframe.kernel.playbook import expressions
from coldframe.kernel.playbook.fields import Step


def with_segment(frame: pl.LazyFrame, policy: Policy) -> pl.LazyFrame:
    """Add ``segment``; null where none holds."""
    return frame.with_columns(policy.kept(_segment)).with_columns(policy.kept(_leaves))


def _type(policy: Policy) -> pl.Enum:
    return choice.words(segment.name for segment in policy.playbook.segments)


def _segment(policy: Policy) -> pl.Expr:
    rules = [(segment.name, expressions.holds(segment.when)) for segment in policy.playbook.segments]
    return choice.first(rules, among=_type(policy)).alias("segment")


def _leaves(policy: Policy) -> list[pl.Expr]:
    return known.all_decided(policy.leaves_known_after(Step.SEGMENT), {"segment": _type(policy)}, policy)
