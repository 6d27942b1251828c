"""The script for one's own site: what it sends from a page of another origin, and what it never does."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from coldframe import clock
from tests import ready, serving

pytestmark = pytest.mark.browser
PAGE = """<!doctype html><title>Pricing</title><body style="height:5000px">
<script async src="{script}coldframe.js" data-key="{key}"{more}></script>
<form data-coldframe="contact" action="/thanks" method="post">
<input name="email" type="email" autocomplete="email"><input name="first" autocomplete="given-name">
<input name="secret" type="password"><input name="card" autocomplete="cc-number"><input name="csrf" type="hidden" value="h">
<input name="cvc"><textarea name="question"></textarea><button>Send</button></form>
<form id="other" action="/thanks" method="post"><input name="private"><button>Send</button></form>"""
#: Seconds that a call may take to be stored on a busy machine.
PATIENCE = 30
TELLS = {
    "gpc": "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {get: () => true})",
    "dnt": "Object.defineProperty(Navigator.prototype, 'doNotTrack', {get: () => '1'})",
}

LEADS = """SELECT l.email, l.first_name, a.domain, l.source, l.campaign, l.landing_page
FROM leads_lead l JOIN leads_account a ON a.id = l.account_id"""
DONE_BY_LEADS = """SELECT s.kind, s.path, s.form, s.campaign FROM activity_event e
JOIN activity_eventshape s ON s.id = e.shape_id WHERE e.lead_id IS NOT NULL ORDER BY 1, 2"""


class Site(BaseHTTPRequestHandler):
    """One's own site, on a port of its own."""

    def __init__(self, *arguments: Any, script: str, key: str) -> None:
        self.script, self.key = script, key
        super().__init__(*arguments)

    def do_GET(self) -> None:
        asks = "asks" in parse_qs(urlsplit(self.path).query)
        page = PAGE.format(
            script=self.script, key=self.key, more="" if asks else ' data-consent="given"'
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header(
            "Content-Security-Policy",
            f"default-src 'none'; script-src {self.script}coldframe.js; connect-src {self.script}v1/batch; style-src 'unsafe-inline'",
        )
        self.end_headers()
        self.wfile.write(page)

    do_POST = do_GET  # noqa: N815 - The library calls it so.

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class Watched:
    """One's own site, and what Coldframe was told from it."""

    def __init__(self, home: Path, address: str) -> None:
        self.home, self.address = home, address
        self.before = 0

    def calls(self) -> list[dict[str, Any]]:
        """Return the calls that came since the last look."""
        with closing(sqlite3.connect(self.home / "coldframe.sqlite3")) as database:
            rows = database.execute("SELECT body FROM activity_arrival ORDER BY id").fetchall()
        found = [call for (body,) in rows for call in json.loads(body)["batch"]]
        return found[self.before :]

    def wait(self, count: int) -> list[dict[str, Any]]:
        """Return the calls once there are so many."""
        deadline = time.monotonic() + PATIENCE
        while len(self.calls()) < count and time.monotonic() < deadline:
            time.sleep(0.2)
        found = self.calls()
        self.before += len(found)
        return found

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Return what a worker has made of it."""
        with closing(sqlite3.connect(self.home / "coldframe.sqlite3")) as database:
            return database.execute(sql).fetchall()


@contextmanager
def tracked(home: Path, *options: str, port: int) -> Iterator[Watched]:
    """Serve a site beside Coldframe."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    own = f"http://127.0.0.1:{server.server_port}"
    done = serving.call(home, "sources", "add", "site", "site", "--origin", own, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    key = json.loads(done.stdout)["write_key"]
    now = clock.machine_now().isoformat()
    with serving.serve(home, "--empty", *options, port=port, now=now) as served:
        server.RequestHandlerClass = partial(Site, script=served.address, key=key)  # type: ignore[assignment]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Watched(home, own)
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """Yield a site whose calls stay as they came."""
    with tracked(ready.home(tmp_path_factory.mktemp("tracked")), "--no-worker", port=8690) as watched:
        yield watched


@pytest.fixture
def page(chromium, site):
    """Yield a page of a browser that was never here."""
    site.wait(0)
    yield from visiting(chromium)


def visiting(chromium) -> Iterator[Any]:
    """Yield a page of a browser that was never here; the test fails when the page's policy forbids something."""
    context = chromium.new_context()
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    yield page
    context.close()
    assert [each for each in complaints if "favicon" not in each] == []


def cookies(page) -> dict[str, Any]:
    return {each["name"]: each for each in page.context.cookies()}


def test_pages_are_told_of_with_their_campaign_and_without_what_is_personal(page, site):
    page.goto(f"{site.address}/pricing?utm_source=mail&utm_campaign=spring&mail=anna%40a.example&utm_term=a%40b.example#top")  # fmt: skip
    [seen] = site.wait(1)
    page.evaluate("history.pushState({}, '', '/docs?x=1')")
    page.evaluate("history.replaceState({}, '', '/docs?x=1#part')")
    [docs] = site.wait(1)

    assert (seen["type"], seen["properties"]["path"]) == ("page", "/pricing")
    assert seen["properties"]["url"] == f"{site.address}/pricing"
    assert seen["context"]["campaign"] == {"source": "mail", "name": "spring"}
    assert "anna" not in json.dumps(seen)
    assert "b.example" not in json.dumps(seen)
    assert docs["properties"]["path"] == "/docs"
    assert docs["anonymousId"] == seen["anonymousId"] == cookies(page)["coldframe_id"]["value"]
    kept = cookies(page)["coldframe_id"]
    assert 390 < (kept["expires"] - clock.machine_now().timestamp()) / 86_400 < 396
    assert kept["sameSite"] == "Lax"


def test_a_page_counts_as_read_when_it_was_scrolled_and_in_front_for_ten_seconds(page, site):
    page.clock.install()
    page.goto(f"{site.address}/guide")
    page.clock.run_for(11_000)
    [seen] = site.wait(1)
    page.mouse.wheel(0, 900)
    page.wait_for_function("scrollY > 0")
    page.clock.run_for(2_000)

    [read] = site.wait(1)

    assert seen["type"] == "page"
    assert (read["type"], read["event"], read["properties"]["path"]) == ("track", "Page Read", "/guide")


def test_a_marked_form_is_told_of_without_its_secrets_and_others_not_at_all(page, site):
    page.goto(f"{site.address}/contact")
    site.wait(1)
    for name, value in {"email": "anna@a.example", "first": "Anna", "secret": "geheim", "card": "4111", "cvc": "123", "question": "How?"}.items():  # fmt: skip
        page.fill(f"[name={name}]", value)
    with page.expect_navigation():
        page.click("text=Send >> nth=0")
    sent, named, thanks = site.wait(3)
    page.fill("#other [name=private]", "mine")
    with page.expect_navigation():
        page.click("#other button")
    after = site.wait(1)

    assert (sent["event"], sent["properties"]["form"]) == ("Form Submitted", "contact")
    assert sent["properties"]["fields"] == {"email": "anna@a.example", "first": "Anna", "question": "How?"}
    assert (named["type"], named["traits"]) == (
        "identify",
        {"email": "anna@a.example", "firstName": "Anna", "landingPage": "/contact"},
    )
    assert thanks["properties"]["path"] == "/thanks"
    assert [each["type"] for each in after] in ([], ["page"])


@pytest.mark.parametrize("tell", TELLS)
def test_whoever_said_no_to_all_is_not_told_of_and_gets_no_id(page, site, tell):
    page.add_init_script(TELLS[tell])
    page.goto(f"{site.address}/pricing?cf=0000")
    page.evaluate("coldframe.consent(true); coldframe.track('Anything')")
    page.wait_for_timeout(1500)

    assert site.calls() == []
    assert "coldframe_id" not in cookies(page)
    assert page.evaluate("sessionStorage.length") == 0
    assert page.url == f"{site.address}/pricing"


def test_a_site_that_asks_first_is_silent_until_it_is_allowed_and_again_when_it_is_not(page, site):
    page.goto(f"{site.address}/pricing?asks=1&cf=00ff")
    page.wait_for_timeout(1500)
    before = (site.calls(), dict(cookies(page)))
    page.evaluate("coldframe.consent(true)")
    seen, visit = site.wait(2)
    page.evaluate("coldframe.consent(true); coldframe.consent(false); coldframe.track('Anything')")
    kept = page.evaluate("sessionStorage.length")
    page.reload()
    page.wait_for_timeout(1500)

    assert (before, kept) == (([], {}), 0)
    assert (seen["type"], visit["type"], visit["context"]["visit"]) == ("page", "identify", "00ff")
    assert site.calls() == []
    assert "coldframe_id" not in cookies(page)


@pytest.fixture
def worked(chromium, tmp_path: Path) -> Iterator[tuple[Any, Watched]]:
    """Yield a page of a browser that was never here, and a site whose calls a worker takes in."""
    with tracked(ready.home(tmp_path), port=8691) as watched, contextmanager(visiting)(chromium) as page:
        yield page, watched


def test_who_says_who_they_are_is_a_lead_with_what_they_did_before_and_without_a_permission(worked):
    page, site = worked
    page.goto(f"{site.address}/pricing?utm_source=mail&utm_campaign=spring")
    page.goto(f"{site.address}/contact")
    page.fill("[name=email]", "anna@brightpath.example")
    page.fill("[name=first]", "Anna")
    with page.expect_navigation():
        page.click("text=Send >> nth=0")

    deadline = time.monotonic() + PATIENCE
    while len(site.ask(DONE_BY_LEADS)) < 4 and time.monotonic() < deadline:
        page.wait_for_timeout(500)

    assert site.ask(DONE_BY_LEADS) == [
        ("form_submitted", "/contact", "contact", ""),
        ("page", "/contact", "", ""),
        ("page", "/pricing", "", "spring"),
        ("page", "/thanks", "", ""),
    ]
    assert site.ask(LEADS) == [
        ("anna@brightpath.example", "Anna", "brightpath.example", "site", "spring", "/pricing")
    ]
    assert site.ask("SELECT count(*) FROM leads_consent") == [(0,)]
