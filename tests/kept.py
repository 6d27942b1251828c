"""A base that several tests look at, and that is made once for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction


@contextmanager
def around(blocker: Any) -> Iterator[None]:
    """
    Keep what is written within until the end of the block, for the tests that run meanwhile; then it is undone.

    Each of them sees what was kept, and what it writes itself is undone after it, as always. ``blocker`` is the fixture
    ``django_db_blocker``.
    """
    with blocker.unblock():
        whole = transaction.atomic()
        # As a test's own: what insists on being outermost is so, as far as it can be within a test.
        whole._from_testcase = True
        with whole:
            try:
                yield
            finally:
                transaction.set_rollback(True)
