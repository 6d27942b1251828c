"""Taking imports back: what they made goes, what they changed is restored unless it changed since."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from coldframe.activity import importing as activity
from coldframe.activity import queries as events
from coldframe.activity.models import Event
from coldframe.kernel.vocabulary import ConsentBasis
from coldframe.leads import operations, queries
from coldframe.leads.importing.undoing import AlreadyUndone, NoSuchImport, StillRunning
from coldframe.leads.models import (
    Account,
    AccountDue,
    Consent,
    Identity,
    ImportBatch,
    Lead,
    Opportunity,
    Suppression,
)
from tests.leads.importing import files
from tests.leads.importing.files import ANNA, HEADER, JONAS, TOM, counts, imported, lead, write
from tests.world import NOW

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=1)


def undone(result: files.Result) -> dict[str, object]:
    assert result.batch is not None
    return operations.undo_import(result.batch.pk, at=LATER).as_json()


def test_what_an_import_made_goes(tmp_path: Path) -> None:
    result = imported(write(tmp_path, HEADER, ANNA, JONAS), basis=ConsentBasis.CONSENT)

    said = undone(result)

    assert (said["leads_voided"], said["accounts_voided"], said["consents_removed"]) == (2, 2, 2)
    assert files.everybody() == []
    assert set(Account.objects.values_list("voided_at", flat=True)) == {LATER}
    assert not Consent.objects.exists()
    assert ImportBatch.objects.get().state == "UNDONE"


def test_what_an_import_changed_is_restored(tmp_path: Path) -> None:
    header = (*HEADER, "Seats", "Create Date")
    imported(write(tmp_path, header, (*ANNA, "12", "2026-01-05"), name="1.csv"), keep_rest=True)
    before = files.contents()
    changed = ("anna@brightpath.example", "Ania", "", "", "CMO", "15", "2026-02-05")

    said = undone(imported(write(tmp_path, header, changed), keep_rest=True))

    assert said["values_restored"] == 4 + 1
    anna = lead("anna@brightpath.example")
    assert (anna.first_name, anna.job_title, anna.role) == ("Anna", "Head of Marketing", before_role(before))
    assert anna.custom == {"seats": 12}
    assert anna.entered_at == datetime(2026, 1, 5, tzinfo=UTC)


def before_role(contents: dict[str, list[tuple[object, ...]]]) -> object:
    columns = [field.attname for field in Lead._meta.concrete_fields]
    return contents["Lead"][0][columns.index("role")]


def test_what_somebody_changed_since_stays_and_is_named(tmp_path: Path) -> None:
    imported(write(tmp_path, HEADER, ANNA, name="1.csv"))
    result = imported(
        write(tmp_path, HEADER, ("anna@brightpath.example", "Ania", "", "", "CMO"), name="2.csv")
    )
    anna = lead("anna@brightpath.example")
    Lead.objects.update(job_title="CEO")

    said = undone(result)

    anna.refresh_from_db()
    assert (anna.first_name, anna.job_title) == ("Anna", "CEO")
    assert said["values_kept"] == 1
    assert said["values_kept_first"] == [f"lead {anna.pk}: job_title"]


def test_opt_outs_stay_and_it_is_said(tmp_path: Path) -> None:
    result = imported(write(tmp_path, ("Email", "Unsubscribed"), ("anna@brightpath.example", "yes")))

    said = undone(result)

    assert said["opt_outs"] == "stay"
    assert Suppression.objects.filter(email="anna@brightpath.example").exists()
    imported(
        write(tmp_path, ("Email",), ("anna@brightpath.example",), name="2.csv"), basis=ConsentBasis.CONSENT
    )
    assert Suppression.objects.filter(lead=lead("anna@brightpath.example")).exists()


def test_the_opt_out_of_a_person_known_by_an_id_alone_survives_undo_and_import(tmp_path: Path) -> None:
    header = ("ID", "First Name", "Unsubscribed")
    undone(imported(write(tmp_path, header, ("7", "Zed", "yes"), name="1.csv"), source="crm"))

    result = imported(write(tmp_path, header, ("7", "Zed", "no")), source="crm")

    assert counts(result) == {"new": 1}
    assert result.outcome.counts["suppressed"] == 1
    assert Suppression.objects.filter(lead=Lead.objects.get(voided_at=None)).exists()


def test_twice_says_so(tmp_path: Path) -> None:
    result = imported(write(tmp_path, HEADER, ANNA))
    undone(result)

    with pytest.raises(AlreadyUndone, match="was undone already"):
        undone(result)


def test_an_import_that_is_not_there_is_refused() -> None:
    with pytest.raises(NoSuchImport, match=r"There is no import 99\."):
        operations.undo_import(99, at=NOW)


def test_a_running_import_is_not_undone(tmp_path: Path) -> None:
    result = imported(write(tmp_path, HEADER, ANNA))
    ImportBatch.objects.update(state="RUNNING", lease_until=LATER + timedelta(seconds=30))

    with pytest.raises(StillRunning, match="still running"):
        undone(result)


def test_an_import_left_half_way_is_undone(tmp_path: Path) -> None:
    result = imported(write(tmp_path, HEADER, ANNA))
    ImportBatch.objects.update(state="RUNNING", lease_until=LATER - timedelta(hours=1))

    assert undone(result)["leads_voided"] == 1


def test_the_same_file_comes_in_again_after_an_undo_and_goes_again(tmp_path: Path) -> None:
    path = write(tmp_path, ("Record ID", *HEADER), ("1", *ANNA), ("2", *JONAS))
    first = imported(path, source="crm", basis=ConsentBasis.CONSENT)
    people = files.everybody()
    undone(first)

    second = imported(path, source="crm", basis=ConsentBasis.CONSENT)

    assert counts(second) == {"new": 2}
    assert files.everybody() == people
    assert Identity.objects.count() == 2
    assert Consent.objects.count() == 2
    assert counts(imported(path, source="crm", basis=ConsentBasis.CONSENT)) == {"unchanged": 2}
    assert undone(second)["leads_voided"] == 2
    assert files.everybody() == []


def test_a_record_that_comes_back_has_nothing_of_its_former_life(tmp_path: Path) -> None:
    header = ("Record ID", *HEADER)
    undone(imported(write(tmp_path, header, ("1", *ANNA), name="1.csv"), source="crm"))

    imported(write(tmp_path, header, ("1", "anna@brightpath.example", "", "", "", "")), source="crm")

    anna = lead("anna@brightpath.example")
    assert (anna.first_name, anna.job_title, anna.department) == (None, None, None)


def test_an_account_to_which_others_belong_by_now_stays(tmp_path: Path) -> None:
    first = imported(write(tmp_path, HEADER, ANNA, name="1.csv"))
    imported(write(tmp_path, HEADER, ("ola@brightpath.example", "Ola", "Nowak", "", ""), name="2.csv"))

    said = undone(first)

    assert (said["accounts_voided"], said["accounts_kept"]) == (0, 1)
    assert files.everybody() == [("ola@brightpath.example", "Ola", "Brightpath")]


def test_leads_that_a_later_import_changed_go_too_and_are_counted(tmp_path: Path) -> None:
    first = imported(write(tmp_path, HEADER, ANNA, name="1.csv"))
    imported(write(tmp_path, HEADER, (*ANNA[:4], "CMO"), name="2.csv"))

    assert undone(first)["leads_changed_by_later_imports"] == 1


def test_ids_that_an_import_added_to_known_people_are_forgotten(tmp_path: Path) -> None:
    imported(write(tmp_path, HEADER, ANNA, name="1.csv"))
    result = imported(write(tmp_path, ("ID", "Email"), ("7", "anna@brightpath.example")), source="crm")
    assert counts(result) == {"updated": 1}

    undone(result)

    assert not Identity.objects.exists()
    assert files.everybody() == [("anna@brightpath.example", "Anna", "Brightpath")]


def test_an_address_that_somebody_else_has_by_now_is_not_given_back(tmp_path: Path) -> None:
    header = ("ID", "Email")
    imported(write(tmp_path, header, ("7", "anna@brightpath.example"), name="1.csv"), source="crm")
    moved = imported(write(tmp_path, header, ("7", "a.k@brightpath.example"), name="2.csv"), source="crm")
    imported(write(tmp_path, header, ("8", "anna@brightpath.example"), name="3.csv"), source="crm")

    said = undone(moved)

    assert said["values_kept"] >= 1
    assert {row[0] for row in files.everybody()} == {"a.k@brightpath.example", "anna@brightpath.example"}


def test_a_person_who_moved_is_back_and_so_are_the_events(tmp_path: Path) -> None:
    bob = ("bob@gmail.com", "Bob", "", "", "")
    imported(write(tmp_path, HEADER, bob, TOM, name="1.csv"))
    header = ("Email", "Event", "Timestamp")
    imported(write(tmp_path, header, ("bob@gmail.com", "page", "2026-05-01"), name="events.csv"), "events")
    own = lead("bob@gmail.com").account_id

    result = imported(write(tmp_path, HEADER, (*bob[:3], "Halden", ""), name="2.csv"))
    activity.follow_leads(queries.list_moved_leads(result.batch.pk))
    assert Event.objects.get().account == lead("tom@halden.example").account

    done = operations.undo_import(result.batch.pk, at=LATER)
    activity.follow_leads(done.moved_leads)

    assert lead("bob@gmail.com").account_id == own
    assert Event.objects.get().account_id == own


def test_deals_go_and_come_back(tmp_path: Path) -> None:
    header = ("opportunity_id", "account", "deal_stage")
    path = write(tmp_path, header, ("A1", "Brightpath", "Won"), ("A2", "", "Engaging"))
    first = imported(path, "opportunities")

    assert undone(first)["opportunities_voided"] == 2
    assert counts(imported(path, "opportunities")) == {"new": 2}
    assert Opportunity.objects.filter(voided_at=None).count() == 2


def test_events_of_an_undone_import_do_not_count_until_it_comes_again(tmp_path: Path) -> None:
    imported(write(tmp_path, HEADER, ANNA))
    header = ("Email", "Event", "Timestamp")
    path = write(tmp_path, header, ("anna@brightpath.example", "page", "2026-05-01"), name="events.csv")
    first = imported(path, "events")
    assert events.count_events() == 1

    undone(first)
    assert events.count_events() == 0

    assert counts(imported(path, "events")) == {"new": 1}
    assert events.count_events() == 1
    assert counts(imported(path, "events")) == {"unchanged": 1}


def test_whoever_an_import_made_or_changed_is_looked_at_again_when_it_is_undone(tmp_path: Path) -> None:
    imported(write(tmp_path, HEADER, ANNA, TOM, name="1.csv"))
    with_title = tuple("Chief Marketing Officer" if value == "Head of Marketing" else value for value in ANNA)
    result = imported(write(tmp_path, HEADER, with_title, JONAS, name="2.csv"))
    AccountDue.objects.all().delete()
    looked_at = {lead("anna@brightpath.example").account_id, lead("jonas@nordlicht.example").account_id}

    undone(result)

    assert dict(AccountDue.objects.values_list("account_id", "due_at")) == dict.fromkeys(looked_at, LATER)
