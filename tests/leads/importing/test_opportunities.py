"""Taking deals in: by id or by content, with an account, a person, both or neither."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from coldframe.leads.models import Account, AccountDue, Lead, Opportunity
from tests.leads.importing import files
from tests.leads.importing.files import counts, imported, rehearsed, write

pytestmark = pytest.mark.django_db

HEADER = ("opportunity_id", "account", "deal_stage", "engage_date", "close_date", "close_value", "product")
WON = ("A1", "Brightpath", "Won", "2026-01-10", "2026-03-01", "1054.50", "Basic")
OPEN = ("A2", "", "Engaging", "2026-02-10", "", "", "Basic")


def deals() -> list[tuple[object, ...]]:
    rows = Opportunity.objects.filter(voided_at=None).order_by("id")
    return list(rows.values_list("external_id", "account__name", "state", "amount_cents", "product"))


def test_deals_come_in_with_or_without_a_company(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER, WON, OPEN)

    result = imported(path, "opportunities")

    assert counts(result) == {"new": 2}
    assert deals() == [("A1", "Brightpath", "WON", 105_450, "Basic"), ("A2", None, "OPEN", None, "Basic")]
    assert (result.outcome.counts["accounts_new"], result.outcome.counts["without_account"]) == (1, 1)
    won = Opportunity.objects.get(external_id="A1")
    assert (won.stage, won.opened_at, won.closed_at) == (
        "Won",
        datetime(2026, 1, 10, tzinfo=UTC),
        datetime(2026, 3, 1, tzinfo=UTC),
    )
    before = files.contents()
    assert counts(imported(path, "opportunities")) == {"unchanged": 2}
    assert files.contents() == before


def test_a_rehearsal_of_deals_writes_nothing(tmp_path: Path) -> None:
    said = rehearsed(write(tmp_path, HEADER, WON, OPEN), "opportunities")

    assert counts(said) == {"new": 2}
    assert files.contents()["Opportunity"] == files.contents()["Account"] == []


@pytest.mark.parametrize(
    ("stage", "state"),
    [
        ("Closed Won", "WON"),
        ("Closed Lost", "LOST"),
        ("Closed-Lost to Competition", "LOST"),
        ("closedwon", "WON"),
        ("Negotiation/Review", "OPEN"),
        ("", "OPEN"),
    ],
)
def test_a_stage_says_where_a_deal_stands(tmp_path: Path, stage: str, state: str) -> None:
    imported(write(tmp_path, HEADER, ("A1", "Brightpath", stage, "", "", "", "")), "opportunities")

    assert Opportunity.objects.get().state == state


@pytest.mark.parametrize(
    ("is_closed", "is_won", "state"),
    [("true", "true", "WON"), ("true", "false", "LOST"), ("false", "false", "OPEN"), ("", "", "OPEN")],
)
def test_switches_of_the_source_say_it_before_the_stage(
    tmp_path: Path, is_closed: str, is_won: str, state: str
) -> None:
    header = ("Opportunity ID", "Stage", "Is Closed", "Is Won")
    imported(write(tmp_path, header, ("A1", "Signature", is_closed, is_won)), "opportunities")

    assert Opportunity.objects.get().state == state


def test_a_deal_that_moved_on_is_updated_and_its_account_is_looked_at_again(tmp_path: Path) -> None:
    open_deal = (*WON[:2], "Engaging", *WON[3:])
    imported(write(tmp_path, HEADER, open_deal, name="1.csv"), "opportunities")
    AccountDue.objects.all().delete()

    result = imported(write(tmp_path, HEADER, WON), "opportunities")

    assert counts(result) == {"updated": 1, "conflicting": 1}
    assert Opportunity.objects.get().state == "WON"
    assert AccountDue.objects.get().account == Account.objects.get()


def test_a_deal_finds_its_person_and_through_it_the_account(tmp_path: Path) -> None:
    imported(write(tmp_path, files.HEADER, files.ANNA, name="leads.csv"))
    header = ("Deal ID", "Deal Name", "Contact Email")
    imported(write(tmp_path, header, ("D1", "Pilot", "Anna@brightpath.example")), "opportunities")

    deal = Opportunity.objects.get()
    assert (deal.lead, deal.account) == (
        files.lead("anna@brightpath.example"),
        files.lead("anna@brightpath.example").account,
    )


def test_a_deal_of_an_unknown_person_comes_in_and_it_is_counted(tmp_path: Path) -> None:
    header = ("Deal ID", "Deal Name", "Contact Email")
    result = imported(write(tmp_path, header, ("D1", "Pilot", "zed@nowhere.example")), "opportunities")

    assert counts(result) == {"new": 1}
    assert result.outcome.counts["person_unknown"] == 1


def test_a_deal_of_an_unknown_person_finds_the_account_of_the_address(tmp_path: Path) -> None:
    imported(write(tmp_path, files.HEADER, files.ANNA, name="leads.csv"))
    header = ("Deal ID", "Deal Name", "Contact Email")

    imported(
        write(tmp_path, header, ("D1", "Pilot", "ola@brightpath.example"), ("D2", "X", "b@gmail.com")),
        "opportunities",
    )

    assert [row[:2] for row in deals()] == [("D1", "Brightpath"), ("D2", None)]


def test_deals_without_an_id_are_known_by_content_and_by_how_often_it_occurs(tmp_path: Path) -> None:
    header = ("Deal Name", "Account Name", "Amount", "Create Date")
    row = ("Pilot", "Brightpath", "100", "2026-01-10")
    path = write(tmp_path, header, row, row, ("Rollout", "Brightpath", "900", "2026-02-10"))

    assert counts(imported(path, "opportunities")) == {"new": 3}
    before = files.contents()
    assert counts(imported(path, "opportunities")) == {"unchanged": 3}
    assert files.contents() == before


def test_a_deal_without_an_id_whose_amount_changed_is_the_same_deal(tmp_path: Path) -> None:
    header = ("Deal Name", "Account Name", "Amount", "Create Date")
    imported(
        write(tmp_path, header, ("Pilot", "Brightpath", "100", "2026-01-10"), name="1.csv"), "opportunities"
    )

    result = imported(write(tmp_path, header, ("Pilot", "Brightpath", "250", "2026-01-10")), "opportunities")

    assert counts(result) == {"updated": 1, "conflicting": 1}
    assert Opportunity.objects.get().amount_cents == 25_000


def test_rows_of_one_deal_are_merged(tmp_path: Path) -> None:
    result = imported(write(tmp_path, HEADER, (*WON[:2], "Engaging", *WON[3:]), WON), "opportunities")

    assert counts(result) == {"new": 1, "merged": 1, "conflicting": 1}
    assert Opportunity.objects.get().state == "WON"


def test_other_columns_are_kept_as_fields_of_the_deal(tmp_path: Path) -> None:
    header = ("Deal ID", "Deal Name", "Seats")
    imported(write(tmp_path, header, ("D1", "Pilot", "12")), "opportunities", keep_rest=True)

    assert Opportunity.objects.get().custom == {"seats": 12}


def test_of_several_associated_records_the_first_is_taken_and_it_is_said(tmp_path: Path) -> None:
    imported(
        write(
            tmp_path,
            ("Record ID", "Company name", "Company owner"),
            ("5", "Brightpath", ""),
            ("6", "Halden", ""),
        ),
        "accounts",
        source="hubspot",
    )
    people = ("Record ID", "Email", "Contact owner", "Associated Company IDs")
    imported(write(tmp_path, people, ("101", "anna@mail.example", "", "5;6")), source="hubspot")
    file = write(
        tmp_path,
        ("Record ID", "Deal Name", "Deal Stage", "Associated Contact IDs", "Associated Company IDs"),
        ("9", "Migration", "closedwon", "101;102", "6; 5"),
    )

    result = imported(file, "opportunities", source="hubspot")

    assert Lead.objects.get().account.name == "Brightpath"
    deal = Opportunity.objects.get()
    assert (deal.lead, deal.account.name) == (Lead.objects.get(), "Halden")
    assert "Of several in one cell of Associated Contact IDs the first is taken." in result.plan.notes
    assert Account.objects.count() == 2
