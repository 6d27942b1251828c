"""Which sources bring good fits."""

from __future__ import annotations

import polars as pl

from coldframe.kernel.measurement.intervals import wilson
from coldframe.kernel.vocabulary import Disposition, FitVerdict
from coldframe.reports import filters
from coldframe.reports.findings import Source

NO_SOURCE = "No source given"


def compare(leads: pl.DataFrame, *, has_lists: bool) -> tuple[Source, ...]:
    """
    Return each source with what it brings, largest first.

    ``leads`` has one row per lead: ``source``, ``fit_verdict``, ``disposition``. Spellings that differ only
    in case and outer spaces are one source, shown as most of its leads have it.
    """
    spelled = leads.with_columns(pl.col("source").str.strip_chars().str.to_lowercase().alias("key"))
    spellings = spelled.group_by("key", "source").len().sort("len", "source", descending=[True, False])
    names = spellings.group_by("key", maintain_order=True).agg(pl.col("source"))
    counts = spelled.group_by("key").agg(
        pl.len().alias("count"),
        (pl.col("fit_verdict") == FitVerdict.GOOD).sum().alias("good"),
        (pl.col("fit_verdict") == FitVerdict.UNDETERMINED).sum().alias("undetermined"),
        (pl.col("disposition") == Disposition.TO_SALES).sum().alias("to_sales"),
    )
    rows = counts.join(names, on="key", nulls_equal=True).sort("count", "key", descending=[True, False])
    columns = ("source", "count", "good", "undetermined", "to_sales")
    return tuple(source(*row, has_lists=has_lists) for row in rows.select(columns).iter_rows())


def source(
    spellings: list[str | None], count: int, good: int, undetermined: int, to_sales: int, *, has_lists: bool
) -> Source:
    """Return one source with its interval."""
    low, high = wilson(good, count)
    return Source(
        key=spellings[0] or "",
        label=spellings[0] or NO_SOURCE,
        count=count,
        good_count=good,
        good_low=round(low, 4),
        good_high=round(high, 4),
        undetermined_count=undetermined,
        to_sales_count=to_sales,
        leads=filters.query(source=spellings),
        good_leads=filters.query(source=spellings, verdict=FitVerdict.GOOD.value) if has_lists else None,
    )
