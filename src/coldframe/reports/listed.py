"""Rows of a list as CSV, some lines at a time; no cell runs in a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from typing import Any

from coldframe.reports import sheets
from coldframe.reports.columns import Column
from coldframe.reports.lead_lists import taken


def as_csv(columns: Sequence[Column], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Yield rows, their values in the order of the columns, line by line."""
    stream = StringIO()
    # Marked as UTF-8, so that Excel reads it right.
    stream.write("\ufeff")
    with sheets.csv_rows(stream, columns) as write:
        yield taken(stream)
        for row in rows:
            write(row)
            yield taken(stream)
