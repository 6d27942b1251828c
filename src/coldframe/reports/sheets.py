"""Rows into a file: CSV, a workbook or JSON. Whatever a cell says, no spreadsheet runs it."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any, TextIO

from coldframe.kernel.vocabulary import Refusal
from coldframe.leads.importing import formulas
from coldframe.reports.columns import Column

#: Takes one row, its values in the order of the columns.
Write = Callable[[Sequence[Any]], None]
#: What a workbook's sheet can hold, its header included.
SHEET_ROWS = 1_048_576
#: What an import takes as one cell; a longer text would make the row unreadable there, and in a workbook.
CELL_LIMIT = 9_000


class UnknownFormat(Refusal):
    """The name of the file does not say what to write."""


class TooManyRows(Refusal):
    """The leads do not fit on one sheet of a workbook."""


def format_of(name: str) -> str:
    """Return csv, xlsx or json by the end of the name; ``-`` is CSV."""
    ending = "csv" if name == "-" else Path(name).suffix.lower().removeprefix(".")
    if ending not in WRITERS:
        raise UnknownFormat(
            "The end of the file's name says what to write.",
            where=name,
            expected=".csv, .xlsx or .json",
            got=f'".{ending}"' if ending else "none",
            advice="Write for example: coldframe export leads leads.csv",
        )
    return ending


@contextmanager
def csv_rows(file: Path | TextIO, columns: Sequence[Column]) -> Iterator[Write]:
    """Yield what writes one row as CSV: UTF-8, marked as such in a file, so that Excel reads it right."""
    is_path = isinstance(file, Path)
    stream: TextIO = file.open("w", encoding="utf-8-sig", newline="") if isinstance(file, Path) else file
    try:
        writer = csv.writer(stream, quoting=csv.QUOTE_MINIMAL, lineterminator="\r\n")
        writer.writerow([each.header for each in columns])
        yield lambda row: writer.writerow([formulas.guard(text(value)) for value in row])
    finally:
        if is_path:
            stream.close()


@contextmanager
def xlsx_rows(file: Path | TextIO, columns: Sequence[Column]) -> Iterator[Write]:
    """Yield what writes one row of a workbook; texts are texts there, so that nothing is run or linked."""
    import xlsxwriter

    if not isinstance(file, Path):
        raise UnknownFormat("A workbook cannot be written to standard output.", advice="Name a file.")
    settings = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(str(file), settings) as book:
        sheet = book.add_worksheet("Leads")
        # Excel keeps such a cell a text even when somebody edits it; the apostrophe is not part of it.
        guarded = book.add_format({"quote_prefix": True})
        sheet.write_row(0, 0, [each.header for each in columns], book.add_format({"bold": True}))
        sheet.freeze_panes(1, 0)
        state = {"row": 0}

        def write(row: Sequence[Any]) -> None:
            state["row"] += 1
            if state["row"] >= SHEET_ROWS:
                raise TooManyRows(
                    f"A sheet holds {SHEET_ROWS - 1:,} leads, and there are more.",
                    advice="Export to .csv or .json.",
                )
            for place, value in enumerate(row):
                if isinstance(value, (int, float)) and not isinstance(value, bool):
                    sheet.write_number(state["row"], place, value)
                elif value is not None and (cell := text(value)):
                    sheet.write_string(
                        state["row"], place, kept(cell), guarded if formulas.may_run(cell) else None
                    )

        yield write


@contextmanager
def json_rows(file: Path | TextIO, columns: Sequence[Column]) -> Iterator[Write]:
    """Yield what writes one row as an object of one array; numbers stay numbers and nothing is guarded."""
    stream: TextIO = file.open("w", encoding="utf-8") if isinstance(file, Path) else file
    keys = [each.key for each in columns]
    state = {"before": "[\n"}

    def write(row: Sequence[Any]) -> None:
        stream.write(state["before"])
        json.dump(dict(zip(keys, row, strict=True)), stream, ensure_ascii=False, default=text)
        state["before"] = ",\n"

    try:
        yield write
        stream.write("[]\n" if state["before"] == "[\n" else "\n]\n")
    finally:
        if isinstance(file, Path):
            stream.close()


def kept(cell: str) -> str:
    """Return a text as a workbook's cell holds it: as it is, unless an import would take it for a guarded one."""
    return cell if formulas.free(cell) == cell else formulas.guard(cell)


def text(value: Any) -> str:
    """Return a value as a cell holds it: instants and days in ISO form, several texts one under the other."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return cut("; ".join(text(each) for each in value))
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value)


def cut(joined: str) -> str:
    """Return a text short enough for a cell."""
    return joined if len(joined) <= CELL_LIMIT else joined[: CELL_LIMIT - 1] + "…"


WRITERS = {"csv": csv_rows, "xlsx": xlsx_rows, "json": json_rows}
