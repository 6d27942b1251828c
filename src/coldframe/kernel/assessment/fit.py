"""Fit: does the company and the role match the target market, and what does missing data leave open."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import polars as pl

from coldframe.kernel.assessment import choice, known
from coldframe.kernel.assessment.matching import MILLIONTHS
from coldframe.kernel.assessment.policy import Policy
from coldframe.kernel.playbook import expressions
from coldframe.kernel.playbook.conditions import Leaf, Op
from coldframe.kernel.playbook.fields import Step
from coldframe.kernel.playbook.model import FitLevels
from coldframe.kernel.vocabulary import FitLevel, FitVerdict

LEVELS = tuple(FitLevel)
#: A level as a column of the working frame.
LEVEL = choice.words(each.value for each in LEVELS)
FULL_SCORE = 100.0


def with_fit(frame: pl.LazyFrame, policy: Policy) -> pl.LazyFrame:
    """
    Add the fit of each lead as an interval over what is missing.

    ``fit_score`` f64, points of the rules known to hold; ``fit_low`` and ``fit_high`` f64, worst and best
    case over the rules that are unknown; all 0 to 100. ``fit_level`` is the level of the worst case,
    ``fit_level_best`` of the best, ``fit_verdict`` what both together allow to say. ``fit_held`` and
    ``fit_unknown`` i64 carry one bit for each rule, in the playbook's order.
    """
    rules = policy.kept(_rules)
    return (
        frame.with_columns(rules)
        .with_columns(policy.kept(_bits))
        .with_columns(policy.kept(_scores))
        .with_columns(policy.kept(_levels))
        .with_columns(INTERVAL)
        .with_columns(policy.kept(_leaves))
    )


def _column(rule: int) -> str:
    return f"fit:{rule}"


def _rules(policy: Policy) -> list[pl.Expr]:
    rules = policy.playbook.fit.rules
    return [expressions.holds(rule.when).alias(_column(i)) for i, rule in enumerate(rules)]


def _bits(policy: Policy) -> list[pl.Expr]:
    columns = [pl.col(_column(i)) for i in range(len(policy.playbook.fit.rules))]
    return [
        choice.bits(columns).alias("fit_held"),
        choice.bits([column.is_null() for column in columns]).alias("fit_unknown"),
    ]


def _scores(policy: Policy) -> list[pl.Expr]:
    """Sum the rules that hold; of the unknown ones none, those against the lead (worst), or those for it (best)."""
    points = [round(rule.points * MILLIONTHS) for rule in policy.playbook.fit.rules]
    known_points = choice.worth(pl.col("fit_held"), points)
    worst = choice.worth(pl.col("fit_unknown"), [min(each, 0) for each in points])
    best = choice.worth(pl.col("fit_unknown"), [max(each, 0) for each in points])
    return [
        _score(known_points).alias("fit_score"),
        _score(known_points + worst).alias("fit_low"),
        _score(known_points + best).alias("fit_high"),
    ]


def _score(millionths: pl.Expr) -> pl.Expr:
    return (millionths / MILLIONTHS).round(6).clip(0.0, FULL_SCORE)


def _levels(policy: Policy) -> list[pl.Expr]:
    fit = policy.playbook.fit
    return [
        level(pl.col("fit_low"), fit.levels).alias("fit_level"),
        level(pl.col("fit_high"), fit.levels).alias("fit_level_best"),
        _verdict(_line(fit.levels, fit.poor_below)).alias("fit_verdict"),
    ]


def level(score: pl.Expr, levels: FitLevels) -> pl.Expr:
    """Return the level of a score; a line belongs to the level above it."""
    lines = [
        ("A", score >= levels.A),
        ("B", score >= levels.B),
        ("C", score >= levels.C),
        ("D", choice.ALWAYS),
    ]
    return choice.first(lines, among=LEVEL)


def _line(levels: FitLevels, poor_below: FitLevel) -> float:
    return {FitLevel.A: levels.A, FitLevel.B: levels.B, FitLevel.C: levels.C, FitLevel.D: 0.0}[poor_below]


def _verdict(line: float) -> pl.Expr:
    return choice.first(
        [
            (FitVerdict.GOOD.value, pl.col("fit_low") >= line),
            (FitVerdict.POOR.value, pl.col("fit_high") < line),
            (FitVerdict.UNDETERMINED.value, choice.ALWAYS),
        ]
    )


def _leaves(policy: Policy) -> list[pl.Expr]:
    """Decide the leaves over fit; ``fit.level`` is unknown while missing fields could change the answer."""
    leaves = policy.leaves_known_after(Step.FIT)
    columns = {"fit.best_case": "fit_level_best", "fit.worst_case": "fit_level", "fit.score": "fit_score"}
    types = {"fit_level": LEVEL, "fit_level_best": LEVEL, "fit_score": pl.Float64()}
    return [
        (
            _in_interval(leaf)
            if leaf.field == "fit.level"
            else known.decided(leaf, columns[leaf.field], types, policy)
        ).alias(name)
        for name, leaf in leaves.items()
    ]


#: Worst and best level as one number, a place in the tables of ``_in_interval``.
INTERVAL = (
    pl.col("fit_level").to_physical().cast(pl.UInt32) * len(LEVELS) + pl.col("fit_level_best").to_physical()
).alias("interval")


def _in_interval(leaf: Leaf) -> pl.Expr:
    """Return what a leaf says of every level from the worst case to the best, null where it is not the same."""
    table = [_said(leaf, LEVELS[best : worst + 1]) for worst, best in product(range(len(LEVELS)), repeat=2)]
    return pl.lit(pl.Series(table, dtype=pl.Boolean)).gather(pl.col("interval"))


def _said(leaf: Leaf, among: Sequence[FitLevel]) -> bool | None:
    """Return what a leaf says where the level is one of these; A sorts before B."""
    if leaf.op is Op.KNOWN:
        return (len(among) == 1) is leaf.value
    accepted = {each.lower() in expressions.accepted_levels(leaf) for each in among}
    return accepted.pop() if len(accepted) == 1 else None
