"""Accounts: which there are, who is known there in which role, who is silent and why."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import translation

from coldframe.leads.models import Opportunity
from coldframe.nurture import account_standings, accounts
from coldframe.nurture import operations as nurture
from coldframe.nurture.models import AccountStanding
from coldframe.team.models import LogEntry
from coldframe.team.rights import Role
from tests import world
from tests.web.standings import stand
from tests.web.test_leads_page import page, sign_in, visitor  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.fixture
def companies():
    """Return Brightpath, where three are active, Nordlicht, where sales is at work, and Halden, where nobody is assessed."""
    bright, north, halden = world.brightpath(), world.nordlicht(), world.halden()
    for number, role in enumerate(("CHAMPION", "ECONOMIC_BUYER", None)):
        lead = world.lead(bright, first_name=f"Bo{number}", email=f"bo{number}@brightpath.example", role=role)
        stand(lead, "NURTURE", account_intent_points=120.0)
    stand(
        world.jonas(north),
        "TO_SALES",
        account_intent_points=90.0,
        last_meaningful_at=world.NOW - timedelta(days=40),
    )
    world.tom(halden)
    account_standings.renew([bright.pk, north.pk, halden.pk])
    return {"bright": bright, "north": north, "halden": halden}


def names(response) -> list[str]:
    return [part.split("<bdi>")[1].split("</bdi>")[0] for part in page(response).split('cf-tight" href')[1:]]


def lines(response) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))


def deal(account, state: str = "OPEN") -> Opportunity:
    return Opportunity.objects.create(
        account=account, source="crm", external_id=str(account.pk), state=state, name="Migration", stage="Proposal",
        amount_cents=1_250_000, currency="EUR", opened_at=world.NOW, created_at=world.NOW,
    )  # fmt: skip


def test_accounts_are_listed_by_intent_and_those_without_anybody_assessed_by_themselves(visitor, companies):  # noqa: F811
    assert names(visitor.get("/accounts")) == ["Brightpath", "Nordlicht"]
    assert names(visitor.get("/accounts?view=unknown")) == ["Halden"]
    assert names(visitor.get("/accounts?sort=name")) == ["Brightpath", "Halden", "Nordlicht"]


def test_the_list_goes_out_as_it_is_shown_and_no_cell_runs_in_a_spreadsheet(visitor, companies):  # noqa: F811
    companies["bright"].name = "=1+1"
    companies["bright"].save()
    deal(companies["north"])

    shown = page(visitor.get("/accounts?sort=leads&country=PL"))
    whole = lines(visitor.get("/accounts/export.csv"))
    some = lines(visitor.get("/accounts/export.csv?q=nordlicht"))

    assert "/accounts/export.csv?country=PL&amp;sort=leads" in shown
    assert [(row["Company"], row["People"], row["Surge"], row["Open deal"]) for row in whole] == [
        ("'=1+1", "3", "yes", "no"),
        ("Nordlicht", "1", "no", "yes"),
    ]
    assert whole[0]["Roles known"] == "ECONOMIC_BUYER; CHAMPION"
    assert [row["Company"] for row in some] == ["Nordlicht"]
    noted = LogEntry.objects.filter(what="accounts.exported").order_by("id")
    assert [each.details for each in noted] == [{"filters": []}, {"filters": ["q"]}]


def test_only_who_may_takes_the_list_out(visitor, companies):  # noqa: F811
    sign_in(visitor, Role.VIEWER)

    assert "/accounts/export.csv" not in page(visitor.get("/accounts"))
    assert visitor.get("/accounts/export.csv").status_code == 403


@pytest.mark.parametrize("sort", ["intent", "engaged", "active", "leads", "name", "nonsense"])
def test_every_order_lists_them(visitor, companies, sort):  # noqa: F811
    assert {"Brightpath", "Nordlicht"} <= set(names(visitor.get(f"/accounts?sort={sort}")))


def test_an_account_surges_when_several_people_are_active(visitor, companies):  # noqa: F811
    shown = visitor.get("/accounts?view=surge")

    assert names(shown) == ["Brightpath"]
    assert "3 people or more were active within 14 days." in page(shown)


def test_what_comes_for_each_person_is_said_in_the_readers_language(visitor, companies):  # noqa: F811
    with translation.override("de"):
        shown = page(visitor.get(f"/accounts/{companies['north'].public_id}", HTTP_ACCEPT_LANGUAGE="de"))

    assert "Nichts geht hinaus: Der Vertrieb hat den Lead jetzt" in shown


def test_accounts_are_silent_where_sales_is_at_work_or_a_deal_is_open(visitor, companies):  # noqa: F811
    before = names(visitor.get("/accounts?view=silent"))
    deal(companies["bright"])

    assert before == ["Nordlicht"]
    assert names(visitor.get("/accounts?view=silent")) == ["Brightpath", "Nordlicht"]
    assert "Silent: open deal" in page(visitor.get("/accounts"))


@pytest.mark.parametrize(
    "query", ["q=bright", "q=BRIGHTPATH.example", "country=PL", "industry=software", "q=%25", "q=%00"]
)
def test_accounts_are_found_by_name_domain_country_and_industry(visitor, companies, query):  # noqa: F811
    expected = {"q=%25": [], "q=%00": ["Brightpath", "Nordlicht"]}.get(query, ["Brightpath"])

    assert names(visitor.get(f"/accounts?{query}")) == expected


@pytest.mark.parametrize(
    "query", ["page=99", "page=x", "page=0", "page=0&view=surge", "view=x", "sort=name&page=999999"]
)
def test_what_makes_no_sense_falls_back(visitor, companies, query):  # noqa: F811
    assert "Brightpath" in names(visitor.get(f"/accounts?{query}"))


def test_somebody_without_a_company_is_no_account(visitor, companies):  # noqa: F811
    alone = world.account(is_personal=True)
    stand(world.lead(alone, email="zed@mail.example"), "NURTURE", account_intent_points=999.0)
    account_standings.renew([alone.pk])

    assert names(visitor.get("/accounts")) == ["Brightpath", "Nordlicht"]


def test_an_account_tells_which_roles_are_known_and_which_are_not(visitor, companies):  # noqa: F811
    shown = page(visitor.get(f"/accounts/{companies['bright'].public_id}"))

    assert "2 of 5 roles" in shown
    roles = shown.split('id="roles"')[1].split("</section>")[0]
    assert "Bo0" in roles
    assert roles.count("nobody known") == 3
    assert "The role of 1 person is not known." in shown
    assert "3 people were active within 14 days: the account surges." in shown


def test_an_account_tells_who_is_silent_and_why(visitor, companies):  # noqa: F811
    deal(companies["north"])

    shown = page(visitor.get(f"/accounts/{companies['north'].public_id}"))

    assert "Jonas Weber is before sales" in shown
    assert "the deal “Migration” is open" in shown
    assert "12,500 EUR" in shown


def test_an_account_tells_what_its_people_did(visitor, companies):  # noqa: F811
    lead = companies["north"].leads.get()
    world.event(lead, kind="page", path="/pricing", days_ago=1)
    world.event(lead, kind="email_opened", days_ago=1)

    shown = page(visitor.get(f"/accounts/{companies['north'].public_id}"))

    assert "Visited /pricing" in shown
    assert "Opened" not in shown


def test_there_is_no_page_for_an_account_that_is_not(visitor, companies):  # noqa: F811
    assert visitor.get(f"/accounts/{uuid4()}").status_code == 404


def test_without_a_lead_the_page_says_how_they_come(visitor):  # noqa: F811
    assert visitor.get("/accounts").status_code == 200


def test_decisions_keep_what_the_standings_of_an_account_come_to(visitor):  # noqa: F811
    bright = world.brightpath()
    world.event(world.anna(bright), kind="page", path="/pricing", days_ago=1)
    world.lead(bright, first_name="Ola", email="ola@brightpath.example")

    nurture.assess_all(as_of=world.NOW)

    kept = AccountStanding.objects.get()
    rows = AccountStanding.objects.values(*account_standings.FIGURES).get()
    account_standings.renew([bright.pk])
    assert AccountStanding.objects.values(*account_standings.FIGURES).get() == rows
    assert (kept.account, kept.lead_count) == (bright, 2)
    assert kept.intent_points > 0


def test_the_list_costs_the_same_with_many_accounts(visitor, companies, django_assert_max_num_queries):  # noqa: F811
    for number in range(60):
        company = world.account(name=f"Company {number}", domain=f"c{number}.example")
        stand(world.lead(company, email=f"a@c{number}.example"), "NURTURE")
    account_standings.renew(list(AccountStanding.objects.values_list("pk", flat=True)))

    for address in ("/accounts", "/accounts?view=surge", f"/accounts/{companies['bright'].public_id}"):
        with django_assert_max_num_queries(24):
            visitor.get(address)


def test_no_more_accounts_are_counted_than_anybody_pages_through(companies, monkeypatch):
    monkeypatch.setattr(accounts, "COUNTED", 1)
    from coldframe.library import operations as library

    library.ensure_active_playbook(at=world.NOW)

    found = accounts.find_page(accounts.Asked(), offset=50, limit=1, as_of=world.NOW)

    assert (found.total, found.offset, len(found.rows)) == (2, 0, 1)


def test_companies_that_came_before_any_person_are_shown(visitor):  # noqa: F811
    world.halden()

    assert names(visitor.get("/accounts?view=unknown")) == ["Halden"]


@pytest.mark.parametrize("counted", [1, 10_000])
def test_a_search_lists_in_the_order_of_the_list_whether_few_or_many_hold_the_word(
    visitor,  # noqa: F811
    companies,
    monkeypatch,
    counted,
):
    monkeypatch.setattr(accounts, "COUNTED", counted)

    def found(**asked):
        return [
            row.name
            for row in accounts.find_page(accounts.Asked(**asked), offset=0, limit=50, as_of=world.NOW).rows
        ]

    assert found(text="i") == ["Brightpath", "Nordlicht"]
    assert found(text="n", order="name") == ["Halden", "Nordlicht"]
    assert found(text="nord") == ["Nordlicht"]
    assert found(text="zzzz") == []
