"""
Taking a file in, chunk by chunk, so that a kill at any instant loses and doubles nothing.

Each chunk is one transaction: the rows, how to undo them, the counts and the position. Rows that share a
key with others come last, family by family, so that they meet in one chunk. The order is the same with
every reading of the file; going on after a kill means leaving out as many rows as the position says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, Protocol

from django.db import OperationalError, transaction

from coldframe.kernel.vocabulary import Refusal
from coldframe.leads.importing import batches, customfields, records, survey
from coldframe.leads.importing.errorfile import ErrorFile
from coldframe.leads.importing.outcomes import Outcome
from coldframe.leads.importing.plan import Plan
from coldframe.leads.importing.records import Reader, Reading, Record
from coldframe.leads.importing.rows import Row
from coldframe.leads.importing.stopping import StoppedByPerson
from coldframe.leads.models import ImportBatch

CHUNK_ROWS = 2_000
Clock = Callable[[], datetime]
Progress = Callable[[int], object]


class Intake(Protocol):
    """Takes the records of one kind of file."""

    #: Whether what a row is depends on the rows before it; those that are in already are shown to ``skip`` then.
    is_counting: ClassVar[bool]

    def skip(self, records: Sequence[Record]) -> None:
        """Look at records that are in already."""

    def take(self, records: Sequence[Record]) -> Outcome:
        """Match the records with what is known, in memory."""

    def write(self, *, batch: ImportBatch, at: datetime) -> None:
        """Bring what was taken into the database, in the open transaction, and forget it."""

    def settle(self) -> None:
        """Go on as if it had been written."""

    def finish(self, *, batch: ImportBatch, at: datetime) -> None:
        """Do what can be done only after the last row."""


@dataclass(kw_only=True)
class Result:
    """What an import did, or in a dry run would do."""

    plan: Plan
    outcome: Outcome
    is_dry_run: bool
    batch: ImportBatch | None = None
    error_file: Path | None = None
    #: Rows that an interrupted import had taken in before.
    resumed_at: int = 0


class StoppedByDatabase(Refusal):
    """The database took no more: it is locked, full, or gone."""


@contextmanager
def said_by_database(plan: Plan) -> Iterator[None]:
    """Word what stops a database."""
    try:
        yield
    except OperationalError as error:
        raise StoppedByDatabase(
            "The database stopped the import.",
            where=plan.path.name,
            got=str(error).strip().splitlines()[0],
            advice="What is in stays in. Run the same command again when the database is well; it goes on from there.",
        ) from error


def rehearse(plan: Plan, intake: Intake, *, at: datetime, progress: Progress) -> Result:
    """Say what an import would do; writes nothing at all."""
    readers, total = plan.readers(at=at), Outcome()
    with survey.without_collecting():
        for chunk in in_order(plan):
            reading = read(plan, chunk, readers)
            total.add(take(intake, reading))
            intake.settle()
            progress(len(chunk))
    return Result(plan=plan, outcome=total, is_dry_run=True)


def apply(
    plan: Plan, intake: Intake, *, errors: Callable[[ImportBatch], Path], clock: Clock, progress: Progress
) -> Result:
    """
    Take the file in, or go on where an earlier attempt was stopped.

    ``errors`` names the file for refused rows. Raises AlreadyRunning, TakenOver, StoppedByDatabase.
    """
    with batches.held(plan), said_by_database(plan), survey.without_collecting():
        batch = batches.begin(plan, at=clock())
        customfields.save(plan.own_fields)
        file = ErrorFile(errors(batch), plan.table.header)
        result = Result(
            plan=plan, outcome=restored(batch), is_dry_run=False, batch=batch, resumed_at=batch.position
        )
        progress(batch.position)
        try:
            file.cut(batch.counts.get("error_bytes", 0))
            take_all(
                plan, intake, batch=batch, total=result.outcome, file=file, clock=clock, progress=progress
            )
        except KeyboardInterrupt:
            raise stopped(batch, rows=plan.survey.row_count) from None
        except OperationalError:
            raise  # The record of the import cannot be written either; its lease runs out.
        except BaseException:
            batches.interrupt(batch)
            raise
    result.error_file = file.path if result.outcome.counts["refused"] else None
    return result


def stopped(batch: ImportBatch, *, rows: int) -> StoppedByPerson:
    """Leave a batch to be continued; return what its person is told."""
    # The last chunk may have been taken back after the batch in memory moved on.
    batch.refresh_from_db(fields=["position"])
    batches.interrupt(batch)
    return StoppedByPerson(file_name=batch.file_name, batch_id=batch.pk, kept=batch.position, rows=rows)


def take_all(
    plan: Plan,
    intake: Intake,
    *,
    batch: ImportBatch,
    total: Outcome,
    file: ErrorFile,
    clock: Clock,
    progress: Progress,
) -> None:
    """Take in every chunk that is not in yet, then close the batch."""
    readers = plan.readers(at=batch.started_at)
    if intake.is_counting and batch.position:
        show_past(plan, intake, readers, count=batch.position)
    for chunk in in_order(plan, skip=batch.position):
        reading = read(plan, chunk, readers)
        with transaction.atomic():
            batches.lock_writers()
            outcome = take(intake, reading)
            intake.write(batch=batch, at=batch.started_at)
            size = file.append(outcome.refused)
            total.add(outcome)
            batches.advance(batch, rows=len(chunk), counts=stored(total, size), at=clock())
        progress(len(chunk))
    with transaction.atomic():
        intake.finish(batch=batch, at=batch.started_at)
        batches.finish(batch, counts=batch.counts, at=clock())


def show_past(plan: Plan, intake: Intake, readers: Sequence[Reader], *, count: int) -> None:
    """Show an intake the rows that are in already."""
    for chunk in in_order(plan):
        intake.skip(read(plan, chunk[:count], readers).records)
        count -= len(chunk)
        if count <= 0:
            return


def read(plan: Plan, rows: Sequence[Row], readers: Sequence[Reader]) -> Reading:
    """Read the cells of rows as the plan says."""
    return records.read_rows(rows, readers, suppressing=plan.suppressors, suppresses_all=plan.suppresses_all)


def take(intake: Intake, reading: Reading) -> Outcome:
    """Return what comes of rows that were read."""
    outcome = intake.take(reading.records)
    outcome.counts["rows"] += len(reading.refused)
    outcome.refuse(reading.refused)
    outcome.refused.sort(key=lambda each: each[0].line)
    outcome.unrecognized += reading.unrecognized
    outcome.doubted += reading.doubted
    return outcome


def in_order(plan: Plan, *, skip: int = 0) -> Iterator[list[Row]]:
    """Yield the rows of the file in chunks, leaving out the first ``skip`` rows of this order."""
    shared = plan.survey.shared
    related: list[Row] = []
    alone = (row for row in plan.table.rows() if not set_aside(row, plan, shared, related))
    yield from survey.in_chunks(islice(alone, skip, None), CHUNK_ROWS)
    passed = max(skip - (plan.survey.row_count - len(related)), 0)
    families = survey.families(related, lambda row: [key for key in plan.keys_of(row) if key in shared])
    yield from survey.packs(after(families, passed), CHUNK_ROWS)


def set_aside(row: Row, plan: Plan, shared: frozenset[int], related: list[Row]) -> bool:
    """Put a row that shares a key with another one aside; return whether it did."""
    if not shared or row.refusal is not None or shared.isdisjoint(plan.keys_of(row)):
        return False
    related.append(row)
    return True


def after(families: Iterable[list[Row]], count: int) -> Iterator[list[Row]]:
    """Yield families, leaving out the first ones that hold ``count`` rows."""
    for family in families:
        if count <= 0:
            yield family
        count -= len(family)


def stored(outcome: Outcome, error_bytes: int) -> dict[str, Any]:
    """Return counts as the batch keeps them."""
    return {
        **outcome.counts,
        "error_bytes": error_bytes,
        "reasons": dict(outcome.reasons.most_common(50)),
        "unrecognized": listed(outcome.unrecognized),
        "doubted": listed(outcome.doubted),
    }


def restored(batch: ImportBatch) -> Outcome:
    """Return what the earlier chunks of a batch came to."""
    outcome = Outcome()
    counts = dict(batch.counts)
    outcome.reasons.update(counts.pop("reasons", {}))
    outcome.unrecognized.update(counted(counts.pop("unrecognized", [])))
    outcome.doubted.update(counted(counts.pop("doubted", [])))
    counts.pop("error_bytes", None)
    outcome.counts.update(counts)
    return outcome


def listed(texts: Counter[tuple[str, str]]) -> list[list[Any]]:
    """Return the commonest texts of columns as a batch keeps them."""
    return [[*key, count] for key, count in texts.most_common(50)]


def counted(texts: Iterable[Sequence[Any]]) -> dict[tuple[str, str], int]:
    """Return what ``listed`` was given, as far as it kept it."""
    return {(column, text): count for column, text, count in texts}
