"""
Workers killed in the middle of it, in short; the long form is ``./coldframe-dev crashtest``.

Nothing is sent twice, nothing is lost, and what cannot be known is little and shown. The same harness finds out
the two naive designs, so that its silence means something.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db

KILLS = "30"


def crashtest(*arguments: str) -> dict[str, Any]:
    """Run a mode in a process of its own, on the kind of database of this run; return what came of it."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    if connection.vendor == "postgresql":
        given = connection.settings_dict
        environment["COLDFRAME_CRASH_SERVER"] = (
            f"postgresql://{given['USER']}@{given['HOST']}:{given['PORT'] or 5432}"
        )
    done = subprocess.run(
        [sys.executable, "-m", "tests.crash", *arguments, "--database", connection.vendor],
        env=environment, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.stdout.startswith("{"), done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_worker_killed_at_any_moment_sends_nothing_twice_and_loses_nothing() -> None:
    found = crashtest("kills", "--kills", KILLS)

    assert found["faults"] == {}
    assert found["hit_rate"] >= 0.25
    assert found["by_state"].keys() <= {"SENT", "UNCERTAIN"}


def test_a_worker_killed_at_every_boundary_sends_nothing_twice_and_loses_nothing() -> None:
    found = crashtest("boundaries")

    assert found["faults"] == {}
    assert found["boundaries"] >= 30
    assert {"_commit", "send", "recv", "fdatasync"} <= found["by_kind"].keys()


def test_a_worker_that_is_stopped_past_its_lease_undoes_nothing_of_its_successor() -> None:
    found = crashtest("stalls", "--rounds", "4")

    assert found["faults"] == {}
    assert found["stalled_in_a_send"] > 0


@pytest.mark.parametrize(("design", "fault"), [("send-then-mark", "duplicates"), ("mark-then-send", "lost")])
def test_the_harness_finds_out_a_naive_design(design: str, fault: str) -> None:
    found = crashtest("kills", "--kills", KILLS, "--design", design)

    assert found["faults"].get(fault, 0) >= 3


def test_a_receiver_killed_at_any_moment_loses_nothing_it_acknowledged_and_counts_nothing_twice() -> None:
    found = crashtest("receiver", "--kills", "8")

    assert found["faults"] == {}
    assert found["acknowledged"] > 8


def test_the_harness_finds_out_a_receiver_that_answers_first() -> None:
    found = crashtest("receiver", "--kills", "4", "--design", "answer-first")

    assert found["faults"].get("missing", 0) >= 3
