"""Two playbooks held side by side: what is said otherwise, by name, and nothing that only looks otherwise."""

from __future__ import annotations

from typing import Any

import pytest

from coldframe.kernel.playbook import parsing
from coldframe.kernel.playbook.differences import Sort, differences
from coldframe.library import starters

TEXT = starters.read("default")


def told(*changes: tuple[str, str]) -> list[tuple[str, str, Any, Any]]:
    """The differences that changes of the default text make."""
    after = TEXT
    for old, new in changes:
        assert old in after
        after = after.replace(old, new, 1)
    found = differences(parsing.parse(TEXT), parsing.parse(after))
    return [(" ".join(each.path), each.sort.value, each.before, each.after) for each in found]


def test_comments_spelling_and_defaults_that_are_written_out_are_no_difference() -> None:
    assert (
        told(("# To sales. In order", "# In order"), ("passes_capacity: yes", "passes_capacity: true")) == []
    )
    assert told(("  cool_off: 90 days\n", "")) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("points: 20, half_life: 14 days", "points: 20, half_life: 21 days"), ("signals pricing_page half_life", "14 days", "21 days")),
        (("levels: {A: 80", "levels: {A: 85"), ("fit levels A", "80", "85")),
        (("per_rep: 10 a week", "per_rep: 8 a week"), ("sales capacity per_rep", "10 a week", "8 a week")),
        (("holdout: 10% of", "holdout: 20% of"), ("experiment holdout", "10%", "20%")),
    ],
)  # fmt: skip
def test_a_changed_value_is_told_by_its_place(
    change: tuple[str, str], expected: tuple[str, str, str]
) -> None:
    [(path, sort, before, after)] = told(change)

    assert (path, sort, f"{before:.10g}" if isinstance(before, float) else str(before)) == (
        expected[0],
        "CHANGED",
        expected[1],
    )
    assert (f"{after:.10g}" if isinstance(after, float) else str(after)) == expected[2]


def test_what_comes_and_goes_is_told_by_its_name() -> None:
    renamed = told(("name: Account surge", "name: Many at once"))

    assert [each[:2] for each in renamed] == [
        ("triggers Account surge", "REMOVED"),
        ("triggers Many at once", "ADDED"),
    ]
    assert renamed[1][3].name == "Many at once"


def test_another_order_is_told_once() -> None:
    ready = "  - name: Attended a webinar        # registered alone is weaker, and no trigger\n    when: {all: [{field: signal.webinar_attended, within: 7 days}, {field: fit.level, is: A}]}\n    answer_within: 1 day\n"

    [(path, sort, before, after)] = told((ready, ""), ("triggers:\n", f"triggers:\n{ready}"))

    assert (path, sort) == ("triggers", Sort.MOVED.value)
    assert after[0] == "Attended a webinar"
    assert sorted(before) == sorted(after)
