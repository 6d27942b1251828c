"""Who takes leads and how many, decided by whoever leads sales; and how each is told, by themselves."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from coldframe.handoff import queries
from coldframe.handoff.models import Rep
from coldframe.library import operations as library
from coldframe.team.models import LogEntry, User
from coldframe.team.rights import Role
from tests.web.desk.before_sales import EWA, JAN, NOW, at_the_desk, team
from tests.web.test_pages import text

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def pinned_clock(monkeypatch):
    monkeypatch.setenv("COLDFRAME_NOW", NOW.isoformat())


@pytest.fixture(autouse=True)
def playbook():
    return library.ensure_active_playbook(at=NOW)


def test_who_takes_leads_is_said_by_one_name_a_line_in_the_order_of_turns():
    lena = at_the_desk(Role.SALES_LEAD, rep="")

    done = lena.post("/desk/capacity", {"what": "reps", "reps": f"{JAN}\r\n\r\n {EWA} \r\n"}, follow=True)

    assert [name for _team, name in queries.list_reps()] == [JAN, EWA]
    assert "Saved." in text(done)
    assert "0 of 10 a week" in text(done)
    assert LogEntry.objects.get(what="desk.reps_set").by == "Lena Fuchs"


def test_with_each_a_number_an_absence_and_countries_are_agreed():
    team()
    lena = at_the_desk(Role.SALES_LEAD, rep="")

    form = {"what": "rep", "name": EWA, "most": "4", "away_until": "2026-06-15", "countries": "de, AT"}
    done = lena.post("/desk/capacity", form, follow=True)

    ewa = Rep.objects.get(name=EWA)
    assert (ewa.most, ewa.away_until, ewa.countries) == (4, datetime(2026, 6, 15, tzinfo=UTC), ["AT", "DE"])
    assert "away until 15 Jun 2026" in text(done)
    assert 'value="2026-06-15"' in done.content.decode()
    lena.post("/desk/capacity", {"what": "rep", "name": EWA, "most": "", "away_until": "", "countries": ""})
    assert Rep.objects.filter(name=EWA, most=None, away_until=None, countries=[]).exists()


def test_an_absence_ends_on_the_day_that_was_said_however_often_it_is_saved_where_days_begin_before_utc():
    team()
    lena = at_the_desk(Role.SALES_LEAD, rep="")
    User.objects.filter(username="lena").update(zone="Europe/Berlin")
    form = {"what": "rep", "name": EWA, "most": "", "away_until": "2026-06-15", "countries": ""}

    done = lena.post("/desk/capacity", form, follow=True)

    assert Rep.objects.get(name=EWA).away_until == datetime(2026, 6, 14, 22, tzinfo=UTC)
    assert "away until 15 Jun 2026" in text(done)
    assert 'value="2026-06-15"' in done.content.decode()


def test_how_much_sales_takes_is_said_in_the_readers_language():
    team()
    lena = at_the_desk(Role.SALES_LEAD, rep="")

    for path in ("/desk/capacity", "/desk?tab=team"):
        page = lena.get(path, HTTP_ACCEPT_LANGUAGE="de").content.decode()
        assert "0 von 10 je Woche" in page
        assert "0 von 40 je Woche" in page
        assert "a week" not in page


@pytest.mark.parametrize(
    "form",
    [
        {"what": "rep", "name": EWA, "most": "many"},
        {"what": "rep", "name": EWA, "most": "9999999999999"},
        {"what": "rep", "name": EWA, "away_until": "soon"},
        {"what": "rep", "name": EWA, "countries": "Germany"},
        {"what": "rep", "name": "\0"},
        {"what": "rep", "name": ""},
        {"what": "reps", "reps": "x" * 400},
        {},
    ],
)
def test_what_cannot_be_meant_is_refused_and_changes_nothing(form):
    team()

    refused = at_the_desk(Role.SALES_LEAD, rep="").post("/desk/capacity", form)

    assert refused.status_code == 400
    assert not Rep.objects.exists()
    assert [name for _team, name in queries.list_reps()] == [EWA, JAN]


def test_a_rep_chooses_how_they_are_told():
    team()
    rosa = at_the_desk(rep=EWA)

    assert "Leads come to you as Ewa Lis" in text(rosa.get("/desk/notifications"))
    form = {"hand_raises_only": "on", "by_email": "on", "email": "ewa@coldframe.example"}
    done = rosa.post("/desk/notifications", form, follow=True)

    ewa = Rep.objects.get(name=EWA)
    assert (ewa.email, ewa.by_email, ewa.hand_raises_only, ewa.with_calendar) == (
        "ewa@coldframe.example",
        True,
        True,
        False,
    )
    assert 'value="ewa@coldframe.example"' in done.content.decode()
    assert rosa.post("/desk/notifications", {"email": "nobody"}).status_code == 400


def test_who_is_no_rep_is_told_what_to_do():
    rosa = at_the_desk(rep="")

    assert "You have no name as a rep" in text(rosa.get("/desk/notifications"))
    assert rosa.post("/desk/notifications", {"by_email": "on"}).status_code == 400
    assert "/settings/people" not in rosa.get("/desk/notifications").content.decode().split("<main")[1]


def test_an_admin_without_a_name_as_a_rep_is_led_to_where_it_is_given():
    ada = at_the_desk(Role.ADMIN)
    own = f"/settings/people/{User.objects.get(username='ada').pk}"

    assert f'href="{own}#rep"' in ada.get("/desk/notifications").content.decode()
    assert 'id="rep"' in ada.get(own, follow=True).content.decode()
    assert not Rep.objects.exists()


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_day_that_has_no_beginning_in_every_zone_is_refused_and_the_page_stays_open_to_all(day):
    team()
    lena = at_the_desk(Role.SALES_LEAD, rep="")
    form = {"what": "rep", "name": EWA, "most": "", "away_until": day, "countries": ""}

    answer = lena.post("/desk/capacity", form)

    assert answer.status_code == 400
    assert "That is no day." in text(answer)
    for zone in ("America/New_York", "Pacific/Kiritimati"):
        User.objects.filter(username="lena").update(zone=zone)
        assert lena.get("/desk/capacity").status_code == 200
