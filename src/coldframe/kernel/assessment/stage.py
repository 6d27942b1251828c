"""Buyer stage: which question is the buyer asking, by evidence that decays."""

from __future__ import annotations

import polars as pl

from coldframe.kernel.assessment import choice, known, matching
from coldframe.kernel.assessment.matching import MILLIONTHS
from coldframe.kernel.assessment.policy import Policy
from coldframe.kernel.playbook import expressions
from coldframe.kernel.playbook.fields import Step
from coldframe.kernel.vocabulary import BuyerStage

#: A stage as a column of the working frame.
STAGE = choice.words(each.value for each in BuyerStage)


def with_stage(frame: pl.LazyFrame, policy: Policy) -> pl.LazyFrame:
    """
    Add ``stage``: the furthest one that has enough evidence; null where none has.

    Two stages may be set by a rule: internal alignment, for a lead with any evidence at all, and
    re-engagement, which wins over all evidence. A stage can go back, because evidence decays. What a person has
    set (``stage.set``) wins over everything.
    """
    return frame.with_columns(policy.kept(_stage)).with_columns(policy.kept(_leaves))


def _stage(policy: Policy) -> pl.Expr:
    stages = policy.playbook.stages
    enough = round(stages.needs * MILLIONTHS)
    evident = policy.kept(matching.stages_of)
    rules = [
        (each.value, pl.col(f"stage:{each.value}") >= enough)
        for each in reversed(stages.order)
        if each.value in evident
    ]
    if stages.internal_alignment:
        aligned = expressions.holds(stages.internal_alignment.when) & (pl.col("evidence") > 0)
        rules.insert(0, (BuyerStage.INTERNAL_ALIGNMENT.value, aligned))
    if stages.re_engagement:
        rules.insert(0, (BuyerStage.RE_ENGAGEMENT.value, expressions.holds(stages.re_engagement.when)))
    is_set = pl.col("stage.set").cast(STAGE, strict=False)
    return pl.coalesce(is_set, choice.first(rules, among=STAGE)).alias("stage")


def _leaves(policy: Policy) -> list[pl.Expr]:
    return known.all_decided(policy.leaves_known_after(Step.STAGE), {"stage": STAGE}, policy)
