"""Pages that are open show what happens while it happens: a visit, a demo asked for, the hand-over to sales."""

from __future__ import annotations

import base64
import json
import re
import urllib.request

import pytest

from tests import ready, serving
from tests.browser import arriving

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PORT = 8664
#: Milliseconds within which something must show, on a machine that does other things, too.
PATIENCE = 30_000


class Site:
    """A product's server that tells what its visitors do."""

    def __init__(self, address: str, key: str) -> None:
        self.address = address
        self.authorization = "Basic " + base64.b64encode(f"{key}:".encode()).decode()

    def say(self, word: str, **call: object) -> None:
        request = urllib.request.Request(  # noqa: S310 - The address is our own.
            f"{self.address}v1/{word}",
            data=json.dumps(call).encode(),
            headers={"Content-Type": "application/json", "Authorization": self.authorization},
        )
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            assert answer.status == 200


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory):
    home = ready.home(tmp_path_factory.mktemp("live"))
    added = serving.call(home, "sources", "add", "api", "product", "--json")
    key = json.loads(added.stdout)["write_key"]
    with serving.serve(home, "--empty", port=PORT) as served:
        yield Site(served.address, key)


@pytest.fixture
def page(chromium):
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    yield page
    context.close()
    assert complaints == []


def open_lead(page, site: Site, name: str) -> None:
    """Wait until somebody is a lead, and open their page."""
    for _ in range(60):
        arriving.at(page, f"{site.address}leads")
        if page.get_by_role("link", name=name).count():
            page.get_by_role("link", name=name).first.click()
            page.wait_for_url(re.compile("/leads/.+"))
            return
        page.wait_for_timeout(500)
    raise AssertionError(f"{name} never became a lead")


def test_a_page_that_is_open_shows_a_visit_and_then_that_sales_has_it(page, site):
    anna = {"email": "anna@brightpath.example", "firstName": "Anna", "lastName": "Berger", "title": "CFO"}
    site.say("identify", userId="u1", messageId="1", traits=anna)
    open_lead(page, site, "Anna Berger")
    page.locator("#live a").first.focus()
    focused = page.evaluate("document.activeElement.href")

    site.say("page", userId="u1", messageId="2", properties={"url": "https://www.ours.example/pricing"})
    page.get_by_text("/pricing").first.wait_for(timeout=PATIENCE)
    assert page.evaluate("document.activeElement.href") == focused

    site.say("track", userId="u1", messageId="3", event="Form Submitted", properties={"form": "demo"})
    page.locator(".badge", has_text=re.compile("sales", re.IGNORECASE)).first.wait_for(timeout=PATIENCE)


def test_the_first_page_shows_a_hand_raise_while_it_is_open(page, site):
    arriving.at(page, site.address)
    jonas = {"email": "jonas@northwind.example", "firstName": "Jonas", "lastName": "Weber"}
    site.say("identify", userId="u2", messageId="10", traits=jonas)
    site.say("track", userId="u2", messageId="11", event="Form Submitted", properties={"form": "demo"})

    page.get_by_role("link", name="Jonas Weber").first.wait_for(timeout=PATIENCE)
