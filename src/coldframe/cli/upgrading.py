"""Bringing the tables to this version: a backup first, then the migrations, and how to get back if they fail."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from time import sleep

from coldframe import environment, logs
from coldframe.kernel.vocabulary import Refusal

#: Named number of the lock that machines on one PostgreSQL take while one of them migrates.
ADVISORY_LOCK = 7_202_611_250_001
#: A migration that waits longer than this for a table gives way, for readers would wait behind it.
LOCK_TIMEOUT = "2s"
TRIES = 5
#: Set to yes where backups are made by other means.
WITHOUT_BACKUP = "COLDFRAME_UPGRADE_WITHOUT_BACKUP"


class UpgradeFailed(Refusal):
    """The tables could not be brought to this version."""


class NoBackupNoUpgrade(Refusal):
    """The backup that goes before an upgrade could not be made."""


def upgrade(*, at: datetime) -> None:
    """
    Apply what is missing, after a backup where there is something to lose; one process at a time does it.

    Raises ``NoBackupNoUpgrade`` or ``UpgradeFailed``, which names the backup and how to put it back.
    """
    from django.conf import settings

    from coldframe.storage import health, in_use

    if not health.missing_migrations():
        return
    with in_use.upgrading(Path(settings.HOME)), locked_on_server():
        if health.missing_migrations():
            backup = backup_first(at=at) if holds_something() else None
            migrate(backup)


def holds_something() -> bool:
    """Return whether the database has tables of this program already, in a place that can be copied."""
    from django.db import connection

    if connection.vendor == "sqlite" and connection.is_in_memory_db():  # type: ignore[attr-defined]
        return False
    return "leads_lead" in connection.introspection.table_names()


def backup_first(*, at: datetime) -> str | None:
    """Make the backup that goes before an upgrade, and return its file; None where the operator makes them."""
    from coldframe.storage import backup

    if environment.yes_no(WITHOUT_BACKUP, False):
        return None
    logs.say("Backing up before the tables are brought to this version …")
    try:
        return backup.make_automatic(at=at, kind=backup.BEFORE_UPGRADE).file
    except Refusal as refusal:
        raise NoBackupNoUpgrade(
            "The tables must be brought to this version, and the backup before it was not made.",
            got=refusal.what,
            advice=f"{refusal.advice or ''}\nIf you make backups by other means: {WITHOUT_BACKUP}=yes".strip(),
        ) from refusal


def migrate(backup: str | None) -> None:
    """Apply what is missing, without a word on standard output; each step whole or not at all."""
    from django.core.management import call_command
    from django.db import OperationalError

    from coldframe.storage import migrating

    for number in range(1, TRIES + 1):
        try:
            migrating.apply_all()
            # Nothing is left to apply; what follows on migrations, such as permissions, is made.
            call_command("migrate", verbosity=0, interactive=False)
            return
        except OperationalError as error:
            if number < TRIES and "lock timeout" in str(error):
                sleep(number)
                continue
            raise failed(error, backup) from error
        except Exception as error:
            raise failed(error, backup) from error


def failed(error: Exception, backup: str | None) -> UpgradeFailed:
    """Return the refusal that says what happened and how to get back."""
    said = str(error).strip().splitlines()
    back = (
        f"\nTo go back: install the version before, then `coldframe restore {backup} --replace`."
        if backup
        else ""
    )
    return UpgradeFailed(
        "The tables could not be brought to this version.",
        got=f"{type(error).__name__}: {said[0] if said else ''}".rstrip(": "),
        advice=f"Every step is done whole or not at all; mend the cause and start again.{back}",
    )


@contextmanager
def locked_on_server() -> Iterator[None]:
    """Let one machine at a time migrate a PostgreSQL; the lock goes with the connection, however it ends."""
    from django.db import connection

    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [ADVISORY_LOCK])
        cursor.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
    try:
        yield
    finally:
        # Its settings and its lock go with it.
        connection.close()
