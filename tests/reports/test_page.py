"""The audit as a page: it stands alone, and shows what people wrote instead of running it."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser

import pytest

from coldframe.leads.models import Lead
from coldframe.reports import audit, page
from tests.reports import base

pytestmark = pytest.mark.django_db
HOSTILE = '<script src="https://evil.example/x.js"></script><img src=x onerror=alert(1)>'
#: Elements that must be closed; an unclosed one would swallow what follows.
VOID = {"meta", "rect", "br"}


class Elements(HTMLParser):
    """Collects elements and attributes, and checks that each element is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def elements(html: str) -> Elements:
    parser = Elements()
    parser.feed(html)
    parser.close()
    assert parser.open == []
    return parser


def test_the_page_asks_nobody_for_anything():
    base.fill()

    html = page.render(audit.audit(as_of=base.NOW))

    found = elements(html)
    assert not found.seen & {"script", "link", "img", "iframe", "object", "embed", "form", "a", "base"}
    assert not found.attributes & {"src", "href", "srcset", "action", "data", "style"}
    assert re.findall(r"https?:|//\w|url\(|@import", html) == []


def test_what_people_wrote_is_shown_and_not_run():
    base.fill()
    Lead.objects.update(source=HOSTILE, first_name=HOSTILE, last_name="Kowalska & Söhne")

    html = page.render(audit.audit(as_of=base.NOW))

    assert "script" not in elements(html).seen
    assert "&lt;script src=&quot;https://evil.example/x.js&quot;&gt;" in html


def test_the_page_says_the_sentence_the_figures_and_what_to_do():
    base.fill()
    found = audit.audit(as_of=base.NOW)

    html = unescape(page.render(found))

    assert f'<p class="sentence">{found.sentence}</p>' in html
    assert "Coldframe audit, 1 June 2026, 09:00 UTC" in html
    assert all(each.text in html and each.advice in html for each in found.problems)
    assert all(chart.title in html for chart in found.axes)


def test_an_empty_base_gives_a_page_with_the_sentence_alone():
    base.activate()

    html = page.render(audit.audit(as_of=base.NOW))

    assert "There are no leads yet" in html
    assert "<h2>" not in html


def test_a_page_that_cannot_be_written_is_refused_in_words(tmp_path):
    base.activate()

    with pytest.raises(page.CannotWrite) as refusal:
        page.write(audit.audit(as_of=base.NOW), file=tmp_path / "nowhere" / "audit.html")

    assert str(refusal.value) == (
        f"{tmp_path}/nowhere/audit.html: The page cannot be written.\n"
        "got No such file or directory.\nName another place."
    )
