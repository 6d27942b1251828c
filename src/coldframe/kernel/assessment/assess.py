"""The assessment: a straight line from facts to a decision with its reasons and its date."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl

from coldframe.kernel import lifecycle
from coldframe.kernel.assessment import (
    completeness,
    decision,
    departure,
    fit,
    intent,
    known,
    outcomes,
    segment,
    stage,
    timing,
)
from coldframe.kernel.assessment.policy import Policy
from coldframe.kernel.frames import ASSESSMENTS, Facts
from coldframe.kernel.playbook.model import Playbook


def assess(facts: Facts, *, playbook: Playbook, as_of: datetime, detail: bool = False) -> pl.DataFrame:
    """
    Say of every lead what the playbook makes of it at an instant.

    Parameters
    ----------
    facts
        Whole accounts, with all their leads; see ``kernel.frames``. An absent column is missing
        throughout. Events after ``as_of`` are ignored.
    playbook
        The policy.
    as_of
        Timezone-aware instant the assessment speaks for.
    detail
        Keep the working columns as well: a boolean for each leaf (``expressions.leaf_column``), and for
        each signal ``signal:<name>:points``, ``:count``, ``:last_at``.

    Returns
    -------
    One row per lead, ordered by ``lead_id``, with the columns of ``frames.ASSESSMENTS``.
    """
    policy = Policy(playbook, as_of.astimezone(UTC))
    frame = (
        _decided(facts, policy, detail=detail)
        .with_columns(departure.overdue(policy).alias("is_overdue"))
        .with_columns(lifecycle.next_status(reasons=outcomes.reasons_of(policy)))
        .pipe(departure.with_departure, policy)
        .sort("lead_id")
    )
    result = frame.select(pl.col(name).cast(dtype) for name, dtype in ASSESSMENTS.items())
    if not detail:
        return result
    return result.hstack(frame.select(name for name in frame.columns if name not in ASSESSMENTS))


def decide(facts: Facts, *, playbook: Playbook, as_of: datetime) -> pl.DataFrame:
    """
    Say what to do with every lead, and no more: the columns of ``assess`` up to the decision.

    For trying many variations: the status that follows and the date on which a lead leaves are not made.
    """
    return _decided(facts, Policy(playbook, as_of.astimezone(UTC)), detail=False)


def _decided(facts: Facts, policy: Policy, *, detail: bool) -> pl.DataFrame:
    return (
        known.known_facts(facts, policy)
        .pipe(fit.with_fit, policy)
        .pipe(intent.with_intent, facts, policy, detail=detail)
        .pipe(stage.with_stage, policy)
        .pipe(timing.with_timing, policy)
        .pipe(completeness.with_completeness, policy)
        .pipe(segment.with_segment, policy)
        .pipe(decision.with_decision, policy)
    )
