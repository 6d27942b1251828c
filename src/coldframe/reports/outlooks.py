"""
What comes next for everybody who is on a path: one frame, from which pages and filters take their counts.

A lead's last hold says what is next and when, unless a touch is on its way. To look up the last hold of everybody
takes a while on a large base, so the frame is remembered for many times as long as it took to read.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta

import polars as pl
from django.db.models import Q
from django.db.models.expressions import RawSQL

from coldframe.kernel.frames import INSTANT
from coldframe.kernel.vocabulary import Refusal, TouchState
from coldframe.nurture import remembering
from coldframe.storage import reads

#: Under which the frame is remembered.
NAME = "outlooks"
SECONDS, PATIENCE = 30.0, 100.0
#: One row for each stay that has not ended. ``at``: when the touch is planned for, or when the hold is looked at again.
OUTLOOKS: reads.Schema = {
    "lead_id": pl.Int64,
    "path": pl.String,
    "state": pl.String,  # a word of EnrollmentState
    "is_planned": pl.Boolean,  # a touch is on its way
    "reason": pl.String,  # ? a word of HoldReason; null where a touch is on its way, or nobody has looked yet
    "at": INSTANT,  # ? null where only a fact ends the hold
    "content_key": pl.String,  # ? null where nothing is left
}
HELD = """
SELECT e.lead_id, e.path, e.state, h.reason, h.until, h.content_key
  FROM nurture_enrollment e
  LEFT JOIN nurture_hold h ON h.id = (SELECT MAX(m.id) FROM nurture_hold m WHERE m.lead_id = e.lead_id)
 WHERE e.ended_at IS NULL
   AND e.lead_id NOT IN (SELECT id FROM leads_lead WHERE voided_at IS NOT NULL)
"""
HELD_SCHEMA: reads.Schema = {
    "lead_id": pl.Int64,
    "path": pl.String,
    "state": pl.String,
    "reason": pl.String,
    "until": INSTANT,
    "held_key": pl.String,
}
PLANNED = f"""
SELECT lead_id, planned_for, content_key FROM nurture_touch WHERE state = {reads.text(TouchState.PLANNED.value)}
"""
PLANNED_SCHEMA: reads.Schema = {"lead_id": pl.Int64, "planned_for": INSTANT, "planned_key": pl.String}
#: Between the first and the last day of a range; either may be missing.
RANGE = ".."


class BadDays(Refusal):
    """A range of days cannot be read."""


def load() -> pl.DataFrame:
    """Return what comes next for everybody on a path (``OUTLOOKS``), remembered or new."""
    return remembering.remember(NAME, load_now, seconds=SECONDS, patience=PATIENCE)


def load_now() -> pl.DataFrame:
    """Return what comes next for everybody on a path, of this moment."""
    held = reads.read_frame(HELD, schema=HELD_SCHEMA)
    planned = reads.read_frame(PLANNED, schema=PLANNED_SCHEMA).unique("lead_id", keep="last")
    is_planned = pl.col("planned_for").is_not_null()
    return (
        held.join(planned, on="lead_id", how="left")
        .with_columns(
            is_planned.alias("is_planned"),
            pl.when(~is_planned).then("reason").alias("reason"),
            pl.when(is_planned).then("planned_for").otherwise("until").alias("at"),
            pl.when(is_planned).then("planned_key").otherwise("held_key").alias("content_key"),
        )
        .select(list(OUTLOOKS))
    )


def on_path(path: str) -> pl.DataFrame:
    """Return what comes next for everybody on one path."""
    return load().filter(pl.col("path") == path)


def count_held_with(content_key: str) -> int:
    """Return how many leads would get a content next, once what holds it back is over."""
    return held_with(content_key).height


def held_with(content_key: str) -> pl.DataFrame:
    """Return the rows of leads that would get a content next; those of whom only a fact ends the hold come last."""
    is_it = ~pl.col("is_planned") & (pl.col("content_key") == content_key)
    return load().filter(is_it).sort("at", "lead_id", nulls_last=True)


def where_held_with(content_key: str) -> Q:
    """Return the condition over leads that they would get a content next."""
    return among(held_with(content_key)["lead_id"].to_list())


def where_next(days: str) -> Q:
    """
    Return the condition over leads that their next touch falls on a day, ``2026-06-03``, or within ``first..last``.

    ``-``: no day is known. Raises ``BadDays``.
    """
    found = load().filter(pl.col("at").is_null() if days == "-" else pl.col("at").is_between(*span(days)))
    return among(found["lead_id"].to_list())


def span(days: str) -> tuple[datetime, datetime]:
    """Return the first and the last instant of a day or a range of days, UTC. Raises ``BadDays``."""
    first, between, last = days.partition(RANGE)
    begins = day(first) if first else date(1970, 1, 2)
    ends = (day(last) if last else date(9000, 1, 1)) if between else begins
    start = datetime.fromisoformat(f"{begins}T00:00:00+00:00")
    return start, datetime.fromisoformat(f"{ends}T00:00:00+00:00") + timedelta(days=1, microseconds=-1)


def day(text: str) -> date:
    """Return a day. Raises ``BadDays``."""
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise BadDays(
            "There is no such day.", expected='a day such as "2026-06-03", or a range with ".." between', got=f'"{text[:40]}"'
        ) from error  # fmt: skip
    if found.year not in range(1971, 9000):
        raise BadDays("There is no such day.", expected="a year from 1971 on", got=f'"{text[:40]}"')
    return found


def among(lead_ids: Collection[int]) -> Q:
    """Return the condition over leads that they are some of these, however many."""
    if not lead_ids:
        return Q(pk__in=[])
    sql = f"SELECT id FROM leads_lead WHERE {reads.among('id', lead_ids)}"
    return Q(pk__in=RawSQL(sql, ()))  # noqa: S611 - Numbers alone.
