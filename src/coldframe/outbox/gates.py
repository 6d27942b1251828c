"""The gate that is always open, for messages without limits and for tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from coldframe.outbox.handlers import Answer, Claimed, Opening


class OpenGate:
    """Lets everything through."""

    def openings(self, lanes: Sequence[str], *, at: datetime) -> dict[str, Opening]:
        """Return no limits."""
        return {}

    def take(self, lane: str, domains: Sequence[str], *, at: datetime) -> list[datetime | None]:
        """Grant everything."""
        return [None] * len(domains)

    def check(self, messages: Sequence[Claimed], *, at: datetime) -> dict[int, datetime | None]:
        """Say nothing against it."""
        return {}

    def count(self, lane: str, answers: Sequence[Answer], *, at: datetime) -> None:
        """Keep no count."""


OPEN = OpenGate()
