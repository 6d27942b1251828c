"""What the worlds have found, each as small as it can be told."""

from __future__ import annotations

from datetime import timedelta

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
