"""A call that nothing dates but its coming counts once by its id, whatever it says and however long after it comes again."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest

from coldframe.activity import arrivals, digesting, known_calls, sources
from coldframe.activity.call_digest import CallDigester
from coldframe.activity.identity import resolving
from coldframe.activity.models import Event, KnownCall, Source
from coldframe.leads.models import Lead
from tests.world import NOW

pytestmark = pytest.mark.django_db

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def app() -> int:
    return sources.add("app", kind=Source.Kind.API, at=NOW, with_key=True).source_id


def come(source_id: int, *bodies: dict[str, Any], how: str = "identify", at: datetime = NOW) -> None:
    """Have calls come in at an instant and be digested."""
    arrivals.accept(
        [
            arrivals.calls(source_id=source_id, body=json.dumps(body).encode(), about={"as": how})
            for body in bodies
        ],
        at=at,
    )
    counts = digesting.run_turn(digesters={"CALLS": CallDigester(resolve=resolving.resolve)}, at=at)
    assert counts == Counter(digested=len(bodies), set_aside=0)


def titled(title: str, message_id: str, **more: Any) -> dict[str, Any]:
    traits = {"email": "anna@brightpath.example", "title": title}
    return {"userId": "anna", "messageId": message_id, "traits": traits, **more}


def test_what_was_said_in_between_holds_when_an_undated_call_comes_again(app: int) -> None:
    first = titled("Buyer", "m1")
    come(app, first)
    come(app, titled("Head of buying", "m2"), at=NOW + MINUTE)

    come(app, first, at=NOW + 2 * MINUTE)

    assert Lead.objects.get().job_title == "Head of buying"


def test_the_same_in_one_batch_counts_once(app: int) -> None:
    calls = [{"type": "identify", **titled("Buyer", "m1")}, {"type": "identify", **titled("Buyer", "m1")}]
    come(app, {"batch": calls}, how="batch")

    assert KnownCall.objects.count() == 1


def test_so_does_one_whose_clock_is_set_right_by_when_it_came(app: int) -> None:
    """The clock is off by an hour; sent again as it was, it would be corrected to ten minutes later."""
    hour_ago = (NOW - 60 * MINUTE).isoformat()
    first = titled("Buyer", "m1", timestamp=hour_ago, sentAt=hour_ago)
    come(app, first)
    come(app, titled("Head of buying", "m2"), at=NOW + MINUTE)

    come(app, first, at=NOW + 10 * MINUTE)

    assert Lead.objects.get().job_title == "Head of buying"


def test_and_one_that_says_whom_a_fact_is_of(app: int) -> None:
    first = {
        "userId": "anna",
        "messageId": "m1",
        "event": "Demo Requested",
        "context": {"traits": {"email": "anna@brightpath.example", "title": "Buyer"}},
    }
    come(app, first, how="track")
    come(app, titled("Head of buying", "m2"), at=NOW + MINUTE)

    come(app, first, how="track", at=NOW + 2 * MINUTE)

    assert Lead.objects.get().job_title == "Head of buying"
    assert Event.objects.count() == 1


def test_a_company_that_was_left_since_stays_left(app: int) -> None:
    come(app, {"userId": "anna", "messageId": "m0", "traits": {"email": "anna@gmail.com"}})
    first = {"userId": "anna", "groupId": "g1", "messageId": "m1", "traits": {"name": "First Ltd"}}
    come(app, first, how="group")
    second = {"userId": "anna", "groupId": "g2", "messageId": "m2", "traits": {"name": "Second Ltd"}}
    come(app, second, how="group", at=NOW + MINUTE)

    come(app, first, how="group", at=NOW + 2 * MINUTE)

    assert Lead.objects.get().account.name == "Second Ltd"


def test_what_its_sender_dates_and_mere_facts_are_known_without_being_remembered(app: int) -> None:
    come(app, titled("Buyer", "m1", timestamp=NOW.isoformat()))
    come(app, {"userId": "anna", "messageId": "m2", "event": "Demo Requested"}, how="track")
    come(app, {"userId": "anna", "traits": {"title": "Buyer"}})

    assert not KnownCall.objects.exists()


def test_the_earlier_of_two_counts_whichever_is_digested_first(app: int) -> None:
    come(app, titled("Buyer", "m1"), at=NOW + MINUTE)

    come(app, titled("Buyer", "m1"), at=NOW)

    assert KnownCall.objects.get().occurred_at == NOW


def test_it_is_known_for_a_month_and_then_it_is_a_new_one(app: int) -> None:
    come(app, titled("Buyer", "m1"))
    come(app, titled("Head of buying", "m2"), at=NOW + 30 * DAY)

    assert known_calls.tidy(at=NOW + 30 * DAY) == 0
    assert known_calls.tidy(at=NOW + 30 * DAY + MINUTE) == 1
    assert bytes(KnownCall.objects.get().key)

    come(app, titled("Buyer", "m1"), at=NOW + 31 * DAY)
    assert Lead.objects.get().job_title == "Buyer"
