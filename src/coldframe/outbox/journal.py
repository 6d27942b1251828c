"""
The send journal: a plain file beside the database that says what was about to be handed over.

A database put back from a backup does not know what was sent since; the journal does. A line is on disk
before the step that cannot be taken back::

    2026-06-01T09:00:00+00:00 HANDING_OFF touch:5f3c… <5f3c….1@example.org>
    2026-06-01T09:00:00+00:00 NOT_TAKEN touch:5f3c… <5f3c….1@example.org>

The second kind takes the first back: refused, or never offered after all.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

#: Longer than the oldest automatic backup is kept: whoever restores one finds what was handed over since.
KEPT = timedelta(days=35)
HANDING_OFF = "HANDING_OFF"
NOT_TAKEN = "NOT_TAKEN"
WHOLE = re.compile(
    rf"(\d{{4}}-\d\d-\d\dT[\d:.]+[+-]\d\d:\d\d) ({HANDING_OFF}|{NOT_TAKEN}) (\S+) (\S+)\r?\n\Z"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A message that was about to be handed over, and was not refused as far as the journal knows."""

    at: datetime
    key: str
    message_id: str


class Journal:
    """The file, open for appending; several processes may append at once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self.file = opened(path)

    def note_handing_off(self, messages: Collection[tuple[str, str]], *, at: datetime) -> None:
        """Write down (key, message id) of each, on disk when this returns; raises ``OSError``."""
        self.append(HANDING_OFF, messages, at)
        os.fdatasync(self.file)

    def note_not_taken(self, messages: Collection[tuple[str, str]], *, at: datetime) -> None:
        """Take back what was written down; not worth waiting for the disk."""
        self.append(NOT_TAKEN, messages, at)

    def append(self, word: str, messages: Collection[tuple[str, str]], at: datetime) -> None:
        instant = at.isoformat()
        lines = "".join(f"{instant} {word} {key} {message_id}\n" for key, message_id in messages)
        data = lines.encode()
        self.follow()
        # One write: the lines of several processes never mix.
        if data and os.write(self.file, data) != len(data):
            raise OSError("the send journal could not be written whole; is the disk full?")

    def follow(self) -> None:
        """Open the file anew where it was put aside; what was written meanwhile is read all the same."""
        try:
            is_there = os.path.samestat(os.fstat(self.file), os.stat(self.path))
        except FileNotFoundError:
            is_there = False
        if not is_there:
            os.close(self.file)
            self.file = opened(self.path)

    def close(self) -> None:
        """Close the file."""
        os.close(self.file)


def opened(path: Path) -> int:
    """Return the file, open for appending, its name on disk."""
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    sync_folder(path.parent)
    return file


def trim(path: Path, *, at: datetime) -> list[Path]:
    """
    Put the journal aside once it begins before what any backup needs, and forget what was put aside and is as old whole.

    Who has the file open goes on in the new one with its next line. What lies aside under the journal's name with an
    ending is read like the journal itself. Returns the files that are gone.
    """
    before = at - KEPT
    gone = []
    for aside in sorted(path.parent.glob(f"{path.name}-*")):
        last = newest(aside)
        if last is not None and last < before:
            aside.unlink(missing_ok=True)
            gone.append(aside)
    first = oldest(path)
    if first is not None and first < before:
        # Another worker may have done so at the same moment.
        with contextlib.suppress(FileNotFoundError):
            path.rename(path.with_name(f"{path.name}-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"))
            sync_folder(path.parent)
    return gone


def oldest(path: Path) -> datetime | None:
    """Return when the first line was written; None where no line can be read."""
    if not path.exists():
        return None
    with path.open(encoding="utf-8", errors="replace") as lines:
        return next((entry.at for _, entry in parsed(lines)), None)


def newest(path: Path) -> datetime | None:
    """Return when the latest line was written; None where no line can be read."""
    with path.open(encoding="utf-8", errors="replace") as lines:
        return max((entry.at for _, entry in parsed(lines)), default=None)


def sync_folder(folder: Path) -> None:
    """Put the names in a folder on disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_entries(path: Path) -> list[Entry]:
    """Return what the journal holds that was not taken back, oldest first; a torn last line is left out."""
    found: dict[tuple[str, str], Entry] = {}
    if path.exists():
        with path.open(encoding="utf-8", errors="replace") as lines:
            for word, entry in parsed(lines):
                if word == HANDING_OFF:
                    found[(entry.key, entry.message_id)] = entry
                else:
                    found.pop((entry.key, entry.message_id), None)
    return list(found.values())


def parsed(lines: Iterable[str]) -> Iterator[tuple[str, Entry]]:
    """Yield each whole line's word and entry; behind the stump of a line that a full disk cut off, one may stand too."""
    for line in lines:
        found = WHOLE.search(line)
        if found is None:
            continue
        at, word, key, message_id = found.groups()
        try:
            instant = datetime.fromisoformat(at)
        except ValueError:
            continue
        yield word, Entry(at=instant, key=key, message_id=message_id)
