"""The assessment: a straight line from facts to a decision with its reasons and its date."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl

from coldframe.kernel import lifecycle, running
from coldframe.kernel.assessment import (
    completeness,
    decision,
    departure,
    fit,
    horizon,
    intent,
    known,
    outcomes,
    segment,
    stage,
    timing,
)
from coldframe.kernel.assessment.policy import Policy, policy_of
from coldframe.kernel.frames import ASSESSMENTS, Facts
from coldframe.kernel.playbook.model import Playbook


def assess(
    facts: Facts,
    *,
    playbook: Playbook,
    as_of: datetime,
    detail: bool = False,
    ahead: bool = False,
    also: tuple[str, ...] = (),
    only: pl.DataFrame | None = None,
    resettled: bool = False,
) -> pl.DataFrame:
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
    ahead
        Also say when each lead must be looked at again: ``changes_at``, see ``horizon``.
    also
        Working columns to keep, such as ``path_if_nurtured``.
    only
        ``lead_id`` of those to be assessed, where others are there because they belong to their accounts.
    resettled
        Others settle the statuses: also keep what ``departures`` reads, which ``apart`` takes off.

    Returns
    -------
    One row per lead (of ``only``), ordered by ``lead_id``, with the columns of ``frames.ASSESSMENTS``.
    """
    policy = policy_of(playbook)
    frame = (
        _decided(facts, policy, as_of, detail=detail, ahead=ahead, only=only)
        .with_columns(policy.kept(departure.overdue))
        .pipe(horizon.with_changes if ahead else _as_it_is, facts, policy, as_of)
        .with_columns(policy.kept(_status)[0])
        .with_columns(policy.kept(_status)[1])
        .pipe(departure.with_departure, policy)
        .select(
            ASSESSED
            + ([pl.col("changes_at")] if ahead and not detail else [])
            + (
                [pl.exclude("now", *ASSESSMENTS)]
                if detail
                else [pl.col(name).cast(pl.String) for name in also]
            )
            + (policy.kept(_for_departures) if resettled else [])
        )
        .sort("lead_id")
    )
    return running.collected(frame, rows=facts.leads.height)


ASSESSED = [pl.col(name).cast(dtype) for name, dtype in ASSESSMENTS.items()]


#: Before the columns that ``departures`` reads.
DEPARTS = "departs:"


def _for_departures(policy: Policy) -> list[pl.Expr]:
    return [pl.col(name).alias(f"{DEPARTS}{name}") for name in policy.kept(departure.reads)]


def apart(found: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return an assessment made with ``resettled``, and apart from it what ``departures`` reads."""
    mine = [name for name in found.columns if name.startswith(DEPARTS)]
    working = found[["lead_id", *mine]]
    working.columns = ["lead_id", *(name.removeprefix(DEPARTS) for name in mine)]
    return found.drop(mine), working


def departures(working: pl.DataFrame, statuses: pl.DataFrame, *, playbook: Playbook) -> pl.DataFrame:
    """
    Return ``lead_id``, ``leaves_at``, ``leaves_by`` for statuses that others have settled.

    ``working``: of the assessment (``apart``); ``statuses``: ``lead_id`` and the ``status`` that follows; nobody else has
    a row.
    """
    settled = statuses.lazy().select("lead_id", pl.col("status").cast(lifecycle.STATUS))
    frame = (
        working.lazy()
        .join(settled, on="lead_id")
        .pipe(departure.with_departure, policy_of(playbook))
        .select("lead_id", pl.col("leaves_at"), pl.col("leaves_by").cast(pl.String))
        .sort("lead_id")
    )
    return running.collected(frame, rows=statuses.height)


#: What ``ruled`` says of each lead.
RULED = (
    "lead_id", "account_id", "disposition", "reason", "status", "status_reason", "fit_low", "fit_high",
    "intent_points", "missing", "timing", "timing_at", "stage", "fit_held", "fit_unknown", "triggers_held",
    "exits_held", "disqualify_held", "last_meaningful_at",
)  # fmt: skip


_RULED = [pl.col(name).cast(ASSESSMENTS[name]) for name in RULED]


def ruled(
    facts: Facts, *, playbook: Playbook, as_of: datetime, only: pl.DataFrame | None = None
) -> pl.DataFrame:
    """
    Say what to do with every lead, and no more: the columns ``RULED`` of ``assess``.

    For trying many variations: the date on which a lead leaves is not made.
    """
    policy = policy_of(playbook)
    frame = (
        _decided(facts, policy, as_of, detail=False, only=only)
        .with_columns(policy.kept(departure.overdue))
        .with_columns(policy.kept(_status)[0])
        .with_columns(policy.kept(_status)[1])
        .select(_RULED)
        .sort("lead_id")
    )
    return running.collected(frame, rows=facts.leads.height)


def _decided(
    facts: Facts,
    policy: Policy,
    as_of: datetime,
    *,
    detail: bool,
    ahead: bool = False,
    only: pl.DataFrame | None = None,
) -> pl.LazyFrame:
    at = as_of.astimezone(UTC)
    return (
        known.known_facts(facts, policy, at)
        .pipe(intent.with_intent, facts, policy, at, detail=detail, ahead=ahead, only=only)
        .pipe(fit.with_fit, policy)
        .pipe(stage.with_stage, policy)
        .pipe(timing.with_timing, policy)
        .pipe(completeness.with_completeness, policy)
        .pipe(segment.with_segment, policy)
        .pipe(decision.with_decision, policy)
    )


def _as_it_is(frame: pl.LazyFrame, facts: Facts, policy: Policy, as_of: datetime) -> pl.LazyFrame:
    return frame


def _status(policy: Policy) -> lifecycle.Steps:
    return lifecycle.next_status(reasons=policy.kept(outcomes.reasons_of))
