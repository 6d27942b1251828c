"""Memory that was freed and yet not given back, and memory that will not be freed."""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def frozen() -> Iterator[None]:
    """
    Let what is there already be left out when Python looks for garbage, until the end of this.

    Some hundred thousand objects are there once all is imported, and none of them will be garbage; looking through them
    after each part came to a tenth of a whole assessment's processor time.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
