"""The machine of a lead's status, looked at in every state it can be in."""

from __future__ import annotations

from itertools import product

import polars as pl

from coldframe.kernel import lifecycle
from coldframe.kernel.vocabulary import Disposition, LeadStatus
from tests.kernel.cast import JONAS, NORDLICHT, NOW, ago, assessed, deal, did, scene

REASON = "some:rule"
REASONS = pl.Enum([REASON, "opportunity:open", *lifecycle.REASONS])
SENDS_TO = (LeadStatus.SALES_REVIEW, LeadStatus.RE_ENGAGED, LeadStatus.SALES_ACCEPTED)


def every_situation() -> pl.DataFrame:
    """Each status, each way a decision can fall, with and without a deadline that has passed."""
    rows = [
        {"status": status, "was": status, "disposition": disposition, "sends_to": sends_to, "reason": REASON, "is_overdue": overdue}
        for status, overdue in product(LeadStatus, (False, True))
        for disposition, sends_to in [*product([Disposition.TO_SALES], SENDS_TO), (Disposition.NURTURE, None), (Disposition.LET_GO, None)]
        if not overdue or status is LeadStatus.SALES_REVIEW
    ]  # fmt: skip
    types = {
        "status": lifecycle.STATUS,
        "was": lifecycle.STATUS,
        "sends_to": lifecycle.STATUS,
        "reason": REASONS,
    }
    frame = pl.DataFrame(rows, schema_overrides=types)
    following = frame.select(lifecycle.next_status(reasons=REASONS)).rename({"status": "after"})
    return frame.hstack(following)


def test_every_move_is_legal() -> None:
    moves = every_situation().select("status", "after").rows()

    assert [pair for pair in moves if not lifecycle.may_follow(*map(LeadStatus, pair))] == []


def test_every_status_but_new_is_reached_from_new() -> None:
    moves = every_situation().select("status", "after").rows()
    reached = {LeadStatus.NEW.value}
    for _ in LeadStatus:
        reached |= {after for before, after in moves if before in reached}

    assert reached == {status.value for status in LeadStatus}


def test_nothing_goes_back_to_new_and_nothing_stays_new() -> None:
    assert "NEW" not in every_situation()["after"].to_list()


def test_every_status_can_be_left() -> None:
    left = every_situation().filter(pl.col("status") != pl.col("after"))["status"].unique().to_list()
    by_the_clock = [LeadStatus.SALES_ACCEPTED.value]

    assert sorted([*left, *by_the_clock]) == sorted(status.value for status in LeadStatus)


def test_what_is_not_said_to_be_legal_is_refused() -> None:
    assert not lifecycle.may_follow(LeadStatus.NURTURE, LeadStatus.NEW)
    assert lifecycle.may_follow(LeadStatus.NURTURE, LeadStatus.NURTURE)
    assert set(lifecycle.LEGAL) == set(LeadStatus)


def test_every_status_that_is_stored_has_a_way_out_with_a_date_on_it() -> None:
    """Each status in turn, with what keeps a lead there; disqualified alone may have none."""
    demo = did(JONAS, "form_submitted", form="demo")
    browses = [did(JONAS, "page", path="/pricing", days_ago=days) for days in (1, 2)]
    kept = {
        "SALES_REVIEW": assessed(scene(demo)),
        "NURTURE": assessed(scene()),
        "RE_ENGAGED": assessed(scene(*browses, jonas={"status": "NURTURE", "status_since": ago(9)})),
        "SALES_ACCEPTED": assessed(scene(deals=(deal(NORDLICHT, "WON", closed=5),))),
    }

    for status, rows in kept.items():
        assert (rows[JONAS]["status"], rows[JONAS]["leaves_at"] > NOW) == (status, True)
    assert {*kept, "NEW", "DISQUALIFIED"} == {status.value for status in LeadStatus}
