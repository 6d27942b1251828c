"""Fit: does the company and the role match the target market, and what does missing data leave open."""

from __future__ import annotations

import operator
from functools import reduce

import polars as pl

from coldframe.kernel.assessment import choice, known
from coldframe.kernel.assessment.policy import Policy
from coldframe.kernel.playbook import expressions
from coldframe.kernel.playbook.conditions import Leaf, Op
from coldframe.kernel.playbook.fields import Step
from coldframe.kernel.playbook.model import FitLevels
from coldframe.kernel.vocabulary import FitLevel, FitVerdict

LEVELS = tuple(FitLevel)
FULL_SCORE = 100.0


def with_fit(frame: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """
    Add the fit of each lead as an interval over what is missing.

    ``fit_score`` f64, points of the rules known to hold; ``fit_low`` and ``fit_high`` f64, worst and best
    case over the rules that are unknown; all 0 to 100. ``fit_level`` is the level of the worst case,
    ``fit_level_best`` of the best, ``fit_verdict`` what both together allow to say. ``fit_held`` and
    ``fit_unknown`` i64 carry one bit for each rule, in the playbook's order.
    """
    fit = policy.playbook.fit
    rules = [expressions.holds(rule.when).alias(f"fit:{i}") for i, rule in enumerate(fit.rules)]
    frame = frame.with_columns(rules)
    columns = [pl.col(f"fit:{i}") for i in range(len(rules))]
    points = [rule.points for rule in fit.rules]
    return (
        frame.with_columns(
            _points(columns, points, upper=None).alias("fit_score"),
            _points(columns, points, upper=False).alias("fit_low"),
            _points(columns, points, upper=True).alias("fit_high"),
            choice.bits(columns).alias("fit_held"),
            choice.bits([column.is_null() for column in columns]).alias("fit_unknown"),
        )
        .with_columns(
            level(pl.col("fit_low"), fit.levels).alias("fit_level"),
            level(pl.col("fit_high"), fit.levels).alias("fit_level_best"),
            _verdict(_line(fit.levels, fit.poor_below)).alias("fit_verdict"),
        )
        .drop(f"fit:{i}" for i in range(len(rules)))
        .pipe(_with_leaves, policy)
    )


def level(score: pl.Expr, levels: FitLevels) -> pl.Expr:
    """Return the level of a score; a line belongs to the level above it."""
    lines = [
        ("A", score >= levels.A),
        ("B", score >= levels.B),
        ("C", score >= levels.C),
        ("D", choice.ALWAYS),
    ]
    return choice.first(lines)


def _points(columns: list[pl.Expr], points: list[float], *, upper: bool | None) -> pl.Expr:
    """Sum the rules that hold; of the unknown ones none, those for (upper) or those against the lead."""

    def counted(column: pl.Expr, worth: float) -> pl.Expr:
        may = upper is not None and (worth > 0) is upper
        return column.fill_null(True) if may else column

    parts = [(counted(column, worth), worth) for column, worth in zip(columns, points, strict=True)]
    return choice.total(parts, pl.Float64()).round(6).clip(0.0, FULL_SCORE)


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


def _with_leaves(frame: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Decide the leaves over fit; ``fit.level`` is unknown while missing fields could change the answer."""
    leaves = policy.leaves_known_after(Step.FIT)
    columns = {"fit.best_case": "fit_level_best", "fit.worst_case": "fit_level", "fit.score": "fit_score"}
    schema = frame.schema
    return frame.with_columns(
        (
            _in_interval(leaf)
            if leaf.field == "fit.level"
            else known.decided(leaf, columns[leaf.field], schema, policy)
        ).alias(name)
        for name, leaf in leaves.items()
    )


def _in_interval(leaf: Leaf) -> pl.Expr:
    if leaf.op is Op.KNOWN:
        settled = pl.col("fit_level") == pl.col("fit_level_best")
        return settled if leaf.value else ~settled
    accepted = expressions.accepted_levels(leaf)
    among = {each: _spans(each) for each in LEVELS}
    outside = reduce(
        operator.or_, (among[each] for each in LEVELS if each.lower() not in accepted), pl.lit(False)
    )
    inside = reduce(operator.or_, (among[each] for each in LEVELS if each.lower() in accepted), pl.lit(False))
    return pl.when(inside & outside).then(None).otherwise(inside)


def _spans(each: FitLevel) -> pl.Expr:
    """Whether a level lies between worst and best case; A sorts before B."""
    return (pl.col("fit_level_best") <= each.value) & (pl.col("fit_level") >= each.value)
