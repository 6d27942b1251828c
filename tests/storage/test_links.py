"""A staged frame is the same table over either link, and a transaction keeps all or nothing."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from django.db import connection
from polars.testing import assert_frame_equal

from coldframe.kernel.frames import INSTANT
from coldframe.leads.models import Account
from coldframe.nurture.models import Assessment, Standing
from coldframe.storage import adbc, background, indexes, links, reads
from tests import on_disk, world

pytestmark = pytest.mark.django_db(transaction=True)

FRAME = pl.DataFrame(
    {
        "id": [1, 2, 3],
        "name": ['Łódź, "quoted"\n', "", None],
        "share": [0.1, None, -1e300],
        "at": [datetime(2026, 6, 1, 12, 0, 0, 5, tzinfo=UTC), None, datetime(1969, 1, 1, tzinfo=UTC)],
        "day": [date(2026, 6, 1), None, date(1999, 12, 31)],
    },
    schema_overrides={"at": INSTANT},
)


@pytest.fixture(params=[True, False], ids=["whole", "in Django's connection"])
def whole(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def test_a_frame_comes_back_as_it_was_staged(tmp_path: Path, whole: bool) -> None:
    with on_disk.as_file(tmp_path):
        with links.open_link(whole=whole) as link, link.transaction():
            link.stage("staged", FRAME.head(0))
            link.stage("staged", FRAME)
            link.run("DROP TABLE IF EXISTS kept")
            link.run("CREATE TABLE kept AS SELECT * FROM staged")
            link.run("DROP TABLE staged")
        back = reads.read_frame("SELECT * FROM kept ORDER BY id", schema=FRAME.schema, whole=whole)
        with links.open_link(whole=whole) as link:
            link.run("DROP TABLE kept")

    assert_frame_equal(back, FRAME)


def test_a_statement_says_how_many_rows_it_changed(tmp_path: Path, whole: bool) -> None:
    world.brightpath()
    world.halden()

    with on_disk.as_file(tmp_path), links.open_link(whole=whole) as link, link.transaction():
        counts = [
            link.run(f"UPDATE leads_account SET city = 'Porto' WHERE {each}")
            for each in ("1 = 1", "employees = 5", "1 = 0")
        ]

    assert counts == [2, 1, 0]


def test_a_transaction_that_fails_keeps_nothing(tmp_path: Path, whole: bool) -> None:
    world.brightpath()

    def move_and_fail() -> None:
        with links.open_link(whole=whole) as link, link.transaction():
            link.run("UPDATE leads_account SET city = 'Porto'")
            raise ZeroDivisionError

    with on_disk.as_file(tmp_path):
        with pytest.raises(ZeroDivisionError):
            move_and_fail()
        city = Account.objects.values_list("city", flat=True).get()

    assert city is None


def test_a_select_of_one_number_gives_it_or_nothing(tmp_path: Path, whole: bool) -> None:
    with on_disk.as_file(tmp_path), links.open_link(whole=whole) as link:
        found = [
            link.number(sql)
            for sql in ("SELECT 7 AS id", "SELECT MAX(id) AS id FROM leads_account WHERE id < 0")
        ]

    assert found == [7, None]


def test_a_key_that_is_there_is_told_from_other_refusals(tmp_path: Path, whole: bool) -> None:
    names = "id, public_id, name, is_personal, custom, created_at"
    again = f"INSERT INTO leads_account ({names}) SELECT {names} FROM leads_account"
    nameless = "UPDATE leads_account SET is_personal = NULL"
    world.brightpath()

    def run(sql: str) -> None:
        with links.open_link(whole=whole) as link, link.transaction():
            link.run(sql)

    with on_disk.as_file(tmp_path):
        with pytest.raises(links.AlreadyThere):
            run(again)
        with pytest.raises(Exception, match=r"(?i)not.null") as other:
            run(nameless)

    assert not isinstance(other.value, links.AlreadyThere)


def test_connections_to_a_server_are_kept_only_as_long_as_asked(tmp_path: Path) -> None:
    def backend() -> object:
        with adbc.open_cursor() as cursor:
            if connection.vendor == "sqlite":
                return object()
            cursor.execute("SELECT pg_backend_pid()")
            return cursor.fetch_polars().item()

    with on_disk.as_file(tmp_path):
        adbc.make_ready()
        with adbc.kept_open():
            with adbc.kept_open():
                kept = {backend(), backend()}
            kept.add(backend())
            with pytest.raises(ZeroDivisionError), adbc.open_cursor():
                raise ZeroDivisionError
            after_an_error = backend()
        left = len(adbc.idle)

    assert len(kept) == (3 if connection.vendor == "sqlite" else 1)
    assert after_an_error not in kept
    assert left == 0
    assert adbc.pattern is None


def test_connections_kept_open_write_each_by_itself_and_at_once(tmp_path: Path) -> None:
    account = world.brightpath()

    def city(cursor: Any) -> Any:
        cursor.execute(f"SELECT city FROM leads_account WHERE id = {account.id}")
        return cursor.fetch_polars().item()

    with on_disk.as_file(tmp_path):
        adbc.make_ready()
        with adbc.kept_open(), adbc.open_cursor() as first:
            before = city(first)
            with adbc.open_cursor(for_writing=True) as second:
                second.execute(f"UPDATE leads_account SET city = 'Łódź' WHERE id = {account.id}")
            after = city(first)

    assert before != "Łódź"
    assert after == "Łódź"


def test_parts_worked_on_at_once_come_back_in_order_and_are_all_written(tmp_path: Path) -> None:
    accounts = [world.account(name=f"Company {number}").id for number in range(9)]

    def rename(account_id: int) -> int:
        with links.open_link(whole=True) as link, link.transaction():
            link.run(f"UPDATE leads_account SET city = 'C{account_id}' WHERE id = {account_id}")
        return account_id

    with on_disk.as_file(tmp_path):
        done = list(background.in_parts(iter(accounts), rename, whole=True))
        cities = list(Account.objects.order_by("id").values_list("city", flat=True))

    assert done == accounts
    assert cities == [f"C{each}" for each in accounts]


def test_an_error_in_a_part_is_raised(tmp_path: Path) -> None:
    with on_disk.as_file(tmp_path), pytest.raises(ZeroDivisionError):
        list(background.in_parts([1, 0, 2], lambda each: 1 // each, whole=True))


def test_indexes_of_empty_tables_are_dropped_and_made_again(tmp_path: Path) -> None:
    world.brightpath()

    with on_disk.as_file(tmp_path):
        indexes.drop_if_empty(Standing, Assessment, Account)
        without = [len(indexes.missing(model)) for model in (Standing, Assessment, Account)]
        indexes.ensure(Standing, Assessment, Account)
        indexes.ensure(Standing, Assessment, Account)
        again = [indexes.missing(model) for model in (Standing, Assessment, Account)]

    assert without == [len(Standing._meta.indexes), 1, 0]
    assert again == [[], [], []]


def test_two_libraries_never_have_the_file_open_at_once(tmp_path: Path) -> None:
    is_file = connection.vendor == "sqlite"

    with on_disk.as_file(tmp_path):
        Account.objects.count()
        with (
            pytest.raises(RuntimeError, match="make_ready") if is_file else nullcontext(),
            adbc.open_cursor(),
        ):
            pass
