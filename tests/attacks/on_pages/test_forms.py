"""Every form of every page, filled in with what nobody would type: it is refused in words, or taken, and is never a fault."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests import world
from tests.attacks.on_pages import crawling, hostile
from tests.attacks.on_pages.crawling import Form

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
#: What is typed into fields: too much, what no database keeps, what no number is, what breaks out.
ODD = ("a\0b", "9" * 30, "9999-12-31", "x" * 20_000, "\ud800", "\r\n" + hostile.BREAKS_OUT)


@pytest.fixture(autouse=True)
def pinned_clock(monkeypatch: pytest.MonkeyPatch, tmp_path, settings) -> None:
    monkeypatch.setenv("COLDFRAME_NOW", world.NOW.isoformat())
    settings.HOME = tmp_path


@pytest.fixture
def browser() -> Client:
    return hostile.admin()


def test_no_form_is_a_fault_whatever_is_typed(browser: Client) -> None:
    asked = hostile.house()
    browser.raise_request_exception = False
    token = browser.post("/import", {"file": hostile.file()})["Location"]
    starts = [
        "/",
        "/desk",
        "/desk?tab=team",
        f"/desk/{asked['handoff'].public_id}",
        f"/leads/{asked['lead'].public_id}",
        token,
        "/log",
        "/account",
    ]
    forms: dict[tuple[str, str], Form] = {}
    for _path, _answer, page in crawling.crawl(browser, *starts):
        for form in page.forms if page else []:
            shape = re.sub(r"\d+|[0-9a-f]{8}-[0-9a-f-]+", "#", form.action.partition("?")[0])
            forms.setdefault((shape, form.method), form)

    faults = {}
    for turn, form in enumerate(forms.values()):
        for given in fillings(form, turn):
            answer = sent(browser, form, given)
            if answer >= 500:
                faults.setdefault((form.method, form.action, answer), {k: v[:40] for k, v in given.items()})

    assert faults == {}
    assert len(forms) > 30
    # Had a form ended the session or the rights on the way, the rest would have been turned away at the door.
    assert browser.get("/settings/keys").status_code == 200


def fillings(form: Form, turn: int) -> list[dict[str, str]]:
    """Return what a form is filled in with: one thing everywhere, and each field alone with one of them, in turn."""
    names = [name for name in form.fields if name != "csrfmiddlewaretoken"]
    whole = [dict.fromkeys(names, ODD[(turn + step) % len(ODD)]) for step in (0, 2)]
    return whole + [{**form.fields, name: ODD[(turn + at) % len(ODD)]} for at, name in enumerate(names[:3])]


def sent(browser: Client, form: Form, given: dict[str, str]) -> int:
    """Send a form in; return the status."""
    if form.action.startswith(crawling.LEFT_ALONE):
        return 0
    clean = {name: value.encode("utf-8", "surrogatepass") for name, value in given.items()}
    if form.files and form.method == "post":
        file = SimpleUploadedFile("x\0.csv", b"\xff\xfe\0" + clean.get(next(iter(clean), ""), b"")[:2000])
        return browser.post(form.action, {**clean, **dict.fromkeys(form.files, file)}).status_code
    call = browser.post if form.method == "post" else browser.get
    return call(form.action, clean).status_code
