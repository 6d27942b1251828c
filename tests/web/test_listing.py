"""The counts and lists behind the pages."""

from __future__ import annotations

from datetime import timedelta
from itertools import chain
from typing import Any

import pytest
from django.db.models import Q

from coldframe.activity.models import Event, EventShape
from coldframe.kernel.vocabulary import Disposition, LeadStatus
from coldframe.nurture import grouping, listing, paging, summaries
from coldframe.nurture.models import Cycle, Standing
from tests import world
from tests.web.standings import stand

pytestmark = pytest.mark.django_db
EVERYBODY = Q()


def names(where: Q = EVERYBODY, **asked: Any) -> list[str | None]:
    found = paging.find_page(where=where, **{"limit": 50} | asked)
    return [row.first_name for row in found.rows]


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

    counts = paging.find_page(where=EVERYBODY, limit=50).groups

    assert counts == summaries.count().groups
    assert counts == {"to-sales": 1, "with-sales": 1, "nurture": 1, "let-go": 1, "new": 1}
    for group, condition in grouping.CONDITIONS.items():
        assert len(names(condition)) == len(names(groups=[group])) == counts[group]


STANDINGS = [
    (disposition, status) for disposition in Disposition for status in LeadStatus if status != LeadStatus.NEW
]


@pytest.mark.parametrize(("disposition", "status"), STANDINGS)
def test_what_came_of_a_lead_settles_its_group_and_else_what_the_policy_says(disposition, status):
    stand(world.anna(), disposition, status=status)
    group = Standing.objects.get().group

    assert group == grouping.group_of(disposition=disposition, status=status)
    assert names(groups=[group]) == ["Anna"]
    assert {each: len(names(condition)) for each, condition in grouping.CONDITIONS.items()} == dict.fromkeys(
        grouping.CONDITIONS, 0
    ) | {group: 1}


def test_a_lead_that_was_put_before_sales_by_hand_is_to_be_looked_at_by_sales_and_one_they_refused_is_let_go():
    put = grouping.group_of(disposition=Disposition.NURTURE, status=LeadStatus.SALES_REVIEW)
    refused = grouping.group_of(disposition=Disposition.TO_SALES, status=LeadStatus.DISQUALIFIED)
    kept = grouping.group_of(disposition=Disposition.LET_GO, status=LeadStatus.NURTURE)

    assert (put, refused, kept) == ("to-sales", "let-go", "nurture")


def test_a_voided_lead_is_in_no_count_and_no_list():
    stand(world.anna(voided_at=world.NOW), "NURTURE")

    assert names() == []
    assert not listing.has_leads()
    assert summaries.count() == summaries.Summary(
        lead_count=0,
        groups=dict.fromkeys(map(str, grouping.Group), 0),
        reasons=(),
        choices={"reason": (), "path": (), "segment": ()},
    )
    assert summaries.count_choices() == {"source": (), "country": ()}


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

    assert summaries.count().reasons == (
        summaries.ReasonCount(group="nurture", reason="path:educate", count=2),
        summaries.ReasonCount(group="let-go", reason="disqualify:poor_fit", count=1),
    )


def test_values_in_use_are_offered_as_filters_the_most_frequent_first():
    stand(world.anna(source="webinar"), "NURTURE")
    stand(world.tom(source="list"), "LET_GO")
    stand(world.jonas(source="list"), "NURTURE")

    choices = summaries.get_choices()

    assert choices["source"] == ("list", "webinar")
    assert choices["reason"] == ("path:educate", "disqualify:poor_fit")


def test_the_latest_action_is_the_leads_own_and_not_a_machines():
    anna = world.anna()
    happened = [("page", "/pricing", 3, 2), ("page", "/customers", 2, 0), ("email_opened", "", 1, 2)]
    for number, (kind, path, days, evidence) in enumerate(happened):
        shape = EventShape.objects.create(kind=kind, path=path)
        Event.objects.create(
            key=bytes([number]) * 16, shape=shape, lead=anna, account=anna.account, evidence=evidence,
            occurred_at=world.NOW - timedelta(days=days), received_at=world.NOW,
        )  # fmt: skip
    found = paging.find_page(where=EVERYBODY, limit=5)

    actions = listing.list_latest_actions(of=found.rows, as_of=world.NOW)

    assert actions == {
        anna.pk: listing.LatestAction(
            lead_id=anna.pk, kind="page", about="/pricing", occurred_at=world.NOW - timedelta(days=3)
        )
    }


def test_the_counts_are_remembered_until_something_is_assessed():
    stand(world.anna(), "NURTURE")
    before = summaries.get_summary()
    lead = world.jonas()

    assert summaries.get_summary() is before
    stand(lead, "TO_SALES")
    Cycle.objects.update(finished_at=world.NOW)
    assert summaries.get_summary().groups["to-sales"] == 1


@pytest.mark.parametrize("source", ["a\x1fb", "|", "-", " "])
def test_a_source_of_any_letters_is_counted_under_its_own_name(source):
    stand(world.anna(source=source), "NURTURE")

    assert summaries.count_choices()["source"] == (source,)


@pytest.mark.parametrize(
    "where", [Q(pk__in=[]), Q(pk__in=[]) & Q(source="fair"), Q(source="nobody has this")], ids=str
)
def test_a_condition_that_nobody_meets_lists_nobody(where):
    stand(world.anna(world.brightpath()), "NURTURE")

    for groups in ([], ["nurture"]):
        found = paging.find_page(where=where, groups=groups, offset=50, limit=25)
        assert (found.rows, found.total, found.offset, sum(found.groups.values())) == ([], 0, 0, 0)


WAYS = [
    Q(standing__fit_level="A"),
    ~Q(standing__fit_level="A"),
    Q(standing__fit_level="A") | Q(standing__intent_level="HIGH"),
    Q(standing__stage__isnull=True),
    Q(standing__path="educate") & ~Q(standing__stage="RESEARCH"),
    EVERYBODY,
]


@pytest.mark.parametrize("where", WAYS, ids=str)
@pytest.mark.parametrize("order", listing.ORDERS)
def test_the_quick_way_and_the_thorough_way_list_the_same(where, order):
    company = world.brightpath()
    for number in range(12):
        lead = world.lead(company, first_name=f"No{number:02}", last_name="AB"[number % 2])
        stand(
            lead, ["NURTURE", "TO_SALES", "LET_GO"][number % 3], fit_level="ABC"[number % 3], fit_score=number % 4,
            intent_points=number % 5, intent_level=["HIGH", "LOW"][number % 2], stage=["RESEARCH", None][number % 2],
            leaves_at=None if number % 4 else world.NOW + timedelta(days=number),
        )  # fmt: skip
    asked = {"groups": ["nurture", "let-go"], "offset": 2, "limit": 3}

    quick = paging.find_page(where=where, order=order, **asked)
    thorough = paging.passed_over(where, columns=listing.ORDERS[order], **asked)

    assert quick == thorough
