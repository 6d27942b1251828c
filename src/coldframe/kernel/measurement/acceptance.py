"""Acceptance: of the leads that sales answered, how many it took up."""

from __future__ import annotations

from enum import StrEnum

import polars as pl

from coldframe.kernel.frames import INSTANT
from coldframe.kernel.measurement.intervals import wilson_bounds
from coldframe.kernel.vocabulary import HandoffState, Verdict

#: One row per handoff: what is counted.
OUTCOMES: dict[str, pl.DataType | type[pl.DataType]] = {
    "handoff_id": pl.Int64,
    "opened_at": INSTANT,
    "state": pl.String,  # a word of HandoffState
    "answer": pl.String,  # ? a word of Verdict; null: sales has said nothing
}
#: What can have become of a handoff, and the condition over ``OUTCOMES``.
COUNTS: dict[str, pl.Expr] = {
    "opened": pl.col("state").is_not_null(),
    "answered": pl.col("answer").is_not_null(),
    "accepted": pl.col("answer").eq_missing(Verdict.ACCEPTED.value),
    "returned": pl.col("answer").ne(Verdict.ACCEPTED.value).fill_null(False),
    **{
        verdict.value.lower(): pl.col("answer").eq_missing(verdict.value)
        for verdict in Verdict
        if verdict is not Verdict.ACCEPTED
    },
    "waiting": pl.col("answer").is_null() & (pl.col("state") == HandoffState.OPEN.value),
    "lapsed": pl.col("answer").is_null() & (pl.col("state") == HandoffState.LAPSED.value),
    "overtaken": pl.col("answer").is_null() & (pl.col("state") == HandoffState.CLOSED.value),
}
#: A share whose whole interval lies on one side of this leans to that side.
HALF = 0.5


class Leaning(StrEnum):
    """Which way the answers to a group of handoffs go, as far as they are enough to say."""

    #: The whole interval lies above one half.
    ACCEPTED = "ACCEPTED"
    #: The whole interval lies below one half.
    RETURNED = "RETURNED"
    #: One half lies in the interval: too few answers, or about as many of either kind.
    UNSURE = "UNSURE"


def acceptance(outcomes: pl.DataFrame, *, by: str | None = None) -> pl.DataFrame:
    """
    Count what became of handoffs, in groups, and say which share sales accepted.

    Parameters
    ----------
    outcomes
        One row per handoff: columns of ``OUTCOMES``, and the column ``by``. Where a handoff belongs to several
        groups, one row for each of them.
    by
        The column to group by, str or null (a group of its own: nobody knows); None: all in one group.

    Returns
    -------
    One row per group, those with most handoffs first, then by name, null last: ``key`` str, for each of
    ``COUNTS`` a ``…_count`` i64, ``acceptance_rate`` f64 (0 to 1; null where nothing was answered), ``rate_low``
    and ``rate_high`` f64, ``leaning`` str, a word of ``Leaning``.

    Notes
    -----
    acceptance_rate = accepted / answered. What waits, lapsed or was overtaken is no answer, and stands in neither.
    Bounds: 95 % Wilson score interval (see ``intervals``), (0, 1) where nothing was answered. It takes answers for
    independent; several episodes of one lead are less so, and the interval is then somewhat too narrow.

    Examples
    --------
    >>> said = pl.DataFrame({"handoff_id": [1, 2, 3], "state": ["ANSWERED", "ANSWERED", "OPEN"],
    ...     "answer": ["ACCEPTED", "NOT_NOW", None], "trigger": ["Ready"] * 3})
    >>> acceptance(said, by="trigger").select("opened_count", "answered_count", "acceptance_rate").row(0)
    (3, 2, 0.5)
    """
    low, high = wilson_bounds(pl.col("accepted_count"), pl.col("answered_count"))
    key = pl.lit(None, dtype=pl.String) if by is None else pl.col(by)
    return (
        outcomes.with_columns(key.alias("key"))
        .group_by("key")
        .agg(holds.cast(pl.Int64).sum().alias(f"{name}_count") for name, holds in COUNTS.items())
        .with_columns(
            pl.when(pl.col("answered_count") > 0)
            .then(pl.col("accepted_count") / pl.col("answered_count"))
            .alias("acceptance_rate"),
            low.alias("rate_low"),
            high.alias("rate_high"),
        )
        .with_columns(
            pl.when(pl.col("rate_high") < HALF)
            .then(pl.lit(Leaning.RETURNED.value))
            .when(pl.col("rate_low") > HALF)
            .then(pl.lit(Leaning.ACCEPTED.value))
            .otherwise(pl.lit(Leaning.UNSURE.value))
            .alias("leaning")
        )
        .sort("opened_count", "key", descending=[True, False], nulls_last=True)
    )
