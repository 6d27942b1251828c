"""The brief: on one page what a salesperson must know before the call."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from coldframe.activity.operations import NewEvent, record_events
from coldframe.handoff import operations as handoffs
from coldframe.handoff.models import Handoff, Verdict
from coldframe.leads.models import Opportunity
from coldframe.library import operations as library
from coldframe.reports import brief
from coldframe.team.models import LogEntry
from coldframe.team.rights import Role
from tests import world
from tests.web import nurtured
from tests.web.desk.before_sales import EWA, HOUR, JAN, NOW, at_the_desk, put, team
from tests.web.standings import stand
from tests.web.test_nurture_pages import part
from tests.web.test_pages import text

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def pinned_clock(monkeypatch):
    monkeypatch.setenv("COLDFRAME_NOW", NOW.isoformat())


@pytest.fixture(autouse=True)
def playbook():
    return library.ensure_active_playbook(at=NOW)


def happened(lead, kind: str, *, days: float, properties: dict | None = None, **about: str) -> None:
    """Record what a lead did, with what it said."""
    event = NewEvent(
        source="site", lead_id=lead.pk, kind=kind, occurred_at=NOW - days * DAY, properties=properties or {}, **about
    )  # fmt: skip
    record_events([event], at=NOW)


def test_it_says_who_why_now_what_they_read_and_asked_and_what_nobody_knows():
    anna = world.anna(phone="+48 12 345 67", time_zone="Europe/Warsaw", known_problem=None)
    handoff = put(anna)
    happened(anna, "page", days=2, path="/pricing")
    happened(anna, "page", days=4, path="/pricing")
    happened(
        anna, "form_submitted", days=1, form="demo", properties={"message": "Does it work with our CRM?"}
    )
    nurtured.touch(anna, nurtured.enroll(anna), "SENT")

    page = at_the_desk().get(f"/desk/{handoff.public_id}")

    assert page.status_code == 200
    who = part(page, "who")
    assert "Job title Head of Marketing Decision role Champion" in who
    assert "anna@brightpath.example" in who
    assert "11:00, Europe/Warsaw" in who
    assert 'href="tel:+481234567"' in page.content.decode()
    assert "Pricing page twice, last on 30 May 2026" in part(page, "why")
    assert "Submitted the form demo 1 day ago “ Does it work with our CRM? ”" in part(page, "asked")
    read = part(page, "read")
    assert "Visited /pricing 2 times 2 days ago" in read
    assert "We sent “A guide to the ways of solving it” 1 day ago" in read
    assert "Known problem" in part(page, "missing")
    assert "Open with Begin with what they wrote: “ Does it work with our CRM? ”" in part(page, "opening")


def test_without_words_of_the_lead_it_opens_with_the_fact_that_tells_most():
    handoff = put(world.anna())

    opening = part(at_the_desk().get(f"/desk/{handoff.public_id}"), "opening")

    assert "Ask what would tell most, and nobody knows yet:" in opening
    assert "What made you look into this now?" in opening


def test_colleagues_stand_by_their_last_action_with_their_part_in_the_decision():
    company = world.brightpath()
    handoff = put(world.anna(company))
    ola = world.lead(company, first_name="Ola", last_name="Nowak", job_title="Analyst", role="USER")
    stand(ola, "NURTURE", last_meaningful_at=NOW - 2 * DAY)
    quiet = world.lead(company, first_name="Ewa", last_name="Byk")
    stand(quiet, "NURTURE", last_meaningful_at=NOW - 200 * DAY)

    said = part(at_the_desk().get(f"/desk/{handoff.public_id}"), "colleagues")

    assert (
        said == "Colleagues Ola Nowak User Analyst · Nurture active 2 days ago Ewa Byk Nurture 6 months ago"
    )


def test_deals_and_earlier_answers_are_told():
    anna = world.anna()
    first = put(anna, state="ANSWERED", opened_at=NOW - 90 * DAY, ended_at=NOW - 89 * DAY)
    Verdict.objects.create(
        handoff=first, answer="NOT_NOW", until=NOW - DAY, said_by="Ewa Lis", said_at=NOW - 89 * DAY
    )
    second = put(anna, episode=2, opened_at=NOW - HOUR)
    Opportunity.objects.create(
        account=anna.account, source="crm", external_id="1", name="Pilot", state="LOST", stage="Closed",
        amount_cents=1250000, currency="EUR", closed_at=NOW - 400 * DAY, created_at=NOW,
    )  # fmt: skip

    page = at_the_desk().get(f"/desk/{second.public_id}")

    assert "Not now until 31 May 2026 Ready · Ewa Lis" in part(page, "earlier")
    assert "Lost deal Pilot · Closed · 12,500 EUR · 27 Apr 2025" in part(page, "account")
    assert "2 times before sales" in text(page)
    assert "Not now" in text(at_the_desk().get(f"/desk/{first.public_id}"))


@pytest.mark.parametrize(
    ("reasons", "said"),
    [
        (
            ["No budget", " no budget "],
            "“Needs education” (No budget) was said twice: a third time lets the lead go.",
        ),
        (["", ""], "“Needs education” was said twice: a third time lets the lead go."),
        (["No budget", "No time"], ""),
        (["No budget"], ""),
    ],
)
def test_who_is_about_to_answer_is_told_which_answer_would_let_the_lead_go(reasons, said):
    anna = world.anna()
    for number, reason in enumerate(reversed(reasons)):
        before = NOW - (90 - 30 * number) * DAY
        earlier = put(anna, state="ANSWERED", episode=number + 1, opened_at=before, ended_at=before + DAY)
        Verdict.objects.create(
            handoff=earlier, answer="NEEDS_EDUCATION", reason=reason, said_by="Ewa Lis", said_at=before + DAY
        )
    now = put(anna, episode=len(reasons) + 1, opened_at=NOW - HOUR)

    page = part(at_the_desk().get(f"/desk/{now.public_id}"), "earlier")

    assert said in page
    assert ("third time" in page) == bool(said)


def test_what_a_machine_did_is_nothing_the_lead_read():
    anna = world.anna()
    put(anna)
    world.event(anna, kind="page", path="/pricing", days_ago=1, evidence="MACHINE")

    found = brief.find(Handoff.objects.get().public_id, as_of=NOW)

    assert found is not None
    assert found.read == ()


def test_the_number_of_queries_does_not_depend_on_how_much_is_known(django_assert_max_num_queries):
    company = world.brightpath(renewal_on=date(2027, 1, 1))
    anna = world.anna(company)
    handoff = put(anna)
    for number in range(15):
        stand(world.anna(company, email=f"a{number}@brightpath.example"), "NURTURE")
        happened(anna, "page", days=number + 1, path=f"/page-{number}")
        happened(anna, "replied", days=number + 1, properties={"text": "Hm."})
    rosa = at_the_desk()

    with django_assert_max_num_queries(60):
        page = rosa.get(f"/desk/{handoff.public_id}")

    assert "and 9 more" in text(page)
    assert "Contract renewal 1 Jan 2027" in text(page)


def test_a_brief_that_is_not_there_is_not_found_and_looking_is_written_down():
    handoff = put(world.anna())
    rosa = at_the_desk()

    assert rosa.get("/desk/00000000-0000-4000-8000-000000000000").status_code == 404
    assert rosa.get("/desk/00000000-0000-4000-8000-000000000000/calendar.ics").status_code == 404
    rosa.get(f"/desk/{handoff.public_id}")

    noted = LogEntry.objects.get(what="handoff.viewed")
    assert (noted.by, noted.subject, noted.details) == ("Rosa Ahlberg", str(handoff.public_id), {})


def test_the_date_can_be_taken_into_a_calendar():
    handoff = put(world.anna())

    file = at_the_desk().get(f"/desk/{handoff.public_id}/calendar.ics")

    assert file["Content-Type"].startswith("text/calendar")
    assert "DTSTART:20260601T091500Z" in file.content.decode()
    assert f"/desk/{handoff.public_id}" in file.content.decode().replace("\r\n ", "")


def test_whoever_leads_gives_a_lead_to_somebody_else():
    team()
    handoff = put(world.anna(), owner=EWA)
    lena, rosa = at_the_desk(Role.SALES_LEAD, rep=""), at_the_desk()

    assert JAN in part(lena.get(f"/desk/{handoff.public_id}"), "reassign")
    done = lena.post(f"/desk/{handoff.public_id}/reassign", {"to": JAN}, follow=True)

    assert "Jan Maj has it now." in text(done)
    assert (Handoff.objects.get().owner, Handoff.objects.get().owner_from) == (JAN, "person:Lena Fuchs")
    assert LogEntry.objects.get(what="handoff.reassigned").details == {"to": JAN}
    assert rosa.post(f"/desk/{handoff.public_id}/reassign", {"to": EWA}).status_code == 403
    assert lena.post(f"/desk/{handoff.public_id}/reassign", {"to": "Nobody"}).status_code == 400


def test_whoever_hands_a_lead_over_sees_who_is_away():
    team()
    handoff = put(world.anna(), owner="Ola")
    handoffs.agree(EWA, away_until=NOW + 3 * DAY)

    offered = part(at_the_desk(Role.SALES_LEAD, rep="").get(f"/desk/{handoff.public_id}"), "reassign")

    assert f"{JAN} {EWA} (away until 4 Jun 2026) Hand over" in offered
