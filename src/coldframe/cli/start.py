"""Getting ready: Django set up, and the database there and up to date."""

from __future__ import annotations

import os
import pkgutil
import sys
from pathlib import Path

#: Polars' allocator gives memory back after so long; by default it keeps a tenth more than is in use.
ALLOCATOR = "dirty_decay_ms:50,muzzy_decay_ms:0"


def set_up() -> None:
    """Configure Django once; later calls do nothing."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "coldframe.config.settings")
    os.environ.setdefault("_RJEM_MALLOC_CONF", ALLOCATOR)
    import django
    from django.apps import apps

    if not apps.ready:
        django.setup()


def open_database() -> None:
    """Set Django up, and bring the database's tables to this version; create it on first use."""
    set_up()
    from django.db import DatabaseError, connection

    from coldframe.kernel.vocabulary import Refusal

    try:
        if missing_migrations():
            migrate()
    except DatabaseError as error:
        raise Refusal(
            "The database cannot be opened.",
            where=str(connection.settings_dict["NAME"]),
            got=str(error).strip().splitlines()[0],
            advice="Check DATABASE_URL (PostgreSQL) or COLDFRAME_HOME (the folder of the embedded database).",
        ) from error


def missing_migrations() -> set[tuple[str, str]]:
    """Return (app, name) of the migrations that this database lacks; reads file names, loads no module."""
    from django.apps import apps
    from django.db import connection

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


def migrate() -> None:
    """Apply what is missing, without a word on standard output."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)


def is_interactive() -> bool:
    """Return whether a question could be answered: both ends are a terminal."""
    return sys.stdin.isatty() and sys.stdout.isatty()
