"""
Who uses the data folder: every command shares it, and putting a backup in place wants it alone.

The system lets go of these locks when a process ends, however it ends.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from coldframe.kernel.vocabulary import Refusal

FILE_NAME = "in-use.lock"
UPGRADE_NAME = "upgrade.lock"

#: Held open to the end of the process, by path.
shared: dict[Path, IO[str]] = {}


class InUse(Refusal):
    """Another process uses the data folder."""


def share(folder: Path) -> None:
    """
    Say, until this process ends, that the folder is in use; wait while somebody has it alone.

    In a folder that cannot be written nothing is put in place either, and nothing is said.
    """
    file = folder / FILE_NAME
    if file not in shared:
        try:
            opened = file.open("w")
        except OSError:
            return
        fcntl.flock(opened, fcntl.LOCK_SH)
        shared[file] = opened


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Have the folder alone; raise ``InUse`` while any other process shares it."""
    with (folder / FILE_NAME).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise InUse(
                "Coldframe is running on this data folder.",
                where=str(folder),
                advice="Stop it (`coldframe run`, `coldframe work`), then try again.",
            ) from error
        yield


@contextmanager
def upgrading(folder: Path) -> Iterator[None]:
    """Wait until no other process of this machine changes the tables, and keep others from it."""
    with (folder / UPGRADE_NAME).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
