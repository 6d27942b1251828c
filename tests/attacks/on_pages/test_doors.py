"""The doors, tried by somebody who has a key, a link, a session or a machine that they should not have any more."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from coldframe.team import operations, queries
from coldframe.team.models import User
from coldframe.team.rights import AT_THIS_MACHINE, Role
from tests import people, world
from tests.people import PASSWORD, browser_of, person, somebody
from tests.web.desk import before_sales
from tests.web.desk.test_links import link
from tests.web.people.routes import every_route
from tests.web.people.test_signing_in import code_of

pytestmark = pytest.mark.django_db


def program(role: Role = Role.ADMIN) -> tuple[Client, int]:
    """Return a client that sends the key of a program, and the key's number."""
    made = operations.make_key(name="crm", role=role, by=AT_THIS_MACHINE, at=world.NOW)
    return Client(HTTP_HOST="localhost", headers={"Authorization": f"Bearer {made.secret}"}), made.id


def test_a_key_reads_pages_but_fills_in_no_form_of_a_person() -> None:
    somebody()
    client, _number = program()
    assert client.get("/mail").status_code == 200

    answers = {
        path: client.post(
            path, {"name": "another", "role": "ADMIN", "username": "eve", "what": "reps", "reps": "Eve"}
        ).status_code
        for path in ("/settings/keys", "/settings/people", "/desk/capacity", "/leads/save")
    }

    assert set(answers.values()) == {401}
    assert (len(queries.list_keys()), User.objects.count()) == (1, 1)


def test_a_key_that_was_revoked_opens_nothing_from_the_next_call_on() -> None:
    somebody()
    client, number = program()
    assert client.get("/v1/handoffs").status_code == 200

    operations.revoke_key(number, by=person(), at=world.NOW)

    assert (client.get("/v1/handoffs").status_code, client.get("/mail").status_code) == (401, 302)


def test_the_session_is_another_one_after_signing_in() -> None:
    somebody(Role.SALES)
    client = Client(HTTP_HOST="localhost")
    client.get("/sign-in")
    client.cookies["sessionid"] = planted = "planted0planted0planted0planted0"

    client.post("/sign-in", {"login": "rosa", "password": PASSWORD})

    assert client.cookies["sessionid"].value not in {planted, ""}
    assert client.get("/mail").status_code == 200


def test_the_second_factor_cannot_be_guessed_for_long() -> None:
    browser = browser_of(Role.SALES)
    browser.post("/account/second-factor/on", {"code": code_of(browser)})
    thief = Client(HTTP_HOST="localhost")
    assert thief.post("/sign-in", {"login": "rosa", "password": PASSWORD})["Location"] == "/sign-in/second"

    said = [thief.post("/sign-in/second", {"code": f"{number:06}"}).content.decode() for number in range(12)]

    assert "Too many" in said[-1]
    assert thief.get("/mail").status_code == 302


@pytest.mark.parametrize(
    "where",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "http:///evil.example",
    ],
)
def test_no_way_of_signing_in_leads_out_of_the_house(where: str) -> None:
    somebody(Role.SALES)
    client = Client(HTTP_HOST="localhost")

    first = client.post("/sign-in", {"login": "rosa", "password": PASSWORD, "next": where})
    again = client.post("/account/again", {"password": PASSWORD, "next": where})
    there = client.get("/sign-in", {"next": where})

    assert {answer["Location"] for answer in (first, again, there) if answer.status_code == 302} <= {
        "/start",
        "/",
    }


def test_pages_of_the_house_are_kept_by_no_cache_and_stand_in_no_frame() -> None:
    browser = browser_of(Role.ADMIN)

    for path in ("/", "/leads", "/log", "/settings/keys", "/account", "/log.csv", "/leads/export.csv"):
        answer = browser.get(path)
        assert answer["Cache-Control"] == "private, no-cache", path
        assert answer["X-Frame-Options"] == "DENY", path
        assert "frame-ancestors 'none'" in answer["Content-Security-Policy"], path
        assert answer["X-Content-Type-Options"] == "nosniff", path


def test_every_form_needs_its_token() -> None:
    browser = browser_of(Role.ADMIN, check_forms=True)
    programs = ("public:", "api:", "programs:", "livez", "openid_connect")

    taken = {
        route.name: browser.post(route.path, {}).status_code
        for route in every_route()
        if not route.name.startswith(programs)
    }

    assert {name: status for name, status in taken.items() if status not in {403, 405}} == {}


def test_a_link_that_invites_works_once_and_for_a_week() -> None:
    admin = browser_of(Role.ADMIN)
    page = admin.post("/settings/people", {"username": "tom", "name": "", "email": "", "role": "SALES"})
    shown = re.search(r"/invitation/[\w:.-]+", page.content.decode())
    assert shown is not None
    client = Client(HTTP_HOST="localhost")
    chosen = {"password": "green door under two moons", "again": "green door under two moons"}

    assert client.post(shown[0], chosen).status_code == 302

    assert (client.get(shown[0]).status_code, client.post(shown[0], chosen).status_code) == (404, 404)


def test_who_is_kept_out_answers_no_link_of_a_notification_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLDFRAME_NOW", world.NOW.isoformat())
    user = people.somebody(Role.SALES)
    User.objects.filter(pk=user.pk).update(rep=before_sales.EWA)
    handoff = before_sales.put(world.anna())
    address = link(handoff)
    operations.deactivate(user.pk, by=person(), at=world.NOW)

    answer = Client(HTTP_HOST="localhost").post(address, {"answer": "ACCEPTED"})

    handoff.refresh_from_db()
    assert (answer.status_code, handoff.state) == (404, "OPEN")
