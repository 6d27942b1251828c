"""
The file of refused rows: the row as it was, the line it stood on, and why it was refused.

It can be mended and imported again: its first two columns are left out by themselves.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from coldframe.kernel.vocabulary import Refusal
from coldframe.leads.importing import formulas
from coldframe.leads.importing.rows import UNUSABLE, Row

LINE_COLUMN = "Refused line"
REASON_COLUMN = "Refused because"


class NoErrorFile(Refusal):
    """Refused rows cannot be written down."""


class ErrorFile:
    """Refused rows, appended in step with the import: after a kill it is cut back to what is safely in."""

    def __init__(self, path: Path, header: Sequence[str]) -> None:
        self.path = path
        self.header = header

    def cut(self, size: int) -> None:
        """Forget what was written after the last safe position; ``size`` in bytes, 0 for a new start."""
        with self.writing():
            if size and self.path.exists():
                os.truncate(self.path, size)
            else:
                self.path.unlink(missing_ok=True)

    def append(self, refused: Iterable[tuple[Row, str]]) -> int:
        """Write rows with their reasons; returns the file's size in bytes."""
        rows = [[str(row.line), reason, *map(safe, row.cells)] for row, reason in refused]
        with self.writing():
            is_new = not self.path.exists()
            if rows:
                head = [[LINE_COLUMN, REASON_COLUMN, *self.header]] if is_new else []
                self.path.parent.mkdir(parents=True, exist_ok=True)
                with self.path.open("ab") as file:
                    file.write((b"\xef\xbb\xbf" if is_new else b"") + as_csv(head + rows))
            return 0 if is_new and not rows else self.path.stat().st_size

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Word what keeps the file from being written."""
        try:
            yield
        except OSError as error:
            raise NoErrorFile(
                f"The file for refused rows cannot be written: {error.strerror}.",
                where=str(self.path),
                advice="Name another one: --errors FILE. Then run the same command again; it goes on from there.",
            ) from error


def as_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """Return rows as UTF-8 CSV."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode("utf-8", "replace")


def safe(cell: object) -> str:
    """Return a cell that no spreadsheet runs as a formula; control characters are made visible."""
    text = cell.isoformat() if isinstance(cell, date) else str(cell)
    return formulas.guard(UNUSABLE.sub("\N{REPLACEMENT CHARACTER}", text))
