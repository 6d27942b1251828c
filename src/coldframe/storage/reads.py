"""
Column-wise reads: SQL in, a frame of exactly the asked types out, the same on SQLite and PostgreSQL.

Two ways lead to the same frame. ``whole=True`` reads through ADBC over a connection of its own, for
commands that look at the whole base; everything else goes through Django's cursor and sees the
transaction it runs in. ADR 0007 says why they are never mixed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import polars as pl
from django.db import connection

from coldframe.storage import adbc
from coldframe.storage.literals import among, instant, runs_of, text

__all__ = [
    "Schema",
    "among",
    "as_schema",
    "at_once",
    "fetch_ids",
    "from_rows",
    "instant",
    "read_frame",
    "runs_of",
    "text",
]

Schema = adbc.Schema

#: Rows that are made into columns in one go: meanwhile no other thread of a server gets on, a million took two seconds.
ROWS_AT_A_TIME = 20_000
#: Bulk reads under way at a time: each opens a connection, and to a server that costs as much as reading a small table.
AT_ONCE = 3


def read_frame(sql: str, params: Sequence[Any] = (), *, schema: Schema, whole: bool = False) -> pl.DataFrame:
    """
    Return the rows of a SELECT, its columns in the order and with the types of ``schema``.

    The SELECT gives as many columns as the schema names, in its order; placeholders are ``%s``. On SQLite
    instants arrive as microseconds, switches as 0 and 1, days as ISO text: all become the schema's type.
    ``whole`` reads in bulk where that is possible (a database file or server, no open transaction), and
    takes whole numbers alone as parameters.
    """
    if whole and adbc.is_possible():
        found = adbc.fetch(sql % tuple(int(value) for value in params) if params else sql, schema=schema)
        return as_schema(found, schema)
    with connection.cursor() as cursor:
        cursor.execute(sql, list(params) or None)
        parts = [from_rows(rows, schema) for rows in iter(lambda: cursor.fetchmany(ROWS_AT_A_TIME), [])]
    return (
        pl.concat(parts, rechunk=True) if len(parts) > 1 else next(iter(parts), pl.DataFrame(schema=schema))
    )


def at_once(loads: Mapping[str, Callable[[], Any]]) -> dict[str, Any]:
    """
    Return what each of several bulk reads gives, all done at once.

    The drivers leave Python's lock while they read, so that threads use all cores; the longest should come first. Where
    bulk reading is not possible, they are done in turn over Django's connection, which belongs to this thread.
    """
    if not adbc.is_possible():
        return {name: load() for name, load in loads.items()}
    adbc.make_ready()
    with ThreadPoolExecutor(min(len(loads), AT_ONCE)) as threads:
        reading = {name: threads.submit(load) for name, load in loads.items()}
        return {name: each.result() for name, each in reading.items()}


def from_rows(rows: Sequence[Sequence[Any]], schema: Schema) -> pl.DataFrame:
    """Return rows of a database cursor as a frame of the schema's types."""
    if not rows:
        return pl.DataFrame(schema=schema)
    columns = [list(values) for values in zip(*rows, strict=True)]
    series = [column_of(*each) for each in zip(schema, columns, schema.values(), strict=True)]
    return as_schema(pl.DataFrame(series), schema)


def column_of(name: str, values: list[Any], dtype: pl.DataType | type[pl.DataType]) -> pl.Series:
    """Return one column; an empty or wholly missing one still gets its type."""
    if all(value is None for value in values):
        return pl.Series(name, values, dtype=dtype)
    return pl.Series(name, values, strict=False)


def as_schema(frame: pl.DataFrame, schema: Schema) -> pl.DataFrame:
    """Return the frame with the schema's names, by position, and its types."""
    if len(frame.columns) != len(schema):
        raise ValueError(f"expected {len(schema)} columns ({', '.join(schema)}), got {len(frame.columns)}")
    found = dict(zip(schema, frame.get_columns(), strict=True))
    return pl.DataFrame([converted(found[name], dtype).alias(name) for name, dtype in schema.items()])


def converted(column: pl.Series, wanted: pl.DataType | type[pl.DataType]) -> pl.Series:
    """Return the column as the wanted type, from what either database gives for it."""
    if column.dtype == wanted:
        return column
    if wanted == pl.Datetime("us", "UTC"):
        return as_instant(column)
    if wanted == pl.Date and column.dtype == pl.String:
        return column.str.to_date("%Y-%m-%d")
    return column.cast(wanted)


def as_instant(column: pl.Series) -> pl.Series:
    """Return microseconds since 1970 (SQLite) or time stamps (PostgreSQL) as instants in UTC."""
    if not isinstance(column.dtype, pl.Datetime):
        return column.cast(pl.Int64).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    utc = column if column.dtype.time_zone else column.dt.replace_time_zone("UTC")
    return utc.dt.convert_time_zone("UTC").dt.cast_time_unit("us")


def fetch_ids(sql: str, *, whole: bool = False) -> list[int]:
    """Return the one column of a small SELECT, read the way everything around it is."""
    return read_frame(sql, schema={"id": pl.Int64}, whole=whole)["id"].to_list()
