"""
The decision: to sales, nurture, or let go.

What wins, first to last: a customer or an open deal; disqualification; a hand raise; the other triggers;
exits; a path. An unknown condition never holds.
"""

from __future__ import annotations

import polars as pl

from coldframe.kernel.assessment import departure, fit
from coldframe.kernel.assessment.policy import Policy
from coldframe.kernel.assessment.segment import first_holding
from coldframe.kernel.playbook import expressions
from coldframe.kernel.playbook.model import Path, Trigger
from coldframe.kernel.vocabulary import Disposition, LeadStatus, OpportunityState

#: Exits that lead to sales; all others let go.
EXITS_TO_SALES = frozenset({"customer", "open_opportunity", "sales_qualified"})
#: Deals that keep a lead with sales.
WITH_SALES = (OpportunityState.OPEN.value, OpportunityState.WON.value)


def with_decision(frame: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """
    Add ``disposition``, ``reason``, ``path``, ``sends_to``, and the bits of the rules that hold.

    ``reason`` names the rule that decided (``trigger:Ready``); ``path`` is null except for NURTURE;
    ``sends_to`` is the status of a lead that goes to sales, else null. ``triggers_held``, ``exits_held``
    and ``disqualify_held`` i64 carry one bit for each rule, in the playbook's order.
    """
    playbook = policy.playbook
    held = {
        "disqualify": [expressions.holds(rule.when) for rule in playbook.disqualify],
        "trigger": [expressions.holds(rule.when) for rule in playbook.triggers],
        "exit": [departure.exit_holds(rule, policy) for rule in playbook.exits],
        "path": [_is_for(path) for path in playbook.paths],
    }
    frame = frame.with_columns(
        rule.fill_null(False).alias(f"{kind}:{i}")
        for kind, rules in held.items()
        for i, rule in enumerate(rules)
    )
    columns = {kind: [pl.col(f"{kind}:{i}") for i in range(len(rules))] for kind, rules in held.items()}
    return (
        frame.with_columns(
            fit.bits(columns["trigger"]).alias("triggers_held"),
            fit.bits(columns["exit"]).alias("exits_held"),
            fit.bits(columns["disqualify"]).alias("disqualify_held"),
            *_reasons(policy, columns),
        )
        .with_columns(_reason().alias("reason"))
        .with_columns(_disposition().alias("disposition"), _sends_to(policy).alias("sends_to"))
        .with_columns(_path_if_nurtured().alias("path"))
        .drop(f"{kind}:{i}" for kind, rules in held.items() for i in range(len(rules)))
        .drop(KINDS)
    )


#: Kinds of deciding rules, first to last: columns while deciding.
KINDS = ("by_opportunity", "by_disqualification", "by_trigger", "by_exit", "by_path")


def _is_for(path: Path) -> pl.Expr:
    holds = expressions.holds(path.when)
    return holds & pl.col("segment").is_in(list(path.segments)) if path.segments else holds


def _reasons(policy: Policy, columns: dict[str, list[pl.Expr]]) -> list[pl.Expr]:
    """For each kind of rule the reason it would give, null where none of the kind holds."""
    playbook = policy.playbook
    state = pl.col("opportunity.state")
    at = {id(trigger): i for i, trigger in enumerate(playbook.triggers)}
    disqualify = [
        (f"disqualify:{rule.reason}", columns["disqualify"][i]) for i, rule in enumerate(playbook.disqualify)
    ]
    triggers = [
        (f"trigger:{trigger.name}", columns["trigger"][at[id(trigger)]]) for trigger in policy.triggers
    ]
    exits = [(f"exit:{rule.reason}", columns["exit"][i]) for i, rule in enumerate(playbook.exits)]
    paths = [(f"path:{path.name}", columns["path"][i]) for i, path in enumerate(playbook.paths)]
    return [
        pl.when(state.is_in(WITH_SALES))
        .then(pl.lit("opportunity:") + state.str.to_lowercase())
        .alias(KINDS[0]),
        first_holding(disqualify).alias(KINDS[1]),
        first_holding(triggers).alias(KINDS[2]),
        first_holding(exits).alias(KINDS[3]),
        # The last path takes everybody left, so that no lead is without one.
        first_holding([*paths, (paths[-1][0], pl.lit(True))]).alias(KINDS[4]),
    ]


def _reason() -> pl.Expr:
    return pl.coalesce(KINDS)


def _disposition() -> pl.Expr:
    to_sales = pl.col("reason").is_in([f"exit:{reason}" for reason in sorted(EXITS_TO_SALES)])
    return (
        pl.when(pl.col("by_opportunity").is_not_null())
        .then(pl.lit(Disposition.TO_SALES.value))
        .when(pl.col("by_disqualification").is_not_null())
        .then(pl.lit(Disposition.LET_GO.value))
        .when(pl.col("by_trigger").is_not_null() | to_sales)
        .then(pl.lit(Disposition.TO_SALES.value))
        .when(pl.col("by_exit").is_not_null())
        .then(pl.lit(Disposition.LET_GO.value))
        .otherwise(pl.lit(Disposition.NURTURE.value))
    )


def _sends_to(policy: Policy) -> pl.Expr:
    """A trigger asks for a review, or says re-engaged; a deal or a sales-qualified lead is accepted."""
    by_trigger = pl.col("by_opportunity").is_null() & pl.col("reason").str.starts_with("trigger:")
    back = [f"trigger:{trigger.name}" for trigger in policy.playbook.triggers if _re_engages(trigger)]
    return (
        pl.when(by_trigger & pl.col("reason").is_in(back))
        .then(pl.lit(LeadStatus.RE_ENGAGED.value))
        .when(by_trigger)
        .then(pl.lit(LeadStatus.SALES_REVIEW.value))
        .when(_disposition() == Disposition.TO_SALES.value)
        .then(pl.lit(LeadStatus.SALES_ACCEPTED.value))
    )


def _re_engages(trigger: Trigger) -> bool:
    return trigger.to == LeadStatus.RE_ENGAGED.value.lower()


def _path_if_nurtured() -> pl.Expr:
    is_nurtured = pl.col("disposition") == Disposition.NURTURE.value
    return pl.when(is_nurtured).then(pl.col("by_path").str.strip_prefix("path:"))
