"""
What is passed to SQL beside its text: instants, and rows for ``VALUES``.

A text that stays the same is prepared once; whatever is asked often says its values this way, not as ``storage.literals``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection

from coldframe.storage.instants import from_micros, to_micros


def stored(instant: datetime) -> Any:
    """Return an instant as the connected database's driver takes it."""
    return instant if connection.vendor == "postgresql" else to_micros(instant)


def as_instant(value: Any) -> Any:
    """Return what the driver gives for an instant as one; None stays None."""
    return from_micros(value) if isinstance(value, int) else value


def instant_type() -> str:
    """Return the type of an instant, for casts."""
    return "timestamptz" if connection.vendor == "postgresql" else "bigint"


def places(count: int) -> str:
    """
    Return so many placeholders, for IN.

    >>> places(3)
    '%s, %s, %s'
    """
    return ", ".join(["%s"] * count)


def marks(rows: int, columns: int) -> str:
    """
    Return placeholders of so many rows, for VALUES.

    >>> marks(2, 2)
    '(%s, %s), (%s, %s)'
    """
    return ", ".join([f"({places(columns)})"] * rows)


def flat(rows: Iterable[Iterable[Any]]) -> list[Any]:
    """Return the values of rows one after the other."""
    return [value for row in rows for value in row]
