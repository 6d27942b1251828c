"""
The machine of a lead's status: which status may follow which, and which one does.

Vectorised over leads; pure. Who moves leads asks ``may_follow`` first.
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from coldframe.kernel.vocabulary import Disposition, LeadStatus, OpportunityState

#: Sales has so long to turn an accepted lead into an opportunity; then it is recycled.
OPPORTUNITY_WITHIN = timedelta(days=30)
#: No deadline of sales is shorter than this for the machine, however quick the agreed answer.
LEAST_DEADLINE = timedelta(days=1)

_NEW, _REVIEW, _NURTURE = LeadStatus.NEW, LeadStatus.SALES_REVIEW, LeadStatus.NURTURE
_RE_ENGAGED, _ACCEPTED, _DISQUALIFIED = (
    LeadStatus.RE_ENGAGED,
    LeadStatus.SALES_ACCEPTED,
    LeadStatus.DISQUALIFIED,
)

#: What may follow each status, besides itself. Nothing goes back to NEW.
LEGAL: dict[LeadStatus, frozenset[LeadStatus]] = {
    _NEW: frozenset({_REVIEW, _NURTURE, _RE_ENGAGED, _ACCEPTED, _DISQUALIFIED}),
    _REVIEW: frozenset({_ACCEPTED, _NURTURE, _RE_ENGAGED, _DISQUALIFIED}),
    _NURTURE: frozenset({_REVIEW, _RE_ENGAGED, _ACCEPTED, _DISQUALIFIED}),
    _RE_ENGAGED: frozenset({_REVIEW, _NURTURE, _ACCEPTED, _DISQUALIFIED}),
    _ACCEPTED: frozenset({_REVIEW, _NURTURE, _RE_ENGAGED, _DISQUALIFIED}),
    _DISQUALIFIED: frozenset({_REVIEW, _NURTURE, _RE_ENGAGED, _ACCEPTED}),
}


def may_follow(before: LeadStatus, after: LeadStatus) -> bool:
    """Return whether a lead may go from one status to another; staying is always legal."""
    return before == after or after in LEGAL[before]


def released(*, now: pl.Expr) -> pl.Expr:
    """
    Return the status with which a lead enters an assessment: what the clock has ended is over.

    ``now`` is the instant; over ``status`` (null: NEW), ``status_since`` and ``opportunity.state``. An accepted lead whose deal
    was lost, or that has had no deal for ``OPPORTUNITY_WITHIN``, is back in nurture.
    """
    status = pl.col("status").fill_null(_NEW.value)
    opportunity = pl.col("opportunity.state")
    waited = pl.col("status_since").fill_null(now) + OPPORTUNITY_WITHIN <= now
    is_over = (opportunity == OpportunityState.LOST.value) | (opportunity.is_null() & waited)
    return (
        pl.when((status == _ACCEPTED.value) & is_over.fill_null(False))
        .then(pl.lit(_NURTURE.value))
        .otherwise(status)
    )


def next_status() -> list[pl.Expr]:
    """
    Return ``status`` and ``status_reason`` that follow an assessment.

    Over ``status`` (as ``released`` gives it), ``was`` (as stored), ``disposition``, ``reason``,
    ``sends_to`` (the status of a lead that goes to sales), ``is_overdue`` (sales' deadline has passed).
    Sales keeps a lead under review until its deadline, and an accepted one until ``released``; every
    other status follows the disposition.
    """
    status, disposition = pl.col("status"), pl.col("disposition")
    to_sales = disposition == Disposition.TO_SALES.value
    deal = pl.col("reason").str.starts_with("opportunity:")
    keeps = ((status == _ACCEPTED.value) & ~deal) | (
        (status == _REVIEW.value)
        & ~(pl.col("is_overdue") & ~to_sales)
        & pl.col("sends_to").ne_missing(pl.lit(_ACCEPTED.value))
    )
    nurtured = ~keeps & (disposition == Disposition.NURTURE.value)
    follows = (
        pl.when(to_sales)
        .then(pl.col("sends_to"))
        .when(disposition == Disposition.LET_GO.value)
        .then(pl.lit(_DISQUALIFIED.value))
        .otherwise(pl.lit(_NURTURE.value))
    )
    why = (
        pl.when(keeps & ~to_sales)
        .then(pl.when(status == _REVIEW.value).then(pl.lit("awaiting_verdict")).otherwise(pl.lit("accepted")))
        .when(nurtured & (status == _REVIEW.value))
        .then(pl.lit("lapsed"))
        .when(nurtured & (pl.col("was") == _ACCEPTED.value))
        .then(pl.lit("recycled"))
        .when(nurtured & (status == _DISQUALIFIED.value))
        .then(pl.lit("taken_back"))
        .when(nurtured & (status == _RE_ENGAGED.value))
        .then(pl.lit("quiet_again"))
        .otherwise(pl.col("reason"))
    )
    return [pl.when(keeps).then(status).otherwise(follows).alias("status"), why.alias("status_reason")]
