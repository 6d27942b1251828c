"""Each comparison of the policy language over a column, with what it says of a missing value."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from coldframe.kernel.playbook import expressions
from coldframe.kernel.playbook.conditions import Leaf, Op, Tree
from coldframe.kernel.playbook.expressions import Setting
from coldframe.kernel.playbook.units import Duration
from tests.kernel.cast import NOW, ahead

SETTING = Setting(
    now=expressions.instant(NOW), lists={"rivals": ("Rival.example",), "nobody": ()}, cycle_days=pl.lit(100.0)
)
T, F, U = True, False, None


def asked(values: list[Any], field: str, op: Op, value: Any) -> list[bool | None]:
    frame = pl.DataFrame({"value": values})
    leaf = Leaf(field=field, op=op, value=value)
    said = expressions.compared(leaf, "value", frame.schema["value"], SETTING)
    return frame.with_columns(said=said)["said"].to_list()


@pytest.mark.parametrize(
    ("op", "value", "said"),
    [
        (Op.IS, "software", [T, F, F, U]),
        (Op.IS_NOT, "Software", [F, T, T, U]),
        (Op.IN, ("software", "retail"), [T, T, F, U]),
        (Op.NOT_IN, ("software", "retail"), [F, F, T, U]),
        (Op.STARTS, "soft", [T, F, F, U]),
        (Op.CONTAINS, "TAIL", [F, T, F, U]),
        (Op.CONTAINS, ("tail", "ware"), [T, T, F, U]),
        (Op.MENTIONS, ("guest post",), [F, F, T, U]),
        (Op.MENTIONS, ("soft", "post a"), [F, F, F, U]),
        (Op.KNOWN, True, [T, T, T, F]),
        (Op.KNOWN, False, [F, F, F, T]),
    ],
)
def test_text_is_compared_without_regard_to_case(op: Op, value: Any, said: list[bool | None]) -> None:
    values = ["Software", "retail", "A guest\n post, please", None]

    assert asked(values, "lead.message", op, value) == said


@pytest.mark.parametrize("phrase", ["c++", "r&d", "50%", "a-b", "(x)", "what?"])
def test_a_phrase_is_found_whatever_signs_it_has(phrase: str) -> None:
    values = [f"We do {phrase.upper()}!", f"We dox{phrase}x!"]

    assert asked(values, "lead.message", Op.MENTIONS, (phrase,)) == [T, F]


def test_lists_are_looked_up_and_one_without_entries_says_nothing() -> None:
    values = ["rival.example", "anna.example", None]

    assert asked(values, "account.domain", Op.IN_LIST, "rivals") == [T, F, U]
    assert asked(values, "account.domain", Op.NOT_IN_LIST, "rivals") == [F, T, U]
    assert asked(values, "account.domain", Op.IN_LIST, "nobody") == [F, F, U]
    assert asked(values, "account.domain", Op.NOT_IN_LIST, "nobody") == [U, U, U]


@pytest.mark.parametrize(
    ("op", "value", "said"),
    [
        (Op.IS, 50, [T, F, U]),
        (Op.IS_NOT, 50, [F, T, U]),
        (Op.IN, (50, 7), [T, F, U]),
        (Op.BETWEEN, (50, 60), [T, F, U]),
        (Op.AT_LEAST, 50, [T, T, U]),
        (Op.AT_MOST, 50, [T, F, U]),
        (Op.BELOW, 50, [F, F, U]),
        (Op.ABOVE, 50, [F, T, U]),
    ],
)
@pytest.mark.parametrize("kind", [int, float, str])
def test_numbers_are_compared_as_numbers_even_where_a_file_brought_text(
    op: Op, value: Any, said: list[bool | None], kind: type
) -> None:
    values = [kind(50), kind(61), None]

    assert asked(values, "lead.custom.visits", op, value) == said


def test_a_text_that_is_no_number_is_missing() -> None:
    assert asked(["many"], "lead.custom.visits", Op.AT_LEAST, 3) == [U]


@pytest.mark.parametrize("values", [[3, 4, None], [3.0, 4.0, None]])
def test_ones_own_number_can_be_asked_for_as_text(values: list[Any]) -> None:
    assert asked(values, "lead.custom.visits", Op.IS, "3") == [T, F, U]
    assert asked(values, "lead.custom.visits", Op.IN, ("three", "4")) == [F, T, U]


@pytest.mark.parametrize("values", [[True, False, None], ["Yes", "no", None], [1, 0, None]])
def test_yes_and_no_are_understood_in_any_dress(values: list[Any]) -> None:
    assert asked(values, "lead.custom.is_partner", Op.IS, True) == [T, F, U]
    assert asked(values, "lead.custom.is_partner", Op.IS_NOT, True) == [F, T, U]


@pytest.mark.parametrize("kind", [lambda day: day, date.isoformat])
def test_a_date_is_within_from_today_on_and_reached_up_to_today(kind: Any) -> None:
    values = [kind(ahead(days)) for days in (-1, 0, 30, 31)] + [None]

    assert asked(values, "lead.custom.renews_on", Op.WITHIN, Duration(30, "day")) == [F, T, T, F, U]
    assert asked(values, "lead.custom.renews_on", Op.REACHED, True) == [T, T, F, F, U]
    assert asked(values, "lead.custom.renews_on", Op.REACHED, False) == [F, F, T, T, U]


def test_a_text_that_spells_no_day_is_missing() -> None:
    assert asked(["soon"], "lead.custom.renews_on", Op.REACHED, True) == [U]


def test_a_length_of_time_may_be_written_in_cycles() -> None:
    values = [99.0, 100.0, None]

    assert asked(values, "lead.time_since_meaningful_action", Op.AT_LEAST, Duration(1, "cycle")) == [F, T, U]
    assert asked(values, "lead.time_since_meaningful_action", Op.BELOW, Duration(100, "day")) == [T, F, U]


def test_a_level_is_at_least_another_when_it_is_as_good_or_better() -> None:
    values = ["HIGH", "MEDIUM", "NONE", None]

    assert asked(values, "intent.level", Op.AT_LEAST, "medium") == [T, T, F, U]
    assert asked(values, "intent.level", Op.BELOW, "medium") == [F, F, T, U]


A, B = (Leaf(field=f"lead.custom.{name}", op=Op.IS, value=True) for name in "ab")
KLEENE = [(T, T), (T, F), (T, U), (F, F), (F, U), (U, U)]


@pytest.mark.parametrize(
    ("kind", "said"),
    [("all", [T, F, U, F, F, U]), ("any", [T, T, T, F, U, U]), ("none", [F, F, F, T, U, U])],
)
def test_trees_combine_what_is_unknown_as_kleene_did(kind: str, said: list[bool | None]) -> None:
    columns = {expressions.leaf_column(leaf): [pair[i] for pair in KLEENE] for i, leaf in enumerate((A, B))}
    frame = pl.DataFrame(columns, schema_overrides=dict.fromkeys(columns, pl.Boolean))

    assert frame.select(said=expressions.holds(Tree(kind=kind, of=(A, B))))["said"].to_list() == said
    assert frame.select(said=expressions.holds(Tree(kind=kind, of=(B, A))))["said"].to_list() == said


@pytest.mark.parametrize(("kind", "said"), [("all", True), ("any", False), ("none", True)])
def test_all_of_nothing_holds(kind: str, said: bool) -> None:
    assert pl.select(expressions.holds(Tree(kind=kind, of=()))).item() is said


def test_days_are_the_same_in_a_frame_of_any_length() -> None:
    spans = pl.DataFrame({"span": range(1, 10**13, 10**10 // 7)}).cast(pl.Duration("us"))
    days = expressions.in_days(pl.col("span"))

    apart = pl.concat(part.select(days) for part in spans.iter_slices(1))

    assert_frame_equal(spans.select(days), apart, check_exact=True)


def test_days_that_were_written_as_days_or_months_are_just_those() -> None:
    written = [*map(float, range(1, 4000)), *(30.4375 * month for month in range(1, 200))]
    spans = pl.DataFrame({"span": [round(days * 86_400_000_000) for days in written]}).cast(pl.Duration("us"))

    assert spans.select(expressions.in_days(pl.col("span")))["span"].to_list() == written


@pytest.mark.parametrize(
    ("otherwise", "said"),
    [
        (None, [1, 2, None, None]),
        (9, [1, 2, 9, 9]),
        (pl.col("word").str.len_chars().fill_null(0), [1, 2, 5, 0]),
    ],
)
def test_a_word_stands_for_what_is_told_of_it_and_others_for_what_is_said_otherwise(
    otherwise: Any, said: list[int | None]
) -> None:
    words = pl.DataFrame({"word": ["a", "b", "other", None]})

    found = expressions.looked_up(pl.col("word"), {"a": 1, "b": 2}, dtype=pl.Int64, otherwise=otherwise)

    assert words.select(found).to_series().to_list() == said


def test_where_nothing_is_told_of_any_word_all_are_what_is_said_otherwise() -> None:
    words = pl.DataFrame({"word": ["a", None]})

    said = words.select(
        at=pl.col("word"), found=expressions.looked_up(pl.col("word"), {}, dtype=pl.Int64, otherwise=7)
    )

    assert said["found"].to_list() == [7, 7]
