"""The key that signs sessions and forms; made on first start, kept in the data folder."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from coldframe import environment


def read_or_create(folder: Path) -> str:
    """Return ``COLDFRAME_SECRET_KEY`` if set, else the key in the data folder, made when absent."""
    given = environment.text("COLDFRAME_SECRET_KEY", "")
    file = folder / "secret-key"
    try:
        # Personal data lies in it: for nobody but who runs the program.
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if given:
            return given
        with (
            contextlib.suppress(FileExistsError),
            os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new,
        ):
            new.write(secrets.token_urlsafe(48))
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise environment.BadSetting(
            f"COLDFRAME_HOME: expected a folder that can be written, got {folder} ({error.strerror})."
        ) from error
