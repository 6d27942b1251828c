"""Many handoffs at once keep to the room there is and drop nobody; ``coldframe-dev handoffs`` runs a thousand rounds."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(*words: str, database: str = "sqlite") -> tuple[int, dict[str, Any]]:
    """Run the command in a process of its own, for it has a database of its own."""
    command = [sys.executable, "-m", "tests.handoff.parallel", *words, "--database", database]
    environment = {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "PATH": "/usr/bin:/bin"}
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment, timeout=400)
    return found.returncode, json.loads(found.stdout or "{}")


@pytest.mark.slow
def test_sixteen_at_once_keep_to_the_room_and_nobody_is_dropped() -> None:
    code, found = run("--rounds", "5")

    assert (code, found["faults"], found["parallel"]) == (0, {}, 80)
    assert found["granted"] > found["raised"] > 0
    assert found["waited"] > 0


@pytest.mark.slow
@pytest.mark.postgresql
@pytest.mark.django_db
def test_several_writers_keep_to_it_too_and_a_hasty_one_is_caught() -> None:
    code, found = run("--rounds", "5", database="postgresql")
    hasty_code, hasty = run("--rounds", "5", "--design", "hasty", database="postgresql")

    assert (code, found["faults"]) == (0, {})
    assert hasty_code == 1
    assert hasty["faults"]["beyond the team's room"] > 0
