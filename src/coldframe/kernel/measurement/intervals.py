"""Intervals for shares."""

from __future__ import annotations

from math import sqrt

import polars as pl

#: Two-sided 95 %: the 0.975 quantile of the standard normal distribution.
Z = 1.959963984540054


def wilson(count: int, of: int) -> tuple[float, float]:
    """
    Return the 95 % Wilson score interval of a share; (0, 1) where nothing was seen.

    Center (p + z²/2n) / (1 + z²/n), half-width z/(1 + z²/n) · √(p(1-p)/n + z²/4n²).
    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927).

    >>> [round(bound, 4) for bound in wilson(10, 100)]
    [0.0552, 0.1744]
    """
    if not of:
        return 0.0, 1.0
    share, weight = count / of, Z * Z / of
    center = (share + weight / 2) / (1 + weight)
    half = Z / (1 + weight) * sqrt(share * (1 - share) / of + weight / (4 * of))
    # At 0 and at all the bound is exact; floating point must not say otherwise.
    return (0.0 if count == 0 else max(0.0, center - half)), (1.0 if count == of else min(1.0, center + half))


def wilson_bounds(count: pl.Expr, of: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Return the bounds of ``wilson`` for columns of counts: of each row the same numbers."""
    share, weight = count / of, Z * Z / of
    center = (share + weight / 2) / (1 + weight)
    half = Z / (1 + weight) * (share * (1 - share) / of + weight / (4 * of)).sqrt()
    low = pl.when((of == 0) | (count == 0)).then(0.0).otherwise((center - half).clip(0.0, 1.0))
    high = pl.when((of == 0) | (count == of)).then(1.0).otherwise((center + half).clip(0.0, 1.0))
    return low, high
