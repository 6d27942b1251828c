"""
What begins with a text, whatever its case, found by an index on either database.

SQLite compares bytes and lowers ASCII alone; PostgreSQL compares as its locale says, which no range of prefixes
survives, so that texts are compared by bytes there.
"""

from __future__ import annotations

from typing import Any

from django.db.models import CharField, Func, Q

#: Sorts behind everything that goes on from a text.
LAST = chr(0x10FFFF)


class Folded(Func):
    """A text in lower case, compared by its bytes."""

    function = "LOWER"
    output_field = CharField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Return it with the collation of bytes."""
        return self.as_sql(
            compiler, connection, template='(%(function)s(%(expressions)s) COLLATE "C")', **context
        )


class FoldedDomain(Func):
    """What stands behind the at sign of an address, in lower case, compared by its bytes."""

    template = "LOWER(SUBSTR(%(expressions)s, INSTR(%(expressions)s, '@') + 1))"
    output_field = CharField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Return it with the collation of bytes."""
        return self.as_sql(
            compiler,
            connection,
            template="(LOWER(SPLIT_PART(%(expressions)s, '@', 2)) COLLATE \"C\")",
            **context,
        )


def begins(name: str, text: str) -> Q:
    """Return the condition that a folded column begins with a text; ``name`` is its alias in the query."""
    found = Q()
    for spelling in spellings(text):
        found |= Q(**{f"{name}__gte": spelling, f"{name}__lt": spelling + LAST})
    return found


def spellings(text: str) -> list[str]:
    """
    Return how a text may be written once its ASCII letters are lowered.

    >>> spellings("Anna"), spellings("Żak")
    (['anna'], ['Żak', 'żak'])
    """
    if text.isascii():
        return [text.lower()]
    ways = {text, text.lower(), text.upper(), text.capitalize()}
    return sorted({"".join(each.lower() if each.isascii() else each for each in way) for way in ways})
