"""Workbooks: dates arrive as dates, archives that would burst are not opened."""

from __future__ import annotations

import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
import xlsxwriter

from coldframe.leads.importing import rows, tables, workbooks
from tests import material


def workbook(path: Path, **sheets: list[list[object]]) -> Path:
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as book:
        for name, lines in sheets.items():
            sheet = book.add_worksheet(name)
            for number, line in enumerate(lines):
                sheet.write_row(number, 0, line)
    return path


def test_cells_arrive_as_people_see_them(tmp_path: Path) -> None:
    lines = [
        ["Email", "Phone", "Size", "Share", "Created", "Active"],
        [" anna@brightpath.example ", 48123456789, 120, 0.25, date(2026, 3, 4), True],
    ]
    opened = tables.open_table(workbook(tmp_path / "leads.xlsx", Leads=lines))

    assert opened.notes == ["Sheet: Leads."]
    assert list(opened.rows()) == [
        rows.Row(2, ["anna@brightpath.example", "48123456789", "120", "0.25", date(2026, 3, 4), "yes"])
    ]


def test_times_of_day_are_kept(tmp_path: Path) -> None:
    lines = [["Email", "Created"], ["anna@brightpath.example", datetime(2026, 3, 4, 14, 30)]]  # noqa: DTZ001

    (row,) = tables.open_table(workbook(tmp_path / "leads.xlsx", Leads=lines)).rows()

    assert str(row.cells[1])[:16] in ("2026-03-04 14:30", "2026-03-04")


def test_rows_have_the_numbers_the_spreadsheet_shows(tmp_path: Path) -> None:
    lines: list[list[object]] = [
        ["Leads of spring"],
        [],
        ["Email", "Name"],
        ["anna@brightpath.example", "Anna"],
        [],
        ["jonas@nordlicht.example", "Jonas"],
    ]

    opened = tables.open_table(workbook(tmp_path / "leads.xlsx", Leads=lines))

    assert opened.header_line == 3
    assert [(row.line, row.cells[1]) for row in opened.rows()] == [(4, "Anna"), (6, "Jonas")]
    assert opened.left_out["empty"] == 1


def test_rows_wider_than_the_header_are_refused(tmp_path: Path) -> None:
    lines = [
        ["Email", "Name"],
        ["anna@brightpath.example", "Anna", "more"],
        ["jonas@nordlicht.example", "Jonas"],
    ]

    opened = tables.open_table(workbook(tmp_path / "leads.xlsx", Leads=lines))

    assert [row.refusal for row in opened.rows()] == [
        "3 cells where the header has 2: more than the header names",
        None,
    ]


def test_of_several_sheets_with_rows_one_must_be_named(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "leads.xlsx",
        Leads=[["Email", "Name"], ["anna@brightpath.example", "Anna"]],
        Lost=[["Email", "Name"], ["tom@halden.example", "Tom"]],
    )

    with pytest.raises(workbooks.SheetNeeded) as caught:
        tables.open_table(path)

    assert (caught.value.got, caught.value.advice) == ('"Leads", "Lost"', 'Say which: --sheet "Leads"')
    assert [row.cells[1] for row in tables.open_table(path, sheet="Lost").rows()] == ["Tom"]


def test_a_sheet_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "leads.xlsx", Leads=[["Email", "Name"], ["anna@brightpath.example", "Anna"]])

    with pytest.raises(workbooks.SheetNeeded, match='There is no sheet "Lost"'):
        tables.open_table(path, sheet="Lost")


def test_an_archive_that_would_burst_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (40 << 20))

    with pytest.raises(workbooks.UnsafeWorkbook, match="it would unpack to far more than it holds"):
        tables.open_table(path)


def test_an_archive_of_files_is_refused_with_advice(tmp_path: Path) -> None:
    path = tmp_path / "leads.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("leads.csv", "Email\n")

    with pytest.raises(workbooks.UnreadableWorkbook, match="Archives are not imported"):
        tables.open_table(path)


def test_a_damaged_workbook_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "leads.xlsx", Leads=[["Email", "Name"], ["anna@brightpath.example", "Anna"]])
    path.write_bytes(path.read_bytes()[:-200])

    with pytest.raises(workbooks.UnreadableWorkbook, match="This workbook is damaged"):
        tables.open_table(path)


def test_an_empty_sheet_holds_nothing(tmp_path: Path) -> None:
    with pytest.raises(rows.NothingFound, match="No leads found: the file is empty"):
        tables.open_table(workbook(tmp_path / "leads.xlsx", Leads=[]), looking_for="leads")


@pytest.mark.material
def test_a_real_dictionary_is_read_below_its_title() -> None:
    opened = tables.open_table(material.folder("x_education") / "Leads Data Dictionary.xlsx")

    assert (opened.header, len(list(opened.rows()))) == (["Variables", "Description"], 37)
