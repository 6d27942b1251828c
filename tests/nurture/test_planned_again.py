"""A touch that was held before it left is planned again, and then it goes out, once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from coldframe.delivery import operations as delivery
from coldframe.library import operations as library
from coldframe.nurture import dispatch
from coldframe.nurture.handlers import TouchHandler
from coldframe.nurture.models import Cycle, Hold, Touch
from coldframe.outbox import operations as outbox
from coldframe.outbox.models import OutboxMessage
from tests.crash import setting

pytestmark = pytest.mark.django_db(transaction=True)

AT = setting.BEGIN


def turn(at: datetime) -> Any:
    return outbox.run_turn(handlers={dispatch.KIND: TouchHandler()}, worker="w1", now=lambda: at)


def cycle_at(at: datetime) -> Cycle:
    version = library.ensure_active_playbook(at=AT)
    return Cycle.objects.create(
        as_of=at, playbook_version_id=version.version_id, kernel_version="0", started_at=at, finished_at=at
    )


def plan_again(at: datetime) -> None:
    """Do to the touch what a later cycle does: the same row, planned anew, with a message of its own."""
    from django.db import transaction

    with transaction.atomic():
        cycle = cycle_at(at)
        Touch.objects.update(state="PLANNED", cycle=cycle, planned_for=at, settled_at=None)
        dispatch.enqueue(cycle_id=cycle.pk, closes={}, at=at)


def planned() -> None:
    """Plan a touch, to be read in the browser."""
    delivery.ensure_local_connection(at=AT)
    cycle_at(AT)
    setting.add_touches(range(1, 2), at=AT)


def held_once() -> None:
    """Plan a touch that comes too late."""
    planned()
    turn(AT + timedelta(hours=80))
    assert Touch.objects.get().state == "WITHDRAWN"
    assert Hold.objects.count() == 1


def test_a_touch_that_was_held_is_handed_over_when_it_is_planned_again() -> None:
    held_once()
    again = AT + timedelta(hours=96)

    plan_again(again)
    turn(again)

    assert list(OutboxMessage.objects.order_by("id").values_list("state", "reason")) == [
        ("HELD", "STALE"),
        ("SENT", ""),
    ]
    assert Touch.objects.get().state == "SENT"


def test_a_touch_that_is_held_again_leaves_nothing_planned_behind() -> None:
    held_once()

    plan_again(AT + timedelta(hours=96))
    turn(AT + timedelta(hours=180))

    assert Touch.objects.get().state == "WITHDRAWN"
    assert Hold.objects.count() == 2


def test_a_message_of_an_earlier_plan_says_nothing_of_the_later_one() -> None:
    planned()
    Touch.objects.update(state="WITHDRAWN")
    later = AT + timedelta(hours=1)

    plan_again(later)
    turn(later)

    assert dict(OutboxMessage.objects.values_list("key", "state")) == {
        f"touch:{Touch.objects.get().public_id.hex}:0": "HELD",
        f"touch:{Touch.objects.get().public_id.hex}:1": "SENT",
    }
    assert Touch.objects.get().state == "SENT"
