"""A number that looks random and never changes: for shares and hours that must be the same in every run."""

from __future__ import annotations

import polars as pl

#: Finalizer of SplitMix64 (Steele, Lea, Flood 2014).
_FIRST, _SECOND = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


def mixed(ids: pl.Expr, *, salt: int) -> pl.Expr:
    """
    Return each id as a u64 whose bits are all equally likely, and independent between salts.

    Multiplication of u64 wraps around in Polars, as SplitMix64 asks for.
    """
    x = ids.cast(pl.UInt64) + _u64(salt)
    x = (x ^ (x // (1 << 30))) * _u64(_FIRST)
    x = (x ^ (x // (1 << 27))) * _u64(_SECOND)
    return x ^ (x // (1 << 31))


def fraction(ids: pl.Expr, *, salt: int) -> pl.Expr:
    """Return each id as a number from 0 up to, and without, 1."""
    return (mixed(ids, salt=salt) // (1 << 11)).cast(pl.Float64) / float(1 << 53)


def _u64(value: int) -> pl.Expr:
    return pl.lit(value, dtype=pl.UInt64)
