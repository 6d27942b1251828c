"""What holds of every assessment, whatever the facts and the playbook."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from coldframe.compute import local
from coldframe.kernel import lifecycle
from coldframe.kernel.assessment.assess import apart, assess, departures
from coldframe.kernel.frames import ASSESSMENTS, Facts
from coldframe.kernel.playbook import model
from coldframe.kernel.playbook.conditions import Leaf, Op
from coldframe.kernel.playbook.units import Duration
from coldframe.kernel.vocabulary import Disposition, LeadStatus
from tests.kernel.assessment import strategies
from tests.kernel.cast import NOW, ago, did, playbook, scene
from tests.kernel.playbook import strategies as language

#: A counterexample is a handful of leads anyway; to make it smaller would take minutes.
some = settings(
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
facts, playbooks = strategies.facts(), strategies.playbooks()


def at_now(facts: Facts, by: model.Playbook) -> pl.DataFrame:
    return assess(facts, playbook=by, as_of=NOW)


def in_detail(facts: Facts, by: model.Playbook) -> pl.DataFrame:
    """With every leaf, so that a difference shows even where it decides nothing."""
    return assess(facts, playbook=by, as_of=NOW, detail=True)


def of_accounts(facts: Facts, accounts: list[int]) -> Facts:
    leads = facts.leads.filter(pl.col("account_id").is_in(accounts))
    return dataclasses.replace(
        facts,
        leads=leads,
        accounts=facts.accounts.filter(pl.col("account_id").is_in(accounts)),
        events=facts.events.filter(pl.col("lead_id").is_in(leads["lead_id"].implode())),
        opportunities=facts.opportunities.filter(pl.col("account_id").is_in(accounts)),
    )


@some
@given(facts, playbooks)
def test_every_lead_has_one_row_with_a_disposition_a_legal_status_and_a_date_ahead(
    facts: Facts, by: model.Playbook
) -> None:
    rows = at_now(facts, by)

    assert rows.schema == pl.Schema(ASSESSMENTS)
    assert rows["lead_id"].to_list() == sorted(facts.leads["lead_id"])
    was = dict(facts.leads.select("lead_id", pl.col("status").fill_null("NEW")).iter_rows())
    for row in rows.to_dicts():
        assert row["disposition"] in set(Disposition)
        assert (row["path"] is not None) == (row["disposition"] == "NURTURE")
        assert row["reason"].split(":")[0] in {"opportunity", "disqualify", "trigger", "exit", "path"}
        assert row["status"] != "NEW"
        assert lifecycle.may_follow(LeadStatus(was[row["lead_id"]]), LeadStatus(row["status"]))
        assert row["status"] == "DISQUALIFIED" or row["leaves_at"] > NOW
        assert (row["leaves_at"] is None) == (row["leaves_by"] is None)
        assert 0 <= row["fit_low"] <= row["fit_score"] <= row["fit_high"] <= 100


@some
@given(facts, language.playbooks())
def test_every_playbook_that_the_language_allows_can_be_used(facts: Facts, by: model.Playbook) -> None:
    rows = at_now(facts, by)

    assert rows["lead_id"].to_list() == sorted(facts.leads["lead_id"])
    assert rows["disposition"].null_count() == rows["status_reason"].null_count() == 0


@some
@given(facts, playbooks)
def test_a_batch_is_its_accounts_one_by_one(facts: Facts, by: model.Playbook) -> None:
    accounts = facts.leads["account_id"].unique().to_list()

    apart = pl.concat(in_detail(of_accounts(facts, [account]), by) for account in accounts)

    assert_frame_equal(in_detail(facts, by), apart.sort("lead_id"), check_exact=True)


@some
@given(facts, playbooks)
def test_a_status_that_is_settled_as_it_was_proposed_ends_when_the_assessment_said(
    facts: Facts, by: model.Playbook
) -> None:
    found, working = apart(assess(facts, playbook=by, as_of=NOW, resettled=True))

    left = departures(working, found, playbook=by)

    assert_frame_equal(found.select(list(ASSESSMENTS)), at_now(facts, by).select(list(ASSESSMENTS)))
    assert_frame_equal(left, found.select("lead_id", "leaves_at", "leaves_by"))


@some
@given(facts, playbooks, st.integers(1, 3))
def test_partitions_are_the_whole(facts: Facts, by: model.Playbook, size: int) -> None:
    apart = local.assess_in_partitions(facts, playbook=by, as_of=NOW, accounts_at_a_time=size)

    assert_frame_equal(at_now(facts, by), apart, check_exact=True)


@some
@given(facts, playbooks, st.integers())
def test_the_order_of_rows_does_not_matter(facts: Facts, by: model.Playbook, seed: int) -> None:
    names = [each.name for each in dataclasses.fields(facts)]
    shuffled = {
        name: getattr(facts, name).sample(fraction=1, shuffle=True, seed=abs(seed) % 2**32) for name in names
    }

    assert_frame_equal(in_detail(facts, by), in_detail(Facts(**shuffled), by), check_exact=True)


@some
@given(facts, playbooks, st.integers(0, 200))
def test_what_happens_later_never_changes_what_was_said_earlier(
    facts: Facts, by: model.Playbook, days: int
) -> None:
    earlier = NOW - timedelta(days=days)
    known_then = dataclasses.replace(facts, events=facts.events.filter(pl.col("occurred_at") <= earlier))

    said = [assess(each, playbook=by, as_of=earlier) for each in (facts, known_then)]

    assert_frame_equal(*said, check_exact=True)


@some
@given(st.lists(st.tuples(strategies.moments(0, 100), st.sampled_from([1.0, 0.3])), min_size=1, max_size=10))
def test_a_half_life_halves(visits: list[tuple[float, float]]) -> None:
    signal = playbook().signals["webinar"].model_copy(update={"cap": None})
    by = playbook().model_copy(update={"signals": {"webinar": signal}, "triggers": (), "segments": (), "paths": (model.Path(name="rest", when=strategies.EVERYBODY),)})  # fmt: skip
    seen = scene(*[did(1, "webinar_attended", days_ago=days, p_human=p_human) for days, p_human in visits])
    half_life = timedelta(days=signal.half_life.days())

    now, then = (assess(seen, playbook=by, as_of=at)["intent_points"][0] for at in (NOW, NOW + half_life))

    assert then == pytest.approx(now / 2, abs=1e-6 * len(visits))


FACT_COLUMNS = [("leads", name) for name in ("role", "email_kind", "message", "custom.visits")]
FACT_COLUMNS += [("accounts", name) for name in ("industry", "employees", "country", "renewal_on")]


def without(facts: Facts, frame: str, column: str) -> Facts:
    blank = getattr(facts, frame).with_columns(
        pl.lit(None).cast(getattr(facts, frame).schema[column]).alias(column)
    )
    return dataclasses.replace(facts, **{frame: blank})


@some
@given(facts, playbooks, st.sampled_from(FACT_COLUMNS))
def test_missing_data_never_narrows_the_fit(
    facts: Facts, by: model.Playbook, column: tuple[str, str]
) -> None:
    """Rules that ask whether a field is known are left out: what they ask is known either way."""
    full, less = at_now(facts, by), at_now(without(facts, *column), by)

    assert (less["fit_low"] <= full["fit_low"]).all()
    assert (less["fit_high"] >= full["fit_high"]).all()
    assert (less["missing_count"] >= full["missing_count"]).all()


@some
@given(facts, playbooks, st.lists(st.sampled_from(FACT_COLUMNS), unique=True))
def test_an_absent_column_is_one_that_is_missing_throughout(
    facts: Facts, by: model.Playbook, columns: list[tuple[str, str]]
) -> None:
    blank = absent = facts
    for frame, column in columns:
        blank = without(blank, frame, column)
        absent = dataclasses.replace(absent, **{frame: getattr(absent, frame).drop(column)})

    assert_frame_equal(at_now(blank, by), at_now(absent, by), check_exact=True)


@settings(some, max_examples=50)
@given(facts, playbooks | st.just(playbook()), st.sampled_from([None, "DISQUALIFIED", "SALES_ACCEPTED"]))
def test_asking_again_at_the_same_instant_says_the_same(
    facts: Facts, by: model.Playbook, status: str | None
) -> None:
    if status:
        facts = standing(facts, pl.lit(status), pl.lit(ago(400)))

    first = at_now(facts, by)
    since = (
        pl.when(pl.col("status").eq_missing(pl.col("status_right")))
        .then("status_since")
        .otherwise(NOW)
        .alias("status_since")
    )
    moved = facts.leads.join(first.select("lead_id", "status"), on="lead_id").with_columns(since)

    again = at_now(
        dataclasses.replace(facts, leads=moved.with_columns(status="status_right").drop("status_right")), by
    )

    stable = ["lead_id", "disposition", "reason", "path", "status", "leaves_at", "leaves_by"]
    assert_frame_equal(first.select(stable), again.select(stable), check_exact=True)


def test_whom_an_exit_without_a_clock_let_go_is_looked_at_again_and_let_go_again_where_it_still_holds() -> (
    None
):
    when = Leaf(field="lead.role", op=Op.KNOWN, value=False)
    no_role = model.Exit(reason="no_role", when=when, look_again_in=Duration(100, "day"))
    by = playbook().model_copy(update={"triggers": (), "disqualify": (), "exits": (no_role,)})
    nameless = scene().leads.with_columns(pl.lit(None, dtype=pl.String).alias("role"))
    let_go = standing(dataclasses.replace(scene(), leads=nameless), pl.lit("DISQUALIFIED"), pl.lit(ago(250)))

    rows = at_now(let_go, by)

    assert set(rows.select("status", "reason").rows()) == {("DISQUALIFIED", "exit:no_role")}
    assert set(rows["leaves_at"]) == {ago(-50)}


@some
@given(facts, st.sampled_from([None, "SALES_ACCEPTED", "NURTURE", "DISQUALIFIED"]))
def test_a_lead_leaves_nurture_at_the_very_instant_that_was_told(facts: Facts, status: str | None) -> None:
    """Under a playbook whose only way out is time."""
    by = playbook().model_copy(update={"triggers": (), "disqualify": (), "exits": playbook().exits[2:]})
    facts = dataclasses.replace(
        facts,
        events=facts.events.filter(pl.col("occurred_at") <= NOW),
        opportunities=facts.opportunities.clear(),
    )
    facts = standing(facts, pl.lit(status, dtype=pl.String), pl.col("status_since"))
    first = at_now(facts, by)
    facts = standing(
        facts, pl.lit(first["status"]), pl.lit(NOW) if status != "NURTURE" else pl.col("status_since")
    )

    for row in first.filter(status="NURTURE").head(2).to_dicts():
        told = row["leaves_at"]
        before, then = (
            assess(facts, playbook=by, as_of=at).filter(lead_id=row["lead_id"])["status"].item()
            for at in (told - timedelta(microseconds=1), told)
        )
        assert (before, then) == ("NURTURE", "DISQUALIFIED")


def standing(facts: Facts, status: pl.Expr, since: pl.Expr) -> Facts:
    leads = facts.leads.sort("lead_id").with_columns(status=status, status_since=since)
    return dataclasses.replace(facts, leads=leads)
