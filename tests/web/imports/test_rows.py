"""The numbers of imports lead to exactly the rows that they count: companies, deals, and those of the list."""

from __future__ import annotations

import csv
import html
import io
import re
import shutil
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from coldframe.leads.models import Lead
from coldframe.library import operations as library
from coldframe.reports import filters
from coldframe.team.models import LogEntry
from coldframe.team.rights import Role
from tests import world
from tests.web.imports.bringing import PEOPLE, folder, take_in, text
from tests.web.imports.test_imports import numbers, people
from tests.web.test_leads_page import sign_in

pytestmark = pytest.mark.django_db

COMPANIES = (
    "Company name,Company domain name,Industry,Parent company\n"
    "Brightpath,brightpath.example,Software,Bright Holding\n"
    "Nordlicht GmbH,nordlicht.example,Logistics,\n"
)
DEALS = (
    "Deal name,Deal stage,Amount,Deal id,Company name\n"
    "Migration,Proposal,12500,d1,Brightpath\n"
    "Renewal,Closed won,900,d2,Nordlicht GmbH\n"
)


@pytest.fixture(autouse=True)
def pinned_clock(monkeypatch):
    monkeypatch.setenv("COLDFRAME_NOW", world.NOW.isoformat())
    yield
    shutil.rmtree(folder(), ignore_errors=True)
    shutil.rmtree(Path(settings.HOME) / "imports", ignore_errors=True)


@pytest.fixture(autouse=True)
def playbook():
    return library.ensure_active_playbook(at=world.NOW)


@pytest.fixture
def person() -> Client:
    return Client(HTTP_HOST="localhost")


def companies(person: Client, content: str) -> str:
    return take_in(person, content, name="companies.csv", kind="accounts", source="crm")


def deals(person: Client, content: str) -> str:
    return take_in(person, content, name="deals.csv", kind="opportunities", source="crm")


def names(response) -> list[str]:
    """Return the companies or deals of a list."""
    assert response.status_code == 200
    return re.findall(r'class="cf-name[^>]*><bdi>([^<]+)', response.content.decode())


def row_links(response) -> dict[str, str]:
    """Return where the numbers of the newest import of the list lead, by their columns."""
    first = response.content.decode().split("<tbody>")[1].split("</tr>")[0]
    cells = re.findall(r'data-label="(New|Updated|Refused)"[^>]*><a href="([^"]+)"', first)
    return {label: html.unescape(href) for label, href in cells}


def test_the_numbers_of_companies_lead_to_those_that_are_new_and_those_that_changed(person):
    first = companies(person, COMPANIES)
    second = companies(
        person,
        COMPANIES.replace("Logistics", "Freight") + "Halden,halden.example,Steel,\n",
    )

    new, again = numbers(person.get(first)), numbers(person.get(second))

    number, later = first.rpartition("/")[2], second.rpartition("/")[2]
    assert new == {"New": f"/accounts?import={number}.new"}
    assert again == {"New": f"/accounts?import={later}.new", "Updated": f"/accounts?import={later}.updated"}
    assert sorted(names(person.get(new["New"]))) == ["Brightpath", "Nordlicht GmbH"]
    assert names(person.get(again["New"])) == ["Halden"]
    assert names(person.get(again["Updated"])) == ["Nordlicht GmbH"]
    assert f"Import: {later}, changed by it" in text(person.get(again["Updated"]))


def test_companies_that_are_made_as_parents_alone_have_a_number_and_rows_of_their_own(person):
    place = companies(person, COMPANIES)

    shown = person.get(place)

    number = place.rpartition("/")[2]
    href = f"/accounts?import={number}.parents"
    assert f'<a href="{href}">1 company known only as somebody’s parent</a>' in shown.content.decode()
    assert names(person.get(href)) == ["Bright Holding"]


def test_a_company_of_which_the_file_told_another_id_alone_counts_as_changed_and_is_found(person):
    companies(person, COMPANIES)
    place = companies(person, "Company id,Company domain name\n77,brightpath.example\n")

    assert names(person.get(numbers(person.get(place))["Updated"])) == ["Brightpath"]


def test_companies_of_an_import_are_narrowed_sorted_and_go_out_like_others(person):
    number = companies(person, COMPANIES).rpartition("/")[2]
    companies(person, "Company name,Company domain name\nHalden,halden.example\n")

    shown = person.get(f"/accounts?import={number}.new&sort=name&q=nordlicht")
    file = b"".join(person.get(f"/accounts/export.csv?import={number}.new").streaming_content).decode()

    assert names(shown) == ["Nordlicht GmbH"]
    assert f"/accounts/export.csv?q=nordlicht&amp;import={number}.new&amp;sort=name" in shown.content.decode()
    assert f'name="import" value="{number}.new"' in shown.content.decode()
    assert ("Brightpath" in file, "Nordlicht" in file, "Halden" in file) == (True, True, False)


@pytest.mark.parametrize("said", ["last", "12.old", "-1", "9" * 40, "1.", "%00"])
def test_an_import_that_cannot_be_is_none(person, said):
    companies(person, COMPANIES)

    assert len(names(person.get(f"/accounts?view=unknown&import={said}"))) == 3


def test_the_numbers_of_deals_lead_to_those_that_are_new_and_those_that_changed(person):
    first = deals(person, DEALS)
    second = deals(
        person, DEALS.replace("Proposal", "Negotiation") + "Extension,Proposal,100,d3,Brightpath\n"
    )

    new, again = numbers(person.get(first)), numbers(person.get(second))

    assert new == {"New": f"{first}/deals?part=new"}
    assert again == {"New": f"{second}/deals?part=new", "Updated": f"{second}/deals?part=updated"}
    assert names(person.get(new["New"])) == ["Migration", "Renewal"]
    assert names(person.get(again["New"])) == ["Extension"]
    changed = person.get(again["Updated"])
    assert names(changed) == ["Migration"]
    assert "Negotiation" in text(changed)
    assert "Brightpath" in text(changed)
    assert "1 deal changed by this import." in text(changed)


def test_companies_that_deals_brought_along_are_behind_their_number(person):
    place = deals(person, DEALS)

    href = f"/accounts?import={place.rpartition('/')[2]}.new"
    assert f'<a href="{href}">2 new companies</a>' in person.get(place).content.decode()
    assert sorted(names(person.get(href))) == ["Brightpath", "Nordlicht GmbH"]


def test_deals_of_an_import_go_out_as_a_file_and_no_cell_of_it_runs(person):
    place = deals(person, DEALS.replace("Migration", "=1+1"))

    shown = person.get(f"{place}/deals?part=new").content.decode()
    raw = b"".join(person.get(f"{place}/deals.csv?part=new").streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(raw)))

    assert f'href="{place}/deals.csv?part=new" download' in shown
    assert [(row["Deal"], row["State"], row["Amount"], row["Company"]) for row in rows] == [
        ("'=1+1", "OPEN", "12500.00", "Brightpath"),
        ("Renewal", "WON", "900.00", "Nordlicht GmbH"),
    ]
    assert LogEntry.objects.filter(what="deals.exported").count() == 1


def test_many_deals_come_page_by_page(person):
    many = "".join(f"Deal {number:02},Proposal,1,x{number:02},Brightpath\n" for number in range(60))
    place = deals(person, DEALS.splitlines()[0] + "\n" + many)

    first, second = (person.get(f"{place}/deals?part=new&page={number}") for number in (1, 2))

    assert (len(names(first)), len(names(second))) == (50, 10)
    assert f"{place}/deals?part=new&amp;page=2" in first.content.decode()


def test_the_file_of_deals_is_for_whoever_may_take_lists(person):
    place = deals(person, DEALS)
    sign_in(person, Role.SALES)

    assert person.get(f"{place}/deals.csv?part=new").status_code == 403


@pytest.mark.parametrize("place", ["/import/4711/deals?part=new", f"/import/{2**70}/deals?part=new"])
def test_deals_of_no_import_are_not_found(person, place):
    assert person.get(place).status_code == 404


def test_the_numbers_of_the_list_lead_to_their_rows(person):
    take_in(person, PEOPLE)
    changed = PEOPLE.replace("Anna", "Hanna") + "marta@brightpath.example,Marta,Nowak,,\na@b,Bad,,,\n"
    place = take_in(person, changed)

    links = row_links(person.get("/import"))

    number = place.rpartition("/")[2]
    assert links == {
        "New": f"/leads?import={number}.new&sort=entered",
        "Updated": f"/leads?import={number}.updated&sort=entered",
        "Refused": f"{place}/refused",
    }
    assert people(person.get(links["New"])) == ["Marta Nowak"]
    assert people(person.get(links["Updated"])) == ["Hanna Kowalska"]


def test_the_numbers_of_companies_and_deals_in_the_list_lead_to_their_rows_and_zero_nowhere(person):
    place = companies(person, COMPANIES)
    assert row_links(person.get("/import")) == {"New": f"/accounts?import={place.rpartition('/')[2]}.new"}

    place = deals(person, DEALS)
    assert row_links(person.get("/import")) == {"New": f"{place}/deals?part=new"}


def test_what_was_taken_back_leads_nowhere(person):
    place = companies(person, COMPANIES)
    person.post(f"{place}/undo")

    assert numbers(person.get(place)) == {}
    assert row_links(person.get("/import")) == {}


def events(person: Client, content: str) -> str:
    return take_in(person, content, name="events.csv", kind="events", source="crm")


def test_the_number_of_what_people_did_leads_to_whoever_did_it(person):
    take_in(person, PEOPLE)
    header = "Email,Kind,Occurred at\n"
    events(person, header + "jonas@nordlicht.example,call,2026-05-01\n")
    place = events(
        person, header + "".join(f"anna@brightpath.example,call,2026-05-0{day}\n" for day in (2, 3))
    )

    new = numbers(person.get(place))["New"]
    listed = person.get(new)

    number = place.rpartition("/")[2]
    assert new == f"/leads?import={number}.events&sort=active"
    assert row_links(person.get("/import"))["New"] == new
    assert people(listed) == ["Anna Kowalska"]
    assert f"Import: {number}, did what it told of" in text(listed)
    assert "2 events go" in text(person.get(place))
    person.post(f"{place}/undo")
    assert people(person.get(new)) == []


def test_what_nobody_in_particular_did_leads_to_the_companies(person):
    companies(person, "Company id,Company name\n77,Brightpath\n78,Halden\n")
    told = "Email,Company id,Kind,Occurred at\n,77,call,2026-05-01\n,77,call,2026-05-02\n"
    place = events(person, told)

    number = place.rpartition("/")[2]
    href = f"/accounts?import={number}.events"
    assert numbers(person.get(place)) == {"New": href}
    assert row_links(person.get("/import"))["New"] == href
    assert names(person.get(href)) == ["Brightpath"]
    assert f"Import: {number}, did what it told of" in text(person.get(href))
    person.post(f"{place}/undo")
    assert names(person.get(href)) == []


def test_people_and_companies_of_one_file_of_events_are_told_apart_also_once_the_file_is_gone(person):
    take_in(person, PEOPLE)
    companies(person, "Company id,Company name\n77,Halden\n")
    header = "Email,Company id,Kind,Occurred at\n"
    place = events(person, header + "anna@brightpath.example,,call,2026-05-01\n,77,call,2026-05-02\n")
    shutil.rmtree(folder())

    shown = person.get(place).content.decode()

    number = place.rpartition("/")[2]
    assert (
        f'<a href="/accounts?import={number}.events">1 event of a company, of nobody in particular</a>'
        in shown
    )
    assert names(person.get(f"/accounts?import={number}.events")) == ["Halden"]
    assert people(person.get(numbers(person.get(place))["New"])) == ["Anna Kowalska"]


def test_whoever_did_what_an_import_told_of_is_found_without_looking_at_all_events(person):
    place = events(person, "Email,Kind,Occurred at\nanna@brightpath.example,call,2026-05-02\n")
    asked = filters.where([("import", f"{place.rpartition('/')[2]}.events")], as_of=world.NOW)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")

    plan = Lead.objects.filter(asked).explain()

    assert "event_of_import" in plan
