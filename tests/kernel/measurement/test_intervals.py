"""The interval of a share, checked against published values."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldframe.kernel.measurement.intervals import wilson, wilson_bounds

#: R. G. Newcombe, Two-sided confidence intervals for the single proportion, Statistics in Medicine 17 (1998), table I,
#: method 3: score, 95 %, without correction for continuity.
PUBLISHED = [
    (81, 263, 0.2553, 0.3662),
    (15, 148, 0.0624, 0.1605),
    (0, 20, 0.0000, 0.1611),
    (1, 29, 0.0061, 0.1718),
]


@pytest.mark.parametrize(("count", "of", "low", "high"), PUBLISHED)
def test_the_interval_is_the_published_one(count, of, low, high):
    assert tuple(round(bound, 4) for bound in wilson(count, of)) == (low, high)


def test_of_nothing_nothing_is_known():
    assert wilson(0, 0) == (0.0, 1.0)


@given(st.integers(0, 5_000).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_a_column_has_the_bounds_that_each_share_has_alone(pair):
    count, of = pair
    low, high = wilson_bounds(pl.col("count"), pl.col("of"))

    found = pl.DataFrame({"count": [count], "of": [of]}).select(low.alias("low"), high.alias("high")).row(0)

    assert found == pytest.approx(wilson(count, of), abs=1e-12)
    assert 0.0 <= found[0] <= (count / of if of else 0.0) + 1e-12
    assert (count / of if of else 1.0) - 1e-12 <= found[1] <= 1.0
