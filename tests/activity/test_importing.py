"""Files of events: whose they are, of what kind, and each of them once."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from coldframe.activity.models import Event
from coldframe.leads.models import Account, Suppression
from tests import world
from tests.leads.importing import files
from tests.leads.importing.files import counts, imported, rehearsed, write

pytestmark = pytest.mark.django_db

HEADER = ("Email", "Event", "Timestamp", "URL")
VISIT = (
    "anna@brightpath.example",
    "Page View",
    "2026-05-01 10:00:00",
    "https://www.coldframe.example/pricing?u=7",
)


def rows() -> list[tuple[object, ...]]:
    found = Event.objects.order_by("occurred_at", "id")
    return list(found.values_list("lead__email", "shape__kind", "shape__path", "occurred_at", "evidence"))


def test_events_come_in_once(tmp_path: Path) -> None:
    world.anna()
    path = write(
        tmp_path, HEADER, VISIT, ("ANNA@brightpath.example", "Email Clicked", "2026-05-02 10:00", "")
    )

    assert counts(imported(path, "events")) == {"new": 2}
    assert rows() == [
        ("anna@brightpath.example", "page", "/pricing", datetime(2026, 5, 1, 10, tzinfo=UTC), 2),
        ("anna@brightpath.example", "link_clicked", "", datetime(2026, 5, 2, 10, tzinfo=UTC), 1),
    ]
    assert Event.objects.first().account == Account.objects.get()
    before = files.contents()
    assert counts(imported(path, "events")) == {"unchanged": 2}
    assert files.contents() == before


def test_the_same_event_twice_in_a_file_is_one(tmp_path: Path) -> None:
    world.anna()

    assert counts(imported(write(tmp_path, HEADER, VISIT, VISIT), "events")) == {"new": 1, "merged": 1}


def test_events_with_ids_of_their_own_are_told_by_them(tmp_path: Path) -> None:
    world.anna()
    header = (*HEADER, "Event ID")
    path = write(tmp_path, header, (*VISIT, "1"), (*VISIT, "2"))

    assert counts(imported(path, "events")) == {"new": 2}


def test_a_rehearsal_of_events_writes_nothing(tmp_path: Path) -> None:
    world.anna()
    path = write(tmp_path, HEADER, VISIT, ("zed@nowhere.example", *VISIT[1:]))

    said = rehearsed(path, "events")

    assert counts(said) == {"new": 1, "refused": 1}
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (
            ("zed@nowhere.example", *VISIT[1:]),
            "zed@nowhere.example is not known here; import the leads first",
        ),
        (("", *VISIT[1:]), "names nobody: no address, id or name"),
        ((VISIT[0], "", *VISIT[2:]), "no kind: an event is of some kind, such as page or form_submitted"),
        ((VISIT[0], "page", "", ""), "no instant: an event happened at some time"),
    ],
)
def test_an_event_that_says_too_little_is_refused_with_the_reason(
    tmp_path: Path, row: tuple[str, ...], reason: str
) -> None:
    world.anna()

    result = imported(write(tmp_path, HEADER, VISIT, row), "events")

    assert files.refusals(result) == {3: reason}
    assert counts(result) == {"new": 1, "refused": 1}


def test_reasons_are_counted_without_the_names_in_them(tmp_path: Path) -> None:
    world.anna()
    rows = [(f"{name}@nowhere.example", *VISIT[1:]) for name in ("zed", "zoe")]

    result = imported(write(tmp_path, HEADER, *rows), "events")

    assert result.outcome.reasons == {"the person is not known here; import the leads first": 2}


def test_an_event_of_the_future_is_refused(tmp_path: Path) -> None:
    world.anna()

    result = imported(write(tmp_path, HEADER, (*VISIT[:2], "2031-01-01", "")), "events")

    assert list(files.refusals(result)) == [2]
    assert not Event.objects.exists()


def test_a_name_is_enough_where_one_person_has_it(tmp_path: Path) -> None:
    world.anna()
    header = ("Lead First Name", "Lead Last Name", "Event", "Timestamp")
    path = write(tmp_path, header, ("Anna", "Kowalska", "Attended webinar", "2026-05-01"))

    imported(path, "events")

    assert [row[:2] for row in rows()] == [("anna@brightpath.example", "webinar_attended")]


def test_a_name_that_several_people_have_is_refused_and_counted(tmp_path: Path) -> None:
    company = world.brightpath()
    world.anna(company)
    world.anna(company, email="anna.k@brightpath.example")
    header = ("Lead First Name", "Lead Last Name", "Event", "Timestamp")

    result = imported(write(tmp_path, header, ("Anna", "Kowalska", "webinar", "2026-05-01")), "events")

    assert files.refusals(result) == {
        2: "2 leads are called Anna Kowalska; a name alone does not tell whose event this is"
    }


@pytest.mark.parametrize(
    ("word", "reason"),
    [("Unsubscribed", "UNSUBSCRIBE"), ("Spam report", "COMPLAINT"), ("Hard bounced", "HARD_BOUNCE")],
)
def test_an_opt_out_among_the_events_suppresses(tmp_path: Path, word: str, reason: str) -> None:
    anna = world.anna()

    imported(write(tmp_path, HEADER, (VISIT[0], word, *VISIT[2:])), "events")

    assert set(Suppression.objects.values_list("lead", "email", "reason")) == {
        (anna.pk, None, reason),
        (None, "anna@brightpath.example", reason),
    }


def test_an_event_finds_its_lead_by_the_id_of_the_source(tmp_path: Path) -> None:
    imported(write(tmp_path, ("ID", "First Name"), ("7", "Zed"), name="leads.csv"), source="crm")
    header = ("Lead ID", "Event", "Timestamp")

    result = imported(write(tmp_path, header, ("7", "call", "2026-05-01")), "events", source="crm")

    assert counts(result) == {"new": 1}
    assert Event.objects.get().lead.first_name == "Zed"
