"""
Locks by name, held to the end of the transaction, the same on SQLite and PostgreSQL.

An opt-out and the marker of a hand-over name the same person and address; whichever comes second sees what
the first has committed. SQLite has one writer at a time, so there is nothing to do.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from django.db import connection

OF_ADDRESS = "address:"


def hold(names: Iterable[str]) -> None:
    """Wait for these locks and hold them to the end of the open transaction; always in one order, so never in a circle."""
    if connection.vendor != "postgresql":
        return
    keys = sorted({key_of(name) for name in names})
    if keys:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) AS key ORDER BY key", [keys]
            )


def key_of(name: str) -> int:
    """Return the 64-bit number of a lock's name."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)


def of_lead(lead_id: int) -> str:
    """Return the name of a person's lock."""
    return f"lead:{lead_id}"


def of_address(address: str) -> str:
    """Return the name of an address's lock."""
    return f"{OF_ADDRESS}{address.lower()}"


def is_of_address(name: str) -> bool:
    """Return whether a lock is an address's."""
    return name.startswith(OF_ADDRESS)
