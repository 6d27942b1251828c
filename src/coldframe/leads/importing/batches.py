"""The record of an import: begun, renewed with every chunk, finished or left to be continued."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from coldframe.kernel.vocabulary import Refusal
from coldframe.leads.importing.plan import Plan
from coldframe.leads.models import ImportBatch
from coldframe.storage import file_locks

#: How long after its last sign of life an import counts as running.
LEASE = timedelta(minutes=1)
State = ImportBatch.State


class AlreadyRunning(Refusal):
    """This file is being imported at this moment."""


class TakenOver(Refusal):
    """Another process has gone on with this import."""


@contextmanager
def held(plan: Plan) -> Iterator[None]:
    """
    Hold the right to import this file; it ends with the process, however that ends.

    On SQLite, where every importer is on this machine, a lock on a file of the data folder; on PostgreSQL
    an advisory lock of the session. Raises AlreadyRunning.
    """
    name = plan.file_hash + plan.options.kind
    is_held = pg_held(name) if connection.vendor == "postgresql" else file_held(name)
    with is_held as won:
        if not won:
            raise AlreadyRunning(
                "This file is already running: another process is importing it now.",
                where=plan.path.name,
                advice="Wait until it has finished; `coldframe import list` shows how far it is.",
            )
        yield


@contextmanager
def file_held(name: str) -> Iterator[bool]:
    """Hold a file of the data folder."""
    folder = Path(settings.HOME) / "imports"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name[:24]}.lock"
    with file_locks.tried(path) as won:
        yield won
        if won:
            path.unlink(missing_ok=True)


@contextmanager
def pg_held(name: str) -> Iterator[bool]:
    """Hold an advisory lock of the session."""
    number = int.from_bytes(bytes.fromhex(name[:16]), "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [number])
        won = bool(cursor.fetchone()[0])
    try:
        yield won
    finally:
        if won:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [number])


def begin(plan: Plan, *, at: datetime) -> ImportBatch:
    """Return a new batch for the file, or the one that was left half-way."""
    fingerprint = plan.options.fingerprint()
    with transaction.atomic():
        left = (
            ImportBatch.objects.filter(
                kind=plan.options.kind, file_hash=plan.file_hash, state__in=[State.RUNNING, State.INTERRUPTED]
            )
            .order_by("-id")
            .first()
        )
        if left and left.options.get("fingerprint") == fingerprint:
            left.state, left.lease_until = State.RUNNING, at + LEASE
            left.save(update_fields=["state", "lease_until"])
            return left
        return ImportBatch.objects.create(
            kind=plan.options.kind,
            source=plan.source,
            file_name=plan.path.name[:255],
            file_hash=plan.file_hash,
            options={**plan.options.as_json(), "fingerprint": fingerprint},
            mapping={column.name: column.field for column in plan.columns if column.field},
            started_at=at,
            lease_until=at + LEASE,
        )


def advance(batch: ImportBatch, *, rows: int, counts: dict[str, Any], at: datetime) -> None:
    """
    Move the position, in the transaction that writes the rows.

    Raises TakenOver where it is not where this process left it; the transaction must be given up then.
    """
    position = batch.position + rows
    moved = ImportBatch.objects.filter(pk=batch.pk, state=State.RUNNING, position=batch.position).update(
        position=position, counts=counts, lease_until=at + LEASE
    )
    if not moved:
        raise TakenOver("Another process has gone on with this import.", where=batch.file_name)
    batch.position, batch.counts = position, counts


def finish(batch: ImportBatch, *, counts: dict[str, Any], at: datetime) -> None:
    """Close the batch."""
    batch.state, batch.finished_at, batch.lease_until, batch.counts = State.DONE, at, None, counts
    batch.save(update_fields=["state", "finished_at", "lease_until", "counts"])


def interrupt(batch: ImportBatch) -> None:
    """Leave the batch to be continued; nothing where it is another's by now."""
    ImportBatch.objects.filter(pk=batch.pk, state=State.RUNNING, position=batch.position).update(
        state=State.INTERRUPTED, lease_until=None
    )


def lock_writers() -> None:
    """
    Let one import at a time match and write, for the rest of the transaction.

    SQLite's write transaction does so by itself.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('coldframe import'))")
