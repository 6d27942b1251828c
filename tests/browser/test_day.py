"""One working day, from an empty house to a lead that comes back: by the pages, as the people of a team go through it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests import people, serving
from tests.browser import arriving
from tests.browser.conftest import House, signed_in
from tests.browser.test_live import Site
from tests.browser.test_tasks import Worker

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PORT = 8680
#: By then those who may be written to have been.
LATER = "2026-06-09T09:00:00+00:00"
#: Milliseconds within which a page shows what came, on a machine that does other things, too.
PATIENCE = 60_000
LEADS = """Email,First name,Last name,Company,Job title,Industry,Country,Employees
anna@brightpath.example,Anna,Kowalska,Brightpath,Head of Marketing,software,United States,120
jonas@nordlicht.example,Jonas,Weber,Nordlicht,Marketing Manager,software,United States,340
"""


def sign_in(context, address: str, name: str) -> Worker:
    """Return somebody who has signed in."""
    page = context.new_page()
    page.goto(f"{address}sign-in")
    somebody = Worker(page, Path())
    somebody.fill("User name or e-mail", name)
    somebody.fill("Password", people.PASSWORD)
    somebody.click("Sign in")
    return somebody


def do(worker: Worker, *steps: str) -> None:
    for step in steps:
        worker.do(step)


def twice(password: str) -> tuple[str, str]:
    return f"*Password*: {password}", f"*The same once more*: {password}"


def test_a_team_begins_and_a_lead_goes_to_sales_and_comes_back(chromium, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "spring.csv").write_text(LEADS, encoding="utf-8")
    key = json.loads(serving.call(home, "sources", "add", "api", "product", "--json").stdout)["write_key"]
    with serving.serve(home, "--empty", "--no-worker", port=PORT) as served:
        begins(chromium, served.address, tmp_path)
    done = serving.call(home, "work", "--until", LATER, "--clock", "virtual")
    assert done.returncode == 0, done.stderr
    with serving.serve(home, "--empty", port=PORT, now=LATER) as served:
        goes_to_sales_and_comes_back(chromium, served.address, Site(served.address, key))


def begins(chromium, address: str, files: Path) -> None:
    """Set people up, take a file in and change the playbook."""
    context, guest = chromium.new_context(), chromium.new_context()
    page = context.new_page()
    page.goto(f"{address}setup")
    do(
        Worker(page, files),
        "*User name*: ada",
        "*Your name*: Ada Moreau",
        *twice(people.PASSWORD),
        "**Set up**",
    )
    ada = sign_in(context, address, "ada")
    ada.files = files

    do(ada, "**People**", "*User name*: rosa", "*Name*: Rosa Ahlberg", "*E-mail address*: rosa@ours.example",
       "*Sales*: yes", "**Make a link for them**")  # fmt: skip
    link = re.search(r"http\S+/invitation/[\w:.-]+", ada.page.content())
    assert link is not None
    page = guest.new_page()
    page.goto(link[0])
    do(Worker(page, files), *twice(people.PASSWORD), "**Keep this password**")
    do(ada, "**People**", "**Rosa Ahlberg**", "*Owner name in sales*: Rosa Ahlberg", "**Keep**")
    do(ada, "**Desk**", "**Change**", "*One name a line*: Rosa Ahlberg", "**Save**")

    do(ada, "**Import**", "*CSV with any delimiter*: spring.csv", "**Look at the file**",
       "*Basis*: Legitimate interest", "**See what would happen**", "**Take in 2 rows**", "**Look at the leads**")  # fmt: skip
    assert ada.page.get_by_role("link", name="Anna Kowalska").first.is_visible()

    do(
        ada,
        "**Playbook**",
        "**As forms**",
        "*A from*: 75",
        "**Save into the draft**",
        "**Activate…**",
        "**Activate**",
    )
    ada.page.get_by_text("Version 2 is active.").wait_for()
    context.close()
    guest.close()


def goes_to_sales_and_comes_back(chromium, address: str, site: Site) -> None:
    """Look at what went out; two people ask for a demo; one answer by the link in the mail, one from the desk."""
    context, office, stranger = (chromium.new_context() for _ in range(3))
    rosa = sign_in(context, address, "rosa")
    do(rosa, "**Outbox**")
    assert rosa.page.get_by_text("anna@brightpath.example").first.is_visible()

    do(rosa, "**Desk**")
    for number, email in enumerate(["anna@brightpath.example", "jonas@nordlicht.example"]):
        site.say("identify", userId=f"u{number}", messageId=f"a{number}", traits={"email": email})
        site.say("track", userId=f"u{number}", messageId=f"b{number}", event="Form Submitted", properties={"form": "demo"})  # fmt: skip
    rosa.page.get_by_role("link", name="Anna Kowalska").first.wait_for(timeout=PATIENCE)
    rosa.page.get_by_role("link", name="Jonas Weber").first.wait_for(timeout=PATIENCE)

    do(rosa, "**Not now Jonas Weber**", "**In 30 days**")
    rosa.page.get_by_text("Jonas Weber: not now, until").wait_for()

    page = stranger.new_page()
    page.goto(mailed_link(sign_in(office, address, "ada"), address, about="Anna Kowalska"))
    do(Worker(page, Path()), "**Needs education**")
    page.get_by_text("Recorded.").wait_for()

    do(rosa, "**Leads**", "**Anna Kowalska**")
    rosa.page.get_by_text(re.compile("needs education", re.IGNORECASE)).first.wait_for()
    rosa.page.get_by_text("In nurture", exact=True).first.wait_for(timeout=PATIENCE)
    for each in (context, office, stranger):
        each.close()


def mailed_link(ada: Worker, address: str, *, about: str) -> str:
    """Return the link by which Rosa says that a lead needs education, out of the mail to her, which only an admin sees whole."""
    for _ in range(60):
        arriving.at(ada.page, f"{address}outbox?q=rosa@ours.example")
        mails = ada.page.locator("main tbody a.cf-name").evaluate_all("each => each.map(link => link.href)")
        for mail in mails:
            arriving.at(ada.page, mail)
            text = ada.page.locator("pre").first.inner_text()
            found = re.search(r"Needs education\s+http\S+?/(a/\S+)", text)
            if about in text and found:
                return address + found[1]
        ada.page.wait_for_timeout(500)
    raise AssertionError(f"Rosa got no mail about {about}.")


def test_a_gap_in_the_content_is_gone_once_an_asset_fills_it(chromium, house: House):
    context = signed_in(chromium, house, "MARKETER")
    max_ = Worker(context.new_page(), Path())
    arriving.at(max_.page, house.to("content"))
    gaps = max_.page.get_by_role("link", name="Add an asset for this")
    before = gaps.count()

    do(max_, "**Add an asset for this**", "*Title*: What others said inside", "*Address*: https://example.com/inside", "*Kind*: case_study",
       "**Save into the draft**", "**Activate…**", "**Activate**", "**Content**")  # fmt: skip

    max_.page.get_by_text("What others said inside").first.wait_for()
    assert gaps.count() == before - 1
    context.close()
