"""
What is written into SQL as it stands: instants, texts, and lists of ids.

Apart from ``storage.reads``, which hands it on, so that whoever only writes does not load Polars.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import connection

from coldframe.storage.instants import to_micros

#: More comparisons than this for each row cost more than looking the id up in a list.
MOST_RUNS = 8


def among(column: str, ids: Collection[int] | None) -> str:
    """Return the SQL condition that a column holds one of these ids; runs of ids are one comparison each."""
    if ids is None:
        return "1 = 1"
    runs = [(ids.start, ids.stop - 1)] if isinstance(ids, range) and ids.step == 1 and ids else runs_of(ids)
    if len(runs) > MOST_RUNS:
        return f"{column} IN ({', '.join(str(int(each)) for each in ids)})"
    parts = [
        f"{column} = {first}" if first == last else f"{column} BETWEEN {first} AND {last}"
        for first, last in runs
    ]
    return f"({' OR '.join(parts)})" if parts else "1 = 0"


def runs_of(ids: Collection[int]) -> list[tuple[int, int]]:
    """Return first and last of each run of consecutive numbers."""
    runs: list[tuple[int, int]] = []
    for each in sorted(set(ids)):
        if runs and runs[-1][1] == each - 1:
            runs[-1] = (runs[-1][0], each)
        else:
            runs.append((each, each))
    return runs


def instant(value: datetime) -> str:
    """Return an instant as an SQL literal of the connected database."""
    if connection.vendor == "postgresql":
        return f"TIMESTAMPTZ '{value.isoformat()}'"
    return str(to_micros(value))


def text(value: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + value.replace("'", "''") + "'"
