"""Sending stops by itself before a reputation is harmed."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldframe.delivery import brake, queries
from coldframe.delivery import operations as delivery
from coldframe.delivery.hours import Hour
from coldframe.outbox.handlers import Outcome, Result
from coldframe.outbox.models import OutboxMessage
from tests.delivery.posting import Mail, enqueue, turn
from tests.world import NOW

HOUR = timedelta(hours=1)


def hours(*counts: tuple[int, int, int]) -> list[Hour]:
    """Return hours up to now of (tried, bounced, complained)."""
    begin = NOW - HOUR * (len(counts) - 1)
    return [Hour(begin + HOUR * n, 0, *each) for n, each in enumerate(counts)]


@pytest.mark.parametrize(
    ("counts", "stops"),
    [
        ([(200, 9, 0)], False),
        ([(200, 10, 0)], True),
        ([(199, 199, 0)], False),
        ([(10_000, 499, 0)], False),
        ([(10_000, 500, 0)], True),
        # A good week does not pay for a bad hour.
        ([(50_000, 0, 0), (200, 10, 0)], True),
        ([(100, 5, 0), (100, 5, 0)], True),
        ([(1000, 0, 1)], False),
        ([(1000, 0, 3)], True),
        ([(100, 0, 1)], False),
        ([(100, 0, 2)], True),
        # Complaints come late: those of a quiet hour are about the days before.
        ([(10_000, 0, 0), (50, 0, 2)], False),
        ([], False),
    ],
)
def test_where_the_brake_stops(counts: list[tuple[int, int, int]], stops: bool) -> None:
    assert bool(brake.see(hours(*counts)).stop) is stops


def test_it_warns_before_it_stops() -> None:
    assert (
        brake.see(hours((2000, 0, 2))).warning
        == "2 of 2000 recipients complained (0.10 %, 0.1 % is too many)."
    )
    assert brake.see(hours((2000, 0, 1))).warning == ""
    assert brake.see(hours((2000, 0, 6))).stop == (
        "6 of 2000 recipients complained (0.30 %, from 0.3 % on sending stops)."
    )


def test_an_old_wave_of_complaints_stays_in_sight_for_a_week() -> None:
    assert brake.see(hours((1000, 0, 5), *[(1, 0, 0)] * 100)).stop != ""


@given(tried=st.integers(0, 10_000), bounced=st.integers(0, 10_000), complained=st.integers(0, 10_000))
def test_without_any_dead_address_or_complaint_nothing_stops(
    tried: int, bounced: int, complained: int
) -> None:
    assert brake.see(hours((tried, 0, 0))) == brake.Sight()
    worse = brake.see(hours((tried, bounced + 1, complained + 1)))
    assert bool(worse.stop) >= bool(brake.see(hours((tried, bounced, complained))).stop)


class Deaf(Mail):
    """Some addresses are dead, by number."""

    dead: frozenset[int] = frozenset()

    def deliver(self, lane, messages, *, mark, report, beat, at):  # type: ignore[no-untyped-def]
        for message in messages:
            if message.subject_id in self.dead:
                report(
                    Outcome(
                        id=message.id,
                        result=Result.FAILED,
                        phase="recipient",
                        code=550,
                        reason="NO_SUCH_ADDRESS",
                    )
                )
            elif message.id in mark([message.id]):
                report(Outcome(id=message.id, result=Result.SENT, code=250))


def mailbox() -> str:
    delivery.add_connection(
        name="mailbox", kind="LOCAL", at=NOW, per_minute=0, per_domain_minute=0, per_day=0
    )
    delivery.go_live("mailbox", at=NOW)
    return "mailbox"


@pytest.mark.django_db
def test_a_bad_list_of_ten_thousand_stops_after_250_at_most() -> None:
    lane, mail = mailbox(), Deaf()
    numbers = range(1, 10_001)
    mail.dead = frozenset(random.Random(7).sample(numbers, 1500))
    enqueue(*numbers, lane=lane)

    while turn(mail):
        pass

    sent = OutboxMessage.objects.filter(state="SENT").count()
    tried = sent + OutboxMessage.objects.filter(state="FAILED").count()
    assert tried <= 250
    assert OutboxMessage.objects.filter(state="QUEUED").count() == 10_000 - tried
    assert "addresses were dead" in queries.get_connection(lane).stopped_why


@pytest.mark.django_db
def test_after_a_person_has_looked_only_what_comes_counts() -> None:
    lane, mail = mailbox(), Deaf()
    mail.dead = frozenset(range(1, 301))
    enqueue(*range(1, 301), lane=lane)
    while turn(mail):
        pass
    assert queries.get_connection(lane).stopped_at == NOW

    mail.dead = frozenset()
    delivery.go_live(lane, at=NOW + HOUR)
    while turn(mail, at=NOW + HOUR):
        pass

    assert queries.get_connection(lane).stopped_at is None
    assert not OutboxMessage.objects.filter(state="QUEUED").exists()


@pytest.mark.django_db
def test_complaints_and_bounces_told_later_pull_it_too() -> None:
    lane = mailbox()
    enqueue(*range(1, 701), lane=lane)
    while turn(Mail()):
        pass

    assert delivery.record_complaint(lane, at=NOW + HOUR).warning != ""
    assert delivery.record_complaint(lane, at=NOW + HOUR).warning != ""
    assert delivery.record_complaint(lane, at=NOW + 2 * HOUR).stop != ""
    assert queries.get_connection(lane).stopped_why == (
        "The brake: 3 of 700 recipients complained (0.43 %, from 0.3 % on sending stops)."
    )
    for _ in range(35):
        sight = delivery.record_bounce(lane, at=NOW + HOUR)
    assert sight.stop.startswith("35 of 700 addresses were dead")


@pytest.mark.django_db
def test_a_stopped_connection_hands_nothing_over_and_loses_nothing() -> None:
    lane = mailbox()
    enqueue(1, lane=lane)
    delivery.stop(lane, why="Looking into it.", at=NOW)

    assert turn(Mail()) == {}
    delivery.go_live(lane, at=NOW + HOUR)
    assert turn(Mail(), at=NOW + HOUR) == {"SENT": 1}
