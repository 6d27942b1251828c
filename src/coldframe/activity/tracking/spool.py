"""
Hits on their way into the database: lines of files in the data folder, taken in by the worker.

Whoever serves a link must not wait for the database, which may be locked, slow or down; so a hit is appended to a
file, made durable, and answered. A worker takes whole files in and removes them. Each hit has an id of its own
(``activity.hits``), by which what a killed worker had stored is known when it comes again (ADR 0024).
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import secrets
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from django.db import transaction

from coldframe.activity import arrivals
from coldframe.activity.arrivals import NewArrival
from coldframe.activity.models import Arrival

log = logging.getLogger(__name__)

FOLDER = "spool"
#: Being written, being taken in, not understood.
OPEN, TAKEN, ODD = ".open", ".taken", ".odd"
#: A process writes no more than this before the worker has come: the disk is not for hits alone.
MOST_BYTES = 128 * 2**20
#: Lines of one transaction.
RUN = 2_000


class Full(Exception):
    """There is no room for another hit: on the disk, or in what may wait."""


class Spool:
    """The file that this process appends its hits to."""

    def __init__(self, folder: Path, *, most_bytes: int = MOST_BYTES) -> None:
        self.folder = folder
        self.most_bytes = most_bytes
        self.writing, self.syncing = threading.Lock(), threading.Lock()
        self.file: int | None = None
        self.path = folder
        #: How many hits were written, and how many of them are known to be durable.
        self.written = self.synced = 0

    def append(self, body: bytes) -> None:
        """
        Write down a hit, one line of JSON; once this returns, it outlives the machine.

        Raises ``Full``. Several at once are made durable together.
        """
        try:
            with self.writing:
                file = self.claimed()
                try:
                    write_line(file, body, most=self.most_bytes)
                    self.written += 1
                    mine = self.written
                finally:
                    fcntl.flock(file, fcntl.LOCK_UN)
            self.sync(mine)
        except OSError as error:
            raise Full(error.strerror) from error

    def claimed(self) -> int:
        """Return the open file, locked against the worker; a new one where the worker took the last."""
        while True:
            file = self.begun() if self.file is None else self.file
            fcntl.flock(file, fcntl.LOCK_EX)
            if is_at(file, self.path):
                return file
            self.close()

    def begun(self) -> int:
        """Begin a file; never one that another process wrote, whose last line may be torn."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = self.folder / f"hits-{os.getpid()}-{secrets.token_hex(8)}{OPEN}"
        self.file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            # Else the file might be durable, and its name not.
            os.fsync(folder)
        finally:
            os.close(folder)
        return self.file

    def close(self) -> None:
        """Let go of the file, once what was written to it is durable."""
        with self.syncing:
            if self.file is not None:
                file, self.file = self.file, None
                self.synced = self.written
                try:
                    os.fdatasync(file)
                finally:
                    os.close(file)

    def sync(self, number: int) -> None:
        """Return once so many hits are durable: whoever comes first does it for all that have come."""
        with self.syncing:
            if self.synced >= number or self.file is None:
                return
            reached = self.written
            os.fdatasync(self.file)
            self.synced = reached


def write_line(file: int, body: bytes, *, most: int) -> None:
    """Append a line whole, or not at all. Raises ``Full``, ``OSError``."""
    line, size = body + b"\n", os.fstat(file).st_size
    if size + len(line) > most:
        raise Full("too many hits are waiting for a worker")
    try:
        done = os.write(file, line)
    except OSError:
        os.ftruncate(file, size)
        raise
    if done < len(line):
        os.ftruncate(file, size)
        raise Full("the disk is full")


def is_at(file: int, path: Path) -> bool:
    """Return whether an open file is still the one under its name."""
    try:
        return os.path.samestat(os.fstat(file), os.stat(path))
    except FileNotFoundError:
        return False


def take_in(folder: Path, *, at: datetime) -> int:
    """
    Store what was written down as arrivals, and remove the files; return how many hits.

    Any number of workers may do this at once. One that is killed leaves its file for the next.
    """
    count = 0
    for path in closed(folder):
        with taken(path) as file:
            if file is not None:
                with transaction.atomic():
                    count += store(file, path, at=at)
                path.unlink()
    return count


def closed(folder: Path) -> list[Path]:
    """Return the files that nobody writes any more: those that are open are taken from their writers."""
    if not folder.is_dir():
        return []
    for path in sorted(folder.glob(f"*{OPEN}")):
        # One that is being written to at this very moment is left for the next time.
        with contextlib.suppress(FileNotFoundError, BlockingIOError), path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if is_at(file.fileno(), path):
                path.rename(path.with_suffix(TAKEN))
    return sorted(folder.glob(f"*{TAKEN}"))


@contextlib.contextmanager
def taken(path: Path) -> Iterator[int | None]:
    """Yield a file that no other worker has in hand; None where one has, or had."""
    try:
        file = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        yield None
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield file if is_at(file, path) else None
    except BlockingIOError:
        yield None
    finally:
        os.close(file)


def store(file: int, path: Path, *, at: datetime) -> int:
    """Store the lines of a file as arrivals; those that are none are put beside it."""
    count, run = 0, []
    with os.fdopen(os.dup(file), "rb") as lines:
        for line in lines:
            if is_whole(line):
                run.append(NewArrival(kind=Arrival.Kind.HIT, body=line.rstrip(b"\n")))
            else:
                put_aside(line, path)
            if len(run) == RUN:
                count, run = count + arrivals.accept(run, at=at), []
    return count + (arrivals.accept(run, at=at) if run else 0)


def is_whole(line: bytes) -> bool:
    """Return whether a line was written to its end: a machine that lost its power may leave half of one."""
    try:
        return line.endswith(b"\n") and isinstance(json.loads(line), dict)
    except ValueError:
        return False


def put_aside(line: bytes, path: Path) -> None:
    """Keep a line that is no hit for a person to look at."""
    log.warning("a torn line of the spool was put aside", extra={"bytes": len(line)})
    with path.with_suffix(ODD).open("ab") as file:
        file.write(line)


def waiting(folder: Path) -> int:
    """Return how many bytes wait for a worker."""
    sizes = 0
    for path in folder.glob("*") if folder.is_dir() else ():
        with contextlib.suppress(FileNotFoundError):
            sizes += path.stat().st_size if path.suffix in (OPEN, TAKEN) else 0
    return sizes
