"""What the outbox does not hold yet, and several messages settled by one word."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client

from coldframe.library import operations as library
from coldframe.outbox.models import OutboxMessage
from coldframe.team.models import LogEntry
from tests import world
from tests.web import nurtured
from tests.web.standings import stand
from tests.web.test_pages import text

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def pinned_clock(monkeypatch):
    monkeypatch.setenv("COLDFRAME_NOW", world.NOW.isoformat())


@pytest.fixture(autouse=True)
def playbook():
    return library.ensure_active_playbook(at=world.NOW)


@pytest.fixture
def visitor() -> Client:
    return Client(HTTP_HOST="localhost")


@pytest.fixture
def stays():
    people = [world.anna(), world.jonas(), world.tom()]
    for person in people:
        stand(person, "NURTURE")
    return [nurtured.enroll(person) for person in people]


def in_doubt(stays) -> list[OutboxMessage]:
    return [
        nurtured.message(nurtured.touch(stay.lead, stay, "UNCERTAIN", content_key="asset:guide"), "UNCERTAIN")
        for stay in stays
    ]


def test_the_outbox_says_what_is_planned_for_which_day_and_what_holds_the_others(visitor, stays):
    anna, jonas, _ = stays
    nurtured.touch(anna.lead, anna, "PLANNED", content_key="asset:guide")
    nurtured.hold(jonas.lead, "NO_CONSENT")

    answer = visitor.get("/outbox")
    said = text(answer)

    assert "3 leads are on a path: 1 with a touch on its way, 1 held, each for a reason." in said
    page = answer.content.decode()
    held = re.search(r'href="(/leads\?hold=NO_CONSENT)">No permission</a><span>1<', page)
    assert held is not None
    assert "Jonas Weber" in text(visitor.get(held[1]))


def test_each_day_leads_to_the_leads_whose_next_touch_falls_on_it(visitor, stays):
    _, jonas, _ = stays
    until = world.NOW + timedelta(days=3)
    nurtured.hold(jonas.lead, "CADENCE", until=until)

    page = visitor.get("/outbox").content.decode()
    day = re.search(rf'href="(/leads\?next={until:%Y-%m-%d})"', page)

    assert day is not None
    assert "Jonas Weber" in text(visitor.get(day[1]))


def test_a_page_that_narrows_the_list_leaves_out_what_is_to_come(visitor, stays):
    assert "Held, and why" in text(visitor.get("/outbox"))
    assert "Held, and why" not in text(visitor.get("/outbox?state=sent"))


def test_several_messages_in_doubt_are_settled_after_one_is_asked_again(visitor, stays):
    first, second, third = in_doubt(stays)
    assert (
        visitor.get("/outbox?state=uncertain").content.decode().count('type="checkbox" name="message"') == 3
    )
    form = {"arrived": "yes", "message": [first.pk, second.pk, first.pk]}

    asked = visitor.post("/outbox/settle", form)
    assert "Did these 2 messages arrive?" in text(asked)
    assert OutboxMessage.objects.filter(state="UNCERTAIN").count() == 3
    done = visitor.post("/outbox/settle", {**form, "sure": "yes"}, follow=True)

    assert "2 messages are settled." in text(done)
    assert list(OutboxMessage.objects.filter(state="UNCERTAIN").values_list("pk", flat=True)) == [third.pk]
    assert LogEntry.objects.filter(what="message.settled").count() == 2


def test_what_somebody_else_settled_meanwhile_stays_as_it_is(visitor, stays):
    first, *_ = in_doubt(stays)
    form = {"arrived": "yes", "sure": "yes", "message": [first.pk]}
    visitor.post("/outbox/settle", form)

    again = visitor.post("/outbox/settle", {**form, "arrived": "no"}, follow=True)

    assert "0 messages are settled." in text(again)
    first.refresh_from_db()
    assert first.state == "SENT"


@pytest.mark.parametrize("form", [{}, {"arrived": "yes"}, {"arrived": "maybe", "message": ["1"]}, {"arrived": "no", "message": ["x", "9" * 40]}])  # fmt: skip
def test_a_form_that_chooses_nothing_is_refused(visitor, form):
    assert visitor.post("/outbox/settle", form).status_code == 400


def test_the_number_of_queries_does_not_grow_with_the_messages(visitor, stays, django_assert_max_num_queries):
    in_doubt(stays)

    with django_assert_max_num_queries(20):
        visitor.get("/outbox")
