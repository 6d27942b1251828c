"""Every mistake is named with its place, what was expected, what was found, and what may have been meant."""

from __future__ import annotations

import re

import pytest

from coldframe.kernel.playbook import parsing, problems
from coldframe.kernel.vocabulary import Refusal
from coldframe.library import starters
from tests.kernel.playbook.changing import SHAPE, changed
from tests.kernel.playbook.mistakes import Mistake
from tests.kernel.playbook.mistakes_of_meaning import MISTAKES


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.what)
def test_a_mistake_is_named(mistake: Mistake) -> None:
    with pytest.raises(parsing.PlaybookInvalid) as refusal:
        parsing.parse(changed(mistake.old, mistake.new))

    assert "\n\n".join(map(str, refusal.value.problems)) == mistake.says.strip()


@pytest.mark.parametrize(
    "text", [SHAPE, *map(starters.read, starters.STARTERS)], ids=["shape", *starters.STARTERS]
)
def test_of_a_clean_playbook_nothing_is_said(text: str) -> None:
    examination = parsing.examine(text)

    assert examination.problems == ()
    assert examination.playbook is not None


def test_mistakes_far_apart_are_all_named_at_once() -> None:
    text = (
        SHAPE.replace("cycle: 12 months", "cycle: 12")
        .replace("poor_below: C", "poor_below: E")
        .replace("field: account.surge", "field: account.surges")
        .replace("event: replied", "event: email_opened")
        .replace("in_list: competitors", "in_list: competitor")
        .replace("to: re_engaged", "to: nowhere")
        .replace("holdout: 10% of accounts", "holdout: a tenth")
    )

    with pytest.raises(parsing.PlaybookInvalid) as refusal:
        parsing.parse(text, file="mine.yaml")

    found = [(problem.line, problem.code, problem.where) for problem in refusal.value.problems]
    assert found == [
        (6, "PB203", "cycle"),
        (17, "PB204", "fit.poor_below"),
        (28, "PB305", "disqualify[competitor].when.in_list"),
        (43, "PB409", "signals.reply.event"),
        (58, "PB301", "timing.now.any[2].field"),
        (117, "PB204", "triggers[Came back].to"),
        (140, "PB203", "experiment.holdout"),
    ]


def test_a_refusal_can_be_shown_by_any_door() -> None:
    with pytest.raises(Refusal) as refusal:
        parsing.parse(
            changed("half_life: 14 days, cap: 40", "half_life: 2 fortnights, cap: 40"), file="mine.yaml"
        )

    assert str(refusal.value) == (
        "mine.yaml:37:94  PB203  signals.pricing_page.half_life\n"
        'expected a duration such as "14 days", got "2 fortnights".\n'
        'Did you mean "4 weeks"?\n\n'
        "The playbook has 1 mistake."
    )
    document = refusal.value.as_json()
    assert document["error"] == "The playbook has 1 mistake."
    assert document["problems"] == [
        {
            "file": "mine.yaml",
            "line": 37,
            "column": 94,
            "code": "PB203",
            "where": "signals.pricing_page.half_life",
            "expected": 'a duration such as "14 days"',
            "got": '"2 fortnights"',
            "advice": 'Did you mean "4 weeks"?',
            "is_warning": False,
        }
    ]


def test_what_only_follows_from_a_mistake_is_not_said() -> None:
    """The broken signal is named by two rules, the broken path by a verdict; neither is unknown."""
    text = changed("half_life: 30 days, cap: 40}\n  reply", "half_life: never, cap: 40}\n  reply")
    text = text.replace("cadence: {between: 7 to 14 days, floor: 30 days}", "cadence: often")

    codes = [(problem.code, problem.where) for problem in parsing.examine(text).problems]

    assert codes == [("PB203", "signals.sales_material.half_life"), ("PB206", "paths[educate].cadence")]


def test_every_code_is_explained() -> None:
    used = {code for mistake in MISTAKES for code in re.findall(r"  (PB\d{3})\b", mistake.says)}

    assert used <= set(problems.CODES)
    # The rest is reached by whole-file mistakes and warnings, which have tests of their own.
    assert set(problems.CODES) - used <= {
        "PB101", "PB104", "PB108", "PB111", "PB112", "PB408", "PB411",
        "PB501", "PB502", "PB503", "PB504", "PB505", "PB506", "PB507", "PB508", "PB509",
        "PB510", "PB511", "PB513",
        # Of the texts of messages, which the library looks at.
        "PB512", "PB514", "PB601", "PB602", "PB603", "PB604", "PB605", "PB606", "PB607", "PB608",
    }  # fmt: skip
