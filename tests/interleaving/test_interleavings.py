"""
No hand-over is marked after an opt-out or an exit that was committed, whatever the order of things.

In short; the long form is ``./coldframe-dev interleave``. A guard that answers what it saw earlier is found out.
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


def interleaved(*arguments: str) -> dict[str, Any]:
    """Run interleavings in a process of their own, on the kind of database of this run; return what came of it."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    if connection.vendor == "postgresql":
        given = connection.settings_dict
        environment["COLDFRAME_CRASH_SERVER"] = (
            f"postgresql://{given['USER']}@{given['HOST']}:{given['PORT'] or 5432}"
        )
    done = subprocess.run(
        [sys.executable, "-m", "tests.interleaving", *arguments, "--database", connection.vendor],
        env=environment, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.stdout.startswith("{"), done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_nothing_is_marked_after_an_opt_out_or_an_exit_in_any_drawn_order() -> None:
    found = interleaved("--count", "500")

    assert found["faults"] == {}
    assert found["deaths"] > 0
    assert {"claimed out", "out claimed", "claimed marked out sent"} <= found["orders"].keys()


def test_nothing_is_marked_after_an_opt_out_or_an_exit_by_threads_at_once() -> None:
    found = interleaved("--count", "250", "--way", "concurrent")

    assert found["faults"] == {}
    assert {"out", "marked out"} <= found["orders"].keys()


@pytest.mark.parametrize("way", ["cooperative", "concurrent"])
def test_a_guard_that_answers_what_it_saw_earlier_is_found_out(way: str) -> None:
    found = interleaved("--count", "250", "--way", way, "--design", "hasty")

    assert found["faults"]["marked_after_out"] > 0
