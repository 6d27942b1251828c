"""Bulk inserts keep every kind of value, on either database."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, connection, transaction

from coldframe.activity.models import Event, EventShape
from coldframe.leads.models import Account, Lead
from coldframe.storage import writes
from tests import world

pytestmark = pytest.mark.django_db

COLUMNS = [
    "public_id", "name", "domain", "is_personal", "employees", "renewal_on", "custom", "voided_at", "created_at",
]  # fmt: skip


def test_a_row_comes_back_as_it_was_given() -> None:
    given = (
        uuid.UUID(int=7), 'Bright "path"\tÄ\\N\n', "brightpath.example", True, 120, date(2026, 9, 1),
        {"visits": 3, "note": "a,b"}, datetime(2026, 6, 1, 9, 0, 0, 123457, tzinfo=UTC), world.NOW,
    )  # fmt: skip

    count = writes.insert_rows(Account, COLUMNS, [given])

    assert count == 1
    assert Account.objects.values_list(*COLUMNS).get() == given


def test_missing_stays_missing_and_empty_stays_empty() -> None:
    writes.insert_rows(Account, COLUMNS, [(uuid.uuid4(), "", None, False, None, None, {}, None, world.NOW)])

    row = Account.objects.get()

    missing = (row.domain, row.employees, row.renewal_on, row.voided_at)
    assert (row.name, row.custom, missing) == ("", {}, (None, None, None, None))


def test_bytes_and_foreign_keys_go_by_their_columns() -> None:
    anna = world.anna()
    page = EventShape.objects.create(kind="page", path="/pricing")
    key = bytes(range(16))

    columns = ["key", "shape_id", "lead", "account_id", "occurred_at", "received_at", "evidence"]
    writes.insert_rows(Event, columns, [(key, page.id, anna.id, anna.account_id, world.NOW, world.NOW, 2)])

    event = Event.objects.get()
    assert (bytes(event.key), event.shape, event.lead, event.occurred_at) == (key, page, anna, world.NOW)


def test_more_rows_than_a_chunk_all_arrive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writes, "CHUNK_ROWS", 3)
    rows = ((uuid.uuid4(), f"Company {number}", world.NOW, {}, False) for number in range(8))

    count = writes.insert_rows(Account, ["public_id", "name", "created_at", "custom", "is_personal"], rows)

    assert count == Account.objects.count() == 8


def test_no_rows_are_no_error() -> None:
    assert writes.insert_rows(Account, COLUMNS, []) == 0


def test_a_repeated_key_is_refused_as_django_would() -> None:
    world.brightpath()
    again = (uuid.uuid4(), "Brightpath", "brightpath.example", False, None, None, {}, None, world.NOW)

    with pytest.raises(IntegrityError), transaction.atomic():
        writes.insert_rows(Account, COLUMNS, [again])

    assert Account.objects.count() == 1


def test_reserved_ids_are_never_given_to_anyone_else() -> None:
    before = world.brightpath()

    reserved = writes.reserve_ids(Account, 3)
    after = world.nordlicht()

    assert reserved == [before.id + 1, before.id + 2, before.id + 3]
    assert after.id == before.id + 4


def test_ids_can_be_reserved_in_a_table_that_never_held_a_row() -> None:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM sqlite_sequence WHERE name = 'leads_lead'")

    reserved = writes.reserve_ids(Lead, 2)
    anna = world.anna()

    assert reserved[1] == reserved[0] + 1
    assert anna.id == reserved[1] + 1


def test_ids_of_an_empty_table_can_begin_at_one_again() -> None:
    writes.reserve_ids(Account, 5)

    writes.restart_ids(Account)

    assert writes.reserve_ids(Account, 2) == [1, 2]


def test_ids_never_begin_again_where_there_are_rows() -> None:
    world.brightpath()

    with pytest.raises(ValueError, match="leads_account has rows; their ids are taken"):
        writes.restart_ids(Account)
