"""What the worlds have found, each as small as it can be told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl

from coldframe.kernel.frames import SALES_LOAD
from tests.kernel.planning import life
from tests.kernel.planning.life import MONDAY


def test_whom_sales_called_no_fit_stays_out_when_a_colleagues_deal_is_lost() -> None:
    said, accepted, lost = (MONDAY - timedelta(days=days) for days in (90, 80, 1))
    handoff = {
        "lead_id": 1, "account_id": 1, "opened_at": said, "deadline_at": said + timedelta(days=1), "state": "ANSWERED",
        "trigger": "trigger:Ready", "is_hand_raise": False, "verdict": "NOT_A_FIT", "verdict_reason": "a student",
        "verdict_at": said,
    }  # fmt: skip
    deal = {"account_id": 1, "lead_id": 2, "state": "LOST", "opened_at": accepted, "closed_at": lost}
    facts = life.known(
        life.lead(1, 1, status="SALES_ACCEPTED", status_since=accepted),
        life.lead(2, 1, status="SALES_ACCEPTED", status_since=accepted),
        handoffs=(handoff,),
        opportunities=(deal,),
    )

    statuses = life.statuses(life.ran(facts))

    assert statuses[1] == ("DISQUALIFIED", "verdict:not_a_fit")
    assert statuses[2][0] == "NURTURE"


EXITS = """
exits:
  - {reason: left_company, when: {field: lead.left_company, is: yes}}
  - {reason: sunset, when: {field: lead.time_since_meaningful_action, at_least: one cycle}, then: look again in 365 days}
"""
COMES_BACK = "triggers: [{name: Came back, when: {field: lead.role, is: champion}, answer_within: 1 day, to: re_engaged}]"
NO_ROOM = (
    "sales: {capacity: {per_rep: 1 a week, team: 1 a week}, owner: {by: [round_robin]}, cool_off: 90 days}"
)
AT_WORK = MONDAY.replace(hour=10)


def waiting_for_sales(**about: Any) -> dict[str, Any]:
    """Return the plan of somebody who came back and waits for room at sales, on a Monday morning."""
    taken = {"team": "sales", "owner": "kim", "opened_at": MONDAY - timedelta(days=1), "is_hand_raise": False}
    facts = life.known(life.lead(1, status="RE_ENGAGED", status_since=MONDAY - timedelta(days=1), **about))
    result = life.ran(
        facts,
        AT_WORK,
        by=life.nurturing(exits=EXITS, triggers=COMES_BACK, sales=NO_ROOM),
        sales_load=pl.DataFrame([taken], schema=SALES_LOAD),
        reps=(("sales", "kim"),),
    )
    assert life.statuses(result)[1][0] == "RE_ENGAGED"
    return life.plans(result)[1]


def test_who_has_left_the_company_gets_no_mail_while_waiting_for_room_at_sales() -> None:
    left = waiting_for_sales(left_company=True)
    there = waiting_for_sales()

    assert (left["is_touch"], left["reason"], left["detail"]) == (False, "EXITED", "Exit “left company”")
    assert there["reason"] != "EXITED"


def test_who_was_quiet_for_long_and_came_back_is_nurtured_while_waiting_for_room_at_sales() -> None:
    assert waiting_for_sales(entered_at=MONDAY - timedelta(days=900))["reason"] != "EXITED"
