"""Consents taken back and quiet asked for after a backup: read before the database is replaced, and put into the next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from coldframe.cli import opt_outs

#: The lead's public id, then what was said of it; as JSON keeps them.
Row = list[str | None]
#: Purpose, basis, source, when it was given, when it was taken back.
WITHDRAWN = """SELECT l.public_id, c.purpose, c.basis, c.source, c.given_at, c.withdrawn_at
    FROM leads_consent c JOIN leads_lead l ON l.id = c.lead_id WHERE c.withdrawn_at IS NOT NULL ORDER BY c.id"""
#: Until when, on which page, when it was asked for.
PAUSED = """SELECT l.public_id, p.source, p.until, p.asked_at
    FROM leads_pause p JOIN leads_lead l ON l.id = p.lead_id WHERE p.ended_at IS NULL ORDER BY p.id"""
#: What each statement returns as instants.
INSTANTS = {WITHDRAWN: (4, 5), PAUSED: (2, 3)}


def read_withdrawn() -> list[Row] | None:
    """Return the consents that were taken back in the connected database; None where it is too damaged to say."""
    return read(WITHDRAWN)


def read_paused() -> list[Row] | None:
    """Return the quiet that people asked for; None where the database is too damaged to say."""
    return read(PAUSED)


def read(sql: str) -> list[Row] | None:
    from django.db import DatabaseError, connection

    try:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return [as_row(each, INSTANTS[sql]) for each in cursor.fetchall()]
    except DatabaseError:
        return None


def as_row(found: Sequence[Any], instants: Sequence[int]) -> Row:
    # SQLite keeps an id without its dashes.
    said = [str(found[0]).replace("-", ""), *found[1:]]
    return [said_at(value) if index in instants else value for index, value in enumerate(said)]


def said_at(value: Any) -> str | None:
    from coldframe.storage.instants import from_micros

    if value is None:
        return None
    return (from_micros(value) if isinstance(value, int) else value).isoformat()


def put_in(*, withdrawn: Sequence[Row], paused: Sequence[Row], at: datetime) -> None:
    """Say again what people had said, of those who are in the connected database; what it says already stays."""
    from coldframe.leads import consent

    ids = opt_outs.ids_of({str(row[0]) for row in (*withdrawn, *paused)})
    taken_back = [
        consent.TakenBack(
            lead_id=ids[row[0]], purpose=str(row[1]), basis=str(row[2]), source=str(row[3]),
            given_at=instant(row[4]) if row[4] else None, withdrawn_at=min(instant(row[5]), at),
        )
        for row in withdrawn if row[0] in ids
    ]  # fmt: skip
    consent.take_back_again(taken_back, at=at)
    for row in paused:
        if row[0] in ids and instant(row[2]) > at:
            consent.pause(lead_id=ids[row[0]], until=instant(row[2]), source=str(row[1]), at=at)


def instant(text: str | None) -> datetime:
    return datetime.fromisoformat(str(text))
