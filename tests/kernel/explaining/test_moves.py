"""What would move a lead: true when applied, and not with any part of it left out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coldframe.kernel.assessment import changes
from coldframe.kernel.assessment.assess import assess
from coldframe.kernel.assessment.card import Move
from coldframe.kernel.assessment.changes import Candidate
from coldframe.kernel.assessment.variations import Variation, vary
from coldframe.kernel.explaining.explain import NotInFacts, explain, explain_each
from coldframe.kernel.explaining.moves import AHEAD
from coldframe.kernel.frames import Facts
from coldframe.kernel.playbook.model import Playbook
from coldframe.kernel.playbook.parsing import parse
from coldframe.library import starters
from tests.kernel.cast import ANNA, NOW, OLA, TOM, ZED, did, playbook, scene


@cache
def shipped() -> Playbook:
    return parse(starters.read("default"))


def moves_of(facts: Facts, policy: Playbook, lead_id: int) -> tuple[str, tuple[Move, ...]]:
    card = explain(facts, playbook=policy, as_of=NOW, lead_id=lead_id)
    return card.disposition, card.advance_if


def disposition_after(
    facts: Facts, policy: Playbook, lead_id: int, chosen: tuple[Candidate, ...], *, days_later: int = 0
) -> str:
    """Apply changes to a copy of the lead and run the whole assessment, dates and status included."""
    variation = Variation(lead_id=lead_id, candidates=chosen, days_later=days_later)
    varied = vary(facts, [variation], as_of=NOW)
    assessed = assess(varied.facts, playbook=policy, as_of=NOW)
    return str(assessed.filter(pl.col("lead_id") == varied.lead_ids[0])["disposition"][0])


def as_candidates(move: Move, policy: Playbook) -> tuple[Candidate, ...]:
    options = {
        (each.change.kind, each.change.name, str(each.change.value)): each
        for each in changes.candidates(policy, as_of=NOW)
    }
    return tuple(options[each.kind, each.name, str(each.value)] for each in move.changes)


def with_less(chosen: tuple[Candidate, ...]) -> list[tuple[Candidate, ...]]:
    """Every way to leave one part out: a whole change, or one occurrence of it."""
    fewer = []
    for index, each in enumerate(chosen):
        fewer.append(chosen[:index] + chosen[index + 1 :])
        if each.change.kind in {"signal", "colleagues"} and each.change.value > 1:
            less = replace(each, change=replace(each.change, value=each.change.value - 1))
            fewer.append((*chosen[:index], less, *chosen[index + 1 :]))
    return fewer


roles = st.sampled_from([None, "CHAMPION", "ECONOMIC_BUYER", "USER", "PROCUREMENT"])
people = st.fixed_dictionaries(
    {
        "role": roles,
        "email_kind": st.sampled_from([None, "BUSINESS", "FREE", "ACADEMIC"]),
        "known_problem": st.sampled_from([None, "lead quality"]),
        "message": st.sampled_from([None, "please find my cv", "how much is it?"]),
        "suppressed_by": st.sampled_from([None, None, "unsubscribe", "hard_bounce"]),
        "left_company": st.sampled_from([None, False, True]),
    }
)
companies = st.fixed_dictionaries(
    {
        "industry": st.sampled_from([None, "software", "it services", "farming"]),
        "employees": st.sampled_from([None, 5, 30, 120, 5000]),
        "country": st.sampled_from([None, "PL", "US"]),
    }
)
events = st.lists(
    st.builds(
        lambda who, what, ago: did(who, what[0], days_ago=ago, **what[1]),
        st.sampled_from([ANNA, OLA]),
        st.sampled_from(
            [
                ("page", {"path": "/pricing"}),
                ("page", {"path": "/customers/nordlicht"}),
                ("webinar_attended", {}),
                ("form_submitted", {"form": "demo"}),
                ("email_opened", {}),
            ]
        ),
        st.integers(0, 400),
    ),
    max_size=6,
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(person=people, company=companies, history=events, which=st.sampled_from(["cast", "shipped"]))
def test_applying_what_would_move_a_lead_moves_it_and_dropping_any_part_does_not(
    person: dict[str, Any], company: dict[str, Any], history: list[Any], which: str
) -> None:
    policy = playbook() if which == "cast" else shipped()
    facts = scene(*history, anna=person, brightpath=company)

    now, found = moves_of(facts, policy, ANNA)

    assert disposition_after(facts, policy, ANNA, ()) == now
    for move in found:
        chosen = as_candidates(move, policy)
        assert move.disposition != now
        assert disposition_after(facts, policy, ANNA, chosen) == move.disposition, move.text
        for fewer in with_less(chosen):
            assert disposition_after(facts, policy, ANNA, fewer) == now, move.text


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(person=people, company=companies, history=events)
def test_a_move_works_until_the_day_it_names_and_not_on_the_next(
    person: dict[str, Any], company: dict[str, Any], history: list[Any]
) -> None:
    policy = playbook()
    facts = scene(*history, anna=person, brightpath=company)

    _, found = moves_of(facts, policy, ANNA)

    for move in found:
        chosen = as_candidates(move, policy)
        if move.until is None:
            assert disposition_after(facts, policy, ANNA, chosen, days_later=AHEAD[-1]) == move.disposition
            continue
        days = (move.until - NOW).days
        assert disposition_after(facts, policy, ANNA, chosen, days_later=days) == move.disposition
        following = next(day for day in AHEAD if day > days)
        assert disposition_after(facts, policy, ANNA, chosen, days_later=following) != move.disposition


def test_a_lead_in_nurture_is_told_what_sales_would_need() -> None:
    facts = scene(did(ANNA, "page", path="/pricing", days_ago=3))

    disposition, found = moves_of(facts, shipped(), ANNA)

    assert disposition == "NURTURE"
    assert [(each.disposition, each.text) for each in found][:2] == [
        ("TO_SALES", "1 form: demo request"),
        ("TO_SALES", "1 booked meeting"),
    ]
    assert len({each.reason for each in found}) == len(found)


def test_whom_an_unknown_industry_keeps_is_told_which_industries_would_not_let_it_go() -> None:
    """Any industry but those that the rules name: "becomes known" would not be true of them."""
    facts = scene(
        did(ANNA, "page", path="/pricing", days_ago=3),
        anna={"role": "USER"},
        brightpath={"industry": None, "employees": 3},
    )

    _, found = moves_of(facts, shipped(), ANNA)

    [let_go] = [
        each for each in found if each.disposition == "LET_GO" and each.changes[0].name == "account.industry"
    ]
    assert let_go.text.startswith("industry is none of software, saas, ")
    assert let_go.changes[0].text == let_go.text


def test_a_copy_is_the_lead_itself() -> None:
    facts = scene(did(ANNA, "page", path="/pricing", days_ago=3), did(OLA, "webinar_attended", days_ago=9))
    varied = vary(facts, [Variation(lead_id=TOM), Variation(lead_id=ANNA)], as_of=NOW)

    copied = assess(varied.facts, playbook=playbook(), as_of=NOW).filter(
        pl.col("lead_id").is_in(varied.lead_ids)
    )
    original = assess(facts, playbook=playbook(), as_of=NOW)

    for lead_id, copy_id in ((TOM, varied.lead_ids[0]), (ANNA, varied.lead_ids[1])):
        mine = original.filter(pl.col("lead_id") == lead_id).drop("lead_id", "account_id").row(0)
        theirs = copied.filter(pl.col("lead_id") == copy_id).drop("lead_id", "account_id").row(0)
        assert theirs == mine


def test_the_past_moved_back_is_the_same_lead_later() -> None:
    facts = scene(did(ANNA, "page", path="/pricing", days_ago=3))
    columns = ["disposition", "intent_points", "stage", "timing"]

    varied = vary(facts, [Variation(lead_id=ANNA, days_later=40)], as_of=NOW)

    shifted = assess(varied.facts, playbook=playbook(), as_of=NOW)
    later = assess(facts, playbook=playbook(), as_of=NOW + timedelta(days=40))
    row = shifted.filter(pl.col("lead_id") == varied.lead_ids[0]).select(columns).row(0)
    assert row == later.filter(pl.col("lead_id") == ANNA).select(columns).row(0)


def test_a_lead_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(NotInFacts, match="Lead 99 is not among the facts"):
        explain(scene(), playbook=playbook(), as_of=NOW, lead_id=99)


def test_nobody_is_left_without_a_card() -> None:
    facts = scene()

    cards = [explain(facts, playbook=shipped(), as_of=NOW, lead_id=each) for each in (ANNA, TOM, ZED)]

    assert all(card.headline and card.leaves_text and card.why for card in cards)


def test_many_leads_explained_together_are_each_explained_alone() -> None:
    facts = scene(did(ANNA, "page", path="/pricing", days_ago=3), did(OLA, "webinar_attended", days_ago=9))
    everybody = sorted(facts.leads["lead_id"])

    together = list(explain_each(facts, playbook=shipped(), as_of=NOW, lead_ids=everybody))

    alone = [explain(facts, playbook=shipped(), as_of=NOW, lead_id=each) for each in everybody]
    assert together == alone


def test_nobody_is_told_that_their_company_could_turn_out_to_be_another() -> None:
    facts = scene(did(ANNA, "page", path="/pricing", days_ago=3))

    _, found = moves_of(facts, shipped(), ANNA)

    assert not [each.text for each in found for change in each.changes if change.name in changes.HISTORY]
