"""What counts as a change, and how a base is cut into parts."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest

from coldframe.compute import local
from coldframe.kernel.assessment.needs import needs
from coldframe.kernel.frames import ASSESSMENTS, empty
from coldframe.library import operations as library
from coldframe.nurture import facts as facts_of
from coldframe.nurture import frames, operations
from tests import world

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def assessed_and_standing() -> tuple[pl.DataFrame, pl.DataFrame]:
    """One lead as assessed, and its standing as that assessment left it."""
    world.event(world.anna(), kind="page", path="/pricing", days_ago=1)
    operations.assess_all(as_of=world.NOW)
    active = library.ensure_active_playbook(at=world.NOW)
    facts = facts_of.load_facts(needs(active.playbook), as_of=world.NOW)
    return local.assess(facts, playbook=active.playbook, as_of=world.NOW), frames.load_standing().cast(
        {pl.Categorical: pl.String}
    )


def test_an_assessment_as_it_is_stored_is_no_change() -> None:
    assessed, standing = assessed_and_standing()

    assert frames.changes(assessed, standing, as_of=world.NOW).is_empty()


@pytest.mark.parametrize("column", frames.DECIDING)
def test_any_other_value_that_decides_is_a_change(column: str) -> None:
    assessed, standing = assessed_and_standing()
    other = {pl.String: "other", pl.Float64: 1.5, pl.Int64: 77}.get(ASSESSMENTS[column], world.NOW + DAY)

    changed = frames.changes(
        assessed.with_columns(pl.lit(other).cast(ASSESSMENTS[column]).alias(column)),
        standing,
        as_of=world.NOW,
    )

    assert changed.select("lead_id", "is_moved", column).rows() == [(assessed["lead_id"][0], 0, other)]


@pytest.mark.parametrize("column", ["stage", "segment", "path", "last_meaningful_at", "leaves_at"])
def test_a_value_that_goes_missing_is_a_change(column: str) -> None:
    assessed, standing = assessed_and_standing()

    changed = frames.changes(
        assessed.with_columns(pl.lit(None, dtype=ASSESSMENTS[column]).alias(column)),
        standing,
        as_of=world.NOW,
    )

    assert changed.height == 1


@pytest.mark.parametrize("column", frames.DRIFT)
@pytest.mark.parametrize(("share", "is_change"), [(0.99, False), (1.0, True), (-0.99, False), (-1.0, True)])
def test_points_count_once_they_have_drifted_far(column: str, share: float, is_change: bool) -> None:
    assessed, standing = assessed_and_standing()
    stood = standing.with_columns((pl.lit(100.0)).alias(column))
    now = assessed.with_columns(pl.lit(100.0 + share * frames.DRIFT[column]).alias(column))

    assert frames.changes(now, stood, as_of=world.NOW).height == is_change


def test_a_move_keeps_from_where_and_since_when() -> None:
    assessed, standing = assessed_and_standing()
    moved = assessed.with_columns(
        pl.lit("SALES_REVIEW").alias("status"), pl.lit("trigger:Ready").alias("status_reason")
    )

    changed = frames.changes(moved, standing, as_of=world.NOW + DAY)

    assert changed.select("from_status", "status", "status_since", "status_reason", "is_moved").rows() == [
        ("NURTURE", "SALES_REVIEW", world.NOW + DAY, "trigger:Ready", 1)
    ]


def test_a_lead_never_assessed_comes_from_new() -> None:
    assessed, standing = assessed_and_standing()

    changed = frames.changes(assessed, standing.clear(), as_of=world.NOW)

    assert changed.select("from_status", "was_cycle_id", "is_moved").rows() == [("NEW", None, 1)]


def test_counts_leave_out_what_is_missing_and_name_the_most_frequent_first() -> None:
    columns = {
        "status": ["NURTURE", "NURTURE", "SALES_ACCEPTED", "DISQUALIFIED"],
        "path": ["b", "b", None, None],
    }
    dispositions = {
        "disposition": ["NURTURE", "NURTURE", "TO_SALES", "LET_GO"],
        "reason": ["x", "y", "x", "x"],
    }
    assessed = pl.concat([empty(ASSESSMENTS), pl.DataFrame(columns | dispositions)], how="diagonal")

    counts = frames.counts(assessed)

    assert {name: list(found.items()) for name, found in counts.items()} == {
        "status": [("NURTURE", 2), ("DISQUALIFIED", 1), ("SALES_ACCEPTED", 1)],
        "disposition": [("NURTURE", 2), ("LET_GO", 1), ("WITH_SALES", 1)],
        "path": [("b", 2)],
        "reason": [("x", 3), ("y", 1)],
    }


def test_a_base_beyond_memory_is_read_in_ranges_of_accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    people = [world.lead(world.account(name=f"Company {number}")) for number in range(7)]
    for lead in people:
        world.event(lead)
    monkeypatch.setattr(frames, "EVENTS_A_PASS", frames.last_id("activity_event") / 2.5)

    ranges = list(frames.passes(None, whole=True))

    covered = [sum(lead.account_id in each for each in ranges) for lead in people]
    assert (len(ranges), covered) == (3, [1] * 7)
    assert list(frames.passes(None, whole=False)) == [None]
    assert list(frames.passes([5], whole=True)) == [[5]]


@pytest.mark.parametrize("apart", [1, 10**12])
def test_parts_hold_whole_accounts_and_every_event_once(apart: int) -> None:
    active = library.ensure_active_playbook(at=world.NOW)
    for number in range(5):
        company = world.account(name=f"Company {number}")
        for _ in range(2):
            world.event(world.lead(company), kind="page", path="/pricing")
    facts = facts_of.load_facts(needs(active.playbook))
    far = facts.leads.with_columns(pl.col("lead_id") * apart)
    events = facts.events.with_columns(pl.col("lead_id") * apart)
    spread = type(facts)(leads=far, accounts=facts.accounts, events=events, shapes=facts.shapes)

    parts = list(local.partitions(spread, 2))

    assert [part.leads.height for part in parts] == [4, 4, 2]
    for part in parts:
        assert sorted(part.events["lead_id"]) == sorted(part.leads["lead_id"])
