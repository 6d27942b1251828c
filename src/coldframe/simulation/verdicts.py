"""What the demo company's sales people say of the leads that are put before them, and how long they take."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b

from coldframe.kernel.vocabulary import Verdict

#: Answer, its share, and why; a share of the handoffs is never answered.
ANSWERS: tuple[tuple[Verdict, float, str], ...] = (
    (Verdict.ACCEPTED, 0.42, "worth a call"),
    (Verdict.NOT_NOW, 0.18, "budget comes later"),
    (Verdict.NEEDS_EDUCATION, 0.14, "does not know yet what it would change"),
    (Verdict.WRONG_PERSON, 0.08, "has no say in it"),
    (Verdict.NOT_A_FIT, 0.06, "works with another system for good"),
)
LATER = timedelta(days=60)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What is said of one handoff."""

    verdict: Verdict
    reason: str
    until: datetime | None


def answer(*, seed: int, lead: int, opened_at: datetime, at: datetime) -> Answer | None:
    """
    Return what sales says of a lead that was put before it, or None while it says nothing.

    The same seed gives the same answer. Most are given within a working day, some never.

    >>> from datetime import UTC
    >>> morning = datetime(2026, 6, 1, 9, tzinfo=UTC)
    >>> answer(seed=1, lead=7, opened_at=morning, at=morning) is None
    True
    """
    draw = luck(seed, lead, opened_at, "answer")
    takes = timedelta(hours=1 + 20 * luck(seed, lead, opened_at, "time"))
    if at < opened_at + takes:
        return None
    for verdict, share, reason in ANSWERS:
        if draw < share:
            until = at + LATER if verdict is Verdict.NOT_NOW else None
            return Answer(verdict=verdict, reason=reason, until=until)
        draw -= share
    return None


def luck(seed: int, lead: int, opened_at: datetime, about: str) -> float:
    """Return a number from 0 to 1 that depends on nothing but its arguments."""
    digest = blake2b(f"{seed}:{lead}:{opened_at.date()}:{about}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64
