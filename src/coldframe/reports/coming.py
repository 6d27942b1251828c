"""What comes next for everybody on a path: on which days, and what holds the others. Reads what is remembered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from coldframe.reports import outlooks, paths
from coldframe.reports.paths import Day


@dataclass(frozen=True, kw_only=True)
class Coming:
    """Everybody on a path, by what comes next; the days and the holds each name everybody once."""

    #: Days of the touches that are planned, or would be once what holds them is over.
    days: tuple[Day, ...]
    lead_count: int
    planned_count: int
    #: Word of ``HoldReason`` -> leads, the most frequent first.
    holds: dict[str, int]


def load(*, today: date) -> Coming:
    """Return what comes next, as it was remembered some moments ago."""
    frame = outlooks.load()
    held = frame.filter(pl.col("reason").is_not_null()).group_by("reason").len("count")
    return Coming(
        days=paths.days_of(frame, today=today),
        lead_count=frame.height,
        planned_count=int(frame["is_planned"].sum()),
        holds=dict(held.sort("count", "reason", descending=[True, False]).iter_rows()),
    )
