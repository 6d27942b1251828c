"""Two people whom systems name as one: a person is asked, on Today and on a page, and what they say holds."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from coldframe.activity.identity import contested
from coldframe.activity.models import Contested
from coldframe.leads import operations as leads
from coldframe.leads.models import Lead
from coldframe.library import operations as library
from coldframe.nurture import erasure
from coldframe.team.models import LogEntry
from coldframe.team.rights import Role
from tests import people, world
from tests.activity.identity.said import identify, say
from tests.web.standings import stand
from tests.web.test_nurture_pages import part
from tests.web.test_pages import text

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def pinned_clock(monkeypatch):
    monkeypatch.setenv("COLDFRAME_NOW", world.NOW.isoformat())
    library.ensure_active_playbook(at=world.NOW)


@pytest.fixture
def pair() -> tuple[Lead, Lead]:
    """Have calls name Anna and Tom, who are both known, as one person."""
    anna, tom = world.anna(), world.tom()
    for lead in (anna, tom):
        stand(lead, "NURTURE")
    say([identify(1, user_id="both", email=anna.email), identify(5, user_id="both", email=tom.email)])
    return anna, tom


@pytest.fixture
def marketer() -> Client:
    return people.browser_of(Role.MARKETER)


def settle(browser: Client, stays: Lead, other: Lead, are: str = "one"):
    given = {"stays": str(stays.public_id), "other": str(other.public_id), "are": are}
    return browser.post(reverse("web:leads-doubles-settle"), given)


def test_two_known_people_whom_calls_name_as_one_wait_for_a_person(marketer, pair):
    today = marketer.get("/", headers={"Referer": "http://localhost/leads"})

    assert "1 pair of leads that may be one person" in part(today, "waits")
    assert 'href="/leads/doubles"' in today.content.decode()
    page = text(marketer.get("/leads/doubles"))
    assert "Said by app" in page
    assert "One person: keep Anna Kowalska" in page
    assert "They are two people" in page


def test_where_nobody_is_in_question_nothing_is_asked(marketer):
    stand(world.anna(), "NURTURE")
    say([identify(1, user_id="u1", email="ola@newcomer.example")])

    assert "may be one person" not in part(marketer.get("/"), "waits")
    assert "Nobody is in question." in text(marketer.get("/leads/doubles"))


def test_one_person_is_merged_into_the_one_that_stays_and_it_is_noted(marketer, pair):
    anna, tom = pair

    answer = settle(marketer, anna, tom)

    assert answer["Location"] == "/leads/doubles"
    tom.refresh_from_db()
    assert tom.merged_into == anna
    assert contested.list_open() == []
    entry = LogEntry.objects.get(what="leads.merged")
    assert (entry.subject, entry.details) == (str(anna.public_id), {"other": str(tom.public_id)})


def test_two_people_stay_two_and_nobody_is_asked_again_until_something_else_is_said(marketer, pair):
    anna, tom = pair

    settle(marketer, anna, tom, are="two")

    assert contested.list_open() == contested.list_contested() == []
    say([identify(7, user_id="both", email=tom.email)])
    assert contested.list_open() == []
    assert Lead.objects.filter(voided_at=None).count() == 2
    say([identify(8, user_id="other", email=anna.email), identify(9, user_id="other", email=tom.email)])
    assert len(contested.list_open()) == 1


def test_a_merge_that_is_taken_back_is_in_question_again_with_what_is_said_next(marketer, pair):
    anna, tom = pair
    settle(marketer, anna, tom)

    leads.unmerge_lead(lead_id=tom.pk, by="Max", at=world.NOW)

    assert {(each.one, each.other) for each in contested.list_open()} <= {(anna, tom)}
    assert Lead.objects.filter(voided_at=None).count() == 2


def test_what_is_not_in_question_is_not_merged(marketer, pair):
    anna, _tom = pair
    jonas = world.jonas()

    assert settle(marketer, anna, jonas).status_code == 400
    assert settle(marketer, anna, anna).status_code == 400
    given = {"stays": "x", "other": str(anna.public_id), "are": "one"}
    assert marketer.post(reverse("web:leads-doubles-settle"), given).status_code == 400
    assert Lead.objects.filter(voided_at=None).count() == 3


def test_pressed_twice_it_is_said_once(marketer, pair):
    anna, tom = pair

    first, second = settle(marketer, anna, tom), settle(marketer, tom, anna)

    assert (first.status_code, second.status_code) == (302, 400)
    anna.refresh_from_db()
    assert anna.merged_into is None


def test_who_may_not_change_leads_looks_on(pair):
    viewer = people.browser_of(Role.VIEWER)

    page = text(viewer.get("/leads/doubles"))

    assert "Anna Kowalska" in page
    assert "They are two people" not in page
    assert settle(viewer, *pair).status_code == 403


@pytest.mark.parametrize("order", [(1, 5), (5, 1)])
def test_in_whatever_order_calls_come_the_earlier_saying_holds_and_the_later_is_in_question(order):
    anna, tom = world.anna(), world.tom()
    calls = {
        1: identify(1, user_id="both", email=anna.email),
        5: identify(5, user_id="both", email=tom.email),
    }

    for number in order:
        say([calls[number]])

    (found,) = contested.list_open()
    assert found.leads == (anna, tom)
    assert Contested.objects.get().identification.right.endswith(tom.email)


def test_whoever_is_erased_is_in_question_no_more(pair, tmp_path):
    erasure.erase_person(pair[1].pk, home=tmp_path, at=world.NOW)

    assert contested.list_open() == []
    assert not Contested.objects.exists()
