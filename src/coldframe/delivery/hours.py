"""What went out through a connection in each hour, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from coldframe.storage.params import as_instant, instant_type, stored


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour's counts."""

    hour_at: datetime
    claimed: int
    tried: int
    bounced: int
    complained: int


def begin_of(at: datetime) -> datetime:
    """Return when the hour began."""
    return at.replace(minute=0, second=0, microsecond=0)


def add(
    name: str,
    *,
    at: datetime,
    claimed: int = 0,
    tried: int = 0,
    bounced: int = 0,
    complained: int = 0,
) -> None:
    """Add to a connection's counts of the hour; room that is given back never makes them less than none."""
    if not (claimed or tried or bounced or complained):
        return
    least = "GREATEST" if connection.vendor == "postgresql" else "MAX"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO delivery_hourcount AS h
                  (connection_id, hour_at, claimed_count, tried_count, bounced_count, complained_count)
                SELECT id, CAST(%s AS {instant_type()}), {least}(0, %s), %s, %s, %s
                FROM delivery_connection WHERE name = %s
                ON CONFLICT (connection_id, hour_at) DO UPDATE SET
                  claimed_count = {least}(0, h.claimed_count + %s),
                  tried_count = h.tried_count + excluded.tried_count,
                  bounced_count = h.bounced_count + excluded.bounced_count,
                  complained_count = h.complained_count + excluded.complained_count""",
            [stored(begin_of(at)), claimed, tried, bounced, complained, name, claimed],
        )


def list_hours(connection_id: int, *, since: datetime) -> list[Hour]:
    """Return the hours that an instant falls into or that came after it, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT hour_at, claimed_count, tried_count, bounced_count, complained_count
               FROM delivery_hourcount WHERE connection_id = %s AND hour_at >= %s ORDER BY hour_at""",
            [connection_id, stored(begin_of(since))],
        )
        rows = cursor.fetchall()
    return [Hour(as_instant(row[0]), *row[1:]) for row in rows]
