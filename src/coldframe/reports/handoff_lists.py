"""Handoffs of a list into a file: whom, why, where from, and what sales said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import StringIO

from coldframe.handoff import queries as handoffs
from coldframe.reports import sheets
from coldframe.reports.columns import Column
from coldframe.reports.lead_lists import taken

#: Handoffs read at a time.
CHUNK = 500
COLUMNS = (
    Column("public_id", "Handoff id"),
    Column("lead_public_id", "Coldframe id"),
    Column("name", "Name"),
    Column("email", "Email"),
    Column("company", "Company"),
    Column("domain", "Company domain"),
    Column("trigger", "Trigger"),
    Column("path", "Path"),
    Column("segment", "Segment"),
    Column("stage", "Buyer stage"),
    Column("owner", "Owner"),
    Column("opened_at", "Opened at"),
    Column("state", "State"),
    Column("answer", "Answer"),
    Column("answer_reason", "Answer reason"),
    Column("until", "Until"),
    Column("said_by", "Said by"),
    Column("said_at", "Said at"),
)


def as_csv(ids: Sequence[int]) -> Iterator[str]:
    """Yield handoffs as CSV, line by line, in the order of their ids as they are given; no cell runs in a spreadsheet."""
    stream = StringIO()
    # Marked as UTF-8, so that Excel reads it right.
    stream.write("\ufeff")
    with sheets.csv_rows(stream, COLUMNS) as write:
        yield taken(stream)
        for start in range(0, len(ids), CHUNK):
            for row in handoffs.list_these(ids[start : start + CHUNK]):
                write([getattr(row, column.key) for column in COLUMNS])
                yield taken(stream)
