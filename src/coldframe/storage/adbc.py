"""
Whole tables into memory over a connection of their own, several times faster than a cursor (ADR 0006).

The drivers are imported where they are used, for they start slowly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any
from urllib.parse import quote

import polars as pl
from django.db import connection

#: Rows that SQLite's reader gathers before it hands them on; its default is slower.
SQLITE_BATCH_ROWS = "65536"


def is_possible() -> bool:
    """Return whether the database can be read past Django: no open transaction, and not in memory."""
    if connection.in_atomic_block:
        return False
    return connection.vendor == "postgresql" or not connection.is_in_memory_db()  # type: ignore[attr-defined]


def fetch(sql: str, *, schema: Mapping[str, pl.DataType | type[pl.DataType]]) -> pl.DataFrame:
    """Return the rows of a SELECT without parameters, with the driver's names and types."""
    make_ready()
    return read(sql, schema=schema)


def make_ready() -> None:
    """
    Close Django's connection to a SQLite file, for the driver carries a SQLite library of its own.

    Two libraries in one process do not see each other's locks.
    """
    if connection.vendor == "sqlite":
        connection.close()


def read(sql: str, *, schema: Mapping[str, pl.DataType | type[pl.DataType]]) -> pl.DataFrame:
    """Return the rows of a SELECT, from any thread, once ``make_ready`` was called."""
    if connection.vendor == "postgresql":
        return fetch_postgresql(sql)
    return fetch_sqlite(sql, schema=schema)


def fetch_postgresql(sql: str) -> pl.DataFrame:
    """Return the rows as PostgreSQL's binary COPY brings them."""
    from adbc_driver_postgresql import dbapi

    with closing(dbapi.connect(postgresql_uri(), autocommit=True)) as link, closing(link.cursor()) as cursor:
        cursor.execute(sql)
        return cursor.fetch_polars()


def fetch_sqlite(sql: str, *, schema: Mapping[str, pl.DataType | type[pl.DataType]]) -> pl.DataFrame:
    """
    Return the rows of a SQLite database file.

    SQLite has no column types in results, so the driver guesses from the rows it sees first and fails
    where a later one differs; a leading row of one value of each type leaves it nothing to guess.
    """
    example = ", ".join(f'{example_of(dtype)} AS "{name}"' for name, dtype in schema.items())
    with open_sqlite(for_writing=False) as cursor:
        cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": SQLITE_BATCH_ROWS})
        cursor.execute(f"SELECT {example} UNION ALL SELECT * FROM ({sql})")
        return cursor.fetch_polars().slice(1)


@contextmanager
def open_sqlite(*, for_writing: bool) -> Iterator[Any]:
    """
    Yield a cursor of the driver on the database file, as durable as Django's own connection.

    The caller has closed Django's connection, and opens none before this one is closed.
    """
    from adbc_driver_sqlite import dbapi

    name = quote(str(connection.settings_dict["NAME"]))
    with (
        closing(dbapi.connect(f"file:{name}?mode={'rw' if for_writing else 'ro'}", autocommit=True)) as link,
        closing(link.cursor()) as cursor,
    ):
        for pragma in (
            "busy_timeout = 20000",
            "synchronous = FULL",
            "journal_mode = TRUNCATE",
            "temp_store = MEMORY",
        ):
            if for_writing or pragma.startswith("busy"):
                cursor.execute(f"PRAGMA {pragma}")
        yield cursor


def example_of(dtype: pl.DataType | type[pl.DataType]) -> str:
    """Return a literal of the type in which SQLite keeps such values."""
    if dtype in {pl.String, pl.Date}:
        return "''"
    return "0.0" if dtype.is_float() else "0"


def postgresql_uri() -> str:
    """Return the server's address, from Django's own parameters."""
    given: dict[str, Any] = connection.get_connection_params()
    names = ("host", "port", "user", "password", "dbname", "sslmode")
    parts = [f"{name}={quote(str(given[name]), safe='')}" for name in names if given.get(name)]
    return "postgresql://?" + "&".join(parts)
