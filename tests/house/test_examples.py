"""What a docstring shows is what happens."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
#: Only modules that show something are imported for it.
PROMPT = ">" * 3
SHOWING = [
    path
    for folder in ("src", "tests")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if PROMPT in path.read_text(encoding="utf-8")
]


def name_of(path: Path) -> str:
    """Return the name under which a file is imported."""
    inside = path.relative_to(ROOT / "src" if path.is_relative_to(ROOT / "src") else ROOT)
    return ".".join(inside.with_suffix("").parts).removesuffix(".__init__")


@pytest.mark.parametrize("path", SHOWING, ids=name_of)
def test_the_examples_of_a_module_hold(path: Path) -> None:
    found = doctest.testmod(import_module(name_of(path)))

    assert found.failed == 0
    assert found.attempted > 0
