"""Many decide at once: the room at sales is never exceeded, and workers share without a double."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections

from coldframe.handoff import operations as handoffs
from coldframe.handoff.models import Handoff
from coldframe.leads import due
from coldframe.leads.models import AccountDue
from coldframe.library.queries import get_active_playbook
from coldframe.nurture import applying, cycle, ledger, operations
from coldframe.nurture.models import Standing, Touch, Transition
from coldframe.outbox.models import Attempt, OutboxMessage
from tests import on_disk, world
from tests.nurture import cast
from tests.nurture.cast import DAY, HOUR
from tests.world import NOW

CAPACITY = {"team: 40 a week": "team: 5 a week"}


def active(number: int, days: int = 6, **changes: Any) -> Any:
    """Add a reader whom a trigger that respects the capacity sends to sales."""
    reader = cast.reader(number, **changes)
    for day in range(days):
        world.event(reader, kind="page", path="/pricing", days_ago=day + 0.5)
    return reader


@pytest.mark.django_db
def test_the_best_get_the_room_the_others_wait_and_are_told_when_and_room_comes_back() -> None:
    cast.use_playbook(CAPACITY)
    people = [active(number, days=3 + number % 4) for number in range(9)]

    cast.decide()

    assert Handoff.objects.count() == 5
    waiting = Standing.objects.filter(status="NURTURE")
    assert waiting.count() == 4
    reasons = Transition.objects.filter(lead__in=waiting.values("lead_id")).values_list("reason", flat=True)
    assert set(reasons) == {"waits_for_room"}
    worst_in = min(
        Standing.objects.filter(status="SALES_REVIEW").values_list("account_intent_points", flat=True)
    )
    assert worst_in >= max(waiting.values_list("account_intent_points", flat=True))
    soonest = AccountDue.objects.filter(account_id__in=waiting.values("account_id")).values_list(
        "due_at", flat=True
    )
    assert max(soonest) <= NOW + 7 * DAY
    assert len(people) == 9


@pytest.mark.django_db
def test_hand_raises_never_wait_and_count_against_the_room() -> None:
    cast.use_playbook(CAPACITY)
    raised = [cast.reader(number) for number in range(7)]
    for reader in raised:
        world.event(reader, kind="form_submitted", form="demo", days_ago=0.1)
    active(8)

    cast.decide()

    assert set(Handoff.objects.values_list("lead_id", flat=True)) == {each.pk for each in raised}


@pytest.mark.django_db
def test_a_better_lead_that_is_decided_in_a_moment_keeps_its_room() -> None:
    cast.use_playbook({"team: 40 a week": "team: 1 a week"})
    weaker, better = active(1, days=3), active(2, days=9)
    operations.assess_all(as_of=NOW)

    first = due.claim_these(account_ids=[weaker.account_id], at=NOW, token=1, lease_until=NOW + HOUR)
    cycle.run_claimed(first, version=get_active_playbook(), as_of=NOW)
    assert Handoff.objects.count() == 0
    cast.decide(NOW)

    assert Handoff.objects.get().lead_id == better.pk


@pytest.mark.django_db
def test_a_cycle_decides_again_when_others_have_filled_the_room(monkeypatch: pytest.MonkeyPatch) -> None:
    cast.use_playbook(CAPACITY)
    for number in range(5):
        active(number)
    conclude, rounds = cycle.kernel.conclude, []

    def overtaken(proposed: Any, **some: Any) -> Any:
        found = conclude(proposed, **some)
        rounds.append(found.handoffs.height)
        if len(rounds) <= cycle.TRIES:
            # Somebody else takes one place after the room was counted.
            put_before_sales(100 + len(rounds))
        return found

    monkeypatch.setattr(cycle.kernel, "conclude", overtaken)
    cast.decide()

    assert rounds == [5, 4, 3, 2]
    assert Handoff.objects.count() == 5


def put_before_sales(number: int) -> None:
    company = world.account(name=f"Other {number}", domain=f"other{number}.example")
    lead = world.lead(company, email=f"other@other{number}.example")
    AccountDue.objects.filter(account=company).delete()
    Handoff.objects.create(
        lead=lead, account=company, episode=1, trigger="trigger:Ready", opened_at=NOW, deadline_at=NOW + DAY
    )


@pytest.mark.django_db
def test_nothing_is_kept_where_the_room_was_taken() -> None:
    cast.use_playbook(CAPACITY)
    active(1)
    claimed = due.claim(at=NOW, token=1, lease_until=NOW + HOUR, limit=10)
    version = cycle.library.ensure_active_playbook(at=NOW)
    decision, room = cycle.decided(claimed, version=version, as_of=NOW)
    put_before_sales(100)

    with pytest.raises(applying.RoomTaken):
        applying.apply(decision, room=room)

    assert Standing.objects.count() == Transition.objects.count() == 0
    assert Handoff.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_sixteen_cycles_at_once_never_exceed_the_room(tmp_path: Path) -> None:
    with on_disk.as_file(tmp_path):
        cast.use_playbook(CAPACITY)
        people = [active(number) for number in range(16)]
        # Each cycle would find room for its own if it counted only for itself.
        failures: list[BaseException] = []
        together = threading.Barrier(16)
        threads = [
            threading.Thread(target=decide_one, args=(each.account_id, together, failures)) for each in people
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert failures == []
        assert Handoff.objects.count() == 5
        assert Standing.objects.count() == 16
        assert ledger.find_unbalanced() == []


def decide_one(account_id: int, together: threading.Barrier, failures: list[BaseException]) -> None:
    try:
        together.wait(30)
        cycle.run_accounts(account_ids=[account_id], as_of=NOW, token=next(cast.TOKENS))
    except BaseException as error:  # noqa: BLE001 - told to the test's own thread.
        failures.append(error)
    finally:
        connections.close_all()


WORKER = """
import dataclasses, json, sys
from datetime import datetime
from coldframe.cli import start
start.open_database()
from coldframe.nurture import cycle
from coldframe.outbox import operations as outbox, terms
from coldframe.work import loop, trades
from coldframe.work.clocks import VirtualClock
from coldframe.cli.work import tokens
cycle.run_due.__kwdefaults__["limit"] = 3
outbox.run_turn.__kwdefaults__["terms"] = dataclasses.replace(terms.DEFAULT, batch=3)
at = datetime.fromisoformat(sys.argv[1])
worker = loop.Worker(name=sys.argv[2], clock=VirtualClock(at=at, end=at), handlers=trades.handlers(),
                     gate=trades.gate(), tokens=tokens())
print("ready", flush=True)
sys.stdin.readline()
print(json.dumps(worker.run(until=at).as_json()), flush=True)
"""


@pytest.mark.django_db(transaction=True)
def test_workers_share_the_work_without_a_double(tmp_path: Path) -> None:
    """Two on a server, four on SQLite, each a process of its own."""
    number = 4 if connection.vendor == "sqlite" else 2
    with on_disk.as_file(tmp_path) as environment:
        cast.use_playbook()
        cast.delivery.ensure_local_connection(at=NOW)
        for each in range(60):
            cast.reader(each)
        # The morning passes without anybody who hands over; then all work at once.
        at = NOW
        for _ in range(4):
            cast.decide(at)
            at += HOUR
        waiting = OutboxMessage.objects.filter(state="QUEUED").count()
        cast.all_due(at)
        connection.close()
        told = run_workers(number, at.isoformat(), environment)

        sent = Touch.objects.filter(state="SENT").count()
        assert waiting > 10
        assert sent >= waiting
        assert OutboxMessage.objects.filter(state="QUEUED").count() == 0
        assert Attempt.objects.filter(outcome="SENT").count() == sent
        assert set(Counter(Attempt.objects.values_list("message_id", flat=True)).values()) == {1}
        assert sum(each.get("accounts", 0) for each in told) >= 60
        assert sum(bool(each.get("accounts", 0) or each.get("SENT", 0)) for each in told) >= 2
        assert sum(each.get("SENT", 0) for each in told) == sent
        assert AccountDue.objects.exclude(lease_until=None).count() == 0
        assert ledger.find_unbalanced() == []


def run_workers(number: int, at: str, environment: dict[str, str]) -> list[dict[str, int]]:
    """Start workers, let them all begin at once; return what each did."""
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, at, f"worker{each}"],
            env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for each in range(number)
    ]  # fmt: skip
    for each in workers:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n", each.communicate()
    for each in workers:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    ends = [each.communicate(timeout=120) for each in workers]
    assert [each.returncode for each in workers] == [0] * number, ends
    assert not any("locked" in errors or "ERROR" in errors for _, errors in ends), ends
    return [json.loads(out) for out, _ in ends]


@pytest.mark.django_db
def test_capacity_is_one_row_for_each_team() -> None:
    handoffs.lock_capacity()
    handoffs.lock_capacity()

    assert handoffs.Capacity.objects.count() == 1
