"""
What the kernel and the reports say, in the language of whoever reads it.

They compose English and know no languages; decisions are stored as they were said. ``phrasebook`` and ``reportbook``
hold the forms of their sentences as message ids. A text is matched with them, its parts are translated, and the form is filled again in
the other language. What matches nothing stays as it is: names of rules, paths and assets are the playbook's own words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache

from django.utils import formats
from django.utils.translation import get_language, gettext, ngettext

from coldframe.web import phrasebook, reportbook

#: Texts whose translation is kept, over all languages.
KEPT = 20_000
#: Longer texts stay as they are: nothing that the kernel says is as long, and a stranger's text may be.
LONGEST = 1_000
#: More parts than a condition in words has.
MOST_JOINTS = 8
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_MONTH = "|".join([*MONTHS, *(month[:3] for month in MONTHS)])
#: Kind of a placeholder -> what it takes. ``{day2}`` is of the kind ``day``.
PATTERNS = {
    "day": rf"\d{{1,2}} (?:{_MONTH}) \d{{4}}",
    "duration": r"\d+(?:\.\d+)? (?:minute|hour|day|week|month|quarter|year|cycle)s?",
    "span": r"\d+(?:\.\d+)? (?:minute|hour|day|week|month|quarter|year|cycle)s?",
    "number": r"-?\d[\d.,]*",
    "times": r"once|twice|\d+ times",
    "name": r".+?",
    "word": r"[^:;()]+?",
    "words": r"[^()]+?",
    "place": r".+?",
    "clause": r".+?",
    "subject": r".+?",
    "parts": r".+?",
    "title": r".+?",
    "share": r"(?:under 1|over 99|\d+) %",
    "way": r"by .+|as a .+|per .+|über .+|als .+|durch .+|",
}
#: A title in quotation marks is the playbook's own; the marks are the reader's.
QUOTED = re.compile(r"“[^“”]*”")
PLACEHOLDER = re.compile(r"\{([a-z]+)(\d*)\}")


@dataclass(frozen=True)
class Form:
    """One form of a sentence, and what recognizes it."""

    message: str
    pattern: re.Pattern[str]


def said(text: str) -> str:
    """Return what the kernel said in the language in force; what is no form of the phrasebook stays as it is."""
    language = get_language() or "en"
    if not text or len(text) > LONGEST or language.partition("-")[0] == "en":
        return text
    if QUOTED.fullmatch(text):
        return gettext("“%(text)s”") % {"text": text[1:-1]}
    return _said(language, text)


@lru_cache(maxsize=KEPT)
def _said(language: str, text: str) -> str:
    """``language`` is part of the key alone: the language in force decides."""
    return sentence(text) or text


def is_known(text: str) -> bool:
    """Return whether the phrasebook has the form of a text; for tests, which hold the phrasebook complete."""
    return sentence(text) is not None


def sentence(text: str) -> str | None:
    """Return a sentence in the language in force; None: no form fits."""
    for start, end, bare in bare_forms(text):
        found = filled(bare, sentences(is_stopped=bare.endswith("."))) or clause(bare) or named(bare)
        if found is not None:
            return (found[:1].upper() + found[1:] if start else found) + end
    return None


def bare_forms(text: str) -> Iterator[tuple[bool, str, str]]:
    """Yield a text as the kernel may have said it before a page gave it a capital and a full stop, as it is first."""
    lower = text[:1].lower() + text[1:]
    yield False, "", text
    if text.endswith("."):
        yield False, ".", text[:-1]
        yield True, ".", lower[:-1]
    if lower != text:
        yield True, "", lower


def clause(text: str) -> str | None:
    """Return a condition or a word in the language in force; None: no form fits."""
    return _clause(get_language() or "en", text)


@lru_cache(maxsize=KEPT)
def _clause(language: str, text: str) -> str | None:
    """Kept, because a condition of many parts is tried at every joint; the language in force decides."""
    if text in phrasebook.WORDS or text in reportbook.WORDS:
        return gettext(text)
    return joined(text) or filled(text, clauses())


def joined(text: str) -> str | None:
    """Return two conditions joined by a word; None where one of them is none."""
    for word, message in phrasebook.JOINTS.items():
        if text.count(word) > MOST_JOINTS:
            continue
        for found in re.finditer(word, text):
            first, second = clause(text[: found.start()]), clause(text[found.end() :])
            if first is not None and second is not None:
                return gettext(message).format(clause=first, clause2=second)
    return None


def named(text: str) -> str | None:
    """Return a rule by its own name with its condition; None where the text is none."""
    name, colon, condition = text.partition(": ")
    found = clause(condition) if colon else None
    return f"{name}: {found}" if found is not None else None


def filled(text: str, forms: Iterable[Form]) -> str | None:
    """Return the first form that fits, filled in the language in force."""
    for form in forms:
        match = form.pattern.fullmatch(text)
        if match is None:
            continue
        parts = {name: PARTS[kind_of(name)](part) for name, part in match.groupdict().items()}
        return gettext(form.message).format(**parts)
    return None


def kind_of(name: str) -> str:
    """Return the kind of a placeholder: ``day2`` is a ``day``."""
    return name.rstrip("0123456789")


def said_clause(text: str) -> str:
    return clause(text) or text


def said_words(text: str) -> str:
    """Return a list of words, each in the language in force."""
    listed, joint, rest = text.partition(" and ")
    more = re.fullmatch(r"(\d+) more", rest)
    if joint and more is None:
        return ", ".join(said_clause(each) for each in text.split(", "))
    words = ", ".join(said_clause(each) for each in listed.split(", "))
    if more is None:
        return words
    count = int(more[1])
    return words + " " + ngettext("and {count} more", "and {count} more", count).format(count=count)


def said_subject(text: str) -> str:
    """Return what a sentence begins with."""
    found = clause(text[:1].lower() + text[1:]) or text
    return found[:1].upper() + found[1:]


def said_parts(text: str) -> str:
    """Return the parts of a long sentence, each in the language in force."""
    return "; ".join(said_clause(each) for each in text.split("; "))


def said_number(text: str) -> str:
    """Return a number with its thousands apart as the language in force does it; any other stays as it is."""
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+", text):
        return formats.number_format(int(text.replace(",", "")), force_grouping=True)
    return text


def said_share(text: str) -> str:
    if text == "under 1 %":
        return gettext("under 1 %")
    return gettext("over 99 %") if text == "over 99 %" else text


def said_day(text: str) -> str:
    day, month, year = text.split()
    number = next(at for at, name in enumerate(MONTHS, start=1) if name[:3] == month[:3])
    return formats.date_format(date(int(year), number, int(day)), "DATE_FORMAT")


def said_duration(text: str) -> str:
    """Return a length of time as it stands after "in" and "for"."""
    amount, whole, unit = parts_of_duration(text)
    return ngettext(*phrasebook.UNITS[unit], whole).format(count=amount)


def said_span(text: str) -> str:
    """Return a length of time as it stands by itself."""
    amount, whole, unit = parts_of_duration(text)
    return ngettext(*phrasebook.SPANS[unit], whole) % {"count": amount}


def parts_of_duration(text: str) -> tuple[str, int, str]:
    """Return the amount as it is written, how many that is for the grammar, and the unit."""
    amount, unit = text.split()
    count = float(amount)
    # Whatever is not a whole number is many.
    whole = int(count) if count.is_integer() else 2
    return formats.number_format(amount), whole, unit.removesuffix("s")


def said_times(text: str) -> str:
    count = {"once": 1, "twice": 2}.get(text) or int(text.split()[0])
    return ngettext("once", "{count} times", count).format(count=count) if count != 2 else gettext("twice")


#: Kind of a placeholder -> how its part is said.
PARTS: dict[str, Callable[[str], str]] = {
    "day": said_day,
    "duration": said_duration,
    "span": said_span,
    "number": said_number,
    "times": said_times,
    "name": str,
    "word": said_clause,
    "place": said_clause,
    "words": said_words,
    "clause": said_clause,
    "subject": said_subject,
    "parts": said_parts,
    "title": said,
    "share": said_share,
    "way": str,
}


@cache
def sentences(is_stopped: bool) -> tuple[Form, ...]:
    """Return the forms of sentences that end with a full stop, or of the others; the most particular first."""
    return formed(
        each
        for each in (*phrasebook.SENTENCES, *reportbook.SENTENCES)
        if (each.endswith(".") or ". {" in each) is is_stopped
    )


@cache
def clauses() -> tuple[Form, ...]:
    """Return the forms of conditions and parts of sentences, the most particular first."""
    return formed((*phrasebook.CLAUSES, *reportbook.CLAUSES))


def formed(messages: Iterable[str]) -> tuple[Form, ...]:
    """Return messages with what recognizes them; of two that fit, the one with more words of its own is first."""
    forms = [Form(message, pattern_of(message)) for message in messages]
    return tuple(sorted(forms, key=lambda form: -len(PLACEHOLDER.sub("", form.message))))


def pattern_of(message: str) -> re.Pattern[str]:
    """Return what recognizes a message with its placeholders filled."""
    parts, at = [], 0
    for found in PLACEHOLDER.finditer(message):
        parts += [re.escape(message[at : found.start()]), f"(?P<{found[1]}{found[2]}>{PATTERNS[found[1]]})"]
        at = found.end()
    return re.compile("".join([*parts, re.escape(message[at:])]), re.DOTALL)
