"""A first look at a file, for whoever says what its columns are: header, samples, and what was recognized."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from coldframe.leads.importing import headers
from coldframe.leads.importing.headers import Kind, Recognition
from coldframe.leads.importing.tables import Table, open_table

#: Values of a column that are shown, and characters of each.
SAMPLES, SHOWN = 3, 60
KINDS: tuple[Kind, ...] = get_args(Kind)
#: Fields that hardly any other kind of file has: what tells the kinds apart.
TELLING = {
    "leads": {"email", "first_name", "last_name", "full_name", "job_title", "opt_out"},
    "accounts": {"name", "domain", "employees", "annual_revenue", "technologies", "parent"},
    "opportunities": {"amount", "stage", "is_won", "closed_at", "lost_reason", "probability"},
    "events": {"kind", "occurred_at", "asset", "topic", "path"},
}


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column, and what it is taken for."""

    index: int
    name: str
    #: None: nothing is recognized.
    field: str | None
    samples: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a file says of itself before it is read whole."""

    kind: Kind
    source: str
    format: str
    encoding: str
    delimiter: str
    sheet: str
    #: About how many.
    rows: int
    columns: tuple[Column, ...]
    notes: tuple[str, ...]
    #: What no column gives, such as "email or external_id".
    missing: tuple[str, ...]


def look(
    path: Path,
    *,
    kind: Kind | None = None,
    sheet: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
) -> Look:
    """
    Return what a file says of itself; without a kind, the kind that its header speaks for.

    Raises what ``open_table`` refuses.
    """
    table = open_table(path, sheet=sheet, encoding=encoding, delimiter=delimiter, looking_for=kind or "leads")
    sample = table.sample()
    asked: Sequence[Kind] = [kind] if kind else KINDS
    by_kind = {
        each: headers.recognize(table.header, sample, kind=each, file_name=path.name) for each in asked
    }
    best = max(asked, key=lambda each: weight(each, by_kind[each]))
    return as_look(table, sample, kind=best, found=by_kind[best])


def weight(kind: Kind, found: Recognition) -> tuple[bool, int, int]:
    """Return how much a header speaks for a kind: all that it needs, then what tells it from others."""
    fields = set(found.mapping.values())
    return not found.missing, len(fields & TELLING[kind]), len(fields)


def as_look(table: Table, sample: Sequence[Sequence[Any]], *, kind: Kind, found: Recognition) -> Look:
    """Return a table as a first look."""
    return Look(
        kind=kind,
        source=found.source,
        format=table.format,
        encoding=table.encoding or "",
        delimiter=table.delimiter or "",
        sheet=table.sheet or "",
        rows=table.total_estimate,
        columns=tuple(
            Column(index=index, name=name, field=found.mapping.get(index), samples=samples_of(index, sample))
            for index, name in enumerate(table.header)
        ),
        notes=(*table.notes, *found.notes),
        missing=tuple(found.missing),
    )


def samples_of(index: int, sample: Sequence[Sequence[Any]]) -> tuple[str, ...]:
    """Return the first different values of a column."""
    texts = (str(row[index]).strip() for row in sample if index < len(row))
    return tuple(dict.fromkeys(text[:SHOWN] for text in texts if text))[:SAMPLES]
