"""How working frames are computed: the same results for a handful of leads and for a million."""

from __future__ import annotations

import polars as pl

#: From so many rows on, sharing what several expressions have in common pays for looking for it.
MANY_ROWS = 10_000
#: From so many events on the streaming engine pays: less memory, and faster.
MANY_EVENTS = 100_000

_AS_WRITTEN = pl.QueryOptFlags.none()
_OPTIMIZED = pl.QueryOptFlags()


def collected(frame: pl.LazyFrame, *, rows: int) -> pl.DataFrame:
    """
    Compute a frame made from so many rows.

    A few rows are computed as written: to look for something better takes longer than the work itself.
    """
    return frame.collect(engine="in-memory", optimizations=_OPTIMIZED if rows >= MANY_ROWS else _AS_WRITTEN)


def aggregated(frame: pl.LazyFrame, *, events: int) -> pl.DataFrame:
    """Compute an aggregation of so many events."""
    if events >= MANY_EVENTS:
        return frame.collect(engine="streaming")
    return collected(frame, rows=events)
