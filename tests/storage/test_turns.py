"""Processes that write in turn."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction

from coldframe.storage import file_locks, turns

ASKS = "import fcntl, sys; fcntl.flock(open(sys.argv[1], 'w'), fcntl.LOCK_EX | fcntl.LOCK_NB)"


def another_process_may() -> bool:
    lock = Path(settings.HOME) / turns.NAME
    return subprocess.run([sys.executable, "-c", ASKS, str(lock)], stderr=subprocess.DEVNULL).returncode == 0


def test_another_process_waits_until_the_turn_is_over() -> None:
    with turns.taken():
        assert not another_process_may()

    assert another_process_may()


def test_a_turn_within_a_turn_does_not_wait_for_itself() -> None:
    with turns.taken():
        with turns.taken():
            pass

        assert not another_process_may()


def test_a_turn_that_ends_in_an_error_is_over() -> None:
    with pytest.raises(ValueError, match="no"), turns.taken():
        raise ValueError("no")

    assert another_process_may()


@pytest.mark.django_db(transaction=True)
def test_whoever_has_begun_a_transaction_waits_for_nobody() -> None:
    """Whoever has the turn may be waiting for that very transaction."""
    handle = os.open(Path(settings.HOME) / turns.NAME, os.O_CREAT | os.O_RDWR)
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        with transaction.atomic(), turns.taken():
            pass
    finally:
        os.close(handle)


def test_threads_of_one_process_take_turns_as_well() -> None:
    order: list[str] = []
    began = threading.Event()

    def other() -> None:
        began.set()
        with file_locks.waited_for(Path(settings.HOME) / turns.NAME):
            order.append("other")

    with turns.taken():
        thread = threading.Thread(target=other)
        thread.start()
        began.wait()
        thread.join(timeout=0.05)
        order.append("mine")
    thread.join()

    assert order == ["mine", "other"]
