"""
A consistent copy of the whole database while it is in use, and such a copy put back in place.

SQLite copies itself through its backup interface, never through the file system: a file copied while
somebody writes to it can be broken without a sign. PostgreSQL brings ``pg_dump`` and ``pg_restore``.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from coldframe.kernel.vocabulary import Refusal

#: What the copy is called inside a backup.
FILE_NAMES = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}
#: Seconds to wait for a writer before giving up.
PATIENCE = 60


class CannotCopy(Refusal):
    """The database could not be copied, or the copy is not what it should be."""


class CannotPutBack(Refusal):
    """The copy could not be put in place."""


def copy_to(file: Path) -> dict[str, int]:
    """
    Write a copy of the database as it is at one instant; return table -> rows in it.

    Raises ``CannotCopy`` when the database is damaged, or the program that copies is missing or says no.
    """
    if connection.vendor == "postgresql":
        return copy_postgresql(file)
    counts = copy_sqlite(Path(str(connection.settings_dict["NAME"])), file)
    check_sqlite(file, counts)
    return counts


def put_back(file: Path) -> None:
    """
    Make the database what the copy holds; nobody else may use it meanwhile.

    Raises ``CannotPutBack`` where PostgreSQL's own program is missing or says no.
    """
    connection.close()
    if connection.vendor == "postgresql":
        put_back_postgresql(file)
    else:
        target = Path(str(connection.settings_dict["NAME"]))
        os.replace(file, target)
        sync_folder(target.parent)


def copy_sqlite(source: Path, file: Path) -> dict[str, int]:
    """Copy page by page under one read lock, counting what is there at that same instant."""
    with (
        closing(open_sqlite(source)) as from_here,
        closing(sqlite3.connect(file, isolation_level=None)) as to_there,
    ):
        try:
            from_here.execute("BEGIN")
            counts = count_sqlite(from_here)
            from_here.backup(to_there)
            from_here.execute("COMMIT")
        except sqlite3.DatabaseError as error:
            raise CannotCopy(
                "The database cannot be copied.",
                where=str(source),
                got=str(error),
                advice="Keep the file. If it is damaged, `coldframe restore` puts the newest good backup in place.",
            ) from error
    return counts


def open_sqlite(file: Path) -> sqlite3.Connection:
    """Return a connection that reads and never makes a file."""
    return sqlite3.connect(f"{file.as_uri()}?mode=rw", uri=True, isolation_level=None, timeout=PATIENCE)


def count_sqlite(link: sqlite3.Connection) -> dict[str, int]:
    """Return table -> rows."""
    names = link.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
    ).fetchall()
    return {name: int(link.execute(f'SELECT COUNT(*) FROM "{name}"').fetchone()[0]) for (name,) in names}


def check_sqlite(file: Path, counts: Mapping[str, int]) -> None:
    """Raise ``CannotCopy`` unless SQLite finds the copy sound, with as many rows in each table as expected."""
    try:
        with closing(open_sqlite(file)) as link:
            said = [str(row[0]) for row in link.execute("PRAGMA integrity_check(3)")]
            found = count_sqlite(link) if said == ["ok"] else {}
    except sqlite3.DatabaseError as error:
        said, found = [str(error)], {}
    if said != ["ok"]:
        raise CannotCopy("The copy is damaged.", where=str(file), got=said[0], advice=ADVICE_DAMAGED)
    if found != dict(counts):
        wrong = sorted(name for name in {*found, *counts} if found.get(name) != counts.get(name))
        raise CannotCopy(
            "The copy does not hold the rows it should.",
            where=str(file),
            expected=f"{counts.get(wrong[0], 0)} rows in {wrong[0]}",
            got=str(found.get(wrong[0], 0)),
            advice=ADVICE_DAMAGED,
        )


ADVICE_DAMAGED = "Keep it, and use another backup: `coldframe doctor` names the newest."


def copy_postgresql(file: Path) -> dict[str, int]:
    """Let pg_dump write the state that one transaction sees, and count in that same transaction."""
    program = find_program("pg_dump", CannotCopy)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT pg_export_snapshot()")
        snapshot = str(cursor.fetchone()[0])
        counts = count_postgresql(cursor)
        asked = [program, "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"]
        run(
            [*asked, "--schema", own_schema(cursor), f"--file={file}"],
            CannotCopy,
            "The database was not copied.",
        )
    return counts


def count_postgresql(cursor: Any) -> dict[str, int]:
    """Return table -> rows, of the tables in the schema that this program uses."""
    cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1")
    counts = {}
    for (name,) in cursor.fetchall():
        cursor.execute(f'SELECT COUNT(*) FROM "{name}"')
        counts[str(name)] = int(cursor.fetchone()[0])
    return counts


def own_schema(cursor: Any) -> str:
    cursor.execute("SELECT current_schema()")
    return str(cursor.fetchone()[0])


def put_back_postgresql(file: Path) -> None:
    """Drop the tables that are there, and bring those of the dump in, in one transaction."""
    program = find_program("pg_restore", CannotPutBack)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        for (name,) in cursor.fetchall():
            cursor.execute(f'DROP TABLE "{name}" CASCADE')
    connection.close()
    run(
        [program, "--clean", "--if-exists", "--no-owner", "--no-privileges", "--exit-on-error",
         "--single-transaction", f"--dbname={connection.settings_dict['NAME']}", str(file)],
        CannotPutBack, "The database was not brought back.",
    )  # fmt: skip


def check_dump(file: Path) -> None:
    """Raise ``CannotPutBack`` unless pg_restore can read the table of contents."""
    run(
        [find_program("pg_restore", CannotPutBack), "--list", str(file)],
        CannotPutBack,
        "The dump cannot be read.",
    )


def find_program(name: str, refusal: type[Refusal]) -> str:
    """Return the path of one of PostgreSQL's programs, or refuse and name the package."""
    found = shutil.which(name)
    if found is None:
        raise refusal(
            f"PostgreSQL's own program {name} is needed, and is not on the path.",
            advice="It is in the package postgresql-client (Debian, Ubuntu, Alpine), postgresql (Fedora) or libpq (Homebrew).",
        )
    return found


def run(command: list[str], refusal: type[Refusal], what: str) -> None:
    """Run one of PostgreSQL's programs against the connected database; the password is never an argument."""
    done = subprocess.run(command, env=client_environment(), capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise refusal(what, where=Path(command[0]).name, got=said[0], advice="See `coldframe doctor`.")


def client_environment() -> dict[str, str]:
    """Return the environment in which PostgreSQL's programs find the connected database."""
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD"}
    given: dict[str, Any] = connection.get_connection_params()
    ours = {variable: str(given[name]) for name, variable in names.items() if given.get(name)}
    return {**os.environ, **ours, "PGDATABASE": str(connection.settings_dict["NAME"])}


def sync_folder(folder: Path) -> None:
    """Make a rename in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
