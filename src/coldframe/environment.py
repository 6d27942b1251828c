"""Typed settings from the environment; odd values are refused, not guessed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

#: Where the pages are served unless somebody says otherwise.
PORT = 8080


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


def whole_number(name: str, default: int, *, least: int = 0) -> int:
    """Return a whole number that is not below ``least``."""
    value = os.environ.get(name)
    if value is None:
        return default
    if not (value.isascii() and value.isdigit() and int(value) >= least):
        raise BadSetting(f'{name}: expected a whole number from {least} on, got "{value}".')
    return int(value)


def networks(name: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Return the networks that are named, with spaces or commas between, such as ``192.0.2.0/24``."""
    found = []
    for given in text(name, "").replace(",", " ").split():
        try:
            found.append(ip_network(given))
        except ValueError as error:
            raise BadSetting(f'{name}: expected networks such as "192.0.2.0/24", got "{given}".') from error
    return tuple(found)


def base_url() -> str:
    """Return where the world finds the public pages, such as ``https://mail.example.com``; without a slash at its end."""
    return web_address(
        "COLDFRAME_BASE_URL", f"http://127.0.0.1:{whole_number('COLDFRAME_PORT', PORT, least=1)}"
    )


def web_address(name: str, default: str) -> str:
    """Return an address of the web without a slash at its end, or the default where none is given."""
    given = text(name, default).rstrip("/")
    if not given and not default:
        return ""
    try:
        parts = urlsplit(given)
        is_whole = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_whole = False
    if not is_whole or parts.query or parts.fragment or "@" in parts.netloc or not given.isascii():
        raise BadSetting(f'{name}: expected an address such as "https://mail.example.com", got "{given}".')
    return given


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
            "init_command": "PRAGMA page_size=8192; PRAGMA journal_mode=TRUNCATE; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY;",
        },
    }


@dataclass(frozen=True, kw_only=True)
class Setting:
    """A setting as it is in force, and where it comes from."""

    name: str
    value: str
    #: ``environment``, ``file PATH`` or ``default``.
    origin: str


def list_settings() -> list[Setting]:
    """Return the settings in force; secrets are not shown."""
    from django.conf import settings as django

    kept = "hidden, kept in the data folder" if origin("COLDFRAME_SECRET_KEY") == "default" else "hidden"
    values = {
        "COLDFRAME_HOME": str(django.HOME),
        "DATABASE_URL": address_of(django.DATABASES["default"]),
        "COLDFRAME_SECRET_KEY": kept,
        "COLDFRAME_NOW": given("COLDFRAME_NOW", "the clock"),
        "COLDFRAME_BASE_URL": django.BASE_URL,
        "COLDFRAME_PORT": given("COLDFRAME_PORT", str(PORT)),
        "COLDFRAME_OLD_SECRET_KEYS": "hidden" if django.SECRET_KEY_FALLBACKS else "none",
        "COLDFRAME_WEBHOOK_HOSTS": " ".join(django.WEBHOOK_HOSTS) or "none",
        "COLDFRAME_SCANNER_NETWORKS": " ".join(map(str, django.SCANNER_NETWORKS)) or "none",
        "COLDFRAME_LOG_FORMAT": given("COLDFRAME_LOG_FORMAT", "text"),
        "COLDFRAME_LOG_LEVEL": given("COLDFRAME_LOG_LEVEL", "warning"),
        "COLDFRAME_LEAST_FREE_MIB": str(django.LEAST_FREE_BYTES // 2**20),
        "COLDFRAME_HOST_ID": str(django.HOST_ID) or "the machine's own",
        "COLDFRAME_UPGRADE_WITHOUT_BACKUP": given("COLDFRAME_UPGRADE_WITHOUT_BACKUP", "no"),
    }
    return [Setting(name=name, value=value, origin=origin(name)) for name, value in values.items()]


def given(name: str, default: str) -> str:
    """Return what the environment says, or the default in words."""
    return text(name, "") or default


def address_of(database: dict[str, Any]) -> str:
    """Return where the database is, without its password."""
    if "sqlite" in database["ENGINE"]:
        return "the embedded database"
    user = f"{database['USER']}@" if database["USER"] else ""
    port = f":{database['PORT']}" if database["PORT"] else ""
    return f"postgresql://{user}{database['HOST']}{port}/{database['NAME']}"


def origin(name: str) -> str:
    """Return where a setting comes from."""
    if os.environ.get(f"{name}_FILE"):
        return f"file {os.environ[f'{name}_FILE']}"
    return "environment" if os.environ.get(name) else "default"
