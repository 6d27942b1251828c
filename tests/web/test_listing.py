"""The counts and lists behind the pages."""

from __future__ import annotations

from datetime import timedelta
from itertools import chain

import pytest
from django.db.models import Q

from coldframe.activity.models import Event, EventShape
from coldframe.nurture import listing
from tests import world
from tests.web.standings import stand

pytestmark = pytest.mark.django_db
EVERYBODY = Q()


def names(
    where: Q = EVERYBODY, *, order: str = "intent", offset: int = 0, limit: int = 50
) -> list[str | None]:
    rows = listing.list_leads(where=where, order=order, offset=offset, limit=limit)
    return [row.first_name for row in rows]


def test_every_lead_stands_in_exactly_one_group():
    brightpath = world.brightpath()
    stand(world.anna(brightpath), "NURTURE")
    stand(
        world.lead(brightpath, first_name="Ola"),
        "TO_SALES",
        status="SALES_ACCEPTED",
        reason="opportunity:open",
    )
    stand(world.jonas(), "TO_SALES")
    stand(world.tom(), "LET_GO")
    world.lead(world.porto_cloud(), first_name="Marta")

    counts = listing.count_groups(where=EVERYBODY)

    assert counts == {"to-sales": 1, "with-sales": 1, "nurture": 1, "let-go": 1, "new": 1}
    for group, condition in listing.GROUP_CONDITIONS.items():
        assert len(names(condition)) == counts[group]


def test_a_voided_lead_is_in_no_count_and_no_list():
    stand(world.anna(voided_at=world.NOW), "NURTURE")

    assert names() == []
    assert not listing.has_leads()
    assert listing.count_sources() == []
    assert listing.count_reasons() == []
    assert sum(listing.count_groups(where=EVERYBODY).values()) == 0
    assert listing.count_missing()["account.industry"] == 0
    assert listing.list_choices()["source"] == []


@pytest.mark.parametrize(
    "text",
    ["anna", "KOWALSKA", "kowalska anna", "anna@bright", "brightpath", "Head of", "brightpath.example head"],
)
def test_a_search_finds_a_lead_by_every_word_in_name_address_title_and_company(text):
    stand(world.anna(), "NURTURE")
    stand(world.tom(), "LET_GO")

    assert names(listing.mentioning(text)) == ["Anna"]


@pytest.mark.parametrize("text", ["żaneta", "ŻANETA", "Żaneta"])
def test_a_search_finds_letters_beyond_ascii_in_either_case(text):
    world.lead(world.brightpath(), first_name="Żaneta")

    assert names(listing.mentioning(text)) == ["Żaneta"]


def test_a_search_takes_the_wild_cards_of_sql_as_letters():
    world.anna()

    assert names(listing.mentioning("%")) == []
    assert names(listing.mentioning("A_na")) == []
    assert names(listing.mentioning("an\0na")) == ["Anna"]


def test_lists_are_ordered_and_leads_without_a_value_come_last():
    stand(world.anna(), "NURTURE", intent_points=40, fit_score=85, leaves_at=None)
    stand(world.jonas(), "TO_SALES", intent_points=90, fit_score=60, leaves_at=world.NOW + timedelta(days=2))
    stand(world.tom(), "LET_GO", intent_points=0, fit_score=5, leaves_at=world.NOW + timedelta(days=1))
    world.lead(world.porto_cloud(), first_name="Marta", last_name=None)

    assert names(order="intent") == ["Jonas", "Anna", "Tom", "Marta"]
    assert names(order="fit") == ["Anna", "Jonas", "Tom", "Marta"]
    assert names(order="leaves") == ["Tom", "Jonas", "Anna", "Marta"]
    assert names(order="name") == ["Anna", "Tom", "Jonas", "Marta"]
    assert names(order="no such order") == names(order="intent")


def test_pages_of_equal_leads_never_overlap():
    brightpath = world.brightpath()
    for number in range(7):
        stand(world.lead(brightpath, first_name=str(number)), "NURTURE")

    pages = [names(offset=offset, limit=3) for offset in (0, 3, 6)]

    assert sorted(chain(*pages)) == [str(number) for number in range(7)]


def test_reasons_are_counted_for_each_group():
    stand(world.anna(), "NURTURE")
    stand(world.jonas(), "NURTURE")
    stand(world.tom(), "LET_GO")

    assert listing.count_reasons() == [
        listing.ReasonCount(group="nurture", reason="path:educate", count=2),
        listing.ReasonCount(group="let-go", reason="disqualify:poor_fit", count=1),
    ]


def test_sources_are_ranked_by_the_good_fits_they_bring():
    stand(world.anna(source="webinar"), "NURTURE")
    stand(world.tom(source="list"), "LET_GO", fit_verdict="POOR")
    stand(world.jonas(source=None), "NURTURE", fit_verdict="UNDETERMINED")

    assert listing.count_sources() == [
        listing.SourceCount(source="webinar", total=1, good=1, undetermined=0, poor=0),
        listing.SourceCount(source=None, total=1, good=0, undetermined=1, poor=0),
        listing.SourceCount(source="list", total=1, good=0, undetermined=0, poor=1),
    ]


def test_an_unknown_role_is_a_missing_one():
    world.anna()
    world.tom(role="UNKNOWN")
    world.lead(world.nordlicht(), first_name="Jonas")

    assert listing.count_missing()["lead.role"] == 2


def test_the_latest_action_is_the_leads_own_and_not_a_machines():
    anna = world.anna()
    happened = [("page", "/pricing", 3, 2), ("page", "/customers", 2, 0), ("email_opened", "", 1, 2)]
    for number, (kind, path, days, evidence) in enumerate(happened):
        shape = EventShape.objects.create(kind=kind, path=path)
        Event.objects.create(
            key=bytes([number]) * 16, shape=shape, lead=anna, account=anna.account, evidence=evidence,
            occurred_at=world.NOW - timedelta(days=days), received_at=world.NOW,
        )  # fmt: skip
    rows = listing.list_leads(where=EVERYBODY, order="intent", offset=0, limit=5)

    actions = listing.list_latest_actions(of=rows, as_of=world.NOW)

    assert actions == {
        anna.pk: listing.LatestAction(
            lead_id=anna.pk, kind="page", about="/pricing", occurred_at=world.NOW - timedelta(days=3)
        )
    }
