"""Pages that are open renew the part that changed, and ask for nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from django.test import Client

from coldframe.activity.operations import NewEvent, record_events
from coldframe.kernel.vocabulary import SuppressionReason
from coldframe.leads import operations as leads
from coldframe.leads.models import Lead
from coldframe.library import operations as library
from coldframe.nurture import marks, remembering
from coldframe.nurture import operations as nurture
from tests import world

pytestmark = pytest.mark.django_db

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture(autouse=True)
def pinned_clock(monkeypatch):
    monkeypatch.setenv("COLDFRAME_NOW", world.NOW.isoformat())


@pytest.fixture
def visitor() -> Client:
    return Client(HTTP_HOST="localhost")


@pytest.fixture
def anna() -> Lead:
    library.ensure_active_playbook(at=world.NOW)
    anna = world.anna(world.brightpath())
    nurture.assess_all(as_of=world.NOW)
    return anna


def visit(lead: Lead) -> None:
    at = world.NOW - timedelta(minutes=1)
    record_events(
        [NewEvent(source="site", lead_id=lead.pk, kind="page", path="/pricing", occurred_at=at)], at=at
    )


def mark_of(lead: Lead) -> str:
    found = marks.of_lead(lead.public_id)
    assert found is not None
    return found


def test_a_page_that_shows_what_there_is_gets_nothing(visitor, anna):
    page = f"/leads/{anna.public_id}?mark={mark_of(anna)}"

    assert visitor.get(page, **HTMX).status_code == 204
    assert visitor.get(f"/?mark={marks.of_everything()}", **HTMX).status_code == 204


def test_a_visit_renews_the_page_of_the_lead_and_nothing_around_it(visitor, anna):
    before = mark_of(anna)
    visit(anna)

    answer = visitor.get(f"/leads/{anna.public_id}?mark={before}", **HTMX)

    text = answer.content.decode()
    assert answer.status_code == 200
    assert "/pricing" in text
    assert mark_of(anna) in text
    assert "<html" not in text


def test_what_a_colleague_does_renews_the_page_too(visitor, anna):
    before = mark_of(anna)
    visit(world.lead(anna.account, first_name="Ola"))

    assert visitor.get(f"/leads/{anna.public_id}?mark={before}", **HTMX).status_code == 200


def test_an_opt_out_renews_both_pages(visitor, anna):
    before, everything = mark_of(anna), marks.of_everything()
    leads.suppress(reason=SuppressionReason.UNSUBSCRIBE, source="page", at=world.NOW, lead_ids=[anna.pk])

    assert (
        "Not to be mailed" in visitor.get(f"/leads/{anna.public_id}?mark={before}", **HTMX).content.decode()
    )
    assert visitor.get(f"/?mark={everything}", **HTMX).status_code == 200


def test_looking_for_news_costs_three_queries_at_most(visitor, anna, django_assert_max_num_queries):
    page = f"/leads/{anna.public_id}?mark={mark_of(anna)}"

    with django_assert_max_num_queries(3):
        visitor.get(page, **HTMX)


def test_a_lead_that_is_not_there_is_said_to_be_so(visitor, anna):
    assert visitor.get(f"/leads/{UUID(int=1)}?mark=x", **HTMX).status_code == 404


def test_the_whole_page_carries_its_mark(visitor, anna):
    assert f"mark={mark_of(anna)}" in visitor.get(f"/leads/{anna.public_id}").content.decode()
    assert f"mark={marks.of_everything()}" in visitor.get("/").content.decode()


def is_being_made(*given, **asked):
    raise remembering.BeingMade


def test_a_page_whose_numbers_are_being_counted_says_so_and_comes_again(visitor, anna, monkeypatch):
    monkeypatch.setattr(remembering, "remember", is_being_made)

    answer = visitor.get("/")

    assert answer.status_code == 202
    assert answer["Refresh"] == "1"
    assert "This is being counted" in answer.content.decode()


def test_a_page_that_is_open_stays_as_it_is_while_its_numbers_are_being_counted(visitor, anna, monkeypatch):
    monkeypatch.setattr(remembering, "remember", is_being_made)

    assert visitor.get("/?mark=x", **HTMX).status_code == 204


@pytest.mark.django_db(transaction=True)
def test_a_page_with_numbers_of_an_earlier_base_is_renewed_though_nothing_has_happened_since(
    visitor, anna, monkeypatch
):
    visitor.get("/")
    for name, known in list(remembering.remembered.items()):
        costly = replace(known, cost=1e6, stamp=(known.stamp[0], "earlier"))
        monkeypatch.setitem(remembering.remembered, name, costly)

    page = visitor.get("/").content.decode()

    assert f"mark={marks.of_everything()}-" in page
