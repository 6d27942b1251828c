"""Dates: the order of day and month is decided per column, never per row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from enum import StrEnum


class DateOrder(StrEnum):
    """How a column writes its dates."""

    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"
    #: No value needs an order: ISO dates, month names, serials, instants.
    PLAIN = "plain"
    #: Every value can be read both ways, or some only the one and some only the other way.
    AMBIGUOUS = "ambiguous"


@dataclass(frozen=True, kw_only=True)
class ColumnDates:
    """What a column's values say of their order."""

    order: DateOrder
    #: For AMBIGUOUS: why, with values as examples.
    why: str | None = None


def decide_order(values: Iterable[object]) -> ColumnDates:
    """Return the order of a column from its values; None and empty ones are ignored."""
    raise NotImplementedError


class DateReader:
    """Reads the dates of one column; remembers what it has read. Raises ``values.BadValue``."""

    def __init__(self, *, order: DateOrder, zone: tzinfo, not_after: datetime | None = None) -> None:
        raise NotImplementedError

    def instant(self, value: object) -> datetime | None:
        """Return the instant in UTC; a date without a time is its midnight in the zone."""
        raise NotImplementedError

    def day(self, value: object) -> date | None:
        """Return the day as written."""
        raise NotImplementedError
