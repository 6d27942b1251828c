"""Fit as an interval over what is missing."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from tests.kernel.cast import ANNA, JONAS, ONE_PATH, TOM, ZED, assessed, playbook, scene

FIT = (
    "fit_score",
    "fit_low",
    "fit_high",
    "fit_level",
    "fit_level_best",
    "fit_verdict",
    "fit_held",
    "fit_unknown",
)


def fit(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in FIT)


def test_points_of_the_rules_that_hold_make_score_and_level() -> None:
    rows = assessed(scene())

    assert fit(rows[ANNA]) == (100.0, 100.0, 100.0, "A", "A", "GOOD", 0b0111, 0)
    assert fit(rows[JONAS]) == (70.0, 70.0, 70.0, "B", "B", "GOOD", 0b0011, 0)
    assert fit(rows[TOM]) == (30.0, 30.0, 30.0, "D", "D", "POOR", 0b0100, 0)


def test_what_is_missing_widens_the_interval_both_ways() -> None:
    rows = assessed(scene(anna={"role": None, "email_kind": None}))

    assert fit(rows[ANNA]) == (70.0, 50.0, 100.0, "C", "A", "GOOD", 0b0011, 0b1100)


def test_nothing_known_is_undetermined_and_not_a_poor_fit() -> None:
    rows = assessed(scene())

    assert fit(rows[ZED]) == (0.0, 0.0, 100.0, "D", "A", "UNDETERMINED", 0, 0b1111)
    assert rows[ZED]["reason"] == "path:get-to-know"


def test_a_role_of_unknown_is_a_role_that_is_missing() -> None:
    rows = assessed(scene(anna={"role": "UNKNOWN"}))

    assert (rows[ANNA]["fit_low"], rows[ANNA]["fit_high"], rows[ANNA]["missing"]) == (70.0, 100.0, 0b1100)


@pytest.mark.parametrize("without", [[], ["role"]])
def test_a_role_can_be_asked_for_by_being_unknown_even_where_no_file_has_one(without: list[str]) -> None:
    by = playbook(segments="segments: [{name: asked, when: {field: lead.role, is: unknown}}]", paths=ONE_PATH)
    facts = scene(anna={"role": "UNKNOWN"}, jonas={"role": None})

    rows = assessed(dataclasses.replace(facts, leads=facts.leads.drop(without)), by=by)

    assert [rows[who]["segment"] for who in (ANNA, JONAS)] == ["asked", "asked"]


def test_an_absent_column_is_missing_throughout() -> None:
    facts = scene()
    without = type(facts)(leads=facts.leads.drop("role"), accounts=facts.accounts.drop("employees"))

    rows = assessed(without)

    assert (rows[ANNA]["fit_low"], rows[ANNA]["fit_high"]) == (40.0, 100.0)


def test_the_score_stays_between_0_and_100() -> None:
    generous = """
fit:
  levels: {A: 80, B: 60, C: 40}
  rules:
    - {name: Industry, when: {field: account.industry, is: software}, points: 140}
    - {name: Free mail, when: {field: lead.email_kind, is: business}, points: -20}
    - {name: Factory, when: {field: account.industry, is: manufacturing}, points: -50}
"""
    rows = assessed(scene(), by=playbook(fit=generous))

    assert (rows[ANNA]["fit_score"], rows[TOM]["fit_score"]) == (100.0, 0.0)


@pytest.mark.parametrize(
    ("role", "condition", "holds"),
    [
        ("CHAMPION", "is: A", True),
        ("USER", "is: A", False),
        (None, "is: A", None),
        (None, "in: [A, B]", True),
        (None, "below: B", False),
        (None, "at_least: B", True),
        (None, "at_most: B", None),
        (None, "is_not: C", True),
        (None, "known: yes", False),
    ],
)
def test_a_level_is_unknown_only_while_missing_fields_could_change_the_answer(
    role: str | None, condition: str, holds: bool | None
) -> None:
    """Without a role Brightpath gives Anna 70 to 100: B or A."""
    by = playbook(
        segments=f"segments: [{{name: asked, when: {{field: fit.level, {condition}}}}}]", paths=ONE_PATH
    )

    row = assessed(scene(anna={"role": role}), by=by, detail=True)[ANNA]

    assert row[column(condition)] is holds


def column(condition: str) -> str:
    op, value = condition.split(": ")
    return f"fit.level {op} [{value.strip('[]').replace('yes', 'True')}]"
