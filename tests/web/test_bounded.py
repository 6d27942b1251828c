"""No page asks the database more often because there is more to show: each is asked with few leads and with many."""

from __future__ import annotations

import html
import re
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import Resolver404, resolve, reverse

from coldframe.library import operations as library
from coldframe.library import starters
from coldframe.nurture import remembering
from coldframe.web import menu
from tests import world
from tests.web import nurtured
from tests.web.desk.before_sales import put, team
from tests.web.standings import stand

pytestmark = pytest.mark.django_db

LINK = re.compile(r"""(?:href|hx-get)=["']([^"'#]+)""")
#: Links are followed so far from the menu.
DEPTH = 2
FEW, MANY = 6, 24
#: A page that shows an example may show another one, of which more is known; each sort of lead is three times as many.
OTHERS = 2
#: No page asks more often, whatever it shows.
MOST = 70
#: Files, and what stands outside the house.
APART = ("/static/", "/health", "/sign", "/account")
FILES = (".csv", ".xlsx", ".yaml")
PATH = "learn the problem"


@pytest.fixture(autouse=True)
def now(monkeypatch):
    monkeypatch.setenv("COLDFRAME_NOW", world.NOW.isoformat())
    # The third is the one that standings name.
    for name in ("default", "saas", "software-house"):
        library.publish_playbook(text=starters.read(name), at=world.NOW)
    library.activate_playbook(number=1, at=world.NOW)
    team()


def people(first: int, last: int) -> None:
    """Let there be leads, two at each company: in nurture with a touch or a hold, before sales, or let go."""
    for number in range(first, last):
        if number % 2 == 0:
            company = world.account(name=f"Firm {number}", domain=f"firm-{number}.example", country="PL")
        lead = world.lead(
            company, first_name="Anna", last_name=f"No {number}", email=f"no{number}@{company.domain}"
        )
        world.event(lead, path="/pricing")
        if number % 3 == 0:
            put(lead)
        elif number % 3 == 1:
            stand(lead, "NURTURE", path=PATH, reason=f"path:{PATH}", stage="RESEARCH")
            stay = nurtured.enroll(lead, path=PATH)
            nurtured.message(nurtured.touch(lead, stay, content_key="asset:why-it-happens"))
            nurtured.hold(lead, "CADENCE", path=PATH, content_key="asset:guide")
        else:
            stand(lead, "LET_GO", fit_level="D")


def name_of(address: str) -> str | None:
    """Return the name of a page with those of its filters; None where an address is no page."""
    parts = urlsplit(address)
    if parts.netloc or parts.scheme or parts.path.startswith(APART) or parts.path.endswith(FILES):
        return None
    try:
        route = resolve(parts.path).route
    except Resolver404:
        return None
    return f"{route}?{'&'.join(sorted({key for key, value in parse_qsl(parts.query) if value}))}"


def found_from_menu(client: Client) -> dict[str, str]:
    """Return an address of every page that the menu leads to, by its name."""
    pages: dict[str, str] = {}
    wanted = [(reverse(each.route), 0) for each in menu.ENTRIES]
    for address, depth in wanted:
        name = name_of(address)
        if name is None or name in pages:
            continue
        answer = client.get(address)
        assert answer.status_code in (200, 302), address
        pages[name] = address
        if depth < DEPTH and answer.status_code == 200:
            links = LINK.findall(answer.content.decode())
            wanted += [(urljoin(address, html.unescape(each)), depth + 1) for each in links]
    return pages


def asked(client: Client, address: str) -> int:
    """Return how often a page asks the database while nothing is remembered of the whole base."""
    remembering.forget()
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    return len(queries)


def test_more_leads_make_no_page_ask_the_database_more_often():
    client = Client(HTTP_HOST="localhost")
    people(0, FEW)
    pages = found_from_menu(client)
    few = {name: asked(client, address) for name, address in pages.items()}

    people(FEW, MANY)
    many = {name: asked(client, address) for name, address in pages.items()}

    assert len(pages) > 60
    assert {name: (few[name], many[name]) for name in pages if many[name] > few[name] + OTHERS} == {}
    assert {name: count for name, count in many.items() if count > MOST} == {}
