"""Which machine, data folder and database this is, so that a copy is told from the original."""

from __future__ import annotations

import hashlib
import socket
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings
from django.db import connection

#: Set by systemd at installation; containers often lack it, and then their host name counts.
MACHINE_IDS = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where this process runs."""

    #: Of machine, data folder and database; the same for every process of an installation on one machine.
    fingerprint: str
    #: For people: host, folder.
    label: str


def here() -> Place:
    """Return the place of this process."""
    given = connection.settings_dict
    return place_of(str(settings.HOME), f"{given['HOST']}:{given['PORT']}", str(given["NAME"]))


@cache
def place_of(folder: str, server: str, database: str) -> Place:
    parts = f"{machine_id()}\n{folder}\n{server}\n{database}"
    return Place(
        fingerprint=hashlib.blake2b(parts.encode(), digest_size=16).hexdigest(),
        label=f"{socket.gethostname()}, {folder}"[:255],
    )


@cache
def machine_id() -> str:
    """Return what stays the same for this machine and differs from others; ``HOST_ID`` of the settings wins."""
    if settings.HOST_ID:
        return str(settings.HOST_ID)
    for file in MACHINE_IDS:
        if found := read(file):
            return found
    return socket.gethostname()


def boot_id() -> str:
    """Return what changes with every start of the machine; an empty text where the system does not say."""
    return read(BOOT_ID)


def read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError:
        return ""
