"""The clean playbook of ``shape.yaml``, changed in one place."""

from __future__ import annotations

from pathlib import Path

SHAPE = (Path(__file__).parent / "shape.yaml").read_text(encoding="utf-8")


def changed(old: str, new: str) -> str:
    """Return the shape with the last ``old`` replaced; a test that changes nothing is refused."""
    before, found, after = SHAPE.rpartition(old)
    assert found, f"shape.yaml holds no {old!r}"
    return before + new + after


def among_rules(leaf: str) -> str:
    """Return the shape with one fit rule more, which asks ``leaf``."""
    return changed(
        "    - {name: Core size,", f"    - {{name: Tried, when: {leaf}, points: 1}}\n    - {{name: Core size,"
    )
