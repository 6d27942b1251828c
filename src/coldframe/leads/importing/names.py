"""Names of persons."""

from __future__ import annotations

import re
from functools import lru_cache

_COMMA = re.compile(r"^(?P<last>[^,]+),\s*(?P<first>[^,]+)$")
#: Stand before a last name and belong to it.
_PARTICLES = frozenset(
    """van von vom zu zum zur de del della di da dos das do du des la le los las den der ten ter te af av el al bin ibn ben y e""".split()  # noqa: SIM905  A list of words reads better so.
)
_PLAIN = re.compile(r"[^\W\d_][^\W\d_'\u2019-]+")


@lru_cache(1 << 14)
def split(full_name: str) -> tuple[str | None, str | None]:
    """
    Return first and last name of a column that holds both, without titles and suffixes.

    A single name is a first name, as in most forms. What is no name (an address, figures) gives nothing.
    """
    given = " ".join(full_name.split())
    if not given or "@" in given or not any(sign.isalpha() for sign in given):
        return None, None
    words = given.split(" ")
    if len(words) == 1:
        return given, None
    if len(words) == 2 and all(
        _PLAIN.fullmatch(word) and word.casefold() not in _PARTICLES for word in words
    ):
        return _of_two(words[0], words[1])
    return _of_many(given)


_TITLES = frozenset("mr mrs ms miss mx dr prof herr frau pan pani sir lady lord rev mag ing dipl".split())  # noqa: SIM905


def _of_two(first: str, last: str) -> tuple[str | None, str | None]:
    return (None, last) if first.casefold() in _TITLES else (first, last)


def _of_many(given: str) -> tuple[str | None, str | None]:
    import nameparser

    parsed = nameparser.HumanName(given)
    first = " ".join(filter(None, [parsed.first, parsed.middle]))
    return first or None, parsed.last or None
