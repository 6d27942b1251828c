"""
Conditions as Polars expressions, three-valued: true, false, and null for unknown.

A leaf becomes one boolean column, named by ``leaf_column``; a tree combines those columns under Kleene's
logic. So each comparison is made once, however often the playbook repeats it, and an explanation can
show every leaf.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

import polars as pl

from coldframe.kernel.playbook.conditions import Condition, Leaf, Op
from coldframe.kernel.playbook.fields import FIELDS, Kind
from coldframe.kernel.playbook.units import Duration

MICROSECONDS_A_DAY = 86_400_000_000
INSTANT = pl.Datetime("us", "UTC")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TRUE_WORDS = ("yes", "true", "1")
#: Characters of a pattern that Polars keeps ready from one use to the next; longer ones are looked for otherwise.
LONGEST_PATTERN = 5_000


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What a comparison needs beside the leaf: the instant, the playbook's lists, the lead's cycle."""

    #: The instant, as a column or a literal.
    now: pl.Expr
    lists: Mapping[str, tuple[str, ...]]
    #: Column (or literal) with the length of the lead's buying cycle, in days.
    cycle_days: pl.Expr


def microseconds(moment: datetime) -> int:
    """Return an aware moment as whole microseconds since 1970."""
    return (moment - EPOCH) // timedelta(microseconds=1)


@lru_cache(maxsize=256)
def instant(moment: datetime | None) -> pl.Expr:
    """
    Return a moment as a literal.

    ``pl.lit`` of a datetime takes twenty times as long to build; and one cycle asks for its own instant a dozen times.
    """
    return pl.lit(None if moment is None else microseconds(moment), dtype=pl.Int64).cast(INSTANT)


def looked_up(
    word: pl.Expr,
    values: Mapping[str, Any],
    *,
    dtype: pl.DataType | type[pl.DataType],
    otherwise: pl.Expr | str | float | None = None,
) -> pl.Expr:
    """
    Return what each word of a text stands for; what is not among them, or missing, comes to ``otherwise``.

    Read from a table: ``replace_strict`` makes one of its own each time, which takes as long as a dozen comparisons. A
    text that stands for something never stands for nothing where there is an ``otherwise``.
    """
    if not values:
        return pl.lit(otherwise, dtype=dtype) if not isinstance(otherwise, pl.Expr) else otherwise
    place = word.cast(pl.Enum(list(values)), strict=False).to_physical()
    found = pl.lit(pl.Series(list(values.values()), dtype=dtype)).gather(place)
    return found if otherwise is None else found.fill_null(otherwise)


def in_days(span: pl.Expr) -> pl.Expr:
    """
    Return a span of time in days, f64.

    Polars divides a column by a number in one of two ways, by the column's length, and they differ in the last
    bit; it multiplies in one. Whole days are kept apart, so that a whole number of days is just that number.
    """
    elapsed = span.dt.total_microseconds()
    return elapsed // MICROSECONDS_A_DAY + (elapsed % MICROSECONDS_A_DAY) * (1 / MICROSECONDS_A_DAY)


def leaves(condition: Condition) -> Iterator[Leaf]:
    """Yield the leaves of a condition from left to right, repeats included."""
    if isinstance(condition, Leaf):
        yield condition
        return
    for each in condition.of:
        yield from leaves(each)


def leaf_column(leaf: Leaf) -> str:
    """Return the name of the column that holds a leaf: the leaf in words."""
    value = ", ".join(map(str, leaf.value)) if isinstance(leaf.value, list | tuple) else str(leaf.value)
    return f"{leaf.field} {leaf.op} [{value}]" + (f" within {leaf.within}" if leaf.within else "")


def holds(condition: Condition) -> pl.Expr:
    """Return whether a condition holds, over leaf columns; null where a missing field leaves it open."""
    if isinstance(condition, Leaf):
        return pl.col(leaf_column(condition))
    parts = [holds(each) for each in condition.of]
    if condition.kind == "all":
        return together(parts, pl.all_horizontal) if parts else pl.lit(True)
    either = together(parts, pl.any_horizontal) if parts else pl.lit(False)
    return ~either if condition.kind == "none" else either


def together(parts: list[pl.Expr], join: Callable[[list[pl.Expr]], pl.Expr]) -> pl.Expr:
    """Return several conditions as one, under Kleene's logic; side by side, as depth costs Polars time."""
    return parts[0] if len(parts) == 1 else join(parts)


def compared(leaf: Leaf, column: str, dtype: pl.DataType, setting: Setting) -> pl.Expr:
    """
    Return a leaf as a boolean expression over the column that holds its field.

    ``dtype`` is the column's: own fields bring their type with the data, and a text that should be a
    number is read as one where it can be and is missing where it cannot.
    """
    value = pl.col(column)
    if leaf.op is Op.KNOWN:
        return value.is_not_null() if leaf.value else value.is_null()
    if leaf.op in {Op.WITHIN, Op.REACHED} and not dtype.is_temporal():
        return _in_time(leaf, _read_as_day(value, dtype), pl.Date(), setting)
    if isinstance(leaf.value, Duration) or dtype.is_temporal():
        return _in_time(leaf, value, dtype, setting)
    if leaf.op in ORDERED and _is_level(leaf.field):
        return value.cast(pl.String).str.to_lowercase().is_in(_level_words(leaf))
    if leaf.op in ORDERED or leaf.op is Op.BETWEEN:
        return _in_order(leaf, value, dtype)
    if leaf.op in TEXTUAL:
        return TEXTUAL[leaf.op](_lowered(value, dtype), _texts(leaf.value))
    return _among(leaf, value, dtype, setting.lists)


def _among(leaf: Leaf, value: pl.Expr, dtype: pl.DataType, lists: Mapping[str, tuple[str, ...]]) -> pl.Expr:
    if isinstance(dtype, pl.Enum):
        return _among_words(leaf, value, dtype)
    wanted = lists[str(leaf.value)] if leaf.op in {Op.IN_LIST, Op.NOT_IN_LIST} else _items(leaf.value)
    if leaf.op is Op.NOT_IN_LIST and not wanted:
        # A list nobody has filled yet says nothing; else an empty list of served countries lets everybody go.
        return pl.lit(None, dtype=pl.Boolean)
    if wanted and (dtype == pl.Boolean or all(isinstance(each, bool) for each in wanted)):
        found = _switch(value, dtype).is_in([each in TRUE_WORDS for each in _texts(wanted)])
    elif wanted and all(isinstance(each, int | float) for each in wanted):
        found = _number(value, dtype).cast(pl.Float64).is_in([float(each) for each in wanted])
    elif dtype.is_numeric():
        found = value.cast(pl.Float64).is_in([float(each) for each in _texts(wanted) if is_number(each)])
    elif leaf.field == "lead.role" and "unknown" in _texts(wanted):
        found = value.is_null() | _lowered(value, dtype).is_in(_texts(wanted)).fill_null(False)
    else:
        found = _lowered(value, dtype).is_in(_texts(wanted))
    return ~found if leaf.op in {Op.IS_NOT, Op.NOT_IN, Op.NOT_IN_LIST} else found


def _among_words(leaf: Leaf, value: pl.Expr, dtype: pl.Enum) -> pl.Expr:
    wanted = _texts(leaf.value)
    found = value.is_in([word for word in dtype.categories if word.lower() in wanted])
    return ~found if leaf.op in {Op.IS_NOT, Op.NOT_IN} else found


def _in_order(leaf: Leaf, value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    number = _number(value, dtype)
    if leaf.op is Op.BETWEEN:
        least, most = leaf.value
        return number.is_between(float(least), float(most))
    return ORDERED[leaf.op](number, float(leaf.value))


def _in_time(leaf: Leaf, value: pl.Expr, dtype: pl.DataType, setting: Setting) -> pl.Expr:
    """Dates: ``within`` is from now on ahead, both ends included; ``reached`` is up to now."""
    if not dtype.is_temporal():
        return ORDERED[leaf.op](_number(value, dtype), days_of(leaf.value, setting))
    moment = midnight(value.cast(pl.Date)) if dtype == pl.Date else value
    if leaf.op is Op.WITHIN:
        ahead = in_days(moment - _reference(dtype, setting.now))
        return ahead.is_between(0.0, days_of(leaf.value, setting))
    if leaf.op is Op.REACHED:
        reached = moment <= setting.now
        return reached if leaf.value else ~reached
    if leaf.op in ORDERED:
        return ORDERED[leaf.op](moment, instant(_midnight(leaf.value)))
    return _among(leaf, value.cast(pl.Date).cast(pl.String), pl.String(), setting.lists)


def _reference(dtype: pl.DataType, now: pl.Expr) -> pl.Expr:
    """A day is compared with today, so that a renewal of today is zero days ahead, not minus some hours."""
    return midnight(now.cast(pl.Date)) if dtype == pl.Date else now


def midnight(day: pl.Expr) -> pl.Expr:
    """Return the instant at which a day begins."""
    return day.cast(INSTANT)


def _midnight(value: Any) -> datetime:
    day = value if isinstance(value, date) else date.fromisoformat(str(value))
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def days_of(duration: Duration, setting: Setting) -> pl.Expr:
    """Return a length of time in days; one in cycles depends on the lead's offer."""
    if duration.unit == "cycle":
        return setting.cycle_days * duration.amount
    return pl.lit(duration.days())


def _is_level(field: str) -> bool:
    return field in FIELDS and FIELDS[field].kind is Kind.LEVEL


def _level_words(leaf: Leaf) -> list[str]:
    """The words of a level that a leaf accepts, lower case; words stand best first."""
    words = [word.lower() for word in FIELDS[leaf.field].words]
    at = words.index(str(leaf.value).lower())
    return {
        Op.AT_LEAST: words[: at + 1],
        Op.ABOVE: words[:at],
        Op.AT_MOST: words[at:],
        Op.BELOW: words[at + 1 :],
    }[leaf.op]


def accepted_levels(leaf: Leaf) -> frozenset[str]:
    """Return the words of a level, lower case, for which a leaf is true."""
    if leaf.op in ORDERED:
        return frozenset(_level_words(leaf))
    named = frozenset(_texts(leaf.value))
    if leaf.op in {Op.IS_NOT, Op.NOT_IN}:
        return frozenset(word.lower() for word in FIELDS[leaf.field].words) - named
    return named


def _starts(text: pl.Expr, beginnings: list[str]) -> pl.Expr:
    return together([text.str.starts_with(each) for each in beginnings], pl.any_horizontal)


def _contains(text: pl.Expr, parts: list[str]) -> pl.Expr:
    if len(parts) == 1:
        return text.str.contains(parts[0], literal=True)
    if sum(map(len, parts)) > LONGEST_PATTERN:
        return text.str.contains_any(parts)
    return text.str.contains("|".join(map(re.escape, parts)))


def _mentions(text: pl.Expr, phrases: list[str]) -> pl.Expr:
    """Whole words: between them any white space, around them anything that is no letter or digit."""
    each = (r"\s+".join(map(re.escape, phrase.split())) for phrase in phrases)
    return text.str.contains(rf"(?:^|\W)(?:{'|'.join(each)})(?:\W|$)")


ORDERED: dict[Op, Callable[[Any, Any], pl.Expr]] = {
    Op.AT_LEAST: operator.ge,
    Op.AT_MOST: operator.le,
    Op.BELOW: operator.lt,
    Op.ABOVE: operator.gt,
}
TEXTUAL: dict[Op, Callable[[pl.Expr, list[str]], pl.Expr]] = {
    Op.STARTS: _starts,
    Op.CONTAINS: _contains,
    Op.MENTIONS: _mentions,
}


def _items(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def _texts(value: Any) -> list[str]:
    items: Iterable[Any] = _items(value)
    return [("yes" if each else "no") if isinstance(each, bool) else str(each).lower() for each in items]


def _lowered(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    return (value if dtype == pl.String else value.cast(pl.String)).str.to_lowercase()


def is_number(text: str) -> bool:
    """Return whether a text spells a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def _read_as_day(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """A text that spells no day, and whatever else is no day, is missing."""
    if dtype == pl.String:
        return value.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
    return pl.lit(None, dtype=pl.Date)


def _number(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    return value if dtype.is_numeric() else value.cast(pl.Float64, strict=False)


def _switch(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if dtype == pl.Boolean:
        return value
    if dtype.is_numeric():
        return value != 0
    return _lowered(value, dtype).is_in(list(TRUE_WORDS))
