"""Pages in another language: nothing that a person reads is left as it was written, but names and what people wrote."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import translation

import coldframe
from coldframe.library import operations as library
from coldframe.nurture import operations as nurture
from coldframe.web import phrases, wording
from tests import people, world
from tests.web import nurtured

pytestmark = pytest.mark.once
PAGES = (
    *(
        "/",
        "/leads",
        "/leads/{anna}",
        "/leads/{jonas}",
        "/leads/{tom}",
        "/leads/{anna}/decide",
        "/leads/changes",
        "/leads/doubles",
    ),
    *("/accounts", "/accounts/{account}", "/desk", "/desk/capacity", "/desk/notifications", "/results"),
    *(
        "/content",
        "/content/asset:why-it-happens",
        "/paths",
        "/paths/on/get%20to%20know",
        "/paths/next/get%20to%20know",
    ),
    *(
        "/playbook",
        "/playbook/versions",
        "/playbook/forms",
        "/playbook/edit",
        "/playbook/asset",
        "/playbook/question",
    ),
    *("/import", "/audit", "/outbox", "/outbox/{message}", "/mail", "/log", "/search?q=anna", "/account"),
    *("/settings", "/settings/sources", "/settings/in-force", "/settings/sending", "/settings/people"),
    *("/settings/keys", "/setup", "/sign-in", "/nothing", "/leads?sorce=1", "/u/x", "/l/x", "/p/x"),
)
OF_THE_CAST = ("Anna Kowalska", "Jonas Weber", "Tom Reyes", "Brightpath", "list", "webinar", "website", "software",
               "it services", "manufacturing", "Deutschland", "Polen", "Vereinigte Staaten", "Five ways")  # fmt: skip
#: Headers of a mail, codes of the log, and what a playbook says where it says nothing.
OWN_WORDS = ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "account.viewed", "lead.viewed",
             "10% of accounts", "1 in 5 days, 5 in 30 days", "30 days", "90 days", "10 a week", "40 a week")  # fmt: skip
FIGURE = re.compile(r"[\d.,]+ [MG]iB|SQLite [\d.]+|PostgreSQL [\d.]+.*")
TEMPLATES = sorted((Path(coldframe.__file__).parent / "web" / "templates").rglob("*.html"))
#: Left to right: comments, messages, other tags, and elements whose text is no prose.
NO_TEXT = re.compile(
    r"\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\}|\{% blocktranslate\b.*?\{% endblocktranslate %\}"
    r"|\{%.*?%\}|\{\{.*?\}\}|<(?P<name>script|style|svg|pre|code|kbd)\b.*?</(?P=name)>",
    re.DOTALL,
)
SPOKEN = re.compile(r'\b(?:title|aria-label|placeholder|alt|hx-confirm|data-label)="([^"]*)"')
#: Names, and what is the same in every language.
NAMES = {"Coldframe", "· Coldframe", "Coldframe · Coldframe", "CSV", "XLSX", "UTC", "utf-8", "DE AT"}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_words_of_a_template_stand_outside_a_message(path):
    bare = NO_TEXT.sub("", path.read_text(encoding="utf-8"))
    texts = [html.unescape(each).strip() for each in [*re.split(r"<[^>]*>", bare), *SPOKEN.findall(bare)]]

    assert [each for each in texts if re.search(r"[^\W\d_]{2}", each) and each not in NAMES] == []


@pytest.fixture
def playbook(db):
    return library.ensure_active_playbook(at=world.NOW)


@pytest.fixture
def marked(monkeypatch):
    """A language in which every message stands in brackets as it was written; the forms of days do not."""
    forget_what_was_said()
    # Django finds what stands behind its functions when they are first called.
    translation.gettext("x"), translation.ngettext("x", "y", 1)
    translation.pgettext("z", "x"), translation.npgettext("z", "x", "y", 1)

    def mark(text):
        return f"⟦{text}⟧" if text.strip() else text

    monkeypatch.setattr(translation._trans, "gettext", mark)
    monkeypatch.setattr(translation._trans, "ngettext", lambda one, many, n: mark(one if n == 1 else many))
    monkeypatch.setattr(
        translation._trans, "pgettext", lambda context, text: text if "written" in context else mark(text)
    )
    monkeypatch.setattr(
        translation._trans, "npgettext", lambda context, one, many, n: mark(one if n == 1 else many)
    )
    yield
    forget_what_was_said()


def forget_what_was_said() -> None:
    phrases._said.cache_clear()
    phrases._clause.cache_clear()
    wording.country_in.cache_clear()


def unmarked(page: str) -> list[str]:
    """Return the words of a page that are no message, and are not marked as somebody's own."""
    page = re.sub(r"<(script|style|svg|pre|code|kbd|bdi|time)\b.*?</\1>", "", page, flags=re.DOTALL)
    page = html.unescape(page)
    while re.search(r"⟦[^⟦⟧]*⟧", page):
        page = re.sub(r"⟦[^⟦⟧]*⟧", "", page)
    texts = [each.strip() for each in [*re.split(r"<[^>]*>", page), *SPOKEN.findall(page)]]
    return [each for each in texts if re.search(r"[^\W\d_]{2}", each) and each not in NAMES]


@pytest.fixture
def cast(playbook, monkeypatch):
    monkeypatch.setenv("COLDFRAME_NOW", world.NOW.isoformat())
    company = world.brightpath()
    anna, jonas, tom = world.anna(company), world.jonas(), world.tom(form="careers")
    world.event(anna, kind="asset_downloaded", days_ago=20, asset="build-or-buy")
    world.event(jonas, kind="form_submitted", form="demo")
    nurture.assess_all(as_of=world.NOW)
    sent = nurtured.message(nurtured.touch(anna, nurtured.enroll(anna, path="get to know")))
    leads = {"anna": anna.public_id, "jonas": jonas.public_id, "tom": tom.public_id}
    return {**leads, "message": sent.pk, "account": company.public_id}


def test_every_page_is_said_in_the_readers_language_but_for_names(cast, playbook, marked):
    known = spelled(" ".join([playbook.text, *OF_THE_CAST, *OWN_WORDS]))
    visitor = Client(HTTP_HOST="localhost", HTTP_ACCEPT_LANGUAGE="de")
    left = {}
    for page in PAGES:
        path = page.format(**cast)
        found = [each for each in unmarked(visitor.get(path).content.decode()) if not is_name(each, known)]
        left |= {path: found} if found else {}

    assert left == {}


def test_figures_for_programs_stay_figures_in_every_language(cast):
    visitor = Client(HTTP_HOST="localhost", HTTP_ACCEPT_LANGUAGE="de")
    figure = re.compile(r'(?:\b(?:x|y|width|height|max|min|points|viewBox)|datetime)="([^"]*)"')
    odd = {}
    for page in PAGES:
        path = page.format(**cast)
        found = figure.findall(visitor.get(path).content.decode())
        wrong = [
            each for each in found if not re.fullmatch(r"[-\d.]*|[-\d., ]+|\d{4}-\d\d-\d\d(T[\d:.+]+)?", each)
        ]
        # A comma stands between two points, never within a figure.
        wrong += [each for each in found if "," in each and " " not in each and "." not in each]
        odd |= {path: wrong} if wrong else {}

    assert odd == {}


def is_name(text: str, known: str) -> bool:
    """Return whether a text is somebody's own: the playbook's, the cast's, or a figure."""
    bare = spelled(text.removesuffix(" · Coldframe"))
    return f" {bare.strip()} " in known or FIGURE.fullmatch(text) is not None


def spelled(text: str) -> str:
    """Return the words of a text, as they are in every spelling."""
    return " " + " ".join(re.findall(r"\w+", text.lower().replace("_", " "))) + " "


@pytest.mark.parametrize("path", ["/", "/leads", "/audit", "/nothing", "/u/x", "/sign-in"])
def test_a_page_says_which_language_it_is_in(db, path):
    def language(wanted: str) -> str:
        page = Client(HTTP_HOST="localhost").get(path, HTTP_ACCEPT_LANGUAGE=wanted).content.decode()
        return re.search(r'<html lang="([^"]+)"', page)[1]

    assert language("de-AT,de;q=0.9,en;q=0.5") == "de"
    assert language("en-US") == "en"
    assert language("fi,sv;q=0.8") == "en"


def test_somebody_reads_in_their_own_language_and_by_their_own_clock(playbook, monkeypatch):
    monkeypatch.setenv("COLDFRAME_NOW", world.NOW.isoformat())
    user = people.somebody()
    user.language, user.zone = "de", "Europe/Vienna"
    user.save()
    page = people.browser_of().get("/log", HTTP_ACCEPT_LANGUAGE="en").content.decode()

    assert '<html lang="de"' in page
    assert re.search(r"1\. Juni? 2026, 11:\d\d CEST", page)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["1,204 leads", "1 lead", "3 days ago", "in 1 month", "just now", "29 May 2026", "Germany"]),
        ("de", ["1.204 Leads", "1 Lead", "vor 3 Tagen", "in 1 Monat", "gerade eben", "29. Mai 2026", "Deutschland"]),
    ],
)  # fmt: skip
def test_numbers_days_distances_and_countries_are_said_as_the_language_does(language, said):
    with translation.override(language):
        assert [
            wording.how_many(1204, "%(count)s lead", "%(count)s leads"),
            wording.how_many(1, "%(count)s lead", "%(count)s leads"),
            wording.distance(world.NOW - timedelta(days=3), now=world.NOW),
            wording.distance(world.NOW + timedelta(days=31), now=world.NOW),
            wording.distance(world.NOW, now=world.NOW),
            wording.day(world.NOW - timedelta(days=3)),
            wording.country("DE"),
        ] == said


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_quotation_marks_are_those_of_the_language(template: Path):
    plain = re.sub(
        r"\{% blocktranslate.*?endblocktranslate %\}|\{%.*?%\}|\{#.*?#\}",
        "",
        template.read_text(encoding="utf-8"),
        flags=re.DOTALL,
    )

    assert not re.search("[“”„]", plain)


def test_no_german_message_has_english_quotation_marks():
    with translation.override("de"):
        assert phrases.said("“Five ways”") == "„Five ways“"
