"""
Files from the browser, tried and taken in: in the request where they are small, by the worker of this machine else.

A file whose process was killed is begun again, and goes on where the import was.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Any

from django.conf import settings

from coldframe.activity import importing as events
from coldframe.kernel.vocabulary import Refusal
from coldframe.leads import operations as leads
from coldframe.leads import queries, uploads
from coldframe.leads.importing import choosing, summary
from coldframe.leads.importing.applying import Result
from coldframe.leads.importing.plan import Plan
from coldframe.leads.uploads import State, Upload

logger = logging.getLogger(__name__)
#: A file of this size is tried or taken in while its person waits: within a second or two.
SMALL_BYTES = 512 * 1024
#: Seconds between two notes of how far it is.
NOTE_EVERY = 1.0
Clock = Callable[[], datetime]


class Unfinished(Refusal):
    """A process died over a file, again and again."""


def is_small(upload: Upload) -> bool:
    """Say whether somebody can wait for the file."""
    return upload.size <= SMALL_BYTES


def find_left() -> Upload | None:
    """Return the oldest file that waits for somebody to work on it, if there is one."""
    for upload in reversed(uploads.list_uploads()):
        if upload.is_waiting:
            with uploads.held(upload.token) as is_free:
                if is_free:
                    return upload
    return None


def run(token: str, *, clock: Clock) -> Upload:
    """
    Do what waits to be done with a file, and keep what came of it; nothing where another process does so.

    A refusal is kept as the file's problem, to be shown. Raises NoSuchUpload.
    """
    with uploads.held(token) as is_free:
        upload = uploads.find(token)
        if not is_free or not upload.is_waiting:
            return upload
        before = State.CHOOSING if upload.state is State.PREVIEWING else State.PREVIEWED
        upload = uploads.change(upload, attempts=upload.attempts + 1)
        try:
            refuse_hopeless(upload)
            return preview(upload, at=clock()) if before is State.CHOOSING else take_in(upload, clock=clock)
        except Refusal as refusal:
            # The import's own number was noted while it ran.
            latest = uploads.find(token)
            return uploads.change(latest, state=before, problem=problem_of(refusal), attempts=0)


def refuse_hopeless(upload: Upload) -> None:
    """Raise Unfinished where processes have died over a file."""
    if upload.attempts > uploads.MOST_ATTEMPTS:
        logger.error("The file of an import is left alone after %s attempts.", uploads.MOST_ATTEMPTS)
        raise Unfinished(
            "Nothing came of it, several times.",
            where=upload.name,
            advice="The log of the worker says why. Importing the file on the command line may show more.",
        )


def problem_of(refusal: Refusal) -> dict[str, Any]:
    """Return why nothing came of it, and which columns it is about."""
    columns = [name for name, _ in getattr(refusal, "columns", ())]
    return {**refusal.as_json(), "columns": columns}


def preview(upload: Upload, *, at: datetime) -> Upload:
    """Say what the import would do; writes nothing."""
    plan = leads.prepare(upload.path, choosing.options_of(upload.choice))
    upload = uploads.change(upload, rows=plan.survey.row_count, rows_done=0)
    result = door(plan).rehearse_import(plan, at=at, progress=noting(upload))
    return uploads.change(
        upload, state=State.PREVIEWED, preview=document_of(result), rows_done=0, problem={}, attempts=0
    )


def take_in(upload: Upload, *, clock: Clock) -> Upload:
    """Take the file in, or go on with it."""
    plan = leads.prepare(upload.path, choosing.options_of(upload.choice))
    upload = uploads.change(upload, rows=plan.survey.row_count)

    def begun(batch: Any) -> Path:
        uploads.change(upload, batch=batch.pk)
        return error_file(batch.pk)

    # The process may have been killed when all was in, and nothing said so yet.
    finished = leads.find_finished_import(plan, upload.batch) if upload.batch else None
    result = finished or door(plan).import_file(plan, clock=clock, errors=begun)
    number = result.batch.pk if result.batch else None
    if number is not None:
        events.follow_leads(queries.list_moved_leads(number))
    return uploads.change(
        upload, state=State.DONE, result=document_of(result), batch=number, problem={}, attempts=0
    )


def error_file(batch_id: int) -> Path:
    """Return where the refused rows of an import lie."""
    return Path(settings.HOME) / "imports" / f"{batch_id}-refused.csv"


def document_of(result: Result) -> dict[str, Any]:
    """Return what came of it as plain values."""
    document = summary.as_json(result)
    document.pop("columns")
    return document


def door(plan: Plan) -> Any:
    """Return the module whose operations take the file."""
    return events if plan.options.kind == "events" else leads


def noting(upload: Upload) -> Callable[[int], None]:
    """Return what notes how many rows were looked at, now and then."""
    done, noted = 0, monotonic()

    def note(rows: int) -> None:
        nonlocal done, noted
        done += rows
        if monotonic() - noted >= NOTE_EVERY:
            uploads.save(replace(upload, rows_done=done))
            noted = monotonic()

    return note
