"""Intent: is this person, and this account, behaving like a buyer."""

from __future__ import annotations

import polars as pl

from coldframe.kernel.assessment import choice, counting, known, matching, signals
from coldframe.kernel.assessment.policy import Policy
from coldframe.kernel.frames import Facts
from coldframe.kernel.playbook import expressions
from coldframe.kernel.playbook.conditions import Leaf, Op
from coldframe.kernel.playbook.expressions import MICROSECONDS_A_DAY
from coldframe.kernel.playbook.fields import Step
from coldframe.kernel.playbook.units import Duration
from coldframe.kernel.vocabulary import IntentLevel

ACTIVE = "account.active_stakeholders"
#: Without ``within``: active at any time.
EVER = -1.0


def with_intent(frame: pl.DataFrame, facts: Facts, policy: Policy, *, detail: bool = False) -> pl.DataFrame:
    """
    Add each lead's intent, beside that of its account.

    ``intent_points`` f64 = own points + ``account.counts`` · points of the colleagues;
    ``account_intent_points`` f64, the own points of all leads of the account; ``intent_level``;
    ``last_meaningful_at``, ``last_meaningful_shape``, ``quiet_since`` (last meaningful action, else entry);
    the leaves that read any of these, ``stage:<stage>`` and ``evidence`` for the stage that follows.
    """
    matches = matching.matched(facts.shapes, policy)
    per_lead = signals.per_lead(facts.events, matches, policy, detail=detail)
    counts = [name for name in per_lead.columns if name in {"own", "evidence"} or name.startswith("stage:")]
    frame = frame.join(per_lead, on="lead_id", how="left").with_columns(
        *(pl.col(name).fill_null(0) for name in counts),
        pl.coalesce("last_meaningful_at", "entered_at").alias("quiet_since"),
    )
    days = _active_days(policy)
    return (
        frame.join(_per_account(frame, days, policy), on="account_id", how="left")
        .with_columns(*_points(policy), _surge(policy))
        .with_columns(intent_level(pl.col("intent_points"), policy).alias("intent_level"))
        .pipe(_with_leaves, policy)
        .pipe(counting.with_counts, facts.events, matches, policy)
        .drop(_active_column(each) for each in days)
    )


def intent_level(points: pl.Expr, policy: Policy) -> pl.Expr:
    """Return the level of intent points; a line belongs to the level above it."""
    levels = policy.playbook.intent.levels
    return choice.first(
        [
            (IntentLevel.HIGH.value, points >= levels.high),
            (IntentLevel.MEDIUM.value, points >= levels.medium),
            (IntentLevel.LOW.value, points >= levels.low),
            (IntentLevel.NONE.value, choice.ALWAYS),
        ]
    )


def _points(policy: Policy) -> list[pl.Expr]:
    colleagues = pl.col("account_own") - pl.col("own")
    share = policy.playbook.intent.account.counts.value
    return [
        signals.in_points(pl.col("own") + (share * colleagues).round()).alias("intent_points"),
        signals.in_points(pl.col("account_own")).alias("account_intent_points"),
    ]


def _active_days(policy: Policy) -> list[float]:
    """How far back people of an account count as active, for each leaf that asks, and for the surge."""
    asked = {_days(leaf, policy) for leaf in policy.leaves.values() if leaf.field == ACTIVE}
    surge = policy.playbook.intent.account.surge.within.days(cycle=policy.playbook.cycle)
    return sorted({*asked, surge})


def _days(leaf: Leaf, policy: Policy) -> float:
    window = leaf.value if leaf.op is Op.WITHIN else leaf.within
    return window.days(cycle=policy.playbook.cycle) if isinstance(window, Duration) else EVER


def _active_column(days: float) -> str:
    return f"active:{days}"


def _per_account(frame: pl.DataFrame, days: list[float], policy: Policy) -> pl.DataFrame:
    quiet = (policy.now - pl.col("last_meaningful_at")).dt.total_microseconds()
    active = [
        (quiet.is_not_null() if each == EVER else quiet <= each * MICROSECONDS_A_DAY)
        .sum()
        .cast(pl.Int64)
        .alias(_active_column(each))
        for each in days
    ]
    totals = [pl.col("own").sum().alias("account_own"), *active]
    return (
        frame.lazy()
        .select("account_id", "own", "last_meaningful_at")
        .group_by("account_id")
        .agg(totals)
        .collect()
    )


def _surge(policy: Policy) -> pl.Expr:
    surge = policy.playbook.intent.account.surge
    days = surge.within.days(cycle=policy.playbook.cycle)
    return (pl.col(_active_column(days)) >= surge.stakeholders).alias("account.surge")


#: Fields that stand in the frame under another name.
COLUMNS = {
    "intent.level": "intent_level",
    "intent.points": "intent_points",
    "intent.account_points": "account_intent_points",
    "lead.days_since_meaningful_action": "quiet_days",
    "lead.time_since_meaningful_action": "quiet_days",
}


def _with_leaves(frame: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    quiet = expressions.in_days(policy.now - pl.col("quiet_since"))
    frame = frame.with_columns(quiet.alias("quiet_days"))
    schema = frame.schema
    mine = policy.leaves_known_after(Step.INTENT)
    decided = {name: leaf for name, leaf in mine.items() if name not in counting.signal_leaves(policy)}
    return frame.with_columns(
        _active(leaf, policy).alias(name)
        if leaf.field == ACTIVE
        else known.decided(leaf, COLUMNS.get(leaf.field, leaf.field), schema, policy).alias(name)
        for name, leaf in decided.items()
    )


def _active(leaf: Leaf, policy: Policy) -> pl.Expr:
    column = _active_column(_days(leaf, policy))
    if leaf.op in {Op.WITHIN, Op.KNOWN}:
        return (pl.col(column) >= 1) == bool(leaf.value)
    as_number = leaf.model_copy(update={"op": Op.AT_LEAST if leaf.op is Op.COUNT_AT_LEAST else leaf.op})
    return known.decided(as_number, column, pl.Schema({column: pl.Int64()}), policy)
