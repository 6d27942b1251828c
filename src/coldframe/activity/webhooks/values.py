"""Values of a payload as texts, ids and instants; what is none of them is nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

MOST_ID, MOST_VALUE = 128, 2_000
#: An instant before this, or so far ahead of arrival, is none.
OLDEST, AHEAD = datetime(1990, 1, 1, tzinfo=UTC), timedelta(minutes=5)
#: From here on a number counts milliseconds: in seconds it would be the year 5138.
MILLISECONDS_FROM = 100_000_000_000


def text_of(value: Any) -> str:
    """Return a value as a text; an empty one for what is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value).replace("\x00", "").strip()[:MOST_VALUE]


def identifier(value: Any) -> str:
    """Return an id; one that is too long for the column by its digest, so that it is still one of its own."""
    text = text_of(value)
    return text if len(text) <= MOST_ID - len(":company") else digest_of(text)


def digest_of(item: Any) -> str:
    """Return what an item is known by that has no id: its content."""
    return blake2b(json.dumps(item, sort_keys=True).encode(), digest_size=16).hexdigest()


def instant_of(value: Any, *, latest: datetime) -> datetime | None:
    """
    Return an instant written as text or number; None for none, or for one that cannot be.

    >>> latest = datetime(2027, 1, 1, tzinfo=UTC)
    >>> instant_of("2026-07-13T21:44:51Z", latest=latest) == instant_of(1783979091000, latest=latest)
    True
    >>> instant_of("next week", latest=latest), instant_of(0, latest=latest), instant_of(True, latest=latest)
    (None, None, None)
    """
    try:
        if isinstance(value, bool):
            return None
        if isinstance(value, int | float):
            seconds = value / 1_000 if value >= MILLISECONDS_FROM else value
            found = datetime.fromtimestamp(seconds, tz=UTC)
        elif isinstance(value, str):
            found = datetime.fromisoformat(value.strip())
        else:
            return None
        found = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return found if OLDEST <= found <= latest else None
