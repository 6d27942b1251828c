"""Write the next version: one draft that everybody works on, saved, put aside, or published."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from coldframe.kernel.playbook import source
from coldframe.kernel.vocabulary import Refusal
from coldframe.library import operations, queries
from coldframe.library.models import PlaybookDraft, PlaybookVersion

#: What stands for bytes that were no text.
UNREADABLE = "\ufffd"


class DraftChanged(Refusal):
    """Somebody else saved, put aside or published the draft since; ``current`` is what stands now, if anything."""

    def __init__(self, current: queries.Draft | None) -> None:
        if current:
            what = f"{current.saved_by} has saved the draft since you opened it."
        else:
            what = "The draft you had opened is no longer there: it was put aside, or became a version."
        super().__init__(what, advice="Nothing of yours is lost. Look at the difference, then save again.")
        self.current = current


class DraftUnfit(Refusal):
    """A text cannot be kept: it is too large, or holds what is no text."""


class NoDraft(Refusal):
    """Nobody has begun a draft."""


def save_draft(*, text: str, mark: str, base_number: int, by: str, at: datetime) -> queries.Draft:
    """
    Keep a text as the draft, mistakes and all, and return it.

    ``mark`` names the draft that was seen (``queries.Draft.mark``); empty: there was none, and one is begun from the
    version ``base_number``. Raises ``DraftUnfit``, ``NoSuchVersion``, and ``DraftChanged`` where what stands now
    is not what was seen.
    """
    text = clean(text)
    try:
        with transaction.atomic():
            row = seen(mark)
            if row is None:
                row = begun(text=text, base_number=base_number, by=by, at=at)
            elif row.text != text:
                row.text, row.saved_by, row.saved_at = text, by, at
                row.revision += 1
                row.save(update_fields=["text", "saved_by", "saved_at", "revision"])
            return queries.draft_of(row)
    except IntegrityError as error:
        # Somebody else began a draft in this moment.
        raise DraftChanged(queries.find_draft()) from error


def discard_draft(*, mark: str, at: datetime) -> None:
    """Put the draft aside; its text stays. Raises ``NoDraft``, ``DraftChanged``."""
    with transaction.atomic():
        row = required(mark)
        row.is_open, row.ended_at = False, at
        row.save(update_fields=["is_open", "ended_at"])


def reopen_draft(*, by: str, at: datetime) -> queries.Draft:
    """Take the draft up again that was put aside last. Raises ``NoDraft``, and ``DraftChanged`` where another is open."""
    try:
        with transaction.atomic():
            if opened() is not None:
                raise DraftChanged(queries.find_draft())
            aside = PlaybookDraft.objects.filter(is_open=False, became=None)
            row = aside.order_by("-ended_at", "-id").first()
            if row is None:
                raise no_draft()
            row.is_open, row.ended_at, row.saved_by, row.saved_at = True, None, by, at
            row.save(update_fields=["is_open", "ended_at", "saved_by", "saved_at"])
            return queries.draft_of(row)
    except IntegrityError as error:
        # Somebody began another one in this moment.
        raise DraftChanged(queries.find_draft()) from error


def publish_draft(*, mark: str, at: datetime) -> PlaybookVersion:
    """
    Make a version of the draft, which ends it, and return it; the caller activates it.

    Raises ``NoDraft``, ``DraftChanged``, and ``PlaybookInvalid`` where the text is no playbook yet.
    """
    with transaction.atomic():
        row = required(mark)
        version = operations.publish_playbook(
            text=row.text, at=at, origin=f"draft of version {row.base.number}"
        )
        row.is_open, row.ended_at, row.became = False, at, version
        row.save(update_fields=["is_open", "ended_at", "became"])
        return version


def clean(text: str) -> str:
    """Return a text as it is kept, its lines ended in one way; raise ``DraftUnfit``."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    problem = source.refuse_early(text, file="playbook.yaml")
    if problem is not None:
        where = f"line {problem.line}, column {problem.column}"
        raise DraftUnfit(
            "This text cannot be kept as a draft.",
            where=None if problem.code == "PB101" else where,
            expected=problem.expected,
            got=problem.got,
            advice=problem.advice,
        )
    if UNREADABLE in text:
        line, column = source.line_and_column(text, text.index(UNREADABLE))
        raise DraftUnfit(
            "This text cannot be kept as a draft.",
            where=f"line {line}, column {column}",
            expected="readable text",
            got="a character that stands for bytes that are no UTF-8",
            advice="Write it anew there, or save the file as UTF-8.",
        )
    return text


def opened() -> PlaybookDraft | None:
    return (
        PlaybookDraft.objects.select_for_update(of=("self",))
        .select_related("base")
        .filter(is_open=True)
        .first()
    )


def seen(mark: str) -> PlaybookDraft | None:
    """Return the open draft, held to the end of the transaction; raise ``DraftChanged`` for another than was seen."""
    row = opened()
    current = queries.draft_of(row) if row else None
    if (current.mark if current else "") != mark:
        raise DraftChanged(current)
    return row


def required(mark: str) -> PlaybookDraft:
    if mark == "":
        raise no_draft()
    row = seen(mark)
    if row is None:
        raise no_draft()
    return row


def begun(*, text: str, base_number: int, by: str, at: datetime) -> PlaybookDraft:
    base = PlaybookVersion.objects.filter(number=base_number).first()
    if base is None:
        raise queries.no_such_version(base_number)
    return PlaybookDraft.objects.create(
        text=text, base=base, saved_by=by, saved_at=at, begun_by=by, begun_at=at
    )


def no_draft() -> NoDraft:
    return NoDraft(
        "There is no draft.", expected="one that somebody has begun", advice="Begin one: change the playbook."
    )
