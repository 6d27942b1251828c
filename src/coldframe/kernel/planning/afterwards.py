"""The facts as they are once a cycle's decisions have been applied: what ``nurture`` persists, in memory."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from coldframe.kernel.frames import ENROLLMENTS, HANDOFFS, INSTANT, TOUCHES
from coldframe.kernel.playbook import expressions
from coldframe.kernel.vocabulary import HandoffState, TouchState


def leads_after(leads: pl.DataFrame, assessed: pl.DataFrame, *, as_of: datetime) -> pl.DataFrame:
    """Return the leads with the status that follows, since now where it changed."""
    missing = {"status": pl.String(), "status_since": INSTANT}
    added = [
        pl.lit(None, dtype=dtype).alias(name) for name, dtype in missing.items() if name not in leads.columns
    ]
    after = assessed.select("lead_id", pl.col("status").alias("after"))
    joined = leads.with_columns(added).join(after, on="lead_id", how="left", maintain_order="left")
    status = pl.coalesce("after", "status")
    moved = status.ne_missing(pl.col("status"))
    since = pl.when(moved).then(expressions.instant(as_of)).otherwise("status_since")
    return joined.with_columns(since.alias("status_since"), status.alias("status")).drop("after")


def enrollments_after(enrollments: pl.DataFrame, changes: pl.DataFrame) -> pl.DataFrame:
    """Return one row per lead: the last change of a lead is how its enrollment stands."""
    last = changes.unique("lead_id", keep="last", maintain_order=True).select(list(ENROLLMENTS))
    return pl.concat([enrollments.join(last, on="lead_id", how="anti"), last]).sort("lead_id")


def handoffs_after(handoffs: pl.DataFrame, opened: pl.DataFrame, ended: pl.DataFrame) -> pl.DataFrame:
    """Return the handoffs with those that ended, and the new ones."""
    after = ended.select("lead_id", pl.col("state").alias("after"))
    is_open = pl.col("state") == HandoffState.OPEN.value
    state = pl.when(is_open).then(pl.coalesce("after", "state")).otherwise("state")
    kept = handoffs.join(after, on="lead_id", how="left", maintain_order="left").with_columns(
        state.alias("state")
    )
    new = opened.with_columns(pl.lit(HandoffState.OPEN.value).alias("state"))
    return pl.concat(
        [kept.drop("after"), new.select(name for name in HANDOFFS if name in new.columns)], how="diagonal"
    )


def touches_after(
    touches: pl.DataFrame, plans: pl.DataFrame, *, state: TouchState, as_of: datetime
) -> pl.DataFrame:
    """Return the touches with those that were planned, in the given state."""
    made = plans.filter("is_touch").with_columns(
        pl.lit(state.value).alias("state"), expressions.instant(as_of).alias("at")
    )
    return pl.concat([touches, made.select(pl.col(name).cast(dtype) for name, dtype in TOUCHES.items())])
