"""Segment: the first named condition of the playbook that holds is the primary one."""

from __future__ import annotations

import polars as pl

from coldframe.kernel.assessment import choice, known
from coldframe.kernel.assessment.policy import Policy
from coldframe.kernel.playbook import expressions
from coldframe.kernel.playbook.fields import Step


def with_segment(frame: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Add ``segment``; null where none holds."""
    rules = [(segment.name, expressions.holds(segment.when)) for segment in policy.playbook.segments]
    return frame.with_columns(choice.first(rules).alias("segment")).pipe(
        known.with_leaves, policy.leaves_known_after(Step.SEGMENT), policy
    )
