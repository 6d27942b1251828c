"""What somebody new finds, by what is written on the pages and in at most six clicks."""

from __future__ import annotations

import re

import pytest

from tests.browser import arriving

pytestmark = pytest.mark.browser
MOST_CLICKS = 6


class Visitor:
    """Somebody who reads, and clicks on words."""

    def __init__(self, page):
        self.page = page
        self.clicks = 0

    def click(self, words: str | re.Pattern[str], *, within=None) -> None:
        place = within or self.page.locator("body")
        place.get_by_role("link", name=words).first.click()
        arriving.there(self.page)
        self.clicks += 1
        assert self.clicks <= MOST_CLICKS

    def click_first_lead(self) -> str:
        name = self.page.locator("main tbody a").first
        words = name.inner_text()
        name.click()
        arriving.there(self.page)
        self.clicks += 1
        assert self.page.get_by_role("heading", level=1).inner_text() == words
        return words

    def reads(self, heading: str) -> str:
        """Return what stands in the part of the page under a heading."""
        return self.page.get_by_role("region", name=re.compile(heading)).inner_text()


@pytest.fixture
def visitor(page) -> Visitor:
    return Visitor(page)


def test_somebody_new_finds_a_lead_for_sales_and_why(visitor):
    visitor.click(re.compile("To sales now"))
    name = visitor.click_first_lead()

    assert len(visitor.reads(f"Why {re.escape(name)} is here").splitlines()) >= 3
    assert visitor.page.get_by_text("To sales now", exact=True).first.is_visible()


def test_somebody_new_finds_a_lead_in_nurture_and_what_would_move_it_and_when_it_leaves(visitor):
    visitor.click(re.compile("In nurture"))
    visitor.click_first_lead()

    assert re.search(r"To sales now|Let go|In nurture", visitor.reads("What would move it"))
    assert re.search(r"\b20\d\d\b", visitor.reads("When it leaves"))


def test_somebody_new_finds_why_a_lead_was_let_go(visitor):
    visitor.click(re.compile("^Let go"))
    name = visitor.click_first_lead()

    assert "Let go" in visitor.page.locator("main").inner_text()
    assert len(visitor.reads(f"Why {re.escape(name)} is here").splitlines()) >= 2
    assert "Not let go" not in visitor.reads("Record")


def test_somebody_new_sees_which_sources_bring_good_fits(visitor):
    visitor.click("Audit")

    assert re.search(r"\d+ to \d+ %", visitor.reads("Sources that bring good fits"))


def test_somebody_new_finds_what_is_missing_in_the_data(visitor):
    visitor.click("Audit")
    visitor.page.get_by_role("region", name="What is missing in the data").get_by_role("link").first.click()

    assert re.search(r"[\d,]+ leads?\.", visitor.page.locator("main").inner_text())


def test_somebody_new_reads_why_a_lead_is_not_contacted(visitor):
    arriving.at(visitor.page, visitor.page.url + "leads?hold=NO_CONSENT")
    visitor.click_first_lead()

    said = visitor.reads("Next touch")
    assert "there is no permission that holds" in said
    assert re.search(r"asks for .*; on file: ", said)


def test_somebody_new_finds_the_next_touch_of_a_lead_and_why_that_one(visitor):
    arriving.at(visitor.page, visitor.page.url + "leads?hold=CADENCE")
    visitor.click_first_lead()

    said = visitor.reads("Next touch")
    assert re.search(r"between contacts.*: last on \d+ \w+ 2026\.", said)
    assert re.search(r"Looked at again\s+in \d+ \w+", said)
    assert re.search(r"Would be next\s[\s\S]+\sIt (answers|asks)", said)


def test_somebody_new_opens_the_message_that_a_lead_got(visitor):
    arriving.at(visitor.page, visitor.page.url + "leads?hold=CADENCE")
    name = visitor.click_first_lead()
    visitor.click(re.compile("^Sent "), within=visitor.page.get_by_role("region", name="Timeline"))

    shown = visitor.page.frame_locator("iframe").locator("body").inner_text()
    assert f"Hello {name.split()[0]}" in shown
    assert shown.split()[:2] == visitor.reads("As plain text").replace("As plain text", "").split()[:2]


def test_somebody_new_opens_a_message_from_the_outbox(visitor):
    visitor.click("Outbox", within=visitor.page.get_by_role("navigation", name="Pages"))
    visitor.page.locator("main tbody a").first.click()
    arriving.there(visitor.page)

    assert "Subject" in visitor.reads("Headers")
    assert "Hello" in visitor.reads("As plain text")


def test_somebody_new_finds_the_content_gap_with_most_waiting_leads(visitor):
    visitor.click("Content", within=visitor.page.get_by_role("navigation", name="Pages"))
    gaps = visitor.page.get_by_role("region", name="Gaps, by how many leads wait")
    counts = [
        int(each.split()[0])
        for each in gaps.get_by_role("link", name=re.compile(r"^\d+ leads?")).all_inner_texts()
    ]
    visitor.click(re.compile(r"\d+ leads?"), within=gaps)

    assert counts == sorted(counts, reverse=True)
    assert f"{counts[0]} lead" in visitor.page.locator("main").inner_text()


def test_a_person_says_that_a_message_in_doubt_arrived(visitor):
    arriving.at(visitor.page, visitor.page.url + "outbox?state=uncertain")
    visitor.page.locator("main tbody a").first.click()
    page = visitor.page
    yes = page.get_by_role("button", name="Yes, it arrived")
    assert not yes.is_visible()

    page.get_by_text("It arrived", exact=True).click()
    yes.click()
    arriving.there(page)

    assert "Kept here" in page.locator("main").inner_text()
    assert "Settled by" in visitor.reads("What became of it")


def test_the_list_narrows_while_typing_and_keeps_its_address(visitor):
    page = visitor.page
    visitor.click("Leads", within=page.get_by_role("navigation", name="Pages"))
    name = page.locator("main tbody a").first.inner_text()

    page.get_by_role("searchbox", name="Search leads").type(name, delay=5)
    page.wait_for_url("**q=*")

    assert page.locator("main tbody a").first.inner_text() == name
    page.reload()
    assert page.get_by_role("searchbox", name="Search leads").input_value() == name


def test_a_filter_narrows_the_list_at_once_and_can_be_taken_away(visitor):
    page = visitor.page
    visitor.click("Leads", within=page.get_by_role("navigation", name="Pages"))
    page.locator("summary", has_text="Filters").first.click()

    page.locator("select[name=intent]").select_option("HIGH")
    page.wait_for_url("**intent=HIGH*")
    chip = page.get_by_role("link", name=re.compile("Intent: High"))
    chip.click()
    arriving.there(page)

    assert "intent" not in page.url


def test_the_menu_folds_on_a_phone(visitor):
    from playwright.sync_api import expect

    page = visitor.page
    page.set_viewport_size({"width": 390, "height": 844})
    menu = page.get_by_role("navigation", name="Pages")
    assert not menu.is_visible()

    page.get_by_role("button", name="Menu").click()
    menu.get_by_role("link", name="Audit").click()

    # Its numbers may have to be counted first.
    expect(page.get_by_role("heading", level=1)).to_have_text("Audit", timeout=1000 * arriving.PATIENCE)


def test_the_switch_between_dark_and_light_is_remembered(visitor):
    page = visitor.page
    theme = "document.documentElement.dataset.bsTheme"
    assert page.evaluate(theme) == "light"

    page.locator("summary", has_text="You").first.click()
    page.get_by_role("button", name="Dark or light").click()
    page.reload()

    assert page.evaluate(theme) == "dark"
