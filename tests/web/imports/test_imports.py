"""Taking a file in through the browser, from bringing it to taking it back."""

from __future__ import annotations

import html
import io
import re
import shutil
import stat
from datetime import timedelta
from pathlib import Path

import pytest
import xlsxwriter
from django.conf import settings
from django.test import Client
from django.urls import reverse

from coldframe.leads import uploads
from coldframe.leads.models import Consent, CustomField, ImportBatch, Lead
from coldframe.team.models import LogEntry
from coldframe.work import uploads as work
from tests import world
from tests.web.imports.bringing import PEOPLE, bring, choose, folder, take_in, text

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def pinned_clock(monkeypatch):
    monkeypatch.setenv("COLDFRAME_NOW", world.NOW.isoformat())
    yield
    shutil.rmtree(folder(), ignore_errors=True)
    shutil.rmtree(Path(settings.HOME) / "imports", ignore_errors=True)


@pytest.fixture
def person() -> Client:
    return Client(HTTP_HOST="localhost")


def test_an_empty_start_says_what_to_bring(person):
    page = text(person.get("/import"))

    assert "Nothing was taken in yet." in page
    assert "Export your contacts from HubSpot, Salesforce" in page


def test_the_columns_are_recognized_and_shown_with_their_first_values(person):
    page = person.get(bring(person, PEOPLE))

    shown = text(page)
    assert "About 2 rows. Of 5 columns, 4 were recognized." in shown
    assert "anna@brightpath.example" in shown
    for place, field in enumerate(["email", "first_name", "last_name", "company"]):
        select = re.search(rf'name="field-{place}".*?</select>', page.content.decode(), re.DOTALL)
        assert f'value="{field}" selected' in select[0]
    assert Lead.objects.count() == 0


def test_the_preview_says_what_would_happen_and_writes_nothing(person):
    place = bring(person, PEOPLE + "a@b,Bad,Address,,\n")

    page = choose(person, place, basis="legitimate_interest")

    assert "this is what the file would do" in page.lower()
    assert "2 new, 1 refused" in page
    assert "2 may be written to." in page
    assert "Take in 2 rows" in page
    assert Lead.objects.count() == 0
    assert ImportBatch.objects.count() == 0


def test_taking_back_an_import_of_one_person_is_told_of_one(person):
    place = take_in(
        person, "Email,Company\nanna@brightpath.example,Brightpath\n", basis="legitimate_interest"
    )

    page = text(person.get(place))

    assert "1 lead goes 1 company goes 1 permission to write goes" in page


def test_a_file_of_one_row_and_one_column_is_told_as_such(person):
    place = bring(person, "Email,Seats\nanna@brightpath.example,12\n")

    page = text(person.get(place))

    assert "About 1 row. Of 2 columns, 1 was recognized." in page


def test_what_was_seen_in_the_preview_is_then_done(person):
    place = take_in(person, PEOPLE, basis="legitimate_interest", basis_source="fair", field_4="custom")

    page = text(person.get(place))
    assert "People from file: 2 new." in page
    assert "Taken in" in page
    assert set(Lead.objects.values_list("email", flat=True)) == {
        "anna@brightpath.example", "jonas@nordlicht.example",
    }  # fmt: skip
    assert Lead.objects.get(first_name="Anna").custom == {"seats": 12}
    assert CustomField.objects.get().kind == CustomField.Kind.NUMBER
    assert set(Consent.objects.values_list("source", flat=True)) == {"fair"}


def test_without_a_basis_they_come_in_as_not_mailable_and_the_page_asks_why(person):
    place = bring(person, PEOPLE)

    assert "Why may you contact these people?" in text(person.get(place))
    page = choose(person, place)

    assert "0 may be written to. 2 come in as not mailable: nothing says why they may be contacted." in page


def test_a_flag_that_says_neither_yes_nor_no_counts_as_an_opt_out_and_is_shown(person):
    place = bring(person, "Email,Email Opt Out\nanna@brightpath.example,asked by phone\n")

    seen = choose(person, place, basis="consent")

    assert "0 may be written to." in seen
    assert "Email Opt Out: “asked by phone” (1) is neither yes nor no, and counts as an opt-out." in seen


def test_a_column_can_be_taken_as_another_field_or_left_out(person):
    take_in(person, PEOPLE, field_2="", field_4="job_title")

    anna = Lead.objects.get(email="anna@brightpath.example")
    assert (anna.last_name, anna.job_title) == (None, "12")


def test_two_columns_for_one_field_are_refused_on_the_page(person):
    page = choose(person, bring(person, PEOPLE), field_4="company")

    assert 'Two columns cannot both be "company".' in page
    assert 'Found: "Company" and "Seats".' in page


def test_the_order_of_dates_is_asked_once_for_each_column_in_doubt(person):
    dated = "Email,Created,Renewal\nanna@brightpath.example,03/04/2026,05/06/2026\n"
    place = bring(person, dated)

    page = choose(person, place, field_1="entered_at")

    assert "The dates can be read in two ways" in page
    assert "Say below which comes first." in page
    assert "--dates" not in page
    choose(person, place, field_1="entered_at", dates_1="month-first")
    person.post(f"{place}/start")
    assert Lead.objects.get().entered_at.date().isoformat() == "2026-03-04"


def test_each_column_says_what_it_does_to_what_is_known(person):
    take_in(person, "Email,First name,Job title\nanna@brightpath.example,Anna,CMO\n")
    changed = "Email,First name,Job title\nanna@brightpath.example,Hanna,CEO\n"

    page = choose(person, bring(person, changed), rule_1="keep")

    assert "“CMO” becomes “CEO”" in page
    assert "“Anna” stays, not “Hanna”" in page
    take_in(person, changed, rule_1="keep")
    assert Lead.objects.values_list("first_name", "job_title").get() == ("Anna", "CEO")


def test_the_refused_rows_can_be_taken_out_mended_and_brought_again(person):
    place = take_in(person, PEOPLE + "a@b,Bad,Address,,\n")

    assert "Refused rows, to mend and bring again" in text(person.get(place))
    refused = b"".join(person.get(f"{place}/refused").streaming_content)
    assert b"a@b" in refused
    assert b"Refused because" in refused
    again = take_in(person, refused.replace(b"a@b", b"bad@address.example"), name="mended.csv")
    assert "1 new" in text(person.get(again))
    assert LogEntry.objects.filter(what="import.refused_rows_exported").count() == 1


def test_an_import_says_what_taking_it_back_does_and_then_does_it(person):
    place = take_in(person, PEOPLE, basis="consent")

    page = text(person.get(place))
    assert "2 leads go 2 companies go 2 permissions to write go" in page
    said = text(person.post(f"{place}/undo", follow=True))

    assert "is taken back." in said
    assert not Lead.objects.filter(voided_at=None).exists()
    assert "Take it back" not in text(person.get(place))
    assert LogEntry.objects.get(what="import.undone").details == {
        "leads": 2, "accounts": 2, "opportunities": 0,
    }  # fmt: skip


def test_a_second_undo_is_refused_with_its_reason(person):
    place = take_in(person, PEOPLE)
    person.post(f"{place}/undo")

    answer = person.post(f"{place}/undo")

    assert answer.status_code == 400
    assert "was undone already" in text(answer)


def test_what_was_done_is_noted_without_what_the_file_holds(person):
    take_in(person, PEOPLE)

    noted = {entry.what: entry.details for entry in LogEntry.objects.all()}
    assert noted["import.started"] == {"kind": "leads", "rows": 2}
    assert "anna" not in str(noted)


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("Email,First name,Company", "leads"),
        ("Company name,Website,Number of employees,Industry", "accounts"),
        ("Deal name,Amount,Deal stage,Close date", "opportunities"),
        ("Email,Kind,Occurred at", "events"),
    ],
)
def test_the_kind_of_file_is_guessed_from_its_header(person, header, kind):
    row = ",".join({"Email": "a@b.example", "Website": "b.example", "Occurred at": "2026-05-01"}.get(name, "1")
                   for name in header.split(","))  # fmt: skip

    page = person.get(bring(person, f"{header}\n{row}\n")).content.decode()

    assert f'value="{kind}" selected' in page


def test_the_kind_can_be_changed_and_the_columns_are_looked_at_anew(person):
    place = bring(person, "Company,Website\nBrightpath,brightpath.example\n")

    person.post(f"{place}/look", {"kind": "leads"})

    assert "No column says who or what a row is. Choose one for: E-mail address or Id in the source." in text(
        person.get(place)
    )


def test_a_workbook_with_several_sheets_asks_which(person):
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made, {"in_memory": True})
    for name in ("North", "South"):
        sheet = book.add_worksheet(name)
        sheet.write_row(0, 0, ["Email"])
        sheet.write_row(1, 0, [f"anna@{name.lower()}.example"])
    book.close()
    place = bring(person, made.getvalue(), name="people.xlsx")

    asked = person.get(place)
    assert "Several sheets of this workbook have rows." in text(asked)
    assert '<option value="South"' in asked.content.decode()
    person.post(f"{place}/look", {"kind": "leads", "sheet": "South"})
    choose(person, place)
    person.post(f"{place}/start")

    assert Lead.objects.get().email == "anna@south.example"


def test_a_file_lies_where_nobody_else_can_read_it_and_is_gone_after_a_day(person):
    token = bring(person, PEOPLE, name="../../people.csv").rpartition("/")[2]

    [file] = (folder() / token / "file").iterdir()
    assert file.name == "people.csv"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE((folder() / token).stat().st_mode) == 0o700
    assert uploads.prune(at=world.NOW + timedelta(hours=23)) == 0
    assert uploads.prune(at=world.NOW + timedelta(days=1, minutes=1)) == 1
    answer = person.get(reverse("web:upload", args=[token]))
    assert answer.status_code == 400
    assert "This file is no longer here." in text(answer)


def test_a_large_file_waits_for_the_worker_and_says_how_far_it_is(person, monkeypatch):
    monkeypatch.setattr(work, "SMALL_BYTES", 10)
    place = bring(person, PEOPLE)

    page = choose(person, place)
    assert "Finding out what the file would do." in page
    assert "This goes on when you close the browser" in page
    assert "No worker runs on this machine" in page
    work.run(work.find_left().token, clock=lambda: world.NOW)
    assert person.get(place, headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"
    person.post(f"{place}/start")
    assert "The file is being taken in." in text(person.get(place))
    work.run(work.find_left().token, clock=lambda: world.NOW)

    assert work.find_left() is None
    assert "2 new" in text(person.get(place, follow=True))


def test_an_import_whose_process_was_killed_goes_on_where_it_was(person, monkeypatch):
    monkeypatch.setattr(work, "SMALL_BYTES", 10)
    monkeypatch.setattr("coldframe.leads.importing.applying.CHUNK_ROWS", 1)
    place = bring(person, PEOPLE)
    choose(person, place)
    work.run(work.find_left().token, clock=lambda: world.NOW)
    person.post(f"{place}/start")
    token = place.rpartition("/")[2]
    looked = []

    def killed():
        looked.append(None)
        if len(looked) == 3:
            raise SystemExit(9)
        return world.NOW

    with pytest.raises(SystemExit):
        work.run(token, clock=killed)
    assert Lead.objects.count() == 1
    assert "1 of 2 rows" in text(person.get(place))

    done = work.run(work.find_left().token, clock=lambda: world.NOW)

    assert done.result["counts"]["new"] == 2
    assert Lead.objects.count() == 2
    assert ImportBatch.objects.count() == 1


def test_a_file_over_which_processes_die_is_left_alone_in_the_end(person, monkeypatch):
    monkeypatch.setattr(work, "SMALL_BYTES", 10)
    place = bring(person, PEOPLE)
    choose(person, place)
    upload = uploads.find(place.rpartition("/")[2])
    uploads.change(upload, attempts=uploads.MOST_ATTEMPTS)

    work.run(upload.token, clock=lambda: world.NOW)

    assert work.find_left() is None
    assert "Nothing came of it, several times." in text(person.get(place))


def test_the_number_of_queries_does_not_grow_with_the_imports(person, django_assert_max_num_queries):
    for number in range(4):
        take_in(person, PEOPLE + f"x{number}@brightpath.example,X,Y,Brightpath,1\n")

    with django_assert_max_num_queries(4):
        page = text(person.get("/import"))
    assert "4 files were taken in so far." in page


def test_a_result_asks_the_database_a_bounded_number_of_times(person, django_assert_max_num_queries):
    place = take_in(person, PEOPLE)

    with django_assert_max_num_queries(12):
        person.get(place)


def numbers(response) -> dict[str, str]:
    """Return where the counts of a result lead, by what is counted."""
    card = r'class="subheader">([^<]+)</div><div class="h1 m-0"><a href="([^"]+)"'
    return {label: html.unescape(href) for label, href in re.findall(card, response.content.decode())}


def people(response) -> list[str]:
    return re.findall(r'class="cf-name[^>]*><bdi>([^<]+)', response.content.decode())


def test_the_numbers_of_a_result_lead_to_the_leads_that_are_new_and_that_changed(person):
    take_in(person, PEOPLE)
    old, new = PEOPLE.splitlines()[1].replace("Anna", "Hanna"), "marta@brightpath.example,Marta,Nowak,,"
    place = take_in(person, f"{PEOPLE.splitlines()[0]}\n{old}\n{PEOPLE.splitlines()[2]}\n{new}\n")

    shown = person.get(place)
    leads = numbers(shown)

    number = place.rpartition("/")[2]
    assert leads == {
        "New": f"/leads?import={number}.new&sort=entered",
        "Updated": f"/leads?import={number}.updated&sort=entered",
    }
    assert people(person.get(leads["New"])) == ["Marta Nowak"]
    assert people(person.get(leads["Updated"])) == ["Hanna Kowalska"]
    assert f'href="/leads?import={number}&amp;sort=entered"' in shown.content.decode()
    listed = person.get(f"/leads?import={number}")
    assert sorted(people(listed)) == ["Hanna Kowalska", "Marta Nowak"]
    assert f"Import: {number} " in text(listed)
    assert f"Import: {number}, new by it" in text(person.get(leads["New"]))


def test_whose_company_or_permission_alone_was_in_the_file_counts_as_changed_and_is_found(person):
    take_in(person, PEOPLE)
    told = "Email,Website,Industry\nanna@brightpath.example,brightpath.example,Software\n"
    company = take_in(person, told)
    permission = take_in(person, "Email\njonas@nordlicht.example\n", basis="consent")

    assert people(person.get(numbers(person.get(company))["Updated"])) == ["Anna Kowalska"]
    assert people(person.get(numbers(person.get(permission))["Updated"])) == ["Jonas Weber"]


def test_the_refused_rows_are_behind_their_number(person):
    place = take_in(person, PEOPLE + "a@b,Bad,Address,,\n")

    assert numbers(person.get(place))["Refused"] == f"{place}/refused"


def test_what_was_taken_back_leads_nowhere_and_finds_nobody(person):
    take_in(person, PEOPLE)
    place = take_in(person, PEOPLE.replace("Anna", "Hanna") + "marta@brightpath.example,Marta,Nowak,,\n")
    person.post(f"{place}/undo")

    shown = person.get(place)

    assert numbers(shown) == {}
    assert "Look at the leads" not in text(shown)
    assert people(person.get(f"/leads?import={place.rpartition('/')[2]}")) == []


def test_the_leads_of_an_import_go_out_as_a_file_and_are_kept_as_a_list(person):
    number = take_in(person, PEOPLE).rpartition("/")[2]
    take_in(person, "Email\nmarta@brightpath.example\n")

    file = b"".join(person.get(f"/leads/export.csv?import={number}.new").streaming_content).decode()
    person.post("/leads/save", {"name": "Fair", "query": f"import={number}.new"})
    saved = text(person.get("/leads/saved"))

    assert ("Kowalska" in file, "Weber" in file, "marta@" in file) == (True, True, False)
    assert "Fair 2" in saved
