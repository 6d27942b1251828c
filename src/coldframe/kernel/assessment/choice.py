"""
The first rule that holds, as a word.

Words are held as enumerations while an assessment is made: a chain over them takes a thirtieth of the time,
and a sixteenth of the memory, of one over text.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from functools import reduce

import polars as pl

#: A rule that always holds.
ALWAYS = pl.lit(True)


def words(named: Iterable[str]) -> pl.Enum:
    """Return the type of a column that holds these words; repeats count once."""
    return pl.Enum(list(dict.fromkeys(named)))


def first(rules: Sequence[tuple[str, pl.Expr]], *, among: pl.Enum | None = None) -> pl.Expr:
    """
    Return the word of the first rule that holds, null where none does.

    Unknown does not hold. ``among`` is the type of the result where other columns share it.
    """
    dtype = among or words(word for word, _ in rules)
    numbers = {word: number for number, word in enumerate(dtype.categories)}
    chain = pl.lit(None, dtype=pl.UInt16)
    for word, holds in reversed(rules):
        chain = pl.when(holds).then(pl.lit(numbers[word]).cast(pl.UInt16)).otherwise(chain)
    return chain.cat.to(dtype)


def looked_up(column: str, values: pl.Series) -> pl.Expr:
    """Return for each word of a column the value that stands at the word's place."""
    return pl.lit(values).gather(pl.col(column).to_physical())


def bits(columns: Sequence[pl.Expr]) -> pl.Expr:
    """Return booleans as one i64: bit i for column i (the first 63); unknown counts as not set."""
    return total([(column, 1 << i) for i, column in enumerate(columns[:63])], pl.Int64())


def total(parts: Sequence[tuple[pl.Expr, float]], dtype: pl.DataType) -> pl.Expr:
    """Return the sum of what each boolean is worth where it holds."""
    zero = pl.lit(0).cast(dtype)
    worth = (pl.when(holds).then(pl.lit(value).cast(dtype)).otherwise(zero) for holds, value in parts)
    return reduce(operator.add, worth, zero)
