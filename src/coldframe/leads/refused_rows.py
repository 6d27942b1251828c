"""Taking a person out of the files of refused rows, without moving a byte of anybody else's."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from coldframe.leads.erasure import ERASED, Traces


def erase_from(folder: Path, traces: Traces) -> list[Path]:
    """
    Overwrite the person's rows in every file of refused rows in a folder; return the files that had any.

    A row keeps its length, for an import that was stopped goes on from a position in its file.
    """
    return [path for path in sorted(folder.glob("*-refused.csv")) if erase_rows(path, traces)]


def erase_rows(path: Path, traces: Traces) -> bool:
    """Overwrite the rows that speak of the person; return whether there were any."""
    data = path.read_bytes()
    found = [(start, row) for start, row in rows_of(data) if traces.is_in(cells_of(row))]
    if not found:
        return False
    with path.open("r+b") as file:
        for start, row in found:
            file.seek(start)
            file.write(blank(row))
    return True


def rows_of(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield where each row begins, and the row; a quoted cell may hold line ends."""
    start = position = 0
    for line in data.splitlines(keepends=True):
        position += len(line)
        if data.count(b'"', start, position) % 2 == 0:
            yield start, data[start:position]
            start = position
    if start < len(data):
        yield start, data[start:]


def cells_of(row: bytes) -> list[str]:
    """Return the cells of a row; the apostrophe that keeps a spreadsheet from reckoning is no part of them."""
    text = row.decode("utf-8-sig", "replace")
    return [cell.lstrip("'") for cells in csv.reader([text.rstrip("\r\n")], strict=False) for cell in cells]


def blank(row: bytes) -> bytes:
    """Return a row of the same length that says only that it is gone."""
    body = row.rstrip(b"\r\n")
    return ERASED.encode().ljust(len(body))[: len(body)] + row[len(body) :]
