"""Names that their owners chose: whatever stands in them, their pages open."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from coldframe.library import operations as library
from coldframe.library import starters
from tests import world
from tests.web.test_pages import POLYGLOT

pytestmark = pytest.mark.django_db
ODD = ("guides/2026", "a/html", "two\nlines", "50 % off?#&=", "../..", "ääå ", "\u202egnp.exe", POLYGLOT[:80])


@pytest.fixture(autouse=True)
def pinned_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLDFRAME_NOW", world.NOW.isoformat())
    published = library.publish_playbook(text=starters.read("default"), at=world.NOW)
    library.activate_playbook(number=published.number, at=world.NOW)


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("route", ["asset", "preview", "preview-html", "path", "path-next"])
def test_a_page_opens_by_whatever_name(route: str, name: str) -> None:
    client = Client(HTTP_HOST="localhost")
    key = name if route.startswith("path") else f"asset:{name}"

    answer = client.get(reverse(f"web:{route}", args=[key]))

    # Nothing is called so here: that is said, and is no fault.
    assert answer.status_code in {200, 400, 404}
