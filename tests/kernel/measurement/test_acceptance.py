"""Of the leads that sales answered, how many it took up."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldframe.kernel.measurement.acceptance import COUNTS, OUTCOMES, Leaning, acceptance
from coldframe.kernel.vocabulary import HandoffState, Verdict
from tests.world import NOW

ANSWERS = [each.value for each in Verdict]
UNANSWERED = ["OPEN", "LAPSED", "CLOSED"]


def handoffs(*rows: tuple[str | None, str]) -> pl.DataFrame:
    """Return handoffs of a trigger with what became of each: an answer, or a state without one."""
    columns = {
        "handoff_id": range(len(rows)),
        "opened_at": [NOW] * len(rows),
        "state": [word if word in UNANSWERED else "ANSWERED" for _, word in rows],
        "answer": [word if word in ANSWERS else None for _, word in rows],
        "trigger": [trigger for trigger, _ in rows],
    }
    return pl.DataFrame(columns, schema={**OUTCOMES, "trigger": pl.String})


def test_the_share_is_of_what_was_answered_and_the_rest_is_counted_beside_it():
    said = [("Ready", word) for word in ["ACCEPTED", "ACCEPTED", "NOT_NOW", "NOT_A_FIT", *UNANSWERED]]

    row = acceptance(handoffs(*said), by="trigger").row(0, named=True)

    counts = {name: row[f"{name}_count"] for name in COUNTS}
    assert counts == {
        "opened": 7, "answered": 4, "accepted": 2, "returned": 2, "not_now": 1, "wrong_person": 0,
        "needs_education": 0, "not_a_fit": 1, "waiting": 1, "lapsed": 1, "overtaken": 1,
    }  # fmt: skip
    assert row["acceptance_rate"] == 0.5
    assert (round(row["rate_low"], 4), round(row["rate_high"], 4)) == (0.1500, 0.8500)


def test_who_has_no_answer_has_no_share():
    row = acceptance(handoffs(("Ready", "OPEN")), by="trigger").row(0, named=True)

    assert row["acceptance_rate"] is None
    assert (row["rate_low"], row["rate_high"], row["leaning"]) == (0.0, 1.0, "UNSURE")


@pytest.mark.parametrize(
    ("accepted", "returned", "leaning"),
    [(0, 3, "UNSURE"), (0, 4, "RETURNED"), (4, 0, "ACCEPTED"), (4, 6, "UNSURE"), (30, 60, "RETURNED")],
)
def test_a_group_leans_where_its_whole_interval_does(accepted, returned, leaning):
    said = [("Ready", "ACCEPTED")] * accepted + [("Ready", "WRONG_PERSON")] * returned

    assert acceptance(handoffs(*said), by="trigger")["leaning"].item() == Leaning(leaning)


def test_groups_stand_by_how_many_they_are_and_those_of_nobody_last():
    said = [(None, "OPEN"), ("B", "OPEN"), ("A", "OPEN"), ("C", "OPEN"), ("C", "OPEN")]

    assert acceptance(handoffs(*said), by="trigger")["key"].to_list() == ["C", "A", "B", None]


def test_of_no_handoffs_there_are_no_groups():
    assert acceptance(handoffs(), by="trigger").is_empty()
    assert acceptance(handoffs()).is_empty()


@given(
    st.lists(st.tuples(st.sampled_from(["A", "B", None]), st.sampled_from(ANSWERS + UNANSWERED)), max_size=60)
)
def test_every_handoff_is_counted_once_and_groups_add_up_to_the_whole(said):
    found = acceptance(handoffs(*said), by="trigger")

    assert found["opened_count"].sum() == len(said)
    for row in found.iter_rows(named=True):
        assert row["accepted_count"] + row["returned_count"] == row["answered_count"]
        ways = ("answered_count", "waiting_count", "lapsed_count", "overtaken_count")
        assert sum(row[name] for name in ways) == row["opened_count"]
    whole = acceptance(handoffs(*said))
    assert whole.is_empty() or whole["accepted_count"].item() == found["accepted_count"].sum()
    assert set(HandoffState) == {*UNANSWERED, "ANSWERED"}
