"""
Links: the connection over which frames are written, set against tables by SQL, in short transactions.

A frame is *staged* as a temporary table; plain SQL, the same on both databases, does the rest. Inside a
server or an open transaction that is Django's connection. A whole base goes over ADBC, which stages two to
three times faster and lets other threads work meanwhile (ADR 0007).
"""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Protocol

import polars as pl
from django.db import IntegrityError, connection, transaction

from coldframe.storage import adbc, reads
from coldframe.storage.reads import Schema

#: What PostgreSQL and SQLite call a key that is there already.
UNIQUE_VIOLATION = "23505"
SQLITE_SAYS = "UNIQUE constraint failed"

SQL_TYPES: dict[object, str] = {pl.Boolean: "boolean", pl.Date: "date"}


#: Memory for pages of a SQLite file while much is written; twice that of whole bases over ADBC, whose indexes are made last.
CACHE_KIB = 64_000
#: A SQLite file takes one writer at a time; waiting here wakes up at once, waiting in the driver does not.
WRITER = threading.Lock()


class AlreadyThere(Exception):
    """A row with this key is there already."""


class Link(Protocol):
    """What a bulk writer needs of a database."""

    def transaction(self) -> Any:
        """Return a context manager: all of it is kept, durably, or nothing."""

    def stage(self, name: str, frame: pl.DataFrame) -> None:
        """Make the temporary table ``name`` of the frame, in place of one that is there."""

    def run(self, sql: str) -> int:
        """Run one statement that returns nothing; return how many rows it changed. Raises ``AlreadyThere``."""

    def number(self, sql: str) -> int | None:
        """Return the one whole number that a SELECT gives."""

    def frame(self, sql: str, *, schema: Schema) -> pl.DataFrame:
        """Return the rows of a SELECT without parameters, as ``reads.read_frame`` does."""


@contextmanager
def open_link(*, whole: bool) -> Iterator[Link]:
    """Yield the link for a whole base where the database allows it, else Django's own connection."""
    if whole and adbc.is_possible():
        adbc.make_ready()
        with between_writes(), adbc.open_cursor(for_writing=True) as cursor:
            yield AdbcLink(cursor)
    else:
        make_room()
        yield DjangoLink()


def make_room() -> None:
    """
    Give this thread's connection to a SQLite file room for the pages that bulk writes come back to.

    With the 2 MB that SQLite takes by itself, every row written to a base of a hundred thousand accounts reads the
    pages of its indexes again. Only who writes in bulk holds so much: a web request does not.
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA cache_size = -{CACHE_KIB}")


def between_writes() -> AbstractContextManager[Any]:
    """Return a context in which no other thread writes a whole base to a SQLite file; elsewhere they do not meet."""
    return WRITER if connection.vendor == "sqlite" else nullcontext()


class DjangoLink:
    """Over Django's connection, inside whatever transaction is open."""

    def transaction(self) -> Any:
        return transaction.atomic()

    def stage(self, name: str, frame: pl.DataFrame) -> None:
        self.run(f"DROP TABLE IF EXISTS {name}")
        columns = ", ".join(f'"{each}" {sql_type(dtype)}' for each, dtype in frame.schema.items())
        self.run(f"CREATE TEMPORARY TABLE {name} ({columns})")
        with connection.cursor() as cursor, connection.wrap_database_errors:
            fill = copy_in if connection.vendor == "postgresql" else execute_many
            fill(cursor, name, frame)

    def run(self, sql: str) -> int:
        with connection.cursor() as cursor, telling_what_is_there(IntegrityError):
            cursor.execute(sql)
            return int(cursor.rowcount)

    def number(self, sql: str) -> int | None:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            found: int | None = cursor.fetchone()[0]
            return found

    def frame(self, sql: str, *, schema: Schema) -> pl.DataFrame:
        return reads.read_frame(sql, schema=schema)


class AdbcLink:
    """Over a connection of its own; no other library may have a SQLite file open meanwhile."""

    def __init__(self, cursor: Any) -> None:
        self.cursor = cursor

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self.cursor.execute("BEGIN" if connection.vendor == "postgresql" else "BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.cursor.execute("ROLLBACK")
            raise
        self.cursor.execute("COMMIT")

    def stage(self, name: str, frame: pl.DataFrame) -> None:
        self.run(f"DROP TABLE IF EXISTS {name}")
        stored = frame if connection.vendor == "postgresql" else as_stored(frame)
        self.cursor.adbc_ingest(name, stored, mode="create", temporary=True)

    def run(self, sql: str) -> int:
        from adbc_driver_manager import IntegrityError as RefusedByDriver

        with telling_what_is_there(RefusedByDriver):
            self.cursor.execute(sql)
        if connection.vendor == "postgresql":
            return int(self.cursor.rowcount)
        return self.number("SELECT changes() AS changed") or 0

    def number(self, sql: str) -> int | None:
        self.cursor.execute(sql)
        found: int | None = self.cursor.fetch_polars().item()
        return found

    def frame(self, sql: str, *, schema: Schema) -> pl.DataFrame:
        return reads.as_schema(adbc.rows_of(self.cursor, sql, schema=schema), schema)


@contextmanager
def telling_what_is_there(integrity_error: type[Exception]) -> Iterator[None]:
    """Raise ``AlreadyThere`` where a driver says that a key is there already."""
    try:
        yield
    except integrity_error as error:
        state = getattr(error, "sqlstate", None) or getattr(error.__cause__, "sqlstate", None)
        if state == UNIQUE_VIOLATION or SQLITE_SAYS in str(error):
            raise AlreadyThere(str(error)) from error
        raise


def as_stored(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with its instants and days as SQLite keeps them."""
    instants = pl.col(pl.Datetime("us", "UTC")).dt.timestamp("us")
    return frame.with_columns(instants, pl.col(pl.Date).dt.to_string("iso"))


def sql_type(dtype: pl.DataType) -> str:
    """Return the column type of the connected database that holds a frame's type."""
    if isinstance(dtype, pl.Datetime):
        return "timestamp with time zone" if connection.vendor == "postgresql" else "bigint"
    if dtype in SQL_TYPES:
        return SQL_TYPES[dtype]
    if dtype.is_float():
        return "double precision"
    return "bigint" if dtype.is_integer() else "text"


def execute_many(cursor: Any, name: str, frame: pl.DataFrame) -> None:
    """Fill a table through Python's SQLite driver."""
    marks = ", ".join("?" * frame.width)
    columns = (column.to_list() for column in as_stored(frame).get_columns())
    cursor.connection.executemany(f"INSERT INTO {name} VALUES ({marks})", zip(*columns, strict=True))


def copy_in(cursor: Any, name: str, frame: pl.DataFrame) -> None:
    """Fill a table through PostgreSQL's COPY; Polars writes the text faster than Python could rows."""
    text = io.BytesIO()
    frame.write_csv(text, include_header=False)
    with cursor.copy(f"COPY {name} FROM STDIN (FORMAT csv)") as copy:
        copy.write(text.getbuffer())
