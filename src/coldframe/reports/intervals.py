"""Intervals for shares."""

from __future__ import annotations

from math import sqrt

#: Two-sided 95 %.
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
