"""
Tables: any file that people export, as a header and rows of cells.

``open_table`` says what it found (``Table.notes``) and refuses what it cannot read; single rows that
cannot be read come as rows with a refusal, and the rest goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

#: Workbooks give dates as dates; everything else arrives as text.
Cell = str | date | datetime


class Row(NamedTuple):
    """One row of data. A row with a refusal cannot be used; its cells are what could be read of it."""

    #: The line on which the row begins, as an editor or the spreadsheet counts, from 1.
    line: int
    #: As many cells as the header has, trimmed; of a refused row possibly more or fewer.
    cells: list[Cell]
    #: Why the row is refused, in a sentence; None: the row can be used.
    refusal: str | None = None


@dataclass(kw_only=True)
class Table:
    """An opened file. ``rows`` may be read any number of times."""

    path: Path
    #: "csv" or "xlsx".
    format: str
    #: Names of the columns, trimmed and told apart: a second ``Email`` is ``Email (2)``.
    header: list[str]
    header_line: int
    #: What was detected and left out, one sentence each.
    notes: list[str] = field(default_factory=list)
    #: About how many rows there are, for progress.
    total_estimate: int = 0
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None

    def rows(self, *, skip: int = 0) -> Iterator[Row]:
        """Yield the rows of data, refused ones too, leaving out the first ``skip`` of them."""
        raise NotImplementedError

    def sample(self, count: int = 200) -> list[list[Cell]]:
        """Return the cells of the first ``count`` usable rows."""
        raise NotImplementedError


def open_table(
    path: Path,
    *,
    sheet: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    looking_for: str = "rows",
) -> Table:
    """
    Return the file as a table; ``looking_for`` is the word for its rows in messages (``leads``).

    Raises a ``Refusal`` where the file is absent, empty, has only a header or none, is an archive, an old
    workbook or no table at all, or has several sheets and none is named.
    """
    raise NotImplementedError
