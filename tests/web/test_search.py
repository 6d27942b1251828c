"""The search over everything: what is found by how it begins, and how the list below the box comes."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from coldframe.leads import finding
from coldframe.leads.models import Identity, Lead
from coldframe.library import operations as library
from coldframe.library.queries import get_active_playbook
from tests import world
from tests.web.test_pages import POLYGLOT, text

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def pinned_clock(monkeypatch):
    monkeypatch.setenv("COLDFRAME_NOW", world.NOW.isoformat())


@pytest.fixture(autouse=True)
def playbook():
    return library.ensure_active_playbook(at=world.NOW)


@pytest.fixture
def visitor() -> Client:
    return Client(HTTP_HOST="localhost")


@pytest.fixture
def anna() -> Lead:
    world.jonas()
    return world.anna()


def found(words: str) -> list[str | None]:
    return [each.first_name for each in finding.find_leads(words, limit=6)]


@pytest.mark.parametrize("words", ["Anna", "anna", "KOWAL", "anna@bright", "Anna Kow", "kowalska an", " anna  kowalska "])  # fmt: skip
def test_a_person_is_found_by_how_names_or_address_begin(anna, words):
    assert found(words) == ["Anna"]


@pytest.mark.parametrize("words", ["nna", "Anna Weber", "path.example", "", "@", "%", "_nna", "anna\\"])
def test_what_begins_otherwise_is_not_found(anna, words):
    assert found(words) == []


@pytest.mark.parametrize("words", ["brightpath.example", "Brightpath.EX", "bright"])
def test_the_people_of_a_company_are_found_by_how_its_domain_begins(visitor, anna, words):
    assert found(words) == ["Anna"]
    page = visitor.get("/search", {"q": words}).content.decode()
    assert f"/leads/{anna.public_id}" in page
    assert f"/accounts/{anna.account.public_id}" in page


@pytest.mark.parametrize("words", ["else.example", "ELSE.ex", "@else.example", "mail.else"])
def test_who_is_known_by_an_address_alone_is_found_by_how_its_domain_begins(words):
    world.lead(world.account(name=None, is_personal=True), first_name="Zoe", email="Zoe@else.example")
    world.lead(world.account(name=None, is_personal=True), first_name="Max", email="max@mail.else.example")
    world.lead(world.account(name=None, is_personal=True), first_name="Nobody", email=None)

    assert found(words) == (["Max"] if words == "mail.else" else ["Zoe"])


def test_who_is_at_a_company_of_that_domain_stands_before_who_only_has_an_address_there(anna):
    world.lead(world.account(name=None, is_personal=True), first_name="Zoe", email="zoe@brightpath.example")

    assert found("brightpath.example") == ["Anna", "Zoe"]


def test_who_is_called_so_stands_before_those_of_a_company_whose_domain_begins_so(anna):
    world.lead(
        world.account(name="Annas", domain="annas.example"), first_name="Zoe", email="zoe@else.example"
    )

    assert found("anna") == ["Anna", "Zoe"]


def test_letters_beyond_ascii_are_found_whatever_their_case():
    world.lead(world.porto_cloud(), first_name="Żaneta", last_name="Łukasik", email="z@porto.example")

    assert found("żan") == found("ŁUKA") == found("Żaneta łuk") == ["Żaneta"]


def test_a_person_is_found_by_the_id_in_another_system(anna):
    Identity.objects.create(lead=anna, source="hubspot", external_id="4711")

    assert found("4711") == ["Anna"]


def test_who_was_taken_back_is_not_found(anna):
    Lead.objects.filter(pk=anna.pk).update(voided_at=world.NOW)

    assert found("anna") == []


def test_the_page_shows_each_kind_and_leads_there(visitor, anna):
    page = visitor.get("/search?q=brightpath")

    assert "Accounts" in text(page)
    assert f"/accounts/{anna.account.public_id}" in page.content.decode()
    person = visitor.get("/search?q=anna").content.decode()
    assert f"/leads/{anna.public_id}" in person
    assert '/outbox"' in visitor.get("/search?q=outb").content.decode()
    path = get_active_playbook().playbook.paths[0].name
    assert reverse("web:path", args=[path]) in visitor.get("/search", {"q": path}).content.decode()


def test_the_list_below_the_box_is_the_same_without_a_page_around_it(visitor, anna):
    part = visitor.get("/search?q=anna", headers={"HX-Request": "true"}).content.decode()

    assert f"/leads/{anna.public_id}" in part
    assert "<html" not in part
    assert visitor.get("/search?q=", headers={"HX-Request": "true"}).content.decode().strip() == ""


def test_nothing_found_says_so_and_what_to_try(visitor):
    page = text(visitor.get("/search?q=nobody-is-called-this"))

    assert "Nothing is called nobody-is-called-this ." in page
    assert "What are you looking for?" in text(visitor.get("/search"))


def test_more_than_are_shown_lead_to_all_of_them(visitor):
    for number in range(8):
        world.lead(world.account(), first_name="Mila", last_name=f"N{number}", email=f"m{number}@n.example")

    page = visitor.get("/search?q=mila").content.decode()

    assert page.count("Mila N") == 6
    assert "/leads?q=mila" in page


@pytest.mark.parametrize("words", [POLYGLOT, "\0", "'--", "9" * 300, "a" * 500, "%00", "@"])
def test_odd_words_are_no_fault_and_stay_text(visitor, words):
    answer = visitor.get("/search", {"q": words})

    assert answer.status_code == 200
    assert "<sVg" not in answer.content.decode()


def test_a_search_asks_the_database_a_bounded_number_of_times(visitor, anna, django_assert_max_num_queries):
    with django_assert_max_num_queries(14):
        visitor.get("/search?q=anna")


@pytest.mark.parametrize("words", ["anna", "anna kow"])
def test_a_search_of_people_reads_indexes_alone(words):
    # PostgreSQL reads a table as small as that of a test whole, whatever indexes it has: it is told not to.
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
    parts = words.split()
    for query in finding.by_names(parts) if len(parts) > 1 else finding.by_word(parts[0]):
        plan = query.values_list("pk")[:6].explain()
        assert "Seq Scan" not in plan if connection.vendor == "postgresql" else "SCAN" not in plan
