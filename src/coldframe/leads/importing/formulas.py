"""
Cells that a spreadsheet would run: guarded when written, freed again when read back.

A text that a spreadsheet may take for a formula gets one apostrophe in front (OWASP ASVS 1.2.10). A text
that merely looks guarded gets one too, so that taking it away again always gives the text that was.
"""

from __future__ import annotations

import unicodedata

GUARD = "'"
#: What begins a formula; full-width and small forms are told by their compatibility form.
STARTS = frozenset("=+-@")
#: What begins a formula or a new cell by itself, in some programs.
RAW_STARTS = ("\t", "\r", "\n", "\0")
QUOTES = frozenset("'\"`´")
#: Separators, controls and invisible marks, opening and closing quotation marks.
IGNORED = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf", "Pi", "Pf"})


def may_run(text: str) -> bool:
    """
    Return whether a spreadsheet may run a cell of this text.

    Looks past leading spaces, controls and quotes, which have been ways around such checks.

    >>> [may_run(text) for text in ("=1+1", ' "=1', "\uff0b48 22", "Anna", "'tis")]
    [True, True, True, False, False]
    """
    first = next((each for each in text if not is_ignored(each)), "")
    return text.lstrip(GUARD)[:1] in RAW_STARTS or form(first) in STARTS


def is_ignored(character: str) -> bool:
    """Return whether a spreadsheet might look past the character at the start of a cell."""
    plain = {character, form(character)}
    return bool(plain & QUOTES) or form(character).isspace() or unicodedata.category(character) in IGNORED


def form(character: str) -> str:
    """Return the first character of the compatibility form: that of a full-width plus is a plus."""
    return unicodedata.normalize("NFKC", character)[:1]


def guard(text: str) -> str:
    """Return the text as it may stand in a cell."""
    return GUARD + text if may_run(text) else text


def free(cell: str) -> str:
    """
    Return the text that ``guard`` was given.

    >>> [free(guard(text)) for text in ("=1+1", "'=1+1", "'tis", "Anna")]
    ['=1+1', "'=1+1", "'tis", 'Anna']
    """
    rest = cell.removeprefix(GUARD)
    return rest if rest != cell and may_run(rest) else cell
