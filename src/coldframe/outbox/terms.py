"""How patient the outbox is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The outbox's times and counts; the defaults suit mail."""

    #: Longer than the ten minutes that a mail server may take to answer the final dot.
    lease: timedelta = timedelta(minutes=15)
    #: A claim is renewed so often.
    beat: timedelta = timedelta(seconds=30)
    #: So much of the lease must be left when something irrevocable is done.
    margin: timedelta = timedelta(seconds=30)
    #: Messages of one lane claimed at a time.
    batch: int = 200
    #: So many workers may die while they hold a message; then it is put aside.
    most_deaths: int = 3
    #: A lane whose handler took nothing is asked again after so long.
    pause: timedelta = timedelta(seconds=10)
    #: How long a failing database is asked again before a hand-over is given up, and before results are.
    mark_patience: timedelta = timedelta(seconds=10)
    settle_patience: timedelta = timedelta(seconds=60)
    #: Reported results are committed no later than this, even when nothing more is handed over.
    report_age: timedelta = timedelta(seconds=1)


DEFAULT = Terms()
