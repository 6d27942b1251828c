"""
When a lead may be contacted: working hours, weekends and holidays, in the lead's own time zone.

Each lead has an hour of its own in every working day, by its hash: touches spread over the day, and come in batches on
the hour. Which instants a working day has is ``hours``' to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

import polars as pl

from coldframe.kernel.frames import INSTANT
from coldframe.kernel.planning import hashing
from coldframe.kernel.planning.hours import Hours, Window, hours_of, known_zone, windows, zone_names
from coldframe.kernel.planning.prepared import NOW, Prepared, Types
from coldframe.kernel.planning.zones import ZONE_OF_COUNTRY
from coldframe.kernel.playbook import expressions
from coldframe.kernel.playbook.expressions import microseconds
from coldframe.kernel.playbook.model import Calendar
from coldframe.kernel.playbook.scalars import BY_COUNTRY
from coldframe.kernel.running import MANY_ROWS

DAY = timedelta(days=1)
#: One calendar and an instant fit into one number: 2**52 microseconds reach into the year 2112.
SHIFT = 1 << 52
#: Later instants are looked for no further.
LAST_INSTANT = datetime(2110, 1, 1, tzinfo=UTC)
#: Draws each lead's own hour.
SALT = 0xD1B54A32D192ED03


@dataclass(frozen=True, eq=False)
class Timetable:
    """The windows of several calendars one after another, ready to be looked up in bulk."""

    #: Calendar number times ``SHIFT`` plus closing, in order.
    closings: pl.Series
    opens: pl.Series
    closes: pl.Series
    #: Where in ``slots`` the slots of a window begin, and how many there are.
    first_slot: pl.Series
    slot_count: pl.Series
    slots: pl.Series

    def window(self, at: pl.Expr) -> pl.Expr:
        """Return the place of the first window that closes after an instant, over ``calendar``."""
        found = pl.lit(self.closings).search_sorted(pl.col("calendar") * SHIFT + at, side="right")
        return found.cast(pl.Int64)

    def slot(self, window: pl.Expr) -> pl.Expr:
        """Return the lead's own hour in a window, over ``luck``."""
        count = pl.lit(self.slot_count).gather(window).cast(pl.UInt64)
        turn = (pl.col("luck") % count).cast(pl.Int64)
        return pl.lit(self.slots).gather(pl.lit(self.first_slot).gather(window) + turn)


#: Zone, and the days on which nobody works there.
Key = tuple[str, frozenset[date]]


@lru_cache(maxsize=32)
def timetable(keys: tuple[Key, ...], hours: Hours, years: tuple[int, ...]) -> Timetable:
    """Return the windows of these calendars over some years."""
    closings: list[int] = []
    found: list[Window] = []
    for number, (zone, holidays) in enumerate(keys):
        mine = [each for year in years for each in windows(zone, hours, year) if each.day not in holidays]
        closings += (number * SHIFT + window.closes for window in mine)
        found += mine
    counts = [len(window.slots) for window in found]
    first = pl.Series(counts, dtype=pl.Int64).cum_sum() - pl.Series(counts, dtype=pl.Int64)
    return Timetable(
        closings=pl.Series(closings, dtype=pl.Int64),
        opens=pl.Series([window.opens for window in found], dtype=pl.Int64),
        closes=pl.Series([window.closes for window in found], dtype=pl.Int64),
        first_slot=first,
        slot_count=pl.Series(counts, dtype=pl.Int64),
        slots=pl.Series([slot for window in found for slot in window.slots], dtype=pl.Int64),
    )


LUCK = hashing.mixed(pl.col("lead_id"), salt=SALT).alias("luck")
#: Columns by name, and how long after ``now`` each is at least.
AtLeast = tuple[tuple[str, timedelta], ...]


def with_slots(leads: pl.LazyFrame, table: Timetable, *, ready: str, at_least: AtLeast) -> pl.LazyFrame:
    """
    Add for each lead its own hour in the first working day that has it at ``ready`` (an instant) or later.

    Several columns by name, each not before an instant of its own; and ``is_open``: whether the lead is in its working
    hours. Reads ``calendar`` (the number of ``numbered``) and ``now``.
    """
    frame = leads
    for step in _slots(table, ready, at_least):
        frame = frame.with_columns(step)
    used = [f"{word}:{name}" for name, _ in at_least for word in ("at", "window", "slot", "next")]
    return frame.drop("luck", *used)


@lru_cache(maxsize=32)
def _slots(table: Timetable, ready: str, at_least: AtLeast) -> tuple[list[pl.Expr], ...]:
    """What ``with_slots`` adds, step by step; the same for every instant."""
    instant, now = pl.col(ready).cast(pl.Int64).fill_null(0), NOW.cast(pl.Int64)
    last = microseconds(LAST_INSTANT)
    ats = {
        name: instant.clip(now + after // timedelta(microseconds=1), last).alias(f"at:{name}")
        for name, after in at_least
    }
    placed = [table.window(pl.col(f"at:{name}")).alias(f"window:{name}") for name in ats]
    hours = [
        table.slot(pl.col(f"window:{name}") + step).alias(f"{word}:{name}")
        for name in ats
        for step, word in enumerate(("slot", "next"))
    ]
    found = [
        pl.when(pl.col(f"slot:{name}") >= pl.col(f"at:{name}"))
        .then(f"slot:{name}")
        .otherwise(f"next:{name}")
        .cast(INSTANT)
        .alias(name)
        for name in ats
    ]
    is_open = (pl.lit(table.opens).gather(table.window(now)) <= now).alias("is_open")
    return [LUCK, *ats.values()], placed, hours, [*found, is_open]


def numbered(
    leads: pl.DataFrame, *, calendar: Calendar, holidays: pl.DataFrame, as_of: datetime, latest: datetime
) -> tuple[pl.Series, Timetable]:
    """
    Return the number of each lead's ``calendar``, and the table behind the numbers.

    ``leads``: ``zone`` (a known zone) and ``country`` (null: no holidays but the playbook's own). The table is good for
    instants from a day before ``as_of`` up to ``latest``.
    """
    where = leads[["zone", "country"]]
    is_many = where.height >= MANY_ROWS
    pairs = (where.unique() if is_many else where).rows()
    days, usual = _days_off(calendar, holidays), _usual_days_off(tuple(calendar.holidays))
    keys = {(zone, country): (zone, days.get(country, usual)) for zone, country in set(pairs)}
    # In the same order whoever comes first, so that the table made for one batch serves the next.
    number = {key: n for n, key in enumerate(sorted(set(keys.values()), key=_in_order))}
    years = range((as_of - DAY).year, min(latest, LAST_INSTANT).year + 2)
    table = timetable(tuple(number), hours_of(calendar.working_hours), tuple(years))
    numbers = {pair: number[key] for pair, key in keys.items()}
    if not is_many:
        return pl.Series("calendar", [numbers[pair] for pair in pairs], dtype=pl.Int64), table
    told = pl.DataFrame(
        [(*pair, n) for pair, n in numbers.items()],
        schema={**where.schema, "calendar": pl.Int64},
        orient="row",
    )
    found = where.join(told, on=["zone", "country"], how="left", nulls_equal=True, maintain_order="left")
    return found["calendar"], table


def _in_order(key: Key) -> tuple[str, list[date]]:
    zone, days = key
    return zone, sorted(days)


@lru_cache(maxsize=64)
def _usual_days_off(named: tuple[str, ...]) -> frozenset[date]:
    """Days on which nobody works wherever one is."""
    return frozenset(date.fromisoformat(day) for day in named if day != BY_COUNTRY)


@dataclass(eq=False)
class _Seen:
    """The holidays asked about last, and what they came to: one run asks for the same again and again."""

    holidays: pl.DataFrame
    named: tuple[str, ...]
    days: dict[str | None, frozenset[date]]


_LAST: list[_Seen] = []


def _days_off(calendar: Calendar, holidays: pl.DataFrame) -> dict[str | None, frozenset[date]]:
    """Days on which nobody works by country; other countries have the usual ones."""
    if BY_COUNTRY not in calendar.holidays or holidays.is_empty():
        return {}
    named = tuple(calendar.holidays)
    for seen in _LAST:
        if seen.named == named and seen.holidays.equals(holidays):
            return seen.days
    usual = _usual_days_off(named)
    found: dict[str | None, frozenset[date]] = {
        country: usual | frozenset(days)
        for country, days in holidays.group_by("country").agg("day").iter_rows()
    }
    _LAST[:] = [_Seen(holidays.clone(), named, found)]
    return found


def zone_columns(prepared: Prepared, frame: str, types: Types) -> list[pl.Expr]:
    """
    Return what the fields of ``calendar.time_zone.from`` say of the zone, of ``frame`` (leads, accounts), as ``zone:<i>``.

    A zone goes by its name, a country by the table of ``zones``; what nobody knows is null.
    """
    columns = {name for name, dtype in types if dtype == pl.String}
    prefix = "account." if frame == "accounts" else "lead."
    found = []
    for i, field in enumerate(prepared.playbook.calendar.time_zone.from_):
        column = field.removeprefix(prefix)
        if field.startswith(prefix):
            zone = _zone(column) if column in columns else pl.lit(None, dtype=pl.String)
            found.append(zone.alias(f"zone:{i}"))
    return found


def _zone(column: str) -> pl.Expr:
    value = pl.col(column)
    if column.endswith("country"):
        return expressions.looked_up(value.str.to_uppercase(), ZONE_OF_COUNTRY, dtype=pl.String)
    return pl.when(value.is_in(zone_names())).then(value)


def zone(prepared: Prepared) -> list[pl.Expr]:
    """
    Return ``zone`` and ``zone_from`` (the field it is known by, else ``otherwise``), over ``zone_columns``; the first counts.
    """
    rule = prepared.playbook.calendar.time_zone
    fields = [(i, field) for i, field in enumerate(rule.from_) if field.startswith(("lead.", "account."))]
    chain = pl.lit("otherwise")
    for i, field in reversed(fields):
        chain = pl.when(pl.col(f"zone:{i}").is_not_null()).then(pl.lit(field)).otherwise(chain)
    otherwise = pl.lit(known_zone(rule.otherwise))
    return [
        pl.coalesce(*(pl.col(f"zone:{i}") for i, _ in fields), otherwise).alias("zone"),
        chain.alias("zone_from"),
    ]
