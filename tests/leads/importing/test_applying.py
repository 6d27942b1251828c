"""Taking leads in: who is who, what changes, what is shown, and that a rehearsal writes nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from coldframe.kernel.vocabulary import ConsentBasis
from coldframe.leads.importing.options import Rule
from coldframe.leads.importing.plan import NoSuchColumn, NoSuchField, NothingToKnowBy
from coldframe.leads.models import Account, Consent, CustomField, Identity, ImportBatch, ImportChange, Lead
from tests.leads.importing import files
from tests.leads.importing.files import ANNA, HEADER, JONAS, TOM, counts, imported, lead, rehearsed, write
from tests.world import NOW

pytestmark = pytest.mark.django_db


def test_people_come_in_with_their_companies(tmp_path: Path) -> None:
    result = imported(write(tmp_path, HEADER, ANNA, JONAS))

    assert counts(result) == {"new": 2}
    anna = lead("anna@brightpath.example")
    assert (anna.first_name, anna.last_name, anna.job_title) == ("Anna", "Kowalska", "Head of Marketing")
    assert (anna.department, anna.email_kind, anna.is_role_address) == ("marketing", "BUSINESS", False)
    assert (anna.account.name, anna.account.domain, anna.account.is_personal) == (
        "Brightpath",
        "brightpath.example",
        False,
    )
    assert (anna.account.due.due_at, anna.created_at, anna.batch_id) == (NOW, NOW, result.batch.pk)


def test_a_rehearsal_says_what_an_import_does_and_writes_nothing(tmp_path: Path) -> None:
    imported(write(tmp_path, HEADER, ANNA, name="before.csv"))
    path = write(
        tmp_path,
        HEADER,
        (*ANNA[:4], "CMO"),
        JONAS,
        ("jonas@nordlicht.example", "J.", "", "", ""),
        ("a@b", "", "", "", ""),
    )
    before = files.contents()

    said = rehearsed(path)

    assert files.contents() == before
    assert files.batches() == 1
    assert sorted(each.name for each in tmp_path.iterdir()) == ["before.csv", "file.csv"]
    assert said.batch is None
    assert counts(said) == {"new": 1, "updated": 1, "merged": 1, "conflicting": 2, "refused": 1}
    done = imported(path)
    assert counts(done) == counts(said)
    assert done.outcome.conflicts == said.outcome.conflicts
    assert files.refusals(done) == files.refusals(said) == {5: "Email: not an address: no dot after the @"}


def test_every_conflict_names_line_field_and_both_values(tmp_path: Path) -> None:
    imported(write(tmp_path, HEADER, ANNA, name="before.csv"))

    result = imported(write(tmp_path, HEADER, (*ANNA[:4], "CMO")))

    assert [each.as_json() for each in result.outcome.conflicts] == [
        {"line": 2, "field": "lead.job_title", "known": "Head of Marketing", "given": "CMO", "kept": "given"}
    ]


@pytest.mark.parametrize(
    ("rule", "known", "given", "title"),
    [
        (None, "Analyst", "CMO", "CMO"),
        (None, "Analyst", "", "Analyst"),
        (None, "", "CMO", "CMO"),
        (Rule.REPLACE, "Analyst", "CMO", "CMO"),
        (Rule.FILL, "Analyst", "CMO", "Analyst"),
        (Rule.FILL, "", "CMO", "CMO"),
        (Rule.KEEP, "Analyst", "CMO", "Analyst"),
        (Rule.KEEP, "", "CMO", None),
    ],
)
def test_a_rule_per_column_says_what_a_cell_does_to_a_known_value(
    tmp_path: Path, rule: Rule | None, known: str, given: str, title: str | None
) -> None:
    imported(write(tmp_path, HEADER, (*ANNA[:4], known), name="before.csv"))

    imported(write(tmp_path, HEADER, (*ANNA[:4], given)), collisions=(("Job Title", rule),) if rule else ())

    assert lead("anna@brightpath.example").job_title == title


def test_a_rule_of_keep_lets_new_people_have_the_column(tmp_path: Path) -> None:
    imported(write(tmp_path, HEADER, ANNA), collisions=(("job title", Rule.KEEP),))

    assert lead("anna@brightpath.example").job_title == "Head of Marketing"


def test_a_row_that_says_something_new_of_the_company_alone_is_an_update(tmp_path: Path) -> None:
    imported(write(tmp_path, HEADER, ANNA))
    more = write(tmp_path, ("Email", "Industry"), (ANNA[0], "software"), name="more.csv")

    assert counts(rehearsed(more)) == {"updated": 1}
    assert counts(imported(more)) == {"updated": 1}
    assert counts(imported(more)) == {"unchanged": 1}


def test_a_person_is_known_under_another_case_of_the_address(tmp_path: Path) -> None:
    imported(write(tmp_path, HEADER, ANNA, name="before.csv"))

    result = imported(write(tmp_path, HEADER, ("Anna@BrightPath.example", *ANNA[1:])))

    assert counts(result) == {"unchanged": 1}
    assert lead("anna@brightpath.example").email_as_given == "anna@brightpath.example"


def test_rows_of_one_person_in_a_file_are_merged_and_shown(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER, ANNA, JONAS, ("ANNA@brightpath.example", "", "", "", "CMO"))

    result = imported(path)

    assert counts(result) == {"new": 2, "merged": 1, "conflicting": 1}
    assert result.outcome.merged == [(4, 2)]
    assert lead("anna@brightpath.example").job_title == "CMO"
    assert lead("anna@brightpath.example").first_name == "Anna"


class TestIds:
    HEADER = ("Record ID", "Email", "First Name", "Lifecycle Stage")

    def test_a_new_address_under_a_known_id_is_the_same_person(self, tmp_path: Path) -> None:
        imported(write(tmp_path, self.HEADER, ("7", "anna@brightpath.example", "Anna", ""), name="1.csv"))

        result = imported(write(tmp_path, self.HEADER, ("7", "anna.k@brightpath.example", "Anna", "")))

        assert counts(result) == {"updated": 1, "conflicting": 1}
        assert files.everybody() == [("anna.k@brightpath.example", "Anna", None)]

    def test_one_address_under_two_ids_is_one_person_with_both_ids(self, tmp_path: Path) -> None:
        path = write(
            tmp_path,
            self.HEADER,
            ("7", "anna@brightpath.example", "Anna", ""),
            ("8", "Anna@brightpath.example", "Anna", ""),
        )

        result = imported(path)

        assert counts(result) == {"new": 1, "merged": 1}
        ids = Identity.objects.order_by("external_id").values_list("source", "external_id", "lead__email")
        assert list(ids) == [
            ("hubspot", "7", "anna@brightpath.example"),
            ("hubspot", "8", "anna@brightpath.example"),
        ]
        assert counts(imported(path)) == {"unchanged": 1, "merged": 1}

    def test_an_address_of_somebody_else_stays_with_them_and_is_shown(self, tmp_path: Path) -> None:
        first = ("7", "anna@brightpath.example", "Anna", "")
        imported(
            write(tmp_path, self.HEADER, first, ("8", "ola@brightpath.example", "Ola", ""), name="1.csv")
        )

        result = imported(write(tmp_path, self.HEADER, ("8", "anna@brightpath.example", "Ola", "")))

        assert counts(result) == {"unchanged": 1, "conflicting": 1}
        assert [each.as_json() for each in result.outcome.conflicts] == [
            {
                "line": 2,
                "field": "lead.email",
                "known": "ola@brightpath.example",
                "given": "anna@brightpath.example",
                "kept": "known",
            }
        ]

    def test_people_without_an_address_are_known_by_their_id(self, tmp_path: Path) -> None:
        path = write(tmp_path, self.HEADER, ("1", "", "Zed", ""), ("2", "", "Zoe", ""))

        assert counts(imported(path)) == {"new": 2}
        assert counts(imported(path)) == {"unchanged": 2}

    def test_ids_of_two_systems_are_two_people(self, tmp_path: Path) -> None:
        path = write(tmp_path, ("ID", "First Name"), ("7", "Anna"))
        imported(path, source="erp")
        imported(path, source="shop")

        assert Lead.objects.count() == 2

    def test_an_id_of_an_unnamed_system_with_another_address_is_refused(self, tmp_path: Path) -> None:
        imported(write(tmp_path, ("ID", "Email"), ("7", "anna@brightpath.example"), name="1.csv"))

        result = imported(write(tmp_path, ("ID", "Email"), ("7", "jonas@nordlicht.example")))

        assert files.refusals(result) == {
            2: "the id 7 came with another address before; --source file says that it is the same person under a "
            "new address, --source NAME that these ids are of another system"
        }
        assert files.everybody() == [("anna@brightpath.example", None, None)]

    def test_whoever_names_the_source_vouches_for_its_ids(self, tmp_path: Path) -> None:
        imported(write(tmp_path, ("ID", "Email"), ("7", "anna@brightpath.example"), name="1.csv"))

        imported(write(tmp_path, ("ID", "Email"), ("7", "anna.k@brightpath.example")), source="file")

        assert files.everybody() == [("anna.k@brightpath.example", None, None)]

    def test_a_row_of_nobody_is_refused(self, tmp_path: Path) -> None:
        result = imported(write(tmp_path, self.HEADER, ("", "", "Zed", "")))

        assert files.refusals(result) == {
            2: "neither an address nor an id: a lead is known by its address or by its id in the source"
        }


class TestMapping:
    def test_a_column_is_taken_as_asked(self, tmp_path: Path) -> None:
        path = write(tmp_path, ("Email", "Firma", "Title"), ("anna@brightpath.example", "Brightpath", "CMO"))

        imported(path, mapping=(("Firma", "company"), ("Title", "")))

        anna = lead("anna@brightpath.example")
        assert (anna.account.name, anna.job_title) == ("Brightpath", None)

    def test_what_was_recognized_as_the_asked_field_is_left_out(self, tmp_path: Path) -> None:
        path = write(tmp_path, ("Email", "Phone", "Direct"), ("anna@brightpath.example", "1", "2"))

        imported(path, mapping=(("Direct", "phone"),))

        assert lead("anna@brightpath.example").phone == "2"

    def test_a_column_that_is_not_there_is_refused_with_the_nearest(self, tmp_path: Path) -> None:
        path = write(tmp_path, HEADER, ANNA)

        with pytest.raises(NoSuchColumn) as caught:
            imported(path, mapping=(("Jbo Title", "role"),))

        assert str(caught.value) == (
            '--map: The file has no column "Jbo Title".\nexpected "Job Title".\n'
            "Its columns: Email, First Name, Last Name, Company, Job Title."
        )

    def test_a_field_that_is_not_there_is_refused_with_the_nearest(self, tmp_path: Path) -> None:
        with pytest.raises(NoSuchField) as caught:
            imported(write(tmp_path, HEADER, ANNA), mapping=(("Company", "compny"),))

        assert caught.value.what == 'There is no field "compny".'
        assert caught.value.expected == '"company"'

    def test_a_file_that_names_nobody_is_refused_with_its_columns(self, tmp_path: Path) -> None:
        with pytest.raises(NothingToKnowBy) as caught:
            imported(write(tmp_path, ("Shoe size", "Color"), ("41", "blue")))

        assert caught.value.what == "No leads found: no column is email or external_id."
        assert caught.value.got == "the columns Shoe size, Color"
        assert caught.value.advice == 'Say which column it is: --map "COLUMN=email".'


class TestOwnFields:
    HEADER = ("Email", "Seats", "Since", "Pilot", "Note", "Code")
    ROW = ("anna@brightpath.example", "12", "2024-05-01", "yes", "likes tea", "007")

    def test_everything_nobody_maps_is_kept_with_its_type(self, tmp_path: Path) -> None:
        path = write(
            tmp_path, self.HEADER, self.ROW, ("jonas@nordlicht.example", "Select", "", "no", "N/A", "12")
        )

        imported(path, keep_rest=True)

        assert lead("anna@brightpath.example").custom == {
            "seats": 12,
            "since": "2024-05-01",
            "pilot": True,
            "note": "likes tea",
            "code": "007",
        }
        assert lead("jonas@nordlicht.example").custom == {"pilot": False, "code": "12"}
        kinds = CustomField.objects.order_by("name").values_list("entity", "name", "label", "kind")
        assert list(kinds) == [
            ("lead", "code", "Code", "TEXT"),
            ("lead", "note", "Note", "TEXT"),
            ("lead", "pilot", "Pilot", "YES_NO"),
            ("lead", "seats", "Seats", "NUMBER"),
            ("lead", "since", "Since", "DATE"),
        ]

    def test_nothing_is_kept_unasked(self, tmp_path: Path) -> None:
        imported(write(tmp_path, self.HEADER, self.ROW))

        assert lead("anna@brightpath.example").custom == {}
        assert not CustomField.objects.exists()

    def test_a_column_is_kept_under_the_asked_name_and_kind(self, tmp_path: Path) -> None:
        imported(write(tmp_path, self.HEADER, self.ROW), mapping=(("Seats", "custom.licenses:text"),))

        assert lead("anna@brightpath.example").custom == {"licenses": "12"}

    def test_a_value_of_another_kind_than_asked_refuses_the_row(self, tmp_path: Path) -> None:
        result = imported(write(tmp_path, self.HEADER, self.ROW), mapping=(("Note", "custom.note:number"),))

        assert files.refusals(result) == {2: "Note: not a number"}

    def test_a_field_keeps_its_kind(self, tmp_path: Path) -> None:
        imported(
            write(tmp_path, ("Email", "Seats"), ("anna@brightpath.example", "12"), name="1.csv"),
            keep_rest=True,
        )

        with pytest.raises(Exception, match="holds values of another kind") as caught:
            imported(write(tmp_path, ("Email", "Seats"), ("anna@brightpath.example", "many")), keep_rest=True)

        assert str(caught.value) == (
            'column "Seats": The field lead.custom.seats holds values of another kind.\n'
            'expected number, got text.\nKeep the column under another name: --map "Seats=custom.seats_2:text"'
        )

    def test_a_changed_value_is_an_update_and_the_others_stay(self, tmp_path: Path) -> None:
        imported(write(tmp_path, self.HEADER, self.ROW, name="1.csv"), keep_rest=True)

        result = imported(
            write(tmp_path, ("Email", "Seats"), ("anna@brightpath.example", "15")), keep_rest=True
        )

        assert counts(result) == {"updated": 1, "conflicting": 1}
        assert lead("anna@brightpath.example").custom["seats"] == 15
        assert lead("anna@brightpath.example").custom["note"] == "likes tea"


class TestBasis:
    def test_without_a_basis_people_come_in_as_not_mailable_and_it_is_counted(self, tmp_path: Path) -> None:
        result = imported(write(tmp_path, HEADER, ANNA, JONAS))

        assert not Consent.objects.exists()
        assert (result.outcome.counts["mailable"], result.outcome.counts["no_basis"]) == (0, 2)

    def test_a_basis_is_recorded_with_its_source_and_wording(self, tmp_path: Path) -> None:
        result = imported(
            write(tmp_path, HEADER, ANNA),
            basis=ConsentBasis.CONSENT,
            basis_source="Hannover fair",
            basis_wording="Yes, write to me.",
        )

        row = Consent.objects.values_list(
            "lead__email", "purpose", "basis", "source", "wording", "batch_id"
        ).get()
        assert row == (
            "anna@brightpath.example",
            "marketing_email",
            "CONSENT",
            "Hannover fair",
            "Yes, write to me.",
            result.batch.pk,
        )
        assert result.outcome.counts["mailable"] == 1

    def test_consent_of_the_file_is_taken_over_with_its_instant(self, tmp_path: Path) -> None:
        header = ("Email", "Opt-in date", "Consent source")
        imported(write(tmp_path, header, ("anna@brightpath.example", "2025-03-01 10:00", "newsletter form")))

        consent = Consent.objects.get()
        assert (consent.basis, consent.source) == ("CONSENT", "newsletter form")
        assert consent.given_at == datetime(2025, 3, 1, 10, 0, tzinfo=UTC)

    def test_consent_of_the_future_refuses_the_row(self, tmp_path: Path) -> None:
        result = imported(
            write(tmp_path, ("Email", "Opt-in date"), ("anna@brightpath.example", "2031-03-01"))
        )

        assert list(files.refusals(result)) == [2]
        assert "Opt-in date: " in files.refusals(result)[2]
        assert not Lead.objects.exists()


class TestEntry:
    def test_who_would_become_a_lead_only_in_the_future_is_refused(self, tmp_path: Path) -> None:
        header = ("Email", "Created date")
        result = imported(
            write(
                tmp_path, header, ("anna@brightpath.example", "2031-03-01"), ("jonas@x.example", "2026-03-01")
            )
        )

        assert files.refusals(result) == {2: "Created date: lies in the future"}
        assert Lead.objects.get().entered_at == datetime(2026, 3, 1, tzinfo=UTC)

    def test_a_day_that_has_begun_in_another_zone_is_no_future(self, tmp_path: Path) -> None:
        tomorrow = f"{NOW + timedelta(hours=23):%Y-%m-%d %H:%M}"
        result = imported(write(tmp_path, ("Email", "Created date"), ("anna@brightpath.example", tomorrow)))

        assert files.refusals(result) == {}
        assert Lead.objects.get().entered_at == NOW + timedelta(hours=23)


class TestAccounts:
    def test_colleagues_share_an_account_by_domain_whatever_the_spelling(self, tmp_path: Path) -> None:
        ola = ("ola@mail.brightpath.example", "Ola", "Nowak", "BRIGHTPATH Sp. z o.o.", "Analyst")
        imported(write(tmp_path, HEADER, ANNA, ola))

        assert Account.objects.values_list("name", "domain").get() == ("Brightpath", "brightpath.example")

    def test_the_website_names_the_account_before_the_address_does(self, tmp_path: Path) -> None:
        header = ("Email", "Website")
        imported(
            write(tmp_path, header, ("anna@brightpath-group.example", "https://www.brightpath.example/en"))
        )

        assert Account.objects.get().domain == "brightpath.example"

    def test_an_account_known_by_name_takes_the_domain_when_it_becomes_known(self, tmp_path: Path) -> None:
        path = write(
            tmp_path,
            HEADER,
            ("anna@gmail.com", "Anna", "", "Brightpath Sp. z o.o.", ""),
            ("ola@brightpath.example", "Ola", "", "Brightpath", ""),
        )

        result = imported(path)

        account = Account.objects.get()
        assert (account.name, account.domain) == ("Brightpath Sp. z o.o.", "brightpath.example")
        assert account.leads.count() == 2
        assert counts(imported(path)) == {"unchanged": 2}
        assert counts(result) == {"new": 2}

    def test_a_name_that_two_companies_share_makes_no_third_one(self, tmp_path: Path) -> None:
        path = write(
            tmp_path,
            HEADER,
            ("a@summit.example", "A", "", "Summit", ""),
            ("b@summit.test-company.example", "B", "", "Summit", ""),
            ("c@gmail.com", "C", "", "Summit Ltd", ""),
        )
        imported(path)

        assert lead("c@gmail.com").account.domain == "summit.example"
        assert counts(imported(path)) == {"unchanged": 3}

    @pytest.mark.parametrize("host", ["gmail.com", "web.de", "mailinator.com"])
    def test_free_and_throw_away_hosts_make_no_company(self, tmp_path: Path, host: str) -> None:
        imported(write(tmp_path, ("Email",), (f"anna@{host}",), (f"ola@{host}",)))

        accounts = Account.objects.order_by("id").values_list("is_personal", "domain", "name")
        assert list(accounts) == [(True, None, None), (True, None, None)]

    def test_what_a_row_says_of_the_company_stays_with_a_person_without_one(self, tmp_path: Path) -> None:
        header = ("Email", "Industry", "Number of Employees")
        imported(write(tmp_path, header, ("bob@gmail.com", "software", "51-200")))

        account = lead("bob@gmail.com").account
        assert (account.is_personal, account.industry, account.employees) == (True, "software", 51)

    def test_a_personal_account_becomes_the_company_when_it_is_known(self, tmp_path: Path) -> None:
        imported(write(tmp_path, HEADER, ("bob@gmail.com", "Bob", "", "", ""), name="1.csv"))
        personal = Account.objects.get().pk

        imported(write(tmp_path, HEADER, ("bob@gmail.com", "Bob", "", "Halden", "")))

        assert Account.objects.values_list("pk", "name", "is_personal").get() == (personal, "Halden", False)

    def test_a_person_moves_to_the_company_that_is_there_already(self, tmp_path: Path) -> None:
        imported(write(tmp_path, HEADER, ("bob@gmail.com", "Bob", "", "", ""), TOM, name="1.csv"))

        result = imported(write(tmp_path, HEADER, ("bob@gmail.com", "Bob", "", "Halden", "")))

        assert counts(result) == {"updated": 1}
        assert lead("bob@gmail.com").account == lead("tom@halden.example").account

    def test_people_fill_what_is_unknown_of_a_company_and_overwrite_nothing(self, tmp_path: Path) -> None:
        header = ("Email", "Industry", "Country")
        first = ("anna@brightpath.example", "", "Poland")
        second = ("ola@brightpath.example", "software", "Germany")
        third = ("ewa@brightpath.example", "retail", "")

        result = imported(write(tmp_path, header, first, second, third))

        assert Account.objects.get().industry == "software"
        assert [each.as_json() for each in result.outcome.conflicts] == [
            {"line": 4, "field": "account.industry", "known": "software", "given": "retail", "kept": "known"}
        ]

    def test_a_company_that_is_only_in_the_address_takes_nobody_away(self, tmp_path: Path) -> None:
        header = ("Email", "Website", "First Name")
        imported(
            write(tmp_path, header, ("anna@brightpath-group.example", "brightpath.example", ""), name="1.csv")
        )

        imported(write(tmp_path, header, ("anna@brightpath-group.example", "", "Anna")))

        assert lead("anna@brightpath-group.example").account.domain == "brightpath.example"
        assert Account.objects.count() == 1


class TestTitles:
    def test_role_and_department_follow_the_title_until_a_column_gives_them(self, tmp_path: Path) -> None:
        imported(write(tmp_path, HEADER, JONAS, name="1.csv"))
        assert lead("jonas@nordlicht.example").department == "engineering"

        imported(write(tmp_path, HEADER, (*JONAS[:4], "Head of Marketing")))

        assert lead("jonas@nordlicht.example").department == "marketing"

    def test_a_department_of_its_own_column_is_not_overwritten_by_a_title(self, tmp_path: Path) -> None:
        header = (*HEADER, "Department")
        imported(write(tmp_path, header, (*JONAS, "platform"), name="1.csv"))

        imported(write(tmp_path, HEADER, (*JONAS[:4], "Head of Marketing")))

        assert lead("jonas@nordlicht.example").department == "platform"


def test_names_are_divided_only_where_one_column_holds_both(tmp_path: Path) -> None:
    imported(write(tmp_path, ("Email", "Full Name"), ("anna@brightpath.example", "Anna Maria Kowalska")))

    anna = lead("anna@brightpath.example")
    assert (anna.first_name, anna.last_name) == ("Anna Maria", "Kowalska")


def test_a_text_that_is_not_understood_is_left_out_counted_and_shown(tmp_path: Path) -> None:
    header = ("Email", "Country")
    result = imported(
        write(tmp_path, header, ("a@brightpath.example", "Atlantis"), ("b@brightpath.example", "Atlantis"))
    )

    assert counts(result) == {"new": 2}
    assert dict(result.outcome.unrecognized) == {("Country", "Atlantis"): 2}
    assert lead("a@brightpath.example").country is None


def test_the_record_of_an_import_says_what_was_done(tmp_path: Path) -> None:
    imported(write(tmp_path, HEADER, ANNA, ("a@b", "", "", "", ""), name="contacts.csv"))

    batch = ImportBatch.objects.get()
    assert (batch.kind, batch.source, batch.file_name, batch.state) == (
        "leads",
        "file",
        "contacts.csv",
        "DONE",
    )
    assert (batch.position, batch.counts["new"], batch.counts["refused"]) == (2, 1, 1)
    assert batch.mapping["Job Title"] == "job_title"
    assert batch.lease_until is None
    assert not ImportChange.objects.exists()


def test_refused_rows_can_be_mended_in_their_file_and_imported(tmp_path: Path) -> None:
    broken = ("tom@halden", *TOM[1:4], "=VP Sales")
    result = imported(write(tmp_path, HEADER, ANNA, broken))
    assert result.error_file is not None
    text = result.error_file.read_text(encoding="utf-8-sig")
    assert text.splitlines() == [
        "Refused line,Refused because,Email,First Name,Last Name,Company,Job Title",
        "3,Email: not an address: no dot after the @,tom@halden,Tom,Reyes,Halden,'=VP Sales",
    ]

    result.error_file.write_text(text.replace("tom@halden,", "tom@halden.example,"), encoding="utf-8")
    again = imported(result.error_file, keep_rest=True)

    assert counts(again) == {"new": 1}
    assert lead("tom@halden.example").job_title == "=VP Sales"
    assert not CustomField.objects.exists()
