"""The contracts of the frames in which facts come and assessments go."""

from __future__ import annotations

import polars as pl

from coldframe.compute import local
from coldframe.kernel.assessment.assess import assess
from coldframe.kernel.assessment.needs import needs
from coldframe.kernel.frames import ACCOUNTS, ASSESSMENTS, LEADS, Facts, empty
from tests.kernel.cast import ANNA, JONAS, NOW, assessed, did, playbook, scene

NOTHING = Facts(leads=empty(LEADS), accounts=empty(ACCOUNTS))


def test_nobody_is_assessed_as_an_empty_frame_under_the_same_contract() -> None:
    whole = assess(NOTHING, playbook=playbook(), as_of=NOW)
    apart = local.assess_in_partitions(NOTHING, playbook=playbook(), as_of=NOW)

    assert whole.schema == apart.schema == pl.Schema(ASSESSMENTS)
    assert whole.height == apart.height == 0


def test_a_playbook_says_which_columns_it_reads() -> None:
    read = needs(playbook())

    assert read.leads == (
        "lead_id", "account_id", "entered_at", "status", "status_since", "role", "email_kind", "message",
        "suppressed_by", "known_problem", "answer.budget_on", "offer",
    )  # fmt: skip
    assert read.accounts == ("account_id", "industry", "employees", "domain", "country", "renewal_on")
    assert read.event_kinds == {"page", "asset_downloaded", "webinar_attended", "form_submitted", "answered"}
    assert (read.events, read.opportunities) == (True, True)


def test_ones_own_fields_are_asked_for_by_their_columns() -> None:
    by = playbook(disqualify="disqualify: [{reason: vendor, when: {field: lead.custom.visits, at_least: 3}}]")

    assert "custom.visits" in needs(by).leads


def test_what_a_playbook_does_not_read_may_be_left_out() -> None:
    facts = scene(did(JONAS, "page", path="/pricing"), did(ANNA, "email_opened"))
    read = needs(playbook())
    kept = [name for name in read.leads if name in facts.leads.columns]
    less = Facts(
        leads=facts.leads.select(kept),
        accounts=facts.accounts.select(read.accounts),
        events=facts.events.join(
            facts.shapes.filter(pl.col("kind").is_in(read.event_kinds)), on="shape_id", how="semi"
        ),
        shapes=facts.shapes,
    )

    assert assessed(less) == assessed(facts)


def test_a_lead_whose_account_has_no_row_is_assessed_with_everything_about_it_missing() -> None:
    facts = scene()
    less = Facts(leads=facts.leads, accounts=facts.accounts.filter(pl.col("name") != "Nordlicht"))

    row = assessed(less)[JONAS]

    assert (row["fit_low"], row["fit_high"], row["missing"]) == (0.0, 70.0, 0b1011)
