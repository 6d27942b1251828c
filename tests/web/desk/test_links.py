"""Answers behind the links of a notification: looking changes nothing, one press answers, a second one is told what stands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from coldframe.handoff import operations as handoffs
from coldframe.handoff import tokens
from coldframe.handoff.models import Handoff, Notification, Verdict
from coldframe.handoff.tokens import Purpose
from coldframe.kernel.vocabulary import Verdict as Answer
from coldframe.library import operations as library
from coldframe.library import starters
from coldframe.team.models import User
from coldframe.team.rights import Role
from tests import people, world
from tests.web.desk.before_sales import EWA, HOSTILE, HOUR, JAN, NOW, put, team
from tests.web.test_pages import text

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def pinned_clock(monkeypatch):
    monkeypatch.setenv("COLDFRAME_NOW", NOW.isoformat())


@pytest.fixture(autouse=True)
def somebody_signs_in_here():
    """There are people, so that whoever has not signed in is a stranger."""
    people.somebody(Role.ADMIN, password=None)
    library.ensure_active_playbook(at=NOW)


@pytest.fixture
def stranger() -> Client:
    return Client(HTTP_HOST="localhost", enforce_csrf_checks=True)


def link(
    handoff: Handoff,
    answer: Answer | None = None,
    *,
    purpose: Purpose = Purpose.ANSWER,
    days: float = 7,
) -> str:
    """Tell Ewa of a handoff, and return the path of a link in what she was sent."""
    told, _ = Notification.objects.get_or_create(
        handoff=handoff, what="OPENED", to=EWA, address="ewa@coldframe.example", defaults={"made_at": NOW}
    )
    token = tokens.make(
        purpose,
        handoff=handoff.public_id,
        notification_id=told.pk,
        expires_at=NOW + timedelta(days=days),
        answer=answer,
    )
    return f"/a/{token}"


@pytest.mark.parametrize("answer", [None, *Answer])
def test_looking_shows_what_will_be_said_and_changes_nothing(stranger, answer):
    handoff = put(world.anna())
    path = link(handoff, answer)

    for method in (stranger.get, stranger.head, stranger.options, stranger.get):
        assert method(path).status_code in (200, 204)
    page = stranger.get(path, headers={"purpose": "prefetch"})

    said = text(page)
    assert "Anna Kowalska Head of Marketing · Brightpath Ready" in said
    assert "Nothing has been said yet. It will be said by Ewa Lis" in said
    assert page["Cache-Control"] == "no-store"
    assert not Verdict.objects.exists()
    assert Handoff.objects.get().state == "OPEN"


@pytest.mark.parametrize(
    ("form", "stands"),
    [
        ({"answer": "ACCEPTED"}, "Anna Kowalska: Accepted."),
        ({"answer": "NOT_NOW", "until": "90"}, "Anna Kowalska: not now, until 30 Aug 2026."),
        ({"answer": "WRONG_PERSON"}, "Anna Kowalska: Wrong person."),
        ({"answer": "NEEDS_EDUCATION"}, "Anna Kowalska: Needs education."),
        ({"answer": "NOT_A_FIT", "reason": "competitor"}, "Anna Kowalska: Not a fit."),
    ],
)
def test_a_press_answers_without_a_login_and_without_a_cookie(stranger, form, stands):
    handoff = put(world.anna())

    done = stranger.post(link(handoff, Answer(form["answer"])), form)

    assert done.status_code == 200
    assert f"Recorded. {stands}" in text(done)
    said = Verdict.objects.get(handoff=handoff)
    assert (said.answer, said.said_by, said.said_at) == (form["answer"], EWA, NOW)


def test_the_same_press_again_changes_nothing_and_another_one_is_told_what_stands(stranger):
    path = link(put(world.anna()), Answer.ACCEPTED)
    stranger.post(path, {"answer": "ACCEPTED"})

    again = stranger.post(path, {"answer": "ACCEPTED"})
    other = stranger.post(path, {"answer": "WRONG_PERSON"})
    later = stranger.get(path)

    assert "Recorded. Anna Kowalska: Accepted." in text(again)
    assert "This is what stands: Anna Kowalska: Accepted." in text(other)
    assert "This is what stands: Anna Kowalska: Accepted." in text(later)
    assert "<form" not in later.content.decode()
    assert Verdict.objects.get().answer == "ACCEPTED"


def test_a_link_that_is_too_old_says_so_and_answers_nothing(stranger):
    path = link(put(world.anna()), Answer.ACCEPTED, days=-1)

    assert "too old to answer with. The lead still waits" in text(stranger.get(path))
    assert stranger.post(path, {"answer": "ACCEPTED"}).status_code == 400
    assert not Verdict.objects.exists()


def test_whoever_had_a_lead_before_it_was_handed_over_answers_it_no_more(stranger):
    team()
    handoff = put(world.anna())
    path = link(handoff, Answer.NOT_A_FIT)
    handoffs.reassign(public_id=handoff.public_id, to=JAN, by="Lena Fuchs", at=NOW)

    shown = stranger.get(path)
    pressed = stranger.post(path, {"answer": "NOT_A_FIT", "reason": "competitor"})

    assert "Jan Maj has this lead now, and answers for it." in text(shown)
    assert "<form" not in shown.content.decode()
    assert pressed.status_code == 400
    assert "Jan Maj has this lead now, and answers for it." in text(pressed)
    assert not Verdict.objects.exists()


def test_whoever_leads_sales_answers_what_was_handed_over_too(stranger):
    team()
    lena = people.somebody(Role.SALES_LEAD, password=None)
    User.objects.filter(pk=lena.pk).update(email="ewa@coldframe.example")
    handoff = put(world.anna())
    path = link(handoff, Answer.ACCEPTED)
    handoffs.reassign(public_id=handoff.public_id, to=JAN, by="Lena Fuchs", at=NOW)

    stranger.post(path, {"answer": "ACCEPTED"})

    assert Verdict.objects.get().answer == "ACCEPTED"


def test_a_press_that_lacks_something_is_told_what(stranger):
    path = link(put(world.anna()), Answer.NOT_A_FIT)

    refused = stranger.post(path, {"answer": "NOT_A_FIT"})

    assert refused.status_code == 400
    assert "needs a reason" in text(refused)
    assert stranger.post(path, {}).status_code == 400
    assert not Verdict.objects.exists()


def test_links_of_another_purpose_changed_ones_and_made_up_ones_open_nothing(stranger):
    handoff = put(world.anna())
    path = link(handoff, Answer.ACCEPTED)
    changed = path[:20] + ("a" if path[20] != "a" else "b") + path[21:]

    for other in (
        changed,
        link(handoff, purpose=Purpose.CALENDAR),
        "/a/",
        "/a/x",
        "/a/" + "x" * 5000,
        "/a/%00",
    ):
        assert stranger.get(other).status_code == 404
        assert stranger.post(other, {"answer": "ACCEPTED"}).status_code == 404
    assert not Verdict.objects.exists()


def test_what_mail_programs_do_to_a_link_does_no_harm(stranger):
    path = link(put(world.anna()), Answer.ACCEPTED)

    for damaged in (
        path.upper().replace("/A/", "/a/"),
        f"{path}?utm_source=mail",
        f"{path}%3E",
        f"/A/{path[3:]}",
    ):
        assert stranger.get(damaged).status_code == 200


def test_the_calendar_file_has_a_link_of_its_own(stranger):
    handoff = put(world.anna())
    token = link(handoff, purpose=Purpose.CALENDAR)

    file = stranger.get(f"{token}/calendar.ics")

    assert file["Content-Type"].startswith("text/calendar")
    assert "DTSTART:20260601T091500Z" in file.content.decode()
    assert stranger.get(f"{link(handoff, Answer.ACCEPTED)}/calendar.ics").status_code == 404
    assert stranger.get(f"{link(handoff, purpose=Purpose.CALENDAR, days=-1)}/calendar.ics").status_code == 404


def test_what_was_overtaken_says_so(stranger):
    handoff = put(world.anna(), state="CLOSED", ended_at=NOW - HOUR)

    page = stranger.get(link(handoff, Answer.ACCEPTED))

    assert "This is what stands: Overtaken by events" in text(page)
    assert "<form" not in page.content.decode()


def test_what_a_lead_calls_itself_stays_text(stranger):
    handoff = put(world.anna(first_name=HOSTILE, job_title=HOSTILE))

    assert "<sVg" not in stranger.get(link(handoff)).content.decode()


def test_a_date_named_by_nobody_is_of_the_day_of_the_server(stranger):
    stranger.post(link(put(world.anna()), Answer.NOT_NOW), {"answer": "NOT_NOW", "until": "30"})

    assert Verdict.objects.get().until == datetime(2026, 7, 1, tzinfo=UTC)


def in_zone(name: str, *, email: str = "ewa@coldframe.example") -> None:
    """Let Ewa sign in, and live by the clocks of a zone."""
    ewa = people.somebody(Role.SALES, password=None)
    User.objects.filter(pk=ewa.pk).update(zone=name, email=email, rep=EWA)


@pytest.mark.parametrize("email", ["ewa@coldframe.example", "ewa.lis@elsewhere.example"])
def test_a_day_begins_where_whoever_was_told_lives(stranger, email):
    in_zone("Europe/Berlin", email=email)

    done = stranger.post(link(put(world.anna()), Answer.NOT_NOW), {"answer": "NOT_NOW", "until": "90"})

    assert Verdict.objects.get().until == datetime(2026, 8, 29, 22, tzinfo=UTC)
    assert "not now, until 30 Aug 2026." in text(done)


def test_days_are_offered_from_the_day_it_is_where_whoever_was_told_lives(stranger, monkeypatch):
    in_zone("Europe/Berlin")
    monkeypatch.setenv("COLDFRAME_NOW", "2026-06-01T22:30:00Z")
    path = link(put(world.anna()), Answer.NOT_NOW)

    shown = text(stranger.get(path))
    stranger.post(path, {"answer": "NOT_NOW", "until": "30"})

    assert "In 30 days, 2 Jul 2026" in shown
    assert Verdict.objects.get().until == datetime(2026, 7, 1, 22, tzinfo=UTC)


def test_a_day_begins_by_the_clocks_of_the_house_where_whoever_was_told_has_stated_none(stranger):
    library.publish_playbook(text=starters.read("professional-services"), at=NOW)
    library.activate_playbook(number=2, at=NOW)

    stranger.post(link(put(world.anna()), Answer.NOT_NOW), {"answer": "NOT_NOW", "until": "2026-09-01"})

    assert Verdict.objects.get().until == datetime(2026, 8, 31, 22, tzinfo=UTC)


def test_one_visitors_zone_is_not_the_next_ones(stranger):
    in_zone("Europe/Berlin")

    stranger.get(link(put(world.anna()), Answer.NOT_NOW))

    assert timezone.get_current_timezone_name() == "UTC"
