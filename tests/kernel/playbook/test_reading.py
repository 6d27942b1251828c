"""Reading the text: what YAML does with values is not what people mean, and what it allows can be abused."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coldframe.kernel.playbook import parsing, source
from coldframe.kernel.playbook.conditions import Leaf, Op, Tree
from coldframe.kernel.playbook.units import Duration
from tests.drawn import examples
from tests.kernel.playbook.changing import SHAPE, among_rules, changed


def rule_of(leaf: str) -> Leaf | Tree:
    """Return the condition that a fit rule with this text gets."""
    return next(rule.when for rule in parsing.parse(among_rules(leaf)).fit.rules if rule.name == "Tried")


def codes(text: str) -> list[tuple[int, int, str]]:
    return [(problem.line, problem.column, problem.code) for problem in parsing.examine(text).problems]


# What values mean


def test_a_country_stays_norway() -> None:
    assert rule_of("{field: account.country, in: [NO, no, Yes, off]}").value == ("NO", "no", "Yes", "off")
    assert rule_of("{field: lead.country, is: NO}").value == "NO"


def test_yes_and_no_are_switches_where_a_switch_stands() -> None:
    assert [rule_of(f"{{field: lead.left_company, is: {word}}}").value for word in ("yes", "no", "true", "False")] == [
        True, False, True, False,
    ]  # fmt: skip
    assert rule_of("{field: lead.city, known: no}").value is False


@pytest.mark.parametrize(
    "word", ["1.10", "12:30", "0x1f", "1e3", "~", "null", "2026-06-01", "0o7", "+1", ".5", "1_000"]
)
def test_a_text_is_what_was_written(word: str) -> None:
    assert rule_of(f"{{field: lead.campaign, is: {word}}}").value == word
    assert parsing.parse(changed("name: Nordic greenhouses, long cycle", f"name: {word}")).name == word


@pytest.mark.parametrize("word", ["~", "null", "1e3", "0x1f", "1_000", ".inf", "nan", "12:30", "1,5", "५"])
def test_a_number_is_digits_and_a_point(word: str) -> None:
    assert codes(among_rules(f"{{field: account.employees, at_least: '{word}'}}")) == [(20, 64, "PB304")]


def test_numbers_may_be_quoted_and_texts_need_not_be() -> None:
    assert rule_of('{field: account.employees, at_least: "50"}') == rule_of(
        "{field: account.employees, at_least: 50}"
    )


def test_words_are_known_in_any_case() -> None:
    assert rule_of("{field: lead.role, in: [CHAMPION, Economic_Buyer]}").value == (
        "champion",
        "economic_buyer",
    )
    assert rule_of("{field: lead.email_kind, is: Free}").value == "free"


def test_values_of_ones_own_fields_stay_text_until_the_data_types_them() -> None:
    assert rule_of("{field: lead.custom.score, is: 5}").value == "5"
    assert rule_of("{field: lead.custom.vip, is: yes}").value == "yes"
    assert rule_of("{field: account.custom.seats, between: [5, 10.5]}").value == (5, 10.5)


def test_contains_takes_one_text_or_several() -> None:
    assert rule_of("{field: account.industry, contains: soft}").value == "soft"
    assert rule_of("{field: account.industry, contains: [soft, it]}").value == ("soft", "it")
    assert rule_of("{field: lead.message, mentions: cv}").value == ("cv",)


def test_within_is_a_comparison_alone_and_a_narrowing_beside_a_count() -> None:
    assert rule_of("{field: account.renewal_on, within: 2 weeks}") == Leaf(
        field="account.renewal_on", op=Op.WITHIN, value=Duration(2, "week")
    )
    stages = parsing.parse(SHAPE).stages
    assert stages.internal_alignment is not None
    assert stages.internal_alignment.when == Leaf(
        field="account.active_stakeholders", op=Op.AT_LEAST, value=3, within=Duration(60, "day")
    )


def test_trees_nest() -> None:
    found = rule_of("{none: [{any: [{field: lead.city, is: Oslo}, {all: []}]}]}")

    oslo = Leaf(field="lead.city", op=Op.IS, value="Oslo")
    assert found == Tree(kind="none", of=(Tree(kind="any", of=(oslo, Tree(kind="all", of=()))),))


def test_a_path_may_name_segments_alone() -> None:
    food = parsing.parse(SHAPE).paths[3]

    assert (food.segments, food.when) == (("food-marketing",), Tree(kind="all", of=()))


def test_a_list_that_only_conditions_name_is_there_and_empty() -> None:
    text = SHAPE[: SHAPE.index("lists:\n")]

    assert parsing.parse(text).lists == {"competitors": (), "served_countries": (), "unrelated_offers": ()}


def test_a_section_with_every_entry_commented_out_is_empty() -> None:
    assets = SHAPE[SHAPE.index("assets:\n") : SHAPE.index("paths:\n")]

    assert parsing.parse(changed(assets, "assets:\n  # none yet\n\n")).assets == ()


def test_json_is_as_good_as_yaml() -> None:
    root, _ = source.read(SHAPE, file="x")
    assert root is not None

    tree = root.plain()
    tree["lists"]["unrelated_offers"] = []
    tree["about"] = "Growers 🌱 of the north"

    found = [
        parsing.parse(json.dumps(tree, indent=indent, ensure_ascii=ascii))
        for indent in (None, 2)
        for ascii in (True, False)
    ]

    assert found == [parsing.parse(SHAPE).model_copy(update={"about": "Growers 🌱 of the north"})] * 4


# What is not read


def test_a_bomb_of_aliases_is_refused_before_it_goes_off() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    began = time.perf_counter()

    found = codes("\n".join(lines))

    assert {code for _, _, code in found} >= {"PB105"}
    assert time.perf_counter() - began < 2


@pytest.mark.parametrize(
    "tag", ["!!python/object/apply:os.system [ls]", "!!str x", "!mine x", "!<tag:x,2026:y> z"]
)
def test_a_tag_makes_no_object(tag: str) -> None:
    assert (3, 7, "PB106") in codes(changed("name: Nordic greenhouses, long cycle", f"name: {tag}"))


def test_a_text_of_more_than_256_kib_is_refused() -> None:
    padding = "# " + "x" * (256 * 1024 - len(SHAPE.encode()) - 3) + "\n"

    assert codes(padding + SHAPE) == []
    assert codes("#" + padding + SHAPE) == [(1, 1, "PB101")]


def test_twenty_four_levels_are_enough() -> None:
    nest = "{all: [" * 9 + "]}" * 9
    deeper = "{all: [" * 11 + "]}" * 11

    assert codes(among_rules(nest)) == []
    assert [code for _, _, code in codes(among_rules(deeper))] == ["PB108"]


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? ", "a:\n "])
def test_a_hundred_thousand_levels_are_refused_at_once(opening: str) -> None:
    began = time.perf_counter()

    found = codes(opening * 40_000)

    assert {code for _, _, code in found} <= {"PB108", "PB102", "PB112", "PB107"}
    assert found
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize(
    ("text", "place"), [("playbook: 1\nna\x00me: x", (2, 3)), ("play\x07book", (1, 5)), ("a: \ud800", (1, 4))]
)
def test_control_characters_and_half_characters_are_refused(text: str, place: tuple[int, int]) -> None:
    assert codes(text) == [(*place, "PB104")]


def test_a_control_character_hidden_in_an_escape_is_refused() -> None:
    assert (3, 7, "PB104") in codes(changed("name: Nordic greenhouses, long cycle", 'name: "a\\0b"'))


@pytest.mark.parametrize(
    "text",
    ["", "\n", "# nothing\n", "just text", "- a\n- b\n", "42", "[]", "---\n", "%YAML 1.1\n---\na"],
)
def test_what_is_no_mapping_is_no_playbook(text: str) -> None:
    found = parsing.examine(text)

    assert found.playbook is None
    assert [problem.code for problem in found.problems] == ["PB111"]


def test_a_list_as_a_key_is_refused() -> None:
    assert codes("playbook: 1\n[a, b]: c\n") == [(2, 1, "PB112")]


@pytest.mark.parametrize("section", ["triggers", "exits", "disqualify"])
def test_more_rules_than_a_number_has_bits_are_refused(section: str) -> None:
    name = "name" if section == "triggers" else "reason"
    leaf = "{field: lead.city, is: Oslo}"
    more = "".join(f"  - {{{name}: rule_{n}, when: {leaf}}}\n" for n in range(60))

    found = parsing.examine(changed(f"{section}:\n", f"{section}:\n{more}")).problems

    assert [(problem.code, problem.where) for problem in found] == [("PB411", section)]


def test_no_trigger_means_nobody_comes_to_sales() -> None:
    triggers = SHAPE[SHAPE.index("triggers:\n") : SHAPE.index("exits:\n")]

    found = parsing.examine(changed(triggers, "triggers: []\n")).problems

    assert [(problem.code, problem.where) for problem in found] == [("PB408", "triggers")]


# Whatever comes


FRAGMENTS = st.sampled_from(
    [
        "playbook: 1\n", "fit:", "  rules:\n", "- ", "{", "}", "[", "]", ": ", ", ", "&a ", "*a", "!!x ", "|\n", ">\n", "? ", "%YAML 9.9\n",
        "---\n", "...\n", "'", '"', "\t", "#", "\\", "\x00", "\x85", "\u2028", "\ufeff", "\ud800", "name", "when", "field", "all", "7 days", "1e999",
        "0", "-", "\r\n", "\r", " " * 8, "é", "𐍈", "signals", "paths", "for", "exits", "then",
    ]
)  # fmt: skip


@settings(max_examples=examples(100), deadline=None)
@given(st.lists(FRAGMENTS | st.text(max_size=5), max_size=30).map("".join))
def test_any_text_is_a_playbook_or_refused_with_reasons(text: str) -> None:
    examination = parsing.examine(text)

    assert (examination.playbook is None) == bool(examination.mistakes)
    assert all(problem.line >= 1 and problem.column >= 1 for problem in examination.problems)


@settings(max_examples=examples(30), deadline=None)
@given(st.data())
def test_a_playbook_with_a_piece_changed_is_a_playbook_or_refused_with_reasons(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(SHAPE) - 1))
    length = data.draw(st.integers(0, 30))
    text = SHAPE[:at] + data.draw(FRAGMENTS | st.text(max_size=5)) + SHAPE[at + length :]

    examination = parsing.examine(text)

    assert (examination.playbook is None) == bool(examination.mistakes)


VALUES = st.recursive(
    st.none() | st.text(max_size=8) | st.sampled_from(["all", "yes", "1", "A", "7 days", "page"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["field", "is", "all", "any", "name", "when", "segments", "then", "", "within"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)


@settings(max_examples=examples(20), deadline=None)
@given(st.data())
def test_a_playbook_with_a_value_changed_is_a_playbook_or_refused_with_reasons(data: st.DataObject) -> None:
    root, _ = source.read(SHAPE, file="x")
    assert root is not None
    tree = root.plain()
    holder = tree
    for _ in range(data.draw(st.integers(0, 4))):
        inner = [
            value
            for value in (holder.values() if isinstance(holder, dict) else holder)
            if isinstance(value, dict | list) and value
        ]
        if not inner:
            break
        holder = data.draw(st.sampled_from(inner))
    key = data.draw(st.sampled_from(list(holder) if isinstance(holder, dict) else range(len(holder))))
    holder[key] = data.draw(VALUES)

    examination = parsing.examine(json.dumps(tree))

    assert (examination.playbook is None) == bool(examination.mistakes)
