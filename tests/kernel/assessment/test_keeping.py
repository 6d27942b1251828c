"""What a policy keeps from one assessment to the next is never seen in what it says."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from coldframe.kernel.assessment.assess import assess, ruled
from coldframe.kernel.assessment.policy import PLAYBOOKS, policy_of
from coldframe.kernel.frames import Facts
from coldframe.kernel.playbook import model
from tests.kernel.assessment import strategies
from tests.kernel.assessment.test_laws import some
from tests.kernel.cast import ANNA, NOW, OLA, did, playbook, scene

LATER = NOW + timedelta(days=45)


def said(facts: Facts, by: model.Playbook, at: datetime = NOW) -> pl.DataFrame:
    """With every leaf, so that a difference shows even where it decides nothing."""
    return assess(facts, playbook=by, as_of=at, detail=True)


def fresh(by: model.Playbook) -> model.Playbook:
    """The same playbook, of which nothing is kept."""
    return by.model_copy(deep=True)


@some
@given(strategies.facts(), strategies.facts(), strategies.playbooks(), st.integers(-400, 400))
def test_earlier_assessments_of_other_leads_at_other_instants_change_nothing(
    before: Facts, facts: Facts, by: model.Playbook, days: int
) -> None:
    said(before, by, NOW + timedelta(days=days))

    for at in (NOW, LATER):
        assert_frame_equal(said(facts, by, at), said(facts, fresh(by), at), check_exact=True)


@some
@given(strategies.facts(), st.lists(strategies.playbooks(), min_size=2, max_size=3))
def test_threads_with_other_playbooks_and_instants_do_not_disturb_each_other(
    facts: Facts, policies: list[model.Playbook]
) -> None:
    asked = [(by, at) for by in policies for at in (NOW, LATER)] * 3
    alone = [said(facts, fresh(by), at) for by, at in asked]

    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda each: said(facts, *each), asked))

    for one, other in zip(alone, together, strict=True):
        assert_frame_equal(one, other, check_exact=True)


def test_a_number_of_a_shape_that_means_something_else_elsewhere_is_looked_at_again() -> None:
    by = playbook()
    pricing = scene(did(ANNA, "page", path="/pricing"))
    careers = scene(did(ANNA, "page", path="/careers"))
    assert pricing.shapes["shape_id"].to_list() == careers.shapes["shape_id"].to_list()

    points = [said(facts, by).row(0, named=True)["intent_points"] for facts in (pricing, careers, pricing)]

    assert points[0] == points[2] > points[1] == 0


def test_a_frame_whose_columns_have_other_types_is_read_by_those() -> None:
    by = playbook(disqualify="disqualify: [{reason: vendor, when: {field: lead.custom.visits, at_least: 3}}]")

    reasons = {
        kind: said(scene(anna={"custom.visits": value}), by).row(0, named=True)["reason"]
        for kind, value in {"number": 4, "text": "4", "no number": "many", "few": 2}.items()
    }

    vendor = "disqualify:vendor"
    assert [kind for kind, reason in reasons.items() if reason == vendor] == ["number", "text"]


def test_a_policy_serves_its_playbook_until_others_have_come_between() -> None:
    by = playbook()

    first = policy_of(by)

    assert policy_of(by) is first
    assert policy_of(fresh(by)) is not first
    others = [fresh(by) for _ in range(PLAYBOOKS)]
    assert len({id(policy_of(other)) for other in others}) == PLAYBOOKS
    assert policy_of(by) is not first


def test_a_lead_is_the_same_with_its_colleagues_assessed_or_not() -> None:
    facts = scene(did(ANNA, "page", path="/pricing"), did(OLA, "webinar_attended"))
    only = pl.DataFrame({"lead_id": [OLA]})

    assert_frame_equal(
        assess(facts, playbook=playbook(), as_of=NOW, only=only),
        assess(facts, playbook=playbook(), as_of=NOW).filter(pl.col("lead_id") == OLA),
        check_exact=True,
    )
    assert ruled(facts, playbook=playbook(), as_of=NOW, only=only)["lead_id"].to_list() == [OLA]
