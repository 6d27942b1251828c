"""Dates: the order of day and month is decided per column, never per row."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from enum import StrEnum
from typing import Any

from coldframe.leads.importing.values import BadValue, is_missing


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


_FIGURES = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(?:\d{4,5}|\d{2})(?!\d)")


class OrderFinder:
    """Gathers what the values of one column say of its order; for columns read in passing."""

    def __init__(self) -> None:
        self._day_first: str | None = None
        self._month_first: str | None = None
        self._either: str | None = None

    def add(self, value: object) -> None:
        """Take one value into account; only texts can say anything."""
        if not isinstance(value, str) or value[4:5] == "-":
            return
        match = _FIGURES.match(value.strip())
        if not match:
            return
        first, second = int(match[1]), int(match[3])
        # Nobody writes the month before the day with points between them.
        if (first > 12 >= second) or (match[2] == "." and second <= 12):
            self._day_first = self._day_first or value
        elif second > 12 >= first:
            self._month_first = self._month_first or value
        elif first <= 12 and first != second:
            self._either = self._either or value

    def decide(self) -> ColumnDates:
        """Return the order that all values together allow."""
        if self._day_first and self._month_first:
            why = f'"{self._day_first}" has the day first and "{self._month_first}" has the month first'
            return ColumnDates(order=DateOrder.AMBIGUOUS, why=why)
        if self._day_first:
            return ColumnDates(order=DateOrder.DAY_FIRST)
        if self._month_first:
            return ColumnDates(order=DateOrder.MONTH_FIRST)
        if self._either:
            why = f'"{self._either}" can be read both ways, and no other value of the column decides it'
            return ColumnDates(order=DateOrder.AMBIGUOUS, why=why)
        return ColumnDates(order=DateOrder.PLAIN)


def decide_order(values: Iterable[object]) -> ColumnDates:
    """Return the order of a column from its values; None and empty ones are ignored."""
    finder = OrderFinder()
    for value in values:
        finder.add(value)
    return finder.decide()


_ISO = re.compile(r"(?P<year>\d{4,5})([-/.])(?P<month>\d{1,2})\2(?P<day>\d{1,2})(?!\d)")
_NUMERIC = re.compile(r"(?P<first>\d{1,2})([-/.])(?P<second>\d{1,2})\2(?P<year>\d{4,5}|\d{2})(?!\d)")
_WORD = r"(?P<name>[^\W\d_]{3,12})\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th|er|\.|º)?"
_YEAR = r"(?P<year>\d{4,5}|\d{2})(?![\d:])"
_DAY_NAME_YEAR = re.compile(
    rf"(?:[^\W\d_]{{2,10}}\.?,?\s+)?{_DAY}[\s-]*(?:of\s+|de\s+)?{_WORD},?[\s-]*(?:de\s+)?{_YEAR}"
)
_NAME_DAY_YEAR = re.compile(rf"(?:[^\W\d_]{{2,10}}\.?,?\s+)?{_WORD}[\s-]+{_DAY},?[\s-]+{_YEAR}")
_TIME = re.compile(
    r"[T\s,]+(?:at\s+|um\s+)?(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"\s*(?P<half>[ap]\.?m\.?)?",
    re.IGNORECASE,
)
_OFFSET = re.compile(r"\s*(?:utc|gmt)?([+-])(\d{1,2}):?(\d{2})?(?:\s*\([^)]*\))?", re.IGNORECASE)
_ZONES = {
    "": None, "z": 0, "utc": 0, "gmt": 0, "wet": 0, "bst": 1, "west": 1, "cet": 1, "cest": 2, "eet": 2, "eest": 3, "msk": 3,
    "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
}  # fmt: skip
_MONTHS = (
    "january jan januar janvier janv enero ene styczen stycznia sty gennaio gen janeiro januari",
    "february feb februar fevrier fevr fev febrero luty lutego lut febbraio fevereiro februari",
    "march mar marz maerz mars marzo mrz marzec marca marco maart mrt",
    "april apr avril avr abril abr kwiecien kwietnia kwi aprile",
    "may mai mayo maj maja maggio mag maio mei",
    "june jun juni juin junio czerwiec czerwca cze giugno giu junho",
    "july jul juli juillet juil julio lipiec lipca lip luglio lug julho",
    "august aug aout agosto ago sierpien sierpnia sie augustus",
    "september sep sept septembre septiembre wrzesien wrzesnia wrz settembre set setembro",
    "october oct oktober okt octobre octubre pazdziernik pazdziernika paz ottobre ott outubro out",
    "november nov novembre noviembre listopad listopada lis novembro",
    "december dec dezember dez decembre diciembre dic grudzien grudnia gru dicembre dezembro",
)
_MONTH_OF = {name: month for month, names in enumerate(_MONTHS, start=1) for name in names.split()}

_FIRST_YEAR, _LAST_YEAR = 1900, 2099
#: Excel counts days from here; its first two months of 1900 are off by one and lie outside the range.
_EXCEL_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001  A day of the wall calendar has no zone.
_EXCEL_DAYS = range(20_000, 73_051)
_REMEMBERED = 1 << 14
_UNREAD: Any = object()


class DateReader:
    """
    Reads the dates of one column; remembers what it has read. Raises ``values.BadValue``.

    Read are ISO 8601 in all its common shapes, figures in the column's order, month names in eight
    languages, times with or without seconds, am and pm, offsets and common names of zones, Excel's serial
    numbers, and seconds or milliseconds since 1970.
    """

    def __init__(self, *, order: DateOrder, zone: tzinfo, not_after: datetime | None = None) -> None:
        self._order = order
        self._zone = zone
        self._not_after = not_after
        self._instants: dict[object, datetime | None] = {}

    def instant(self, value: object) -> datetime | None:
        """Return the instant in UTC; a date without a time is its midnight in the zone."""
        known: datetime | None = self._instants.get(value, _UNREAD)
        if known is not _UNREAD:
            return known
        wall = self._wall(value)
        found = None if wall is None else self._in_utc(wall)
        if found is not None and self._not_after is not None and found > self._not_after:
            raise BadValue("lies in the future", expected="a date that has passed", got=f'"{value}"')
        if len(self._instants) < _REMEMBERED:
            self._instants[value] = found
        return found

    def _in_utc(self, wall: datetime) -> datetime:
        if wall.tzinfo is None:
            wall = wall.replace(tzinfo=self._zone)
        return wall if wall.tzinfo is UTC else wall.astimezone(UTC)

    def day(self, value: object) -> date | None:
        """Return the day as written."""
        wall = self._wall(value)
        if wall is None:
            return None
        if self._not_after is not None:
            self.instant(value)
        return wall.date()

    def _wall(self, value: object) -> datetime | None:
        """Return the date and time as written, with a zone only where one is written."""
        if isinstance(value, str) and (quick := _from_iso(value)):
            return quick
        if isinstance(value, datetime):
            return _in_range(value, value)
        if isinstance(value, date):
            return _in_range(datetime.combine(value, time()), value)
        given = str(value).strip() if value is not None else ""
        if is_missing(given) or given.startswith("0000-00-00"):
            return None
        if given.replace(".", "", 1).isdecimal() and given.isascii():
            return _from_figure(given)
        return self._from_text(given)

    def _from_text(self, given: str) -> datetime:
        match = _ISO.match(given)
        if match:
            parts = int(match["year"]), int(match["month"]), int(match["day"])
        elif match := _NUMERIC.match(given):
            parts = self._ordered(match, given)
        elif (match := _DAY_NAME_YEAR.match(given) or _NAME_DAY_YEAR.match(given)) and (
            month := _month(match["name"])
        ):
            parts = _year(match["year"]), month, int(match["day"])
        else:
            raise BadValue("not a date", expected="a date such as 2026-03-31", got=f'"{given[:60]}"')
        return _at_time(parts, given[match.end() :], given)

    def _ordered(self, match: re.Match[str], given: str) -> tuple[int, int, int]:
        first, second = int(match["first"]), int(match["second"])
        if self._order is DateOrder.DAY_FIRST:
            return _year(match["year"]), second, first
        if self._order is DateOrder.MONTH_FIRST:
            return _year(match["year"]), first, second
        raise BadValue(
            "day and month cannot be told apart",
            got=f'"{given}"',
            advice="Say which: --dates day-first or month-first.",
        )


def _from_iso(text: str) -> datetime | None:
    """Return a date or time in ISO 8601's usual shape; None for all else, which is then looked at closely."""
    if text[4:5] != "-" or text[7:8] != "-" or text[10:11] not in ("", " ", "T"):
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if _FIRST_YEAR <= found.year <= _LAST_YEAR else None


def _month(name: str) -> int | None:
    plain = unicodedata.normalize("NFKD", name.casefold())
    return _MONTH_OF.get("".join(each for each in plain if not unicodedata.combining(each)))


def _year(figures: str) -> int:
    year = int(figures)
    return year if len(figures) > 2 else year + (1900 if year >= 70 else 2000)


def _at_time(parts: tuple[int, int, int], rest: str, given: str) -> datetime:
    year, month, day = parts
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise BadValue(
            f"the year {year} cannot be meant", expected=f"{_FIRST_YEAR} to {_LAST_YEAR}", got=f'"{given}"'
        )
    match = _TIME.match(rest)
    hour, minute, second, micro = _clock(match, given) if match else (0, 0, 0, 0)
    zone = _zone(rest[match.end() :] if match else rest, given)
    try:
        return datetime(year, month, day, hour, minute, second, micro, tzinfo=zone)
    except ValueError:
        raise BadValue("there is no such date", got=f'"{given}"') from None


def _clock(match: re.Match[str], given: str) -> tuple[int, int, int, int]:
    hour, half = int(match["hour"]), (match["half"] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            raise BadValue("there is no such time", got=f'"{given}"')
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    micro = int((match["fraction"] or "0").ljust(6, "0")[:6])
    return hour, int(match["minute"]), int(match["second"] or 0), micro


def _zone(text: str, given: str) -> tzinfo | None:
    name = text.strip().strip("()").casefold()
    if name in _ZONES:
        hours = _ZONES[name]
        return None if hours is None else timezone(timedelta(hours=hours))
    match = _OFFSET.fullmatch(text)
    if not match:
        raise BadValue("not a date", expected="a date such as 2026-03-31 14:30", got=f'"{given[:60]}"')
    minutes = int(match[2]) * 60 + int(match[3] or 0)
    if minutes >= 24 * 60:
        raise BadValue("there is no such time zone", got=f'"{given}"')
    return timezone(timedelta(minutes=-minutes if match[1] == "-" else minutes))


def _from_figure(given: str) -> datetime:
    """Read a bare figure: 20260331, an Excel serial, or seconds, milliseconds, microseconds since 1970."""
    whole, _, fraction = given.partition(".")
    if len(whole) == 8 and not fraction:
        return _at_time((int(whole[:4]), int(whole[4:6]), int(whole[6:])), "", given)
    if len(whole) == 5 and int(whole) in _EXCEL_DAYS:
        # Excel's fractions carry the noise of binary floats; a whole second is what was meant.
        seconds = round(float(f"0.{fraction or 0}") * 86_400)
        return _EXCEL_EPOCH + timedelta(days=int(whole), seconds=seconds)
    if len(whole) in (10, 13, 16):
        scale = 10 ** (len(whole) - 10)
        micro = int((fraction + "000000")[:6]) if scale == 1 else 0
        return _in_range(
            datetime.fromtimestamp(int(whole) // scale, UTC)
            + timedelta(microseconds=int(whole) % scale * 10**6 // scale + micro),
            given,
        )
    raise BadValue("not a date", expected="a date such as 2026-03-31", got=f'"{given[:60]}"')


def _in_range(found: datetime, value: object) -> datetime:
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise BadValue(
            f"the year {found.year} cannot be meant",
            expected=f"{_FIRST_YEAR} to {_LAST_YEAR}",
            got=f'"{value}"',
        )
    return found
