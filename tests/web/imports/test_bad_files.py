"""The catalogue of bad files, as far as a browser can bring them."""

from __future__ import annotations

import gzip
import io
import re
import shutil
import zipfile
from contextlib import nullcontext
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import translation

from coldframe.kernel.vocabulary import SuppressionReason
from coldframe.leads import operations as leads
from coldframe.leads import uploads
from coldframe.leads.importing import batches
from coldframe.leads.models import Lead
from tests import world
from tests.web.imports.bringing import PEOPLE, bring, choose, folder, take_in, text

pytestmark = pytest.mark.django_db
BOMB = "xl/worksheets/sheet1.xml"


@pytest.fixture(autouse=True)
def pinned_clock(monkeypatch):
    monkeypatch.setenv("COLDFRAME_NOW", world.NOW.isoformat())
    yield
    # Else what comes next in this process speaks the language of the last page.
    translation.deactivate()
    shutil.rmtree(folder(), ignore_errors=True)
    shutil.rmtree(Path(settings.HOME) / "imports", ignore_errors=True)


@pytest.fixture
def person() -> Client:
    return Client(HTTP_HOST="localhost")


def bomb() -> bytes:
    """Return a small archive that would unpack to a large one."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr(BOMB, b"0" * (60 << 20))
    return made.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"\n", "empty.csv", "the file is empty"),
        (b"Email,Name\n", "header.csv", "the file has a header and nothing below it"),
        (gzip.compress(PEOPLE.encode()), "people.csv.gz", "The file is a compressed file (gzip)"),
        (b"%PDF-1.7", "people.pdf", "The file is a PDF document"),
        (b"\xd0\xcf\x11\xe0rest", "people.xls", "an old or a protected workbook"),
        (bomb(), "bomb.xlsx", "unpack"),
        (b'Email,Name\na@b.example,"never closed\n' + b"x" * (1 << 21), "quote.csv", "is never closed"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_says_why_and_can_be_thrown_away(person, content, name, said):
    place = bring(person, content, name=name)

    page = text(person.get(place))

    assert "The file cannot be read like this." in page or said in choose(person, place)
    assert said in page or said in choose(person, place)
    assert "The file is gone." in text(person.post(f"{place}/remove", follow=True))
    assert not list(folder().iterdir())


def test_a_form_without_a_file_is_refused(person):
    answer = person.post("/import", {})

    assert answer.status_code == 400
    assert "No file was chosen." in text(answer)


@pytest.mark.parametrize(
    ("before", "back"),
    [
        ("http://localhost/import?q=a", "/import?q=a"),
        ("http://elsewhere.example/import", ""),
        ("http://localhost//elsewhere.example/", ""),
        ("", ""),
    ],
)
def test_a_refused_form_leads_back_to_the_page_it_stood_on(person, before, back):
    answer = person.post("/import", {}, HTTP_REFERER=before)

    links = re.findall(
        r'<a class="btn[^"]*" href="([^"]*)">', answer.content.decode().split('"empty-action"')[1]
    )
    assert links == ([back] if back else []) + ["/"]
    assert "<title>That was not done" in answer.content.decode()


def test_a_file_that_is_too_large_is_refused_before_it_is_read(person):
    answer = person.post(
        "/import", {"file": SimpleUploadedFile("a.csv", b"x")}, CONTENT_LENGTH=str(uploads.MOST_BYTES * 2)
    )

    assert answer.status_code == 400
    assert "The file is too large for the browser. Expected: at most 50 MiB." in text(answer)


def test_a_file_that_grows_too_large_leaves_nothing_behind(monkeypatch):
    monkeypatch.setattr(uploads, "MOST_BYTES", 10)

    with pytest.raises(uploads.UploadTooLarge):
        uploads.receive([b"12345", b"678901"], name="a.csv", by="Ola", at=world.NOW)

    assert not list(folder().iterdir())


def test_more_columns_than_a_page_can_show_are_refused(person):
    names = ",".join(f"c{number}" for number in range(201))

    page = text(person.get(bring(person, f"{names}\n{names}\n")))

    assert "The file has too many columns for the browser." in page
    assert "Expected: at most 200 columns." in page


@pytest.mark.parametrize(
    "content",
    [
        PEOPLE.encode("utf-16"),
        b"\xef\xbb\xbf" + PEOPLE.encode(),
        PEOPLE.replace(",", ";").replace("\n", "\r\n").encode(),
        PEOPLE.replace(",", "\t").encode(),
        PEOPLE.replace("Kowalska", "Kowalská-Müller").encode("windows-1252", "replace"),
    ],
)  # fmt: skip
def test_encoding_and_delimiter_are_found_and_shown(person, content):
    place = bring(person, content)

    assert "Delimiter:" in text(person.get(place))
    assert "2 new" in choose(person, place)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("bad\0@address.example,A,B,,", "U+0000"),
        ("anna@b.example,\x07Anna,B,,", "U+0007"),
        (f"anna@b.example,{'x' * 10_001},B,,", "too long"),
        ("a@b,A,B,,", "a@b"),
        ("a@b.example and c@d.example,A,B,,", "address"),
        ('"a@b.example\r\nBcc: x@y.example",A,B,,', "line"),
    ],
)  # fmt: skip
def test_a_bad_row_is_refused_with_its_reason_and_the_rest_goes_on(person, row, reason):
    page = choose(person, bring(person, PEOPLE + row + "\n"))

    assert "2 new, 1 refused" in page
    assert "Refused, and why" in page
    assert reason.lower() in page.lower() or "line 4" in page


def test_formulas_and_scripts_stay_what_they_are(person):
    nasty = "<script>alert(1)</script>"
    content = f"Email,First name,Last name\nanna@brightpath.example,{nasty},=1+1\n"
    place = bring(person, content)

    page = person.get(place).content.decode()
    assert nasty not in page
    take_in(person, content)

    assert Lead.objects.values_list("first_name", "last_name").get() == (nasty, "=1+1")


def test_the_same_person_twice_is_merged_and_shown(person):
    page = choose(person, bring(person, PEOPLE + "ANNA@brightpath.example,Anna,Kowalska,Brightpath,12\n"))

    assert "1 same as another row" in page
    assert "line 4 speaks of the same one as line 2" in page


def test_who_opted_out_stays_so_and_is_counted(person):
    leads.suppress(
        reason=SuppressionReason.OPT_OUT, source="test", at=world.NOW, emails=["anna@brightpath.example"]
    )

    page = choose(person, bring(person, PEOPLE), basis="consent")

    assert "1 may be written to." in page
    assert "1 are never written to; no import lifts that." in page


def test_a_consent_of_the_future_is_refused(person):
    content = "Email,Consent date\nanna@brightpath.example,2031-01-01\n"

    page = choose(person, bring(person, content), field_1="consent_given_at")

    assert "1 refused" in page


def test_the_same_file_at_once_is_refused_and_can_be_begun_again(person, monkeypatch):
    place = bring(person, PEOPLE)
    choose(person, place)
    with monkeypatch.context() as elsewhere:
        for way in ("file_held", "pg_held"):
            elsewhere.setattr(batches, way, lambda name: nullcontext(False))
        said = text(person.post(f"{place}/start", follow=True))

    assert "This file is already running: another process is importing it now." in said
    assert "Take in 2 rows" in said
    person.post(f"{place}/start")
    assert Lead.objects.count() == 2


@pytest.mark.parametrize("token", ["x" * 22, "..%2f..", "a"])
def test_a_file_that_is_not_here_is_said_to_be_gone(person, token):
    answer = person.get(f"/import/files/{token}")

    assert answer.status_code in {400, 404}


def test_what_is_being_taken_in_cannot_be_changed_or_thrown_away(person):
    place = bring(person, PEOPLE)
    upload = uploads.find(place.rpartition("/")[2])
    uploads.change(upload, state=uploads.State.IMPORTING, choice={"kind": "leads"})

    for word in ("choose", "look", "again", "remove"):
        answer = person.post(f"{place}/{word}", {"kind": "leads"})
        assert answer.status_code == 400
        assert "is being worked on" in text(answer)


def test_a_file_whose_preview_was_not_seen_is_not_taken_in(person):
    answer = person.post(f"{bring(person, PEOPLE)}/start")

    assert answer.status_code == 400
    assert Lead.objects.count() == 0


def test_a_form_without_its_token_changes_nothing():
    person = Client(HTTP_HOST="localhost", enforce_csrf_checks=True)

    answer = person.post("/import", {"file": SimpleUploadedFile("a.csv", PEOPLE.encode())})

    assert answer.status_code == 403
    assert not folder().is_dir() or not list(folder().iterdir())


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"\n", "leer.csv", "Keine Leads gefunden: Die Datei ist leer."),
        (b"%PDF-1.7", "leads.pdf", "Die Datei ist ein PDF-Dokument."),
        (gzip.compress(PEOPLE.encode()), "leads.csv.gz", "Die Datei ist eine gepackte Datei (gzip)."),
        (b"x" * (2 << 20), "lang.csv", "Die erste Zeile hat mehr als 1.048.576 Zeichen."),
        (PEOPLE.replace(",", ";").encode("utf-16"), "leads.csv", "Trennzeichen: Semikolon."),
    ],
)  # fmt: skip
def test_what_a_file_is_found_to_be_is_said_in_the_readers_language(person, content, name, said):
    page = text(person.get(bring(person, content, name=name), HTTP_ACCEPT_LANGUAGE="de"))

    assert said in page


def test_why_a_row_is_refused_is_said_in_the_readers_language(person):
    place = bring(person, PEOPLE + "nobody,A,B,,\nanna@b.example,A,B,C,D,E,F\n")
    choose(person, place)

    page = text(person.get(place, HTTP_ACCEPT_LANGUAGE="de"))

    assert "Email: keine Adresse: sie hat kein @" in page
    assert "7 Zellen, die Kopfzeile hat 5: mehr, als die Kopfzeile nennt" in page


def test_a_file_that_is_too_large_is_refused_in_the_readers_language(person):
    sent = {"file": SimpleUploadedFile("a.csv", b"x")}

    answer = person.post(
        "/import", sent, CONTENT_LENGTH=str(uploads.MOST_BYTES * 2), HTTP_ACCEPT_LANGUAGE="de"
    )

    assert "Die Datei ist zu groß für den Browser. Erwartet: höchstens 50 MiB." in text(answer)
