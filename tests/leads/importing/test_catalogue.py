"""The catalogue of bad input, a test for each row: what is given, and what is said instead of harm done."""

from __future__ import annotations

import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import xlsxwriter
from django.db import connection
from django.test.utils import CaptureQueriesContext

from coldframe.kernel.vocabulary import ConsentBasis, Refusal
from coldframe.leads.importing.dates import DateOrder
from coldframe.leads.importing.plan import AmbiguousDates
from coldframe.leads.models import Account, Consent, Lead
from tests.leads.importing import files
from tests.leads.importing.files import ANNA, HEADER, JONAS, counts, imported, lead, write

pytestmark = pytest.mark.django_db


def refused(path: Path, **options: object) -> Refusal:
    """Return why a file was refused; nothing may have been written then."""
    with pytest.raises(Refusal) as caught:
        imported(path, **options)
    assert files.batches() == 0
    assert not Lead.objects.exists()
    return caught.value


def raw(folder: Path, content: bytes | str, name: str = "file.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


class TestTheHeader:
    @pytest.mark.parametrize(
        ("content", "what"),
        [
            ("", "No leads found: the file is empty."),
            ("\n\n", "No leads found: the file is empty."),
            ("Email,First Name\n", "No leads found: the file has a header and nothing below it."),
            (
                "anna@brightpath.example,Anna\n",
                "No leads found: the first line is data, not the names of the columns.",
            ),
            ("Shoe size,Color\n41,blue\n", "No leads found: no column is email or external_id."),
        ],
        ids=["empty", "blank", "header only", "no header", "unknown columns"],
    )
    def test_a_file_in_which_no_leads_are_says_so(self, tmp_path: Path, content: str, what: str) -> None:
        assert refused(raw(tmp_path, content)).what == what

    def test_a_file_in_which_two_columns_could_be_the_address_says_so(self, tmp_path: Path) -> None:
        file = raw(tmp_path, "Email,Email\nanna@brightpath.example,anna.k@mail.example\n")

        assert "Email and Email (2) could both be email; neither is taken." in (refused(file).advice or "")

    def test_a_repeated_header_is_told_apart_and_its_repetition_refused(self, tmp_path: Path) -> None:
        path = raw(tmp_path, "Email,Phone,Phone\nanna@brightpath.example,1,\nEmail,Phone,Phone\n")

        result = imported(path)

        assert [column.name for column in result.plan.columns] == ["Email", "Phone", "Phone (2)"]
        assert files.refusals(result) == {3: "Email: not an address: it has no @"}
        assert counts(result) == {"new": 1, "refused": 1}

    def test_columns_that_nothing_maps_are_listed_and_never_guessed(self, tmp_path: Path) -> None:
        result = imported(write(tmp_path, ("Email", "Zodiac"), ("anna@brightpath.example", "Leo")))

        assert [(column.name, column.field) for column in result.plan.columns] == [
            ("Email", "email"),
            ("Zodiac", None),
        ]
        assert lead("anna@brightpath.example").custom == {}


class TestTheBytes:
    TEXT = "Email;First Name;Company\r\nzoë@bücher.example;Zoë;Łódź Mälzerei\r\n"

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
    def test_any_encoding_comes_in_whole_and_is_named(self, tmp_path: Path, encoding: str) -> None:
        content = self.TEXT.encode(encoding)
        if encoding in {"utf-16-le", "utf-16-be"}:
            content = "\ufeff".encode(encoding) + content

        result = imported(raw(tmp_path, content))

        zoe = Lead.objects.select_related("account").get()
        assert (zoe.first_name, zoe.account.name) == ("Zoë", "Łódź Mälzerei")
        assert any(note.startswith("Encoding: ") for note in result.plan.notes)
        assert any(note.startswith("Delimiter: semicolon") for note in result.plan.notes)

    def test_an_old_windows_file_comes_in_whole(self, tmp_path: Path) -> None:
        imported(raw(tmp_path, "Email\tFirst Name\rzoe@brightpath.example\tZoë\r".encode("windows-1252")))

        assert files.everybody() == [("zoe@brightpath.example", "Zoë", None)]

    def test_bytes_that_are_no_text_refuse_the_row_and_no_mark_is_stored(self, tmp_path: Path) -> None:
        content = (
            b"Email,First Name\nanna@brightpath.example,Anna\nzo\xff@brightpath.example,Zo\xe9\xff\n"
            + ("ółż@brightpath.example,Zażółć\n".encode() * 3)
        )

        result = imported(raw(tmp_path, content), encoding="utf-8")

        assert list(files.refusals(result)) == [3]
        assert "byte 0xFF" in files.refusals(result)[3]
        assert not any("\ufffd" in (name or "") for name in Lead.objects.values_list("first_name", flat=True))

    @pytest.mark.parametrize(("cell", "point"), [("An\x00na", "U+0000"), ("An\x07na", "U+0007")])
    def test_control_characters_refuse_the_row_with_their_place(
        self, tmp_path: Path, cell: str, point: str
    ) -> None:
        result = imported(
            raw(tmp_path, f"Email,First Name\nanna@brightpath.example,{cell}\njonas@nordlicht.example,J\n")
        )

        assert counts(result) == {"new": 1, "refused": 1}
        assert point in files.refusals(result)[2]
        assert "at character 27" in files.refusals(result)[2]


class TestSizes:
    @pytest.mark.parametrize("length", [10_001, 131_073, 200_000])
    def test_a_cell_that_is_too_long_refuses_its_row_and_the_rest_goes_on(
        self, tmp_path: Path, length: int
    ) -> None:
        rows = f"Email,First Name\nanna@brightpath.example,{'x' * length}\njonas@nordlicht.example,J\n"

        result = imported(raw(tmp_path, rows))

        assert counts(result) == {"new": 1, "refused": 1}
        assert f"field too long, {length:,} characters where 10,000 are allowed" in files.refusals(result)[2]

    def test_a_name_that_does_not_fit_its_field_refuses_the_row(self, tmp_path: Path) -> None:
        result = imported(write(tmp_path, HEADER, (ANNA[0], "x" * 121, *ANNA[2:]), JONAS))

        assert files.refusals(result) == {2: "First Name: too long: 121 characters where 120 are allowed"}

    def test_a_quote_that_swallows_the_file_stops_it_and_names_its_line(self, tmp_path: Path) -> None:
        rows = "".join(f"person{number}@brightpath.example,Anna\n" for number in range(40_000))
        path = raw(tmp_path, f'Email,First Name\nanna@brightpath.example,"Anna\n{rows}')

        said = refused(path)

        assert said.what == "The quote opened in line 2 is never closed."

    def test_archives_are_refused(self, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "file.zip", "w") as archive:
            archive.writestr("leads.csv", "Email\nanna@brightpath.example\n")

        refused(tmp_path / "file.zip")
        assert "gzip" in refused(raw(tmp_path, b"\x1f\x8b\x08\x00 and so on", "file.csv.gz")).what

    def test_a_workbook_that_unpacks_to_more_than_it_should_is_refused_before_it_is_opened(
        self, tmp_path: Path
    ) -> None:
        with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("[Content_Types].xml", "<Types/>")
            archive.writestr("xl/workbook.xml", "<workbook/>")
            archive.writestr("xl/worksheets/sheet1.xml", b"0" * 300_000_000)

        refused(tmp_path / "bomb.xlsx")

    def test_a_thousand_columns_come_in(self, tmp_path: Path) -> None:
        header = ["Email", *(f"Column {number}" for number in range(999))]

        imported(write(tmp_path, header, ["anna@brightpath.example", *map(str, range(999))]), keep_rest=True)

        assert lead("anna@brightpath.example").custom["column_998"] == 998

    def test_the_number_of_questions_to_the_database_does_not_grow_with_the_rows(
        self, tmp_path: Path
    ) -> None:
        def asked(count: int, name: str) -> int:
            rows = [(f"p{number}@c{number}.{name}.example", "P", "", "", "") for number in range(count)]
            with CaptureQueriesContext(connection) as queries:
                imported(write(tmp_path, HEADER, *rows, name=f"{name}.csv"))
            return len(queries)

        assert asked(600, "many") <= asked(20, "few") + 4

    def test_a_workbook_comes_in_with_its_dates(self, tmp_path: Path) -> None:
        with xlsxwriter.Workbook(tmp_path / "leads.xlsx", {"default_date_format": "yyyy-mm-dd"}) as book:
            sheet = book.add_worksheet("Leads")
            sheet.write_row(0, 0, ["Email", "Create Date", "Seats"])
            sheet.write_row(1, 0, ["anna@brightpath.example", date(2026, 3, 4), 12])

        imported(tmp_path / "leads.xlsx", keep_rest=True)

        anna = lead("anna@brightpath.example")
        assert (anna.entered_at, anna.custom) == (datetime(2026, 3, 4, tzinfo=UTC), {"seats": 12})


class TestTheSamePersonTwice:
    def test_in_one_file_they_are_merged_and_shown(self, tmp_path: Path) -> None:
        result = imported(write(tmp_path, HEADER, ANNA, (ANNA[0].upper(), "", "", "", "CMO")))

        assert counts(result) == {"new": 1, "merged": 1, "conflicting": 1}
        assert [each.as_json() for each in result.outcome.conflicts] == [
            {
                "line": 3,
                "field": "lead.job_title",
                "known": "Head of Marketing",
                "given": "CMO",
                "kept": "given",
            }
        ]

    def test_an_opt_out_is_never_overwritten(self, tmp_path: Path) -> None:
        header = ("Email", "Unsubscribed")
        imported(write(tmp_path, header, (ANNA[0], "yes"), name="1.csv"))

        result = imported(write(tmp_path, header, (ANNA[0], "no")), basis=ConsentBasis.CONSENT)

        assert (result.outcome.counts["suppressed_before"], result.outcome.counts["mailable"]) == (1, 0)


class TestAddresses:
    @pytest.mark.parametrize(
        ("address", "reason"),
        [
            ("a@b", "not an address: no dot after the @"),
            ("anna@brightpath.example; ola@brightpath.example", "more than one address: one belongs here"),
            ("Anna <anna@brightpath.example>", "a name beside the address: only the address belongs here"),
            ("anna@brightpath.example.", "not an address: it ends with a dot"),
            ('"anna@brightpath.example\r\nBcc:x@y.example"', "a line break in the address"),
            ("anna", "not an address: it has no @"),
        ],
    )
    def test_what_is_no_address_refuses_the_row_with_the_reason(
        self, tmp_path: Path, address: str, reason: str
    ) -> None:
        content = f"Email,First Name\n{address},Anna\njonas@nordlicht.example,Jonas\n"

        result = imported(raw(tmp_path, content))

        [said] = files.refusals(result).values()
        assert said == f"Email: {reason}"
        assert files.everybody() == [("jonas@nordlicht.example", "Jonas", None)]

    def test_an_international_address_is_kept_as_typed_and_in_ascii(self, tmp_path: Path) -> None:
        imported(write(tmp_path, ("Email",), ("Zoe@Bücher.example",)))

        row = Lead.objects.values_list("email", "email_as_given").get()
        assert row == ("zoe@xn--bcher-kva.example", "Zoe@Bücher.example")

    def test_a_mailbox_of_a_role_is_marked(self, tmp_path: Path) -> None:
        imported(write(tmp_path, ("Email",), ("info@brightpath.example",)))

        assert lead("info@brightpath.example").is_role_address


class TestTexts:
    @pytest.mark.parametrize(
        "text", ['=HYPERLINK("http://evil.example")', "=1+1", "@SUM(A1)", "+1", "-1+1", "'=1+1"]
    )
    def test_a_formula_is_stored_as_text(self, tmp_path: Path, text: str) -> None:
        imported(write(tmp_path, HEADER, (ANNA[0], text, *ANNA[2:])))

        assert lead(ANNA[0]).first_name == text

    @pytest.mark.parametrize(
        "text",
        [
            "<script>alert(1)</script>",
            "{{ 7*7 }}",
            "{% include 'x' %}",
            "${7*7}",
            "Robert'); DROP TABLE leads;--",
        ],
    )
    def test_scripts_and_templates_are_stored_literally(self, tmp_path: Path, text: str) -> None:
        imported(write(tmp_path, HEADER, (ANNA[0], text, *ANNA[2:])))

        assert lead(ANNA[0]).first_name == text


class TestDates:
    HEADER = ("Email", "Create Date")

    def test_dates_that_read_both_ways_are_asked_for_once_per_column(self, tmp_path: Path) -> None:
        path = write(tmp_path, self.HEADER, (ANNA[0], "03/04/2026"), (JONAS[0], "05/01/2026"))

        with pytest.raises(AmbiguousDates) as caught:
            imported(path)

        assert caught.value.where == 'column "Create Date"'
        assert (
            caught.value.advice
            == 'Say --dates day-first or --dates month-first; --dates "Create Date=day-first" for this column alone.'
        )
        imported(path, dates=DateOrder.DAY_FIRST)
        assert [each.isoformat()[:10] for each in self.entered()] == ["2026-04-03", "2026-01-05"]

    def test_one_date_of_the_column_decides_for_all(self, tmp_path: Path) -> None:
        imported(write(tmp_path, self.HEADER, (ANNA[0], "03/04/2026"), (JONAS[0], "05/25/2026")))

        assert [each.isoformat()[:10] for each in self.entered()] == ["2026-03-04", "2026-05-25"]

    def test_excel_counts_days(self, tmp_path: Path) -> None:
        imported(write(tmp_path, self.HEADER, (ANNA[0], "45123")))

        assert [each.isoformat()[:10] for each in self.entered()] == ["2023-07-16"]

    @pytest.mark.parametrize("date", ["20266-01-01", "2026-02-30", "yesterday", "31/31/2026"])
    def test_an_impossible_date_refuses_its_row(self, tmp_path: Path, date: str) -> None:
        result = imported(write(tmp_path, self.HEADER, (ANNA[0], date), (JONAS[0], "2026-01-01")))

        assert counts(result) == {"new": 1, "refused": 1}
        assert files.refusals(result)[2].startswith("Create Date: ")

    def test_a_consent_of_the_future_refuses_its_row(self, tmp_path: Path) -> None:
        header = ("Email", "Consent date")

        result = imported(write(tmp_path, header, (ANNA[0], "2031-01-01"), (JONAS[0], "2025-01-01")))

        assert list(files.refusals(result)) == [2]
        assert Consent.objects.values_list("lead__email", flat=True).get() == JONAS[0]

    def entered(self) -> list:
        return list(Lead.objects.order_by("id").values_list("entered_at", flat=True))


def test_without_a_basis_everybody_comes_in_as_not_mailable_and_it_is_asked_why(tmp_path: Path) -> None:
    from io import StringIO

    from rich.console import Console

    from coldframe.cli import import_text
    from coldframe.leads.importing import summary

    document = summary.as_json(imported(write(tmp_path, HEADER, ANNA, JONAS)))
    page = Console(file=StringIO(), width=300)
    import_text.show_result(document, page, with_plan=False)

    assert document["permission"]["without_basis"] == 2
    assert "2 came in as not mailable" in page.file.getvalue()
    assert "Why may you contact these people? Say --basis consent" in page.file.getvalue()


def test_a_suppressed_person_comes_in_as_not_mailable_counted_and_named(tmp_path: Path) -> None:
    header = ("Email", "Unsubscribed")
    imported(write(tmp_path, header, (ANNA[0], "yes"), name="1.csv"))

    result = imported(write(tmp_path, HEADER, ANNA, JONAS), basis=ConsentBasis.CONSENT)

    assert result.outcome.suppressed_before == [(2, ANNA[0], "UNSUBSCRIBE")]
    assert (result.outcome.counts["suppressed"], result.outcome.counts["mailable"]) == (1, 1)
    assert Account.objects.count() == 2
