"""Intent: is this person, and this account, behaving like a buyer."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from coldframe.kernel.assessment import choice, counting, known, matching, signals
from coldframe.kernel.assessment.policy import Policy
from coldframe.kernel.engagement import quarantine
from coldframe.kernel.frames import Facts
from coldframe.kernel.playbook import expressions
from coldframe.kernel.playbook.conditions import Leaf, Op
from coldframe.kernel.playbook.expressions import MICROSECONDS_A_DAY
from coldframe.kernel.playbook.fields import Step
from coldframe.kernel.playbook.units import Duration
from coldframe.kernel.vocabulary import IntentLevel

ACTIVE = "account.active_stakeholders"
#: A level as a column of the working frame.
LEVEL = choice.words(
    [IntentLevel.HIGH.value, IntentLevel.MEDIUM.value, IntentLevel.LOW.value, IntentLevel.NONE.value]
)
#: Without ``within``: active at any time.
EVER = -1.0


def with_intent(
    frame: pl.LazyFrame,
    facts: Facts,
    policy: Policy,
    as_of: datetime,
    *,
    detail: bool = False,
    ahead: bool = False,
    only: pl.DataFrame | None = None,
) -> pl.LazyFrame:
    """
    Add each lead's intent, beside that of its account.

    ``intent_points`` f64 = own points + ``account.counts`` · points of the colleagues;
    ``account_intent_points`` f64, the own points of all leads of the account; ``intent_level``; the same three
    ``confirmed_…``, of what is more likely than not a person's doing: these are what conditions read, so that nothing is
    decided by a click that may be a machine's;
    ``last_meaningful_at``, ``last_meaningful_shape``, ``quiet_since`` (last meaningful action, else entry);
    the leaves that read any of these, ``stage:<stage>`` and ``evidence`` for the stage that follows.

    From here on leads are looked at one by one: with ``only`` (``lead_id``), those alone.
    """
    matches = matching.matched(facts.shapes, policy)
    events = quarantine.postponed(facts.events, facts.shapes, as_of=as_of)
    per_lead = signals.per_lead(events, matches, as_of, detail=detail, ahead=ahead)
    return (
        frame.join(per_lead.lazy(), on="lead_id", how="left")
        .with_columns(policy.kept(_own, detail))
        .with_columns(policy.kept(_of_account))
        .pipe(_among, only)
        .with_columns(policy.kept(_points))
        .with_columns(policy.kept(_level))
        .with_columns(policy.kept(_leaves))
        .pipe(counting.with_counts, events, matches, as_of, ahead=ahead)
    )


def _among(frame: pl.LazyFrame, only: pl.DataFrame | None) -> pl.LazyFrame:
    return frame if only is None else frame.join(only.lazy(), on="lead_id", how="semi")


def _own(policy: Policy, detail: bool) -> list[pl.Expr]:
    """What a lead without events has, and the instants behind ages."""
    counts = [
        "own",
        "confirmed",
        "evidence",
        *(f"stage:{stage}" for stage in sorted(policy.kept(matching.stages_of))),
    ]
    ages = {"last_meaningful_at": "last_meaningful_age"}
    if detail:
        ages |= {f"signal:{name}:last_at": f"signal:{name}:age" for name in policy.playbook.signals}
    instants = {at: policy.now - pl.col(age).cast(pl.Duration("us")) for at, age in ages.items()}
    quiet_since = pl.coalesce(instants["last_meaningful_at"], "entered_at").alias("quiet_since")
    filled = [pl.col(name).fill_null(0) for name in counts]
    return [*filled, *(each.alias(at) for at, each in instants.items()), quiet_since]


def intent_level(points: pl.Expr, policy: Policy) -> pl.Expr:
    """Return the level of intent points; a line belongs to the level above it."""
    levels = policy.playbook.intent.levels
    return choice.first(
        [
            (IntentLevel.HIGH.value, points >= levels.high),
            (IntentLevel.MEDIUM.value, points >= levels.medium),
            (IntentLevel.LOW.value, points >= levels.low),
            (IntentLevel.NONE.value, choice.ALWAYS),
        ],
        among=LEVEL,
    )


def _points(policy: Policy) -> list[pl.Expr]:
    share = policy.playbook.intent.account.counts.value

    def with_colleagues(own: str) -> pl.Expr:
        colleagues = pl.col(f"account_{own}") - pl.col(own)
        return signals.in_points(pl.col(own) + (share * colleagues).round())

    return [
        with_colleagues("own").alias("intent_points"),
        signals.in_points(pl.col("account_own")).alias("account_intent_points"),
        with_colleagues("confirmed").alias("confirmed_points"),
        signals.in_points(pl.col("account_confirmed")).alias("confirmed_account_points"),
        _surge(policy),
        expressions.in_days(policy.now - pl.col("quiet_since")).alias("quiet_days"),
    ]


def _level(policy: Policy) -> list[pl.Expr]:
    return [
        intent_level(pl.col("intent_points"), policy).alias("intent_level"),
        intent_level(pl.col("confirmed_points"), policy).alias("confirmed_level"),
    ]


def active_days(policy: Policy) -> list[float]:
    """How far back people of an account count as active, for each leaf that asks, and for the surge."""
    asked = {days_of(leaf, policy) for leaf in policy.leaves.values() if leaf.field == ACTIVE}
    surge = policy.playbook.intent.account.surge.within.days(cycle=policy.playbook.cycle)
    return sorted({*asked, surge})


def days_of(leaf: Leaf, policy: Policy) -> float:
    window = leaf.value if leaf.op is Op.WITHIN else leaf.within
    return window.days(cycle=policy.playbook.cycle) if isinstance(window, Duration) else EVER


def _active_column(days: float) -> str:
    return f"active:{days}"


def _of_account(policy: Policy) -> list[pl.Expr]:
    quiet = (policy.now - pl.col("last_meaningful_at")).dt.total_microseconds()
    active = [
        (quiet.is_not_null() if each == EVER else quiet <= each * MICROSECONDS_A_DAY)
        .sum()
        .cast(pl.Int64)
        .over("account_id")
        .alias(_active_column(each))
        for each in policy.kept(active_days)
    ]
    sums = [pl.col(own).sum().over("account_id").alias(f"account_{own}") for own in ("own", "confirmed")]
    return [*sums, *active]


def _surge(policy: Policy) -> pl.Expr:
    surge = policy.playbook.intent.account.surge
    days = surge.within.days(cycle=policy.playbook.cycle)
    return (pl.col(_active_column(days)) >= surge.stakeholders).alias("account.surge")


#: Fields that stand in the frame under another name.
COLUMNS = {
    "intent.level": "confirmed_level",
    "intent.points": "confirmed_points",
    "intent.account_points": "confirmed_account_points",
    "lead.days_since_meaningful_action": "quiet_days",
    "lead.time_since_meaningful_action": "quiet_days",
}


#: The types of the columns that the leaves read.
TYPES = {
    "confirmed_level": LEVEL,
    "confirmed_points": pl.Float64(),
    "confirmed_account_points": pl.Float64(),
    "quiet_days": pl.Float64(),
    "account.surge": pl.Boolean(),
}


def _leaves(policy: Policy) -> list[pl.Expr]:
    mine = policy.leaves_known_after(Step.INTENT)
    decided = {name: leaf for name, leaf in mine.items() if name not in policy.kept(counting.signal_leaves)}
    active = {name: leaf for name, leaf in decided.items() if leaf.field == ACTIVE}
    others = {name: leaf for name, leaf in decided.items() if name not in active}
    return [
        *(_active(leaf, policy).alias(name) for name, leaf in active.items()),
        *known.all_decided(others, TYPES, policy, columns=COLUMNS),
    ]


def _active(leaf: Leaf, policy: Policy) -> pl.Expr:
    column = _active_column(days_of(leaf, policy))
    if leaf.op in {Op.WITHIN, Op.KNOWN}:
        return (pl.col(column) >= 1) == bool(leaf.value)
    as_number = leaf.model_copy(update={"op": Op.AT_LEAST if leaf.op is Op.COUNT_AT_LEAST else leaf.op})
    return known.decided(as_number, column, {column: pl.Int64()}, policy)
