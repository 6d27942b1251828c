"""
When a message that was refused for now is tried again: ever later, spread, and not for ever.

Pure. The spread comes from the message's key, so that the same history gives the same instants.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

#: Grey-listing servers ask for a few minutes.
FIRST_DELAY = timedelta(minutes=5)
MOST_DELAY = timedelta(hours=4)
#: A delay is drawn from this share of itself on either side.
SPREAD = 0.25
#: After so long since the first refusal nothing is tried again.
MOST_AGE = timedelta(hours=72)


def delay(*, key: str, attempt_count: int) -> timedelta:
    """
    Return how long to wait after that many tries: doubled each time up to four hours, spread by a quarter.

    >>> [round(delay(key="touch:1", attempt_count=n).total_seconds() / 60) for n in (1, 2, 3, 9)]
    [5, 8, 16, 294]
    """
    plain = min(FIRST_DELAY * (1 << min(attempt_count - 1, 16)), MOST_DELAY)
    return plain * (1 + SPREAD * (2 * fraction(f"{key}#{attempt_count}") - 1))


def next_try(
    *, key: str, attempt_count: int, first_attempt_at: datetime | None, at: datetime
) -> datetime | None:
    """Return the instant of the next try, or None where the message has been refused for too long."""
    again_at = at + delay(key=key, attempt_count=attempt_count)
    return again_at if again_at <= (first_attempt_at or at) + MOST_AGE else None


def fraction(name: str) -> float:
    """Return a number from 0 to 1 that a name always gives."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big") / 2**64
