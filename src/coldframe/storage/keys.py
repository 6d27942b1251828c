"""The key of another table's row as the key of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    Field = models.OneToOneField[Any, Any]
else:
    Field = models.OneToOneField


class SharedKey(Field):
    """
    Be the one row of this table for a row of another, and known by that row's number.

    SQLite stores a table in the order of its key only where the key's type is ``integer``, and not ``bigint``, as Django
    would have it: under that name each row has a second number, every look-up takes two searches, and every new row is
    entered twice. PostgreSQL keeps ``bigint``.
    """

    def __init__(self, to: Any, on_delete: Any, **options: Any) -> None:
        super().__init__(to, on_delete, **options | {"primary_key": True})

    def db_type(self, connection: Any) -> str | None:
        """Return the type of the column."""
        return "integer" if connection.vendor == "sqlite" else super().db_type(connection)
