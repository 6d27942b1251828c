"""What the connected database is and how it is set, for a person who looks after it."""

from __future__ import annotations

import pkgutil
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from django.apps import apps
from django.db import connection

#: From here on SQLite's write-ahead log does not lose a race with itself (ADR 0002).
SOUND_WAL = (3, 51, 3)


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


def missing_migrations() -> set[tuple[str, str]]:
    """Return (app, name) of the migrations that this database lacks; reads file names, loads no module."""
    wanted = set()
    for config in apps.get_app_configs():
        folder = Path(config.path) / "migrations"
        if folder.is_dir():
            names = {module.name for module in pkgutil.iter_modules([str(folder)])}
            wanted |= {(config.label, name) for name in names if name[0].isdigit()}
    if "django_migrations" not in connection.introspection.table_names():
        return wanted
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations")
        return wanted - set(cursor.fetchall())


def problems_of(found: Health) -> list[str]:
    """Return what is not safe about the database as it is set."""
    said = found.settings
    problems = []
    if said.get("journal_mode") == "wal" and numbers(found.version) < SOUND_WAL:
        problems.append(
            f"SQLite {found.version} may damage a write-ahead log: use journal_mode TRUNCATE, or SQLite 3.51.3"
        )
    if said.get("synchronous") in {"OFF", "NORMAL"}:
        problems.append(f"synchronous is {said['synchronous']}: a power cut may lose what was acknowledged")
    problems += [
        f"PostgreSQL's {name} is off: a power cut may lose what was acknowledged"
        for name in ("fsync", "synchronous_commit")
        if said.get(name) == "off"
    ]
    return problems


def numbers(version: str) -> tuple[int, ...]:
    """
    Return the numbers of a version.

    >>> numbers("3.40.1"), numbers("15.20 (Debian 15.20-0+deb12u1)")
    ((3, 40, 1), (15, 20))
    """
    return tuple(int(each) for each in version.split(" ")[0].split(".") if each.isdigit())
