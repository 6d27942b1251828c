"""
What is wrong with a playbook or a file, in the language of whoever reads it.

Checkers compose English and know no languages. ``faultbook`` and ``importbook`` hold the forms of what they say as message ids; a text is
matched with them and the form filled again in the other language. What matches nothing, such as a name or a value of
the text, stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import TypeVar

from django.utils import formats
from django.utils.translation import get_language, gettext

from coldframe.kernel.playbook.problems import Problem
from coldframe.kernel.vocabulary import Refusal
from coldframe.web import faultbook, importbook

#: Texts whose translation is kept, over all languages.
KEPT = 5_000
#: Nothing that a checker says is longer.
LONGEST = 1_000
#: Deeper than forms stand in each other.
DEEPEST = 4
QUOTED = r'"[^"]*"(?:(?:, | or )"[^"]*")*'
#: Kind of a placeholder -> what it takes. ``{name2}`` is of the kind ``name``.
PATTERNS = {"name": r".+?", "number": r"-?\d[\d.,]*", "quoted": QUOTED, "said": r".+?"}
PLACEHOLDER = re.compile(r"\{(name|number|quoted|said)(\d*)\}")
#: A whole number as English groups its figures.
GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+")
OR = " or "

Told = TypeVar("Told", bound=Refusal)


@dataclass(frozen=True)
class Form:
    """One form, and what recognizes it."""

    message: str
    pattern: re.Pattern[str]


def said(text: str) -> str:
    """Return what a checker said in the language in force."""
    language = get_language() or "en"
    if not text or len(text) > LONGEST or language.partition("-")[0] == "en":
        return text
    return _said(language, text)


@lru_cache(maxsize=KEPT)
def _said(language: str, text: str) -> str:
    """``language`` is part of the key alone: the language in force decides."""
    found = translated(text, depth=0)
    return text if found is None else found


def translated(text: str, *, depth: int) -> str | None:
    """Return a text in the language in force; None: no form fits."""
    if re.fullmatch(QUOTED, text):
        return text.replace(f'"{OR}"', f'"{gettext(OR)}"')
    for form in forms():
        match = form.pattern.fullmatch(text)
        if match is None:
            continue
        parts = {name: part_of(name, part, depth) for name, part in match.groupdict().items()}
        if None not in parts.values():
            return filled(gettext(form.message), parts)
    return None


def filled(message: str, parts: Mapping[str, str | None]) -> str:
    """Return a message with its placeholders filled; braces of its own stay as they are."""
    return PLACEHOLDER.sub(lambda found: parts[found[1] + found[2]] or "", message)


def part_of(name: str, part: str, depth: int) -> str | None:
    """Return what stands in a placeholder; None: it is no form, where one belongs."""
    if name.startswith("quoted") or (name.startswith("said") and depth < DEEPEST):
        return translated(part, depth=depth + 1)
    if name.startswith("number") and GROUPED.fullmatch(part):
        return formats.number_format(int(part.replace(",", "")), use_l10n=True, force_grouping=True)
    return None if name.startswith("said") else part


def is_known(text: str) -> bool:
    """Return whether there is a form of a text; for tests, which hold the book complete."""
    return translated(text, depth=0) is not None


@cache
def forms() -> tuple[Form, ...]:
    """Return every form; of two that fit, the one with more words of its own is first."""
    messages = (
        *faultbook.NOUNS,
        *faultbook.MEANINGS,
        *faultbook.ADVICE,
        *faultbook.REFUSALS,
        *importbook.MESSAGES,
    )
    found = [Form(message, pattern_of(message)) for message in messages]
    return tuple(sorted(found, key=lambda form: -len(PLACEHOLDER.sub("", form.message))))


def pattern_of(message: str) -> re.Pattern[str]:
    """Return what recognizes a message with its placeholders filled."""
    parts, at = [], 0
    for found in PLACEHOLDER.finditer(message):
        parts += [re.escape(message[at : found.start()]), f"(?P<{found[1]}{found[2]}>{PATTERNS[found[1]]})"]
        at = found.end()
    return re.compile("".join([*parts, re.escape(message[at:])]), re.DOTALL)


def problem(found: Problem) -> Problem:
    """Return a mistake or doubt in the language in force."""
    return replace(found, expected=said(found.expected), got=said(found.got), advice=said(found.advice))


def refusal(found: Told | None) -> Told | None:
    """Have a refusal that comes from below speak the language in force, and return it."""
    if found is not None:
        found.what = said(found.what)
        for name in ("where", "expected", "got", "advice"):
            setattr(found, name, said(getattr(found, name) or "") or None)
    return found
