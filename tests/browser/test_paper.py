"""A brief on paper: one sheet, the lead alone on it."""

from __future__ import annotations

import pytest

from tests.browser import arriving
from tests.browser.conftest import House, signed_in

pytestmark = pytest.mark.browser
#: How a page begins in a PDF file; the word for all of them together goes on with an s.
PAGE = b"/Type /Page\n"


def test_every_brief_fits_on_one_sheet_without_the_menu(chromium, house: House):
    context = signed_in(chromium, house, "SALES_LEAD")
    page = context.new_page()
    arriving.at(page, house.to("desk"))
    briefs = page.locator("main a.cf-name").evaluate_all("each => each.map(link => link.href)")
    assert briefs
    for brief in briefs:
        arriving.at(page, brief)
        sheets = page.pdf(format="A4").count(PAGE)
        page.emulate_media(media="print")
        shown = page.locator("body").inner_text()
        page.emulate_media(media="null")

        assert sheets == 1, brief
        assert "Why now" in shown
        assert "Outbox" not in shown
        assert "Accept" not in shown.split("\n")
    context.close()
