"""One content: who had it, what they did, what came after it, who gets it next."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from coldframe.activity.models import Feedback, Hit
from coldframe.handoff.models import Handoff
from coldframe.leads.models import Lead
from coldframe.library import operations as library
from coldframe.library import starters
from coldframe.nurture import remembering
from coldframe.nurture.models import Assessment, Cycle
from tests import world
from tests.web import nurtured
from tests.web.standings import cycle, stand
from tests.web.test_pages import text

pytestmark = pytest.mark.django_db
GUIDE = "/content/asset:guide"


@pytest.fixture(autouse=True)
def pinned_clock(monkeypatch):
    monkeypatch.setenv("COLDFRAME_NOW", world.NOW.isoformat())
    published = library.publish_playbook(text=starters.read("default"), at=world.NOW)
    library.activate_playbook(number=published.number, at=world.NOW)


@pytest.fixture
def visitor() -> Client:
    return Client(HTTP_HOST="localhost")


def sent(lead: Lead, *, days: int = 1, **values):
    """Say that a lead was sent the guide so many days ago."""
    stay = nurtured.enroll(lead, path="learn the problem")
    at = world.NOW - timedelta(days=days)
    return nurtured.touch(lead, stay, settled_at=at, planned_for=at, **values)


def many(count: int) -> list[Lead]:
    company = world.brightpath()
    leads = [world.lead(company, first_name=f"No{number}") for number in range(count)]
    for lead in leads:
        stand(lead, "NURTURE", stage="RESEARCH")
    return leads


def stood(lead: Lead, stage: str | None, *, days: int) -> None:
    """Say where a lead stood from so many days ago on."""
    at = world.NOW - timedelta(days=days)
    then, _ = Cycle.objects.get_or_create(
        as_of=at, defaults={"playbook_version": cycle().playbook_version, "kernel_version": "1", "started_at": at}
    )  # fmt: skip
    bits = dict.fromkeys(
        ("fit_held", "fit_unknown", "triggers_held", "exits_held", "disqualify_held", "missing"), 0
    )
    now = lead.standing
    copied = {
        field.name: getattr(now, field.name)
        for field in Assessment._meta.fields
        if field.name not in {"id", "cycle", "lead", "account", *bits}
    }
    Assessment.objects.create(
        lead=lead, account=lead.account, cycle=then, **(copied | bits | {"stage": stage})
    )


def clicked(touch, evidence: str) -> None:
    """Note a click on a link of a touch's mail."""
    event = world.event(touch.lead, kind="link_clicked", evidence=evidence, path="/guide")
    Hit.objects.create(
        event=event, touch=touch.public_id, is_open=False, at=event.occurred_at, received_at=event.received_at,
        method="GET", agent="BROWSER", link=1, link_count=2,
    )  # fmt: skip


def ways(visitor: Client, path: str) -> list[tuple[int, str]]:
    """Return every number of a page that leads to leads, with its address."""
    page = visitor.get(path).content.decode()
    found = re.findall(r'href="(/leads\?[^"]+)">([\d,]+)(?: [^<]*)?<', page)
    return [(int(number.replace(",", "")), html.unescape(address)) for address, number in found]


def listed(visitor: Client, address: str) -> int:
    """Return how many leads a list says it has."""
    found = re.search(r"(?:([\d,]+)|No) leads?(?: [a-z ]+)?\.", text(visitor.get(address)))
    assert found is not None, address
    return int(found[1] or 0)


def test_a_content_nobody_had_says_so_and_claims_nothing(visitor):
    many(1)

    page = text(visitor.get(GUIDE))

    assert "Nobody has been sent it yet." in page
    assert "Nobody has had it for 30 days yet." in page
    assert "%" not in page.split("What came within")[1].split("Who gets it next")[0]


def test_who_had_it_and_what_they_did_is_told_apart(visitor):
    leads = many(5)
    touches = [sent(lead) for lead in leads[:3]]
    for evidence in ("HUMAN", "HUMAN", "UNSURE", "MACHINE", "MACHINE", "MACHINE"):
        clicked(touches[0], evidence)
    Feedback.objects.create(touch=touches[1].public_id, lead=leads[1], kind="REPLIED", occurred_at=world.NOW, source="mail", heard_at=world.NOW)  # fmt: skip
    Feedback.objects.create(touch=touches[2].public_id, lead=leads[2], kind="UNSUBSCRIBED", occurred_at=world.NOW, source="mail", heard_at=world.NOW)  # fmt: skip
    world.event(leads[3], kind="page", path="/guide", days_ago=3)
    world.event(leads[4], kind="page", path="/guide", evidence="MACHINE")
    world.event(leads[0], kind="page", path="/guide")

    page = text(visitor.get(GUIDE))

    assert "3 leads have been sent it; 1 clicked, 1 replied." in page
    assert "Sent 3 3 by e-mail" in page
    assert "Found by themselves 1 people alone" in page
    assert "Replied 1" in page
    assert "Unsubscribed 1" in page
    assert "People 1 2 clicks Not known who 1 decides nothing Machines 3 counts for nothing" in page


def test_what_came_after_it_is_a_share_of_those_whose_days_are_over(visitor):
    leads = many(6)
    for lead in leads[:4]:
        sent(lead, days=40)
    for lead in leads[4:]:
        sent(lead, days=10)
    for lead in leads:
        stood(lead, "RESEARCH", days=60)
    stood(leads[0], "EVALUATION", days=35)  # within the days after
    stood(leads[1], "EVALUATION", days=5)  # too late
    stood(leads[2], "PROBLEM_AWARENESS", days=35)  # back
    stood(leads[4], "EVALUATION", days=8)  # not over yet
    at = world.NOW - timedelta(days=30)
    Handoff.objects.create(lead=leads[3], account=leads[3].account, episode=1, trigger="Ready", opened_at=at, deadline_at=at)  # fmt: skip

    page = text(visitor.get(GUIDE))

    assert "A stage further 25 % 1 of 4, so between 5 % to 70 %" in page
    assert "Put before sales 25 % 1 of 4" in page
    assert "2 leads got it less than 30 days ago and are not counted yet." in page
    assert "not what it caused" in page


def test_gone_quiet_is_no_step_forward_and_coming_back_is_one(visitor):
    gone, back = many(2)
    for lead in (gone, back):
        sent(lead, days=40)
    stood(gone, "RESEARCH", days=60)
    stood(gone, "RE_ENGAGEMENT", days=35)
    stood(back, "RE_ENGAGEMENT", days=60)
    stood(back, "RESEARCH", days=35)

    page = text(visitor.get(GUIDE))

    assert "A stage further 50 % 1 of 2" in page


def test_who_gets_it_next_comes_in_order_with_what_is_between(visitor):
    first, second, third, other = many(4)
    nurtured.touch(first, nurtured.enroll(first), "PLANNED", planned_for=world.NOW + timedelta(hours=2))
    for lead in (second, third, other):
        nurtured.enroll(lead)
    nurtured.hold(third, "NO_CONSENT")
    nurtured.hold(second, "CADENCE", until=world.NOW + timedelta(days=3))
    nurtured.hold(other, "CADENCE", content_key="asset:overview")

    page = text(visitor.get(GUIDE)).split("Who gets it next")[1]

    assert page.startswith(" 1 lead now, 2 leads once what holds it back is over")
    assert page.index("No0") < page.index("Contacted recently in 3 days") < page.index("once a fact ends it")
    assert "No3" not in page


def test_every_number_of_a_content_leads_to_as_many_leads(visitor):
    leads = many(8)
    touches = [sent(lead, days=40) for lead in leads[:4]]
    sent(leads[4], days=2, state="FAILED")
    clicked(touches[0], "HUMAN")
    Feedback.objects.create(touch=touches[1].public_id, lead=leads[1], kind="REPLIED", occurred_at=world.NOW, source="mail", heard_at=world.NOW)  # fmt: skip
    Feedback.objects.create(touch=touches[1].public_id, lead=leads[1], kind="COMPLAINED", occurred_at=world.NOW, source="mail", heard_at=world.NOW)  # fmt: skip
    for lead in leads[:2]:
        stood(lead, "RESEARCH", days=60)
        stood(lead, "COMPARISON", days=30)
    world.event(leads[5], kind="page", path="/guide")
    nurtured.touch(leads[6], nurtured.enroll(leads[6]), "PLANNED")
    nurtured.enroll(leads[7])
    nurtured.hold(leads[7], "CADENCE")

    found = ways(visitor, GUIDE)

    assert sorted(number for number, _ in found) == [1, 1, 1, 1, 1, 1, 1, 2, 4, 5]
    for number, address in found:
        assert listed(visitor, address) == number, address


def test_a_page_costs_as_many_queries_for_many_leads_as_for_few(visitor, django_assert_num_queries):
    leads = many(20)
    for lead in leads[:2]:
        sent(lead, days=40)
    with CaptureQueriesContext(
        connection,
    ) as few:
        visitor.get(GUIDE)
    for lead in leads[2:]:
        sent(lead, days=40)
    remembering.forget()

    with django_assert_num_queries(len(few)):
        visitor.get(GUIDE)


@pytest.mark.parametrize("path", ["/content/asset:nothing", "/content/x", "/content/question:lead.shoe_size"])
def test_a_content_that_there_is_none_of_is_refused_in_words(visitor, path):
    assert visitor.get(path).status_code == 400


def test_a_filter_over_days_that_are_none_is_refused_in_words(visitor):
    many(1)

    for value in ("soon", "2026-02-30", "..", "2026-06-01..never", "9" * 400):
        assert visitor.get("/leads", {"next": value}).status_code in (200, 400)
    assert visitor.get("/leads", {"next": "soon"}).status_code == 400
    assert visitor.get("/leads", {"runs_out": "learn the problem|soon"}).status_code == 400
