"""What the connected database is and how it is set, for a person who looks after it."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from django.db import connection


@dataclass(frozen=True, kw_only=True)
class Health:
    """The database as this process sees it."""

    #: SQLite or PostgreSQL.
    kind: str
    #: Of the library, or of the server.
    version: str
    #: File, or host and name; never a password.
    where: str
    #: Setting -> value as the database says it.
    settings: dict[str, str]
    size_bytes: int


def look() -> Health | None:
    """
    Ask the database; None for a SQLite file that is not there yet, which asking would make.

    Raises Django's ``OperationalError`` where it cannot be reached.
    """
    if connection.vendor == "postgresql":
        return look_at_postgresql()
    is_there = connection.is_in_memory_db() or Path(str(connection.settings_dict["NAME"])).is_file()  # type: ignore[attr-defined]
    return look_at_sqlite() if is_there else None


def look_at_sqlite() -> Health:
    path = Path(str(connection.settings_dict["NAME"]))
    names = ("journal_mode", "synchronous", "foreign_keys", "page_size")
    synchronous = {"0": "OFF", "1": "NORMAL", "2": "FULL", "3": "EXTRA"}
    found = {name: str(ask(f"PRAGMA {name}")) for name in names}
    return Health(
        kind="SQLite",
        version=str(ask("SELECT sqlite_version()")),
        where=str(path),
        settings=found | {"synchronous": synchronous.get(found["synchronous"], found["synchronous"])},
        size_bytes=path.stat().st_size if path.is_file() else 0,
    )


def look_at_postgresql() -> Health:
    given = connection.settings_dict
    names = ("synchronous_commit", "fsync", "shared_buffers", "max_wal_size", "TimeZone")
    return Health(
        kind="PostgreSQL",
        version=str(ask("SHOW server_version")),
        where=f"{given['HOST'] or 'local socket'}:{given['PORT'] or 5432}/{given['NAME']}",
        settings={name: str(ask(f"SHOW {name}")) for name in names},
        size_bytes=int(str(ask("SELECT pg_database_size(current_database())"))),
    )


def ask(sql: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


def version_of(package: str) -> str:
    """Return the version of an installed package; an empty text where it is absent."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""
