"""The API's document names every address, and is the one that the documentation carries."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from coldframe.api import openapi, urls
from coldframe.api.events import ROUTES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "openapi.json"


def test_the_document_in_the_documentation_is_the_one_that_is_served():
    assert json.loads(PAGE.read_text(encoding="utf-8")) == openapi.document()


def test_every_address_for_programs_is_in_the_document():
    paths = openapi.document()["paths"]
    hooks = [pattern.name for pattern in urls.urlpatterns if "hooks/" in str(pattern.pattern)]

    assert paths.keys() >= ROUTES.keys()
    assert {name for name in hooks if name not in openapi.HOOKS} == set()
    others = {each for each in paths if each.startswith("/v1/handoffs")}
    assert len(others) == 4
    assert len(paths) == len(ROUTES) + len(hooks) + len(others)


def test_every_refusal_has_the_shape_that_the_document_promises():
    responses = openapi.document()["paths"]["/v1/track"]["post"]["responses"]

    assert sorted(responses) == ["200", "400", "401", "403", "413", "429", "503"]


def test_what_is_refused_of_handoffs_is_a_problem():
    operations = [
        operation
        for path, found in openapi.document()["paths"].items()
        if path.startswith("/v1/handoffs")
        for operation in found.values()
    ]

    kinds = {(status, *each["content"]) for said in operations for status, each in said["responses"].items()}

    assert kinds == {
        ("200", "application/json"),
        *((str(status), "application/problem+json") for status in (400, 401, 403, 404, 409, 422)),
    }


@pytest.mark.django_db
def test_the_document_is_for_this_machine_alone(client, settings):
    settings.BASE_URL = "https://mail.ours.example"
    settings.ALLOWED_HOSTS = ["127.0.0.1", "mail.ours.example"]

    assert client.get("/api/openapi.json", headers={"host": "127.0.0.1"}).json() == openapi.document()
    assert client.get("/api/openapi.json", headers={"host": "mail.ours.example"}).status_code == 404
    assert client.get("/api/docs", headers={"host": "mail.ours.example"}).status_code == 404


@pytest.mark.django_db
def test_the_page_that_shows_it_loads_nothing_from_outside(client):
    page = client.get("/api/docs", headers={"host": "127.0.0.1"}).content.decode()

    assert 'src="/static/ninja/' in page
    assert "//cdn" not in page


@pytest.mark.django_db
def test_within_django_the_same_addresses_answer_the_same(client):
    answer = client.post(
        "/v1/track", {"event": "x"}, content_type="application/json", headers={"host": "127.0.0.1"}
    )

    assert (answer.status_code, answer.json()["code"]) == (401, "no_key")
