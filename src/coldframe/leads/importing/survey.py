"""
One reading of the whole file before anything is taken in.

What is decided per column needs all of the column: the order of day and month, the kind of a field of
one's own. And rows that speak of the same record must meet in one chunk, or the last of them would
overwrite the first again with every import of the same file.
"""

from __future__ import annotations

import gc
import hashlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from coldframe.leads.importing.customfields import KindGuess
from coldframe.leads.importing.dates import ColumnDates, OrderFinder
from coldframe.leads.importing.rows import Row
from coldframe.leads.importing.tables import Table

#: What rows of one record have in common: from a cell, or None.
KeyOf = Callable[[Any], str | None]
ROWS_AT_A_TIME = 5_000


@dataclass(kw_only=True)
class Survey:
    """What the whole file says of itself."""

    file_hash: str
    #: Rows of data, refused ones too.
    row_count: int = 0
    #: Column index -> order of its dates.
    dates: dict[int, ColumnDates] = field(default_factory=dict)
    #: Column index -> kind of its values.
    kinds: dict[int, str] = field(default_factory=dict)
    #: Hashes of keys that more than one row has.
    shared: frozenset[int] = frozenset()


@contextmanager
def without_collecting() -> Iterator[None]:
    """
    Keep Python from looking for reference cycles: rows make none, and looking takes a third of an import.

    What a chunk made goes with the chunk, by its reference counts.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@without_collecting()
def take(
    table: Table,
    *,
    date_columns: Sequence[int],
    open_columns: Sequence[int],
    key_columns: Sequence[tuple[int, str, KeyOf]],
) -> Survey:
    """Read the file once; ``key_columns`` are (column, name of the key, how to read it)."""
    finders = {index: OrderFinder() for index in date_columns}
    guesses = {index: KindGuess() for index in open_columns}
    keys = array("q")
    survey = Survey(file_hash=hash_of(table.path))
    for rows in in_chunks(table.rows(), ROWS_AT_A_TIME):
        survey.row_count += len(rows)
        usable = [row for row in rows if row.refusal is None]
        for index, finder in finders.items():
            for cell in {row.cells[index] for row in usable}:
                finder.add(cell)
        for index, guess in guesses.items():
            guess.add({row.cells[index] for row in usable})
        for name in {name for _, name, _ in key_columns}:
            keys.extend(hashes(usable, [each for each in key_columns if each[1] == name]))
    survey.dates = {index: finder.decide() for index, finder in finders.items()}
    survey.dates |= {index: ColumnDates(order=guess.order) for index, guess in guesses.items()}
    survey.kinds = {index: guess.kind for index, guess in guesses.items()}
    survey.shared = repeated(keys)
    return survey


def hashes(rows: Sequence[Row], columns: Sequence[tuple[int, str, KeyOf]]) -> Iterable[int]:
    """Return hashes of the keys of one name in rows; two columns of one row with the same key count once."""
    if len(columns) > 1:
        return (each for row in rows for each in set(keys_of(row, columns)))
    [(index, name, key_of)] = columns
    return [hash((name, key)) for row in rows if (key := key_of(row.cells[index]))]


def keys_of(row: Row, key_columns: Sequence[tuple[int, str, KeyOf]]) -> list[int]:
    """Return hashes of the keys of a row."""
    found = ((name, key_of(row.cells[index])) for index, name, key_of in key_columns)
    return [hash(each) for each in found if each[1]]


def repeated(keys: array[int]) -> frozenset[int]:
    """Return the keys that occur more than once."""
    series = pl.Series(keys, dtype=pl.Int64)
    return frozenset(series.filter(series.is_duplicated()).unique().to_list())


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def in_chunks(rows: Iterable[Row], size: int) -> Iterable[list[Row]]:
    """Yield rows in lists of ``size``."""
    chunk: list[Row] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def families(rows: Sequence[Row], keys: Callable[[Row], Iterable[int]]) -> list[list[Row]]:
    """Return rows that share a key, directly or through others, together; in the order of the file."""
    parent = list(range(len(rows)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    first: dict[int, int] = {}
    for index, row in enumerate(rows):
        for key in keys(row):
            one, other = sorted((root(first.setdefault(key, index)), root(index)))
            parent[other] = one
    found: dict[int, list[Row]] = {}
    for index, row in enumerate(rows):
        found.setdefault(root(index), []).append(row)
    return list(found.values())


def packs(groups: Iterable[list[Row]], size: int) -> Iterable[list[Row]]:
    """Yield groups in chunks of about ``size`` rows; a group is never divided."""
    chunk: list[Row] = []
    for group in groups:
        chunk += group
        if len(chunk) >= size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
