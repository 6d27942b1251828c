"""
Calls that are known again although nothing of them dates them but when they came.

Such a call, sent again by a client that heard no answer, would say today what it said then, and undo what was said in
between. So when each first came is remembered, for as long as clients try. It is noted with what is made of the call,
in one transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from coldframe.activity.calls import Call
from coldframe.activity.models import KnownCall
from coldframe.activity.operations import array_literal, chunks
from coldframe.storage.instants import to_micros

#: A call that comes again later is a new one. Clients try for hours; an inbox somebody lets wait, for days.
KEPT = timedelta(days=30)
#: Three parameters each stay below SQLite's limit for a statement.
ROWS_A_STATEMENT = 5_000

TABLE = KnownCall._meta.db_table
INSERT = f"INSERT INTO {TABLE} (key, occurred_at, noted_at)"
#: Of two the earlier counts, whichever is digested first; rows that stay as they are are not given back.
ON_CONFLICT = (
    "ON CONFLICT (key) DO UPDATE SET occurred_at = excluded.occurred_at"
    f" WHERE excluded.occurred_at < {TABLE}.occurred_at RETURNING key"
)
FROM_ARRAYS = (
    "SELECT key, 'epoch'::timestamptz + occurred_at * interval '1 microsecond',"
    " 'epoch'::timestamptz + noted_at * interval '1 microsecond'"
    " FROM unnest(%s::bytea[], %s::bigint[], %s::bigint[]) AS came (key, occurred_at, noted_at)"
)


def dated_as_first(calls: Sequence[Call], *, at: datetime) -> list[Call]:
    """
    Return those of the calls that came before, dated as they were then; note the others.

    Within the caller's transaction, and before any lock of people is taken.
    """
    by_key = {call.key: call for call in calls if call.is_dated_by_coming and call.says_who}
    if not by_key:
        return []
    # In one order, so that two workers cannot wait for each other.
    rows = [(key, to_micros(call.occurred_at), to_micros(at)) for key, call in sorted(by_key.items())]
    again: list[bytes] = []
    for some in chunks(rows, ROWS_A_STATEMENT):
        again += sorted({key for key, *_ in some} - note(some))
    first: dict[bytes, datetime] = {}
    for keys in chunks(again, ROWS_A_STATEMENT):
        found = KnownCall.objects.filter(key__in=keys).values_list("key", "occurred_at")
        first |= {bytes(key): occurred_at for key, occurred_at in found}
    return [replace(by_key[key], occurred_at=occurred_at) for key, occurred_at in first.items()]


def note(rows: Sequence[tuple[bytes, int, int]]) -> set[bytes]:
    """Remember calls; return the keys of those that are new, or earlier than what was remembered."""
    if connection.vendor == "postgresql":
        source: str = FROM_ARRAYS
        parameters: list[Any] = [array_literal(column) for column in zip(*rows, strict=True)]
    else:
        source = "VALUES " + ", ".join(["(%s, %s, %s)"] * len(rows))
        parameters = [value for row in rows for value in row]
    with connection.cursor() as cursor:
        cursor.execute(f"{INSERT} {source} {ON_CONFLICT}", parameters)
        return {bytes(key) for (key,) in cursor.fetchall()}


def tidy(*, at: datetime) -> int:
    """Forget the calls that were noted long ago; return how many."""
    count = 0
    while True:
        with transaction.atomic():
            old = KnownCall.objects.filter(noted_at__lt=at - KEPT).order_by("noted_at")
            keys = list(old.values_list("key", flat=True)[:ROWS_A_STATEMENT])
            KnownCall.objects.filter(key__in=keys).delete()
        count += len(keys)
        if len(keys) < ROWS_A_STATEMENT:
            return count
