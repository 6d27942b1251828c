"""Rows of a list as CSV, some lines at a time; no cell runs in a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from typing import Any

from coldframe.reports import sheets
from coldframe.reports.columns import Column
from coldframe.reports.lead_lists import taken

#: Written before they go out together.
LINES = 100


def as_csv(columns: Sequence[Column], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Yield rows, their values in the order of the columns, ``LINES`` at a time."""
    stream = StringIO()
    # Marked as UTF-8, so that Excel reads it right.
    stream.write("\ufeff")
    with sheets.csv_rows(stream, columns) as write:
        for number, row in enumerate(rows):
            if number % LINES == 0:
                yield taken(stream)
            write(row)
    yield taken(stream)
