"""Text files of rows: comma, semicolon, tab or bar between the cells; any line end, any encoding."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from coldframe.kernel.vocabulary import Refusal
from coldframe.leads.importing import rows
from coldframe.leads.importing.encodings import MARK, Encoding

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
#: How much of a file is read to find its delimiter and header.
_SAMPLE_RECORDS = 200
_SAMPLE_CHARACTERS = 1 << 18


class QuoteNeverClosed(Refusal):
    """A quote swallows the rest of the file."""


class LineNeverEnds(Refusal):
    """The first line is longer than any row."""


class LineFeed:
    """
    The lines of a text file for ``csv.reader``, with what a refusal must be able to say of them.

    Between two rows the reader's caller calls ``begin``; ``first`` is then the line of the row that comes.
    """

    def __init__(self, stream: io.TextIOBase, codec: str) -> None:
        self._stream = stream
        self._codec = codec
        self.number = 0
        self.first = 1
        #: What cannot be used of the row, in a sentence.
        self.damage: str | None = None
        #: The lines of the row.
        self.pending: list[str] = []
        self.size = 0

    def close(self) -> None:
        """Close the file."""
        self._stream.close()

    def begin(self) -> None:
        """Forget the row that was read."""
        self.first = self.number + 1
        self.pending.clear()
        self.size = 0
        self.damage = None

    def __iter__(self) -> Iterator[str]:
        readline, normalize, search = self._stream.readline, unicodedata.normalize, rows.UNUSABLE.search
        pending = self.pending
        while line := readline(rows.ROW_LIMIT + 1):
            self.number += 1
            if search(line):
                line = self._damaged(line)
            elif not line.isascii():
                line = normalize("NFC", line)
            self.size += len(line)
            if self.size > rows.ROW_LIMIT:
                line = self._overlong(line)
            pending.append(line)
            yield line

    def _damaged(self, line: str) -> str:
        where = f" of line {self.number}" if self.pending else ""
        self.damage = self.damage or f"{rows.unusable_character(line, codec=self._codec)}{where}"
        return rows.UNUSABLE.sub("", line)

    def _overlong(self, line: str) -> str:
        if self.number == 1:
            raise LineNeverEnds(
                f"The first line has more than {rows.ROW_LIMIT:,} characters.",
                expected="a first line with the names of the columns, and one line for each row",
                advice="Export it as CSV again: the line ends are lost, or this is no table.",
            )
        if self.pending or line.count('"') % 2:
            raise quote_never_closed(self.first, [*self.pending, line])
        while line and not line.endswith(("\n", "\r")):
            line = self._stream.readline(rows.ROW_LIMIT)
        self.damage = f"the row is longer than {rows.ROW_LIMIT:,} characters"
        return "\n"


def quote_never_closed(first: int, lines: list[str]) -> QuoteNeverClosed:
    """Return the refusal that names the line of the last opening quote."""
    inside = False
    opened = first
    for number, line in enumerate(lines, start=first):
        if line.count('"') % 2:
            inside = not inside
            opened = number if inside else opened
    return QuoteNeverClosed(
        f"The quote opened in line {opened} is never closed.",
        where=f"line {first}",
        advice='Close the quote, or write a quote that belongs to the text twice (""), and import again.',
    )


def open_lines(path: Path, encoding: Encoding) -> LineFeed:
    """Return the lines of a file; the caller closes them."""
    raw = path.open("rb")
    raw.seek(encoding.skip)
    stream = io.TextIOWrapper(raw, encoding=encoding.codec, errors=MARK, newline="")
    csv.field_size_limit(2 * rows.ROW_LIMIT)
    return LineFeed(stream, encoding.codec)


def read_sample(path: Path, encoding: Encoding) -> tuple[list[str], bool]:
    """Return the first lines of a file, and whether that is all of it."""
    lines: list[str] = []
    size = 0
    with closing(open_lines(path, encoding)) as feed:
        for line in feed:
            lines.append(line)
            size += len(line)
            if size > _SAMPLE_CHARACTERS or len(lines) > 5 * _SAMPLE_RECORDS:
                return lines, False
            feed.begin()
    return lines, True


def records(lines: list[str], delimiter: str) -> list[tuple[int, list[str]]]:
    """Return the records of a sample with the line each begins on; blank lines have no cells."""
    found: list[tuple[int, list[str]]] = []
    reader = csv.reader(lines, delimiter=delimiter)
    line = 1
    for cells in reader:
        found.append((line, [cell.strip() for cell in cells]))
        line = reader.line_num + 1
        if len(found) == _SAMPLE_RECORDS:
            break
    return found


def find_delimiter(lines: list[str]) -> str:
    """Return the delimiter that cuts most lines into equally many cells; a comma where none does."""
    declared = lines[0].strip().lower() if lines else ""
    if declared.startswith("sep=") and len(declared) == len("sep=") + 1:
        return declared[-1]
    if lines and lines[0].startswith(("sep=\t", "SEP=\t")):
        return "\t"
    scored = [(_regularity(lines, delimiter), delimiter) for delimiter in DELIMITERS]
    (_, columns), delimiter = max(scored, key=lambda each: each[0])
    return delimiter if columns > 1 else ","


def _regularity(lines: list[str], delimiter: str) -> tuple[float, int]:
    """Return the share of records as wide as the usual one, and that width; (0, 1) where nothing is cut."""
    widths = [len(cells) for _, cells in records(lines, delimiter) if cells]
    wide = Counter(width for width in widths if width > 1)
    if not wide:
        return 0.0, 1
    width, count = max(wide.items(), key=lambda each: (each[1], each[0]))
    header = next(each for each in widths if each > 1)
    if header != width and count * 2 < len(widths):
        return 0.0, 1
    return round(count / len(widths), 1), width


def read_rows(
    feed: LineFeed, *, delimiter: str, header: list[str], header_line: int, left_out: Counter[str]
) -> Iterator[rows.Row]:
    """
    Yield the rows below the header, counting into ``left_out`` what was passed over (empty rows, footers).

    Raises QuoteNeverClosed.
    """
    reader = csv.reader(feed, delimiter=delimiter, strict=True)
    columns, repeated = len(header), [name.casefold() for name in header]
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield _unreadable(feed, error, header_line)
            feed.begin()
            continue
        line = feed.first
        if line <= header_line or not (cells or feed.damage):
            feed.begin()
            continue
        found: list[rows.Cell] = [cell.strip() for cell in cells]
        refusal = feed.damage
        if refusal is None and feed.size > rows.CELL_LIMIT:
            refusal = rows.refusal_of_cells(found, header)
        if refusal is None and len(found) != columns:
            found, refusal = _fit(found, feed, delimiter, columns)
        if refusal is None and found[0] == header[0] and [str(each).casefold() for each in found] == repeated:
            refusal = "this line repeats the header"
        feed.begin()
        if refusal is not None and rows.is_footer(found):
            left_out["footer"] += 1
        elif any(found) or refusal is not None:
            yield rows.Row(line, found, refusal)
        else:
            left_out["empty"] += 1


def _unreadable(feed: LineFeed, error: csv.Error, header_line: int) -> rows.Row:
    if "unexpected end of data" in str(error):
        raise quote_never_closed(feed.first, feed.pending)
    reason = "text follows a closing quote: a quote that belongs to the text is written twice"
    if "expected after" not in str(error):
        reason = f"cannot be read: {error}"
    return rows.Row(feed.first, [line.rstrip("\r\n") for line in feed.pending], feed.damage or reason)


def _fit(
    cells: list[rows.Cell], feed: LineFeed, delimiter: str, columns: int
) -> tuple[list[rows.Cell], str | None]:
    """Return a row of another width as one of the header's, or why it cannot be."""
    if len(cells) > columns:
        if not any(cells[columns:]):
            return cells[:columns], None
        for dialect in ({"escapechar": "\\"}, {"skipinitialspace": True}):
            again = next(csv.reader(feed.pending, delimiter=delimiter, **dialect), [])
            if len(again) == columns:
                return [cell.strip() for cell in again], None
    return cells, rows.width_refusal(len(cells), columns)
