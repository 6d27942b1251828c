"""Workers say that they live, and a clock that jumps is not believed."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import pytest

from coldframe.outbox import holding, workers
from coldframe.outbox.workers import Pulse, Worker
from tests import world

pytestmark = pytest.mark.django_db

NOW = world.NOW


class Machine:
    """A machine whose clock on the wall can be set, and whose other clock cannot."""

    def __init__(self) -> None:
        self.passed = 1000.0
        self.wrong = timedelta(0)

    def elapsed(self) -> float:
        return self.passed

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.passed - 1000) + self.wrong

    def pulse(self, name: str = "w1", **options: bool) -> Pulse:
        made = Pulse(name=name, elapsed=self.elapsed, **options)
        made.start(at=self.now())
        return made


@pytest.fixture
def machine() -> Machine:
    return Machine()


def seconds(**length: float) -> float:
    return timedelta(**length).total_seconds()


def test_a_worker_is_alive_while_it_beats_and_dead_when_it_is_silent(machine):
    pulse = machine.pulse()
    machine.passed += 60
    pulse.beat(at=machine.now())

    [seen] = workers.list_workers(at=machine.now() + timedelta(seconds=80))
    assert (seen.name, seen.is_alive, seen.seen_at) == ("w1", True, NOW + timedelta(seconds=60))
    [seen] = workers.list_workers(at=machine.now() + timedelta(seconds=100))
    assert not seen.is_alive


def test_a_beat_that_comes_too_soon_writes_nothing(machine, django_assert_num_queries):
    pulse = machine.pulse()
    machine.passed += 1

    with django_assert_num_queries(0):
        assert pulse.beat(at=machine.now())


def test_a_worker_that_stops_by_itself_is_not_missed(machine):
    pulse = machine.pulse()

    pulse.stop(at=machine.now())

    assert workers.list_workers(at=machine.now()) == []


def test_workers_of_long_ago_are_forgotten(machine):
    machine.pulse("old")
    machine.passed += seconds(days=31)

    machine.pulse("new")

    assert list(Worker.objects.values_list("name", flat=True)) == ["new"]


@pytest.mark.parametrize(
    "jump", [{"hours": 1}, {"days": -1}, {"days": 3650}, {"days": -3650}, {"minutes": 16}]
)
def test_a_clock_that_jumps_is_not_believed_until_it_comes_back(machine, jump):
    pulse = machine.pulse()
    machine.wrong = timedelta(**jump)
    machine.passed += 20

    assert not pulse.beat(at=machine.now())
    assert [each.cause for each in holding.list_holds()] == ["CLOCK"]
    assert Worker.objects.get().seen_at == NOW, "a wrong clock leaves no mark"

    machine.wrong = timedelta(0)
    machine.passed += 20
    assert pulse.beat(at=machine.now())
    assert not holding.is_held()


def test_a_person_may_say_that_the_clock_is_right(machine):
    pulse = machine.pulse()
    machine.wrong = timedelta(hours=3)
    pulse.beat(at=machine.now())

    holding.lift(at=machine.now(), by="mia")

    assert pulse.beat(at=machine.now())
    assert not holding.is_held()
    machine.wrong = timedelta(0)
    assert not pulse.beat(at=machine.now()), "and back again is a jump like any other"


@pytest.mark.parametrize("jump", [{"seconds": 1}, {"minutes": 14}, {"minutes": -14}])
def test_a_small_correction_is_followed(machine, jump):
    pulse = machine.pulse()
    machine.wrong = timedelta(**jump)

    assert pulse.beat(at=machine.now())


def test_time_that_passes_without_a_beat_is_no_jump(machine):
    pulse = machine.pulse()
    machine.passed += seconds(hours=9)

    assert pulse.beat(at=machine.now()), "the machine slept"


def test_a_worker_started_by_a_clock_behind_what_was_seen_is_held(machine):
    machine.pulse()
    machine.passed += seconds(days=2)
    machine.pulse("w2").beat(at=machine.now())
    machine.wrong = timedelta(days=-1)

    late = machine.pulse("w3")

    assert (
        holding.find_hold().reason
        == "The clock says 2026-06-02 09:00 UTC, and 2026-06-03 09:00 has been seen before."
    )
    machine.wrong = timedelta(0)
    assert late.beat(at=machine.now())
    assert not holding.is_held()


def test_a_virtual_clock_may_jump_and_leaves_no_mark(machine):
    pulse = machine.pulse(is_virtual=True)
    machine.wrong = timedelta(days=400)

    assert pulse.beat(at=machine.now())
    machine.wrong = timedelta(0)
    machine.pulse("real")
    assert not holding.is_held()
    assert workers.latest_instant() == NOW


def test_a_pinned_clock_stands_still_and_the_worker_counts_all_the_same(machine):
    pulse = machine.pulse(is_pinned=True)
    machine.passed += seconds(hours=2)

    assert pulse.beat(at=NOW)
    assert [each.is_alive for each in workers.list_workers(at=NOW)] == [True]


def test_of_many_random_jumps_every_large_one_holds_and_every_return_lets_go(machine):
    chance = random.Random(7)
    pulse = machine.pulse()
    for _ in range(500):
        jump = timedelta(seconds=chance.choice([1, -1]) * 10 ** chance.uniform(0, 8.5))
        machine.wrong = jump
        machine.passed += chance.uniform(0, 60)
        is_believed = pulse.beat(at=machine.now())
        assert is_believed == (not holding.is_held()) == (abs(jump) <= timedelta(minutes=15))
        if is_believed and abs(jump) > timedelta(minutes=7):
            # What was believed once is where the next one starts from; begin again.
            pulse.believe(machine.now() - jump)
        machine.wrong = timedelta(0)
        assert pulse.beat(at=machine.now())
        assert not holding.is_held()
