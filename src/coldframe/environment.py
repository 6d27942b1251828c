"""Typed settings from the environment; odd values are refused, not guessed."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit


class BadSetting(Exception):
    """An environment variable holds a value that makes no sense."""


def text(name: str, default: str) -> str:
    """Return ``name``, or the content of the file that ``name_FILE`` names, or the default."""
    file = os.environ.get(f"{name}_FILE")
    if file:
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise BadSetting(
                f"{name}_FILE: expected a readable file, got {file} ({error.strerror})."
            ) from error
    return os.environ.get(name, default)


def yes_no(name: str, default: bool) -> bool:
    """Return a switch; only ``yes`` and ``no`` are understood."""
    value = os.environ.get(name)
    if value is None:
        return default
    if value not in {"yes", "no"}:
        raise BadSetting(f'{name}: expected "yes" or "no", got "{value}".')
    return value == "yes"


def home() -> Path:
    """Return the data folder: ``COLDFRAME_HOME``, else ``data`` in the current checkout or folder."""
    return Path(
        os.environ.get("COLDFRAME_HOME") or Path(os.environ.get("COLDFRAME_ROOT", ".")) / "data"
    ).resolve()


def database(folder: Path) -> dict[str, object]:
    """Return Django's description of the database: ``DATABASE_URL`` if set, else SQLite in the data folder."""
    url = text("DATABASE_URL", "")
    if not url:
        return sqlite(folder / "coldframe.sqlite3")
    parts, port = url_parts(url)
    if parts.scheme not in {"postgresql", "postgres"}:
        raise BadSetting(
            f'DATABASE_URL: expected "postgresql://user:password@host:5432/name", got the scheme "{parts.scheme}". '
            "Leave it unset to use the embedded SQLite."
        )
    if not parts.path.strip("/"):
        raise BadSetting("DATABASE_URL: expected the name of a database after the host, got none.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


def url_parts(url: str) -> tuple[SplitResult, int | None]:
    """Return the parts of ``DATABASE_URL`` and its port; the message never repeats the URL, for its password."""
    try:
        parts = urlsplit(url)
        return parts, parts.port
    except ValueError as error:
        raise BadSetting(
            'DATABASE_URL: expected "postgresql://user:password@host:5432/name", got a host or a port '
            "that cannot be read. Characters such as @ : / [ in a password are written %40 %3A %2F %5B."
        ) from error


def sqlite(file: Path) -> dict[str, object]:
    """Return the embedded database: every write transaction takes its lock at once, and is durable (ADR 0002)."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(file),
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=TRUNCATE; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY;",
        },
    }
