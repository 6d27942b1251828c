"""A visit that began with a link is its reader's, where they agree to it; nobody else's word counts."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from coldframe.activity import arrivals, digesting, sources
from coldframe.activity.models import Event, Source, Visitor
from coldframe.activity.tracking import tokens
from coldframe.leads import consent, merging, parting, tracking
from coldframe.leads.models import Lead
from coldframe.work import trades
from tests import world
from tests.world import NOW

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def agree(lead: Lead) -> None:
    permission = consent.Permission(
        purpose=tracking.TRACKING, wording="Yes, note it.", source="form", given_at=NOW
    )
    consent.give(lead_id=lead.pk, permission=permission, at=NOW)


def visit(lead: Lead, *, sent: bool = True, **context: Any) -> None:
    """Have a browser come by a link, see a page, and be digested."""
    site = Source.objects.filter(name="site").first()
    site_id = site.pk if site else sources.add("site", kind=Source.Kind.SITE, with_key=True, at=NOW).source_id
    said = {"visit": tokens.make_visit(lead.public_id, at=NOW), **context} if sent else context
    calls = [
        {"type": "page", "messageId": "1", "anonymousId": "b-1", "properties": {"path": "/pricing"}},
        {"type": "identify", "messageId": "2", "anonymousId": "b-1", "context": said},
    ]
    arrival = arrivals.calls(
        source_id=site_id, body=json.dumps({"batch": calls}).encode(), about={"as": "batch", "agent": ""}
    )
    arrivals.accept([arrival], at=NOW + MINUTE)
    assert digesting.run_turn(digesters=trades.digesters(), at=NOW + MINUTE)["digested"] == 1


def whose() -> Lead | None:
    found: Lead | None = Visitor.objects.get(anonymous_id="b-1").lead
    assert Event.objects.get(shape__kind="page").lead == found
    return found


def test_a_visit_is_the_readers_who_agreed_with_all_that_was_seen_before() -> None:
    anna = world.anna()
    agree(anna)

    visit(anna)
    visit(anna)

    assert whose() == anna
    assert Lead.objects.count() == 1


def test_a_visit_is_nobodys_without_the_readers_agreement() -> None:
    visit(world.anna())

    assert whose() is None


def test_an_agreement_that_was_taken_back_since_counts_no_more() -> None:
    anna = world.anna()
    agree(anna)
    tracking.object_to(lead_id=anna.pk, source="preference page", at=NOW)

    visit(anna)

    assert whose() is None


@pytest.mark.parametrize("token", ["", "0" * 98, 7, None, ["a"], {"a": 1}])
def test_a_token_of_anybody_elses_making_names_nobody(token: Any) -> None:
    anna = world.anna()
    agree(anna)

    visit(anna, visit=token)

    assert whose() is None


def test_a_token_of_an_hour_ago_names_nobody() -> None:
    anna = world.anna()
    agree(anna)

    visit(anna, visit=tokens.make_visit(anna.public_id, at=NOW - 60 * MINUTE))

    assert whose() is None


def test_a_visit_by_a_mail_to_whom_a_person_has_merged_since_is_the_one_s_who_stays() -> None:
    anna, tom = world.anna(), world.tom()
    agree(tom)
    merging.merge(lead_id=tom.pk, into_id=anna.pk, by="eva", reason="one person", at=NOW)

    visit(tom)

    assert Event.objects.get(shape__kind="page").lead == anna
    parting.unmerge(lead_id=tom.pk, by="eva", at=NOW + MINUTE)
    assert whose() == tom


def test_nor_is_it_anybody_s_where_the_one_who_stays_objects() -> None:
    anna, tom = world.anna(), world.tom()
    agree(tom)
    tracking.object_to(lead_id=anna.pk, source="preference page", at=NOW)
    merging.merge(lead_id=tom.pk, into_id=anna.pk, by="eva", reason="one person", at=NOW)

    visit(tom)

    assert whose() is None
