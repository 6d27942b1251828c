"""When a lead must be looked at again: until then time alone changes nothing."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from coldframe.kernel.assessment.assess import assess
from coldframe.kernel.frames import ASSESSMENTS, Facts
from coldframe.kernel.playbook import model
from tests.kernel.assessment import strategies
from tests.kernel.cast import ANNA, NOW, did, playbook, scene

#: What a decision consists of: everything but points, which fade all the time, and what follows from the clock.
DECIDING = tuple(
    name
    for name in ASSESSMENTS
    if name not in {"intent_points", "account_intent_points", "leaves_at", "leaves_by", "timing_at"}
)


def changed(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    both = before.join(after, on="lead_id", suffix=":after")
    differs = [pl.col(name).ne_missing(pl.col(f"{name}:after")) for name in DECIDING if name != "lead_id"]
    return both.filter(pl.any_horizontal(differs))


def told(moved: pl.DataFrame) -> dict[str, object]:
    row = moved.row(0, named=True)
    names = [name for name in DECIDING if row.get(name) != row.get(f"{name}:after")]
    return {
        name: (row.get(name), row.get(f"{name}:after"))
        for name in (*names, "lead_id")
        if f"{name}:after" in row
    }


@settings(
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(strategies.facts(), strategies.playbooks(), st.floats(0, 1), st.sampled_from([1, 7, 40, 400]))
def test_until_the_first_instant_named_for_an_account_nothing_changes(
    facts: Facts, by: model.Playbook, share: float, days: int
) -> None:
    now = assess(facts, playbook=by, as_of=NOW, ahead=True)
    # A lead whose status moves begins its stay at the instant; as stored, it has begun already.
    standing = now.select("lead_id", pl.col("status"), pl.lit(NOW).alias("status_since"))
    leads = facts.leads.drop("status", "status_since", strict=False).join(standing, on="lead_id")
    stored = Facts(
        leads=leads,
        accounts=facts.accounts,
        events=facts.events,
        shapes=facts.shapes,
        opportunities=facts.opportunities,
    )
    settled = assess(stored, playbook=by, as_of=NOW + timedelta(microseconds=1), ahead=True)

    later = NOW + timedelta(days=days * share, microseconds=2)
    then = assess(stored, playbook=by, as_of=later)

    named = settled.with_columns(pl.min_horizontal("changes_at", "leaves_at").alias("first"))
    first = named.group_by("account_id").agg(pl.col("first").min())
    unmoved = first.filter(pl.col("first").is_null() | (pl.col("first") > later))
    held = settled.join(unmoved, on="account_id", how="semi")
    moved = changed(held, then)
    assert moved.is_empty(), told(moved)


def test_a_lead_is_looked_at_again_just_before_its_points_fall_below_a_line() -> None:
    by = playbook()
    facts = scene(did(ANNA, "page", path="/pricing"))
    levels = by.intent.levels

    row = assess(facts, playbook=by, as_of=NOW, ahead=True).row(0, named=True)

    lines = [line for line in (levels.low, levels.medium, levels.high) if line <= row["intent_points"]]
    assert lines, "the scene is about a lead with some intent"
    shortly_before = assess(facts, playbook=by, as_of=row["changes_at"] - timedelta(seconds=1))
    assert shortly_before["intent_level"][0] == row["intent_level"]


def test_asking_when_changes_nothing_else() -> None:
    by = playbook()
    facts = scene(did(ANNA, "page", path="/pricing"))

    plain = assess(facts, playbook=by, as_of=NOW)
    ahead = assess(facts, playbook=by, as_of=NOW, ahead=True)

    assert ahead.drop("changes_at").equals(plain)
