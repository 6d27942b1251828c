"""Buyer stage: which question is the buyer asking, by evidence that decays."""

from __future__ import annotations

import polars as pl

from coldframe.kernel.assessment import known
from coldframe.kernel.assessment.matching import MILLIONTHS
from coldframe.kernel.assessment.policy import Policy
from coldframe.kernel.playbook import expressions
from coldframe.kernel.playbook.fields import Step
from coldframe.kernel.vocabulary import BuyerStage


def with_stage(frame: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """
    Add ``stage``: the furthest one that has enough evidence; null where none has.

    Two stages may be set by a rule: internal alignment, for a lead with any evidence at all, and
    re-engagement, which wins over all evidence. A stage can go back, because evidence decays.
    """
    stages = policy.playbook.stages
    enough = round(stages.needs * MILLIONTHS)
    stage = pl.lit(None, dtype=pl.String)
    for each in stages.order:
        column = f"stage:{each.value}"
        if column in frame.columns:
            stage = pl.when(pl.col(column) >= enough).then(pl.lit(each.value)).otherwise(stage)
    if stages.internal_alignment:
        aligned = expressions.holds(stages.internal_alignment.when) & (pl.col("evidence") > 0)
        stage = pl.when(aligned).then(pl.lit(BuyerStage.INTERNAL_ALIGNMENT.value)).otherwise(stage)
    if stages.re_engagement:
        quiet = expressions.holds(stages.re_engagement.when)
        stage = pl.when(quiet).then(pl.lit(BuyerStage.RE_ENGAGEMENT.value)).otherwise(stage)
    return frame.with_columns(stage.alias("stage")).pipe(
        known.with_leaves, policy.leaves_known_after(Step.STAGE), policy
    )
