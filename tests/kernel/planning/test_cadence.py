"""How often a lead hears from us: windows kept to the microsecond, sooner the more intent, and never beyond the floor."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from coldframe.kernel.planning.cadence import pace_of
from tests.kernel.planning.life import MONDAY, WARSAW, deed, known, lead, nurturing, plans, ran, touch

DAY, MOMENT = timedelta(days=1), timedelta(microseconds=1)
ANNA, OLA = 1, 2
#: Every hour of every day is a working hour, so that nothing but rates binds; a lead's own hour is still its own.
ALWAYS = "calendar: {working_hours: Mon-Sun 00:00-24:00}"
NO_PACE = "paths: [{name: educate, for: {all: []}, pool: {stages: all}, cadence: {between: 1 to 1 days, floor: 30 days}}]"
ONCE_IN_FIVE = "cadence: {at_most: [1 in 5 days], per_account: 9 a day}"


def plan_at(at: datetime, *touches: dict[str, Any], keen: bool = False, **sections: str) -> dict[str, Any]:
    done = (
        (deed(ANNA, "page", at - DAY, path="/pricing"), deed(ANNA, "page", at - DAY, path="/pricing/b"))
        if keen
        else ()
    )
    facts = known(lead(ANNA), deeds=done, touches=touches)
    return plans(ran(facts, at, by=nurturing(**{"calendar": ALWAYS, **sections})))[ANNA]


@pytest.mark.parametrize(("early", "reason"), [(MOMENT, "CEILING"), (timedelta(0), "QUIET_HOURS")])
def test_the_ceiling_ends_exactly_a_window_after_the_contact(early: timedelta, reason: str) -> None:
    last = touch(ANNA, "asset:why", MONDAY - 5 * DAY + early)

    assert plan_at(MONDAY, last, cadence=ONCE_IN_FIVE, paths=NO_PACE)["reason"] == reason


def test_of_several_in_a_window_the_first_to_leave_it_makes_room() -> None:
    sent = [touch(ANNA, f"asset:{n}", MONDAY - days * DAY) for n, days in enumerate((2, 9, 16, 23, 29))]
    plan = plan_at(
        MONDAY, *sent, cadence="cadence: {at_most: [5 in 30 days], per_account: 9 a day}", paths=NO_PACE
    )
    four = plan_at(
        MONDAY, *sent[:4], cadence="cadence: {at_most: [5 in 30 days], per_account: 9 a day}", paths=NO_PACE
    )

    assert (plan["reason"], plan["detail"]) == ("CEILING", "5 in 30 days: last on 2026-05-30")
    assert MONDAY + DAY <= plan["until"] < MONDAY + 2 * DAY
    assert four["reason"] == "QUIET_HOURS"


@pytest.mark.parametrize(("keen", "days"), [(True, 9), (False, 14)])
def test_the_keener_a_lead_the_sooner_it_hears_again(keen: bool, days: int) -> None:
    plan = plan_at(MONDAY, touch(ANNA, "asset:why", MONDAY - DAY, path="educate"), keen=keen)
    waited = plan["until"] - (MONDAY - DAY)

    assert plan["reason"] == "CADENCE"
    assert timedelta(days=days) <= waited < timedelta(days=days + 1.5)


def test_seconds_that_a_hand_over_took_do_not_put_the_next_contact_off() -> None:
    first = plan_at(MONDAY)["until"]
    took = touch(ANNA, "asset:why", first + timedelta(seconds=40))
    again = plan_at(first + 2 * DAY, took)["until"]

    assert again == first + 14 * DAY


def test_the_slowest_pace_leaves_room_before_the_floor() -> None:
    paths = """
paths:
  - {name: slow, for: {all: [{field: lead.role, is: user}]}, pool: {stages: all}, cadence: {between: 20 to 60 days, floor: 30 days}}
  - {name: rest, for: {all: []}, pool: {stages: all}}
"""
    by = nurturing(paths=paths)
    days = [
        [round(span / 86_400_000_000) for span in (pace.least, pace.most, pace.floor)]
        for pace in (pace_of(path, by) for path in by.paths)
    ]

    assert days == [[20, 26, 30], [7, 14, 30]]


LIMITED = 'paths: [{name: educate, for: {all: []}, pool: {stages: all}, cadence: {between: 1 to 1 days, floor: 90 days}, at_most: "3 touches in 8 weeks, then 1 a quarter"}]'


def stay(**about: Any) -> dict[str, Any]:
    usual = {"lead_id": ANNA, "account_id": ANNA, "lap": 1, "path": "educate", "state": "ACTIVE"}
    return {**usual, "entered_at": MONDAY - 100 * DAY, "lap_began_at": MONDAY - 100 * DAY, **about}


def limited(*days_ago: float, **about: Any) -> dict[str, Any]:
    touches = tuple(touch(ANNA, f"asset:{n}", MONDAY - days * DAY) for n, days in enumerate(days_ago))
    facts = known(lead(ANNA), touches=touches, enrollments=(stay(**about),))
    return plans(ran(facts, MONDAY, by=nurturing(calendar=ALWAYS, paths=LIMITED)))[ANNA]


def test_after_the_first_touches_on_a_path_one_a_quarter_is_left() -> None:
    third = limited(70, 63, 6)
    fourth_soon = limited(95, 90, 85)
    two = limited(20, 10)

    assert (third["reason"], third["until"].date()) == (
        "PATH_LIMIT",
        (MONDAY + (91.3125 - 6 + 1) * DAY).date(),
    )
    assert fourth_soon["reason"] == "PATH_LIMIT"
    assert two["reason"] == "QUIET_HOURS"


def test_a_new_stay_on_the_path_counts_from_its_beginning_within_the_rolling_window() -> None:
    again = limited(90, 80, 70, entered_at=MONDAY - 10 * DAY)
    too_soon = limited(50, 40, 30, entered_at=MONDAY - 10 * DAY)

    assert again["reason"] == "QUIET_HOURS"
    assert (too_soon["reason"], too_soon["until"] >= MONDAY + 6 * DAY) == ("PATH_LIMIT", True)


def test_colleagues_are_contacted_no_more_often_than_the_account_allows() -> None:
    by = nurturing(calendar=ALWAYS, cadence="cadence: {at_most: [1 in 5 days], per_account: 2 in 7 days}")
    sent = [touch(n, "asset:why", MONDAY - days * DAY, account_id=9) for n, days in ((2, 1), (3, 3), (4, 8))]
    facts = known(*(lead(n, 9) for n in range(1, 5)), touches=tuple(sent))
    plan = plans(ran(facts, by=by))[ANNA]

    assert (plan["reason"], plan["detail"]) == ("COLLEAGUE", "2 in 7 days for the whole account")
    assert MONDAY + 4 * DAY <= plan["until"] < MONDAY + 5 * DAY


def test_hours_are_rechecked_by_the_wall_over_a_change_of_the_clock() -> None:
    before = datetime(2026, 10, 20, 5, tzinfo=UTC)
    facts = known(lead(ANNA, entered_at=before - DAY))
    by = nurturing(calendar=WARSAW)
    hour = plans(ran(facts, before, by=by))[ANNA]["until"]
    sent = known(lead(ANNA, entered_at=before - DAY), touches=(touch(ANNA, "asset:why", hour),))
    again = plans(ran(sent, hour + DAY, by=by))[ANNA]["until"]

    assert again - hour == 14 * DAY + timedelta(hours=1), "the same hour on the wall"
