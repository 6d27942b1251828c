"""Every page can be used by everybody: in the light, in the dark, on a phone; and runs no script that is not ours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.browser import arriving, places
from tests.browser.conftest import House, signed_in
from tests.web.people.routes import every_route

pytestmark = pytest.mark.browser
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
#: Look -> the window, the scheme, and the rules that are tried; colors are all that the dark changes.
LOOKS: dict[str, tuple[dict[str, int], str, dict[str, Any]]] = {
    "light": (DESKTOP, "light", {}),
    "dark": (DESKTOP, "dark", {"runOnly": ["color-contrast"]}),
    "phone": (PHONE, "light", {}),
    "dark phone": (PHONE, "dark", {"runOnly": ["color-contrast"]}),
}
#: What the browser says of a page that is refused, as it is to be.
REFUSED = "Failed to load resource: the server responded with a status of 4"
#: Colors that are still turning into others are none that anybody reads.
SETTLED = """async () => {
  for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
  await Promise.allSettled(document.getAnimations().map(each => each.finished));
}"""
#: Marks what an earlier element shows already, in the same place and of the same make, for it looks and works alike; every
#: other row is striped. Most of a page is the same row again, and colors are what takes axe longest.
MARKED = """() => {
  const meant = ["class", "style", "role", "type", "dir", "lang"], makes = new Map(), seen = new Set();
  const said = ({name, value}) => name + (meant.includes(name) ? "=" + value : value.trim() ? "" : "=");
  const part = (node) => node.nodeType === 1 ? make(node) : node.nodeType === 3 && node.data.trim() ? "text" : "";
  const make = (each) => {
    if (!makes.has(each))
      makes.set(each, `${each.tagName} ${[...each.attributes].map(said)}(${[...each.childNodes].map(part).join("")})`);
    return makes.get(each);
  };
  const mark = (parent, place) => [...parent.children].forEach((each, number) => {
    const stripe = each.tagName === "TR" ? number % 2 : "", here = place + make(each) + stripe;
    each.toggleAttribute("data-shown", seen.has(here));
    if (seen.has(here)) return;
    seen.add(here);
    mark(each, `${place}${each.tagName} ${each.className} ${stripe}/`);
  });
  mark(document.body, "");
}"""
LEADS = {
    "lead for sales": "leads?group=to-sales",
    "lead in nurture": "leads?group=nurture",
    "lead let go": "leads?group=let-go",
    "lead held": "leads?hold=CADENCE",
    "lead without permission": "leads?hold=NO_CONSENT",
}


def samples(*groups: dict[str, dict[str, str]]) -> dict[str, str]:
    """Return what is looked at: its name -> its address."""
    return {name: path for group in groups for found in group.values() for name, path in found.items()}


SIGNED_IN = samples(places.PAGES) | places.NOWHERE
STRANGER = samples(places.OPEN)


def tried(page: Any, rules: dict[str, Any]) -> Any:
    """Try the rules on a page as it is, each make of element once, and return what axe found."""
    from axe_playwright_python.base import AXE_SCRIPT, AxeResults

    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    asked = {"resultTypes": ["violations"], **rules}
    page.evaluate(MARKED)
    return AxeResults(page.evaluate("asked => axe.run({exclude: [['[data-shown]']]}, asked)", asked))


@dataclass
class Looked:
    """A page that somebody looks at, and what their browser complains of."""

    page: Any
    complaints: list[str] = field(default_factory=list)

    def barriers(self) -> list[str]:
        """Return what is wrong with the page as it is, in every look."""
        found = []
        for look, (window, scheme, rules) in LOOKS.items():
            self.page.set_viewport_size(window)
            self.page.emulate_media(color_scheme=scheme)
            self.page.evaluate(SETTLED)
            seen = tried(self.page, rules)
            width, room = self.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
            found += [f"{look}: {seen.generate_report()}"] if seen.violations_count else []
            found += [f"{look}: {width} px in a window of {room}"] if width > room else []
        return found

    def opens(self, url: str) -> list[str]:
        """Go to an address; return what is wrong with what came."""
        self.complaints.clear()
        self.page.set_viewport_size(DESKTOP)
        self.page.emulate_media(color_scheme="light")
        answer = arriving.at(self.page, url)
        policy = answer.headers.get("content-security-policy", "")
        found = [] if re.search("default-src '(self|none)'", policy) else [f"policy: {policy}"]
        found += [f"policy: {word}" for word in ("unsafe-inline", "unsafe-eval") if word in policy]
        found += [f"status {answer.status}"] if answer.status >= 500 else []
        found += [each for each in self.complaints if answer.status < 400 or REFUSED not in each]
        return found + self.barriers()


def look(context) -> Looked:
    looked = Looked(context.new_page())
    looked.page.on("pageerror", lambda error: looked.complaints.append(str(error)))
    looked.page.on(
        "console", lambda message: looked.complaints.append(message.text) if message.type == "error" else None
    )
    return looked


@pytest.fixture(scope="module")
def admin(chromium, house: House) -> Iterator[Looked]:
    context = signed_in(chromium, house, "ADMIN")
    yield look(context)
    context.close()


@pytest.fixture(scope="module")
def stranger(chromium) -> Iterator[Looked]:
    context = chromium.new_context(viewport=DESKTOP, reduced_motion="reduce")
    yield look(context)
    context.close()


def test_every_address_is_looked_at_or_says_why_there_is_nothing_to_see():
    known = places.PAGES.keys() | places.OPEN.keys() | places.BEFORE_ANYBODY.keys() | places.NO_PAGE.keys()
    routes = {route.name for route in every_route() if not route.name.startswith("programs:")}

    assert routes - known == set(), "Say in tests/browser/places.py what there is to look at."
    assert known - routes == set()


def test_a_barrier_in_one_row_of_many_is_found(chromium) -> None:
    row = "<tr><td>Anna</td><td><span>said</span></td></tr>"
    pale = row.replace("<span>", '<span style="color: #ccc">')
    page = chromium.new_page()
    found = []
    for rows in (5 * row, 3 * row + pale + row):
        page.set_content(
            f'<html lang="en"><title>T</title><body style="background: #fff"><table>{rows}</table>'
        )
        found.append(
            [each["id"] for each in tried(page, {"runOnly": ["color-contrast"]}).response["violations"]]
        )
    left_out = page.locator("[data-shown]").count()
    page.close()

    assert found == [[], ["color-contrast"]]
    assert left_out > 0


@pytest.mark.parametrize("place", SIGNED_IN)
def test_a_page_has_no_barrier_and_no_sideways_scrolling(admin, house, place):
    assert admin.opens(house.to(SIGNED_IN[place])) == []


@pytest.mark.parametrize("place", LEADS)
def test_every_kind_of_lead_has_no_barrier(admin, house, place):
    admin.page.set_viewport_size(DESKTOP)
    arriving.at(admin.page, house.to(LEADS[place]))
    lead = admin.page.locator("main tbody a.cf-name").first.get_attribute("href")

    assert admin.opens(house.to(lead.lstrip("/"))) == []


@pytest.mark.parametrize("place", STRANGER)
def test_a_page_that_needs_no_sign_in_has_no_barrier(stranger, house, place):
    assert stranger.opens(house.to(STRANGER[place])) == []


def test_the_first_page_of_all_has_no_barrier(stranger, address):
    assert stranger.opens(f"{address}setup") == []


def test_leaving_and_what_follows_have_no_barrier(stranger, house):
    stranger.page.goto(house.to("u/{leaving}"))
    stranger.page.get_by_role("button").first.click()
    stranger.page.wait_for_load_state()

    assert stranger.barriers() == []


def test_nothing_is_asked_of_another_host(chromium, house):
    context = signed_in(chromium, house, "ADMIN")
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    for path in (
        "",
        "leads",
        "desk",
        "outbox/2",
        "content/preview/asset:guide",
        "audit",
        "settings",
        "f/demo",
    ):
        arriving.at(page, house.to(path))
    context.close()

    assert {url for url in asked if not re.match(f"{re.escape(house.address)}|data:", url)} == set()
