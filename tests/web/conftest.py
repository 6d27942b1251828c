"""What every test of the pages starts from."""

from __future__ import annotations

import pytest

from coldframe.nurture import remembering


@pytest.fixture(autouse=True)
def nothing_remembered():
    """Count anew: the numbers of another test's base must not be shown."""
    remembering.forget()
