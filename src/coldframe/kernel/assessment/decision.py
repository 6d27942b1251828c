"""
The decision: to sales, nurture, or let go.

What wins, first to last: a customer or an open deal; disqualification; a hand raise; the other triggers;
exits; a path. An unknown condition never holds.
"""

from __future__ import annotations

import polars as pl

from coldframe.kernel import lifecycle
from coldframe.kernel.assessment import choice, departure
from coldframe.kernel.assessment.outcomes import WITH_SALES, outcomes, reasons_of
from coldframe.kernel.assessment.policy import Policy
from coldframe.kernel.playbook import expressions
from coldframe.kernel.playbook.model import Path, Trigger
from coldframe.kernel.vocabulary import Disposition, LeadStatus

DISPOSITIONS = choice.words(each.value for each in Disposition)


def with_decision(frame: pl.LazyFrame, policy: Policy) -> pl.LazyFrame:
    """
    Add ``disposition``, ``reason``, ``path``, ``path_if_nurtured``, ``sends_to``, and the bits of the rules that hold.

    ``reason`` names the rule that decided (``trigger:Ready``); ``path`` is null except for NURTURE, and
    ``path_if_nurtured`` is the one that the lead would be on otherwise;
    ``sends_to`` is the status of a lead that goes to sales, else null. ``triggers_held``, ``exits_held``
    and ``disqualify_held`` i64 carry one bit for each rule, in the playbook's order.
    """
    return (
        frame.with_columns(policy.kept(departure.clocks))
        .with_columns(policy.kept(_held_rules))
        .with_columns(policy.kept(_reasons))
        .with_columns(policy.kept(_following))
    )


def _held_rules(policy: Policy) -> list[pl.Expr]:
    return [holds.alias(column) for column, holds in policy.kept(_rules).items()]


def _reasons(policy: Policy) -> list[pl.Expr]:
    found, rules = policy.kept(outcomes), policy.kept(_rules)
    deciding = [(outcome.reason, pl.col(outcome.column)) for outcome in found]
    last = (found[-1].reason, choice.ALWAYS)
    return [
        choice.first([*deciding, last], among=policy.kept(reasons_of)).alias("reason"),
        _path_if_nurtured(policy).alias("path_if_nurtured"),
        *(_held(kind, rules).alias(f"{kind}_held") for kind in ("triggers", "exits", "disqualify")),
    ]


def _rules(policy: Policy) -> dict[str, pl.Expr]:
    """Every rule by its column; the last path also takes whoever no path is for."""
    playbook = policy.playbook
    state = pl.col("opportunity.state")
    return {
        **{f"opportunity:{word.lower()}": state == word for word in WITH_SALES},
        **{f"disqualify:{i}": expressions.holds(rule.when) for i, rule in enumerate(playbook.disqualify)},
        **{f"triggers:{i}": _sends(trigger) for i, trigger in enumerate(playbook.triggers)},
        **{f"exits:{i}": departure.exit_holds(i, policy) for i in range(len(playbook.exits))},
        **{f"paths:{i}": _is_for(path) for i, path in enumerate(playbook.paths)},
    }


def _sends(trigger: Trigger) -> pl.Expr:
    """A trigger by which leads re-engage needs a meaningful action since the lead entered nurture."""
    holds = expressions.holds(trigger.when)
    if trigger.to != "re_engaged":
        return holds
    rests = pl.col("status") == LeadStatus.NURTURE.value
    return holds & ~(rests & (pl.col("last_meaningful_at") <= pl.col("status_since"))).fill_null(False)


def _is_for(path: Path) -> pl.Expr:
    holds = expressions.holds(path.when)
    return holds & pl.col("segment").is_in(list(path.segments)) if path.segments else holds


def _path_if_nurtured(policy: Policy) -> pl.Expr:
    paths = policy.playbook.paths
    rules = [(path.name, pl.col(f"paths:{i}")) for i, path in enumerate(paths)]
    return choice.first([*rules, (paths[-1].name, choice.ALWAYS)])


def _held(kind: str, rules: dict[str, pl.Expr]) -> pl.Expr:
    return choice.bits([pl.col(column) for column in rules if column.startswith(f"{kind}:")])


def _following(policy: Policy) -> list[pl.Expr]:
    """What follows from the reason: disposition, status at sales, path."""
    found, reasons = policy.kept(outcomes), policy.kept(reasons_of)
    by_reason = {outcome.reason: outcome for outcome in reversed(found)}
    following = [by_reason.get(reason) for reason in reasons.categories]
    paths = choice.words(outcome.path for outcome in found if outcome.path)
    columns: dict[str, tuple[list[str | None], pl.Enum]] = {
        "disposition": ([each.disposition.value if each else None for each in following], DISPOSITIONS),
        "sends_to": (
            [each.sends_to.value if each and each.sends_to else None for each in following],
            lifecycle.STATUS,
        ),
        "path": ([each.path if each else None for each in following], paths),
    }
    return [
        choice.looked_up("reason", pl.Series(values, dtype=dtype)).alias(name)
        for name, (values, dtype) in columns.items()
    ]
