"""Reading text files: what people export arrives whole, and what cannot be read is refused by name."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coldframe.leads.importing import csvfiles, rows, tables
from tests import material

HEADER = "Email,First Name,Company\n"
ANNA = ["anna@brightpath.example", "Anna", "Brightpath"]
JONAS = ["jonas@nordlicht.example", "Jonas", "Nordlicht"]


def table(folder: Path, content: str | bytes, name: str = "leads.csv", **options: str) -> tables.Table:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return tables.open_table(path, looking_for="leads", **options)  # type: ignore[arg-type]


def cells(opened: tables.Table) -> list[list[rows.Cell]]:
    return [row.cells for row in opened.rows()]


def refusals(opened: tables.Table) -> dict[int, str]:
    return {row.line: row.refusal for row in opened.rows() if row.refusal}


class TestDetection:
    @pytest.mark.parametrize(
        ("sign", "word"), [(",", "comma"), (";", "semicolon"), ("\t", "tab"), ("|", "bar")]
    )
    def test_finds_what_stands_between_the_cells(self, tmp_path: Path, sign: str, word: str) -> None:
        lines = [["Email", "First Name", "Company"], ANNA, JONAS]

        opened = table(tmp_path, "\n".join(sign.join(line) for line in lines))

        assert (opened.header, cells(opened)) == (lines[0], [ANNA, JONAS])
        assert opened.notes == ["Encoding: UTF-8.", f"Delimiter: {word}."]

    def test_semicolons_win_over_the_commas_of_decimals(self, tmp_path: Path) -> None:
        opened = table(
            tmp_path, "Name;Amount;City\nBrightpath;1,5;Warsaw, Poland\nHalden;2,5;Austin, Texas\n"
        )

        assert cells(opened) == [["Brightpath", "1,5", "Warsaw, Poland"], ["Halden", "2,5", "Austin, Texas"]]

    def test_a_column_alone_has_no_delimiter(self, tmp_path: Path) -> None:
        opened = table(tmp_path, "Email\nanna@brightpath.example\njonas@nordlicht.example\n")

        assert (opened.header, cells(opened)) == (["Email"], [[ANNA[0]], [JONAS[0]]])

    def test_excels_sep_line_is_obeyed_and_is_no_header(self, tmp_path: Path) -> None:
        opened = table(tmp_path, "sep=;\nEmail;First Name\nanna@brightpath.example;Anna\n")

        assert (opened.header, opened.header_line) == (["Email", "First Name"], 2)
        assert cells(opened) == [ANNA[:2]]

    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_any_line_end_will_do(self, tmp_path: Path, end: str) -> None:
        opened = table(tmp_path, end.join([HEADER.strip(), ",".join(ANNA), ",".join(JONAS)]) + end)

        assert [(row.line, row.cells) for row in opened.rows()] == [(2, ANNA), (3, JONAS)]

    def test_line_ends_may_be_mixed(self, tmp_path: Path) -> None:
        opened = table(tmp_path, f"Email,First Name,Company\r\n{','.join(ANNA)}\r{','.join(JONAS)}\n")

        assert [(row.line, row.cells) for row in opened.rows()] == [(2, ANNA), (3, JONAS)]

    def test_a_delimiter_may_be_named(self, tmp_path: Path) -> None:
        opened = table(tmp_path, "Email~Company\nanna@brightpath.example~Brightpath\n", delimiter="~")

        assert cells(opened) == [[ANNA[0], "Brightpath"]]
        assert "Delimiter: ~, as asked." in opened.notes

    def test_a_delimiter_of_two_signs_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(tables.NotATable, match="--delimiter: This cannot stand between cells"):
            table(tmp_path, HEADER, delimiter="::")


class TestHeader:
    def test_linkedin_notes_before_the_header_are_left_out(self, tmp_path: Path) -> None:
        preamble = 'Notes:\n"When exporting your connection data, you may notice that, some are missing."\n\n'

        opened = table(tmp_path, preamble + HEADER + ",".join(ANNA) + "\n")

        assert (opened.header, opened.header_line) == (["Email", "First Name", "Company"], 4)
        assert "3 lines before the header left out." in opened.notes
        assert [(row.line, row.cells) for row in opened.rows()] == [(5, ANNA)]

    def test_columns_of_one_name_are_told_apart(self, tmp_path: Path) -> None:
        opened = table(tmp_path, "Email,REASON,REASON,\na@b.example,x,y,z\n")

        assert opened.header == ["Email", "REASON", "REASON (2)"]
        assert "More than one column is called REASON; they are told apart by a number." in opened.notes

    def test_a_column_without_a_name_gets_one(self, tmp_path: Path) -> None:
        opened = table(tmp_path, ",Email\n0,anna@brightpath.example\n")

        assert opened.header == ["column 1", "Email"]
        assert "1 column has no name." in opened.notes

    def test_a_repeated_header_is_refused_like_a_row(self, tmp_path: Path) -> None:
        opened = table(tmp_path, HEADER + ",".join(ANNA) + "\n" + HEADER.upper() + ",".join(JONAS) + "\n")

        assert refusals(opened) == {}
        assert cells(opened)[1] == ["EMAIL", "FIRST NAME", "COMPANY"]

    def test_the_header_once_more_is_refused(self, tmp_path: Path) -> None:
        opened = table(tmp_path, HEADER + ",".join(ANNA) + "\n" + HEADER + ",".join(JONAS) + "\n")

        assert refusals(opened) == {3: "this line repeats the header"}

    def test_data_in_the_first_line_is_no_header(self, tmp_path: Path) -> None:
        with pytest.raises(rows.HeaderMissing) as caught:
            table(tmp_path, ",".join(ANNA) + "\n" + ",".join(JONAS) + "\n")

        assert caught.value.what == "No leads found: the first line is data, not the names of the columns."
        assert caught.value.got == '"anna@brightpath.example"'

    @pytest.mark.parametrize("content", ["", "\n\n \n", "\ufeff", ",,,\n,,,\n"])
    def test_an_empty_file_holds_no_leads(self, tmp_path: Path, content: str) -> None:
        with pytest.raises(rows.NothingFound, match="No leads found: the file is empty"):
            table(tmp_path, content)

    def test_a_header_alone_holds_no_leads(self, tmp_path: Path) -> None:
        with pytest.raises(
            rows.NothingFound, match="No leads found: the file has a header and nothing below it"
        ):
            table(tmp_path, HEADER)


class TestRows:
    def test_quotes_hold_delimiters_quotes_and_lines(self, tmp_path: Path) -> None:
        opened = table(
            tmp_path, HEADER + 'a@b.example,"An""na","Bright\r\npath, Inc"\nc@d.example,Ola,Halden\n'
        )

        assert [(row.line, row.cells) for row in opened.rows()] == [
            (2, ["a@b.example", 'An"na', "Bright\r\npath, Inc"]),
            (4, ["c@d.example", "Ola", "Halden"]),
        ]

    def test_padding_of_cells_is_trimmed(self, tmp_path: Path) -> None:
        opened = table(tmp_path, "firstname, company,email\nAnna, Brightpath, anna@brightpath.example \n")

        assert (opened.header, cells(opened)) == (
            ["firstname", "company", "email"],
            [["Anna", "Brightpath", "anna@brightpath.example"]],
        )

    def test_a_quote_after_padding_is_read_as_one(self, tmp_path: Path) -> None:
        opened = table(tmp_path, HEADER + 'anna@brightpath.example, Anna, "Brightpath, Inc"\n')

        assert cells(opened) == [["anna@brightpath.example", "Anna", "Brightpath, Inc"]]

    def test_an_escaped_delimiter_is_text(self, tmp_path: Path) -> None:
        opened = table(tmp_path, HEADER + "anna@brightpath.example,Anna,Brightpath\\, Inc\n")

        assert cells(opened) == [["anna@brightpath.example", "Anna", "Brightpath, Inc"]]

    def test_lists_in_quotes_inside_quotes_stay_as_written(self, tmp_path: Path) -> None:
        opened = table(tmp_path, 'Email Address,TAGS\nanna@brightpath.example,"""VIP"",""Blog"""\n')

        assert cells(opened) == [["anna@brightpath.example", '"VIP","Blog"']]

    def test_longer_and_shorter_rows_are_refused_and_the_rest_goes_on(self, tmp_path: Path) -> None:
        opened = table(
            tmp_path, HEADER + "a@b.example,Anna\nc@d.example,Ola,Halden,extra\n" + ",".join(ANNA) + "\n"
        )

        assert refusals(opened) == {
            2: "2 cells where the header has 3: fewer than the header names",
            3: "4 cells where the header has 3: more than the header names",
        }
        assert cells(opened)[2] == ANNA

    def test_empty_cells_beyond_the_header_do_no_harm(self, tmp_path: Path) -> None:
        opened = table(tmp_path, HEADER + ",".join(ANNA) + ",,\n")

        assert cells(opened) == [ANNA]

    def test_empty_rows_and_the_footers_of_reports_are_passed_over(self, tmp_path: Path) -> None:
        footer = (
            '\n"Grand Totals (1 record)"\nCopyright (c) 2000-2026 salesforce.com, inc. All rights reserved.\n'
        )
        opened = table(tmp_path, HEADER + ",".join(ANNA) + "\n,,\n" + footer)

        assert cells(opened) == [ANNA]
        assert opened.left_out == Counter({"empty": 1, "footer": 2})

    @pytest.mark.parametrize(
        ("character", "reason"),
        [
            ("\0", "control character U+0000 at character 3"),
            ("\x1b", "control character U+001B at character 3"),
        ],
    )
    def test_control_characters_refuse_the_row(self, tmp_path: Path, character: str, reason: str) -> None:
        opened = table(tmp_path, HEADER + f"an{character}na@b.example,Anna,x\n" + ",".join(JONAS) + "\n")

        assert refusals(opened) == {2: reason}
        assert cells(opened)[1] == JONAS

    def test_a_cell_that_is_too_long_refuses_its_row(self, tmp_path: Path) -> None:
        opened = table(tmp_path, HEADER + f"a@b.example,{'x' * 10_001},y\n" + ",".join(JONAS) + "\n")

        assert refusals(opened) == {
            2: "First Name: field too long, 10,001 characters where 10,000 are allowed"
        }
        assert cells(opened)[1] == JONAS

    def test_a_row_over_a_mebibyte_is_refused_and_the_rest_goes_on(self, tmp_path: Path) -> None:
        opened = table(tmp_path, HEADER + "x" * (3 << 20) + ",y,z\n" + ",".join(JONAS) + "\n")

        assert refusals(opened) == {2: "the row is longer than 1,048,576 characters"}
        assert [row.line for row in opened.rows()] == [2, 3]

    @pytest.mark.parametrize("rows_behind", [3, 60_000])
    def test_a_quote_that_is_never_closed_names_its_line(self, tmp_path: Path, rows_behind: int) -> None:
        opened = table(
            tmp_path,
            HEADER + ",".join(ANNA) + '\nx@y.example,"Ola,Halden\n' + (",".join(JONAS) + "\n") * rows_behind,
        )

        with pytest.raises(csvfiles.QuoteNeverClosed, match="The quote opened in line 3 is never closed"):
            list(opened.rows())

    def test_text_behind_a_closing_quote_refuses_the_row(self, tmp_path: Path) -> None:
        opened = table(tmp_path, HEADER + 'a@b.example,"Anna" K,Brightpath\n' + ",".join(JONAS) + "\n")

        assert refusals(opened) == {
            2: "text follows a closing quote: a quote that belongs to the text is written twice"
        }

    def test_formulas_are_text(self, tmp_path: Path) -> None:
        opened = table(tmp_path, HEADER + 'a@b.example, =1+1,"=HYPERLINK(""https://x.example"")"\n')

        assert cells(opened) == [["a@b.example", "=1+1", '=HYPERLINK("https://x.example")']]

    def test_composed_and_decomposed_letters_become_one(self, tmp_path: Path) -> None:
        opened = table(tmp_path, HEADER + "a@b.example,Zoe\u0308,Brightpath\n")

        assert cells(opened) == [["a@b.example", "Zo\u00eb", "Brightpath"]]

    def test_reading_goes_on_from_a_position(self, tmp_path: Path) -> None:
        opened = table(tmp_path, HEADER + "".join(f"p{n}@b.example,P,{n}\n" for n in range(5)))

        assert [row.line for row in opened.rows(skip=3)] == [5, 6]
        assert opened.total_estimate == 5

    @settings(max_examples=60, deadline=None)
    @given(
        st.lists(
            st.lists(
                st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=12), min_size=3, max_size=3
            ),
            min_size=1,
            max_size=8,
        )
    )
    def test_what_a_writer_quotes_a_reader_finds(
        self, tmp_path_factory: pytest.TempPathFactory, written: list[list[str]]
    ) -> None:
        import csv
        import unicodedata

        path = tmp_path_factory.mktemp("written") / "leads.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, quoting=csv.QUOTE_ALL)
            writer.writerows([["Email", "First Name", "Company"], ["a", "b", "c"], *written])

        found = [row.cells for row in tables.open_table(path, delimiter=",", encoding="utf-8").rows()]

        expected = [[unicodedata.normalize("NFC", cell).strip() for cell in line] for line in written]
        assert found == [["a", "b", "c"], *[line for line in expected if any(line)]]


class TestOtherFormats:
    @pytest.mark.parametrize(
        ("beginning", "what"),
        [
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old or a protected workbook"),
            (b"\x1f\x8b\x08", "a compressed file (gzip)"),
            (b"%PDF-1.7", "a PDF document"),
            (b"<html><table>", "a web page or XML"),
            (b'{"leads": []}', "a JSON document"),
        ],
    )
    def test_what_is_no_table_is_refused_with_advice(
        self, tmp_path: Path, beginning: bytes, what: str
    ) -> None:
        with pytest.raises(tables.NotATable) as caught:
            table(tmp_path, beginning + b" " * 50, name="leads.xls")

        assert caught.value.what == f"The file is {what}."
        assert caught.value.advice

    @pytest.mark.parametrize(
        ("content", "name"),
        [
            (b"MZ\x90\0\x03\0\0\0" + b"\0" * 40 + b"This program cannot be run in DOS mode.\r\r\n$" + b"\0" * 3_000, "setup.exe"),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + random.Random(7).randbytes(20_000), "photo.png"),
            (random.Random(8).randbytes(20_000), "unknown.dat"),
        ],
    )  # fmt: skip
    def test_what_is_no_text_is_refused_as_that(self, tmp_path: Path, content: bytes, name: str) -> None:
        with pytest.raises(tables.NotATable) as caught:
            table(tmp_path, content, name=name)

        assert caught.value.what == "The file holds no text: it is a program, a picture or the like."

    def test_a_short_text_with_some_control_characters_is_still_one(self, tmp_path: Path) -> None:
        opened = table(tmp_path, b"Email,Name\nanna@a.example,A\0\0\0\0\nola@b.example,Ola\n")

        assert [row.refusal is None for row in opened.rows()] == [False, True]

    @pytest.mark.parametrize("piece", [b"x", b"Email,Name,", b'"a","b",', b'[1,"a@b.example"],'])
    def test_a_file_without_a_line_end_is_refused_as_that(self, tmp_path: Path, piece: bytes) -> None:
        with pytest.raises(csvfiles.LineNeverEnds) as caught:
            table(tmp_path, piece * (5_000_000 // len(piece)))

        assert caught.value.what == "The first line has more than 1,048,576 characters."

    def test_a_file_that_does_not_exist_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(tables.NotATable, match=r"none\.csv: The file does not exist\."):
            tables.open_table(tmp_path / "none.csv")

    def test_a_folder_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(tables.NotATable, match="The file is a folder"):
            tables.open_table(tmp_path)


@pytest.mark.material
class TestOverRealMaterial:
    def test_the_csv_spectrum_reads_as_its_answers_say(self) -> None:
        folder = material.folder("csv_spectrum")
        for path in sorted(folder.glob("csvs/*.csv")):
            expected = json.loads((folder / "json" / f"{path.stem}.json").read_text(encoding="utf-8"))
            opened = tables.open_table(path)
            found = [dict(zip(opened.header, row.cells, strict=True)) for row in opened.rows()]
            expected = expected if isinstance(expected, list) else [expected]
            if path.stem == "location_coordinates":  # Its answer has another phone number than its file.
                found[0]["Contact Phone Number"] = expected[0]["Contact Phone Number"]
            plain = json.loads(json.dumps(expected).replace("\\r\\n", "\\n"))
            assert found == plain, path.name

    @pytest.mark.parametrize(
        ("name", "count"),
        [
            ("x_education/open_older_6468_Leads.csv", 6468),
            ("maven_crm/sales_pipeline.csv", 8800),
            ("maven_crm/accounts.csv", 85),
            ("crm_zoho_demo/Leads.csv", 3900),
            ("crm_zoho_demo/Contacts.csv", 1265),
            ("crm_zoho_demo/Accounts.csv", 2229),
            ("crm_zoho_demo/Potentials.csv", 3632),
            ("crm_zoho_demo/Calls.csv", 4100),
            ("crm_zoho_demo/Campaign_Lead_Status.csv", 3900),
            ("crm_mautic_import/tests/_data/10contacts.csv", 10),
        ],
    )
    def test_an_export_is_read_whole(self, name: str, count: int) -> None:
        folder, _, rest = name.partition("/")
        opened = tables.open_table(material.folder(folder) / rest)

        read = list(opened.rows())

        assert (len(read), [row for row in read if row.refusal]) == (count, [])

    def test_no_naughty_string_does_harm(self, tmp_path: Path) -> None:
        import csv

        strings = json.loads((material.folder("naughty_strings") / "blns.json").read_text(encoding="utf-8"))
        path = tmp_path / "naughty.csv"
        with path.open("w", encoding="utf-8", newline="", errors="surrogatepass") as stream:
            csv.writer(stream).writerows(
                [["Number", "Name"], *[[str(n), text] for n, text in enumerate(strings)]]
            )

        read = list(tables.open_table(path).rows())

        assert len(read) == len(strings)
        assert all(row.refusal is None or "control character" in row.refusal for row in read)

    @pytest.mark.parametrize("vendor", ["hubspot", "salesforce", "mailchimp", "iterable"])
    def test_vendor_tables_are_read_whole(self, vendor: str) -> None:
        for path in sorted(material.folder(f"crm_vendor_seeds_{vendor}").glob("*.csv")):
            if len(path.read_text(encoding="utf-8-sig").strip().splitlines()) > 1:
                assert [row.refusal for row in tables.open_table(path).rows() if row.refusal] == [], path.name
