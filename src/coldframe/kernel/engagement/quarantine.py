"""
The quarantine of clicks: what was clicked a moment ago decides nothing yet.

A click that is still in it is one that is still to come: it is put off to the instant at which it counts. So nothing
that looks at what has happened sees it, and whoever asks what comes next finds the end of the quarantine.
"""

from __future__ import annotations

from datetime import datetime

import polars as pl

from coldframe.kernel.engagement.limits import QUARANTINE
from coldframe.kernel.frames import INSTANT, empty

#: Kinds of events that may be a machine's doing, and count only after a while.
QUARANTINED_KINDS = ("link_clicked",)
#: What ``endings`` says of a click.
ENDINGS: dict[str, pl.DataType | type[pl.DataType]] = {"lead_id": pl.Int64, "ends_at": INSTANT}


def postponed(events: pl.DataFrame, shapes: pl.DataFrame, *, as_of: datetime) -> pl.DataFrame:
    """
    Return the events, each click that is not ``QUARANTINE`` old at the instant dated to when it will be.

    ``frames.EVENTS`` and ``frames.SHAPES`` as they were recorded: what has been put off must not be put off again.
    """
    is_recent = events["occurred_at"] > as_of - QUARANTINE
    if not is_recent.any():
        return events
    clicks = shapes.filter(pl.col("kind").is_in(QUARANTINED_KINDS))["shape_id"]
    if clicks.is_empty():
        return events
    is_put_off = is_recent & events["shape_id"].is_in(clicks.implode())
    counts_at = pl.col("occurred_at") + QUARANTINE
    return events.with_columns(
        pl.when(is_put_off).then(counts_at).otherwise("occurred_at").alias("occurred_at")
    )


def endings(events: pl.DataFrame, shapes: pl.DataFrame, *, as_of: datetime) -> pl.DataFrame:
    """Return ``lead_id`` and ``ends_at`` of each click that is in quarantine at the instant; ``events``: as ``postponed``."""
    is_near = (events["occurred_at"] > as_of) & (events["occurred_at"] <= as_of + QUARANTINE)
    if not is_near.any():
        return empty(ENDINGS)
    near = events.filter(is_near).select("lead_id", "shape_id", ends_at="occurred_at")
    clicks = shapes.filter(pl.col("kind").is_in(QUARANTINED_KINDS)).select("shape_id")
    return near.join(clicks, on="shape_id", how="semi").drop("shape_id")
