"""Charts of how leads are spread over the values of one column."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import polars as pl

from coldframe.reports import filters
from coldframe.reports.findings import Chart, Figure

Label = Callable[[str], str]


def spread(
    leads: pl.DataFrame,
    *,
    key: str,
    title: str,
    column: str,
    filter_name: str | None,
    label: Label = str,
    none: str = "None",
    order: Iterable[str] | None = None,
    note: str = "",
) -> Chart:
    """
    Return how many of ``leads`` have each value of a column, most frequent first, or in the given order.

    Values of ``order`` that nobody has are shown with 0. ``filter_name`` is ``None`` where no list of the
    rows behind exists.
    """
    counted = leads.group_by(column).len().rows()
    counts: dict[str | None, int] = {None if value is None else str(value): count for value, count in counted}
    values: list[str | None] = (
        [*order] if order is not None else sorted(filter_none(counts), key=lambda v: (-counts[v], v))
    )
    values += [value for value in counts if value not in values]
    figures = tuple(
        Figure(
            key=value or "",
            label=label(value) if value is not None else none,
            count=counts.get(value, 0),
            of=leads.height,
            leads=filters.query(**{filter_name: value}) if filter_name else None,
        )
        for value in values
    )
    return Chart(key=key, title=title, figures=figures, note=note)


def filter_none(values: Iterable[str | None]) -> list[str]:
    """Return the values that are there."""
    return [value for value in values if value is not None]
