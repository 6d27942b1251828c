"""What either database gives becomes the asked types."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldframe.kernel.frames import INSTANT
from coldframe.storage import reads
from tests import world

SCHEMA: reads.Schema = {
    "id": pl.Int64,
    "share": pl.Float32,
    "is_open": pl.Boolean,
    "name": pl.String,
    "day": pl.Date,
    "at": INSTANT,
}
NOON = datetime(2026, 6, 1, 12, 0, 0, 5, tzinfo=UTC)


def test_what_sqlite_gives_becomes_the_schemas_types() -> None:
    micros = 1_780_315_200_000_005

    frame = reads.from_rows(
        [(1, 0.5, 1, "Łódź", "2026-06-01", micros), (2, None, None, None, None, None)], SCHEMA
    )

    assert frame.schema == SCHEMA
    assert frame.rows() == [
        (1, 0.5, True, "Łódź", date(2026, 6, 1), NOON),
        (2, None, None, None, None, None),
    ]


def test_what_postgresql_gives_becomes_the_schemas_types() -> None:
    elsewhere = NOON.astimezone(timezone(timedelta(hours=2)))

    frame = reads.from_rows([(1, 0.5, True, "", date(2026, 6, 1), elsewhere)], SCHEMA)

    assert frame.schema == SCHEMA
    assert frame.rows() == [(1, 0.5, True, "", date(2026, 6, 1), NOON)]


def test_no_rows_and_columns_of_nothing_still_have_their_types() -> None:
    assert reads.from_rows([], SCHEMA).schema == SCHEMA
    assert reads.from_rows([(None,) * 6], SCHEMA).schema == SCHEMA


def test_a_select_of_another_width_is_said_to_be_so() -> None:
    with pytest.raises(ValueError, match=r"expected 6 columns \(id, share, is_open, name, day, at\), got 1"):
        reads.as_schema(pl.DataFrame({"id": [1]}), SCHEMA)


@pytest.mark.django_db
def test_placeholders_are_filled_by_the_database() -> None:
    world.brightpath()
    world.halden()

    frame = reads.read_frame(
        "SELECT name FROM leads_account WHERE industry = %s", ["software"], schema={"name": pl.String}
    )

    assert frame["name"].to_list() == ["Brightpath"]


@pytest.mark.django_db
@pytest.mark.parametrize("at_a_time", [1, 2, 3, 5])
def test_a_frame_is_the_same_in_however_many_parts_it_was_read(
    at_a_time: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    sql = " UNION ALL ".join(f"SELECT {n}, {'NULL' if n < 3 else reads.text('so')}" for n in range(1, 6))
    monkeypatch.setattr(reads, "ROWS_AT_A_TIME", at_a_time)

    frame = reads.read_frame(f"{sql} ORDER BY 1", schema={"id": pl.Int64, "name": pl.String})

    assert frame.schema == {"id": pl.Int64, "name": pl.String}
    assert frame.rows() == [(1, None), (2, None), (3, "so"), (4, "so"), (5, "so")]


@pytest.mark.parametrize(
    ("ids", "condition"),
    [
        (None, "1 = 1"),
        ([], "1 = 0"),
        (range(3, 9), "(a BETWEEN 3 AND 8)"),
        ([7], "(a = 7)"),
        ([5, 3, 4, 9], "(a BETWEEN 3 AND 5 OR a = 9)"),
        ([*range(0, 40, 2)], "a IN (" + ", ".join(map(str, range(0, 40, 2))) + ")"),
    ],
)
def test_ids_become_as_few_comparisons_as_may_be(ids: list[int] | range | None, condition: str) -> None:
    assert reads.among("a", ids) == condition


@given(st.lists(st.integers(0, 60), max_size=40), st.integers(0, 60))
def test_the_condition_holds_for_exactly_the_ids(ids: list[int], probe: int) -> None:
    as_python = (
        reads.among("x", ids)
        .replace(" = ", " == ")
        .replace("OR", "or")
        .replace("IN", "in")
        .replace("(60)", "(60,)")
    )
    for first, last in reads.runs_of(ids):
        as_python = as_python.replace(f"x BETWEEN {first} AND {last}", f"{first} <= x <= {last}")

    assert eval(as_python, {"x": probe}) == (probe in ids)  # noqa: S307 - SQL of whole numbers, made above.


@pytest.mark.django_db
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_a_text_literal_is_that_text(value: str) -> None:
    frame = reads.read_frame(f"SELECT {reads.text(value)}", schema={"value": pl.String})

    assert frame.item() == value


@pytest.mark.django_db
def test_an_instant_literal_compares_as_the_column_does() -> None:
    anna = world.anna()

    for at, found in [(world.NOW, 1), (world.NOW + timedelta(microseconds=1), 0)]:
        sql = f"SELECT id FROM leads_lead WHERE entered_at >= {reads.instant(at)}"
        assert reads.fetch_ids(sql) == [anna.id][:found]
