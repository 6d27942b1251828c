"""The catalogs: up to date with the sources, complete, true to their placeholders, and compiled."""

from __future__ import annotations

import re

import pytest

from tests.messages import gathering
from tests.messages.__main__ import LANGUAGES, compiled, strings

#: ``%(name)s``, ``%(name)d`` and ``{name}``.
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")
#: A sign of per cent that stands for itself, in a message that is filled.
PERCENT = re.compile(r"%%")
TAG = re.compile(r"</?\w+[^>]*>")


@pytest.fixture(scope="module")
def gathered():
    return gathering.gather()


@pytest.fixture(scope="module", params=LANGUAGES)
def language(request):
    return request.param


@pytest.fixture(scope="module")
def catalog(language):
    return gathering.read(language)


def messages(catalog):
    return [message for message in catalog if message.id]


def test_the_catalog_holds_exactly_what_the_sources_say(language, catalog, gathered):
    known = {(message.context, message.id) for message in messages(catalog)}
    said = {(message.context, message.id) for message in messages(gathered)}

    advice = "Run ./coldframe-dev messages --missing, and translate what it names."
    assert said - known == set(), advice
    assert known - said == set(), advice


def test_every_message_is_translated(catalog):
    missing = [message.id for message in messages(catalog) if not all(strings(message.string))]

    assert missing == []


def test_no_placeholder_is_lost_or_made_up(catalog):
    wrong = [
        (message.id, translation)
        for message in messages(catalog)
        for translation in strings(message.string)
        if not is_true(strings(message.id), translation)
    ]

    assert wrong == []


def is_true(said: tuple[str, ...], translation: str) -> bool:
    """Return whether a translation fills what one of the forms of its message fills; a form for one may leave it out."""
    wanted = [sorted(PLACEHOLDER.findall(form)) for form in said]
    found = sorted(PLACEHOLDER.findall(translation))
    are_few = len(said) > 1 and set(found) <= set(wanted[-1])
    return found in wanted or are_few


def test_a_sign_of_per_cent_stays_doubled_where_the_message_is_filled(catalog):
    wrong = [
        (message.id, translation)
        for message in messages(catalog)
        for translation in strings(message.string)
        if "%(" in strings(message.id)[0]
        and len(PERCENT.findall(translation)) != len(PERCENT.findall(strings(message.id)[0]))
    ]

    assert wrong == []


def test_the_markup_of_a_message_is_kept(catalog):
    wrong = [
        (message.id, translation)
        for message in messages(catalog)
        for translation in strings(message.string)
        if sorted(TAG.findall(strings(message.id)[-1])) != sorted(TAG.findall(translation))
    ]

    assert wrong == []


def test_the_edges_of_a_message_are_kept(catalog):
    """Spaces at an end join a message to what stands beside it."""
    wrong = [
        (message.id, translation)
        for message in messages(catalog)
        for translation in strings(message.string)
        if edges(strings(message.id)[0]) != edges(translation)
    ]

    assert wrong == []


def edges(text: str) -> tuple[str, str]:
    return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]


def test_what_programs_read_is_compiled_from_what_people_write(language):
    path = gathering.catalog_of(language)

    assert path.with_suffix(".mo").read_bytes() == compiled(path.read_bytes(), language)
