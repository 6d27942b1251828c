"""Connections that rest, are stopped, and go on: for all workers at once."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from coldframe.delivery.models import Connection

FIRST_REST = timedelta(seconds=30)
LONGEST_REST = timedelta(minutes=15)


def rest_of(rest_count: int) -> timedelta:
    """
    Return how long a connection rests after so many failures in a row: doubled each time, up to a quarter of an hour.

    >>> [rest_of(n).total_seconds() for n in (1, 2, 9)]
    [30.0, 60.0, 900.0]
    """
    return min(FIRST_REST * (1 << min(rest_count - 1, 10)), LONGEST_REST)


def rest(found: Connection, *, why: str, at: datetime) -> None:
    """Leave an unreachable connection alone for a while."""
    with transaction.atomic():
        now = Connection.objects.select_for_update().get(pk=found.pk)
        if now.rests_until is not None and now.rests_until > at:
            # Another worker met the same trouble.
            return
        now.rest_count = min(now.rest_count + 1, 1000)
        now.rests_until, now.rests_why = at + rest_of(now.rest_count), why[:255]
        now.save(update_fields=["rest_count", "rests_until", "rests_why"])


def reached(found: Connection, *, at: datetime) -> None:
    """Note that a connection works, where it did not before."""
    if found.rest_count:
        Connection.objects.filter(pk=found.pk).update(rest_count=0, rests_until=None, rests_why="")


def stop(found: Connection, *, why: str, at: datetime) -> None:
    """Stop a connection; no marker of a hand-over through it follows this."""
    Connection.objects.filter(pk=found.pk, stopped_at__isnull=True).update(
        stopped_at=at, stopped_why=why[:255]
    )
