"""The audit: what it says of a small base, and that each figure leads to its rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import polars as pl
import pytest

from coldframe.activity.models import Event
from coldframe.kernel.assessment import assess
from coldframe.kernel.frames import ACCOUNTS, LEADS, Facts
from coldframe.kernel.playbook.model import Playbook
from coldframe.kernel.vocabulary import FitVerdict
from coldframe.leads.models import Lead
from coldframe.library import queries as library
from coldframe.nurture import operations as nurture
from coldframe.nurture.models import Standing
from coldframe.reports import audit, filters
from coldframe.reports.findings import Audit, Chart
from tests import world
from tests.reports import base

pytestmark = pytest.mark.django_db


def stored() -> Audit:
    nurture.assess_all(as_of=base.NOW)
    return audit.audit(as_of=base.NOW)


def counts(chart: Chart) -> dict[str, int]:
    return {each.label: each.count for each in chart.figures if each.count}


def listed(found: Audit) -> Iterator[tuple[str, int, str]]:
    """Yield name, count and query string of everything that leads to rows."""
    charts = [
        found.worth, found.statuses, found.entries, found.reasons, found.addresses, found.mailing, found.suppressed,
        *found.axes,
    ]  # fmt: skip
    for chart in charts:
        for figure in chart.figures:
            assert figure.leads is not None, (chart.key, figure.key)
            yield f"{chart.key} {figure.key}", figure.count, figure.leads
    for source in found.sources:
        yield f"source {source.key}", source.count, source.leads or ""
        yield f"good fits of {source.key}", source.good_count, source.good_leads or ""
    for kind in found.interactions:
        yield f"event {kind.key}", kind.lead_count, kind.leads or ""
    for field in found.missing:
        yield f"missing {field.field}", field.missing, field.leads or ""
    for figure in (found.without_interaction, found.dormant):
        yield figure.key, figure.count, figure.leads or ""
    for group in found.duplicates.groups:
        yield "duplicates", len(group.people), group.leads


def test_one_sentence_says_what_the_base_is_worth():
    base.fill()

    found = stored()

    assert found.sentence == (
        "Of 9 leads 7 are worth working on: 1 for sales now, 6 to nurture; the fit of 2 of them hangs on missing "
        "fields; 2 may not be mailed; 4 may not be mailed until a basis is stated; 1 has no address; 2 are let go."
    )


def test_an_empty_base_says_what_to_do_first():
    base.activate()

    found = audit.audit(as_of=base.NOW)

    assert found.sentence == "There are no leads yet: coldframe import leads FILE takes some in."
    assert found.problems == ()


def test_each_figure_leads_to_exactly_its_rows():
    base.fill()
    found = stored()

    rows = {
        name: (count, filters.leads(filters.parsed(query), as_of=base.NOW).count())
        for name, count, query in listed(found)
    }

    assert {name: row for name, row in rows.items() if row[0] != row[1]} == {}
    assert len(rows) > 100


def test_an_audit_before_the_first_assessment_says_the_same_and_stores_nothing():
    base.fill()

    before = audit.audit(as_of=base.NOW)
    kept = Standing.objects.count()
    after = stored()

    assert kept == 0
    assert (before.is_stored, after.is_stored) == (False, True)
    assert "; ".join(before.notes) == (
        "9 leads have not been assessed yet, so all were assessed just now, in memory; nothing was stored."
        " To store it: coldframe assess."
    )
    assert before.sentence == after.sentence
    assert [counts(each) for each in before.axes] == [counts(each) for each in after.axes]
    assert [each.text for each in before.problems] == [each.text for each in after.problems]


def test_each_lead_is_in_exactly_one_part_of_a_whole():
    base.fill()
    found = stored()

    wholes = [found.worth, found.statuses, found.entries, found.reasons, found.mailing, *found.axes]

    assert {each.key: sum(figure.count for figure in each.figures) for each in wholes} == {
        each.key: 9 for each in wholes
    }


def test_suppression_holds_by_person_and_by_address():
    base.fill()

    found = stored()

    assert counts(found.suppressed) == {"Dead address (bounced for good)": 1, "Opted out, says the CRM": 1}
    assert counts(found.mailing) == {
        "May be mailed": 2,
        "No stated basis for contact": 4,
        "No address": 1,
        "May not be mailed": 2,
    }


def test_addresses_are_told_apart():
    base.fill()

    found = stored()

    assert counts(found.addresses) == {
        "At a company's own domain": 7,
        "At a free-mail provider": 1,
        "No address": 1,
        "Shared mailbox (info@) among them": 1,
        "Dead (bounced) among them": 1,
    }


def test_sources_that_differ_in_case_are_one():
    base.fill()

    found = stored()

    webinar = next(each for each in found.sources if each.key == "webinar")
    assert (webinar.count, webinar.good_count, webinar.good_share) == (3, 3, 1.0)
    assert (webinar.good_low, webinar.good_high) == (0.4385, 1.0)
    assert webinar.leads == "source=webinar&source=Webinar"


def test_interactions_count_events_and_leads_and_name_who_stands_behind():
    base.fill()

    found = stored()

    assert [
        (each.key, each.event_count, each.lead_count, each.is_passive) for each in found.interactions
    ] == [
        ("page", 2, 1, False),
        ("email_opened", 1, 1, True),
        ("form_submitted", 1, 1, False),
    ]
    assert counts(found.evidence) == {"By a person": 3, "By a machine": 1}
    assert found.without_interaction.count == 7


def test_events_after_the_instant_are_not_known_yet():
    base.fill()

    found = audit.audit(as_of=base.NOW - timedelta(days=2, hours=12))

    assert [(each.key, each.event_count) for each in found.interactions] == [("page", 1)]


def test_voided_leads_and_events_of_undone_imports_are_left_out():
    people = base.fill()
    batch = base.undone_batch()
    Event.objects.filter(lead=people["anna"]).update(batch=batch)
    Lead.objects.filter(pk=people["jonas"].pk).update(voided_at=base.NOW)

    found = audit.audit(as_of=base.NOW)

    assert (found.lead_count, found.event_count) == (8, 0)


def test_good_fits_that_fell_silent_are_counted():
    base.fill()
    world.lead(
        world.account(name="Gdynia Soft", domain="gdynia.example", industry="software", employees=200, country="PL"),
        email="piotr@gdynia.example", role="CHAMPION", job_title="CMO", entered_at=base.NOW - timedelta(days=91),
    )  # fmt: skip

    found = stored()

    assert (found.dormant.count, counts(found.dormant_by_fit)) == (1, {"A": 1})


def test_entries_of_many_years_are_shown_by_year():
    library_at = base.NOW - timedelta(days=3000)
    base.fill()
    for month in range(30):
        world.lead(
            world.account(name=None, is_personal=True), entered_at=library_at + timedelta(days=31 * month)
        )

    found = audit.audit(as_of=base.NOW)

    assert found.entries.note == "By year."
    assert [(each.key, each.count) for each in found.entries.figures][:2] == [("2018", 10), ("2019", 12)]


def test_a_field_settles_a_fit_only_if_every_value_does():
    base.fill()
    playbook = library.get_active_playbook().playbook
    eva = {"role": "CHAMPION", "entered_at": base.NOW, "is_role_address": False, "email_kind": "BUSINESS"}
    finance = {"industry": "finance", "country": "PL"}
    world.lead(world.account(name="Settled by size", **finance), email="eva@settled.example", **eva)
    world.lead(
        world.account(name="Hangs on two", industry="software"),
        email="jan@two.example",
        **{**eva, "role": "USER"},
    )

    found = audit.audit(as_of=base.NOW)

    assert {each.field: each.settles for each in found.missing if each.settles} == {"account.employees": 1}
    assert verdict_of(playbook, lead=eva, account=finance) == FitVerdict.UNDETERMINED
    assert [verdict_of(playbook, lead=eva, account={**finance, "employees": size}) for size in (1, 49, 50, 9000)] == [
        FitVerdict.POOR, FitVerdict.POOR, FitVerdict.GOOD, FitVerdict.GOOD,
    ]  # fmt: skip


def verdict_of(playbook: Playbook, *, lead: dict[str, object], account: dict[str, object]) -> str:
    """Return the fit verdict of one lead."""
    facts = Facts(
        leads=pl.DataFrame([{"lead_id": 1, "account_id": 1, **lead}], schema=LEADS),
        accounts=pl.DataFrame([{"account_id": 1, **account}], schema=ACCOUNTS),
    )
    return str(assess.assess(facts, playbook=playbook, as_of=base.NOW)["fit_verdict"][0])


def test_leads_without_a_date_of_entry_are_named():
    people = base.fill()
    Lead.objects.filter(pk__in=[people["zed"].pk, people["tom"].pk]).update(entered_at=None)

    found = stored()

    assert found.notes == ("2 leads name no date of entry; the day they were recorded here stands for it.",)
    assert {each.field: each.missing for each in found.missing}["lead.entered_at"] == 2


def test_the_biggest_problem_comes_first_with_what_to_do():
    base.fill()

    found = stored()

    assert found.problems[0].text == (
        "78 % of leads have no recorded interaction, so nothing says what they want or when."
    )
    assert found.problems[0].advice == "Import their activities: coldframe import events FILE."
    assert [each.count for each in found.problems] == sorted(
        (each.count for each in found.problems), reverse=True
    )
    assert {each.key: each.text for each in found.problems}["duplicates"] == (
        "1 record is likely a second entry of somebody already there."
    )
