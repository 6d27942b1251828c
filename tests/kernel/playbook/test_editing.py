"""What a form writes into a text is the change it means, and nothing else moves."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from coldframe.kernel.playbook import editing, parsing, printing
from coldframe.kernel.playbook.model import Playbook
from coldframe.library import starters
from tests.kernel.playbook.strategies import anything, playbooks

SHIPPED = {name: starters.read(name) for name in starters.STARTERS}
TEXT = SHIPPED["default"]
COMMENT = re.compile(r"(?:^|\s)#.*$", re.MULTILINE)
PATIENT = settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)


def changed_lines(before: str, after: str) -> list[tuple[str, str]]:
    """The lines that differ, of texts with as many lines."""
    pairs = zip(before.splitlines(), after.splitlines(), strict=True)
    return [(one, other) for one, other in pairs if one != other]


@pytest.mark.parametrize("name", SHIPPED)
def test_a_value_in_brackets_gives_way_alone_and_its_comment_stays(name: str) -> None:
    before = SHIPPED[name]

    after = editing.put(before, ("fit", "levels", "A"), "85")

    assert changed_lines(before, after) == [
        (line, line.replace("A: 80", "A: 85")) for line in before.splitlines() if "levels: {A: 80" in line
    ]
    assert parsing.parse(after).fit.levels.A == 85


def test_what_was_not_there_is_written_where_its_neighbors_are() -> None:
    after = editing.put(TEXT, ("sales", "lapsed", "escalate_to"), "Rosa, who leads sales")
    after = editing.put(after, ("signals", "reply", "stage"), "evaluation")
    after = editing.put(after, ("tracking", "links"), "no")

    assert '  lapsed: {after: deadline, escalate_to: "Rosa, who leads sales", then: nurture}\n' in after
    assert "    {event: replied, points: 40, half_life: 90 days, cap: 80, stage: evaluation}\n" in after
    assert after.endswith("\n\ntracking: {links: no}\n")


def test_an_asset_joins_those_of_its_stage_in_their_way_of_writing() -> None:
    asset = {"key": "cost-of-waiting", "title": "What it costs to wait: a sheet", "stage": "research"}
    places = [each.key for each in parsing.parse(TEXT).assets]
    items = editing.inserted(editing.plain(TEXT), ("assets",), places.index("industry-report") + 1, asset)

    after = editing.put(TEXT, ("assets",), items)

    lines = after.splitlines()
    here = lines.index('  - {key: cost-of-waiting, title: "What it costs to wait: a sheet", stage: research}')
    assert "key: industry-report" in lines[here - 1]
    assert lines[here + 1] == "  # Which approach is better?"
    assert [line for line in lines if line not in TEXT.splitlines()] == [lines[here]]


def test_a_question_joins_the_others_below_one_another() -> None:
    question = {"ask": "Which country are you in?", "options": ["Poland", "Norway"]}

    after = editing.put(TEXT, ("completeness", "questions", "account.country"), question)

    assert (
        "      options: [this quarter, this year, later, just looking]\n"
        "    account.country: {ask: Which country are you in?, options: [Poland, Norway]}\n"
    ) in after


def test_what_is_taken_away_takes_nothing_with_it() -> None:
    index = [each.key for each in parsing.parse(TEXT).assets].index("trade-offs")

    after = editing.put(TEXT, ("assets", index, "roles"), None)
    after = editing.put(after, ("calendar", "holidays"), None)

    assert ", answers: Which approach is better?, url: https://example.com/trade-offs}" in after
    assert "holidays" not in after
    assert len(COMMENT.findall(after)) == len(COMMENT.findall(TEXT))


@pytest.mark.parametrize(
    ("text", "path", "value", "after"),
    [
        ("a: # why\n  b: 1\n", ("a", "b"), "2", "a: # why\n  b: 2\n"),
        ("a:\nb: 1\n", ("a",), "x", "a: x\nb: 1\n"),
        ("a: {}  # none\n", ("a",), {"k": "v"}, "a: {k: v}  # none\n"),
        ("a:\n- x\n- y # two\nb: 1\n", ("a",), ["x", "y", "z"], "a:\n- x\n- y # two\n- z\nb: 1\n"),
        ("a: [x, y, ]\n", ("a",), ["x", "y", "z"], "a: [x, y,  z]\n"),
        ("a: [x, # one\n  y]\n", ("a",), ["y"], "a: [y]\n"),
        ("a:\n  - x\n  # about y\n  - y\n", ("a",), ["x"], "a:\n  - x\n  # about y\n"),
        ("a: |\n  one\n\nb: 1\n", ("a",), "two", "a: two\n\nb: 1\n"),
        ('{"a": {"b": "1"}}', ("a", "b"), "2", '{"a": {"b": 2}}'),
        ("a: 1", ("b", "c"), "2", "a: 1\n\nb: {c: 2}"),
        ("- a\n- b\n", (1,), None, "- a\n"),
        ("a: x\r\nb: y\r\n", ("a",), "z", "a: z\r\nb: y\r\n"),
        ("? a\n: 1\n", ("a",), "2", "? a\n: 2\n"),
    ],
)  # fmt: skip
def test_each_way_of_writing_is_kept(text: str, path: tuple[Any, ...], value: Any, after: str) -> None:
    assert editing.put(text, path, value) == after


def test_a_text_with_slips_of_form_is_refused() -> None:
    with pytest.raises(editing.NotEditable, match="cannot be read"):
        editing.put("a: 1\na: 2\n", ("a",), "3")


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place of a plain value."""
    found = [path] if path else []
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, child in children:
        found += places(child, (*path, key))
    return found


values = (
    anything | st.lists(anything, max_size=3) | st.dictionaries(anything, anything, max_size=3) | st.none()
)


@PATIENT
@given(playbooks(), st.data())
def test_whatever_is_put_anywhere_the_text_then_says_exactly_that(
    playbook: Playbook, data: st.DataObject
) -> None:
    text = printing.print_playbook(playbook)
    before = editing.plain(text)
    path = data.draw(st.sampled_from(places(before)))
    value = data.draw(values)

    after = editing.put(text, path, value)

    assert editing.plain(after) == editing.replaced(before, path, value)


@settings(max_examples=8, deadline=None)
@given(st.sampled_from(sorted(SHIPPED)), st.data())
def test_a_change_of_one_value_leaves_every_comment_and_every_other_line(
    name: str, data: st.DataObject
) -> None:
    text = SHIPPED[name]
    before = editing.plain(text)
    scalars = [path for path in places(before) if isinstance(editing.at(before, path), str)]
    path = data.draw(st.sampled_from(scalars))

    after = editing.put(text, path, "17")

    assert editing.plain(after) == editing.replaced(before, path, "17")
    assert COMMENT.findall(after) == COMMENT.findall(text)
