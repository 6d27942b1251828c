"""
Bulk inserts inside the caller's transaction: ``executemany`` on SQLite, ``COPY`` on PostgreSQL.

Values are what Django's fields take (aware instants, UUIDs, plain values for JSON). Defaults and
validation of the model do not run: every column without a database default must be given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models

from coldframe.storage.instants import InstantField, to_micros

Convert = Callable[[Any], Any]

#: Most rows have no fields of their own, and encoding is the dearest conversion.
EMPTY_JSON: dict[type, str] = {dict: "{}", list: "[]"}

#: Rows that are converted and handed to the database at a time.
CHUNK_ROWS = 10_000


def insert_rows(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """
    Insert rows of values in the order of ``columns`` (names of the model's fields); return how many.

    A foreign key goes by its column (``account_id``) or its name. Raises Django's ``IntegrityError``
    as a single insert would; nothing of the call is kept then, as long as a transaction is open.
    """
    by_name = {name: field for field in model._meta.concrete_fields for name in (field.name, field.attname)}
    fields = [by_name[name] for name in columns]
    converts = [converter(field) for field in fields]
    names = ", ".join(f'"{field.column}"' for field in fields)
    insert = copy_in if connection.vendor == "postgresql" else execute_many
    count, rows = 0, iter(rows)
    while chunk := list(islice(rows, CHUNK_ROWS)):
        insert(f'"{model._meta.db_table}"', names, prepared(chunk, converts))
        count += len(chunk)
    return count


def prepared(rows: list[Sequence[Any]], converts: list[Convert | None]) -> list[Sequence[Any]]:
    """Return the rows as the driver takes them; columns that need no change are not looked at."""
    if not any(converts):
        return rows
    columns = list(zip(*rows, strict=True))
    for index, convert in enumerate(converts):
        if convert:
            columns[index] = tuple([None if value is None else convert(value) for value in columns[index]])
    return list(zip(*columns, strict=True))


def converter(field: models.Field[Any, Any]) -> Convert | None:
    """Return what turns a value of the field into one that the driver takes; None: it already is."""
    if isinstance(field, models.JSONField):
        encode = (field.encoder or DjangoJSONEncoder)().encode
        return lambda value: encode(value) if value else EMPTY_JSON.get(type(value)) or encode(value)
    if connection.vendor == "postgresql":
        return None
    if isinstance(field, InstantField):
        return to_micros
    if isinstance(field, models.UUIDField):
        return lambda value: value.hex
    if isinstance(field, models.DateField):
        return lambda value: value.isoformat()
    return None


def execute_many(table: str, names: str, rows: list[Sequence[Any]]) -> None:
    """Insert through Python's own driver; Django's cursor would look at every value once more."""
    marks = ", ".join("?" * len(rows[0]))
    with connection.cursor() as cursor, connection.wrap_database_errors:
        cursor.connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)


def copy_in(table: str, names: str, rows: list[Sequence[Any]]) -> None:
    """Insert through PostgreSQL's COPY."""
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)


def reserve_ids(model: type[models.Model], count: int) -> list[int]:
    """
    Return ``count`` new ids of the model's table, ascending, that nobody else will get.

    For rows that refer to each other and are inserted in bulk. Needs an open transaction on SQLite,
    whose write lock keeps others out.
    """
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            sequence = "nextval(pg_get_serial_sequence(%s, 'id'))"
            cursor.execute(f"SELECT {sequence} FROM generate_series(1, %s)", [f'"{table}"', count])
            return sorted(row[0] for row in cursor.fetchall())
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        row = cursor.fetchone()
        if row is None:
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, 0)", [table])
        last = row[0] if row else 0
        cursor.execute("UPDATE sqlite_sequence SET seq = %s WHERE name = %s", [last + count, table])
        return list(range(last + 1, last + count + 1))


def restart_ids(model: type[models.Model]) -> None:
    """
    Have the ids of the model's table begin at 1 again.

    For a history that must come out the same in every database. Raises ``ValueError`` where the table has rows.
    """
    if model._default_manager.exists():
        raise ValueError(f"{model._meta.db_table} has rows; their ids are taken.")
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # RESTART belongs to the transaction, as setval does not.
            cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [f'"{table}"'])
            cursor.execute(f"ALTER SEQUENCE {cursor.fetchone()[0]} RESTART WITH 1")
        else:
            cursor.execute("UPDATE sqlite_sequence SET seq = 0 WHERE name = %s", [table])
