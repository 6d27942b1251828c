"""What holds a touch, first to last, and until when; who is chosen among colleagues; what a wave releases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import polars as pl
import pytest

from coldframe.kernel.frames import HOLIDAYS, INSTANT
from coldframe.kernel.vocabulary import HoldReason
from tests.kernel.planning.life import (
    ASSETS,
    MONDAY,
    WARSAW,
    Life,
    consent,
    deed,
    known,
    lead,
    nurturing,
    plans,
    ran,
    touch,
)

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ANNA, OLA, MARTA = 1, 2, 3
THAT_DAY = MONDAY.date()


def enrollment(lead_id: int, **about: Any) -> dict[str, Any]:
    usual = {
        "lead_id": lead_id, "account_id": lead_id, "lap": 1, "path": "educate", "state": "ACTIVE",
        "entered_at": MONDAY - 60 * DAY, "lap_began_at": MONDAY - 60 * DAY,
    }  # fmt: skip
    return {**usual, **about}


def own_hour(lead_id: int, day: date = THAT_DAY, **about: Any) -> datetime:
    """The hour at which a lead is contacted that day."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    plan = plans(ran(known(lead(lead_id, **about), enrollments=(enrollment(lead_id),)), midnight))[lead_id]
    until: datetime = plan["until"]
    assert until.date() == day
    return until


def test_a_new_lead_is_touched_at_its_own_hour_with_the_question_of_its_stage() -> None:
    facts = known(lead(ANNA))
    waits = plans(ran(facts))[ANNA]
    hour = own_hour(ANNA)
    goes = plans(ran(known(lead(ANNA), enrollments=(enrollment(ANNA),)), hour))[ANNA]

    assert (waits["is_touch"], waits["reason"], waits["until"], waits["content_key"]) == (
        False,
        "QUIET_HOURS",
        hour,
        "asset:why",
    )
    assert waits["detail"].endswith("zone Europe/Warsaw (account.country)")
    assert (goes["is_touch"], goes["reason"], goes["until"], goes["detail"]) == (
        True,
        "answers “What is causing this issue?” in problem awareness, their stage",
        None,
        None,
    )
    assert (goes["content_key"], goes["channel"], goes["path"], goes["lap"]) == (
        "asset:why",
        "EMAIL",
        "educate",
        1,
    )


def test_own_hours_are_full_hours_of_the_working_day_and_spread_over_it() -> None:
    facts = known(*(lead(n) for n in range(1, 400)))
    found = ran(facts).plans["until"].dt.convert_time_zone("Europe/Warsaw")
    counts = dict(found.dt.hour().value_counts().iter_rows())

    assert found.dt.minute().unique().to_list() == [0]
    assert sorted(counts) == list(range(9, 16)), "the last hours are left to send in"
    assert min(counts.values()) > 20


def test_an_hour_missed_is_made_good_the_next_day_so_that_nobody_comes_in_a_burst() -> None:
    facts = known(lead(ANNA), enrollments=(enrollment(ANNA),))
    hour = own_hour(ANNA)
    within, past = (plans(ran(facts, hour + minutes * timedelta(minutes=1)))[ANNA] for minutes in (59, 61))

    assert within["is_touch"]
    assert (past["is_touch"], past["reason"], past["until"]) == (False, "QUIET_HOURS", hour + DAY)


def test_after_a_jump_of_the_clock_everybody_goes_on_at_their_own_hour() -> None:
    facts = known(*(lead(n) for n in range(1, 100)), enrollments=tuple(enrollment(n) for n in range(1, 100)))
    weeks_later = ran(facts, datetime(2026, 8, 20, 8, 30, tzinfo=UTC))
    touched = weeks_later.plans["is_touch"].sum()

    assert 0 < touched < 25
    assert weeks_later.plans.filter(~pl.col("is_touch"))["until"].max() < datetime(
        2026, 8, 21, 16, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("zone", "offset"), [("America/Chicago", -5), ("Asia/Kolkata", 5.5), ("Pacific/Auckland", 12)]
)
def test_hours_are_those_of_the_leads_own_zone(zone: str, offset: float) -> None:
    plan = plans(ran(known(lead(ANNA, time_zone=zone))))[ANNA]
    wall = plan["until"] + timedelta(hours=offset)

    assert (plan["zone"], plan["zone_from"]) == (zone, "lead.time_zone")
    assert (wall.weekday() < 5, 9 <= wall.hour <= 17, wall.minute) == (True, True, 0)


def test_a_zone_nobody_knows_is_passed_over_and_a_country_is_a_guess_that_is_said() -> None:
    plan = plans(ran(known(lead(ANNA, time_zone="Atlantis/Capital"), accounts={ANNA: {"country": "jp"}})))[
        ANNA
    ]
    lost = plans(
        ran(
            known(
                lead(ANNA, country=None),
                accounts={ANNA: {"country": None}},
                consents=(consent(ANNA, ANNA, is_confirmed=True),),
            )
        )
    )[ANNA]

    assert (plan["zone"], plan["zone_from"]) == ("Asia/Tokyo", "account.country")
    assert (lost["zone"], lost["zone_from"]) == ("Europe/Warsaw", "otherwise")


def test_nobody_is_contacted_on_a_holiday_of_their_country_or_of_the_playbook() -> None:
    holidays = pl.DataFrame(
        [("PL", date(2026, 6, 1)), ("DE", date(2026, 6, 2))], schema=HOLIDAYS, orient="row"
    )
    pole, german = lead(ANNA), lead(OLA, country="DE")
    calendar = 'calendar: {working_hours: Mon-Fri 08:30-17:30, holidays: [by country, "2026-06-03"]}'
    found = plans(ran(known(pole, german), by=nurturing(calendar=calendar), holidays=holidays))
    later = plans(
        ran(
            known(german),
            datetime(2026, 6, 1, 20, tzinfo=UTC),
            by=nurturing(calendar=calendar),
            holidays=holidays,
        )
    )

    assert [found[n]["until"].date() for n in (ANNA, OLA)] == [date(2026, 6, 2), date(2026, 6, 1)]
    assert later[OLA]["until"].date() == date(2026, 6, 4)


FAR = MONDAY + 90 * DAY
HOLDS: dict[HoldReason, dict[str, Any]] = {
    HoldReason.NO_CONSENT: {"consents": ()},
    HoldReason.PAUSED: {"enrollments": (enrollment(ANNA, not_before=FAR),)},
    HoldReason.WAVE: {"lead": {"entered_at": MONDAY - 200 * DAY}},
    HoldReason.EXHAUSTED: {"assets": "assets: []"},
    HoldReason.CEILING: {"touches": tuple(touch(ANNA, f"asset:{n}", MONDAY - n * DAY) for n in (8, 10, 12, 14, 16))},
    HoldReason.CADENCE: {"touches": (touch(ANNA, "asset:why", MONDAY - 6 * DAY),)},
    HoldReason.QUIET_HOURS: {},
}  # fmt: skip


def held(*reasons: HoldReason) -> dict[str, Any]:
    """Anna's plan where all of this holds her at once."""
    about: dict[str, Any] = {}
    for reason in reasons:
        about |= HOLDS[reason]
    sections = {"assets": about.pop("assets")} if "assets" in about else {}
    facts = known(lead(ANNA, **about.pop("lead", {})), **about)
    return plans(ran(facts, by=nurturing(**sections)))[ANNA]


@pytest.mark.parametrize("reason", list(HOLDS))
def test_each_reason_holds_by_itself_and_says_why(reason: HoldReason) -> None:
    plan = held(reason)

    assert (plan["is_touch"], plan["reason"]) == (False, reason.value)
    assert plan["detail"]
    assert plan["until"] is None or plan["until"] > MONDAY


IN_ORDER = [HoldReason.NO_CONSENT, HoldReason.PAUSED, HoldReason.EXHAUSTED, HoldReason.CADENCE]


@pytest.mark.parametrize("first", range(len(IN_ORDER) - 1))
def test_of_several_reasons_the_first_is_named(first: int) -> None:
    assert held(*IN_ORDER[first:])["reason"] == IN_ORDER[first].value


def test_what_only_a_fact_ends_has_no_date_and_all_else_has_one() -> None:
    ends = {reason: held(reason)["until"] for reason in HOLDS}

    assert {reason for reason, until in ends.items() if until is None} == {
        HoldReason.NO_CONSENT,
        HoldReason.WAVE,
    }
    assert ends[HoldReason.EXHAUSTED] == MONDAY + 30 * DAY
    assert ends[HoldReason.PAUSED].date() == date(2026, 8, 31), "the Monday after"


def test_a_pause_may_be_a_persons_the_leads_own_or_sales() -> None:
    override = {
        "lead_id": ANNA,
        "account_id": ANNA,
        "is_paused": True,
        "reason": "on leave",
        "set_at": MONDAY - DAY,
        "until": FAR,
    }
    by_person = plans(ran(known(lead(ANNA), overrides=(override,))))[ANNA]
    facts = known(lead(ANNA))
    asked = facts.leads.with_columns(paused_until=pl.lit(FAR, dtype=INSTANT))
    by_lead = plans(ran(replace(facts, leads=asked)))[ANNA]
    by_sales = held(HoldReason.PAUSED)

    assert [each["detail"] for each in (by_person, by_lead, by_sales)] == [
        "paused by a person until 2026-08-30: on leave",
        "the lead asked for a pause until 2026-08-30",
        "sales asked to wait until 2026-08-30",
    ]


def test_while_sales_is_at_work_on_anybody_nurture_is_silent_at_the_whole_account() -> None:
    asked = deed(OLA, "form_submitted", MONDAY - HOUR, form="demo")
    result = ran(known(lead(ANNA, 7), lead(OLA, 7), lead(MARTA, 8), deeds=(asked,)))
    found = plans(result)

    assert found[ANNA]["reason"] == "SALES_ACTIVE"
    assert (found[ANNA]["detail"], found[ANNA]["until"]) == ("sales looks at it at this account", None)
    assert OLA not in found
    assert found[MARTA]["reason"] == "QUIET_HOURS"


def test_of_colleagues_one_a_day_is_contacted_and_the_others_wait_their_turn() -> None:
    hour = own_hour(ANNA)
    three = alike(ANNA)[:3]
    facts = known(
        *(lead(n, 500) for n in three), enrollments=tuple(enrollment(n, account_id=500) for n in three)
    )
    keen = known(
        *(lead(n, 500) for n in three),
        enrollments=tuple(enrollment(n, account_id=500) for n in three),
        deeds=(deed(three[1], "webinar_attended", MONDAY - DAY),),
    )
    touched = {n for n, plan in plans(ran(facts, hour)).items() if plan["is_touch"]}
    found = plans(ran(keen, hour))

    assert touched == {three[0]}
    assert {n for n, plan in found.items() if plan["is_touch"]} == {three[1]}
    assert {(found[n]["reason"], found[n]["until"]) for n in (three[0], three[2])} == {
        ("COLLEAGUE", hour + DAY)
    }


def alike(lead_id: int) -> list[int]:
    """Leads, of the first 200, with the same own hour."""
    hours = {n: plan["until"] for n, plan in plans(ran(known(*map(lead, range(1, 200))))).items()}
    return [n for n, hour in hours.items() if hour == hours[lead_id]]


def test_who_has_waited_beyond_the_floor_goes_before_a_keener_colleague() -> None:
    hour = own_hour(ANNA)
    keen, late = alike(ANNA)[:2]
    facts = known(
        lead(keen, 500), lead(late, 500),
        enrollments=(enrollment(keen, account_id=500, lap_began_at=MONDAY - DAY), enrollment(late, account_id=500)),
        deeds=(deed(keen, "webinar_attended", MONDAY - DAY),),
    )  # fmt: skip

    assert {n for n, plan in plans(ran(facts, hour)).items() if plan["is_touch"]} == {late}


def test_a_touch_on_its_way_is_no_candidate_and_holds_colleagues() -> None:
    on_its_way = touch(ANNA, "asset:why", MONDAY, account_id=7, state="PLANNED")
    found = plans(ran(known(lead(ANNA, 7), lead(OLA, 7), touches=(on_its_way,))))

    assert set(found) == {OLA}
    assert found[OLA]["reason"] == "COLLEAGUE"


def test_an_old_base_is_woken_in_waves_those_with_interest_first_then_the_best_fit() -> None:
    old = {"entered_at": MONDAY - 300 * DAY}
    facts = known(
        lead(1, role="USER", **old), lead(2, **old), lead(3, **old),
        deeds=(deed(3, "asset_downloaded", MONDAY - 200 * DAY, asset="x"),),
    )  # fmt: skip
    order = ran(facts).enrollments.sort("wave_rank")["lead_id"].to_list()
    result = ran(facts, wave_room=2)
    opened = {row["lead_id"]: (row["state"], row["released_at"]) for row in result.enrollments.to_dicts()}

    assert order == [3, 2, 1]
    assert opened == {1: ("WAITING", None), 2: ("ACTIVE", MONDAY), 3: ("ACTIVE", MONDAY)}
    assert {n: plan["reason"] for n, plan in plans(result).items()} == {
        1: "WAVE",
        2: "QUIET_HOURS",
        3: "QUIET_HOURS",
    }


def test_who_may_not_be_mailed_takes_no_room_in_a_wave() -> None:
    old = {"entered_at": MONDAY - 300 * DAY}
    result = ran(known(lead(1, **old), lead(2, **old), consents=(consent(2, 2),)), wave_room=1)

    assert {n: plan["reason"] for n, plan in plans(result).items()} == {1: "NO_CONSENT", 2: "QUIET_HOURS"}


def test_a_dormant_lead_whom_we_know_needs_no_wave() -> None:
    facts = known(
        lead(1, entered_at=MONDAY - 300 * DAY), touches=(touch(1, "asset:why", MONDAY - 100 * DAY),)
    )

    assert plans(ran(facts))[1]["reason"] == "QUIET_HOURS"


def test_the_first_open_channel_of_the_path_is_taken() -> None:
    path = "paths: [{name: all, for: {all: []}, pool: {stages: all}, channels: [email, task, webhook]}]"
    by = nurturing(paths=path)
    silent, owned = (
        lead(1, has_address=False, email_kind=None),
        lead(2, has_address=False, email_kind=None, owner="kim"),
    )
    gone = lead(3, owner="kim", suppressed_by="complaint")
    found = plans(ran(known(silent, owned, lead(4), gone), by=by))

    assert {n: plan["channel"] for n, plan in found.items()} == {1: "WEBHOOK", 2: "TASK", 3: None, 4: "EMAIL"}
    assert found[3]["reason"] == "SUPPRESSED"


def test_a_touch_carries_the_end_of_the_permission_behind_it() -> None:
    ends = MONDAY + 200 * DAY
    facts = known(
        lead(ANNA), consents=(consent(ANNA, ANNA, expires_at=ends),), enrollments=(enrollment(ANNA),)
    )
    plan = plans(ran(facts, own_hour(ANNA)))[ANNA]

    assert (plan["is_touch"], plan["permitted_until"]) == (True, ends)


@pytest.mark.parametrize(
    ("earlier", "is_news"),
    [
        ({}, False),
        ({"state": "FAILED"}, True),
        ({"state": "UNCERTAIN"}, True),
        ({"channel": "TASK"}, True),
        ({"channel": "AUDIENCE"}, True),
    ],
)
def test_where_the_address_is_from_stands_in_the_first_mail_that_arrives(
    earlier: dict[str, Any], is_news: bool
) -> None:
    interest = consent(ANNA, ANNA, basis="LEGITIMATE_INTEREST")
    about = {"consents": (interest,), "accounts": {ANNA: {"country": "GB"}}}
    touches = (touch(ANNA, "asset:check", MONDAY - 30 * DAY, **earlier),)
    first = plans(ran(known(lead(ANNA, country="GB"), **about)))[ANNA]
    next_one = plans(ran(known(lead(ANNA, country="GB"), touches=touches, **about)))[ANNA]

    assert (first["needs_notice"], next_one["needs_notice"]) == (True, is_news)


def test_whoever_waits_beyond_the_floor_has_a_named_excuse() -> None:
    late = known(lead(ANNA), enrollments=(enrollment(ANNA, not_before=FAR),))
    plan, soon = plans(ran(late))[ANNA], plans(ran(known(lead(ANNA))))[ANNA]

    assert (plan["floor_at"], plan["floor_excuse"]) == (MONDAY - 30 * DAY, "PAUSED")
    assert (soon["floor_at"], soon["floor_excuse"]) == (MONDAY + 30 * DAY, None)


def test_held_out_accounts_are_assessed_and_enrolled_and_never_touched() -> None:
    life = Life(known(*(lead(n) for n in range(1, 40))), nurturing(experiment="experiment: {holdout: 50%}"))
    life.live(MONDAY + 30 * DAY)
    held_out = {n for n, plan in plans(life.results[-1]).items() if plan["reason"] == "HOLDOUT"}

    assert 8 < len(held_out) < 32
    assert {each["lead_id"] for each in life.touches} == set(range(1, 40)) - held_out
    assert set(life.facts.enrollments["lead_id"]) == set(range(1, 40))


def test_what_happens_after_hours_waits_for_the_next_day_even_within_the_leads_own_hour() -> None:
    by = nurturing(calendar=WARSAW.replace("08:30-17:30", "08:30-09:30"))
    facts = known(lead(ANNA), enrollments=(enrollment(ANNA),))
    before, after = (
        plans(ran(facts, MONDAY.replace(hour=7, minute=minute), by=by))[ANNA] for minute in (29, 31)
    )

    assert before["is_touch"], "9:29 in Warsaw"
    assert (after["reason"], after["until"]) == ("QUIET_HOURS", MONDAY.replace(hour=7) + DAY)


def test_the_place_in_a_wave_moves_with_what_becomes_known_and_not_with_time() -> None:
    old = {"entered_at": MONDAY - 300 * DAY}
    waits = enrollment(ANNA, path="wake-up", state="WAITING", entered_at=MONDAY, lap_began_at=MONDAY)

    def rank(at: datetime, **about: Any) -> float:
        (row,) = ran(known(lead(ANNA, **old | about), enrollments=(waits,)), at).enrollments.to_dicts()
        assert (row["change"], row["state"]) == ("UPDATE", "WAITING")
        found: float = row["wave_rank"]
        return found

    assert rank(MONDAY + DAY, role="USER") > rank(MONDAY + DAY, role="CHAMPION")
    assert rank(MONDAY + DAY) == rank(MONDAY + 40 * DAY)


@pytest.mark.parametrize(("share", "held_out"), [("0%", 0), ("100%", 30)])
def test_nobody_or_everybody_may_be_held_out(share: str, held_out: int) -> None:
    by = nurturing(experiment=f"experiment: {{holdout: {share}}}")
    found = plans(ran(known(*(lead(n) for n in range(1, 31))), by=by))

    assert len([plan for plan in found.values() if plan["reason"] == "HOLDOUT"]) == held_out


def test_who_has_had_everything_goes_on_when_a_new_playbook_has_more() -> None:
    had = ("why", "check", "guide", "versus", "steps", "board")
    touches = tuple(touch(ANNA, f"asset:{key}", MONDAY - (60 + n) * DAY) for n, key in enumerate(had))
    facts = known(lead(ANNA), touches=touches, enrollments=(enrollment(ANNA, state="EXHAUSTED"),))
    more = (
        ASSETS
        + '  - {key: news, title: News, kind: trend_analysis, stage: research, answers: "What is new?", url: https://example.com/news}\n'
    )

    before, after = plans(ran(facts))[ANNA], ran(facts, by=nurturing(assets=more))

    assert (before["reason"], before["until"]) == ("EXHAUSTED", MONDAY + 30 * DAY)
    assert plans(after)[ANNA]["content_key"] == "asset:news"
    assert after.enrollments.select("change", "state").rows() == [("UPDATE", "ACTIVE")]


def test_a_ceiling_and_a_room_for_colleagues_in_hours_are_kept_as_well() -> None:
    often = "cadence: {at_most: [1 in 2 hours], per_account: 1 in 2 hours, floor: 30 days}"
    paths = "paths: [{name: educate, for: {all: []}, pool: {stages: all}, cadence: {between: 1 to 2 hours, floor: 30 days}}]"
    by = nurturing(cadence=often, paths=paths)
    life = Life(known(*(lead(n, 7) for n in range(1, 6))), by).live(MONDAY + 12 * DAY)
    at = sorted(each["at"] for each in life.touches)

    assert len(at) > 20
    assert min(b - a for a, b in pairwise(at)) >= 2 * HOUR


def test_a_colleague_whose_touch_is_planned_for_later_the_same_day_takes_the_day() -> None:
    hour = own_hour(OLA)
    planned = touch(ANNA, "asset:why", hour + 2 * HOUR, state="PLANNED", account_id=7)
    facts = known(
        lead(ANNA, 7), lead(OLA, 7), touches=(planned,), enrollments=(enrollment(OLA, account_id=7),)
    )

    plan = plans(ran(facts, hour))[OLA]

    assert (plan["is_touch"], plan["reason"]) == (False, "COLLEAGUE")
    assert plan["until"] >= hour + 2 * HOUR + DAY
