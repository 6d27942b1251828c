"""Taking companies in: known by id, domain, or name where there is no domain."""

from __future__ import annotations

from pathlib import Path

import pytest

from coldframe.leads import imported as imports
from coldframe.leads import operations
from coldframe.leads.imported import Imported, Part
from coldframe.leads.models import Account, AccountIdentity, Lead
from tests.leads.importing import files
from tests.leads.importing.files import counts, imported, rehearsed, write
from tests.world import NOW

pytestmark = pytest.mark.django_db

HEADER = ("Account ID", "Account Name", "Website", "Industry", "Employees", "Parent Account")
BRIGHTPATH = ("1", "Brightpath", "https://www.brightpath.example", "software", "120", "")
NORDLICHT = ("2", "Nordlicht GmbH", "", "it services", "300", "")


def test_companies_come_in_once(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER, BRIGHTPATH, NORDLICHT)

    assert counts(imported(path, "accounts")) == {"new": 2}
    rows = Account.objects.order_by("id").values_list("name", "domain", "industry", "employees")
    assert list(rows) == [
        ("Brightpath", "brightpath.example", "software", 120),
        ("Nordlicht GmbH", None, "it services", 300),
    ]
    before = files.contents()
    assert counts(imported(path, "accounts")) == {"unchanged": 2}
    assert files.contents() == before


def test_money_and_country_are_read(tmp_path: Path) -> None:
    header = ("Account Name", "Annual Revenue", "Country")
    imported(write(tmp_path, header, ("Brightpath", "$342.09K", "Polska")), "accounts")

    assert Account.objects.values_list("annual_revenue_cents", "country").get() == (34_209_000, "PL")


def test_a_company_that_takes_its_domain_later_is_not_there_twice(tmp_path: Path) -> None:
    imported(write(tmp_path, HEADER, NORDLICHT, name="1.csv"), "accounts")

    result = imported(write(tmp_path, HEADER, ("", "Nordlicht", "nordlicht.example", "", "", "")), "accounts")

    assert counts(result) == {"updated": 1}
    assert Account.objects.values_list("name", "domain").get() == ("Nordlicht GmbH", "nordlicht.example")


def test_two_ids_of_one_domain_are_one_company_with_both_ids(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER, BRIGHTPATH, ("9", "Brightpath Poland", "brightpath.example", "", "80", ""))

    result = imported(path, "accounts")

    assert counts(result) == {"new": 1, "merged": 1, "conflicting": 1}
    assert list(AccountIdentity.objects.order_by("external_id").values_list("external_id", flat=True)) == [
        "1",
        "9",
    ]
    assert [each.as_json() for each in result.outcome.conflicts] == [
        {
            "line": 3,
            "field": "account.name",
            "known": "Brightpath",
            "given": "Brightpath Poland",
            "kept": "given",
        },
        {"line": 3, "field": "account.employees", "known": 120, "given": 80, "kept": "given"},
    ]
    before = files.contents()
    assert counts(imported(path, "accounts")) == {"unchanged": 1, "merged": 1, "conflicting": 1}
    assert files.contents() == before


def test_an_id_takes_its_new_domain_unless_another_company_has_it(tmp_path: Path) -> None:
    imported(
        write(
            tmp_path, HEADER, BRIGHTPATH, ("2", "Nordlicht", "nordlicht.example", "", "", ""), name="1.csv"
        ),
        "accounts",
    )

    header = ("Account ID", "Account Name", "Website", "Account Owner")
    first = ("1", "Brightpath", "brightpath.io", "")
    second = ("2", "Nordlicht", "brightpath.io", "")
    result = imported(write(tmp_path, header, first, second), "accounts", source="file")

    assert set(Account.objects.values_list("name", "domain")) == {
        ("Brightpath", "brightpath.io"),
        ("Nordlicht", "nordlicht.example"),
    }
    assert [(each.line, each.given, each.is_replaced) for each in result.outcome.conflicts] == [
        (2, "brightpath.io", True),
        (3, "brightpath.io", False),
    ]


def test_a_parent_is_found_wherever_it_stands_in_the_file(tmp_path: Path) -> None:
    daughter = ("2", "Brightpath Lab", "", "", "", "Brightpath Sp. z o.o.")
    path = write(tmp_path, HEADER, daughter, BRIGHTPATH)

    result = imported(path, "accounts")

    assert counts(result) == {"new": 2}
    assert Account.objects.get(name="Brightpath Lab").parent == Account.objects.get(name="Brightpath")
    assert counts(imported(path, "accounts")) == {"unchanged": 2}


def test_a_parent_that_nobody_knows_is_made_and_said(tmp_path: Path) -> None:
    result = imported(
        write(tmp_path, HEADER, ("2", "Brightpath Lab", "", "", "", "Holding Nine")), "accounts"
    )

    assert counts(result) == {"new": 1}
    assert result.outcome.counts["accounts_made_as_parents"] == 1
    assert Account.objects.get(name="Brightpath Lab").parent == Account.objects.get(name="Holding Nine")


def test_a_company_without_name_domain_and_id_is_refused(tmp_path: Path) -> None:
    result = imported(write(tmp_path, HEADER, ("", "", "", "software", "5", "")), "accounts")

    assert files.refusals(result) == {
        2: "neither a name nor a website nor an id: a company is known by one of them"
    }


def test_a_page_in_a_social_network_is_no_domain(tmp_path: Path) -> None:
    imported(
        write(tmp_path, HEADER, ("1", "Brightpath", "linkedin.com/company/brightpath", "", "", "")),
        "accounts",
    )

    assert Account.objects.get().domain is None


def test_a_rehearsal_of_companies_writes_nothing(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER, BRIGHTPATH, NORDLICHT, ("3", "nordlicht", "", "", "", ""))

    assert counts(rehearsed(path, "accounts")) == {"new": 2, "merged": 1}
    assert files.contents()["Account"] == []


class TestJoining:
    """Two accounts that a row shows to be one become one."""

    PEOPLE = ("Email", "Company", "Account ID")

    def known_by_id_and_by_domain(self, folder: Path) -> None:
        """Make an account known by an id alone, and another by its domain alone."""
        bob = ("bob@gmail.com", "", "7")
        imported(write(folder, self.PEOPLE, bob, name="1.csv"), source="crm")
        imported(write(folder, ("Email", "Industry"), ("anna@brightpath.example", "software"), name="2.csv"))

    def test_an_id_beside_a_domain_joins_the_two(self, tmp_path: Path) -> None:
        self.known_by_id_and_by_domain(tmp_path)

        path = write(tmp_path, HEADER, ("7", "Brightpath", "brightpath.example", "", "", ""))
        result = imported(path, "accounts", source="crm")

        assert (counts(result), result.outcome.counts["accounts_joined"]) == ({"updated": 1}, 1)
        account = Account.objects.get(voided_at=None)
        assert (account.name, account.domain, account.industry) == (
            "Brightpath",
            "brightpath.example",
            "software",
        )
        assert set(account.leads.values_list("email", flat=True)) == {
            "anna@brightpath.example",
            "bob@gmail.com",
        }
        assert AccountIdentity.objects.values_list("external_id", "account").get() == ("7", account.pk)
        before = files.contents()
        assert counts(imported(path, "accounts", source="crm")) == {"unchanged": 1}
        assert files.contents() == before

    def test_it_is_undone_whole(self, tmp_path: Path) -> None:
        self.known_by_id_and_by_domain(tmp_path)
        before = files.contents()
        path = write(tmp_path, HEADER, ("7", "Brightpath", "brightpath.example", "", "", ""))

        result = imported(path, "accounts", source="crm")
        operations.undo_import(result.batch.pk, at=NOW)

        after = files.contents()
        same = ("Account", "Lead", "AccountIdentity")
        assert {name: after[name] for name in same} == {name: before[name] for name in same}

    def test_it_is_undone_whole_of_a_lead_that_happens_to_have_the_number_of_the_account(
        self, tmp_path: Path
    ) -> None:
        people = write(
            tmp_path, self.PEOPLE, ("bob@gmail.com", "", "7"), ("ola@gmail.com", "", "7"), name="1.csv"
        )
        imported(people, source="crm")
        number = Lead.objects.exclude(pk=Account.objects.get().pk).values_list("pk", flat=True)[0]
        Account.objects.create(pk=number, domain="brightpath.example", created_at=NOW)
        before = files.contents()["Lead"]

        path = write(tmp_path, HEADER, ("7", "Brightpath", "brightpath.example", "", "", ""))
        result = imported(path, "accounts", source="crm")
        assert Lead.objects.get(pk=number).account_id == number
        operations.undo_import(result.batch.pk, at=NOW)

        assert files.contents()["Lead"] == before

    def test_what_came_along_with_the_double_was_not_updated_and_is_undone(self, tmp_path: Path) -> None:
        self.known_by_id_and_by_domain(tmp_path)
        double, known = Account.objects.order_by("pk")
        child = Account.objects.create(name="Brightpath Labs", parent=double, created_at=NOW)
        before = files.contents()["Account"]

        path = write(tmp_path, HEADER, ("7", "Brightpath", "brightpath.example", "", "", ""))
        result = imported(path, "accounts", source="crm")

        asked = Imported(number=result.batch.pk, part=Part.UPDATED)
        heir = Account.objects.get(pk__in=(double.pk, known.pk), voided_at=None)
        updated = Account.objects.filter(imports.accounts(asked), voided_at=None)
        assert [each.pk for each in updated] == [heir.pk]
        assert not Lead.objects.filter(imports.leads(asked)).exists()
        assert counts(result)["updated"] == 1
        child.refresh_from_db()
        assert child.parent_id == heir.pk

        operations.undo_import(result.batch.pk, at=NOW)
        assert files.contents()["Account"] == before

    def test_a_company_whose_parent_turns_out_to_be_itself_has_none(self, tmp_path: Path) -> None:
        self.known_by_id_and_by_domain(tmp_path)
        double, known = Account.objects.order_by("pk")
        Account.objects.filter(pk=known.pk).update(parent=double)
        before = files.contents()["Account"]

        path = write(tmp_path, HEADER, ("7", "Brightpath", "brightpath.example", "", "", ""))
        result = imported(path, "accounts", source="crm")
        known.refresh_from_db()
        assert (known.parent, known.voided_at) == (None, None)
        operations.undo_import(result.batch.pk, at=NOW)

        assert files.contents()["Account"] == before

    def test_a_name_beside_a_domain_joins_the_two(self, tmp_path: Path) -> None:
        people = ("Email", "Company")
        imported(write(tmp_path, people, ("anna@brightpath.example", ""), name="1.csv"))
        imported(write(tmp_path, people, ("bob@gmail.com", "Brightpath Sp. z o.o."), name="2.csv"))
        assert Account.objects.count() == 2

        result = imported(write(tmp_path, people, ("ola@brightpath.example", "Brightpath")))

        assert result.outcome.counts["accounts_joined"] == 1
        account = Account.objects.get(voided_at=None)
        assert (account.domain, account.leads.count()) == ("brightpath.example", 3)

    def test_a_rehearsal_joins_nothing_and_counts_it(self, tmp_path: Path) -> None:
        self.known_by_id_and_by_domain(tmp_path)
        before = files.contents()

        path = write(tmp_path, HEADER, ("7", "Brightpath", "brightpath.example", "", "", ""))
        said = rehearsed(path, "accounts", source="crm")

        assert said.outcome.counts["accounts_joined"] == 1
        assert files.contents() == before


def test_an_id_of_an_undone_import_goes_to_the_company_that_has_the_domain_by_now(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER, BRIGHTPATH)
    first = imported(path, "accounts")
    operations.undo_import(first.batch.pk, at=NOW)
    imported(write(tmp_path, ("Email",), ("anna@brightpath.example",), name="leads.csv"))

    assert counts(imported(path, "accounts")) == {"updated": 1}
    assert AccountIdentity.objects.get().account == Account.objects.get(voided_at=None)
    assert counts(imported(path, "accounts")) == {"unchanged": 1}
