"""Many rows in one transaction: whoever waited is told once its row is safe, and only then."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

import pytest
from django.db import DataError, OperationalError

from coldframe.activity import arrivals
from coldframe.activity.arrivals import NewArrival
from coldframe.api.committing import Committer, NotStored
from tests.world import NOW


def row(number: int) -> NewArrival:
    return arrivals.calls(source_id=1, body=str(number).encode(), about={})


@dataclass
class Store:
    """Keeps transactions, and fails as it is told."""

    fail: Exception | None = None
    poison: bytes = b"none"
    #: Lets the writer go on.
    gate: threading.Event = field(default_factory=threading.Event)
    written: list[list[bytes]] = field(default_factory=list)
    noted: list[tuple[Mapping[int, datetime], Mapping[int, Mapping[str, int]]]] = field(default_factory=list)
    closed: int = 0

    def accept(self, rows: Sequence[NewArrival]) -> None:
        self.gate.wait(10)
        if self.fail:
            raise self.fail
        if self.poison in [each.body for each in rows]:
            raise DataError("poison")
        self.written.append([each.body for each in rows])

    def note(self, heard: Mapping[int, datetime], refused: Mapping[int, Mapping[str, int]]) -> None:
        self.noted.append((heard, refused))

    def now(self) -> datetime:
        return NOW

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def store() -> Store:
    found = Store()
    found.gate.set()
    return found


def put_all(committer: Committer, numbers: range) -> list[str]:
    """Put rows from a thread each; return how each ended."""

    def put(number: int) -> str:
        try:
            committer.put(row(number))
        except NotStored:
            return "refused"
        return "stored"

    with ThreadPoolExecutor(len(numbers)) as threads:
        return list(threads.map(put, numbers))


def test_what_waits_while_one_transaction_is_written_goes_into_the_next(store):
    store.gate.clear()
    committer = Committer(store=store)
    first = threading.Thread(target=committer.put, args=(row(0),))
    first.start()
    while not committer.writing:
        time.sleep(0.001)
    with ThreadPoolExecutor(20) as threads:
        ended = [threads.submit(committer.put, row(number)) for number in range(1, 21)]
        while len(committer.waiting) < 20:
            time.sleep(0.001)
        store.gate.set()
        for each in ended:
            each.result(10)
    first.join(10)

    assert [len(each) for each in store.written] == [1, 20]


def test_nobody_is_told_before_its_row_is_safe(store):
    store.gate.clear()
    committer = Committer(store=store, patience=0.05)

    with pytest.raises(NotStored):
        committer.put(row(1))
    assert store.written == []


def test_while_the_database_is_away_everybody_is_refused_and_afterwards_nobody(store):
    committer = Committer(store=store)
    store.fail = OperationalError("database is locked")
    assert set(put_all(committer, range(8))) == {"refused"}
    assert store.closed >= 1

    store.fail = None
    assert set(put_all(committer, range(8))) == {"stored"}


def test_one_row_that_cannot_be_stored_does_not_take_the_others_along(store):
    store.gate.clear()
    store.poison = b"3"
    committer = Committer(store=store)
    threading.Timer(0.2, store.gate.set).start()

    ended = put_all(committer, range(8))

    assert ended.count("refused") == 1
    assert ended[3] == "refused"
    assert sorted(body for rows in store.written for body in rows) == [
        b"0",
        b"1",
        b"2",
        b"4",
        b"5",
        b"6",
        b"7",
    ]


def test_nobody_joins_a_queue_that_is_stuck(store):
    now = [0.0]
    store.gate.clear()
    committer = Committer(store=store, elapsed=lambda: now[0], patience=0.3)
    threading.Thread(target=put_all, args=(committer, range(1))).start()
    while not committer.writing:
        time.sleep(0.001)
    now[0] = 6.0

    began = time.monotonic()
    with pytest.raises(NotStored):
        committer.put(row(1))
    assert time.monotonic() - began < 0.25
    store.gate.set()


def test_who_called_and_what_was_refused_is_noted_now_and_then_and_not_each_time(store):
    now = [100.0]
    committer = Committer(store=store, elapsed=lambda: now[0])
    for _ in range(3):
        committer.refuse(1, "too_often")
        committer.put(row(1))
    now[0] = 106.0
    committer.put(row(2))
    end = time.monotonic() + 10
    while len(store.noted) < 2 and time.monotonic() < end:
        time.sleep(0.005)

    assert len(store.noted) == 2
    assert sum(refused.get(1, {}).get("too_often", 0) for _, refused in store.noted) == 3
    assert {source_id: at for heard, _ in store.noted for source_id, at in heard.items()} == {1: NOW}
