"""The clock. Only the doors (web, cli) read it, once for each request or command."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from coldframe.environment import BadSetting


def now() -> datetime:
    """Return the present instant in UTC, or the one that ``COLDFRAME_NOW`` pins for a rehearsal or a test.

    Raises ``BadSetting`` when what is pinned is no instant.
    """
    pinned = os.environ.get("COLDFRAME_NOW")
    if pinned:
        try:
            return datetime.fromisoformat(pinned).astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise BadSetting(
                f'COLDFRAME_NOW: expected an instant such as "2026-11-22T09:00:00+00:00", got "{pinned}". '
                "Leave it unset to use this machine's clock."
            ) from error
    return datetime.now(tz=UTC)  # noqa: TID251 - the one place.
