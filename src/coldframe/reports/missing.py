"""What the records lack, and what filling it would settle."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

import polars as pl

from coldframe.kernel.playbook import expressions
from coldframe.kernel.playbook.conditions import Condition, Op
from coldframe.kernel.playbook.model import Playbook
from coldframe.kernel.vocabulary import FitVerdict
from coldframe.reports import filters, wording
from coldframe.reports.findings import MissingField

#: Beyond so many unknown rules on one field all of their outcomes are no longer tried, only the extremes.
MOST_OUTCOMES = 8


def fields(
    assessed: pl.DataFrame, *, counts: dict[str, int], playbook: Playbook, has_lists: bool
) -> tuple[MissingField, ...]:
    """
    Return each field that some lead lacks: what sales needs first, then what most leads lack.

    ``assessed`` has one row per lead: ``missing`` (a bit for each of ``sales_needs``), ``fit_verdict``,
    ``fit_held``, ``fit_unknown``. ``counts`` is how many lack each field of the record.
    """
    needs = playbook.completeness.sales_needs
    known = counts | {
        name: missing_need(assessed, place) for place, name in enumerate(needs) if name not in counts
    }
    settled = settles(assessed, playbook=playbook)
    found = [
        MissingField(
            field=name,
            label=wording.field(name),
            missing=count,
            of=assessed.height,
            is_needed_by_sales=name in needs,
            settles=settled.get(name, 0),
            leads=filters.query(missing=name) if name in filters.RECORD else None,
        )
        for name, count in known.items()
        if count or name in needs
    ]
    return tuple(sorted(found, key=lambda each: (not each.is_needed_by_sales, -each.missing, each.field)))


def missing_need(assessed: pl.DataFrame, place: int) -> int:
    """Return how many leads lack the field of ``sales_needs`` at this place."""
    return int(assessed.select((pl.col("missing") & (1 << place)) != 0).to_series().sum())


def settles(assessed: pl.DataFrame, *, playbook: Playbook) -> dict[str, int]:
    """
    Return for each field how many undetermined fits it settles alone, whatever its value turns out to be.

    Leads with the same rules held and the same unknown are decided once.
    """
    rules = playbook.fit.rules
    line = {"A": playbook.fit.levels.A, "B": playbook.fit.levels.B, "C": playbook.fit.levels.C}.get(
        playbook.fit.poor_below, 0.0
    )
    read = [tuple(sorted(fields_of(rule.when))) for rule in rules]
    undetermined = assessed.filter(pl.col("fit_verdict") == FitVerdict.UNDETERMINED)
    totals: dict[str, int] = {}
    for held, unknown, count in undetermined.group_by("fit_held", "fit_unknown").len().iter_rows():
        known_points = sum(rule.points for place, rule in enumerate(rules) if held >> place & 1)
        open_rules = [place for place in range(len(rules)) if unknown >> place & 1]
        given = {read[p][0] for p in range(len(rules)) if len(read[p]) == 1 and p not in open_rules}
        for name in {field for place in open_rules for field in read[place]}:
            resolved = [place for place in open_rules if set(read[place]) - given == {name}]
            left = [rules[place].points for place in open_rules if place not in resolved]
            outcomes = sums([rules[place].points for place in resolved])
            if resolved and all(is_settled(known_points + each, left, line) for each in outcomes):
                totals[name] = totals.get(name, 0) + count
    return totals


def is_settled(points: float, left: Iterable[float], line: float) -> bool:
    """Return whether the rules still unknown can no longer carry the fit over the line, or under it."""
    low = points + sum(each for each in left if each < 0)
    high = points + sum(each for each in left if each > 0)
    return clamped(low) >= line or clamped(high) < line


def clamped(points: float) -> float:
    """Return the points as a score, 0 to 100."""
    return min(100.0, max(0.0, points))


def sums(points: list[float]) -> set[float]:
    """Return every sum that some of the points make, holding or not; the extremes alone where they are many."""
    if len(points) > MOST_OUTCOMES:
        return {sum(each for each in points if each < 0), sum(each for each in points if each > 0)}
    return {sum(some) for size in range(len(points) + 1) for some in combinations(points, size)}


def fields_of(condition: Condition) -> set[str]:
    """Return the fields that a condition reads and that may be missing; ``known`` never waits for one."""
    return {leaf.field for leaf in expressions.leaves(condition) if leaf.op != Op.KNOWN}
