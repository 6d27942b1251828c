"""
When the content of a path is used up: for each lead on it, what the pool still has for it, a touch at a time.

A forecast, under the assumption that nothing else happens: the lead stays where it is, gets one content in the
middle of the path's cadence, and finds none by itself. Questions are not counted, for they end when they are
answered. Who is kept from contact until a fact ends it is left out: what it has not been sent is not used up.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import polars as pl

from coldframe.kernel.frames import INSTANT
from coldframe.kernel.planning.cadence import pace_of
from coldframe.kernel.planning.catalog import BITS_A_WORD, PROFILE, Catalog, catalog_of, word
from coldframe.kernel.planning.prepared import prepared_of
from coldframe.kernel.playbook.model import Playbook
from coldframe.kernel.vocabulary import TouchState
from coldframe.library.queries import ActivePlaybook
from coldframe.nurture import remembering
from coldframe.reports import outlooks
from coldframe.storage import reads

SECONDS, PATIENCE = 300.0, 100.0
PEOPLE = """
SELECT e.lead_id, s.stage, l.role, l.known_problem, s.segment
  FROM nurture_enrollment e
  JOIN nurture_standing s ON s.lead_id = e.lead_id
  JOIN leads_lead l ON l.id = e.lead_id
 WHERE e.path = {path} AND e.ended_at IS NULL AND l.voided_at IS NULL
"""
PEOPLE_SCHEMA: reads.Schema = {
    "lead_id": pl.Int64,
    "stage": pl.String,
    "role": pl.String,
    "known_problem": pl.String,
    "segment": pl.String,
}
TOUCHED = f"""
SELECT t.lead_id, t.content_key
  FROM nurture_enrollment e JOIN nurture_touch t ON t.lead_id = e.lead_id
 WHERE e.path = {{path}} AND e.ended_at IS NULL AND t.state <> {reads.text(TouchState.WITHDRAWN.value)}
"""
TOUCHED_SCHEMA: reads.Schema = {"lead_id": pl.Int64, "content_key": pl.String}


def forecast(path: str, *, active: ActivePlaybook, as_of: datetime) -> pl.DataFrame:
    """
    Return when each lead on a path runs out of content: ``lead_id``, ``left`` (contents), ``runs_out_at``.

    Remembered or new. A path that the playbook no longer has gives no rows.
    """
    ((name, make),) = making(path, active=active, as_of=as_of).items()
    return remembering.remember(name, make, seconds=SECONDS, patience=PATIENCE)


def making(path: str, *, active: ActivePlaybook, as_of: datetime) -> dict[str, Callable[[], pl.DataFrame]]:
    """Return the name under which the forecast of a path is remembered, and what makes it."""
    name = f"exhaustion {path} {active.number}"
    return {name: partial(forecast_now, path, playbook=active.playbook, as_of=as_of)}


def forecast_now(path: str, *, playbook: Playbook, as_of: datetime) -> pl.DataFrame:
    """Return when each lead on a path runs out of content, of this moment."""
    catalog = catalog_of(prepared_of(playbook))
    if path not in catalog.paths:
        return pl.DataFrame(schema={"lead_id": pl.Int64, "left": pl.Int64, "runs_out_at": INSTANT})
    pace = pace_of(catalog.paths[path], playbook)
    gap = timedelta(microseconds=(pace.least + pace.most) // 2)
    known = left(path, catalog)
    coming = outlooks.on_path(path).filter(pl.col("at").is_not_null() | (pl.col("state") == "EXHAUSTED"))
    begins = pl.max_horizontal("at", pl.lit(as_of).cast(INSTANT))
    out = pl.when(pl.col("left") == 0).then(pl.lit(as_of).cast(INSTANT)).otherwise(
        begins + pl.col("left") * pl.lit(gap)
    )  # fmt: skip
    return coming.join(known, on="lead_id").select("lead_id", "left", out.cast(INSTANT).alias("runs_out_at"))


def left(path: str, catalog: Catalog) -> pl.DataFrame:
    """Return how many contents of its pool a path still has for each lead on it: ``lead_id``, ``left``."""
    quoted = reads.text(path)
    people = reads.read_frame(PEOPLE.format(path=quoted), schema=PEOPLE_SCHEMA)
    touched = reads.read_frame(TOUCHED.format(path=quoted), schema=TOUCHED_SCHEMA)
    words = [word(i) for i in range(catalog.words)]
    had = touched.join(catalog.bits_by_key, on="content_key").group_by("lead_id")
    people = people.with_columns(pl.lit(path).alias("path"))
    kinds = people.select(list(PROFILE)).unique(maintain_order=True)
    kinds = kinds.hstack(offers(kinds, catalog))
    frame = people.join(kinds, on=list(PROFILE), how="left", nulls_equal=True)
    frame = frame.join(had.agg(pl.col(name).bitwise_or() for name in words), on="lead_id", how="left")
    open_words = [
        (pl.col(f"offered:{name}") & ~pl.col(name).fill_null(0)).bitwise_count_ones().cast(pl.Int64) for name in words
    ]  # fmt: skip
    return frame.select("lead_id", pl.sum_horizontal(open_words).alias("left"))


def offers(kinds: pl.DataFrame, catalog: Catalog) -> pl.DataFrame:
    """Return what the path has for each kind of lead, as words of bits."""
    masks = [sum(1 << each.number for each in catalog.offered(row)) for row in kinds.iter_rows()]
    low = (1 << BITS_A_WORD) - 1
    return pl.DataFrame(
        {
            f"offered:{word(i)}": pl.Series([mask >> (i * BITS_A_WORD) & low for mask in masks], dtype=pl.UInt64)
            for i in range(catalog.words)
        }
    )  # fmt: skip
