"""Where the real material lies that the repository does not carry."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

FOLDER = Path(
    os.environ.get("COLDFRAME_SHARED_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data"
)


def folder(name: str) -> Path:
    """Return the folder of one set, or skip the test, naming the set."""
    path = FOLDER / name
    if not path.is_dir():
        pytest.skip(f"absent shared data: {name}")
    return path
