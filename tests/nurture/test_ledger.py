"""The books: for every candidate of every cycle one row, whatever comes of it, in whatever order."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime

import pytest
from django.db import IntegrityError, transaction

from coldframe.kernel.vocabulary import SuppressionReason, TouchState
from coldframe.leads import consent, suppression
from coldframe.leads.models import Lead
from coldframe.nurture import ledger
from coldframe.nurture.handlers import TouchHandler
from coldframe.nurture.models import Cycle, Hold, Touch
from coldframe.outbox import operations as outbox
from coldframe.outbox.handlers import Claimed, Outcome, Result
from coldframe.outbox.models import OutboxMessage
from tests.nurture import cast
from tests.nurture.cast import DAY, HOUR, Post
from tests.world import NOW

pytestmark = pytest.mark.django_db

ANSWERS = (Result.SENT, Result.SENT, Result.FAILED, Result.UNCERTAIN, Result.RETRY, Result.RETURNED)
HANDLERS = {"touch": TouchHandler()}


@pytest.mark.parametrize("seed", [1, 2])
def test_the_books_add_up_after_any_mix_of_ends_and_new_plans(seed: int) -> None:
    dice = random.Random(seed)
    cast.use_playbook()
    people = [cast.reader(number) for number in range(10)]
    cast.delivery.ensure_local_connection(at=NOW)

    reached: Counter[str] = Counter()

    def answer(message: Claimed) -> Outcome:
        reason = dice.choice(["REFUSED"] * 4 + ["NO_SUCH_ADDRESS"])
        result = dice.choice(ANSWERS)
        reached[message.key] += result in (Result.SENT, Result.UNCERTAIN)
        return Outcome(id=message.id, result=result, reason=reason, phase="recipient", code=450)

    def meddle(message: Claimed) -> None:
        if dice.random() < 0.3:
            something_happens(dice, dice.choice(people), at)

    #: Of which a person said that they did not arrive.
    doubted: set[str] = set()
    post = Post(answer=answer, before_mark=meddle)
    at = NOW
    for _ in range(90):
        at += HOUR * dice.choice([1, 1, 2, 6, 30])
        cast.decide(at)
        assert ledger.find_unbalanced() == []
        cast.outbox_turn(post, at)
        doubted |= settle_doubts(dice, at)
        assert ledger.find_unbalanced() == []

    for each in Cycle.objects.values_list("pk", flat=True):
        assert ledger.account_for(cycle_id=each).difference == 0
    states = Counter(Touch.objects.values_list("state", flat=True))
    assert {"SENT", "FAILED"} <= states.keys()
    assert states.total() > len(people)
    once = Counter(Touch.objects.values_list("lead_id", "content_key"))
    assert set(once.values()) == {1}
    twice = {key for key, count in reached.items() if count > 1}
    assert twice <= doubted


def something_happens(dice: random.Random, who: Lead, at: datetime) -> None:
    deed = dice.choice(["pause", "move", "withdraw", "suppress", "consent"])
    if deed == "pause":
        consent.pause(lead_id=who.pk, until=at + 9 * DAY, source="page", at=at)
    elif deed == "move":
        Lead.objects.filter(pk=who.pk).update(email=f"new{dice.randrange(10**6)}@company.example")
    elif deed == "withdraw":
        consent.withdraw(lead_id=who.pk, at=at)
    elif deed == "suppress" and dice.random() < 0.3:
        suppression.suppress(reason=SuppressionReason.COMPLAINT, source="test", at=at, lead_ids=[who.pk])
    else:
        cast.may_mail(who)


def settle_doubts(dice: random.Random, at: datetime) -> set[str]:
    """Settle some uncertain messages; return the keys of those that are said not to have arrived."""
    doubted = set()
    for message in OutboxMessage.objects.filter(state="UNCERTAIN").order_by("id"):
        if dice.random() < 0.4:
            arrived = dice.random() < 0.5
            outbox.resettle(message.pk, delivered=arrived, by="Ewa", handlers=HANDLERS, at=at)
            doubted |= set() if arrived else {message.key}
    return doubted


def test_a_row_too_few_is_found() -> None:
    cast.use_playbook()
    cast.reader(1)
    cast.decide()
    assert ledger.find_unbalanced() == []

    Hold.objects.all().delete()
    Touch.objects.update(state="WITHDRAWN")

    cycle = Cycle.objects.get()
    assert ledger.find_unbalanced() == [cycle.pk]
    assert ledger.account_for(cycle_id=cycle.pk).difference == 1


def test_the_same_content_is_never_planned_twice_for_a_lead() -> None:
    cast.use_playbook()
    reader = cast.reader(1)
    cast.live(days=5)
    row = cast.touches(reader)[0]
    row.pk, row.public_id = None, cast.world.uuid.uuid4()

    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


def test_the_next_touch_is_forecast_with_its_reason_and_its_instant() -> None:
    cast.use_playbook()
    reader = cast.reader(1)
    cast.live(days=5)
    assert [each.state for each in cast.touches(reader)] == [TouchState.SENT]

    found = ledger.find_next(lead_id=reader.pk)

    assert found is not None
    assert (found.is_touch, found.word) == (False, "CADENCE")
    assert found.until is not None
    assert found.until > NOW + 5 * DAY
    assert found.content_key not in {each.content_key for each in cast.touches(reader)}
    days = (found.until - NOW) / DAY
    cast.live(days=days - 5 + 1, since=NOW + 5 * DAY)
    assert [each.content_key for each in cast.touches(reader)][-1] == found.content_key
