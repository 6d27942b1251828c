"""What the card says where sales or a person was heard."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import polars as pl

from coldframe.kernel.assessment.card import Card
from coldframe.kernel.explaining.explain import explain
from coldframe.kernel.frames import SALES_LOAD, Facts, Surroundings
from tests.kernel.planning.life import MONDAY, Life, deed, known, lead, nurturing
from tests.kernel.test_cycle import ANNA, DEMO, KEEN, VERDICTS, in_review, more, said, status_at

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
BOOK = nurturing(sales=VERDICTS)
ONE_A_WEEK = VERDICTS.replace("{per_rep: 10 a week, team: 40 a week}", "{per_rep: 1 a week, team: 1 a week}")


def card(facts: Facts, at: datetime = MONDAY, *, around: Surroundings | None = None, by: Any = BOOK) -> Card:
    return explain(facts, playbook=by, as_of=at, lead_id=ANNA, around=lambda: around or Surroundings())


def moves(found: Card) -> list[tuple[str, str]]:
    return [(each.disposition, each.text) for each in found.advance_if]


def after(life: Life, at: datetime) -> Card:
    status_at(life, at)
    return card(life.facts, at + HOUR)


def test_whom_a_person_holds_nothing_moves_and_the_card_says_until_when() -> None:
    held = {"lead_id": ANNA, "account_id": ANNA, "status": "NURTURE", "is_paused": False, "reason": "the board meets first", "set_at": MONDAY - DAY, "until": MONDAY + 30 * DAY}  # fmt: skip

    found = card(known(lead(ANNA), deeds=(DEMO,), overrides=(held,)))

    assert (found.place, found.disposition, found.status_reason) == ("NURTURE", "TO_SALES", "override")
    assert found.headline == "Kept in nurture by a person until 1 July 2026: the board meets first."
    assert found.hold is not None
    assert (found.hold.by, found.hold.until) == ("override", MONDAY + 30 * DAY)
    assert found.advance_if == ()


def test_who_waits_for_room_is_told_its_rank_and_when_and_that_asking_does_not_wait() -> None:
    taken = pl.DataFrame([{"team": "sales", "owner": None, "opened_at": MONDAY - DAY, "is_hand_raise": False}], schema=SALES_LOAD)  # fmt: skip
    facts, by = known(lead(ANNA), deeds=KEEN), nurturing(sales=ONE_A_WEEK)

    waits = card(facts, around=Surroundings(sales_load=taken), by=by)
    goes = card(facts, by=by)

    assert (waits.place, waits.status_reason, goes.place) == ("NURTURE", "waits_for_room", "TO_SALES")
    assert waits.hold is not None
    assert (waits.hold.by, waits.hold.rank, waits.hold.until) == ("waits_for_room", 1, MONDAY + 6 * DAY)
    assert ("TO_SALES", "1 form: demo request") in moves(waits)


def test_while_sales_looks_at_a_lead_what_it_says_moves_it() -> None:
    life = in_review()

    found = card(life.facts, MONDAY + HOUR)

    assert found.hold is not None
    assert (found.place, found.hold.by, found.hold.until) == (
        "TO_SALES",
        "awaiting_verdict",
        life.facts.handoffs["deadline_at"][0],
    )
    assert found.leaves_at == found.hold.until
    assert {change.kind for each in found.advance_if for change in each.changes} >= {"verdict"}
    assert {each.disposition for each in found.advance_if} == {"NURTURE", "LET_GO"}


def test_who_came_back_needs_something_new_and_not_before_the_date() -> None:
    at = MONDAY + 3 * HOUR
    found = after(in_review((at, said("NOT_NOW", at, until=MONDAY + 42 * DAY))), at)

    assert found.place == "NURTURE"
    assert found.hold is not None
    assert (found.hold.by, found.hold.until) == ("verdict", MONDAY + 42 * DAY)
    assert ("TO_SALES", "1 form: demo request") in moves(found)
    assert [text for place, text in moves(found) if place == "TO_SALES" and "form" not in text] == []


def test_what_lapsed_goes_back_by_one_action_of_its_own() -> None:
    life = in_review(deeds=(*KEEN, DEMO))
    deadline = life.facts.handoffs["deadline_at"][0]
    found = after(life, deadline)

    assert (found.place, found.status_reason, found.hold) == ("NURTURE", "nothing_new", None)
    assert "something new" in found.headline
    assert found.advance_if[0].disposition == "TO_SALES"
    assert len(found.advance_if[0].changes) == 1
    assert found.advance_if[0].changes[0].value == 1


def test_the_third_return_is_what_the_card_says_later_too() -> None:
    happens = []
    for day in (0, 10, 20):
        asks, at = MONDAY + day * DAY, MONDAY + day * DAY + 3 * HOUR
        happens += [(asks, more(deed(ANNA, "form_submitted", asks, form="demo")))] if day else []
        happens += [(at, said("NEEDS_EDUCATION", at))]
    found = after(in_review(*happens), MONDAY + 60 * DAY)

    assert (found.place, found.status_reason) == ("LET_GO", "third_return")
    assert found.headline == "Let go: sales returned it for the third time for the same reason."
    assert found.let_go_by == "third_return"
    assert ("TO_SALES", "1 form: demo request") in moves(found)
