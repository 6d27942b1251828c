"""A house in which every text attacks, looked at in a browser: nothing of it comes to life on any page."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Error

from tests import serving
from tests.browser import arriving, attacked, places
from tests.browser.conftest import House, signed_in
from tests.browser.test_accessible import REFUSED, samples

pytestmark = pytest.mark.browser
#: Says on the console what should not happen: a script that runs, and one that the policy has to stop.
HOOKS = """
  for (const name of ["alert", "confirm", "prompt"]) window[name] = (...said) => console.error("ran", name, ...said);
  document.addEventListener("securitypolicyviolation", (event) =>
    console.error("policy", event.violatedDirective, event.blockedURI, event.sample));
"""
#: Elements and attributes that none of our pages has.
BORN = """() => [...document.querySelectorAll(
  "img[src=cfx], svg[onload], [hx-get='/cfx'], a[href^='javascript:' i], [onerror], [onclick], [onload], [onfocus]"
)].map((each) => each.outerHTML.slice(0, 200))"""
#: Everything that is folded is unfolded, and what asks for its rest has got it.
OPENED = """async () => {
  for (const each of document.querySelectorAll("details")) each.open = true;
  for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
}"""
QUIET = "() => !document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling')"
#: Names of what addresses and forms ask by.
ASKED_BY = "() => [...document.querySelectorAll('form [name]')].map((each) => each.name)"
#: What stands in addresses in ``places``, and what it is called in this house.
CALLED = {"stay relevant": "{path}", "rep=Nobody": "rep={rep}"}
#: Addresses of this house alone.
MORE = {
     "file with attacks": "import/files/{file}",
    "desk of the team": "desk?tab=team", "desk of who waits": "desk?tab=waiting", "own form": "f/attacked",
    "desk of a rep": "desk?rep={rep}", "later pages of the log": "log?page=2",
}  # fmt: skip
#: How often a page may come anew by itself while it is looked at.
TRIES = 5
#: Milliseconds that a page may take on a busy machine.
PATIENCE = 120_000
TYPED = attacked.attack("typed.", None)
ASKED = quote(TYPED, safe="")
#: Pages that say again what their address asks for.
TYPED_INTO = {
    f"{path}, {name}": f"{path}?{name}={ASKED}"
    for path, names in {
        "leads": ("q", "sort", "source", "group"), "accounts": ("q", "country", "industry", "owner", "view"),
        "outbox": ("q", "state", "connection"), "desk": ("rep", "tab"), "search": ("q",), "log": ("by", "what", "subject", "day"),
        "results": ("days",), "results/handoffs": ("by", "key", "what"), "content": ("segment", "stage", "lead"),
        "playbook/compare": ("before", "after"), "playbook/asset": ("key", "answers", "segment"), "playbook/question": ("field",),
        "leads/change": ("q", "do", "do-why"), "sign-in": ("next",), "settings/connections/new/webhook": ("name",),
    }.items()
    for name in names
}  # fmt: skip
#: Pages on which most of what strangers wrote stands.
OFTENEST = (
    "leads", "lead", "account of leads", "desk", "brief", "message", "preview", "mail", "log", "content",
    "playbook", "comparison", "results", "search", "file with attacks", "import", "today", "own form",
)  # fmt: skip
#: Where attacks must be seen for the test to mean anything.
SEEN = {
    "leads.Lead.first_name", "leads.Lead.last_name", "leads.Lead.job_title", "leads.Lead.email", "leads.Lead.message", "leads.Lead.source",
    "leads.Account.name", "leads.Account.industry", "activity.EventShape.form",
    "asset title", "asset question", "playbook name", "rule", "question", "form", "owner",
    "nurture.SavedFilter.name",
    "team.User.first_name", "team.LogEntry.by", "team.LogEntry.subject", "handoff.Handoff.trigger",
}  # fmt: skip


@dataclass
class Watched:
    """A page of a browser, and what should not have happened on it."""

    page: Any
    #: A page without anything; of the same house, for which the browser needs no process anew.
    empty: str
    wrong: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    asked_by: set[str] = field(default_factory=set)

    def visit(self, url: str) -> list[str]:
        """Open an address, and all that is folded on it; return what came to life."""
        # What the last page was about to do ends with it.
        self.page.goto(self.empty)
        self.wrong.clear()
        answer = arriving.at(self.page, url)
        found = [f"status {answer.status}"] if answer.status >= 500 else []
        return found + self.look(is_refused=answer.status >= 400)

    def look(self, *, is_refused: bool = False) -> list[str]:
        """Return what came to life on the page as it stands; one that comes anew by itself is looked at then."""
        for _ in range(TRIES):
            with suppress(Error):
                return self.look_once(is_refused=is_refused)
            self.page.wait_for_load_state()
        return self.look_once(is_refused=is_refused)

    def look_once(self, *, is_refused: bool) -> list[str]:
        """Return what came to life on the page as it stands."""
        self.page.evaluate(OPENED)
        self.page.wait_for_function(QUIET)
        born = [each for frame in self.page.frames for each in frame.evaluate(BORN)]
        self.seen |= {mark for frame in self.page.frames for mark in marks_in(frame.content())}
        self.asked_by |= set(self.page.evaluate(ASKED_BY))
        return born + [each for each in self.wrong if not (is_refused and REFUSED in each)]


def marks_in(html: str) -> set[str]:
    return set(re.findall(rf"{attacked.MARK}(\d\d\d)\.", html))


def watched(context: Any, address: str) -> Watched:
    """Return a page of a browser on which everything odd is written down."""
    context.add_init_script(HOOKS)
    found = Watched(context.new_page(), empty=f"{address}livez")
    found.page.set_default_timeout(PATIENCE)
    found.page.on("pageerror", lambda error: found.wrong.append(f"error {error}"))
    found.page.on(
        "console",
        # An empty page names no icon, so the browser looks for one by itself.
        lambda said: (
            found.wrong.append(f"{said.type} {said.text}")
            if said.type == "error" and said.location["url"] != f"{address}favicon.ico"
            else None
        ),
    )
    found.page.on("dialog", lambda dialog: (found.wrong.append(f"dialog {dialog.message}"), dialog.dismiss()))
    found.page.on(
        "request",
        lambda request: (
            found.wrong.append(f"asks {request.url}") if is_strange(request.url, address) else None
        ),
    )
    return found


def is_strange(url: str, address: str) -> bool:
    """Return whether only an attack asks for an address."""
    parts = urlsplit(url)
    return not url.startswith((address, "data:", "about:")) or parts.path.rpartition("/")[2] == "cfx"


@dataclass(frozen=True)
class Attacked:
    """The house in which every text attacks; ``marks``: where each of them stands."""

    house: House
    marks: list[str]

    def pages(self) -> dict[str, str]:
        """Return every page there is for somebody who has signed in, and for strangers: its name -> its address."""
        found = samples(places.PAGES, places.OPEN) | places.NOWHERE | MORE
        for old, new in CALLED.items():
            found = {name: path.replace(old, new) for name, path in found.items()}
        return {name: self.house.to(path) for name, path in found.items()}


@pytest.fixture(scope="module")
def there(company, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    home = shutil.copytree(company, tmp_path_factory.mktemp("attacked") / "home")
    seen = serving.environment(home) | {"PYTHONPATH": f"{serving.ROOT / 'src'}{os.pathsep}{serving.ROOT}"}
    done = subprocess.run([sys.executable, "-m", "tests.browser.attacked"], env=seen, capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    seeded = json.loads(done.stdout)
    with serving.serve(home, "--no-worker", port=8670) as served:
        yield Attacked(House(served.address, seeded["names"], seeded["sessions"]), seeded["marks"])


@pytest.fixture
def admin(chromium, there: Attacked) -> Iterator[Watched]:
    context = signed_in(chromium, there.house, "ADMIN")
    yield watched(context, there.house.address)
    context.close()


def test_no_text_comes_to_life_on_any_page(admin: Watched, there: Attacked) -> None:
    alive = {name: found for name, url in there.pages().items() if (found := admin.visit(url))}

    assert alive == {}
    seen = {there.marks[int(mark)] for mark in admin.seen}
    assert sorted(SEEN - seen) == [], "The test looks at pages that do not show these."


def test_no_text_needs_the_policy_to_stop_it(chromium, there: Attacked) -> None:
    context = chromium.new_context(bypass_csp=True)
    context.add_cookies(
        [{"name": "sessionid", "value": there.house.sessions["ADMIN"], "url": there.house.address}]
    )
    anybody = watched(context, there.house.address)
    pages = there.pages()

    alive = {name: found for name in OFTENEST if (found := anybody.visit(pages[name]))}
    context.close()

    assert alive == {}


def test_what_is_typed_and_shown_again_stays_text(admin: Watched, there: Attacked) -> None:
    alive = {name: found for name, path in TYPED_INTO.items() if (found := admin.visit(there.house.to(path)))}

    assert alive == {}


def test_an_answer_on_the_desk_is_said_in_text(chromium, there: Attacked) -> None:
    context = signed_in(chromium, there.house, "SALES")
    ewa = watched(context, there.house.address)
    arriving.at(ewa.page, there.house.to("desk"))

    ewa.page.locator(
        "form[action*='/answer'] button[value=ACCEPTED]:visible, button[value=ACCEPTED]:visible"
    ).first.click()
    ewa.page.locator(".cf-toast").first.wait_for()
    alive, said = ewa.look(), ewa.page.locator(".cf-toast").first.inner_text()
    context.close()

    assert alive == []
    assert "<img src=cfx" in said
