"""What pages say of clicks and opens: people, machines and those of whom nobody knows, apart."""

from __future__ import annotations

import pytest
from django.test import Client

from coldframe.activity.models import Event, Hit
from coldframe.leads.models import Lead
from coldframe.library import operations as library
from coldframe.nurture.models import Touch
from tests import world
from tests.web import nurtured
from tests.web.standings import stand
from tests.web.test_pages import text

pytestmark = pytest.mark.django_db

RULES = {"MACHINE": Hit.RuleCode.BURST, "UNSURE": Hit.RuleCode.ALONE, "HUMAN": Hit.RuleCode.FOLLOWED}


@pytest.fixture(autouse=True)
def pinned_clock(monkeypatch):
    monkeypatch.setenv("COLDFRAME_NOW", world.NOW.isoformat())


@pytest.fixture
def visitor() -> Client:
    library.ensure_active_playbook(at=world.NOW)
    return Client(HTTP_HOST="localhost")


@pytest.fixture
def anna() -> Lead:
    lead = world.anna()
    stand(lead, "NURTURE")
    return lead


def hit(touch: Touch, evidence: str, *, is_open: bool = False) -> Event:
    """Put a hit on a touch's mail on file, as it was judged."""
    kind = "email_opened" if is_open else "link_clicked"
    event = world.event(
        touch.lead, kind=kind, days_ago=0.5, evidence=evidence, topic="https://ours.example/guide"
    )
    Hit.objects.create(
        event=event, touch=touch.public_id, is_open=is_open, at=event.occurred_at, received_at=event.occurred_at,
        method="GET", agent="PLAIN", rule=Hit.RuleCode.PIXEL if is_open else RULES[evidence],
    )  # fmt: skip
    return event


def clicked(anna: Lead) -> Touch:
    """Anna got a mail: twelve clicks of a machine, three of whom nobody knows, one of hers, and two opens."""
    touch = nurtured.touch(anna, nurtured.enroll(anna))
    for evidence, times in (("MACHINE", 12), ("UNSURE", 3), ("HUMAN", 1)):
        for _ in range(times):
            hit(touch, evidence)
    for evidence in ("MACHINE", "UNSURE"):
        hit(touch, evidence, is_open=True)
    return touch


def test_the_timeline_shows_human_unsure_and_machine_clicks_apart_beside_the_mail(visitor, anna):
    clicked(anna)

    page = text(visitor.get(f"/leads/{anna.public_id}"))

    assert "clicks: 12 machine, 3 unsure, 1 human" in page
    assert "Opened 2 times, by people or machines: opens decide nothing." in page


def test_the_timeline_tells_by_itself_only_the_click_that_is_a_persons(visitor, anna):
    clicked(anna)
    world.event(anna, kind="link_clicked", days_ago=9, evidence="UNSURE", topic="https://ours.example/old")

    page = text(visitor.get(f"/leads/{anna.public_id}"))

    assert page.count("https://ours.example/guide") == 1
    assert page.count("https://ours.example/old") == 1


def test_a_mail_nobody_visited_says_nothing_of_it(visitor, anna):
    nurtured.touch(anna, nurtured.enroll(anna))

    page = text(visitor.get(f"/leads/{anna.public_id}"))

    assert " machine" not in page.replace("people or machines", "")
    assert "by people or machines" not in page


def test_the_page_of_a_message_counts_what_was_seen_of_it(visitor, anna):
    touch = clicked(anna)
    message = nurtured.message(touch)

    page = text(visitor.get(f"/outbox/{message.pk}"))

    assert "Clicks 12 machine, 3 unsure, 1 human" in page
    assert "Opens Opened 2 times" in page


def test_hits_do_not_crowd_what_a_lead_did_out_of_its_timeline(visitor, anna, django_assert_max_num_queries):
    touch = nurtured.touch(anna, nurtured.enroll(anna))
    for _ in range(250):
        hit(touch, "MACHINE")
    world.event(anna, kind="page", days_ago=3, path="/pricing")

    with django_assert_max_num_queries(80):
        page = text(visitor.get(f"/leads/{anna.public_id}"))

    assert "/pricing" in page
    assert "clicks: 250 machine" in page
