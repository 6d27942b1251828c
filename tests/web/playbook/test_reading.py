"""Reading the playbook: in words with its leads, its versions, two of them side by side."""

from __future__ import annotations

import html

import pytest
from django.test import Client

from coldframe.library import drafting, operations, starters
from coldframe.reports import filters
from coldframe.team.rights import Role
from tests import people, world
from tests.web.standings import stand
from tests.web.test_pages import text

pytestmark = pytest.mark.django_db

TEXT = starters.read("default")
FASTER = TEXT.replace("points: 20, half_life: 14 days", "points: 20, half_life: 21 days")


@pytest.fixture(autouse=True)
def pinned_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLDFRAME_NOW", world.NOW.isoformat())


@pytest.fixture
def visitor() -> Client:
    operations.ensure_active_playbook(at=world.NOW)
    return people.browser_of(Role.MARKETER)


def test_each_rule_leads_to_the_leads_that_it_concerns(visitor: Client) -> None:
    anna = world.anna()
    stand(anna, "NURTURE", path="stay relevant", segment="champions, mid-size", reason="path:stay relevant")

    page = visitor.get("/playbook")

    assert page.status_code == 200
    shown = page.content.decode()
    for address in ("/leads?path=stay+relevant", "/leads?segment=champions%2C+mid-size"):
        assert f'href="{address}">1 lead<' in shown
    assert 'href="/leads?reason=trigger%3AReady">0 leads<' in shown
    found = filters.leads(filters.parsed("path=stay+relevant"), as_of=world.NOW)
    assert list(found.values_list("pk", flat=True)) == [anna.pk]


def test_the_policy_stands_there_in_words(visitor: Client) -> None:
    said = text(visitor.get("/playbook"))

    for words in (
        "A from 80 points, B from 60, C from 30",
        "fit is one of A, B and intent is high and facts missing for sales is at most 1",
        "half after 14 days",
        "answer within 5 minutes",
        "10 a week for each rep, 40 a week for the team",
        "10% of accounts, to measure what nurture causes",
        "everybody left",
    ):
        assert words in said


def test_a_version_that_is_not_active_is_shown_without_leads(visitor: Client) -> None:
    operations.publish_playbook(text=FASTER, at=world.NOW)

    said = text(visitor.get("/playbook/versions/2"))

    assert "Version 2, not active" in said
    assert "half after 21 days" in said
    assert "0 leads" not in said


def test_versions_say_who_made_them_active_and_why(visitor: Client) -> None:
    operations.publish_playbook(text=FASTER, at=world.NOW)
    operations.activate_playbook(
        number=2, at=world.NOW, by="Ada Moreau", why="Prices are looked at <b>slowly</b>."
    )

    page = visitor.get("/playbook/versions")

    assert "Ada Moreau" in text(page)
    assert "Prices are looked at &lt;b&gt;slowly&lt;/b&gt;." in page.content.decode()


def test_two_versions_are_held_against_each_other_in_words_and_line_by_line(visitor: Client) -> None:
    operations.publish_playbook(text=FASTER, at=world.NOW)

    said = text(visitor.get("/playbook/compare?before=1&after=2"))

    assert "One thing is said otherwise." in said
    assert "Signal pricing page: half-life 14 days → now 21 days" in said
    assert said.count("half_life: 21 days, cap: 40") == 1


def test_texts_that_say_the_same_are_called_so(visitor: Client) -> None:
    operations.publish_playbook(text=TEXT + "# looked over\n", at=world.NOW)

    assert "They say the same; only comments or spelling differ." in text(
        visitor.get("/playbook/compare?before=1&after=2")
    )
    assert "the same, letter by letter" in text(visitor.get("/playbook/compare?before=1&after=1"))


def test_a_version_comes_out_as_it_was_written(visitor: Client) -> None:
    page = visitor.get("/playbook/versions/1/text")

    assert page.content.decode() == TEXT
    assert page["Content-Disposition"] == 'attachment; filename="playbook-1.yaml"'


@pytest.mark.parametrize(
    "address",
    [
        "/playbook/versions/99",
        "/playbook/versions/99/text",
        "/playbook/versions/99/activate",
        "/playbook/compare?before=99",
        "/playbook/compare?before=x&after=%00",
        "/playbook/compare?before=999999999999999999999",
        "/playbook/draft/text",
        "/playbook/activate",
    ],
)
def test_what_is_not_there_is_refused_in_words(visitor: Client, address: str) -> None:
    assert visitor.get(address).status_code == 400


def test_an_endless_number_is_no_address(visitor: Client) -> None:
    assert visitor.get("/playbook/versions/99999999999999999999").status_code in (400, 404)


def test_a_viewer_reads_everything_and_changes_nothing() -> None:
    operations.ensure_active_playbook(at=world.NOW)
    drafting.save_draft(text=FASTER, mark="", base_number=1, by="Max Okafor", at=world.NOW)
    viewer = people.browser_of(Role.VIEWER)

    for address in ("/playbook", "/playbook/versions", "/playbook/compare", "/playbook/draft/text"):
        assert viewer.get(address).status_code == 200
    assert "/playbook/edit" not in viewer.get("/playbook").content.decode()
    for address in (
        "/playbook/edit",
        "/playbook/forms",
        "/playbook/activate",
        "/playbook/asset",
        "/playbook/question",
    ):
        assert viewer.get(address).status_code == 403
        assert viewer.post(address).status_code == 403


@pytest.mark.parametrize("address", ["/playbook", "/playbook/versions", "/playbook/compare?before=1&after=2"])
def test_a_page_asks_the_database_as_often_with_many_leads_as_with_few(
    visitor: Client, django_assert_max_num_queries, address: str
) -> None:
    operations.publish_playbook(text=FASTER, at=world.NOW)
    for number in range(12):
        stand(
            world.anna(world.account(name=f"C{number}"), email=f"a{number}@c.example"),
            "NURTURE",
            path="educate",
        )
    visitor.get(address)

    with django_assert_max_num_queries(30):
        visitor.get(address)


def test_names_of_a_playbook_do_nothing_on_its_pages(visitor: Client) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    changed = TEXT.replace("name: Account surge", f"name: '{hostile}'").replace(
        "name: B2B, long cycle", f"name: '{hostile}'"
    )
    operations.publish_playbook(text=changed, at=world.NOW)

    for address in ("/playbook/versions/2", "/playbook/versions", "/playbook/compare?before=1&after=2"):
        shown = visitor.get(address).content.decode()
        assert hostile not in shown
        assert html.escape(hostile) in shown
