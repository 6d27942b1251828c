"""Getting ready: Django set up, and the database there and up to date."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from coldframe import clock
from coldframe.kernel.vocabulary import Refusal

#: Polars' allocator gives memory back after so long; by default it keeps a tenth more than is in use.
ALLOCATOR = "dirty_decay_ms:50,muzzy_decay_ms:0"


class OnNetwork(Refusal):
    """The embedded database lies on another machine's disk."""


def set_up() -> None:
    """Configure Django once; later calls do nothing."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "coldframe.config.settings")
    os.environ.setdefault("_RJEM_MALLOC_CONF", ALLOCATOR)
    import django
    from django.apps import apps

    if not apps.ready:
        django.setup()


def open_database() -> None:
    """
    Set Django up, and bring the database's tables to this version, after a backup; create it on first use.

    From here on the data folder counts as in use. Raises a ``Refusal`` where the database cannot be opened, or
    lies where it is not safe.
    """
    set_up()
    from django.conf import settings
    from django.db import DatabaseError, connection

    from coldframe.cli import lifeline, restoring, upgrading
    from coldframe.storage import in_use

    lifeline.hold_on()
    at = clock.now()
    in_use.share(Path(settings.HOME))
    refuse_network_file_system()
    try:
        upgrading.upgrade(at=at)
        restoring.finish(at=at)
    except DatabaseError as error:
        raise Refusal(
            "The database cannot be opened.",
            where=str(connection.settings_dict["NAME"]),
            got=str(error).strip().splitlines()[0],
            advice="Check DATABASE_URL (PostgreSQL) or COLDFRAME_HOME (the folder of the embedded database).",
        ) from error


def refuse_network_file_system() -> None:
    """Raise ``OnNetwork`` where the embedded database would lie on a file system whose locks cannot be relied on."""
    from django.db import connection

    from coldframe.storage import disk

    file = Path(str(connection.settings_dict["NAME"]))
    kind = disk.network_file_system(file.parent) if connection.vendor == "sqlite" else ""
    if kind:
        raise OnNetwork(
            "The embedded database must lie on a disk of this machine.",
            where=str(file.parent),
            got=f"a network file system ({kind}), on which it can be damaged",
            advice="Set COLDFRAME_HOME to a local folder, or use PostgreSQL (DATABASE_URL).",
        )


def is_interactive() -> bool:
    """Return whether a question could be answered: both ends are a terminal."""
    return sys.stdin.isatty() and sys.stdout.isatty()
