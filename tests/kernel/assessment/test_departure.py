"""When a lead leaves if nothing happens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.kernel.cast import ANNA, JONAS, NORDLICHT, NOW, ago, ahead, assessed, deal, did, playbook, scene

CYCLE = timedelta(days=365.25)
LAST_YEAR = ago(400)


def leaves(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["leaves_at"], row["leaves_by"]


def test_a_quiet_lead_leaves_at_sunset() -> None:
    rows = assessed(scene(did(JONAS, "webinar_attended", days_ago=5)))

    assert leaves(rows[JONAS]) == (ago(5) + CYCLE, "exit:sunset")
    assert leaves(rows[ANNA]) == (ago(20) + CYCLE, "exit:sunset")


def test_the_sun_sets_later_where_the_offer_has_a_longer_cycle() -> None:
    rows = assessed(scene(jonas={"offer": "Migration"}))

    assert leaves(rows[JONAS]) == (ago(20) + 1.5 * CYCLE, "exit:sunset")


@pytest.mark.parametrize(
    ("offer", "cycles"),
    [
        ("{complexity: low}", 0.5),
        ("{complexity: medium}", 1),
        ("{complexity: high}", 1.5),
        ("{}", 1),
        ("{complexity: low, cycle: 24 months}", 2),
    ],
)
def test_a_complex_offer_takes_longer_to_buy_and_its_own_cycle_says_more(offer: str, cycles: float) -> None:
    policy = playbook(offers=f"offers: {{migration: {offer}}}")

    rows = assessed(
        scene(did(JONAS, "webinar_attended", days_ago=5), jonas={"offer": "Migration"}), by=policy
    )

    assert leaves(rows[JONAS]) == (ago(5) + cycles * CYCLE, "exit:sunset")


def test_it_leaves_at_the_very_instant_that_was_told() -> None:
    facts = scene()
    instant = assessed(facts)[JONAS]["leaves_at"]

    before, then = (assessed(facts, as_of=at)[JONAS] for at in (instant - timedelta(microseconds=1), instant))

    assert (before["status"], then["status"], then["reason"]) == ("NURTURE", "DISQUALIFIED", "exit:sunset")


def test_a_date_ahead_takes_a_lead_to_sales_before_the_sun_sets() -> None:
    row = assessed(scene(nordlicht={"renewal_on": ahead(300)}))[JONAS]

    assert leaves(row) == (datetime(2026, 9, 29, tzinfo=UTC), "trigger:Date reached")


def test_sales_has_at_least_a_day_and_then_the_next_deadline_counts() -> None:
    demo = did(JONAS, "form_submitted", form="demo")
    reviewed = {"status": "SALES_REVIEW", "status_since": ago(3.5)}

    assert leaves(assessed(scene(demo))[JONAS]) == (NOW + timedelta(days=1), "deadline")
    assert leaves(assessed(scene(demo, jonas=reviewed))[JONAS]) == (NOW + timedelta(hours=12), "deadline")


def test_a_re_engaged_lead_leaves_when_it_falls_quiet_again() -> None:
    browses = [did(ANNA, "page", path="/pricing", days_ago=days) for days in (1, 3)]

    row = assessed(scene(*browses, anna={"status": "NURTURE", "status_since": ago(9)}))[ANNA]

    assert leaves(row) == (NOW + timedelta(days=6), "quiet_again")


@pytest.mark.parametrize(
    ("deals", "at", "by"),
    [
        ((deal(NORDLICHT, "OPEN", opened=30),), ago(30) + CYCLE, "opportunity:undecided"),
        ((deal(NORDLICHT, "OPEN", opened=400),), ago(400) + 2 * CYCLE, "opportunity:undecided"),
        ((deal(NORDLICHT, "WON", closed=10),), ago(10) + CYCLE, "opportunity:renewal"),
        ((), ago(5) + timedelta(days=30), "no_opportunity"),
    ],
)
def test_sales_too_has_a_date(deals: tuple[dict[str, Any], ...], at: datetime, by: str) -> None:
    row = assessed(scene(deals=deals, jonas={"status": "SALES_ACCEPTED", "status_since": ago(5)}))[JONAS]

    assert leaves(row) == (at, by)


def test_who_was_let_go_at_sunset_is_looked_at_again() -> None:
    fresh = assessed(scene(jonas={"entered_at": LAST_YEAR}))[JONAS]
    waiting = assessed(
        scene(jonas={"entered_at": LAST_YEAR, "status": "DISQUALIFIED", "status_since": ago(30)})
    )[JONAS]

    assert (fresh["reason"], leaves(fresh)) == ("exit:sunset", (NOW + timedelta(days=365), "look_again"))
    assert leaves(waiting) == (ago(30) + timedelta(days=365), "look_again")


def test_when_the_date_comes_it_gets_a_whole_cycle_again() -> None:
    let_go = {"entered_at": ago(800), "status": "DISQUALIFIED", "status_since": ago(365)}
    taken_back = {"entered_at": ago(800), "status": "NURTURE", "status_since": ago(10)}

    first = assessed(scene(jonas=let_go))[JONAS]
    then = assessed(scene(jonas=taken_back))[JONAS]

    assert (first["status"], first["status_reason"]) == ("NURTURE", "taken_back")
    assert (then["status"], leaves(then)) == ("NURTURE", (ago(10) + CYCLE, "exit:sunset"))


def test_who_comes_back_from_a_long_deal_is_not_let_go_for_having_been_quiet_meanwhile() -> None:
    lost = (deal(NORDLICHT, "LOST", opened=390, closed=1),)

    row = assessed(
        scene(
            deals=lost, jonas={"entered_at": LAST_YEAR, "status": "SALES_ACCEPTED", "status_since": ago(390)}
        )
    )[JONAS]

    assert (row["status"], row["status_reason"], leaves(row)) == (
        "NURTURE",
        "recycled",
        (NOW + CYCLE, "exit:sunset"),
    )


def test_a_stay_that_began_before_the_clock_ran_out_does_not_restart_it() -> None:
    nurtured = {"entered_at": LAST_YEAR, "status": "NURTURE", "status_since": ago(300)}

    assert assessed(scene(jonas=nurtured))[JONAS]["reason"] == "exit:sunset"


def test_who_is_disqualified_by_a_rule_has_no_date() -> None:
    assert leaves(assessed(scene(jonas={"message": "guest post"}))[JONAS]) == (None, None)


def test_a_playbook_without_a_sunset_still_has_an_end_after_a_cycle() -> None:
    by = playbook().model_copy(update={"exits": ()})

    rows = assessed(scene(jonas={"entered_at": LAST_YEAR}), by=by)

    assert leaves(rows[ANNA]) == (ago(20) + CYCLE, "cycle")
    assert leaves(rows[JONAS]) == (LAST_YEAR + 2 * CYCLE, "cycle")
