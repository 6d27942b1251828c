"""Every page can be used by everybody: in the light, in the dark, on a phone."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.browser
LOOKS = {
    "light": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light"},
    "dark phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
}
PATHS = {
    "today": "",
    "leads": "leads",
    "leads, filtered": "leads?group=nurture&intent=HIGH&sort=fit",
    "nothing found": "leads?q=nobody-is-called-this",
    "refused filter": "leads?sorce=webinar",
    "lead for sales": "leads?group=to-sales",
    "lead in nurture": "leads?group=nurture",
    "lead let go": "leads?group=let-go",
    "audit": "audit",
    "no such page": "nowhere",
}


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("place", PATHS)
def test_a_page_has_no_barrier_and_no_sideways_scrolling(chromium, address, place, look):
    from axe_playwright_python.sync_playwright import Axe

    context = chromium.new_context(**LOOKS[look])
    page = context.new_page()
    page.goto(address + PATHS[place])
    if place.startswith("lead "):
        page.locator("main tbody a").first.click()
        page.wait_for_url(re.compile("/leads/[0-9a-f-]{36}"))

    found = Axe().run(page)
    width, room = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    context.close()

    assert found.violations_count == 0, found.generate_report()
    assert width <= room


def test_nothing_is_asked_of_another_host(chromium, address):
    context = chromium.new_context()
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    for path in PATHS.values():
        page.goto(address + path)
    context.close()

    assert {url for url in asked if not url.startswith((address, "data:"))} == set()
