"""Opt-outs that came after a backup: read before the database is replaced, and put into the one that takes its place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

#: Address, the lead's public id, reason, source, when; as JSON keeps them.
Row = list[str | None]


def read() -> list[Row] | None:
    """Return the opt-outs of the connected database; None where it is too damaged to say."""
    from django.db import DatabaseError, connection

    try:
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT s.email, l.public_id, s.reason, s.source, s.suppressed_at
                   FROM leads_suppression s LEFT JOIN leads_lead l ON l.id = s.lead_id ORDER BY s.id"""
            )
            return [as_row(each) for each in cursor.fetchall()]
    except DatabaseError:
        return None


def as_row(found: Sequence[Any]) -> Row:
    from coldframe.storage.instants import from_micros

    email, public_id, reason, source, at = found
    instant = from_micros(at) if isinstance(at, int) else at
    # SQLite keeps an id without its dashes.
    return [
        email,
        str(public_id).replace("-", "") if public_id else None,
        reason,
        source,
        instant.isoformat(),
    ]


def put_in(rows: Sequence[Row], *, at: datetime) -> int:
    """Suppress whom these opt-outs name and the connected database does not; return how many were missing."""
    from coldframe.kernel.vocabulary import SuppressionReason
    from coldframe.leads import operations as leads

    known = {(row[0], row[1], row[2]) for row in read() or []}
    missing = [row for row in rows if (row[0], row[1], row[2]) not in known]
    ids = ids_of({str(row[1]) for row in missing if row[1]})
    groups: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in missing:
        groups[(str(row[2]), str(row[3]), str(row[4]))].append(row)
    for (reason, source, instant), members in groups.items():
        leads.suppress(
            reason=SuppressionReason(reason), source=source,
            at=min(datetime.fromisoformat(instant).astimezone(UTC), at),
            emails=[str(row[0]) for row in members if row[0]],
            lead_ids=[ids[row[1]] for row in members if row[1] in ids],
        )  # fmt: skip
    return len(missing)


def ids_of(public_ids: set[str]) -> dict[str | None, int]:
    """Return public id -> id of the leads that are there."""
    from django.db import connection

    if not public_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, public_id FROM leads_lead")
        found = {str(public_id).replace("-", ""): int(id_) for id_, public_id in cursor.fetchall()}
    return {each: found[each] for each in public_ids if each in found}
