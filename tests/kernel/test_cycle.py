"""A cycle as a whole: what sales says comes back, who waits, who is silent, and when each account is looked at again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from coldframe.compute import local
from coldframe.kernel import cycle
from coldframe.kernel.frames import (
    ASSESSMENTS,
    DUE,
    ENROLLMENT_CHANGES,
    HANDOFFS,
    INSTANT,
    OPENED_HANDOFFS,
    PLANS,
    Facts,
    Surroundings,
)
from coldframe.kernel.planning import returns
from tests.kernel.planning.life import (
    MONDAY,
    Life,
    deed,
    known,
    lead,
    nurturing,
    plans,
    ran,
    statuses,
    touch,
)

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ANNA, OLA = 1, 2
DEMO = deed(ANNA, "form_submitted", MONDAY - HOUR, form="demo")
KEEN = tuple(deed(ANNA, kind, MONDAY - HOUR, **about) for kind, about in [("webinar_attended", {}), ("page", {"path": "/pricing"}), ("page", {"path": "/pricing/2"})])  # fmt: skip
VERDICTS = """
sales:
  capacity: {per_rep: 10 a week, team: 40 a week}
  owner: {by: [account.owner, round_robin]}
  cool_off: 90 days
  verdicts:
    not_now: {back_to: nurture, wait_until: given date, path: get-to-know}
    needs_education: {back_to: nurture, wait: 30 days, path: educate}
    wrong_person: {back_to: nurture, look_for: another stakeholder}
    not_a_fit: {to: disqualified}
"""
REPS = (("sales", "kim"), ("sales", "lee"))


def said(verdict: str, at: Any, *, until: Any = None, reason: str = "budget") -> Any:
    """What sales says of Anna's open handoff."""

    def change(facts: Facts) -> Facts:
        is_open = (pl.col("lead_id") == ANNA) & (pl.col("state") == "OPEN")
        answers = {"state": "ANSWERED", "verdict": verdict, "verdict_reason": reason}
        times = {"verdict_at": at, "verdict_until": until}
        columns = [
            pl.when(is_open).then(pl.lit(value)).otherwise(name).alias(name)
            for name, value in answers.items()
        ]
        columns += [
            pl.when(is_open).then(pl.lit(value, dtype=INSTANT)).otherwise(name).alias(name)
            for name, value in times.items()
        ]
        return replace(facts, handoffs=facts.handoffs.with_columns(columns))

    return change


def more(*deeds: Any) -> Any:
    """Things that somebody does."""

    def change(facts: Facts) -> Facts:
        new = known(lead(ANNA), deeds=deeds)
        shift = (facts.shapes["shape_id"].max() or 0) + 1
        moved = pl.col("shape_id") + shift
        return replace(
            facts,
            events=pl.concat([facts.events, new.events.with_columns(moved)]),
            shapes=pl.concat([facts.shapes, new.shapes.with_columns(moved)]),
        )

    return change


def in_review(*happens: Any, deeds: Any = (DEMO,), **sections: str) -> Life:
    """Anna asked for a demo, and sales looks at it."""
    life = Life(
        known(lead(ANNA), deeds=tuple(deeds)),
        nurturing(**{"sales": VERDICTS, **sections}),
        surroundings=Surroundings(reps=REPS),
    )
    life.happens = sorted(happens, key=lambda each: each[0])
    life.step()
    assert statuses(life.results[-1])[ANNA][0] == "SALES_REVIEW"
    return life


def status_at(life: Life, at: Any) -> tuple[str, str]:
    """Live up to an instant, and say where Anna stands."""
    life.live(at)
    if life.results[-1].as_of < at:
        life.at = at
        life.step()
    return statuses(life.results[-1])[ANNA]


def test_a_hand_raise_goes_to_sales_at_once_with_a_deadline_and_the_time_agreed() -> None:
    result = ran(known(lead(ANNA), deeds=(DEMO,)), reps=REPS)

    assert statuses(result)[ANNA] == ("SALES_REVIEW", "trigger:Hand raise")
    (opened,) = result.handoffs.to_dicts()
    told = {
        "lead_id": ANNA, "account_id": ANNA, "team": "sales", "owner": "kim", "owner_from": "round_robin",
        "trigger": "trigger:Hand raise", "is_hand_raise": True, "opened_at": MONDAY,
        "deadline_at": MONDAY.replace(hour=15, minute=30) + DAY,
        # Of the five minutes agreed none passes before the house opens, at 8:30 in Warsaw.
        "answer_by_at": MONDAY.replace(hour=6, minute=35),
        "fit_level": "A", "waits_since": MONDAY,
    }  # fmt: skip
    assert {name: opened[name] for name in told} == told
    by_name = {row["lead_id"]: row for row in result.assessed.to_dicts()}[ANNA]
    ranked_by = ("account_intent_points", "intent_points", "segment", "stage")
    assert {name: opened[name] for name in ranked_by} == {name: by_name[name] for name in ranked_by}
    assert list(opened) == list(OPENED_HANDOFFS)


def test_a_deadline_does_not_pass_while_nobody_works() -> None:
    friday = MONDAY + 4 * DAY + 9 * HOUR
    result = ran(known(lead(ANNA), deeds=(deed(ANNA, "form_submitted", friday - HOUR, form="demo"),)), friday)

    assert result.handoffs["deadline_at"].to_list() == [MONDAY.replace(hour=15, minute=30) + 7 * DAY]
    assert result.assessed["leaves_at"].to_list() == result.handoffs["deadline_at"].to_list()
    assert result.assessed["leaves_by"].to_list() == ["deadline"]


def test_a_review_that_nobody_answers_lapses_is_escalated_and_goes_back_to_nurture() -> None:
    life = in_review()
    deadline = life.facts.handoffs["deadline_at"][0]
    lapsed = status_at(life, deadline)
    result = life.results[-1]

    assert lapsed == ("NURTURE", "lapsed")
    assert result.ended_handoffs.select("state", "ended_at", "reason", "escalate_to").rows() == [
        ("LAPSED", deadline, "deadline", "team lead")
    ]
    assert result.handoffs.is_empty()
    assert result.enrollments.select("change", "lap", "path").rows() == [("OPEN", 1, "educate")]
    assert status_at(life, deadline + DAY) == ("NURTURE", "nothing_new")


def test_what_lapsed_comes_before_sales_again_when_the_buyer_asks_again() -> None:
    life = in_review()
    asks = MONDAY + 20 * DAY
    life.happens = [(asks, more(deed(ANNA, "form_submitted", asks, form="demo")))]

    assert status_at(life, asks + HOUR) == ("SALES_REVIEW", "trigger:Hand raise")
    assert life.facts.handoffs["state"].to_list() == ["LAPSED", "OPEN"]


def test_an_acceptance_keeps_the_lead_with_sales_and_nurture_silent_for_thirty_days() -> None:
    at = MONDAY + 3 * HOUR
    life = in_review((at, said("ACCEPTED", at)))

    assert status_at(life, at) == ("SALES_ACCEPTED", "verdict:accepted")
    assert life.results[-1].assessed["leaves_by"].to_list() == ["no_opportunity"]
    assert status_at(life, at + 29 * DAY)[0] == "SALES_ACCEPTED"
    assert life.touches == []
    assert status_at(life, at + 31 * DAY) == ("NURTURE", "nothing_new")
    assert ("NURTURE", "recycled") in [statuses(each)[ANNA] for each in life.results]


def test_not_now_waits_until_the_date_on_the_path_of_the_verdict_and_then_takes_it_up() -> None:
    at, until = MONDAY + 3 * HOUR, MONDAY + 42 * DAY
    life = in_review((at, said("NOT_NOW", at, until=until)))

    assert status_at(life, at) == ("NURTURE", "verdict:not_now")
    assert [
        (row["reason"], row["path"], row["until"].date()) for row in life.results[-1].plans.to_dicts()
    ] == [("PAUSED", "get-to-know", until.date())]
    life.live(until + 3 * DAY)
    assert [(each["content_key"], each["path"]) for each in life.touches] == [
        (f"follow_up:{until.date()}", "get-to-know")
    ]
    assert life.touches[0]["at"] >= until


def test_a_date_that_sales_gave_brings_the_lead_back_to_sales_where_the_playbook_says_so() -> None:
    at, until = MONDAY + 3 * HOUR, MONDAY + 42 * DAY
    timing = "timing: {now: {field: intent.level, is: high}, later: {date_from: [verdict.until]}}"
    life = in_review((at, said("NOT_NOW", at, until=until)), timing=timing)

    assert status_at(life, until - DAY)[0] == "NURTURE"
    assert status_at(life, until) == ("SALES_REVIEW", "trigger:Date reached")
    assert life.facts.handoffs["owner"].to_list() == ["kim", "lee"], "not to the same rep within the cool-off"


def test_a_lead_that_acts_leaves_the_path_of_the_verdict_but_not_its_wait() -> None:
    at = MONDAY + 3 * HOUR
    acts = at + 5 * DAY
    life = in_review(
        (at, said("NOT_NOW", at, until=MONDAY + 42 * DAY)),
        (acts, more(deed(ANNA, "page", acts, path="/pricing"))),
    )

    assert status_at(life, acts + HOUR)[0] == "NURTURE"
    assert [(row["reason"], row["path"]) for row in life.results[-1].plans.to_dicts()] == [
        ("PAUSED", "educate")
    ]
    assert life.facts.enrollments.select("lap", "path").rows() == [(1, "educate")]


def test_a_hand_raise_does_not_wait_for_the_date_that_sales_gave() -> None:
    at = MONDAY + 3 * HOUR
    asks = at + 5 * DAY
    life = in_review(
        (at, said("NOT_NOW", at, until=MONDAY + 42 * DAY)),
        (asks, more(deed(ANNA, "form_submitted", asks, form="demo"))),
    )

    assert status_at(life, asks + HOUR) == ("SALES_REVIEW", "trigger:Hand raise")


def test_the_third_return_for_the_same_reason_disqualifies() -> None:
    days = (0, 10, 20)
    happens = []
    for day in days:
        asks, at = MONDAY + day * DAY, MONDAY + day * DAY + 3 * HOUR
        happens += [(asks, more(deed(ANNA, "form_submitted", asks, form="demo")))] if day else []
        happens += [(at, said("NEEDS_EDUCATION", at, reason=" Budget" if day else "budget"))]
    life = in_review(*happens)

    assert status_at(life, MONDAY + 10 * DAY + 4 * HOUR)[0] == "NURTURE"
    told = [("NEEDS_EDUCATION", " Budget"), ("NEEDS_EDUCATION", "budget")]
    assert returns.last_chances(told[:1], playbook=life.playbook) == ()
    assert returns.last_chances(told, playbook=life.playbook) == (("NEEDS_EDUCATION", "Budget"),)
    assert status_at(life, MONDAY + 20 * DAY + 3 * HOUR) == ("DISQUALIFIED", "third_return")
    assert status_at(life, MONDAY + 60 * DAY) == ("DISQUALIFIED", "third_return")
    other = in_review(
        *happens[:-1],
        (
            MONDAY + 20 * DAY + 3 * HOUR,
            said("NEEDS_EDUCATION", MONDAY + 20 * DAY + 3 * HOUR, reason="timing"),
        ),
    )
    assert status_at(other, MONDAY + 20 * DAY + 3 * HOUR) == ("NURTURE", "verdict:needs_education")


def test_whom_sales_calls_no_fit_stays_out_until_it_asks_again() -> None:
    at = MONDAY + 3 * HOUR
    asks = at + 30 * DAY
    life = in_review((at, said("NOT_A_FIT", at)), (at + 5 * DAY, more(deed(ANNA, "page", at + 5 * DAY, path="/x"))), (asks, more(deed(ANNA, "form_submitted", asks, form="demo"))))  # fmt: skip

    assert status_at(life, at) == ("DISQUALIFIED", "verdict:not_a_fit")
    assert status_at(life, asks - DAY)[0] == "DISQUALIFIED"
    assert life.touches == []
    assert status_at(life, asks + HOUR)[0] == "SALES_REVIEW"


def test_a_deal_closes_the_handoff_and_a_lost_one_recycles_without_sending_old_evidence_again() -> None:
    opened, lost = MONDAY + 2 * HOUR, MONDAY + 10 * DAY
    life = in_review()

    def deal(state: str, closed: Any) -> Any:
        row = {"account_id": ANNA, "state": state, "opened_at": opened, "closed_at": closed}
        return lambda facts: replace(
            facts, opportunities=known(lead(ANNA), opportunities=(row,)).opportunities
        )

    life.happens = [(opened, deal("OPEN", None)), (lost, deal("LOST", lost))]
    assert status_at(life, opened) == ("SALES_ACCEPTED", "opportunity:open")
    assert life.results[-1].ended_handoffs.select("state", "reason").rows() == [
        ("CLOSED", "opportunity:open")
    ]
    assert status_at(life, lost) == ("NURTURE", "recycled")


def test_without_room_the_worse_wait_are_told_why_and_are_nurtured_meanwhile() -> None:
    sales = "sales: {capacity: {per_rep: 9 a week, team: 1 a week}}"
    both = tuple(replace(each, lead_id=n) for n in (ANNA, OLA) for each in KEEN)
    both += tuple(deed(n, "webinar_attended", MONDAY - HOUR) for n in (ANNA, OLA))
    better = (*both, deed(OLA, "asset_downloaded", MONDAY - HOUR, asset="x"))
    life = Life(known(lead(ANNA), lead(OLA), deeds=better), nurturing(sales=sales))
    first = life.step()

    assert statuses(first) == {ANNA: ("NURTURE", "waits_for_room"), OLA: ("SALES_REVIEW", "trigger:Ready")}
    assert first.waiting.select("lead_id", "rank", "reason", "room_at").rows() == [
        (ANNA, 1, "the team takes 1 a week, and has them", MONDAY + 7 * DAY)
    ]
    assert plans(first)[ANNA]["reason"] == "QUIET_HOURS"
    assert first.assessed.filter(pl.col("lead_id") == ANNA)["leaves_by"].to_list() == ["exit:sunset"]
    life.at = MONDAY + DAY
    assert statuses(life.step())[ANNA] == ("NURTURE", "waits_for_room"), "nothing has happened since"
    life.at = MONDAY + 7 * DAY
    assert statuses(life.step())[ANNA][0] == "SALES_REVIEW"


def test_who_waits_for_room_re_engages_by_an_action_of_its_own() -> None:
    sales = "sales: {capacity: {per_rep: 9 a week, team: 1 a week}}"
    both = tuple(replace(each, lead_id=n) for n in (ANNA, OLA) for each in KEEN)
    better = deed(OLA, "asset_downloaded", MONDAY - HOUR, asset="x")
    acts = deed(ANNA, "page", MONDAY + 2 * DAY, path="/pricing")
    life = Life(known(lead(ANNA), lead(OLA), deeds=(*both, better, acts)), nurturing(sales=sales))
    seen = []
    for days in (0, 0, 1, 2, 3, 4):
        life.at = MONDAY + days * DAY
        seen.append(statuses(life.step())[ANNA])

    waits = "waits_for_room"
    assert seen == [*[("NURTURE", waits)] * 3, *[("RE_ENGAGED", waits)] * 3]


def test_what_was_done_before_a_lead_came_into_nurture_re_engages_nobody() -> None:
    pages = tuple(deed(ANNA, "page", MONDAY - n * HOUR, path="/pricing") for n in (1, 2))
    again = deed(ANNA, "page", MONDAY + DAY, path="/pricing")
    life = Life(known(lead(ANNA, role="USER"), deeds=(*pages, again)))
    seen = []
    for hours in (0, 0, 1, 23, 24):
        life.at = MONDAY + hours * HOUR
        seen.append(statuses(life.step())[ANNA][0])

    assert seen == [*["NURTURE"] * 4, "RE_ENGAGED"]


def test_whoever_came_back_by_itself_is_watched_for_a_day_before_sales_has_it() -> None:
    pages = [deed(ANNA, "page", MONDAY - n * HOUR, path="/pricing") for n in (1, 2)]
    life = Life(
        known(lead(ANNA, role="USER", status="NURTURE", status_since=MONDAY - DAY), deeds=tuple(pages))
    )
    first = life.step()

    assert statuses(first)[ANNA] == ("RE_ENGAGED", "trigger:Came back")
    assert plans(first)[ANNA]["reason"] == "QUIET_HOURS", "nurture goes on"
    life.live(MONDAY + DAY)
    assert statuses(life.results[-1])[ANNA] == ("SALES_REVIEW", "trigger:Came back")


OVERRIDE = {
    "lead_id": ANNA,
    "account_id": ANNA,
    "is_paused": False,
    "reason": "asked by phone",
    "set_at": MONDAY - DAY,
    "until": MONDAY + 20 * DAY,
}


@pytest.mark.parametrize("status", ["NURTURE", "RE_ENGAGED", "SALES_ACCEPTED", "DISQUALIFIED"])
def test_a_person_may_hold_a_lead_in_any_status_for_a_time(status: str) -> None:
    life = Life(known(lead(ANNA), deeds=(DEMO,), overrides=({**OVERRIDE, "status": status},)))
    first = life.step()

    assert statuses(first)[ANNA] == (status, "override")
    assert first.handoffs.is_empty()
    assert first.due["due_at"][0] <= OVERRIDE["until"]
    life.at = OVERRIDE["until"]
    assert statuses(life.step())[ANNA][1] != "override"


def test_a_persons_wish_that_sales_looks_at_a_lead_is_met_once() -> None:
    at = MONDAY + HOUR
    life = Life(
        known(lead(ANNA), overrides=({**OVERRIDE, "status": "SALES_REVIEW"},)), nurturing(sales=VERDICTS)
    )
    first = life.step()
    life.happens = [(at, said("NEEDS_EDUCATION", at))]
    life.live(MONDAY + 10 * DAY)

    assert statuses(first)[ANNA] == ("SALES_REVIEW", "override")
    assert first.handoffs.select("trigger", "is_hand_raise").rows() == [("override", True)]
    assert life.facts.handoffs.height == 1
    assert statuses(life.results[-1])[ANNA][0] == "NURTURE"


def test_a_persons_path_and_stage_win() -> None:
    facts = known(lead(ANNA), overrides=({**OVERRIDE, "path": "get-to-know", "stage": "EVALUATION"},))
    plan = plans(ran(facts))[ANNA]

    assert (plan["path"], plan["content_key"]) == ("get-to-know", "asset:steps")


def test_leaving_nurture_ends_the_stay_and_coming_back_begins_another_lap() -> None:
    asks = MONDAY + 20 * DAY
    answers = asks + HOUR
    life = Life(known(lead(ANNA)), nurturing(sales=VERDICTS))
    life.happens = [
        (asks, more(deed(ANNA, "form_submitted", asks, form="demo"))),
        (answers, said("NEEDS_EDUCATION", answers)),
    ]
    life.live(MONDAY + 90 * DAY)
    changes = pl.concat([each.enrollments for each in life.results]).filter(pl.col("change") != "UPDATE")
    keys = [each["content_key"] for each in life.touches]

    assert changes.select("change", "lap", "path", "exit_reason").rows() == [
        ("OPEN", 1, "educate", None), ("END", 1, "educate", "to_sales"), ("OPEN", 2, "educate", None),
    ]  # fmt: skip
    assert {each["lap"] for each in life.touches} == {1, 2}
    assert len(keys) == len(set(keys)) == 6
    assert all(not asks <= each["at"] < answers + 30 * DAY for each in life.touches)


def test_a_quiet_lead_is_let_go_after_one_cycle_with_a_date_to_look_again() -> None:
    life = Life(known(lead(ANNA)))
    life.live(MONDAY + 380 * DAY)
    last = life.results[-1].assessed.to_dicts()[0]

    assert (last["status"], last["status_reason"], last["leaves_by"]) == (
        "DISQUALIFIED",
        "exit:sunset",
        "look_again",
    )
    assert life.facts.enrollments["state"].to_list() == ["ENDED"]
    ends = pl.concat([each.enrollments for each in life.results]).filter(pl.col("change") == "END")
    assert ends["exit_reason"].to_list() == ["path:wake-up", "exit:sunset"]


def test_going_quiet_changes_the_path_within_the_lap() -> None:
    life = Life(known(lead(ANNA)))
    life.live(MONDAY + 120 * DAY)
    changes = pl.concat([each.enrollments for each in life.results]).filter(pl.col("change") != "UPDATE")

    assert changes.select("change", "lap", "path", "exit_reason").rows() == [
        ("OPEN", 1, "educate", None), ("END", 1, "educate", "path:wake-up"), ("OPEN", 1, "wake-up", None),
    ]  # fmt: skip


def test_an_exhausted_lead_says_when_its_pool_is_looked_at_again() -> None:
    life = Life(known(lead(ANNA), touches=tuple(touch(ANNA, f"asset:{key}", MONDAY - 20 * DAY) for key in ("why", "check", "guide", "versus", "steps", "board"))))  # fmt: skip
    plan = plans(life.step())[ANNA]

    assert (plan["reason"], plan["until"], plan["content_key"]) == ("EXHAUSTED", MONDAY + 30 * DAY, None)
    assert life.facts.enrollments["state"].to_list() == ["EXHAUSTED"]


def test_the_same_instant_again_decides_the_same_and_changes_nothing() -> None:
    life = Life(known(lead(ANNA), lead(OLA), deeds=KEEN))
    life.live(MONDAY + 30 * DAY)
    before = life.facts
    again = life.step()

    assert (again.enrollments.height, again.handoffs.height, again.ended_handoffs.height) == (0, 0, 0)
    assert not again.plans["is_touch"].any()
    assert life.facts.touches.equals(before.touches)


def test_nobody_and_nothing_are_decided_under_the_same_contracts() -> None:
    empty = known()
    result = cycle.run(empty, surroundings=Surroundings(), playbook=nurturing(), as_of=MONDAY)
    whole = ran(known(lead(ANNA)))

    for name, contract in {
        "assessed": ASSESSMENTS,
        "plans": PLANS,
        "enrollments": ENROLLMENT_CHANGES,
        "due": DUE,
    }.items():
        assert getattr(result, name).schema == getattr(whole, name).schema == pl.Schema(contract)
        assert getattr(result, name).is_empty()
    assert cycle.next_state(empty, result).leads.is_empty()


def test_a_cycle_says_which_columns_and_events_it_reads() -> None:
    read = cycle.needs(
        nurturing(
            completeness="completeness: {sales_needs: [lead.role], questions: {account.employees: {ask: How many?}}}"
        )
    )

    assert {"country", "time_zone", "owner", "has_address", "suppressed_by", "known_problem"} <= set(
        read.leads
    )
    assert {"country", "owner", "employees"} <= set(read.accounts)
    assert {"page", "asset_downloaded", "answered", "email_sent"} <= read.event_kinds


def test_parts_of_a_base_are_decided_as_the_whole() -> None:
    life = Life(known(*(lead(n) for n in range(1, 8)), deeds=(DEMO,)))
    life.live(MONDAY + 20 * DAY)
    parts = [ran(part, life.at) for part in local.partitions(life.facts, accounts_at_a_time=2)]
    whole = ran(life.facts, life.at)

    assert len(parts) == 4
    for name in ("assessed", "plans", "enrollments", "due"):
        assert pl.concat([getattr(part, name) for part in parts]).equals(getattr(whole, name))


def test_what_sales_said_is_heard_by_whoever_explains_a_lead() -> None:
    at = MONDAY + HOUR
    life = in_review()
    told = cycle.heard(
        said("NOT_NOW", at, until=MONDAY + 9 * DAY)(life.facts), playbook=life.playbook, as_of=at
    )

    assert told.leads.select("status", "status_since", "verdict.until").rows() == [
        ("NURTURE", at, MONDAY + 9 * DAY)
    ]


def test_handoffs_of_the_future_are_not_known_yet() -> None:
    later = dict.fromkeys(HANDOFFS) | {"lead_id": ANNA, "account_id": ANNA, "opened_at": MONDAY + DAY, "deadline_at": MONDAY + 2 * DAY, "state": "OPEN", "trigger": "t", "is_hand_raise": False}  # fmt: skip

    assert statuses(ran(known(lead(ANNA), handoffs=(later,))))[ANNA][0] == "NURTURE"


def test_a_deal_is_the_reason_where_it_is_and_not_what_sales_said_before() -> None:
    at = MONDAY + 3 * HOUR
    opens = at + HOUR

    def deal(facts: Facts) -> Facts:
        made = known(lead(ANNA), opportunities=({"account_id": ANNA, "state": "OPEN", "opened_at": opens},))
        return replace(facts, opportunities=made.opportunities)

    life = in_review((at, said("NOT_NOW", at)), (opens, deal))

    assert status_at(life, opens + HOUR) == ("SALES_ACCEPTED", "opportunity:open")


def test_a_stage_that_a_person_set_decides_the_path_too() -> None:
    quiet = lead(ANNA, entered_at=MONDAY - 200 * DAY)
    override = {"lead_id": ANNA, "account_id": ANNA, "stage": "EVALUATION", "is_paused": False, "reason": "met at the fair", "set_at": MONDAY - DAY, "until": MONDAY + 30 * DAY}  # fmt: skip

    left = ran(known(quiet))
    set_ = ran(known(quiet, overrides=(override,)))

    assert left.assessed.select("stage", "path").row(0) == ("RE_ENGAGEMENT", "wake-up")
    assert set_.assessed.select("stage", "path").row(0) == ("EVALUATION", "educate")
    assert set_.plans["path"].to_list() == ["educate"]
