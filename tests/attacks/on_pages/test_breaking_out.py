"""Whatever leads and colleagues write stays text: no page holds an element or an attribute that is born of it."""

from __future__ import annotations

import pytest
from django.http import HttpResponse

from tests import world
from tests.attacks.on_pages import crawling, hostile

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def pinned_clock(monkeypatch: pytest.MonkeyPatch, tmp_path, settings) -> None:
    monkeypatch.setenv("COLDFRAME_NOW", world.NOW.isoformat())
    settings.HOME = tmp_path


def test_nothing_breaks_out_of_the_text_on_any_page() -> None:
    asked = hostile.house()
    browser = hostile.admin()
    browser.raise_request_exception = False
    token = browser.post("/import", {"file": hostile.file()})["Location"]
    starts = [
        "/today-is-nowhere", "/", "/desk", "/desk?tab=team", "/desk?tab=waiting", f"/desk/{asked['handoff'].public_id}",
        f"/leads/{asked['lead'].public_id}", token, "/search?q=" + "e%40evil", "/log", "/settings/keys", "/settings/people",
    ]  # fmt: skip
    broken, wrong, looked = [], [], set()

    for path, answer, page in crawling.crawl(browser, *starts):
        looked.add(path)
        if answer.status_code >= 500:
            wrong.append((path, answer.status_code))
        if page and not is_sandboxed(answer):
            broken += [(path, tag, named) for tag, named in page.tags if is_born(tag, named)]

    assert (broken, wrong) == ([], [])
    assert len(looked) > 60


def is_sandboxed(answer: HttpResponse) -> bool:
    """Return whether an answer is a mail of somebody else's, in whose frame no script runs and no form is sent."""
    rules = [rule.strip() for rule in answer["Content-Security-Policy"].split(";")]
    return "sandbox" in rules and "default-src 'none'" in rules


def is_born(tag: str, named: dict[str, str | None]) -> bool:
    """Return whether an element or an attribute of a page can only have come out of a text."""
    handlers = [name for name in named if name.startswith("on")]
    runs = [
        name
        for name in ("href", "src", "action", "formaction")
        if (named.get(name) or "").strip().lower().startswith("javascript:")
    ]
    return bool(handlers or runs) or named.get("src") == "x" or (tag == "style")
