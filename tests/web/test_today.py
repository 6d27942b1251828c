"""Today: what changed, who needs a person, what is held and why, the floor at risk, and room at sales; each number leads to its rows."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client

from coldframe.handoff.models import Handoff, Verdict
from coldframe.leads.models import Lead
from coldframe.library import operations as library
from coldframe.nurture.models import Transition
from coldframe.team.rights import Role
from tests import people, world
from tests.web import nurtured
from tests.web.standings import stand
from tests.web.test_nurture_pages import part
from tests.web.test_pages import everybody, text

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
NOW = world.NOW


@pytest.fixture(autouse=True)
def pinned_clock(monkeypatch):
    monkeypatch.setenv("COLDFRAME_NOW", NOW.isoformat())


@pytest.fixture
def playbook():
    return library.ensure_active_playbook(at=NOW)


@pytest.fixture
def visitor() -> Client:
    return Client(HTTP_HOST="localhost")


def offer(lead: Lead, **values) -> Handoff:
    columns = {
        "episode": 1, "owner": "Ewa Lis", "trigger": "trigger:Ready", "opened_at": NOW - 3 * HOUR,
        "deadline_at": NOW + 20 * HOUR, "answer_by_at": NOW + HOUR,
    }  # fmt: skip
    return Handoff.objects.create(lead=lead, account=lead.account, **(columns | values))


def move(lead: Lead, to: str, *, hours: float, was: str = "NURTURE") -> None:
    Transition.objects.create(
        lead=lead,
        account=lead.account,
        from_status=was,
        to_status=to,
        reason="x",
        occurred_at=NOW - hours * HOUR,
    )


def test_it_says_in_one_sentence_where_the_leads_go(visitor, playbook):
    brightpath = world.brightpath()
    stand(world.anna(brightpath), "NURTURE")
    stand(world.lead(brightpath, first_name="Ola"), "NURTURE")
    stand(world.jonas(), "TO_SALES")
    stand(world.tom(), "LET_GO")
    stand(world.lead(world.porto_cloud()), "TO_SALES", status="SALES_ACCEPTED", reason="opportunity:open")

    page = text(visitor.get("/"))

    assert (
        "1 lead should go to sales now, 2 are in nurture, and 1 was let go; 1 is already with sales." in page
    )
    assert "To sales now 1 nobody new since yesterday Hand raise 1 Already with sales 1" in page
    assert "Let go 1 nobody new since yesterday Poor fit 1" in page


def test_each_number_leads_to_the_leads_behind_it(visitor, playbook):
    everybody(playbook)

    page = visitor.get("/").content.decode()

    for group in ("to-sales", "nurture", "let-go", "with-sales"):
        shown = re.search(
            rf'href="(/leads\?group={group})"><span class="subheader">[^<]+</span><span[^>]+>([\d,]+)<', page
        )
        assert shown is not None
        listed = text(visitor.get(shown[1]))
        assert ("No lead" if shown[2] == "0" else f"{shown[2]} lead") in listed


def test_each_number_says_how_many_came_since_yesterday_and_draws_the_last_days(visitor, playbook):
    anna, jonas = world.anna(), world.jonas()
    stand(anna, "NURTURE")
    stand(jonas, "NURTURE")
    move(anna, "NURTURE", hours=26, was="NEW")
    move(jonas, "NURTURE", hours=2, was="NEW")

    page = visitor.get("/")

    assert 'href="/leads?moved=NURTURE">+1 since yesterday</a>' in page.content.decode()
    assert "1 lead." in text(visitor.get("/leads?moved=NURTURE"))
    assert "Came in the last 14 days: 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1" in page.content.decode()
    assert "1 new lead" in part(page, "changed")


def test_it_says_what_changed_since_yesterday_and_nothing_older(visitor, playbook):
    anna, jonas, tom = world.anna(), world.jonas(), world.tom()
    for lead in (anna, jonas, tom):
        stand(lead, "NURTURE")
    accepted = offer(anna, state="ANSWERED", ended_at=NOW - HOUR)
    returned = offer(jonas, state="ANSWERED", ended_at=NOW - HOUR, opened_at=NOW - 60 * HOUR)
    Verdict.objects.create(handoff=accepted, answer="ACCEPTED", said_by="Ewa", said_at=NOW - HOUR)
    Verdict.objects.create(handoff=returned, answer="WRONG_PERSON", said_by="Ewa", said_at=NOW - HOUR)
    move(tom, "DISQUALIFIED", hours=3)
    stay = nurtured.enroll(tom)
    nurtured.touch(tom, stay, settled_at=NOW - HOUR)
    nurtured.touch(tom, stay, content_key="asset:compare", settled_at=NOW - 30 * HOUR)

    said = part(visitor.get("/"), "changed")

    assert said == (
        "Since yesterday 1 put before sales 1 accepted by sales 1 returned by sales 1 let go 1 touch sent"
    )


def at(monkeypatch, hours: float) -> None:
    monkeypatch.setenv("COLDFRAME_NOW", (NOW + hours * HOUR).isoformat())


def test_it_says_what_changed_since_somebody_looked_last(visitor, playbook, monkeypatch):
    anna, jonas, tom = world.anna(), world.jonas(), world.tom()
    for lead in (anna, jonas, tom):
        stand(lead, "NURTURE")
    at(monkeypatch, -60)
    visitor.get("/")
    move(tom, "DISQUALIFIED", hours=61)
    move(anna, "DISQUALIFIED", hours=50)
    at(monkeypatch, 0)
    move(jonas, "DISQUALIFIED", hours=3)

    page = visitor.get("/")

    assert part(page, "changed") == "Since your last visit 2 days ago 2 let go"
    shown = re.search(r'href="(/leads\?moved_since=[^"]+)"', page.content.decode())
    listed = visitor.get(shown[1])
    assert "2 leads." in text(listed)
    assert "Disqualified, since " in text(listed)


def test_who_looks_again_within_the_hour_has_not_been_away(visitor, playbook, monkeypatch):
    anna = world.anna()
    stand(anna, "NURTURE")
    at(monkeypatch, -50)
    visitor.get("/")
    move(anna, "DISQUALIFIED", hours=30)
    for hours in (-1.5, -0.75, 0.0, 0.5):
        at(monkeypatch, hours)
        assert "1 let go" in part(visitor.get("/"), "changed")

    at(monkeypatch, 2)
    assert "Nothing has changed." in part(visitor.get("/"), "changed")


def test_who_was_away_for_long_is_told_of_the_last_days(visitor, playbook, monkeypatch):
    anna, tom = world.anna(), world.tom()
    for lead, days in ((anna, 20), (tom, 9)):
        stand(lead, "NURTURE")
        move(lead, "DISQUALIFIED", hours=24 * days)
    at(monkeypatch, -24 * 40)
    visitor.get("/")
    at(monkeypatch, 0)

    assert part(visitor.get("/"), "changed") == "In the last 14 days 1 let go"


def test_everybody_has_a_last_visit_of_their_own(playbook, monkeypatch):
    stand(world.anna(), "NURTURE")
    browsers = {role: people.browser_of(role) for role in (Role.VIEWER, Role.MARKETER)}
    at(monkeypatch, -72)
    browsers[Role.VIEWER].get("/")
    at(monkeypatch, -30)
    browsers[Role.MARKETER].get("/")
    at(monkeypatch, 0)

    said = {role: part(browser.get("/"), "changed") for role, browser in browsers.items()}

    assert "Since your last visit 3 days ago" in said[Role.VIEWER]
    assert "Since your last visit 1 day ago" in said[Role.MARKETER]


def test_a_page_that_refreshes_itself_is_no_visit(visitor, playbook, monkeypatch):
    anna = world.anna()
    stand(anna, "NURTURE")
    at(monkeypatch, -50)
    visitor.get("/")
    move(anna, "DISQUALIFIED", hours=30)
    for hours in (-20, -10):
        at(monkeypatch, hours)
        visitor.get("/?mark=old", headers={"HX-Request": "true"})
    at(monkeypatch, 0)

    assert "1 let go" in part(visitor.get("/"), "changed")


def test_a_clock_that_was_ahead_once_makes_nobody_a_visitor_of_the_future(visitor, playbook, monkeypatch):
    stand(world.anna(), "NURTURE")
    at(monkeypatch, 24 * 300)
    visitor.get("/")
    at(monkeypatch, 0)

    assert part(visitor.get("/"), "changed").startswith("Since yesterday")


def test_a_quiet_day_says_so(visitor, playbook):
    stand(world.anna(), "NURTURE")

    page = visitor.get("/")

    assert "Nothing has changed." in part(page, "changed")
    assert "Nothing: no lead waits for an answer, and nothing is in doubt." in part(page, "waits")


def test_what_waits_for_a_person_stands_with_the_way_there(visitor, playbook):
    anna = world.anna()
    offer(anna, owner=None)
    offer(world.jonas(), answer_by_at=NOW - HOUR)
    nurtured.message(nurtured.touch(anna, nurtured.enroll(anna), "UNCERTAIN"), "UNCERTAIN")

    page = visitor.get("/")

    said = part(page, "waits")
    assert "2 leads wait for an answer of sales, 1 of them late 1 of them nobody’s yet" in said
    assert "1 message of which nobody knows whether it arrived" in said
    assert "2 leads not assessed yet: a worker does it, or ./coldframe assess" in said
    for address in ("/desk?tab=team", "/outbox?state=uncertain", "/leads?group=new"):
        assert f'href="{address}"' in page.content.decode()
        assert visitor.get(address).status_code == 200


def test_leads_not_assessed_yet_are_counted_before_there_is_a_playbook(visitor):
    stand(world.anna(), "NURTURE")
    world.jonas()

    page = visitor.get("/")

    assert page.status_code == 200
    assert "1 lead not assessed yet" in part(page, "waits")
    assert "1 lead." in text(visitor.get("/leads?group=new"))


def test_what_lies_before_sales_stands_in_the_order_of_the_desk_and_leads_to_its_brief(visitor, playbook):
    anna = world.anna()
    stand(anna, "TO_SALES")
    first, second = offer(anna), offer(world.jonas(), is_hand_raise=True)

    page = visitor.get("/")

    said = part(page, "needed")
    assert "Before sales now The desk" in said
    assert said.index("Jonas Weber") < said.index("Anna Kowalska")
    assert "Ready Comparison · Intent medium Ewa Lis 1 h 0 min left Review" in said
    assert "Why Jonas Weber is here" in text(page)
    for handoff in (first, second):
        assert f'href="/desk/{handoff.public_id}"' in page.content.decode()


def test_while_sales_has_none_who_should_go_there_is_named_and_why(visitor, playbook):
    everybody(playbook)
    Handoff.objects.all().delete()

    page = visitor.get("/")

    assert "Should go to sales now" in part(page, "needed")
    assert "Why Jonas Weber is here" in text(page)
    assert "When it leaves" in text(page)


def test_what_is_held_and_why_leads_to_the_leads(visitor, playbook):
    jonas, tom = world.jonas(), world.tom()
    for lead in (jonas, tom):
        stand(lead, "NURTURE")
        nurtured.enroll(lead)
        nurtured.hold(lead, "QUIET_HOURS")
        nurtured.hold(lead, "NO_CONSENT")

    page = visitor.get("/")

    assert part(page, "held") == "Held, and why 2 in nurture are not contacted now. No permission 2"
    assert 'href="/leads?hold=NO_CONSENT"' in page.content.decode()
    assert "2 leads." in text(visitor.get("/leads?hold=NO_CONSENT"))


def test_the_floor_at_risk_leads_to_the_leads(visitor, playbook):
    anna, jonas = world.anna(), world.jonas()
    for lead, days in ((anna, 40), (jonas, 3)):
        stand(lead, "NURTURE")
        nurtured.enroll(lead, path="learn the problem", entered_at=NOW - timedelta(days=days))
        nurtured.hold(lead, "NO_CONSENT")

    page = visitor.get("/")

    assert "1 lead will have waited longer than their path allows" in part(page, "floor")
    assert 'href="/leads?floor=any"' in page.content.decode()
    listed = visitor.get("/leads?floor=NO_CONSENT")
    assert "1 lead." in text(listed)
    assert "Waits beyond its floor" in text(listed)


def test_room_at_sales_and_who_waits_for_it_are_shown(visitor, playbook):
    offer(world.anna())
    for number in range(3):
        lead = world.lead(world.account(name=f"Company {number}"), first_name="Ola")
        stand(lead, "TO_SALES", status="RE_ENGAGED" if number else "NURTURE")

    page = visitor.get("/")

    assert "The team 1 of 40 a week 3 leads wait for room Ewa Lis 1 of 10 a week" in part(page, "load")
    assert "3 leads" in text(visitor.get("/leads?disposition=TO_SALES&status=NURTURE&status=RE_ENGAGED"))
