"""What engagement may decide: nothing by an open, by a machine, by a click that may be one, or by a click of a moment ago."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from coldframe.kernel import cycle
from coldframe.kernel.assessment.assess import assess
from coldframe.kernel.assessment.policy import policy_of
from coldframe.kernel.engagement.limits import QUARANTINE
from coldframe.kernel.explaining.explain import explain
from coldframe.kernel.frames import ASSESSMENTS, Facts, Surroundings
from coldframe.kernel.playbook import model
from tests.kernel.assessment import strategies
from tests.kernel.cast import ANNA, NOW, Deed, did, playbook, scene, told

SIGNALS = """
signals:
  pricing_page: {event: page, where: {field: path, starts: /pricing}, points: 20, half_life: 10 days, cap: 50, stage: evaluation, high_intent_page: true}
  guide: {event: asset_downloaded, points: 10, half_life: 50 days, cap: 25, stage: from asset}
  sales_material: {event: link_clicked, where: {field: topic, starts: offer}, points: 70, half_life: 30 days, stage: evaluation}
  asks_by_click: {event: link_clicked, where: {field: topic, starts: call-me}, points: 80, half_life: 30 days, hand_raise: true}
"""
CLICKING = playbook(signals=SIGNALS)
EAGER = playbook(
    triggers="""
triggers:
  - {name: Some intent, when: {field: intent.level, at_least: low}}
  - {name: Some points, when: {field: intent.points, above: 1}}
  - {name: Some points of the account, when: {field: intent.account_points, above: 1}}
  - {name: Some stage, when: {field: stage, known: yes}}
  - {name: Some people, when: {field: account.active_stakeholders, at_least: 1}}
"""
)
#: Shown, and used to rank; all else is a decision.
SHOWN = ("intent_points", "intent_level", "account_intent_points")

some = settings(
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
clicked = st.sampled_from(["offer", "call-me", "newsletter"])


def clicking(by: model.Playbook) -> model.Playbook:
    """Return the playbook with signals made of clicks, and with triggers that ask for next to nothing."""
    return by.model_copy(update={"signals": CLICKING.signals, "triggers": (*by.triggers, *EAGER.triggers)})


def minutes(number: float) -> float:
    """Return minutes in days."""
    return number / 1440


def with_deeds(facts: Facts, deeds: list[Deed]) -> Facts:
    """Return the facts with more of what leads did."""
    if not deeds:
        return facts
    events, shapes = told(tuple(deeds))
    first = facts.shapes["shape_id"].max() or 0
    moved = pl.col("shape_id") + int(first)  # type: ignore[arg-type]
    return dataclasses.replace(
        facts,
        events=pl.concat([facts.events, events.with_columns(moved)]),
        shapes=pl.concat([facts.shapes, shapes.with_columns(moved)]),
    )


def decisions(facts: Facts, by: model.Playbook, at: datetime = NOW) -> pl.DataFrame:
    """Return what is decided, and every leaf, so that a difference shows even where it decides nothing."""
    rows = assess(facts, playbook=by, as_of=at, detail=True)
    said = {*ASSESSMENTS, *policy_of(by).leaves} - set(SHOWN)
    return rows.select(name for name in rows.columns if name in said)


@st.composite
def noise(draw: st.DrawFn, facts: Facts) -> list[Deed]:
    """Opens of any class, and clicks that are a machine's or may be."""
    leads = st.sampled_from(facts.leads["lead_id"].to_list())
    ago = strategies.moments(least=0)
    opens = st.builds(
        lambda lead, days, p: did(lead, "email_opened", days_ago=days, p_human=p),
        leads,
        ago,
        st.sampled_from([0.0, 0.3, 1.0]),
    )
    clicks = st.builds(
        lambda lead, days, p, topic: did(lead, "link_clicked", days_ago=days, p_human=p, topic=topic),
        leads,
        ago,
        st.sampled_from([0.0, 0.3]),
        clicked,
    )
    return draw(st.lists(opens | clicks | clicks, min_size=1, max_size=12))


@some
@given(st.data(), strategies.facts(), strategies.playbooks())
def test_opens_machines_and_clicks_that_may_be_a_machines_decide_nothing(
    data: st.DataObject, facts: Facts, by: model.Playbook
) -> None:
    by = clicking(by)
    noisy = with_deeds(facts, data.draw(noise(facts)))

    assert_frame_equal(decisions(noisy, by), decisions(facts, by))


@some
@given(st.data(), strategies.facts(), strategies.playbooks())
def test_nobody_comes_before_sales_by_opens_or_by_unconfirmed_clicks(
    data: st.DataObject, facts: Facts, by: model.Playbook
) -> None:
    by = clicking(by)
    noisy = with_deeds(facts, data.draw(noise(facts)))

    found = [
        cycle.run(each, surroundings=Surroundings(), playbook=by, as_of=NOW).handoffs.drop(
            "owner", "owner_from"
        )
        for each in (noisy, facts)
    ]

    assert_frame_equal(*found, check_row_order=False)


@some
@given(st.data(), strategies.facts(), strategies.playbooks())
def test_a_click_of_a_moment_ago_changes_nothing_until_its_quarantine_is_over(
    data: st.DataObject, facts: Facts, by: model.Playbook
) -> None:
    by = clicking(by)
    click = data.draw(
        st.builds(
            lambda lead, ago, p, topic: did(
                lead, "link_clicked", days_ago=minutes(ago), p_human=p, topic=topic
            ),
            st.sampled_from(facts.leads["lead_id"].to_list()),
            st.floats(0, 9.99),
            st.sampled_from([0.3, 1.0]),
            clicked,
        )
    )

    assert_frame_equal(
        assess(with_deeds(facts, [click]), playbook=by, as_of=NOW), assess(facts, playbook=by, as_of=NOW)
    )


@some
@given(st.data(), strategies.facts(), strategies.playbooks(), st.floats(0, 11))
def test_until_the_first_instant_named_nothing_changes_by_clicks_either(
    data: st.DataObject, facts: Facts, by: model.Playbook, later: float
) -> None:
    by = clicking(by)
    clicks = st.builds(
        lambda lead, ago, topic: did(lead, "link_clicked", days_ago=minutes(ago), topic=topic),
        st.sampled_from(facts.leads["lead_id"].to_list()),
        st.floats(-3, 10.5),
        clicked,
    )
    facts = with_deeds(facts, data.draw(st.lists(clicks, min_size=1, max_size=4)))
    now = assess(facts, playbook=by, as_of=NOW, ahead=True)
    standing = now.select("lead_id", "status", pl.lit(NOW).alias("status_since"))
    leads = facts.leads.drop("status", "status_since", strict=False).join(standing, on="lead_id")
    stored = dataclasses.replace(facts, leads=leads)
    settled = assess(stored, playbook=by, as_of=NOW + timedelta(microseconds=1), ahead=True)

    then = NOW + timedelta(minutes=later, microseconds=2)
    after = assess(stored, playbook=by, as_of=then)

    first = settled.with_columns(pl.min_horizontal("changes_at", "leaves_at").alias("first"))
    first = first.group_by("account_id").agg(pl.col("first").min())
    unmoved = first.filter(pl.col("first").is_null() | (pl.col("first") > then))["account_id"]
    kept = [
        rows.filter(pl.col("account_id").is_in(unmoved.implode())).select(
            "lead_id",
            "disposition",
            "reason",
            "stage",
            "status",
            "path",
            "triggers_held",
            "exits_held",
            "last_meaningful_at",
        )
        for rows in (settled, after)
    ]
    assert_frame_equal(*kept)


@pytest.mark.parametrize("ago", [0, 4, 9.9])
def test_a_lead_is_looked_at_again_the_moment_the_quarantine_of_its_click_ends(ago: float) -> None:
    click = did(ANNA, "link_clicked", days_ago=minutes(ago), topic="offer")

    rows = assess(scene(click), playbook=CLICKING, as_of=NOW, ahead=True)

    assert row_of(rows, ANNA)["changes_at"] == click.at + QUARANTINE


def test_a_click_ahead_counts_once_its_quarantine_is_over() -> None:
    click = did(ANNA, "link_clicked", days_ago=minutes(-30), topic="offer")
    facts = scene(click)

    assert (
        row_of(assess(facts, playbook=CLICKING, as_of=NOW, ahead=True), ANNA)["changes_at"]
        == click.at + QUARANTINE
    )
    for at, reason in ((click.at, "path:software-educate"), (click.at + QUARANTINE, "trigger:Ready")):
        assert row_of(assess(facts, playbook=CLICKING, as_of=at), ANNA)["reason"] == reason


def test_a_confirmed_click_sends_to_sales_once_its_quarantine_is_over() -> None:
    facts = scene(did(ANNA, "link_clicked", days_ago=0, topic="offer"))

    before, after = (reasons(facts, NOW + QUARANTINE + timedelta(seconds=s))[ANNA] for s in (-1, 0))

    assert (before, after) == ("path:software-educate", "trigger:Ready")


def test_a_hand_raised_by_a_click_is_believed_only_if_it_is_a_persons() -> None:
    unsure, sure = (
        scene(did(ANNA, "link_clicked", days_ago=1, p_human=p, topic="call-me")) for p in (0.3, 1.0)
    )

    assert reasons(unsure)[ANNA] == "path:software-educate"
    assert reasons(sure)[ANNA] == "trigger:Hand raise"


def test_unsure_clicks_are_shown_by_their_share_and_are_not_what_decides() -> None:
    clicks = [did(ANNA, "link_clicked", days_ago=0.5, p_human=0.3, topic="offer") for _ in range(4)]

    row = row_of(assess(scene(*clicks), playbook=CLICKING, as_of=NOW, detail=True), ANNA)

    assert row["intent_level"] == "HIGH"
    assert row["intent_points"] == pytest.approx(4 * 0.3 * 70, rel=0.05)
    assert (row["confirmed_level"], row["confirmed_points"]) == ("NONE", 0.0)
    assert (row["stage"], row["last_meaningful_at"], row["disposition"]) == (None, None, "NURTURE")


def test_the_card_says_what_is_not_known_to_be_a_persons() -> None:
    facts = scene(
        did(ANNA, "link_clicked", days_ago=0.5, p_human=0.3, topic="offer"),
        did(ANNA, "page", days_ago=2, path="/pricing"),
    )

    card = explain(facts, playbook=CLICKING, as_of=NOW, lead_id=ANNA)

    said = [each.text for each in card.intent.reasons]
    assert any(text.startswith("sales material 1 click, not yet known to be a person;") for text in said)
    assert card.intent.text == "38 points, medium; what is known to be a person's decides: 17, low"


def test_a_change_that_is_a_click_asks_for_a_confirmed_one_and_moves_the_lead() -> None:
    card = explain(scene(), playbook=CLICKING, as_of=NOW, lead_id=ANNA)

    said = [change.text for move in card.advance_if for change in move.changes]
    assert "1 confirmed click: sales material" in said


def row_of(rows: pl.DataFrame, lead_id: int) -> dict[str, Any]:
    return rows.row(by_predicate=pl.col("lead_id") == lead_id, named=True)


def reasons(facts: Facts, at: datetime = NOW) -> dict[int, str]:
    rows = assess(facts, playbook=CLICKING, as_of=at)
    return dict(rows.select("lead_id", "reason").iter_rows())
