"""Dates: one order for a column, instants in UTC, and no date that cannot be."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldframe.leads.importing import dates
from coldframe.leads.importing.dates import ColumnDates, DateOrder, DateReader
from coldframe.leads.importing.values import BadValue
from tests.world import NOW

DAY_FIRST, MONTH_FIRST, PLAIN, AMBIGUOUS = (
    DateOrder.DAY_FIRST,
    DateOrder.MONTH_FIRST,
    DateOrder.PLAIN,
    DateOrder.AMBIGUOUS,
)


def reader(order: DateOrder = PLAIN, zone: str = "UTC", not_after: datetime | None = None) -> DateReader:
    return DateReader(order=order, zone=ZoneInfo(zone), not_after=not_after)


def reason(text: object, **options: object) -> str:
    with pytest.raises(BadValue) as caught:
        reader(**options).instant(text)  # type: ignore[arg-type]
    return caught.value.reason


class TestOrderOfAColumn:
    @pytest.mark.parametrize(
        ("column", "order"),
        [
            (["03/04/2026", "25/06/2026"], DAY_FIRST),
            (["03/04/2026", "06/25/2026"], MONTH_FIRST),
            (["3.4.2026", "5.6.2026"], DAY_FIRST),
            (["25-06-26"], DAY_FIRST),
            (["2026-04-03", "2026/04/03", "15 Apr, 2021 00:03:00", "45123", ""], PLAIN),
            (["04/04/2026", "05/05/2026"], PLAIN),
            ([], PLAIN),
        ],
    )
    def test_one_value_decides_for_all(self, column: list[str], order: DateOrder) -> None:
        assert dates.decide_order(column) == ColumnDates(order=order)

    def test_values_that_can_be_read_both_ways_ask(self) -> None:
        assert dates.decide_order(["03/04/2026", "05/06/2026"]) == ColumnDates(
            order=AMBIGUOUS,
            why='"03/04/2026" can be read both ways, and no other value of the column decides it',
        )

    def test_values_that_contradict_each_other_ask(self) -> None:
        assert dates.decide_order(["13/04/2026", "05/26/2026"]) == ColumnDates(
            order=AMBIGUOUS, why='"13/04/2026" has the day first and "05/26/2026" has the month first'
        )

    @given(
        st.lists(st.dates(date(1990, 1, 1), date(2060, 1, 1)), min_size=1, max_size=30), st.sampled_from("/-")
    )
    def test_the_order_never_depends_on_the_order_of_the_rows(self, days: list[date], sign: str) -> None:
        column = [day.strftime(f"%d{sign}%m{sign}%Y") for day in days]

        found, reverse = dates.decide_order(column), dates.decide_order(column[::-1])

        assert found.order is reverse.order
        assert found.order is not MONTH_FIRST

    @given(st.dates(date(1990, 1, 1), date(2060, 1, 1)))
    def test_a_column_of_one_order_is_read_back(self, day: date) -> None:
        assert reader(DAY_FIRST).day(day.strftime("%d/%m/%Y")) == day
        assert reader(MONTH_FIRST).day(day.strftime("%m/%d/%Y")) == day


class TestReading:
    @pytest.mark.parametrize(
        "text",
        [
            "2021-04-15 14:03:00", "2021-04-15T14:03:00", "2021-04-15T14:03Z", "2021/04/15 14:03", "2021-04-15 14:03:00.000",
            "15 Apr, 2021 14:03:00", "15 April 2021 14:03", "15-Apr-21 14:03", "Apr 15, 2021 2:03 PM", "April 15th 2021, 14:03",
            "Thu, 15 Apr 2021 14:03:00 +0000", "Thu Apr 15 2021 16:03:00 GMT+0200 (CEST)", "15. April 2021 14:03",
            "15 kwietnia 2021 14:03", "15 avril 2021 14:03", "15 de abril de 2021 14:03", "15/04/2021 14:03", "15.04.2021 14:03",
            "2021-04-15 16:03+02:00", "2021-04-15 16:03:00+0200", "2021-04-15 10:03 EDT", "2021-04-15 2:03 pm",
            "1618495380", "1618495380000", "44301.58541666667",
        ],
    )  # fmt: skip
    def test_one_instant_however_it_is_written(self, text: str) -> None:
        assert reader(DAY_FIRST).instant(text) == datetime(2021, 4, 15, 14, 3, tzinfo=UTC)

    def test_a_date_without_a_time_is_its_midnight_in_the_zone(self) -> None:
        warsaw = reader(zone="Europe/Warsaw")

        assert warsaw.instant("2021-04-15") == datetime(2021, 4, 14, 22, 0, tzinfo=UTC)
        assert warsaw.day("2021-04-15") == date(2021, 4, 15)

    def test_a_workbook_s_dates_are_read_as_they_are(self) -> None:
        assert reader(AMBIGUOUS).instant(date(2026, 3, 4)) == datetime(2026, 3, 4, tzinfo=UTC)
        assert reader(AMBIGUOUS).day(datetime(2026, 3, 4, 14, 30)) == date(2026, 3, 4)  # noqa: DTZ001

    def test_excel_serials_and_compact_dates_are_days(self) -> None:
        assert reader().day("45123") == date(2023, 7, 16)
        assert reader().day("20230716") == date(2023, 7, 16)

    @pytest.mark.parametrize("text", ["", "N/A", "-", "0000-00-00 00:00:00", None])
    def test_missing_is_missing(self, text: str | None) -> None:
        assert reader().instant(text) is None

    @given(st.datetimes(datetime(2002, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
    def test_instants_come_back(self, instant: datetime) -> None:
        seconds = instant.replace(microsecond=0)

        assert reader().instant(instant.isoformat()) == instant
        assert reader().instant(str(int(seconds.timestamp()))) == seconds
        assert reader().instant(str(int(seconds.timestamp()) * 1000)) == seconds


class TestRefusal:
    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("31/02/2021", "there is no such date"),
            ("2021-13-01", "there is no such date"),
            ("20266-01-01", "the year 20266 cannot be meant"),
            ("1/1/20266", "the year 20266 cannot be meant"),
            ("1/1/0026", "the year 26 cannot be meant"),
            ("2021-04-15 25:00", "there is no such date"),
            ("2021-04-15 13:00 pm", "there is no such time"),
            ("tomorrow", "not a date"),
            ("2021", "not a date"),
            ("Q1 2021", "not a date"),
            ("12/2021", "not a date"),
            ("2021-04-15 and later", "not a date"),
        ],
    )
    def test_what_cannot_be_is_refused(self, text: str, why: str) -> None:
        assert reason(text, order=DAY_FIRST) == why

    def test_a_value_of_the_other_order_is_refused_not_turned(self) -> None:
        assert reason("12/25/2021", order=DAY_FIRST) == "there is no such date"
        assert reason("25/12/2021", order=MONTH_FIRST) == "there is no such date"

    def test_without_an_order_figures_are_refused(self) -> None:
        assert reason("03/04/2021") == "day and month cannot be told apart"

    def test_a_consent_of_tomorrow_is_refused(self) -> None:
        tomorrow = (NOW + timedelta(days=1)).isoformat()

        assert reason(tomorrow, not_after=NOW) == "lies in the future"
        assert reader(not_after=NOW).instant(NOW.isoformat()) == NOW

    @given(st.text(max_size=30))
    def test_any_text_is_read_or_refused(self, text: str) -> None:
        with suppress(BadValue):
            found = reader(DAY_FIRST).instant(text)
            assert found is None or found.tzinfo is UTC
