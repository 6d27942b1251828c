"""What is wrong with a playbook is said in the reader's language; names and values of the text stay as they are."""

from __future__ import annotations

import re

import pytest
from django.utils import translation

from coldframe.kernel.playbook import parsing, problems
from coldframe.kernel.playbook.model import Part, Playbook
from coldframe.kernel.playbook.validation import parts_in
from coldframe.kernel.vocabulary import Refusal
from coldframe.library import examining
from coldframe.web import faults
from tests.kernel.playbook import mistakes, mistakes_of_meaning
from tests.kernel.playbook.changing import changed
from tests.library.test_texts_checked import BODY
from tests.library.test_texts_checked import changed as with_words

ALL = [*mistakes.MISTAKES_OF_FORM, *mistakes_of_meaning.MISTAKES_OF_MEANING]
#: Numbers, lists, lengths of time and names, as they stand in the text.
VALUE = re.compile(r"\{[{%].*[}%]\}|-?[\d.,]+( [a-z]+)?|\[.*\]|\w+: .+|[a-z]+(_[a-z]+)+|[a-z]+(\.[a-z_]+)+")
SAID = {
    'a duration such as "14 days"': 'eine Dauer wie "14 days"',
    'a rate such as "1 in 5 days" or "10 a week"': 'eine Häufigkeit wie "1 in 5 days" oder "10 a week"',
    'a buyer stage or "from asset"': 'eine Kaufphase oder "from asset"',
    'Did you mean "4 weeks"?': 'Meinten Sie "4 weeks"?',
    '"points": when fresh': '"points": wenn frisch',
    "That has a name of a private network.": "Gefunden: ein Name eines privaten Netzes.",
    "a merge field of greeting and signature": "ein Platzhalter, den es dort gibt: Anrede und Unterschrift",
    "a comparison that fits lead.email, which holds text": "ein Vergleich, der zu lead.email passt (dort steht: Text)",
    "Such as {A: 80, B: 60, C: 40}.": "Etwa {A: 80, B: 60, C: 40}.",
    "a condition such as {field: lead.country, is: PL} or {all: [...]}": "eine Bedingung wie {field: lead.country, is: PL} oder {all: [...]}",
}  # fmt: skip


@pytest.mark.parametrize("text", SAID)
def test_a_checkers_words_are_said_in_the_readers_language(text):
    with translation.override("de"):
        assert faults.said(text) == SAID[text]
    with translation.override("en"):
        assert faults.said(text) == text


@pytest.mark.parametrize(
    "text", ["", "Anna Kowalska", "pricing_page", "x" * 2_000, '"' * 400, "Write " * 150, "a: b: c: d: e: f"]
)
def test_what_is_the_texts_own_stays_as_it_is(text):
    with translation.override("de"):
        assert faults.said(text) == text


@pytest.mark.parametrize("mistake", ALL, ids=lambda mistake: mistake.what)
def test_the_book_has_what_is_said_of_every_mistake(mistake):
    found = parsing.examine(changed(mistake.old, mistake.new)).problems

    assert found != ()
    assert unknown(found) == []


@pytest.mark.parametrize(
    "words",
    [
        "{{ lead.frist_name }}", "{{ lead.first_name }}", "{{ 'x' }}", "{{ lead.first_name | shout }}", '{{ lead.first_name | default: "" }}',
        "{% for x in y %}", "{% if lead.role %}", "{{ lead.first_name", "[x](nowhere at all)", "https://brightpath.example@evil.example/",
        "<b>bold</b>", "We, us, our, we and us.", "{{ asset.title | date: \"odd\" }}",
    ],
)  # fmt: skip
def test_the_book_has_what_is_said_of_the_words_of_messages(words):
    found = examining.examine(with_words(BODY, words)).problems

    assert [each for each in unknown(found) if each not in words] == []


def unknown(found: tuple[problems.Problem, ...]) -> list[str]:
    """Return what of some problems has no form and is no value of the text."""
    said = [part for each in found for part in (each.expected, each.got, each.advice) if part]
    return [part for part in said if not faults.is_known(part) and not VALUE.fullmatch(part)]


def test_the_book_has_what_every_key_means_that_must_be_there():
    assert [each for each in meanings(Playbook, set()) if not faults.is_known(each)] == []


def meanings(part: type[Part], seen: set[type[Part]]) -> list[str]:
    """Return what is said of the keys that must be there, in a part and those within it."""
    if part in seen:
        return []
    seen.add(part)
    fields = part.model_fields.values()
    own = [each.description for each in fields if each.is_required() and each.description]
    return own + [
        more for each in fields for inner in parts_in(each.annotation) for more in meanings(inner, seen)
    ]


def test_a_refusal_from_below_speaks_the_readers_language():
    raised = Refusal(
        "This text cannot be kept as a draft.", where="line 3, column 9", expected="readable text", advice="Remove it."
    )  # fmt: skip

    with translation.override("de"):
        told = faults.refusal(raised)

    assert told is raised
    assert (told.what, told.where, told.expected, told.got, told.advice) == (
        "Dieser Text lässt sich nicht als Entwurf aufbewahren.", "Zeile 3, Spalte 9", "lesbarer Text", None, "Entfernen Sie es.",
    )  # fmt: skip
