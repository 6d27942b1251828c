"""What follows for a person from what is heard of a mail: once, and whatever the order."""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from coldframe.activity import mail_feedback
from coldframe.activity.addressees import Addressee
from coldframe.activity.arrivals import NewArrival, accept
from coldframe.activity.mail_feedback import Heard, Kind
from coldframe.activity.models import Arrival, Event, Feedback
from coldframe.activity.provider_digest import ProviderDigester, bounce_of
from coldframe.activity.provider_events import ProviderEvent
from coldframe.kernel.vocabulary import ConsentBasis, SuppressionReason
from coldframe.leads import consent, suppression
from coldframe.leads.models import AccountDue, Consent, Lead, Pause, Suppression
from tests import world
from tests.world import NOW

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
ANNA = "anna@brightpath.example"
#: Orders of one set of events that are tried; all of them come to the same.
ORDERS = 10_000 if os.environ.get("COLDFRAME_EXPLORE") == "yes" else 40


def touch(number: int = 1) -> UUID:
    return UUID(int=number)


def heard(lead: Lead, kind: Feedback.Kind, *, days: float = 0, number: int = 1, **more: Any) -> Heard:
    """Return something heard of a mail to Anna."""
    return Heard(
        touch=touch(number), lead_id=lead.pk, email=ANNA, kind=kind, occurred_at=NOW + days * DAY, source="esp",
        external_id=f"{kind}:{days}:{number}", **more,
    )  # fmt: skip


def record(*found: Heard, at: Any = NOW) -> None:
    mail_feedback.record(found, at=at)


def suppressed() -> set[tuple[str | None, str]]:
    rows = Suppression.objects.values_list("email", "lead__email", "reason")
    return {(email or f"person {person}", reason) for email, person, reason in rows}


@pytest.mark.parametrize(
    ("kind", "reason", "event"),
    [
        (Kind.HARD_BOUNCED, "HARD_BOUNCE", ("email_bounced", "hard")),
        (Kind.COMPLAINED, "COMPLAINT", ("complained", "")),
        (Kind.UNSUBSCRIBED, "UNSUBSCRIBE", ("unsubscribed", "")),
    ],
)
def test_a_no_holds_for_the_person_and_the_address_and_is_an_event(
    kind: Feedback.Kind, reason: str, event: tuple[str, str]
) -> None:
    anna = world.anna()

    record(heard(anna, kind, status="5.1.1", text="550 5.1.1 gone\n for good"))
    record(heard(anna, kind, status="5.1.1", text="550 5.1.1 gone\n for good"))

    assert suppressed() == {(ANNA, reason), (f"person {ANNA}", reason)}
    [found] = Event.objects.select_related("shape", "payload")
    assert ((found.shape.kind, found.shape.topic), found.lead_id) == (event, anna.pk)
    assert found.payload.properties == {
        "touch": touch().hex,
        "status": "5.1.1",
        "said": "550 5.1.1 gone for good",
    }
    assert AccountDue.objects.get(account=anna.account).due_at == NOW


def test_an_unsubscription_takes_the_permission_back_too() -> None:
    anna = world.anna()
    permission = consent.Permission(
        basis=ConsentBasis.CONSENT, wording="Yes.", source="form", given_at=NOW - DAY
    )
    consent.give(lead_id=anna.pk, permission=permission, at=NOW - DAY)

    record(heard(anna, Kind.UNSUBSCRIBED))

    assert Consent.objects.get().withdrawn_at == NOW


@pytest.mark.parametrize(
    "kind",
    [Kind.SENT, Kind.DEFERRED, Kind.DELIVERED, Kind.SENDER_REFUSED, Kind.NOT_SENT, Kind.OPENED, Kind.CLICKED],
)
def test_nothing_else_suppresses_anybody(kind: Feedback.Kind) -> None:
    anna = world.anna()

    record(heard(anna, kind))

    assert suppressed() == set()
    assert Feedback.objects.get().kind == kind


def test_a_no_that_the_provider_remembers_is_taken_over() -> None:
    anna = world.anna()

    record(heard(anna, Kind.NOT_SENT, reason=SuppressionReason.COMPLAINT))

    assert suppressed() == {(ANNA, "COMPLAINT"), (f"person {ANNA}", "COMPLAINT")}


def test_what_was_delivered_is_no_event_and_makes_nobody_due() -> None:
    anna = world.anna()

    record(heard(anna, Kind.SENT), heard(anna, Kind.DELIVERED))

    assert (Event.objects.count(), AccountDue.objects.count()) == (0, 0)


def test_the_third_soft_bounce_within_two_weeks_has_the_person_rest_a_month() -> None:
    anna = world.anna()

    record(
        heard(anna, Kind.SOFT_BOUNCED, days=-12, number=1), heard(anna, Kind.SOFT_BOUNCED, days=-6, number=2)
    )
    assert not Pause.objects.exists()
    record(heard(anna, Kind.SOFT_BOUNCED, days=0, number=3))

    pause = Pause.objects.get()
    assert (pause.until, pause.source, pause.ended_at) == (NOW + 30 * DAY, "soft bounces", None)
    assert suppressed() == set()


@pytest.mark.parametrize("days", [(-20, -6, 0), (-3, -2)])
def test_fewer_or_rarer_soft_bounces_are_no_reason_to_rest(days: Sequence[int]) -> None:
    anna = world.anna()

    for number, day in enumerate(days):
        record(heard(anna, Kind.SOFT_BOUNCED, days=day, number=number))

    assert not Pause.objects.exists()


def test_one_mail_bounces_softly_once_however_often_it_is_told() -> None:
    anna = world.anna()

    record(*(heard(anna, Kind.SOFT_BOUNCED, days=day) for day in (-3, -2, -1)))

    assert not Pause.objects.exists()
    assert Event.objects.count() == 3


def test_a_longer_pause_stays() -> None:
    anna = world.anna()
    consent.pause(lead_id=anna.pk, until=NOW + 90 * DAY, source="preferences", at=NOW - DAY)

    record(*(heard(anna, Kind.SOFT_BOUNCED, days=-day, number=day) for day in range(3)))

    assert Pause.objects.get(ended_at=None).until == NOW + 90 * DAY


def test_soft_bounces_of_leads_that_were_merged_are_one_persons() -> None:
    anna = world.anna()
    former = world.lead(anna.account, email="a.kowalska@brightpath.example")

    record(
        heard(former, Kind.SOFT_BOUNCED, days=-9, number=1),
        heard(former, Kind.SOFT_BOUNCED, days=-5, number=2),
    )
    Lead.objects.filter(pk=former.pk).update(merged_into=anna, voided_at=NOW)
    record(heard(anna, Kind.SOFT_BOUNCED, number=3))

    assert (Pause.objects.get().lead_id, Pause.objects.get().until) == (anna.pk, NOW + 30 * DAY)


def test_a_consent_of_the_persons_own_overtakes_what_was_said_before_it() -> None:
    anna = world.anna()
    permission = consent.Permission(
        basis=ConsentBasis.CONSENT, wording="Yes.", source="return", given_at=NOW, confirmed_at=NOW
    )
    consent.give(lead_id=anna.pk, permission=permission, at=NOW)

    record(heard(anna, Kind.COMPLAINED, days=-1), at=NOW + DAY)
    assert suppressed() == set()
    record(heard(anna, Kind.COMPLAINED, days=0.5, number=2), at=NOW + DAY)

    assert suppressed() == {(ANNA, "COMPLAINT"), (f"person {ANNA}", "COMPLAINT")}


def test_a_replay_does_not_suppress_again_who_came_back() -> None:
    anna = world.anna()
    record(heard(anna, Kind.UNSUBSCRIBED))
    Suppression.objects.all().delete()

    record(heard(anna, Kind.UNSUBSCRIBED), at=NOW + DAY)

    assert suppressed() == set()


def test_the_earliest_telling_of_a_kind_is_kept() -> None:
    anna = world.anna()

    record(heard(anna, Kind.DELIVERED, days=0, text="late"))
    record(heard(anna, Kind.DELIVERED, days=-2, text="early"))
    record(heard(anna, Kind.DELIVERED, days=-1, text="between"))

    found = Feedback.objects.get()
    assert (found.occurred_at, found.text) == (NOW - 2 * DAY, "early")


@pytest.mark.parametrize(
    ("kinds", "state"),
    [
        ([], None),
        (["SENT"], Kind.SENT),
        (["DELIVERED", "SENT"], Kind.DELIVERED),
        (["OPENED"], Kind.DELIVERED),
        (["DELIVERED", "SOFT_BOUNCED"], Kind.SOFT_BOUNCED),
        (["HARD_BOUNCED", "DELIVERED", "CLICKED"], Kind.HARD_BOUNCED),
        (["UNSUBSCRIBED", "HARD_BOUNCED"], Kind.UNSUBSCRIBED),
        (["COMPLAINED", "UNSUBSCRIBED", "DELIVERED"], Kind.COMPLAINED),
    ],
)
def test_a_mails_state_is_the_gravest_thing_heard_of_it(
    kinds: list[str], state: Feedback.Kind | None
) -> None:
    assert mail_feedback.state_of(kinds) == state


BOUNCE = ProviderEvent(id="1", source="esp", type="bounced", at=NOW)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ({"is_permanent": True, "text": "550 5.1.1 User unknown"}, Kind.HARD_BOUNCED),
        ({"is_permanent": True}, Kind.HARD_BOUNCED),
        ({"text": "550 5.1.1 User unknown"}, Kind.HARD_BOUNCED),
        ({"is_permanent": False, "text": "452 4.2.2 Mailbox full"}, Kind.SOFT_BOUNCED),
        ({"is_permanent": True, "text": "552 5.2.2 Mailbox full"}, Kind.SOFT_BOUNCED),
        ({"text": ""}, Kind.SOFT_BOUNCED),
        (
            {"is_permanent": True, "text": "550 5.7.26 Unauthenticated email is not accepted"},
            Kind.SENDER_REFUSED,
        ),
        ({"is_permanent": True, "text": "550 5.7.1 Message rejected as spam"}, Kind.SENDER_REFUSED),
        ({"is_permanent": True, "text": "554 5.7.1 DKIM signature did not verify"}, Kind.SENDER_REFUSED),
        ({"is_permanent": False, "text": "421 4.7.0 Too many messages from your IP"}, Kind.SENDER_REFUSED),
    ],
)
def test_a_bounce_is_held_against_the_address_only_where_the_address_is_dead(
    said: dict[str, Any], kind: Feedback.Kind
) -> None:
    assert bounce_of(replace(BOUNCE, **said)) is kind


def told(number: int, kind: str, *, hours: float, **more: Any) -> ProviderEvent:
    """Return an event of a mail of Anna's."""
    event_id = f"{number}:{kind}:{hours}"
    at = NOW + timedelta(hours=hours)
    return ProviderEvent(
        id=event_id, source="esp", type=kind, touch=touch(number), recipient=ANNA, at=at, **more
    )


HARD = {"is_permanent": True, "text": "550 5.1.1 User unknown"}
SOFT = {"is_permanent": False, "text": "452 4.2.2 Mailbox full"}
#: Of four mails: told twice, late, against each other, of somebody else, of nothing that is known.
TOLD = [
    *(told(1, "sent", hours=-90), told(1, "delivered", hours=-89), told(1, "opened", hours=-80)),
    *(told(1, "complained", hours=-60), told(1, "bounced", hours=-88, **HARD), told(1, "complained", hours=-61)),
    *(told(2, "bounced", hours=-50, **SOFT), told(3, "bounced", hours=-30, **SOFT), told(4, "bounced", hours=-10, **SOFT)),
    *(told(2, "delivered", hours=-49), told(3, "unsubscribed", hours=-5), told(4, "deferred", hours=-11)),
    *(told(4, "rejected", hours=-9, reject_reason="unsubscribed"), told(9, "delivered", hours=-1)),
    *(replace(told(2, "complained", hours=-4), recipient="ben@northwind.example"), told(3, "teleported", hours=-3)),
]  # fmt: skip


def digested(events: Sequence[ProviderEvent], runs: int, *, anna: Lead) -> Any:
    """Digest events in order, in so many runs, and return all that came of them; nothing of it stays."""
    known = Addressee(lead_id=anna.pk, account_id=anna.account_id, emails=frozenset({ANNA}))
    people = {touch(number): known for number in (1, 2, 3, 4)}
    digester = ProviderDigester(
        find_addressees=lambda touches, /: {t: people[t] for t in touches if t in people}
    )
    with transaction.atomic():
        for start in range(0, len(events), -(-len(events) // runs)):
            some = events[start : start + -(-len(events) // runs)]
            accept([NewArrival(kind=Arrival.Kind.PROVIDER, body=each.as_body()) for each in some], at=NOW)
            waiting = list(Arrival.objects.filter(kind="PROVIDER", state="WAITING").order_by("id"))
            aside = digester(waiting, at=NOW)
            for each in aside:
                Arrival.objects.filter(pk=each.arrival_id).update(state="QUARANTINED", reason=each.reason)
            done = {each.pk for each in waiting} - {each.arrival_id for each in aside}
            Arrival.objects.filter(pk__in=done).delete()
        found = state()
        transaction.set_rollback(True)
    return found


def state() -> Any:
    return (
        sorted(Feedback.objects.values_list("touch", "kind", "occurred_at", "source", "status", "text")),
        sorted(Event.objects.values_list("key", "shape__kind", "shape__topic", "occurred_at")),
        sorted(suppressed()),
        sorted(Pause.objects.filter(ended_at=None).values_list("until", flat=True)),
        sorted(Arrival.objects.filter(state="QUARANTINED").values_list("body", "reason")),
        sorted(set(Arrival.objects.filter(kind="HIT").values_list("body", flat=True))),
    )


def test_any_order_with_any_repeats_comes_to_the_same() -> None:
    anna = world.anna()
    chance = random.Random(7)
    expected = digested(TOLD, 1, anna=anna)

    for _ in range(ORDERS):
        order = [*TOLD, *chance.sample(TOLD, chance.randint(0, len(TOLD)))]
        chance.shuffle(order)
        assert digested(order, chance.choice([1, 1, 2, 5]), anna=anna) == expected

    kinds = {(int(t), kind) for t, kind, *_ in expected[0]}
    assert (len(kinds), len(expected[1]), len(expected[4])) == (12, 7, 3)
    assert expected[2] == sorted(
        (who, reason)
        for who in (ANNA, f"person {ANNA}")
        for reason in ("COMPLAINT", "HARD_BOUNCE", "UNSUBSCRIBE")
    )
    assert expected[3] == [NOW - timedelta(hours=10) + 30 * DAY]


def test_many_mails_cost_a_handful_of_statements(django_assert_max_num_queries: Any) -> None:
    anna = world.anna()
    some = [heard(anna, Kind.DELIVERED, number=number) for number in range(500)]

    with django_assert_max_num_queries(8):
        record(*some)

    assert Feedback.objects.count() == 500
    assert suppression.behind([anna.pk], [])
