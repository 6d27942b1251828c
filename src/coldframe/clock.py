"""The clock. Only the doors (web, cli) read it, once for each request or command."""

from __future__ import annotations

import os
from datetime import UTC, datetime


def now() -> datetime:
    """Return the present instant in UTC, or the one that ``COLDFRAME_NOW`` pins for a rehearsal or a test."""
    pinned = os.environ.get("COLDFRAME_NOW")
    if pinned:
        return datetime.fromisoformat(pinned).astimezone(UTC)
    return datetime.now(tz=UTC)  # noqa: TID251 - the one place.
