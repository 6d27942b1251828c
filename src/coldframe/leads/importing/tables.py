"""
Tables: any file that people export, as a header and rows of cells.

``open_table`` says what it found (``Table.notes``) and refuses what it cannot read; single rows that
cannot be read come as rows with a refusal, and the rest goes on.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from coldframe.kernel.vocabulary import Refusal
from coldframe.leads.importing import csvfiles, encodings, rows, workbooks
from coldframe.leads.importing.rows import Cell, Row

__all__ = ["Cell", "NotATable", "Row", "Table", "open_table"]


class NotATable(Refusal):
    """The file is absent, or of a kind that holds no rows."""


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
    #: What the last whole reading passed over: "empty" rows and "footer" lines of reports.
    left_out: Counter[str] = field(default_factory=Counter)
    _read: Callable[[Counter[str]], Iterator[Row]] = field(repr=False)

    def rows(self, *, skip: int = 0) -> Iterator[Row]:
        """
        Yield the rows of data, refused ones too, leaving out the first ``skip`` of them.

        Raises ``csvfiles.QuoteNeverClosed`` where the rest of the file is inside a quote.
        """
        left_out: Counter[str] = Counter()
        yield from islice(self._read(left_out), skip, None)
        self.left_out = left_out

    def sample(self, count: int = 200) -> list[list[Cell]]:
        """Return the cells of the first ``count`` usable rows."""
        usable = (row.cells for row in self.rows() if row.refusal is None)
        return list(islice(usable, count))


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
    head = _head(path, looking_for)
    if head.startswith(b"PK"):
        table = _open_workbook(path, sheet, looking_for)
    else:
        _refuse_other_formats(head, path)
        table = _open_csv(path, head, encoding, delimiter, looking_for)
    if next(table.rows(), None) is None:
        raise rows.NothingFound(
            f"No {looking_for} found: the file has a header and nothing below it.", where=path.name
        )
    return table


def _head(path: Path, looking_for: str) -> bytes:
    try:
        if not path.is_file():
            what = "is a folder" if path.is_dir() else "does not exist"
            raise NotATable(f"The file {what}.", where=str(path))
        with path.open("rb") as stream:
            head = stream.read(4096)
    except OSError as error:
        raise NotATable(f"The file cannot be read: {error.strerror}.", where=str(path)) from None
    if not head.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0"):
        raise rows.NothingFound(f"No {looking_for} found: the file is empty.", where=path.name)
    return head


#: How other formats begin, what they are, and what to do.
_OTHER_FORMATS = (
    (b"\xd0\xcf\x11\xe0", "an old or a protected workbook", "Save it as .xlsx, unprotected, or as CSV."),
    (b"\x1f\x8b", "a compressed file (gzip)", "Unpack it first."),
    (b"BZh", "a compressed file (bzip2)", "Unpack it first."),
    (b"\xfd7zXZ", "a compressed file (xz)", "Unpack it first."),
    (b"(\xb5/\xfd", "a compressed file (zstd)", "Unpack it first."),
    (b"7z\xbc\xaf", "an archive (7z)", "Unpack it first."),
    (b"Rar!", "an archive (rar)", "Unpack it first."),
    (b"%PDF", "a PDF document", "Export the data as CSV or .xlsx."),
    (b"SQLite format 3", "a database", "Export the table as CSV."),
    (b"PAR1", "a Parquet file", "Export the data as CSV."),
    (b"<", "a web page or XML", "Open it in a spreadsheet and save it as .xlsx or CSV."),
    (b"{", "a JSON document", "Export the data as CSV."),
)  # fmt: skip


def _refuse_other_formats(head: bytes, path: Path) -> None:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    for beginning, what, advice in _OTHER_FORMATS:
        if start.startswith(beginning):
            raise NotATable(
                f"The file is {what}.",
                where=path.name,
                expected="a CSV file or an .xlsx workbook",
                advice=advice,
            )


def _open_workbook(path: Path, sheet: str | None, looking_for: str) -> Table:
    opened, notes = workbooks.open_sheet(path, sheet)
    records = list(islice(workbooks.numbered(opened), 100))
    index = rows.find_header([cells for _, cells in records], looking_for=looking_for)
    line, cells = records[index]
    width = max((place for place, cell in enumerate(cells, start=1) if cell != ""), default=0)
    header = rows.tell_apart([str(cell) for cell in cells[:width]], notes)
    _note_preamble(notes, index, line)

    def read(left_out: Counter[str]) -> Iterator[Row]:
        return workbooks.read_rows(opened, header=header, header_line=line, left_out=left_out)

    return Table(
        path=path, format="xlsx", header=header, header_line=line, notes=notes, sheet=opened.name,
        total_estimate=max((opened.end or (line,))[0] + 1 - line, 0), _read=read,
    )  # fmt: skip


#: What no text holds but by accident, and a program or a picture is full of.
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f]")
#: So many of them may be accidents, and so many more in a hundred characters.
_MOST_ACCIDENTS, _ACCIDENTS_IN_A_HUNDRED = 8, 5


def _refuse_what_is_no_text(head: bytes, found: encodings.Encoding, path: Path) -> None:
    text = head[found.skip :].decode(found.codec, encodings.MARK)
    strange = len(_CONTROL.findall(text))
    if strange > _MOST_ACCIDENTS and strange * 100 > len(text) * _ACCIDENTS_IN_A_HUNDRED:
        raise NotATable(
            "The file holds no text: it is a program, a picture or the like.",
            where=path.name,
            expected="a CSV file or an .xlsx workbook",
        )


def _open_csv(
    path: Path, head: bytes, encoding: str | None, delimiter: str | None, looking_for: str
) -> Table:
    found = encodings.named(encoding, path) if encoding else encodings.detect(path)
    _refuse_what_is_no_text(head, found, path)
    lines, is_whole = csvfiles.read_sample(path, found)
    between = _delimiter_named(delimiter) if delimiter else csvfiles.find_delimiter(lines)
    notes = [
        found.note,
        f"Delimiter: {csvfiles.DELIMITERS.get(between, between)}{', as asked' * bool(delimiter)}.",
    ]
    records = csvfiles.records(lines, between)
    if records and records[0][1] and records[0][1][0].lower().startswith("sep="):
        records[0] = (records[0][0], [])
    index = rows.find_header([cells for _, cells in records], looking_for=looking_for)
    line, cells = records[index]
    header = rows.tell_apart(_without_empty_end(cells), notes)
    _note_preamble(notes, index, line)

    def read(left_out: Counter[str]) -> Iterator[Row]:
        with closing(csvfiles.open_lines(path, found)) as feed:
            yield from csvfiles.read_rows(
                feed, delimiter=between, header=header, header_line=line, left_out=left_out
            )

    return Table(
        path=path, format="csv", header=header, header_line=line, notes=notes,
        encoding=found.codec, delimiter=between, _read=read,
        total_estimate=_estimate(path, lines, index, is_whole, found),
    )  # fmt: skip


def _delimiter_named(name: str) -> str:
    named = {word: sign for sign, word in csvfiles.DELIMITERS.items()} | {"\\t": "\t", "pipe": "|"}
    sign = named.get(name.lower(), name)
    if len(sign) != 1 or sign in '"\r\n':
        raise NotATable(
            "This cannot stand between cells.", where="--delimiter", got=f'"{name}"',
            expected="comma, semicolon, tab, bar, or one character",
        )  # fmt: skip
    return sign


def _without_empty_end(cells: list[str]) -> list[str]:
    while cells and not cells[-1]:
        cells = cells[:-1]
    return cells


def _note_preamble(notes: list[str], index: int, line: int) -> None:
    if index:
        notes.append(f"{line - 1} {'line' if line == 2 else 'lines'} before the header left out.")


def _estimate(path: Path, lines: list[str], index: int, is_whole: bool, found: encodings.Encoding) -> int:
    if is_whole:
        return max(len(lines) - index - 1, 1)
    sample = sum(len(line.encode(found.codec, "replace")) for line in lines)
    return max(round(path.stat().st_size * len(lines) / max(sample, 1)) - index - 1, 1)
