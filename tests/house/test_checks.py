"""The checks that keep the house in order, run as tests so that they are counted with the rest."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONGEST_FILE = 600
BIN = Path(sys.executable).parent


def run(*command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment)


@pytest.mark.parametrize(
    "command",
    [
        ("ruff", "check", "--no-cache", "."),
        ("ruff", "format", "--check", "--no-cache", "."),
        ("lint-imports", "--no-cache"),
    ],
    ids=" ".join,
)
def test_the_house_rules_hold(command: tuple[str, ...]) -> None:
    result = run(str(BIN / command[0]), *command[1:])

    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.slow
def test_types_hold() -> None:
    result = run(sys.executable, "-m", "mypy")

    assert result.returncode == 0, result.stdout[-6000:] + result.stderr[-2000:]


def test_no_source_file_is_too_long() -> None:
    sources = [path for folder in ("src", "tests", "bench") for path in (ROOT / folder).rglob("*.py")]

    too_long = {
        str(path.relative_to(ROOT)): count for path in sources if (count := lines(path)) > LONGEST_FILE
    }

    assert len(sources) > 50
    assert too_long == {}


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())
