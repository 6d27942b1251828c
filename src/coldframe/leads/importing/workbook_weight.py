"""
What a workbook would fill the memory with, counted from its parts before anything opens it.

Who reads a workbook keeps a sheet as the whole rectangle around its cells, and a shared text once for each cell that
names it. So a file of a kilobyte may take all memory there is, and its process with it. Sheets as spreadsheets write
them are counted by patterns, as fast as they unpack; what is written in any other way is read tag by tag.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

#: Places of all rectangles, each of which takes 32 bytes; and bytes of all texts of all cells.
PLACES_LIMIT = 1 << 25
TEXT_LIMIT = 1 << 30
CHUNK = 1 << 20
#: Parts of other kinds of workbook, which a name may have opened in place of this one.
OTHER_KINDS = {"content.xml", "xl/workbook.bin"}
#: Of a part without the end of any tag.
LONGEST_TEXT = 16 << 20
#: More than any part unpacks to; how large it says it is may be a lie.
ENDLESS = 1 << 62
#: How a cell or a row begins; and how it does as spreadsheets write it: the row and the column of a cell, and a row.
BEGINS = re.compile(rb"<(?:\w+:)?(?:c|row)[\s/>]")
CELL_IN_ROW = re.compile(rb'<c r="[A-Z]{1,3}([0-9]{1,7})"')
CELL_IN_COLUMN = re.compile(rb'<c r="([A-Z]{1,3})[0-9]')
ROW = re.compile(rb'<row r="([0-9]{1,7})"')
#: A cell whose text is a shared one, as spreadsheets write it.
SHARED = re.compile(rb' t="s"[^<>]*><v>([0-9]{1,9})<')
SHEET = b"sheetData"
TEXT_BEGINS = re.compile(rb"<(?:\w+:)?si[\s/>]")
TEXT_ENDS = re.compile(rb"</(?:\w+:)?si>")


class TooHeavy(Exception):
    """A workbook would take more memory than any table of leads; says of what how much."""


class Damaged(Exception):
    """A part is not what the archive says it is."""


@dataclass
class Texts:
    """Shared texts, by number: at most how long each is, in bytes."""

    lengths: list[int] = field(default_factory=list)
    begun: int = 0
    pending: int = 0

    def hear(self, chunk: bytes) -> None:
        """Go on with what a part unpacks to."""
        if not self.begun and b"<si" not in chunk and b":si" not in chunk:
            return
        self.begun += len(TEXT_BEGINS.findall(chunk))
        first, *others = TEXT_ENDS.split(chunk) if self.begun else [b""]
        self.pending += len(first)
        for piece in others:
            self.lengths.append(self.pending)
            self.pending = len(piece)

    def of(self, numbers: Sequence[int]) -> int:
        """Return at most how many bytes these take together."""
        longest = max([self.pending, *self.lengths])
        if len(self.lengths) != self.begun or len(numbers) * longest <= TEXT_LIMIT:
            return len(numbers) * longest
        return sum(self.lengths[number] for number in numbers if number < self.begun)


@dataclass
class Sheet:
    """The cells of a part, as far as patterns tell."""

    is_one: bool = False
    #: Cells and rows there are, and those that were understood.
    begun: int = 0
    usual: int = 0
    shared: int = 0
    row: int = 0
    column: int = 0
    numbers: array[int] = field(default_factory=lambda: array("L"))

    def hear(self, chunk: bytes) -> None:
        """Go on with what a part unpacks to."""
        self.is_one = self.is_one or SHEET in chunk
        if not self.is_one:
            return
        in_rows, rows = CELL_IN_ROW.findall(chunk), ROW.findall(chunk)
        self.begun += beginnings(chunk, usual=len(in_rows) + len(rows))
        self.usual += len(in_rows) + len(rows)
        self.shared += chunk.count(b'"s"') + chunk.count(b"'s'")
        self.row = max([self.row, *map(int, {*in_rows, *rows})])
        self.column = max([self.column, *map(number_of, set(CELL_IN_COLUMN.findall(chunk)))])
        self.numbers.extend(map(int, SHARED.findall(chunk)))

    @property
    def is_usual(self) -> bool:
        """Whether all of it was understood, and it is no larger than any table of leads."""
        is_known = self.begun == self.usual and self.shared == len(self.numbers)
        return is_known and self.row * self.column <= PLACES_LIMIT


def beginnings(chunk: bytes, *, usual: int) -> int:
    """Return how many cells and rows begin; ``usual``: as spreadsheets write them."""
    if chunk.count(b"<c") + chunk.count(b"<row") == usual and b":c" not in chunk and b":row" not in chunk:
        return usual
    return len(BEGINS.findall(chunk))


def check(archive: zipfile.ZipFile) -> None:
    """Raise ``TooHeavy`` or ``Damaged`` for a workbook that must not be opened."""
    if {part.filename for part in archive.infolist()} & OTHER_KINDS:
        raise Damaged("two kinds of workbook in one")
    sheets, texts = [], [Texts()]
    for part in archive.infolist():
        sheet, shared = Sheet(), Texts()
        for chunk in chunks_of(archive, part):
            sheet.hear(chunk)
            shared.hear(chunk)
        texts += [shared] if shared.begun else []
        sheets += (
            [sheet if sheet.is_usual else TagByTag().read(chunks_of(archive, part))] if sheet.is_one else []
        )
    places = sum(sheet.row * sheet.column for sheet in sheets)
    if places > PLACES_LIMIT:
        raise TooHeavy(f"{places:,} cells")
    # Which of several parts the workbook takes its texts from does not matter: none may be too much.
    size = max(sum(each.of(sheet.numbers) for sheet in sheets) for each in texts)
    if size > TEXT_LIMIT:
        raise TooHeavy(f"{size >> 20:,} MiB of text")


def chunks_of(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield what a part unpacks to, cut behind cells, texts or tags. Raises ``Damaged`` and ``TooHeavy``."""
    told, size, rest = part.file_size, 0, b""
    part.file_size = ENDLESS
    try:
        with archive.open(part) as file:
            while data := file.read(CHUNK):
                size, rest = size + len(data), rest + data
                if size > told:
                    raise Damaged("a part is larger than it says")
                cut = max(rest.rfind(b"</c>") + 4, rest.rfind(b"</si>") + 5)
                cut = cut if cut > len(b"</si>") else rest.rfind(b">") + 1
                yield rest[:cut]
                rest = rest[cut:]
                if len(rest) > LONGEST_TEXT:
                    raise TooHeavy(f"a text of {len(rest) >> 20} MiB")
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, ValueError) as error:
        raise Damaged(str(error)) from None
    finally:
        part.file_size = told
    yield rest


def number_of(letters: bytes) -> int:
    """
    Return the number of a column.

    >>> number_of(b"A"), number_of(b"XFD")
    (1, 16384)
    """
    number = 0
    for sign in letters.upper():
        number = number * 26 + sign - 64
    return number


class TagByTag:
    """A sheet that is written as spreadsheets do not, or is large for its few cells."""

    def __init__(self) -> None:
        self.found = Sheet(is_one=True)
        self.row = self.column = 0
        self.is_shared = self.is_value = False
        self.value: list[str] = []

    def read(self, chunks: Iterator[bytes]) -> Sheet:
        """Return its cells that hold something. Raises ``Damaged``."""
        parser = expat.ParserCreate()
        parser.StartElementHandler, parser.EndElementHandler = self.begin, self.end
        parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = self.hear, self.refuse
        try:
            for chunk in chunks:
                parser.Parse(chunk)
            parser.Parse(b"", True)
        except (expat.ExpatError, ValueError) as error:
            raise Damaged(str(error)) from None
        return self.found

    def refuse(self, *_: object) -> None:
        """Hear that it declares names of its own, which no spreadsheet does."""
        raise Damaged("a sheet that declares names of its own")

    def begin(self, tag: str, attributes: dict[str, Any]) -> None:
        """Hear that an element begins."""
        name, at = tag.rpartition(":")[2], attributes.get("r", "")
        if name == "row":
            self.row, self.column = int(at) if at else self.row + 1, 0
        elif name == "c":
            place = re.fullmatch(r"([A-Za-z]{1,9})([0-9]{1,10})", at)
            self.column = number_of(place[1].encode()) if place else self.column + 1
            self.row = int(place[2]) if place else self.row
            self.is_shared = attributes.get("t") == "s"
        elif name in {"v", "is", "f"}:
            self.found.row = max(self.found.row, self.row)
            self.found.column = max(self.found.column, self.column)
            self.is_value = name == "v" and self.is_shared

    def hear(self, text: str) -> None:
        """Hear a text."""
        if self.is_value:
            self.value.append(text)

    def end(self, _tag: str) -> None:
        """Hear that an element ends."""
        if self.is_value:
            self.found.numbers.append(int("".join(self.value) or 0))
            self.value.clear()
            self.is_value = False
