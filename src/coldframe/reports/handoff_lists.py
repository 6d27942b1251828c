"""Handoffs of a list into a file: whom, why, where from, and what sales said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from coldframe.handoff import queries as handoffs
from coldframe.reports import listed
from coldframe.reports.columns import Column

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
    """Yield handoffs as CSV, some lines at a time, in the order of their ids as they are given; no cell runs in a spreadsheet."""
    chunks = (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))
    rows = (row for chunk in chunks for row in handoffs.list_these(chunk))
    return listed.as_csv(COLUMNS, ([getattr(row, column.key) for column in COLUMNS] for row in rows))
