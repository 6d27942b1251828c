"""Erasures that came after a backup: read before the database is replaced, and done again in the one that takes its place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

#: Kind, keyed hash, reason, day; as JSON keeps them.
Row = list[str]


def read() -> list[Row] | None:
    """Return the keyed hashes of people who were erased; None where the database is too damaged to say."""
    from django.db import DatabaseError, connection

    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT kind, key_hash, reason, erased_on FROM leads_erasure ORDER BY id")
            return [[str(value) for value in each] for each in cursor.fetchall()]
    except DatabaseError:
        return None


def put_in(rows: Sequence[Row], *, home: Path, at: datetime) -> int:
    """
    Erase again whom these hashes name and the connected database has brought back; return how many.

    Somebody to whom a message is on its way by the backup's account cannot be erased yet: they are suppressed,
    and left out of every import.
    """
    from coldframe.leads import erasure

    if not rows:
        return 0
    erasure.take_over(
        (kind, key_hash, reason, date.fromisoformat(day)) for kind, key_hash, reason, day in rows
    )
    back = erasure.list_brought_back()
    for lead_id in back:
        erase(lead_id, home=home, at=at)
    return len(back)


def erase(lead_id: int, *, home: Path, at: datetime) -> None:
    """Erase somebody, or at least never write to them again."""
    from coldframe.kernel.vocabulary import SuppressionReason
    from coldframe.leads import operations as leads
    from coldframe.nurture import erasure
    from coldframe.outbox.erasure import OnItsWay

    try:
        erasure.erase_person(lead_id, home=home, at=at)
    except OnItsWay:
        leads.suppress(reason=SuppressionReason.OPT_OUT, source="erased before", at=at, lead_ids=[lead_id])
