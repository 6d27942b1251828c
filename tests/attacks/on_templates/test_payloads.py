"""Attacks on templates, as the text of a template and as what a lead is called: shown as text, or refused."""

from __future__ import annotations

import os
from html.parser import HTMLParser

import pytest

from coldframe.kernel.playbook import templates
from coldframe.kernel.playbook.templates import Wording
from coldframe.library import checking, examining, fields, rendering
from coldframe.library.rendering import Rendered, Writer
from tests.attacks.on_templates.payloads import ENGINES, NAMES, PAYLOADS
from tests.kernel.playbook.changing import SHAPE

SECRET = "tulip-harbor-93417"
PRODUCT = "4011"
VALUES: dict[str, fields.Value] = {
    "lead.first_name": "Anna",
    "lead.city": "Oslo",
    "asset.url": "https://example.com/a",
}


@pytest.fixture(autouse=True)
def planted(monkeypatch: pytest.MonkeyPatch, settings: object) -> None:
    monkeypatch.setenv("COLDFRAME_PLANTED", SECRET)
    settings.SECRET_KEY = SECRET  # type: ignore[attr-defined]
    settings.APP_SECRET = SECRET  # type: ignore[attr-defined]
    assert os.environ["COLDFRAME_PLANTED"] == SECRET


class Structure(HTMLParser):
    """The tags of an HTML text, and its words."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.words = ""
        self.comments: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


def writer(subject: str, body: str) -> Writer:
    words = Wording(subject=subject, value="x", preheader="x", body=body, language="en")
    return rendering.writer_of(words, constants={})


def written(subject: str, body: str, values: dict[str, fields.Value] = VALUES) -> Rendered:
    made = writer(subject, body).write(values)
    assert isinstance(made, Rendered), made
    return made


def everything(rendered: Rendered) -> str:
    return rendered.subject + rendered.text + rendered.html


def refusals(source: str) -> list[str]:
    found = checking.faults_of(source, sort=templates.ASSET, is_body=True)
    return [fault.code for fault in found if fault.code not in checking.WARNINGS]


def test_the_corpus_is_large() -> None:
    assert len(set(PAYLOADS)) >= 200
    assert min(len(payloads) for payloads in ENGINES.values()) >= 20


@pytest.mark.parametrize("payload", PAYLOADS, ids=NAMES)
def test_an_attack_in_a_template_is_refused_or_shown_as_text(payload: str) -> None:
    if refusals(payload):
        return
    assert "{{" not in payload.replace("{{{", ""), "what Liquid evaluates must be refused"
    assert "{%" not in payload

    found = written(payload, payload)

    assert found.subject == " ".join(payload.split())
    assert PRODUCT not in everything(found).replace(payload, "")
    assert SECRET not in everything(found)


@pytest.mark.parametrize("payload", PAYLOADS, ids=NAMES)
def test_a_refused_template_cannot_be_written_by_another_way(payload: str) -> None:
    """Whoever comes past the check, with an older playbook, meets the same walls at writing."""
    try:
        made = writer(payload, payload).write(VALUES)
    except rendering.TemplateInvalid:
        return

    if isinstance(made, Rendered):
        assert SECRET not in everything(made)
        assert PRODUCT not in everything(made).replace(payload, "")


@pytest.mark.parametrize("payload", PAYLOADS, ids=NAMES)
def test_an_attack_in_a_leads_name_arrives_as_the_name(payload: str) -> None:
    subject, body = (
        "{{ lead.first_name }}",
        "Hello **{{ lead.first_name }}**, [read](https://example.com/?n={{ lead.first_name }})",
    )
    plain = written(subject, body, {**VALUES, "lead.first_name": "Anna"})

    found = written(subject, body, {**VALUES, "lead.first_name": payload})

    name = fields.cleaned(payload)
    assert found.subject == name
    assert f"Hello {name}, read <" in found.text
    seen, expected = Structure(found.html), Structure(plain.html)
    assert f"Hello {name}, read" in seen.words
    assert [tag for tag, _ in seen.tags] == [tag for tag, _ in expected.tags]
    assert seen.comments == expected.comments
    assert SECRET not in everything(found)


@pytest.mark.parametrize("payload", PAYLOADS, ids=NAMES)
def test_an_attack_in_a_leads_name_decides_no_tag(payload: str) -> None:
    body = '{% if lead.first_name == "Anna" %}Yes{% else %}No, {{ lead.first_name }}{% endif %}'

    found = written("x", body, {**VALUES, "lead.first_name": payload})

    assert found.text == f"No, {fields.cleaned(payload)}\n"


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "vbscript:x",
        "file:///etc/passwd",
        "",
        " ",
    ],
    ids=["script", "data", "no scheme", "other script", "file", "empty", "blank"],
)
def test_an_address_that_is_none_of_the_web_holds_the_message(url: str) -> None:
    made = writer("x", "[read]({{ asset.url }})").write({"asset.url": url})

    assert isinstance(made, rendering.NotRendered)


@pytest.mark.parametrize("payload", PAYLOADS[::12], ids=NAMES[::12])
def test_a_playbook_with_an_attack_in_it_is_refused_with_its_place(payload: str) -> None:
    if not refusals(payload) or "\n" in payload:
        return
    text = SHAPE.replace("**three places**.", payload)

    found = [problem for problem in examining.examine(text).problems if not problem.is_warning]

    assert found
    assert {(problem.line, problem.where) for problem in found} == {(154, "templates[why heat escapes].body")}
