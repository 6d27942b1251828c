"""``coldframe people`` and ``coldframe keys``: who is let in from the command line, and by what."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from typer.testing import CliRunner

from coldframe import clock
from coldframe.cli.people import NoSuchPerson
from coldframe.cli.root import app
from coldframe.kernel.vocabulary import Refusal
from coldframe.team import operations, queries
from coldframe.team.rights import Role
from tests.people import PASSWORD

pytestmark = pytest.mark.django_db


def run(*words: str, typed: str = "") -> str:
    result = CliRunner().invoke(app, list(words), input=typed)
    if result.exception is not None:
        raise result.exception
    return result.stdout


def document(*words: str, typed: str = "") -> dict[str, Any]:
    return dict(json.loads(run(*words, "--json", typed=typed)))


def test_the_first_one_is_an_admin_and_comes_by_a_link():
    said = document("people", "add", "ada", "--name", "Ada Moreau", "--email", "ada@ours.example")

    assert (said["added"], said["role"]) == ("ada", "ADMIN")
    assert not queries.has_usable_admin()
    browser = Client(HTTP_HOST="localhost")
    path = urlsplit(said["link"]).path
    assert "Choose a password" in browser.get(path).content.decode()
    chosen = browser.post(path, {"password": PASSWORD, "again": PASSWORD})
    assert chosen["Location"] == "/sign-in"
    assert queries.has_usable_admin()
    assert browser.get(path).status_code == 404


def test_the_first_one_is_nothing_less():
    with pytest.raises(Refusal, match="must be an admin"):
        run("people", "add", "vera", "--role", "viewer")


def test_a_password_comes_from_standard_input_for_scripts():
    said = document("people", "add", "ada", "--password-stdin", typed=PASSWORD + "\n")

    assert "link" not in said
    assert queries.has_usable_admin()
    with pytest.raises(operations.WeakPassword):
        run("people", "add", "eve", "--password-stdin", typed="1234\n")
    assert queries.find_by_login("eve") is None


def test_people_are_listed_changed_kept_out_and_let_in_again():
    run("people", "add", "ada", "--password-stdin", typed=PASSWORD + "\n")
    run("people", "add", "rosa", "--role", "sales", "--email", "rosa@ours.example")

    assert run("people", "role", "rosa@ours.example", "sales-lead") == "rosa is sales_lead now.\n"
    assert run("people", "deactivate", "rosa") == "rosa may not sign in any more.\n"
    assert "may not sign in" in run("people", "list")
    assert run("people", "reactivate", "ROSA") == "rosa may sign in again.\n"
    listed = {each["username"]: each for each in document("people", "list")["people"]}
    assert (listed["rosa"]["role"], listed["rosa"]["is_active"]) == ("SALES_LEAD", True)
    assert "rosa                  sales_lead" in run("people", "list")


def test_the_last_admin_stays():
    run("people", "add", "ada", "--password-stdin", typed=PASSWORD + "\n")

    with pytest.raises(operations.LastAdmin):
        run("people", "deactivate", "ada")
    with pytest.raises(operations.LastAdmin):
        run("people", "role", "ada", "viewer")


def test_a_reset_makes_another_link_and_takes_the_second_factor_where_asked():
    run("people", "add", "ada")

    assert "/invitation/" in document("people", "reset", "ada")["link"]
    assert document("people", "reset", "ada", "--second-factor")["second_factor"] is False
    with pytest.raises(NoSuchPerson):
        run("people", "reset", "nobody")


def test_a_key_is_shown_once_and_lets_nobody_in_once_it_is_revoked():
    made = document("keys", "add", "crm sync", "--role", "sales-lead")

    caller = operations.person_of_key(made["key"], at=clock.now())
    assert caller is not None
    assert caller.role == Role.SALES_LEAD
    assert made["key"] not in run("keys", "list")
    assert "crm sync" in run("keys", "list")
    run("keys", "revoke", str(made["id"]))
    assert operations.person_of_key(made["key"], at=clock.now()) is None
    assert "revoked" in run("keys", "list")
