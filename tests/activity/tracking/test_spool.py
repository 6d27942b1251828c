"""Hits wait in files, and are taken in once each, whoever is killed and whatever is down."""

from __future__ import annotations

import errno
import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError

from coldframe.activity import arrivals, digesting
from coldframe.activity.models import Arrival, Event
from coldframe.activity.tracking import noting, spool
from coldframe.activity.tracking.spool import Full, Spool
from coldframe.activity.tracking.tokens import Link
from coldframe.work import trades
from tests import world
from tests.web import nurtured
from tests.world import NOW


def body(number: int) -> bytes:
    return json.dumps({"id": str(number)}).encode()


def numbers() -> list[int]:
    return sorted(int(json.loads(bytes(each.body))["id"]) for each in Arrival.objects.filter(kind="HIT"))


def append(file: Spool, *some: int) -> None:
    for number in some:
        file.append(body(number))


@pytest.mark.django_db
def test_what_was_written_down_is_taken_in_once(tmp_path: Path) -> None:
    file = Spool(tmp_path / "spool")
    append(file, 1, 2, 3)

    counts = [spool.take_in(tmp_path / "spool", at=NOW) for _ in range(2)]

    assert counts == [3, 0]
    assert numbers() == [1, 2, 3]
    assert list((tmp_path / "spool").iterdir()) == []
    assert {each.received_at for each in Arrival.objects.all()} == {NOW}


@pytest.mark.django_db
def test_a_process_goes_on_in_a_new_file_once_the_worker_took_the_last(tmp_path: Path) -> None:
    file = Spool(tmp_path)
    append(file, 1)
    spool.take_in(tmp_path, at=NOW)
    append(file, 2)
    append(Spool(tmp_path), 3)

    assert spool.take_in(tmp_path, at=NOW) == 2
    assert numbers() == [1, 2, 3]


@pytest.mark.django_db
def test_nothing_is_lost_while_many_write_and_a_worker_takes(tmp_path: Path) -> None:
    files = [Spool(tmp_path) for _ in range(2)]
    threads = [
        threading.Thread(target=append, args=(files[number % 2], *range(number * 100, number * 100 + 100)))
        for number in range(6)
    ]

    for each in threads:
        each.start()
    while any(each.is_alive() for each in threads):
        spool.take_in(tmp_path, at=NOW)
    for each in threads:
        each.join()
    spool.take_in(tmp_path, at=NOW)

    assert numbers() == list(range(600))


@pytest.mark.django_db
def test_the_file_of_a_worker_that_was_killed_is_the_next_ones(tmp_path: Path) -> None:
    append(Spool(tmp_path), 1)
    [path] = spool.closed(tmp_path)

    with spool.taken(path) as held:
        assert held is not None
        assert spool.take_in(tmp_path, at=NOW) == 0

    assert path.exists()
    assert spool.take_in(tmp_path, at=NOW) == 1


@pytest.mark.django_db
def test_a_database_that_fails_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    append(Spool(tmp_path), 1, 2)

    def fail(*_: Any, **__: Any) -> int:
        raise OperationalError("database is locked")

    with monkeypatch.context() as broken:
        broken.setattr(arrivals, "accept", fail)
        with pytest.raises(OperationalError):
            spool.take_in(tmp_path, at=NOW)

    assert spool.waiting(tmp_path) > 0
    assert spool.take_in(tmp_path, at=NOW) == 2
    assert (numbers(), spool.waiting(tmp_path)) == ([1, 2], 0)


@pytest.mark.django_db
@pytest.mark.parametrize("torn", [b'{"id": "9"', b'{"id": "9"}', b"\0" * 50, b"\xff\xfe\n", b"7\n"])
def test_a_torn_last_line_is_put_aside_and_stops_nothing(tmp_path: Path, torn: bytes) -> None:
    append(Spool(tmp_path), 1, 2)
    [path] = tmp_path.iterdir()
    path.write_bytes(path.read_bytes() + torn)

    assert spool.take_in(tmp_path, at=NOW) == 2

    assert numbers() == [1, 2]
    [odd] = tmp_path.iterdir()
    assert (odd.suffix, odd.read_bytes()) == (spool.ODD, torn)


@pytest.mark.django_db
def test_a_full_disk_leaves_no_half_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, write = Spool(tmp_path), os.write
    append(file, 1)

    for written in (5, OSError(errno.ENOSPC, "No space left on device")):

        def short(where: int, line: bytes, written: Any = written) -> int:
            if isinstance(written, OSError):
                raise written
            return write(where, line[:written])

        with monkeypatch.context() as broken:
            broken.setattr(os, "write", short)
            with pytest.raises(Full):
                file.append(body(2))
    append(file, 3)

    assert spool.take_in(tmp_path, at=NOW) == 2
    assert numbers() == [1, 3]


def test_a_process_writes_no_more_than_its_share_before_a_worker_comes(tmp_path: Path) -> None:
    file = Spool(tmp_path, most_bytes=30)
    append(file, 1, 2)

    with pytest.raises(Full, match="waiting for a worker"):
        append(file, 3)


def test_several_hits_are_made_durable_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, synced, sync = Spool(tmp_path), [], os.fdatasync
    holding = threading.Event()

    def slow(where: int) -> None:
        synced.append(where)
        if len(synced) == 1:
            holding.wait(30)
        sync(where)

    monkeypatch.setattr(os, "fdatasync", slow)
    threads = [threading.Thread(target=append, args=(file, number)) for number in range(8)]
    for each in threads:
        each.start()
    while file.written < 8:
        pass
    holding.set()
    for each in threads:
        each.join()

    assert len(synced) == 2


def test_a_folder_that_cannot_be_written_refuses(tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("a file")

    with pytest.raises(Full):
        Spool(tmp_path / "spool").append(body(1))
    assert spool.take_in(tmp_path / "spool", at=NOW) == 0


@pytest.mark.django_db
def test_a_hit_that_a_killed_worker_stored_already_counts_once(tmp_path: Path) -> None:
    anna = world.anna()
    touch = nurtured.touch(anna, nurtured.enroll(anna))
    seen = noting.Seen(method="GET", address="192.0.2.1", headers={"User-Agent": "Mozilla/5.0 (X11; Linux)"})
    link = Link(touch.public_id, 0, 1, "https://ours.example/guide")
    file = Spool(tmp_path)
    for each in (noting.click(link, seen, at=NOW) for _ in range(2)):
        file.append(each.as_body())
    [path] = spool.closed(tmp_path)
    written = path.read_bytes()

    for _ in range(2):
        # Stored, and killed before the file was gone.
        path.write_bytes(written)
        assert spool.take_in(tmp_path, at=NOW) == 2
        digesting.run_turn(digesters=trades.digesters(), at=NOW)

    assert Arrival.objects.count() == 0
    assert Event.objects.filter(lead=anna, shape__kind="link_clicked").count() == 2
