"""Who does nothing for long is listed, and erased a month later, unless somebody keeps them or they come back."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from coldframe.activity.models import Event, Payload
from coldframe.cli.root import app
from coldframe.handoff.models import Handoff
from coldframe.leads.models import Consent, Lead, Opportunity, RetentionReview
from coldframe.nurture import retention
from coldframe.nurture.models import Standing
from coldframe.nurture.retention import Kept, Terms
from coldframe.work import trades
from coldframe.work.clocks import VirtualClock
from tests import world
from tests.nurture import cast
from tests.nurture.cast import DAY
from tests.world import NOW

TERMS = Terms()
#: 24 months before, and a day: everybody who came then and did nothing is listed now.
LONG_AGO = datetime(2024, 5, 31, 9, tzinfo=UTC)


@pytest.fixture
def anna(db: None) -> Lead:
    return long_known(world.anna())


def long_known(lead: Lead) -> Lead:
    Lead.objects.filter(pk=lead.pk).update(created_at=LONG_AGO, entered_at=LONG_AGO)
    return lead


def look(tmp_path: Path, *, days: float = 0, terms: Terms = TERMS) -> Kept:
    return retention.keep_to(terms=terms, home=tmp_path, at=NOW + days * DAY)


def test_who_did_nothing_for_two_years_is_listed_and_erased_thirty_days_later(
    anna: Lead, tmp_path: Path
) -> None:
    jonas = world.jonas()

    seen = [look(tmp_path, days=days) for days in (0, 1, 29, 30, 31)]

    assert [(each.listed, each.erased) for each in seen] == [(1, 0), (0, 0), (0, 0), (0, 1), (0, 0)]
    anna.refresh_from_db()
    assert (anna.email, anna.last_name, anna.voided_at) == (None, None, NOW + 30 * DAY)
    assert Lead.objects.get(pk=jonas.pk).email == "jonas@nordlicht.example"
    assert not RetentionReview.objects.exists()


@pytest.mark.parametrize("months", [0, 25])
def test_longer_terms_keep_longer_and_none_for_ever(anna: Lead, tmp_path: Path, months: int) -> None:
    look(tmp_path, terms=Terms(lead_months=months))

    assert not RetentionReview.objects.exists()


def clicks(lead: Lead) -> None:
    world.event(lead, kind="link_clicked", days_ago=3)


def consents(lead: Lead) -> None:
    Consent.objects.create(lead=lead, basis="CONSENT", source="form", given_at=NOW - DAY, created_at=NOW)


def buys(lead: Lead) -> None:
    Opportunity.objects.create(
        account=lead.account,
        source="crm",
        external_id="1",
        state="WON",
        opened_at=LONG_AGO,
        created_at=LONG_AGO,
    )


def is_before_sales(lead: Lead) -> None:
    Handoff.objects.create(
        lead=lead, account=lead.account, episode=1, trigger="trigger:Ready", opened_at=NOW - DAY,
        deadline_at=NOW + DAY,
    )  # fmt: skip


@pytest.mark.parametrize("happens", [clicks, consents, buys, is_before_sales])
def test_a_sign_of_life_keeps_somebody_off_the_list_and_takes_them_off_it(
    anna: Lead, tmp_path: Path, happens: Callable[[Lead], None]
) -> None:
    look(tmp_path)
    assert RetentionReview.objects.count() == 1

    happens(anna)

    assert look(tmp_path, days=29).taken_off == 1
    assert look(tmp_path, days=31).erased == 0
    assert Lead.objects.get(pk=anna.pk).email == "anna@brightpath.example"


def test_what_a_machine_does_and_what_goes_out_are_no_signs_of_life(anna: Lead, tmp_path: Path) -> None:
    world.event(anna, kind="link_clicked", days_ago=3, evidence="MACHINE")

    assert look(tmp_path).listed == 1


def test_whom_somebody_keeps_is_kept_for_as_long_again(anna: Lead, tmp_path: Path) -> None:
    look(tmp_path)

    retention.keep(anna.pk, by="Ewa", at=NOW + DAY)

    assert look(tmp_path, days=40).erased == 0
    listed, count = retention.list_reviewed(terms=TERMS, limit=9)
    assert [(each.lead_id, each.erased_from, each.kept_by) for each in listed] == [(anna.pk, None, "Ewa")]
    again = look(tmp_path, days=2 * 366 + 1)
    assert (count, again.taken_off, again.listed, again.erased) == (1, 1, 1, 0)


def test_nobody_is_kept_who_is_not_listed(anna: Lead) -> None:
    with pytest.raises(retention.NotListed):
        retention.keep(anna.pk, by="Ewa", at=NOW)


def test_another_record_of_the_same_person_that_is_alive_keeps_both(anna: Lead, tmp_path: Path) -> None:
    world.lead(anna.account, email="anna+news@brightpath.example")
    look(tmp_path)

    assert look(tmp_path, days=31).erased == 0
    assert Lead.objects.get(pk=anna.pk).email == "anna@brightpath.example"


def test_events_are_forgotten_after_three_years_with_what_lies_beside_them(
    anna: Lead, tmp_path: Path
) -> None:
    young = world.event(anna, days_ago=3 * 365 - 2)
    old = world.event(anna, days_ago=3 * 366)
    Payload.objects.create(event=old, properties={"city": "Anytown"})

    assert look(tmp_path).events_forgotten == 1

    assert list(Event.objects.values_list("pk", flat=True)) == [young.pk]
    assert not Payload.objects.exists()


def test_a_worker_lists_and_erases_by_its_clock(anna: Lead, settings: object, tmp_path: Path) -> None:
    settings.HOME = tmp_path  # type: ignore[attr-defined]
    settings.RETENTION = {"lead_months": 24, "review_days": 30, "event_months": 36}  # type: ignore[attr-defined]
    cast.use_playbook()
    worker = cast.worker(VirtualClock(at=NOW, end=NOW + 32 * DAY))
    worker.chores = {"retention": trades.chores()["retention"]}

    worker.run(until=NOW + 32 * DAY)

    assert Lead.objects.get(pk=anna.pk).email is None
    assert not Standing.objects.filter(lead=anna).exists()


def test_the_list_is_shown_with_its_terms_and_somebody_can_be_kept(
    anna: Lead, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(tmp_path)
    monkeypatch.setenv("COLDFRAME_NOW", NOW.isoformat())

    def run(*words: str) -> str:
        done = CliRunner().invoke(app, ["person", *words])
        assert done.exit_code == 0, done.output
        return done.stdout

    shown = run("retention")
    assert "Leads: 24 months after the last sign of life on the list, 30 days later erased." in shown
    assert "Events: 36 months." in shown
    assert "erased from 2026-07-01  Anna Kowalska, anna@brightpath.example, Brightpath" in shown
    run("keep", "anna@brightpath.example", "--by", "Ewa")
    said = json.loads(run("retention", "--json"))
    assert said["terms"] == {"lead_months": 24, "review_days": 30, "event_months": 36}
    assert [(each["kept_by"], each["erased_from"]) for each in said["listed"]] == [("Ewa", None)]


@given(st.integers(-9_000, 20_000), st.integers(0, 60))
def test_months_before_is_the_same_day_or_the_last_of_the_month(days: int, months: int) -> None:
    at = NOW + days * DAY
    found = retention.months_before(at, months)

    assert (at.year * 12 + at.month) - (found.year * 12 + found.month) == months
    assert found.time() == at.time()
    assert found.day == at.day or (found.day < at.day and (found + timedelta(days=1)).day == 1)
