"""A test database that bulk reads and commands of their own can open."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection


@contextmanager
def as_file(folder: Path) -> Iterator[dict[str, str]]:
    """
    Let Django's connection, and everything beside it, work on a file with what the test database holds.

    On SQLite tests run in memory, where no other connection reaches. A server needs nothing. The test must be
    ``django_db(transaction=True)``. Yields the environment in which a process of its own finds the database.
    """
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "coldframe.config.settings",
        "COLDFRAME_HOME": str(folder),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    if connection.vendor != "sqlite":
        given = connection.settings_dict
        where = f"{given['USER']}@{given['HOST']}:{given['PORT'] or 5432}/{given['NAME']}"
        yield environment | {"DATABASE_URL": f"postgresql://{where}"}
        return
    in_memory, name = connection.connection, connection.settings_dict["NAME"]
    file = folder / "coldframe.sqlite3"
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(file)])
    connection.connection, connection.settings_dict["NAME"] = None, str(file)
    try:
        yield environment
    finally:
        connection.close()
        connection.connection, connection.settings_dict["NAME"] = in_memory, name
