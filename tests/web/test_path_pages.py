"""The paths: who is on each, who is where, what comes next, and how they leave."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

import pytest
from django.test import Client

from coldframe.leads.models import Lead
from coldframe.library import operations as library
from coldframe.library import starters
from coldframe.nurture import remembering
from tests import world
from tests.web import nurtured
from tests.web.standings import stand
from tests.web.test_asset_pages import listed, ways
from tests.web.test_pages import POLYGLOT, rows, text

pytestmark = pytest.mark.django_db
LEARN = "learn the problem"
PAGE, NEXT = f"/paths/on/{quote(LEARN)}", f"/paths/next/{quote(LEARN)}"


@pytest.fixture(autouse=True)
def pinned_clock(monkeypatch):
    monkeypatch.setenv("COLDFRAME_NOW", world.NOW.isoformat())
    published = library.publish_playbook(text=starters.read("default"), at=world.NOW)
    library.activate_playbook(number=published.number, at=world.NOW)


@pytest.fixture
def visitor() -> Client:
    return Client(HTTP_HOST="localhost")


def many(count: int, **values) -> list[Lead]:
    company = world.brightpath()
    leads = [world.lead(company, first_name=f"No{number}") for number in range(count)]
    for lead in leads:
        stand(lead, "NURTURE", **({"stage": "RESEARCH", "path": LEARN} | values))
    return leads


def left(lead: Lead, reason: str, *, stayed: int, ago: int = 5, path: str = LEARN) -> None:
    """Say that a lead left a path so many days ago, after so many days on it."""
    ended = world.NOW - timedelta(days=ago)
    nurtured.enroll(
        lead, path=path, state="ENDED", entered_at=ended - timedelta(days=stayed), ended_at=ended, exit_reason=reason
    )  # fmt: skip


def test_the_list_says_of_each_path_for_whom_it_is_and_toward_what(visitor):
    many(1)

    page = text(visitor.get("/paths"))

    assert "weigh the options Buyer stage is one of comparison, evaluation Comparison looks at implementation Evaluation asks 11 assets" in page  # fmt: skip
    assert (
        "every 14 to 28 days, nobody waits longer than 90 days; at most 3 in 8 weeks, then 1 a quarter"
        in page
    )
    assert "get to know Everybody who fits no other path no goal is named" in page


def test_the_list_counts_who_is_on_a_path_who_had_everything_and_who_left_why(visitor):
    leads = many(9)
    for lead in leads[:3]:
        nurtured.enroll(lead, path=LEARN)
    nurtured.enroll(leads[3], path=LEARN, state="EXHAUSTED")
    left(leads[4], "to_sales", stayed=10)
    left(leads[5], "to_sales", stayed=30)
    left(leads[6], "exit:sunset", stayed=40)
    left(leads[7], "exit:sunset", stayed=400, ago=120)
    left(leads[8], "path:wake up", stayed=7, path="stay relevant")

    page = text(visitor.get("/paths"))

    assert "4 leads are on 1 path; 1 of them has had everything there is." in page
    assert "4 1 had everything 3 2 Went to sales 1 Sunset 30 days" in page
    assert "0 1 1 Moved to the path wake up 7 days" in page


def test_a_path_that_the_playbook_lost_is_shown_while_somebody_is_on_it(visitor):
    lead, other = many(2)
    nurtured.enroll(lead, path="old one")
    left(other, "to_sales", stayed=3, path="long gone")

    page = text(visitor.get("/paths"))

    assert "old one The playbook does not have it any more" in page
    assert "long gone" not in page
    assert "The active playbook does not have this path." in text(visitor.get("/paths/on/old one"))
    assert visitor.get("/paths/next/old one").status_code == 200
    assert visitor.get("/paths/on/never heard of").status_code == 404


def test_a_path_says_who_stands_where(visitor):
    leads = many(4)
    leads[3].standing.stage = "COMPARISON"
    leads[3].standing.save()
    for lead, state in zip(leads, ("ACTIVE", "ACTIVE", "EXHAUSTED", "ACTIVE"), strict=True):
        nurtured.enroll(lead, path=LEARN, state=state)

    page = text(visitor.get(PAGE))

    assert "4 leads are on it; 1 has had everything." in page
    assert (
        "Problem awareness reads one explainer 0 0 0 Research compares two options 3 2 1 Comparison 1 1 0"
        in page
    )


def test_a_path_says_how_many_of_those_on_it_had_each_of_its_assets(visitor):
    on_it, gone = many(2)
    nurtured.touch(on_it, nurtured.enroll(on_it, path=LEARN))
    left(gone, "to_sales", stayed=3)
    nurtured.touch(gone, gone.enrollments.get())

    assert "A guide to the ways of solving it Research 1 " in text(visitor.get(PAGE))


def test_what_comes_next_is_told_by_day_and_what_is_held_by_reason(visitor):
    leads = many(6)
    for lead in leads:
        nurtured.enroll(lead, path=LEARN)
    nurtured.touch(
        leads[0], leads[0].enrollments.get(), "PLANNED", planned_for=world.NOW + timedelta(hours=1)
    )
    nurtured.hold(leads[1], "CADENCE", until=world.NOW + timedelta(days=2))
    nurtured.hold(leads[2], "CADENCE", until=world.NOW + timedelta(days=40))
    nurtured.hold(leads[3], "CADENCE", ago=timedelta(days=9), until=world.NOW)
    nurtured.hold(leads[3], "NO_CONSENT")
    nurtured.hold(leads[4], "NO_CONSENT")

    page = text(visitor.get(NEXT))

    assert "Today or before 1 Tue 2 Jun 0 Wed 3 Jun 1 " in page
    assert "Mon 15 Jun or later 1 On no day: a fact must end it 3" in page
    assert "Contacted recently 2" in page
    assert "No permission 2" in page


def test_when_content_is_used_up_follows_from_what_is_left_and_the_pace(visitor):
    leads = many(3)
    keys = (
        "why-it-happens",
        "self-check",
        "what-changes",
        "guide",
        "overview",
        "industry-report",
        "compare",
        "case-study",
    )
    for lead, count in zip(leads, (8, 7, 0), strict=True):
        stay = nurtured.enroll(lead, path=LEARN)
        for number, key in enumerate(keys[:count]):
            at = world.NOW - timedelta(days=10 * number + 10)
            nurtured.touch(lead, stay, content_key=f"asset:{key}", settled_at=at, planned_for=at)
        nurtured.hold(lead, "CADENCE", until=world.NOW + timedelta(days=3))

    page = text(visitor.get(NEXT))

    # One has nothing left, one a single content; the third has eight, at ten days and a half each.
    assert "in 30 days 2 in 90 days 3 in 180 days 3" in page
    assert "Of 3 leads, if they stay where they are" in page


def test_every_number_of_the_paths_leads_to_as_many_leads(visitor):
    leads = many(8)
    for lead in leads[:5]:
        nurtured.enroll(lead, path=LEARN)
    for lead, days in zip(leads[:3], (0, 2, 40), strict=True):
        nurtured.hold(lead, "CADENCE", until=world.NOW + timedelta(days=days))
    nurtured.hold(leads[3], "NO_CONSENT", content_key=None)
    leads[4].enrollments.update(state="EXHAUSTED")
    nurtured.hold(leads[4], "EXHAUSTED", content_key=None)
    nurtured.touch(leads[0], leads[0].enrollments.get())
    left(leads[5], "exit:sunset", stayed=3)
    left(leads[6], "path:stay relevant", stayed=3)
    leads[7].standing.stage = None
    leads[7].standing.save()
    nurtured.enroll(leads[7], path=LEARN)

    for path, least in (("/paths", 5), (PAGE, 8), (NEXT, 7)):
        found = ways(visitor, path)
        assert len(found) >= least, path
        for number, address in found:
            assert listed(visitor, address) == number, address


@pytest.mark.parametrize(("path", "queries"), [("/paths", 14), (PAGE, 22), (NEXT, 22)])
def test_looking_at_paths_changes_no_row_and_costs_few_queries(
    visitor, path, queries, django_assert_max_num_queries
):
    for lead in many(15):
        nurtured.enroll(lead, path=LEARN)
        nurtured.hold(lead, "CADENCE", until=world.NOW + timedelta(days=2))
    before = rows()
    remembering.forget()

    with django_assert_max_num_queries(queries):
        assert visitor.get(path).status_code == 200
    assert rows() == before


def test_htmx_gets_what_comes_next_without_the_page_around_it(visitor):
    nurtured.enroll(many(1)[0], path=LEARN)

    part = visitor.get(NEXT, headers={"HX-Request": "true"}).content.decode()

    assert "When they hear from you next" in part
    assert "<html" not in part


def test_an_empty_base_says_how_leads_come_in(visitor):
    assert "There is no lead here yet." in text(visitor.get("/paths"))


def test_a_base_without_anybody_on_a_path_says_so(visitor):
    many(1)

    assert "Nobody is on a path yet." in text(visitor.get("/paths"))
    assert "Nobody is on it." in text(visitor.get(PAGE))
    assert "There is nobody to tell it of." in text(visitor.get(NEXT))


def test_a_polyglot_in_names_stays_text(visitor):
    (lead,) = many(1)
    nurtured.enroll(lead, path=POLYGLOT[:80])
    left(lead, POLYGLOT[:110], stayed=1, path=LEARN)

    for path in ("/paths", PAGE, "/paths/on/" + quote(POLYGLOT[:80]), "/paths/next/" + quote(POLYGLOT[:80])):
        page = visitor.get(path)
        assert page.status_code == 200
        assert "<sVg" not in page.content.decode()
        assert "</scRipt" not in page.content.decode()
