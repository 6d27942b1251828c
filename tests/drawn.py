"""How many examples property tests draw: few and the same each time, or many new ones when one explores."""

from __future__ import annotations

import os

#: ``COLDFRAME_EXPLORE=yes`` looks for new examples.
EXPLORES = os.environ.get("COLDFRAME_EXPLORE") == "yes"
#: Where a test does not say.
USUAL = 30
#: How many times as many are drawn when one explores.
MORE = 10


def examples(count: int) -> int:
    """Return how many examples a test draws for which so many will do every day."""
    return count * MORE if EXPLORES else count
