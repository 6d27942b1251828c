"""
Events and their shapes as the frames of ``kernel.frames``: whole, or for some accounts.

Events of undone imports, of voided leads, and of nobody known are left out.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

import polars as pl
from django.db import connection

from coldframe.activity.models import Event
from coldframe.kernel import frames
from coldframe.kernel.frames import INSTANT
from coldframe.kernel.vocabulary import P_HUMAN, Evidence
from coldframe.leads.models import ImportBatch
from coldframe.storage import reads

#: Each column costs about as much as the next, whatever is in it, so that three small numbers travel in one:
#: the evidence below, then the shape (up to 2**28), then the lead (up to 2**33).
SHAPE_FROM, LEAD_FROM = 2**2, 2**30
PACKED_SQL = f"lead_id * {LEAD_FROM} + shape_id * {SHAPE_FROM} + evidence"
PACKED: reads.Schema = {"about": pl.Int64, "occurred_at": INSTANT}
#: Position: the code that the column ``evidence`` holds.
P_HUMAN_OF_CODE = pl.Series(
    [P_HUMAN[Evidence(code.name)] for code in sorted(Event.EvidenceCode)], dtype=frames.EVENTS["p_human"]
)
#: A base with fewer events than this is read in one go; more, in two halves at once.
HALVES_FROM = 200_000


def load_events_frame(
    *,
    account_ids: Collection[int] | None = None,
    kinds: Collection[str] | None = None,
    whole: bool = False,
) -> pl.DataFrame:
    """Return one row per event of a lead, in no order: ``kernel.frames.EVENTS``; only ``kinds``, where given."""
    where = " AND ".join(conditions(account_ids=account_ids, kinds=kinds, whole=whole))
    sql = f"SELECT {PACKED_SQL}, occurred_at FROM activity_event WHERE {where}"
    return read_halves(sql) if whole else read_events(sql, whole=False)


def read_events(sql: str, *, whole: bool) -> pl.DataFrame:
    return unpacked(reads.read_frame(sql, schema=PACKED, whole=whole))


def unpacked(events: pl.DataFrame) -> pl.DataFrame:
    """Return ``PACKED`` rows as events."""
    about = pl.col("about")
    code = events.select(about % SHAPE_FROM).to_series()
    return events.select(
        (about // LEAD_FROM).alias("lead_id"),
        (about % LEAD_FROM // SHAPE_FROM).alias("shape_id"),
        "occurred_at",
        P_HUMAN_OF_CODE.gather(code).alias("p_human"),
    )


def conditions(
    *, account_ids: Collection[int] | None, kinds: Collection[str] | None, whole: bool
) -> list[str]:
    """Return the SQL conditions for events that count; none that every event meets anyway."""
    # Adding nothing keeps a bulk read from looking up each row of a range through the accounts' index.
    found = ["lead_id IS NOT NULL", reads.among("account_id + 0" if whole else "account_id", account_ids)]
    state = reads.text(ImportBatch.State.UNDONE)
    undone = reads.fetch_ids(f"SELECT id FROM leads_importbatch WHERE state = {state}", whole=whole)
    if undone:
        found.append(f"(batch_id IS NULL OR NOT {reads.among('batch_id', undone)})")
    # In the order of the index that holds the voided alone: else SQLite looks at every lead to find that there is none.
    voided = "SELECT id FROM leads_lead WHERE voided_at IS NOT NULL ORDER BY email LIMIT 1"
    if reads.fetch_ids(voided, whole=whole):
        found.append("lead_id IN (SELECT id FROM leads_lead WHERE voided_at IS NULL)")
    if kinds is not None:
        words = ", ".join(map(reads.text, sorted(kinds))) or "NULL"
        others = reads.fetch_ids(
            f"SELECT id FROM activity_eventshape WHERE kind NOT IN ({words})", whole=whole
        )
        if others:
            found.append(f"NOT {reads.among('shape_id', others)}")
    return found


def read_halves(sql: str) -> pl.DataFrame:
    """Return the events read over two connections at once, each half of the table; one would leave a core idle."""
    ends = [f"SELECT COALESCE({end}(id), 0) FROM activity_event" for end in ("MIN", "MAX")]
    first, last = (reads.fetch_ids(each, whole=True)[0] for each in ends)
    if last - first < HALVES_FROM:
        return read_events(sql, whole=True)
    # Each half is unpacked where it was read, so that what it was packed in is gone the sooner.
    loads = {half: partial(read_events, f"{sql} AND {half}", whole=True) for half in halves(first, last)}
    found: dict[str, pl.DataFrame] = reads.at_once(loads)
    return pl.concat(found.values())


def halves(first: int, last: int) -> tuple[str, str]:
    """
    Return the SQL conditions of two halves of the events, whose ids are from ``first`` to ``last``.

    PostgreSQL reads pages one after another in half the time that it takes to go there by the ids.
    """
    if connection.vendor == "postgresql":
        pages = "pg_relation_size('activity_event') / current_setting('block_size')::int"
        middle = f"'({reads.fetch_ids(f'SELECT {pages}', whole=True)[0] // 2},0)'::tid"
        return f"ctid < {middle}", f"ctid >= {middle}"
    return f"id <= {(first + last) // 2}", f"id > {(first + last) // 2}"


def load_shapes_frame(
    *,
    account_ids: Collection[int] | None = None,
    shape_ids: Collection[int] | None = None,
    whole: bool = False,
) -> pl.DataFrame:
    """
    Return one row per shape, ordered by ``shape_id``: ``kernel.frames.SHAPES``; those of the accounts' events.

    ``shape_ids``: those of the events, where they are at hand; looking them up takes half as long as the events.
    """
    used = "" if shape_ids is None else f"WHERE {reads.among('id', shape_ids)}"
    if account_ids is not None and shape_ids is None:
        used = f"WHERE id IN (SELECT shape_id FROM activity_event WHERE {reads.among('account_id', account_ids)})"
    sql = f"SELECT id, kind, path, form, asset, topic, campaign FROM activity_eventshape {used} ORDER BY id"
    return reads.read_frame(sql, schema=frames.SHAPES, whole=whole)
