"""
The decision: to sales, nurture, or let go.

What wins, first to last: a customer or an open deal; disqualification; a hand raise; the other triggers;
exits; a path. An unknown condition never holds.
"""

from __future__ import annotations

import polars as pl

from coldframe.kernel import lifecycle
from coldframe.kernel.assessment import choice, departure
from coldframe.kernel.assessment.outcomes import WITH_SALES, Outcome, outcomes, reasons_of
from coldframe.kernel.assessment.policy import Policy
from coldframe.kernel.playbook import expressions
from coldframe.kernel.playbook.model import Path
from coldframe.kernel.vocabulary import Disposition

DISPOSITIONS = choice.words(each.value for each in Disposition)


def with_decision(frame: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """
    Add ``disposition``, ``reason``, ``path``, ``sends_to``, and the bits of the rules that hold.

    ``reason`` names the rule that decided (``trigger:Ready``); ``path`` is null except for NURTURE;
    ``sends_to`` is the status of a lead that goes to sales, else null. ``triggers_held``, ``exits_held``
    and ``disqualify_held`` i64 carry one bit for each rule, in the playbook's order.
    """
    rules = _rules(policy)
    found = tuple(outcomes(policy))
    deciding = [(outcome.reason, pl.col(outcome.column)) for outcome in found]
    reasons = reasons_of(policy)
    return (
        frame.with_columns(holds.fill_null(False).alias(column) for column, holds in rules.items())
        .with_columns(
            choice.first([*deciding, (found[-1].reason, choice.ALWAYS)], among=reasons).alias("reason"),
            *(_held(kind, rules).alias(f"{kind}_held") for kind in ("triggers", "exits", "disqualify")),
        )
        .with_columns(_of_reason(found, reasons))
        .drop(rules)
    )


def _rules(policy: Policy) -> dict[str, pl.Expr]:
    """Every rule by its column; the last path also takes whoever no path is for."""
    playbook = policy.playbook
    state = pl.col("opportunity.state")
    return {
        **{f"opportunity:{word.lower()}": state == word for word in WITH_SALES},
        **{f"disqualify:{i}": expressions.holds(rule.when) for i, rule in enumerate(playbook.disqualify)},
        **{f"triggers:{i}": expressions.holds(rule.when) for i, rule in enumerate(playbook.triggers)},
        **{f"exits:{i}": departure.exit_holds(rule, policy) for i, rule in enumerate(playbook.exits)},
        **{f"paths:{i}": _is_for(path) for i, path in enumerate(playbook.paths)},
    }


def _is_for(path: Path) -> pl.Expr:
    holds = expressions.holds(path.when)
    return holds & pl.col("segment").is_in(list(path.segments)) if path.segments else holds


def _held(kind: str, rules: dict[str, pl.Expr]) -> pl.Expr:
    return choice.bits([pl.col(column) for column in rules if column.startswith(f"{kind}:")])


def _of_reason(found: tuple[Outcome, ...], reasons: pl.Enum) -> list[pl.Expr]:
    """What follows from the reason: disposition, status at sales, path."""
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
