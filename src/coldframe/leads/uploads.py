"""
Files that somebody brought through the browser, until they are taken in.

Each lies in a folder of its own, with a name that nobody can guess, beside a note of what was decided about it.
Both are this user's alone to read, and are gone after a day. They outlive a restart: what was asked for goes on.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from django.conf import settings

from coldframe.kernel.vocabulary import Refusal
from coldframe.storage import file_locks

FOLDER = "uploads"
#: What a browser may bring; the command line takes files of any size.
MOST_BYTES = 50 * 2**20
MOST_COLUMNS = 200
KEPT_FOR = timedelta(days=1)
TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
#: So many times a process may die over a file before it is left alone.
MOST_ATTEMPTS = 5


class State(StrEnum):
    """How far a file has come."""

    CHOOSING = "CHOOSING"  #: somebody says what its columns are
    PREVIEWING = "PREVIEWING"  #: is being tried, or waits for it
    PREVIEWED = "PREVIEWED"  #: what would happen is known
    IMPORTING = "IMPORTING"  #: is being taken in, or waits for it
    DONE = "DONE"


class UploadTooLarge(Refusal):
    """The file is larger than what a browser may bring."""

    def __init__(self, *, name: str = "") -> None:
        super().__init__(
            "The file is too large for the browser.",
            where=name or None,
            expected=f"at most {MOST_BYTES // 2**20} MiB",
            advice="On the machine itself there is no limit: coldframe import leads FILE.",
        )


class TooManyColumns(Refusal):
    """The file has more columns than a page can show."""


class NoSuchUpload(Refusal):
    """The file is gone: it was taken in, taken away, or a day has passed."""


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file, and what was decided about it."""

    token: str
    #: Of the file, made harmless.
    name: str
    size: int
    by: str
    at: datetime
    state: State = State.CHOOSING
    #: What somebody chose, as plain values; empty: nothing yet.
    choice: dict[str, Any] = field(default_factory=dict)
    #: What would happen, or has happened, as ``summary.as_json`` says it.
    preview: dict[str, Any] = field(default_factory=dict)
    result: dict[str, Any] = field(default_factory=dict)
    #: Why the last attempt came to nothing, as ``Refusal.as_json`` says it.
    problem: dict[str, Any] = field(default_factory=dict)
    rows: int = 0
    rows_done: int = 0
    attempts: int = 0
    #: Number of the import, once it has begun.
    batch: int | None = None

    @property
    def path(self) -> Path:
        """Return where the file lies."""
        return folder_of(self.token) / "file" / self.name

    @property
    def is_waiting(self) -> bool:
        """Say whether something is being done with it, or waits to be."""
        return self.state in {State.PREVIEWING, State.IMPORTING}


def receive(chunks: Iterable[bytes], *, name: str, by: str, at: datetime) -> Upload:
    """Write a file down as it comes. Raises UploadTooLarge, and leaves nothing behind then."""
    token = secrets.token_urlsafe(16)
    upload = Upload(token=token, name=harmless(name), size=0, by=by, at=at)
    upload.path.parent.mkdir(parents=True, mode=0o700)
    folder_of(token).chmod(0o700)
    try:
        upload = replace(upload, size=write(chunks, upload.path))
        save(upload)
    except BaseException:
        shutil.rmtree(folder_of(token), ignore_errors=True)
        raise
    return upload


def write(chunks: Iterable[bytes], path: Path) -> int:
    """Write a file that nobody else may read; return its size. Raises UploadTooLarge."""
    size = 0
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        for chunk in chunks:
            size += len(chunk)
            if size > MOST_BYTES:
                raise UploadTooLarge(name=path.name)
            file.write(chunk)
    return size


def harmless(name: str) -> str:
    """
    Return a file's name without folders and what a file system or a page could take amiss.

    >>> harmless("../../etc/pass wd.csv"), harmless(".."), harmless("a\\x00<b>.xlsx")
    ('pass wd.csv', 'file', 'a__b_.xlsx')
    """
    last = re.split(r"[/\\\\]", name)[-1]
    plain = re.sub(r"[^\w .()-]", "_", last).strip(" .")
    stem, dot, ending = plain.rpartition(".")
    short = f"{stem[:80]}{dot}{ending[:10]}" if dot else plain[:80]
    return short or "file"


def find(token: str) -> Upload:
    """Return a file that was brought. Raises NoSuchUpload."""
    try:
        if not TOKEN.fullmatch(token):
            raise FileNotFoundError(token)
        return as_upload(json.loads((folder_of(token) / "note.json").read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError, KeyError) as error:
        raise gone() from error


def gone() -> NoSuchUpload:
    """Return the refusal for a file that is not here."""
    return NoSuchUpload("This file is no longer here.", advice="Files wait for a day. Bring it again.")


def list_uploads() -> list[Upload]:
    """Return every file that is here, the latest first."""
    found = []
    for each in root().glob("*/note.json"):
        try:
            found.append(find(each.parent.name))
        except NoSuchUpload:
            continue
    return sorted(found, key=lambda upload: upload.at, reverse=True)


def save(upload: Upload) -> Upload:
    """Keep what is decided about a file; whoever reads meanwhile reads the old or the new."""
    folder = folder_of(upload.token)
    text = json.dumps({**asdict(upload), "at": upload.at.isoformat()}, default=str)
    partial = folder / f"note.{secrets.token_hex(4)}"
    with os.fdopen(
        os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8"
    ) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(folder / "note.json")
    return upload


def change(upload: Upload, **changes: Any) -> Upload:
    """Keep a changed note."""
    return save(replace(upload, **changes))


def remove(token: str) -> None:
    """Take a file away."""
    if TOKEN.fullmatch(token):
        shutil.rmtree(folder_of(token), ignore_errors=True)


def prune(*, at: datetime) -> int:
    """Take away what has been here for a day and is not being worked on; return how many."""
    removed = 0
    for folder in [each for each in root().iterdir() if each.is_dir()] if root().is_dir() else []:
        try:
            is_kept = find(folder.name).at > at - KEPT_FOR
        except NoSuchUpload:
            is_kept = datetime.fromtimestamp(folder.stat().st_mtime, tz=at.tzinfo) > at - KEPT_FOR
        if is_kept:
            continue
        with held(folder.name) as is_free:
            if is_free:
                shutil.rmtree(folder, ignore_errors=True)
                removed += 1
    return removed


@contextmanager
def alone(token: str) -> Iterator[Upload]:
    """
    Yield a file as it stands, and let nobody else decide about it meanwhile.

    Of two who press at once the second sees what the first has decided. Raises NoSuchUpload.
    """
    find(token)
    with ExitStack() as stack:
        try:
            stack.enter_context(file_locks.waited_for(folder_of(token) / "deciding"))
        except FileNotFoundError as error:
            raise gone() from error
        yield find(token)


@contextmanager
def held(token: str) -> Iterator[bool]:
    """Hold a file while working on it, and say whether that was possible; ends with the process, however that ends."""
    with ExitStack() as stack:
        try:
            is_free = stack.enter_context(file_locks.tried(folder_of(token) / "lock"))
        except FileNotFoundError:
            # Somebody has taken it away since it was seen.
            is_free = False
        yield is_free


def as_upload(plain: dict[str, Any]) -> Upload:
    """Return a note as it was kept."""
    return Upload(**{**plain, "at": datetime.fromisoformat(plain["at"]), "state": State(plain["state"])})


def root() -> Path:
    """Return where the files lie."""
    return Path(settings.HOME) / FOLDER


def folder_of(token: str) -> Path:
    """Return where one of them lies."""
    return root() / token
