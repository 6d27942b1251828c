"""A worker gives turns: to the cycle, to the outbox, to chores; it waits for what is next, and stops when told."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, OperationalError, connection, transaction

from coldframe.delivery import operations as delivery
from coldframe.leads import due
from coldframe.leads.models import AccountDue
from coldframe.nurture.models import Cycle, Touch
from coldframe.outbox import workers
from coldframe.outbox.models import OutboxMessage
from coldframe.work import loop, trades
from coldframe.work.clocks import LOOK, POLL, RealClock, VirtualClock, rounded_up
from coldframe.work.outages import Outage
from tests import world
from tests.nurture import cast
from tests.nurture.cast import DAY, HOUR
from tests.world import NOW

pytestmark = pytest.mark.django_db


def test_a_virtual_clock_jumps_from_one_thing_to_the_next_on_whole_steps() -> None:
    clock = VirtualClock(at=NOW, end=NOW + DAY, step=HOUR)

    clock.wait(NOW + timedelta(minutes=20))
    assert clock.now() == NOW + HOUR
    clock.wait(NOW)
    assert clock.now() == NOW + 2 * HOUR
    clock.wait(None)
    assert clock.now() == NOW + DAY
    clock.wait(NOW + 9 * DAY)
    assert clock.now() == NOW + DAY


@pytest.mark.parametrize(("minutes", "rounded"), [(0, 0), (1, 60), (59, 60), (60, 60), (61, 120)])
def test_instants_are_rounded_up(minutes: int, rounded: int) -> None:
    assert rounded_up(NOW + timedelta(minutes=minutes), HOUR) == NOW + timedelta(minutes=rounded)


def test_a_real_clock_waits_briefly_for_facts_arrive_unannounced() -> None:
    paused: list[float] = []
    clock = RealClock(read=lambda: NOW, pause=paused.append)

    waits = []
    for until in (None, NOW + DAY, NOW + timedelta(milliseconds=100), NOW - DAY):
        before = len(paused)
        clock.wait(until)
        waits.append(round(sum(paused[before:]), 3))

    assert waits == [POLL.total_seconds(), POLL.total_seconds(), 0.1, 0.01]


def test_a_real_clock_waits_no_longer_once_something_arrived_or_it_is_told_to_stop() -> None:
    paused: list[float] = []
    arrived = iter([False, True])
    clock = RealClock(read=lambda: NOW, pause=paused.append, has_arrived=lambda: next(arrived))

    clock.wait(None)
    RealClock(read=lambda: NOW, pause=lambda seconds: paused.append(seconds) or True).wait(None)

    assert paused == [LOOK.total_seconds()] * 3


def test_a_worker_lives_to_the_end_and_says_what_it_did() -> None:
    cast.use_playbook()
    cast.reader(1)
    clock = VirtualClock(at=NOW, end=NOW + 20 * DAY)

    totals = cast.worker(clock).run(until=clock.end)

    assert clock.now() == clock.end
    told = totals.as_json()
    assert told["SENT"] == Touch.objects.filter(state="SENT").count() >= 1
    assert told["candidates"] == told["touches"] + told["holds"]
    assert told["turns"] >= Cycle.objects.count()


def test_a_worker_without_work_jumps_to_the_end() -> None:
    cast.use_playbook()
    clock = VirtualClock(at=NOW, end=NOW + 365 * DAY)

    totals = cast.worker(clock).run(until=clock.end)

    assert totals.turns == 2


def test_a_worker_that_is_told_to_stop_takes_no_further_turn() -> None:
    cast.use_playbook()
    cast.reader(1)
    told = itertools.count()

    totals = cast.worker(VirtualClock(at=NOW, end=NOW + 365 * DAY)).run(stop=lambda: next(told) >= 3)

    assert totals.turns <= 3


def test_a_worker_whose_clock_is_not_believed_does_nothing() -> None:
    cast.use_playbook()
    cast.reader(1)
    clock = VirtualClock(at=NOW, end=NOW + DAY)
    worker = cast.worker(clock)
    worker.beat = lambda at: False

    worker.run(until=clock.end)

    assert Cycle.objects.count() == 0
    assert AccountDue.objects.exists()


def test_chores_are_done_every_so_often_and_again_when_the_clock_goes_back() -> None:
    cast.use_playbook()
    worker = cast.worker(VirtualClock(at=NOW, end=NOW))
    done: list[datetime] = []
    worker.chores = {"sweep": (HOUR, done.append)}

    for at in (NOW, NOW + HOUR / 2, NOW + HOUR, NOW + 3 * HOUR, NOW + 2 * HOUR):
        worker.turn(at)

    assert done == [NOW, NOW + HOUR, NOW + 3 * HOUR, NOW + 2 * HOUR]


def test_a_clock_that_jumps_ahead_by_years_makes_no_burst(monkeypatch: pytest.MonkeyPatch) -> None:
    cast.use_playbook()
    people = [cast.reader(number) for number in range(5)]
    cast.live(days=4)
    later = NOW + 300 * DAY

    cast.live(days=3, since=later)

    for reader in people:
        assert len([each for each in cast.touches(reader) if each.planned_for >= later]) <= 1


def test_a_fact_is_acted_on_in_the_next_turn() -> None:
    cast.use_playbook()
    reader = cast.reader(1)
    clock = VirtualClock(at=NOW, end=NOW + timedelta(seconds=1))
    worker = cast.worker(clock)
    worker.turn(NOW)
    world.event(reader, kind="form_submitted", form="demo")
    clock.at = NOW + timedelta(seconds=1)
    due.mark_due(account_ids=[reader.account_id], at=clock.at)

    assert worker.turn(clock.at) is True

    assert worker.totals.counts["handoffs"] == 1


def test_the_trades_know_every_kind_of_message_and_what_recurs() -> None:
    assert set(trades.handlers()) == {"touch", "confirmation", "notification", "status"}
    chores: dict[str, Any] = dict(trades.chores())
    assert {"doubts", "line", "tidy"} <= set(chores)
    for pause, chore in chores.values():
        assert pause >= timedelta(0)
        chore(NOW)


def test_totals_are_told_in_a_fixed_order() -> None:
    totals = loop.Totals(turns=2)
    totals.counts.update(touches=1, SENT=3)

    assert list(totals.as_json().items()) == [("turns", 2), ("SENT", 3), ("touches", 1)]


class Passing:
    """Time that passes by sleeping alone."""

    def __init__(self) -> None:
        self.passed = 0.0

    def sleep(self, seconds: float) -> None:
        self.passed += seconds

    def elapsed(self) -> float:
        return self.passed


def patient(worker: loop.Worker) -> Passing:
    time = Passing()
    worker.outage = Outage(sleep=time.sleep, elapsed=time.elapsed)
    return time


def test_a_database_that_fails_for_a_while_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    cast.use_playbook()
    reader = cast.reader(1)
    worker = cast.worker(VirtualClock(at=NOW, end=NOW + 4 * DAY))
    time, failures = patient(worker), iter([True] * 5)
    work = loop.cycle.run_due

    def flaky(**some: Any) -> Any:
        if next(failures, False):
            raise OperationalError("server closed the connection unexpectedly")
        return work(**some)

    monkeypatch.setattr(loop.cycle, "run_due", flaky)
    worker.run(until=NOW + 4 * DAY)

    assert [each.state for each in cast.touches(reader)] == ["SENT"]
    assert time.passed == 5 * worker.outage.pause
    assert [record.getMessage() for record in caplog.records if record.name.endswith("outages")] == [
        "the database failed",
        "the database answers again",
    ]


def test_a_worker_gives_up_on_a_database_that_stays_away(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = cast.worker(VirtualClock(at=NOW, end=NOW + DAY))
    time = patient(worker)

    def gone(**some: Any) -> Any:
        raise OperationalError("no route to host")

    monkeypatch.setattr(loop.cycle, "run_due", gone)
    with pytest.raises(OperationalError, match="no route to host"):
        worker.run(until=NOW + DAY)

    assert time.passed == worker.outage.patience


def test_a_statement_that_is_wrong_is_raised_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = cast.worker(VirtualClock(at=NOW, end=NOW + DAY))
    time = patient(worker)

    def wrong(**some: Any) -> Any:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM no_such_table")

    monkeypatch.setattr(loop.cycle, "run_due", wrong)
    with pytest.raises(DatabaseError):
        worker.run(until=NOW + DAY)

    assert time.passed == 0


def ended_process() -> int:
    """Return the number of a process that is no more."""
    done = subprocess.Popen([sys.executable, "-c", "pass"])
    done.wait()
    return done.pid


def held_by_a_worker(state: str, *, pid: int) -> Touch:
    """Return a planned touch whose message a worker of this machine holds."""
    cast.use_playbook()
    cast.reader(1)
    cast.all_due()
    delivery.ensure_local_connection(at=NOW)
    pulse = workers.Pulse(name=f"worker-{pid}")
    pulse.start(at=NOW)
    workers.Worker.objects.update(pid=pid)
    for hours in range(48):
        cast.decide(NOW + hours * HOUR)
        if OutboxMessage.objects.update(
            state=state, worker=pulse.name, token=7, lease_until=NOW + 99 * DAY, attempt_count=1
        ):
            return Touch.objects.get()
    raise AssertionError("no touch was planned within two days")


@pytest.mark.parametrize(("state", "then"), [("HANDING_OFF", "UNCERTAIN"), ("CLAIMED", "QUEUED")])
def test_what_a_killed_worker_held_is_taken_back_long_before_its_lease_ends(state: str, then: str) -> None:
    touch = held_by_a_worker(state, pid=ended_process())

    trades.recover_dead(NOW + 3 * DAY)

    touch.refresh_from_db()
    assert OutboxMessage.objects.get().state == then
    assert touch.state == ("UNCERTAIN" if then == "UNCERTAIN" else "PLANNED")
    assert workers.list_dead() == []


def test_what_a_living_worker_holds_is_left_to_it() -> None:
    held_by_a_worker("HANDING_OFF", pid=os.getpid())

    trades.recover_dead(NOW + 3 * DAY)

    assert OutboxMessage.objects.get().state == "HANDING_OFF"
