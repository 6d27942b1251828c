"""
Whole tables into memory over a connection of their own, several times faster than a cursor (ADR 0007).

The drivers are imported where they are used, for they start slowly.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any
from urllib.parse import quote

import polars as pl
from django.db import connection

#: Column -> type, in order.
Schema = Mapping[str, pl.DataType | type[pl.DataType]]

#: Rows that SQLite's reader gathers before it hands them on; its default is slower.
SQLITE_BATCH_ROWS = "65536"
READING_PRAGMAS = ("busy_timeout = 20000",)
#: The page cache, in KiB, is larger than the driver's two MiB, beyond which pages would spill into the journal.
WRITING_PRAGMAS = (
    "busy_timeout = 20000",
    "synchronous = FULL",
    "journal_mode = TRUNCATE",
    "temp_store = MEMORY",
    "cache_size = -32000",
)

#: A few large statements, compiled or not, take as long; what is staged should stay in memory until it is kept; indexes
#: are made several at a time by connections, not each by several processes.
SERVER_SETTINGS = ("jit = off", "temp_buffers = '64MB'", "max_parallel_maintenance_workers = 0")

#: How many have asked to keep connections open, and those that nobody uses at the moment: to a server, any; to a SQLite
#: file, the one for writing.
keepers = 0
idle: deque[Any] = deque()
KEEPING = threading.Lock()
#: While connections are kept open: the one of which further ones to the server are made, and the lock of who makes it.
pattern: Any = None
MAKING = threading.Lock()


def is_possible() -> bool:
    """Return whether the database can be read past Django: no open transaction, and not in memory."""
    if connection.in_atomic_block:
        return False
    return connection.vendor == "postgresql" or not connection.is_in_memory_db()  # type: ignore[attr-defined]


def fetch(sql: str, *, schema: Schema) -> pl.DataFrame:
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


def read(sql: str, *, schema: Schema) -> pl.DataFrame:
    """Return the rows of a SELECT, from any thread, once ``make_ready`` was called."""
    with open_cursor() as cursor:
        return rows_of(cursor, sql, schema=schema)


def rows_of(cursor: Any, sql: str, *, schema: Schema) -> pl.DataFrame:
    """
    Return the rows of a SELECT over a cursor that is open.

    SQLite has no column types in results, so the driver guesses from the rows it sees first and fails
    where a later one differs; a leading row of one value of each type leaves it nothing to guess.
    """
    if connection.vendor == "postgresql":
        names = ", ".join(f"c{number}" for number in range(len(schema)))
        cursor.execute(f"SELECT * FROM ({sql}) AS found ({names})")
        return pl.DataFrame(cursor.fetch_polars())
    example = ", ".join(f'{example_of(dtype)} AS "{name}"' for name, dtype in schema.items())
    cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": SQLITE_BATCH_ROWS})
    cursor.execute(f"SELECT {example} UNION ALL SELECT * FROM ({sql})")
    return pl.DataFrame(cursor.fetch_polars()).slice(1)


def example_of(dtype: pl.DataType | type[pl.DataType]) -> str:
    """Return a literal of the type in which SQLite keeps such values."""
    if dtype in {pl.String, pl.Date}:
        return "''"
    return "0.0" if dtype.is_float() else "0"


@contextmanager
def open_cursor(*, for_writing: bool = False) -> Iterator[Any]:
    """Yield a cursor over a connection of its own, once ``make_ready`` was called."""
    link = take(for_writing=for_writing)
    try:
        with closing(link.cursor()) as cursor:
            yield cursor
    except BaseException:
        # Whatever it was in the middle of ends with it.
        link.close()
        raise
    give_back(link, for_writing=for_writing)


@contextmanager
def kept_open() -> Iterator[None]:
    """
    Let connections be used one after another, by any thread, until the end of this; Django opens none meanwhile.

    Opening the first to a server takes as long as a small read, for the driver asks for all types there are; further
    ones know them from it. One that writes to a SQLite file keeps the pages that the next part writes to as well; one
    that reads is opened in no time.
    """
    global keepers, pattern
    with KEEPING:
        keepers += 1
    try:
        yield
    finally:
        with KEEPING:
            keepers -= 1
            while idle and not keepers:
                idle.pop().close()
            if pattern is not None and not keepers:
                pattern.close()
                pattern = None


def take(*, for_writing: bool) -> Any:
    """Return a connection that nobody else uses."""
    is_file = connection.vendor == "sqlite"
    if is_file and not for_writing:
        return connect_sqlite(for_writing=False)
    try:
        return idle.pop()
    except IndexError:
        return connect_sqlite(for_writing=True) if is_file else connect_postgresql()


def give_back(link: Any, *, for_writing: bool) -> None:
    """Keep a connection for the next, where that is asked for; else close it."""
    with KEEPING:
        if keepers and (for_writing or connection.vendor == "postgresql"):
            idle.append(link)
            return
    link.close()


def connect_postgresql() -> Any:
    """Return a connection to the server; what it may do is up to the server."""
    link = like_pattern() if keepers else connect_anew()
    with closing(link.cursor()) as cursor:
        for setting in SERVER_SETTINGS:
            cursor.execute(f"SET {setting}")
    return link


def connect_anew() -> Any:
    from adbc_driver_postgresql import dbapi

    return dbapi.connect(postgresql_uri(), autocommit=True)


def like_pattern() -> Any:
    """Return a connection that knows the server's types from the first one; that is made where there is none."""
    global pattern
    with MAKING:
        if pattern is None:
            pattern = connect_anew()
        link = pattern.adbc_clone()
    link.adbc_connection.set_autocommit(True)
    return link


def connect_sqlite(*, for_writing: bool) -> Any:
    """Return a connection to the file; one for writing is as durable as Django's own."""
    from adbc_driver_sqlite import dbapi

    if connection.connection is not None:
        raise RuntimeError("Django's connection has the SQLite file open; call make_ready first (ADR 0007).")
    name = quote(str(connection.settings_dict["NAME"]))
    link = dbapi.connect(f"file:{name}?mode={'rw' if for_writing else 'ro'}", autocommit=True)
    with closing(link.cursor()) as cursor:
        for pragma in WRITING_PRAGMAS if for_writing else READING_PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
    return link


def postgresql_uri() -> str:
    """Return the server's address, from Django's own parameters."""
    given: dict[str, Any] = connection.get_connection_params()
    names = ("host", "port", "user", "password", "dbname", "sslmode")
    parts = [f"{name}={quote(str(given[name]), safe='')}" for name in names if given.get(name)]
    return "postgresql://?" + "&".join(parts)
