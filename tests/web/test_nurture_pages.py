"""What a lead's page says of nurture: what comes next and why, or why nothing goes out; what was sent, and what sales said."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from django.test import Client

from coldframe.handoff.models import Handoff, Verdict
from coldframe.kernel.vocabulary import Channel, HoldReason, TouchState
from coldframe.library import operations as library
from coldframe.nurture import outlook, words
from coldframe.outbox import holding
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
def anna():
    lead = world.anna()
    stand(lead, "NURTURE")
    return lead


def part(response, heading: str) -> str:
    """Return what a person reads in the part of a page under a heading's id."""
    found = re.search(
        rf'<section[^>]*aria-labelledby="{heading}">(.*?)</section>', response.content.decode(), re.DOTALL
    )
    assert found is not None
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", found[1])).split())


def next_touch(visitor: Client, lead) -> str:
    return part(visitor.get(f"/leads/{lead.public_id}"), "next")


def test_every_reason_of_a_hold_has_a_name_and_a_sentence_and_every_state_and_channel_a_word():
    assert set(words.HOLDS) == set(words.SENTENCES) == set(HoldReason)
    assert set(words.TOUCHES) == set(TouchState)
    assert set(words.CHANNELS) == set(Channel)


@pytest.mark.parametrize("reason", HoldReason)
def test_a_held_lead_says_why_nothing_goes_out_and_what_would_be_next(visitor, anna, reason):
    nurtured.enroll(anna, lap=2)
    nurtured.hold(anna, reason, detail="the numbers since 2026-05-20", until=world.NOW + timedelta(days=3))

    said = next_touch(visitor, anna)

    assert words.HOLDS[reason] in said
    assert words.SENTENCES[reason] in said
    assert "The numbers since 20 May 2026." in said
    assert "Looked at again in 3 days" in said
    assert "Would be next “A guide to the ways of solving it” , by e-mail" in said
    assert "It answers “What options exist?”, the question of research" in said
    assert "Path educate lap 2" in said


def test_a_hold_that_no_date_ends_says_so(visitor, anna):
    nurtured.enroll(anna)
    nurtured.hold(anna, "NO_CONSENT")

    assert "When something changes: no date ends it" in next_touch(visitor, anna)


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("Europe/Lisbon", "Thu 4 Jun 2026, 10:00 in Europe/Lisbon"),
        (None, "Thu 4 Jun 2026, 11:00 in Europe/Warsaw (guessed from the lead’s country)"),
    ],
)
def test_a_time_is_told_by_the_leads_own_clock_and_a_guessed_zone_is_called_one(visitor, zone, said):
    lead = world.anna(time_zone=zone)
    stand(lead, "NURTURE")
    nurtured.enroll(lead)
    nurtured.hold(
        lead,
        "QUIET_HOURS",
        until=world.NOW + timedelta(days=3),
        detail="x; zone Europe/Warsaw (lead.country)",
    )

    page = next_touch(visitor, lead)

    assert said in page
    assert ("guess" in page) == (zone is None)


def test_a_touch_on_its_way_says_why_that_one_and_leads_to_its_message(visitor, anna):
    planned = nurtured.touch(anna, nurtured.enroll(anna), "PLANNED")
    waiting = nurtured.message(planned, "QUEUED")
    nurtured.hold(anna, "CADENCE", ago=timedelta(days=9))

    page = visitor.get(f"/leads/{anna.public_id}")

    said = part(page, "next")
    assert "On its way: “A guide to the ways of solving it” by e-mail." in said
    assert "Answers “What options exist?” in research, one stage ahead of theirs." in said
    assert f'href="/outbox/{waiting.pk}"' in page.content.decode()


@pytest.mark.parametrize(
    ("disposition", "status", "said"),
    [
        ("TO_SALES", "SALES_REVIEW", "sales has the lead now"),
        ("TO_SALES", "SALES_ACCEPTED", "sales is in touch with the lead"),
        ("LET_GO", "DISQUALIFIED", "the lead was let go"),
        ("NURTURE", "NURTURE", "the next cycle decides"),
    ],
)
def test_a_lead_that_is_on_no_path_says_whose_it_is(visitor, disposition, status, said):
    lead = world.jonas()
    stand(lead, disposition, status=status)
    nurtured.enroll(lead, state="ENDED", ended_at=world.NOW, exit_reason="to_sales")
    nurtured.hold(lead, "CADENCE")

    assert said in next_touch(visitor, lead)


def test_holds_of_one_reason_in_a_row_are_one_line_and_a_touch_parts_them(visitor, anna):
    stay = nurtured.enroll(anna)
    for days in (1, 2, 3):
        nurtured.hold(anna, "CADENCE", ago=timedelta(days=days))
    sent = nurtured.message(nurtured.touch(anna, stay, settled_at=world.NOW - timedelta(days=4)))
    nurtured.hold(anna, "CADENCE", ago=timedelta(days=5))

    page = visitor.get(f"/leads/{anna.public_id}").content.decode()

    said = text(visitor.get(f"/leads/{anna.public_id}"))
    assert said.count("Not contacted: Contacted recently") == 2
    assert "Not contacted: Contacted recently 3 times since 29 May 2026" in said
    assert re.search(rf'href="/outbox/{sent.pk}"><bdi>Sent “A guide', page)


def test_the_timeline_tells_what_was_put_before_sales_and_what_sales_said(visitor, anna):
    opened = Handoff.objects.create(
        lead=anna, account=anna.account, episode=1, owner="Ewa Lis", trigger="trigger:Ready", state="ANSWERED",
        opened_at=world.NOW - timedelta(days=3), deadline_at=world.NOW - timedelta(days=2),
    )  # fmt: skip
    Verdict.objects.create(
        handoff=opened, answer="NOT_NOW", reason="budget in autumn", until=world.NOW + timedelta(days=90),
        said_by="Ewa Lis", said_at=world.NOW - timedelta(days=1),
    )  # fmt: skip

    said = text(visitor.get(f"/leads/{anna.public_id}"))

    assert "Put before sales of Ewa Lis: Ready" in said
    assert "Sales said: not now until 30 Aug 2026 Budget in autumn, said Ewa Lis." in said


def test_a_lead_shows_its_stays_on_paths_and_how_they_ended(visitor, anna):
    nurtured.enroll(
        anna,
        state="ENDED",
        ended_at=world.NOW - timedelta(days=5),
        exit_reason="path:educate",
        path="wake up",
    )
    nurtured.enroll(anna, entered_at=world.NOW - timedelta(days=5))

    said = part(visitor.get(f"/leads/{anna.public_id}"), "stays")

    assert "educate Active Since 27 May 2026 , lap 1" in said
    assert "wake up Ended 12 May 2026 to 27 May 2026. Moved to the path educate , lap 1" in said


@pytest.mark.parametrize("path", ["/", "/outbox"])
def test_held_sending_is_said_at_the_top(visitor, anna, path):
    holding.hold(cause=holding.Cause.PERSON, reason="The list is being checked.", at=world.NOW, by="Mila")

    shown = visitor.get(path)

    assert "Sending is held. The list is being checked." in text(shown)
    assert '<a href="/settings/sending">Let it go on under Sending, once you have looked</a>' in (
        shown.content.decode()
    )


def test_the_list_narrows_by_the_reason_of_a_hold_and_by_the_stay(visitor, anna):
    jonas, tom = world.jonas(), world.tom()
    for lead in (jonas, tom):
        stand(lead, "NURTURE")
    nurtured.enroll(anna)
    nurtured.hold(anna, "NO_CONSENT")
    nurtured.hold(anna, "CADENCE")
    nurtured.enroll(jonas, state="EXHAUSTED")
    nurtured.hold(jonas, "EXHAUSTED")
    nurtured.enroll(tom, state="ENDED", ended_at=world.NOW)
    nurtured.hold(tom, "CADENCE")

    def listed(query: str) -> list[str]:
        return re.findall(
            r'class="cf-name" href="[^"]+"><bdi>(\w+)', visitor.get(f"/leads?{query}").content.decode()
        )

    assert listed("hold=CADENCE") == ["Anna"]
    assert listed("hold=NO_CONSENT") == []
    assert listed("hold=CADENCE&hold=EXHAUSTED&sort=name") == ["Anna", "Jonas"]
    assert listed("stay=EXHAUSTED") == ["Jonas"]
    assert listed("stay=ENDED") == ["Tom"]
    assert visitor.get("/leads?hold=BOREDOM").status_code == 400


def test_what_comes_next_is_the_same_for_one_lead_and_for_many_and_costs_as_many_queries(
    django_assert_num_queries,
):
    leads = [world.anna(), world.jonas(), world.tom()]
    for lead in leads:
        stand(lead, "NURTURE")
        nurtured.enroll(lead)
        nurtured.hold(lead, "CADENCE", until=world.NOW + timedelta(days=2))
    ids = [lead.pk for lead in leads]
    outlook.find(lead_id=ids[0])

    with django_assert_num_queries(6):
        one = outlook.find(lead_id=ids[0])
    with django_assert_num_queries(6):
        many = outlook.load(lead_ids=ids)

    assert many[ids[0]] == one
    assert [many[each].zone for each in ids] == ["Europe/Warsaw", "Europe/Berlin", "America/New_York"]
    assert {each.reason for each in many.values()} == {"CADENCE"}
