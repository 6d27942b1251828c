"""Rows as records: every cell read, or the row refused with the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from coldframe.leads.importing.rows import Row
from coldframe.leads.importing.suppressing import Suppressor
from coldframe.leads.importing.targets import Unrecognized
from coldframe.leads.importing.values import BadValue


@dataclass(frozen=True, slots=True)
class Reader:
    """One column of the file on its way to one column of a record."""

    index: int
    header: str
    entity: str
    column: str
    read: Callable[[Any], Any]


class Record(NamedTuple):
    """A row whose cells were all read. Missing values are left out."""

    row: Row
    #: Entity (lead, account, key …) -> column -> value.
    values: dict[str, dict[str, Any]]
    #: Words of ``SuppressionReason``.
    suppressed_by: frozenset[str] = frozenset()


@dataclass(slots=True)
class Reading:
    """What reading some rows gave."""

    records: list[Record] = field(default_factory=list)
    refused: list[tuple[Row, str]] = field(default_factory=list)
    #: (header, text) -> rows in which a text said nothing that is understood; it was left out.
    unrecognized: Counter[tuple[str, str]] = field(default_factory=Counter)
    #: (header, text) -> rows of flags that say neither yes nor no, and count as opt-outs.
    doubted: Counter[tuple[str, str]] = field(default_factory=Counter)


class Bad(NamedTuple):
    """A cell that cannot be read."""

    reason: str


NOBODY: frozenset[str] = frozenset()


def read_rows(
    rows: Sequence[Row],
    readers: Sequence[Reader],
    *,
    suppressing: Sequence[Suppressor] = (),
    suppresses_all: str | None = None,
) -> Reading:
    """Read the cells of rows, column by column; each distinct text of a column is read once."""
    reading = Reading(refused=[(row, row.refusal) for row in rows if row.refusal is not None])
    usable = [row for row in rows if row.refusal is None]
    columns = [read_column(usable, reader, reading) for reader in readers]
    reasons = suppressions(usable, suppressing, suppresses_all, reading)
    bad = {
        place
        for column, has_bad in columns
        if has_bad
        for place, value in enumerate(column)
        if type(value) is Bad
    }
    by_entity = grouped(readers)
    cells = zip(*(column for column, _ in columns), strict=True) if columns else (() for _ in usable)
    for place, (row, values) in enumerate(zip(usable, cells, strict=True)):
        if place in bad:
            reading.refused.append((row, refusal_of(values, readers)))
        else:
            reading.records.append(Record(row, divided(values, by_entity), reasons[place]))
    reading.refused.sort(key=lambda each: each[0].line)
    return reading


def read_column(rows: Sequence[Row], reader: Reader, reading: Reading) -> tuple[list[Any], bool]:
    """Return the values of a column, and whether some are ``Bad``."""
    index = reader.index
    cells = [row.cells[index] for row in rows]
    read: dict[Any, Any] = {}
    has_bad = False
    for cell in set(cells):
        value = attempt(reader, cell)
        kind = type(value)
        if kind is Unrecognized:
            reading.unrecognized[reader.header, str(value)] += cells.count(cell)
            value = None
        has_bad = has_bad or kind is Bad
        read[cell] = value
    return [read[cell] for cell in cells], has_bad


def attempt(reader: Reader, cell: Any) -> Any:
    """Return a cell's value, or ``Bad``."""
    if cell == "":
        return None
    try:
        return reader.read(cell)
    except BadValue as problem:
        return Bad(f"{reader.header}: {problem.reason}")


def refusal_of(values: Sequence[Any], readers: Sequence[Reader]) -> str:
    """Return the reasons why a row is refused, as one text."""
    return "; ".join(value.reason for value in values if type(value) is Bad)


def grouped(readers: Sequence[Reader]) -> list[tuple[str, list[tuple[int, str]]]]:
    """Return the places and columns of each entity."""
    by_entity: dict[str, list[tuple[int, str]]] = {"key": []}
    for place, reader in enumerate(readers):
        by_entity.setdefault(reader.entity, []).append((place, reader.column))
    return list(by_entity.items())


def divided(
    values: Sequence[Any], by_entity: list[tuple[str, list[tuple[int, str]]]]
) -> dict[str, dict[str, Any]]:
    """Return a row's values by entity, without the missing ones."""
    return {
        entity: {column: values[place] for place, column in columns if values[place] is not None}
        for entity, columns in by_entity
    }


def suppressions(
    rows: Sequence[Row], suppressing: Sequence[Suppressor], suppresses_all: str | None, reading: Reading
) -> list[frozenset[str]]:
    """Return for each row why it must not be mailed."""
    always = frozenset({suppresses_all}) if suppresses_all else NOBODY
    found = [always] * len(rows)
    for column in suppressing:
        index = column.column
        said = {cell: column.reason_of(cell) for cell in {row.cells[index] for row in rows}}
        words = {cell: frozenset({reason}) for cell, reason in said.items() if reason}
        doubted = {cell for cell in words if column.is_doubtful(cell)}
        if doubted:
            cells = (row.cells[index] for row in rows)
            reading.doubted.update((column.name, str(cell)) for cell in cells if cell in doubted)
        if words:
            found = [
                reasons | words.get(row.cells[index], NOBODY)
                for reasons, row in zip(found, rows, strict=True)
            ]
    return found
