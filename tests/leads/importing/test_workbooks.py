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


SPREADSHEET = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
)
#: What every workbook of one sheet has around it.
AROUND = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
    "_rels/.rels": RELATIONS.format(f'<Relationship Id="a" Type="{RELATED}/officeDocument" Target="xl/workbook.xml"/>'),
    "xl/workbook.xml": f'<workbook {SPREADSHEET} xmlns:r="{RELATED}"><sheets><sheet name="A" sheetId="1" r:id="a"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": RELATIONS.format(
        f'<Relationship Id="a" Type="{RELATED}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="b" Type="{RELATED}/sharedStrings" Target="sharedStrings.xml"/>'
    ),
}  # fmt: skip
HEAD = '<row r="1"><c r="A1" t="inlineStr"><is><t>Email</t></is></c></row>'


def by_hand(path: Path, rows: str, *, texts: tuple[str, ...] = (), **parts: str) -> Path:
    """Write a workbook whose rows stand in it as they are given."""
    shared = "".join(f"<si><t>{text}</t></si>" for text in texts)
    inside = {
        **AROUND, "xl/worksheets/sheet1.xml": f"<worksheet {SPREADSHEET}><sheetData>{rows}</sheetData></worksheet>",
        "xl/sharedStrings.xml": f"<sst {SPREADSHEET}>{shared}</sst>", **parts,
    }  # fmt: skip
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in inside.items():
            archive.writestr(name, content)
    return path


def cell(at: str, text: str = "x") -> str:
    return f'<c r="{at}" t="inlineStr"><is><t>{text}</t></is></c>'


def test_a_workbook_written_by_hand_is_read(tmp_path: Path) -> None:
    second = '<row r="2"><c r="A2" t="s"><v>1</v></c></row>'
    opened = tables.open_table(by_hand(tmp_path / "a.xlsx", HEAD + second, texts=("other", "anna@b.example")))

    assert [row.cells for row in opened.rows()] == [["anna@b.example"]]


@pytest.mark.parametrize(
    "rows",
    [
        f'{HEAD}<row r="1048576">{cell("XFD1048576")}</row>',
        f'{HEAD}<row r="900000">{cell("ZZZZ900000")}</row>',
        # None of the cells says where it is: it stands behind the one before.
        f'{HEAD}<row r="1048575">{"<c><v>1</v></c>" * 2_000}</row>',
        f'{HEAD}<row r="1048575"><c r="&#88;FD1048576"><v>1</v></c></row>',
        f'{HEAD}<x:row xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main" r="1048576"><x:c r="XFD1048576"><x:v>1</x:v></x:c></x:row>',
    ],
    ids=["far out", "beyond the last column", "counted", "spelt out", "with a prefix"],
)  # fmt: skip
def test_a_cell_far_out_is_refused_before_its_rectangle_takes_all_memory(tmp_path: Path, rows: str) -> None:
    with pytest.raises(workbooks.UnsafeWorkbook, match="far more memory than it is large"):
        tables.open_table(by_hand(tmp_path / "a.xlsx", rows))


def test_an_empty_cell_far_out_takes_no_place(tmp_path: Path) -> None:
    rows = (
        f'{HEAD}<row r="2">{cell("A2", "a@b.example")}</row><row r="1048576"><c r="XFD1048576" s="1"/></row>'
    )

    assert len(list(tables.open_table(by_hand(tmp_path / "a.xlsx", rows)).rows())) == 1


@pytest.mark.parametrize("name", ['r="A{0}" t="s"', "t='s' r='A{0}'"], ids=["usual", "unusual"])
def test_a_text_that_many_cells_name_is_refused_before_each_gets_its_own(tmp_path: Path, name: str) -> None:
    cells = "".join(f'<row r="{n}"><c {name.format(n)}><v>1</v></c></row>' for n in range(2, 2_000))

    with pytest.raises(workbooks.UnsafeWorkbook, match="MiB of text"):
        tables.open_table(by_hand(tmp_path / "a.xlsx", HEAD + cells, texts=("a", "b" * (9 << 20))))


def test_a_long_text_that_one_cell_names_is_no_reason_to_refuse_the_others(tmp_path: Path) -> None:
    cells = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>{n == 7}</v></c></row>' for n in range(2, 2_000))
    numbered = cells.replace("True", "1").replace("False", "0")

    opened = tables.open_table(by_hand(tmp_path / "a.xlsx", HEAD + numbered, texts=("a", "b" * (1 << 20))))

    assert len(list(opened.rows())) == 1_998


def test_a_workbook_that_declares_names_of_its_own_is_refused(tmp_path: Path) -> None:
    names = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    path = by_hand(
        tmp_path / "a.xlsx", "", **{"xl/worksheets/sheet1.xml": f"{names}<worksheet {SPREADSHEET}><sheetData>{HEAD}"
        f'<row r="2">{cell("A2", "&b;")}</row></sheetData></worksheet>'}
    )  # fmt: skip

    with pytest.raises(workbooks.UnreadableWorkbook):
        tables.open_table(path)


def test_two_kinds_of_workbook_in_one_are_refused(tmp_path: Path) -> None:
    # By its name, another reader than the one whose limits were looked at would open it.
    repeated = '<table:table-cell table:number-columns-repeated="1000000"/>'

    with pytest.raises(workbooks.UnreadableWorkbook):
        tables.open_table(by_hand(tmp_path / "a.ods", HEAD, **{"content.xml": repeated}))


def test_a_part_that_is_larger_than_it_says_is_refused(tmp_path: Path) -> None:
    path = by_hand(
        tmp_path / "a.xlsx", HEAD + "".join(f'<row r="{n}">{cell(f"A{n}")}</row>' for n in range(2, 900))
    )
    packed = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        told = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    # In the part's own head, and in the list at the end.
    path.write_bytes(packed.replace(told.to_bytes(4, "little"), (100).to_bytes(4, "little")))

    with pytest.raises(workbooks.UnreadableWorkbook):
        tables.open_table(path)
