"""Buyer stage: which question is the buyer asking, by evidence that decays."""

from __future__ import annotations

import polars as pl

from coldframe.kernel.assessment import choice, known
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
    furthest = [each for each in reversed(stages.order) if f"stage:{each.value}" in frame.columns]
    rules = [(each.value, pl.col(f"stage:{each.value}") >= enough) for each in furthest]
    if stages.internal_alignment:
        aligned = expressions.holds(stages.internal_alignment.when) & (pl.col("evidence") > 0)
        rules.insert(0, (BuyerStage.INTERNAL_ALIGNMENT.value, aligned))
    if stages.re_engagement:
        rules.insert(0, (BuyerStage.RE_ENGAGEMENT.value, expressions.holds(stages.re_engagement.when)))
    stage = choice.first(rules, among=choice.words(each.value for each in BuyerStage))
    return frame.with_columns(stage.alias("stage")).pipe(
        known.with_leaves, policy.leaves_known_after(Step.STAGE), policy
    )
