"""What arrived becomes facts once, and what cannot be understood stops nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

import pytest

from coldframe.activity import arrivals, digesting
from coldframe.activity.arrivals import NewArrival
from coldframe.activity.digesting import SetAside
from coldframe.activity.models import Arrival, Event, Visitor
from coldframe.activity.operations import NewEvent, record_events
from coldframe.kernel.vocabulary import Refusal
from tests.world import NOW

pytestmark = pytest.mark.django_db


def visits(taken: Sequence[Arrival], *, at: datetime) -> list[SetAside]:
    """Make a page view of each number; a text is not understood, and 13 is an error."""
    visitor, _ = Visitor.objects.get_or_create(anonymous_id="a", defaults={"created_at": at})
    found = {each.pk: json.loads(bytes(each.body)) for each in taken}
    for value in found.values():
        if value == 13:
            raise Refusal("Thirteen is not taken.")
        if value == 14:
            raise ZeroDivisionError("with a name in it")
    events = [
        NewEvent(source="site", external_id=str(value), visitor_id=visitor.pk, kind="page", occurred_at=at)
        for value in found.values()
        if isinstance(value, int)
    ]
    record_events(events, at=at)
    return [
        SetAside(arrival_id=pk, reason="not a number")
        for pk, value in found.items()
        if not isinstance(value, int)
    ]


def take_in(*values: object) -> None:
    given = [NewArrival(kind=Arrival.Kind.CALLS, body=json.dumps(value).encode()) for value in values]
    assert arrivals.accept(given, at=NOW) == len(values)


def turn(limit: int = 500) -> dict[str, int]:
    return dict(digesting.run_turn(digesters={"CALLS": visits}, at=NOW, limit=limit))


def reasons() -> list[str]:
    return list(Arrival.objects.order_by("id").values_list("reason", flat=True))


def test_what_arrived_becomes_facts_once_and_is_gone():
    take_in(1, 2, 1)

    assert turn() == {"digested": 3, "set_aside": 0}

    assert (Event.objects.count(), Arrival.objects.count()) == (2, 0)
    assert turn() == {}


def test_what_is_not_understood_stays_with_its_reason():
    take_in(1, "x", 2)

    assert turn() == {"digested": 2, "set_aside": 1}

    assert (Event.objects.count(), reasons()) == (2, ["not a number"])
    assert turn() == {}


@pytest.mark.parametrize(
    ("bad", "reason"),
    [(13, "Thirteen is not taken."), (14, "an error in Coldframe: ZeroDivisionError")],
)
def test_one_that_fails_stops_none_of_the_others(bad: int, reason: str):
    take_in(1, bad, 2)

    assert turn() == {"digested": 2, "set_aside": 1}

    assert (Event.objects.count(), reasons()) == (2, [reason])


def test_one_that_ended_its_process_three_times_is_set_aside():
    take_in(13)
    Arrival.objects.update(tries=3)

    assert turn() == {"set_aside": 1}

    assert reasons() == ["digesting it ended the process several times"]


def test_what_was_set_aside_can_be_tried_again():
    take_in("x")
    turn()
    [pk] = Arrival.objects.values_list("pk", flat=True)
    Arrival.objects.update(body=b"7")

    assert digesting.try_again([pk]) == 1

    assert turn() == {"digested": 1, "set_aside": 0}


def test_a_run_takes_the_oldest_first_and_leaves_the_rest():
    take_in(1, 2, 3)

    assert turn(limit=2) == {"digested": 2, "set_aside": 0}

    assert [bytes(each.body) for each in Arrival.objects.all()] == [b"3"]
