"""Workbooks: one sheet of an .xlsx file as rows, after a look at what the archive would unpack to."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from coldframe.kernel.vocabulary import Refusal
from coldframe.leads.importing import rows, workbook_weight

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

#: What a workbook may unpack to, and how much smaller than that its parts may be packed.
UNPACKED_LIMIT = 1 << 30
RATIO_LIMIT = 200
_SMALL_PART = 10 << 20
_PARTS_LIMIT = 10_000


class UnsafeWorkbook(Refusal):
    """The archive would unpack to more than any export of leads."""


class UnreadableWorkbook(Refusal):
    """The file is no workbook, or a damaged or protected one."""


class SheetNeeded(Refusal):
    """The workbook has several sheets with rows, and none was named."""

    def __init__(self, what: str, *, sheets: Sequence[str], **parts: str | None) -> None:
        super().__init__(what, **parts)
        self.sheets = tuple(sheets)


def check_archive(path: Path) -> None:
    """Look at the archive's own list of parts, then at what they hold; raises UnsafeWorkbook, UnreadableWorkbook."""
    try:
        with zipfile.ZipFile(path) as archive:
            check_parts(path, archive.infolist())
            workbook_weight.check(archive)
    except (zipfile.BadZipFile, OSError, NotImplementedError, workbook_weight.Damaged):
        raise UnreadableWorkbook(
            "This workbook is damaged.", where=path.name, advice="Save it again, or save it as CSV."
        ) from None
    except workbook_weight.TooHeavy as heavy:
        raise UnsafeWorkbook(
            "This workbook is not opened: it would take far more memory than it is large.",
            where=path.name,
            expected=f"at most {workbook_weight.PLACES_LIMIT:,} cells, from the first to the last, and {workbook_weight.TEXT_LIMIT >> 20:,} MiB of text",
            got=str(heavy),
            advice="Look for a cell far out, and delete its row and column; or save the sheet as CSV.",
        ) from None


def check_parts(path: Path, parts: Sequence[zipfile.ZipInfo]) -> None:
    """Look at what the parts of an archive are said to unpack to; raises UnsafeWorkbook, UnreadableWorkbook."""
    total = sum(part.file_size for part in parts)
    dense = [part for part in parts if part.file_size > max(_SMALL_PART, part.compress_size * RATIO_LIMIT)]
    if total > UNPACKED_LIMIT or len(parts) > _PARTS_LIMIT or dense:
        raise UnsafeWorkbook(
            "This workbook is not opened: it would unpack to far more than it holds.",
            where=path.name,
            expected=f"at most {UNPACKED_LIMIT >> 20:,} MiB unpacked, no part over {RATIO_LIMIT}-fold",
            got=f"{total >> 20:,} MiB in {len(parts):,} parts from {path.stat().st_size >> 10:,} KiB",
            advice="Save the sheet as CSV and import that; CSV has no limit of size.",
        )
    if not any(part.filename == "xl/workbook.xml" for part in parts):
        raise UnreadableWorkbook(
            "Archives are not imported.", where=path.name, expected="a CSV file or an .xlsx workbook",
            advice="Unpack it and import the files one by one.",
        )  # fmt: skip


def open_sheet(path: Path, sheet: str | None) -> tuple[CalamineSheet, list[str]]:
    """Return the one sheet that has rows, or the named one, and notes. Raises SheetNeeded and the above."""
    check_archive(path)
    workbook = _load(path)
    names = workbook.sheet_names
    if not names:
        raise UnreadableWorkbook("This workbook has no sheets.", where=path.name)
    if sheet is not None:
        if sheet not in names:
            raise SheetNeeded(
                f'There is no sheet "{sheet}".',
                where="--sheet",
                expected=" or ".join(f'"{name}"' for name in names),
                sheets=names,
            )
        return _sheet(workbook, sheet, path), [f"Sheet: {sheet}, as asked."]
    filled = [name for name in _visible(workbook) if _has_rows(_sheet(workbook, name, path))]
    if len(filled) > 1:
        raise SheetNeeded(
            "Several sheets of this workbook have rows.", where=path.name,
            got=", ".join(f'"{name}"' for name in filled), advice=f'Say which: --sheet "{filled[0]}"',
            sheets=filled,
        )  # fmt: skip
    name = filled[0] if filled else names[0]
    notes = (
        [f"Sheet: {name}."]
        if len(names) == 1
        else [f"Sheet: {name}, the only one of {len(names)} with rows."]
    )
    return _sheet(workbook, name, path), notes


def _load(path: Path) -> CalamineWorkbook:
    import python_calamine

    with _readable(path):
        return python_calamine.CalamineWorkbook.from_path(str(path))


def _sheet(workbook: CalamineWorkbook, name: str, path: Path) -> CalamineSheet:
    with _readable(path):
        return workbook.get_sheet_by_name(name)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Word what keeps a workbook from being read."""
    from python_calamine import CalamineError

    try:
        yield
    except BaseException as error:
        # What its reader did not foresee comes as no Exception.
        if not isinstance(error, CalamineError | OSError) and type(error).__name__ != "PanicException":
            raise
        raise UnreadableWorkbook(
            "This workbook cannot be read.", where=path.name, got=str(error)[:200],
            advice="Open it and save it again as .xlsx without a password, or as CSV.",
        ) from None  # fmt: skip


def _visible(workbook: CalamineWorkbook) -> list[str]:
    return [each.name for each in workbook.sheets_metadata if str(each.visible).endswith("Visible")]


def _has_rows(sheet: CalamineSheet) -> bool:
    return sheet.start is not None and sheet.height > 1


def cell(value: object) -> rows.Cell:
    """Return a workbook's value as a cell: dates stay dates, numbers are written as people type them."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, date):
        return value
    if isinstance(value, time | timedelta):
        return str(value)
    return "" if value is None else str(value)


def numbered(sheet: CalamineSheet) -> Iterator[tuple[int, list[rows.Cell]]]:
    """Yield the sheet's rows with their numbers as the spreadsheet shows them."""
    first = sheet.start[0] + 1 if sheet.start else 1
    for number, values in enumerate(sheet.iter_rows(), start=first):
        yield number, [cell(value) for value in values]


def read_rows(
    sheet: CalamineSheet, *, header: Sequence[str], header_line: int, left_out: Counter[str]
) -> Iterator[rows.Row]:
    """Yield the rows below the header, counting into ``left_out`` what was passed over."""
    columns, repeated = len(header), [name.casefold() for name in header]
    for number, values in numbered(sheet):
        if number <= header_line:
            continue
        cells, beyond = values[:columns], values[columns:]
        if not any(each != "" for each in cells) and not any(each != "" for each in beyond):
            left_out["empty"] += 1
            continue
        refusal = rows.refusal_of_cells(cells, header)
        if refusal is None and any(each != "" for each in beyond):
            refusal = rows.width_refusal(columns + len(beyond), columns)
        if refusal is None and [str(each).casefold() for each in cells] == repeated:
            refusal = "this row repeats the header"
        if rows.is_footer(cells) and sum(each != "" for each in cells) < columns:
            left_out["footer"] += 1
            continue
        yield rows.Row(number, cells, refusal)
