"""Memory that was freed and yet not given back."""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any


def release() -> None:
    """
    Give what the drivers have freed back to the system; nothing where the C library cannot be told so.

    glibc keeps freed memory for each thread that asked for it. With a few threads that read in bulk this came
    to a tenth of the peak of a whole assessment; giving it back takes a few milliseconds.
    """
    trim = trimmer()
    if trim:
        trim(0)


@cache
def trimmer() -> Any:
    """Return glibc's ``malloc_trim``; None with another C library."""
    try:
        return ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError, TypeError):
        return None
