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

#: A status as a column of the working frame.
STATUS = pl.Enum([status.value for status in LeadStatus])
#: Reasons of the machine's own, besides the rules of the playbook: sales still has the lead under review, or
#: accepted; its deadline passed; it came back from sales; it fell quiet again; it was taken back after
#: having been let go.
REASONS = ("awaiting_verdict", "accepted", "lapsed", "recycled", "quiet_again", "taken_back")

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
    status = pl.col("status").cast(STATUS).fill_null(_word(_NEW))
    opportunity = pl.col("opportunity.state")
    waited = pl.col("status_since").fill_null(now) + OPPORTUNITY_WITHIN <= now
    is_over = (opportunity == OpportunityState.LOST.value) | (opportunity.is_null() & waited)
    return (
        pl.when((status == _ACCEPTED.value) & is_over.fill_null(False))
        .then(_word(_NURTURE))
        .otherwise(status)
    )


def _word(status: LeadStatus) -> pl.Expr:
    return pl.lit(status.value, dtype=STATUS)


def next_status(*, reasons: pl.Enum) -> list[pl.Expr]:
    """
    Return ``status`` and ``status_reason`` that follow an assessment.

    Over ``status`` (as ``released`` gives it), ``was`` (as stored), ``disposition``, ``reason`` (of the type
    ``reasons``, which includes ``REASONS``), ``sends_to`` (the status of a lead that goes to sales),
    ``is_overdue`` (sales' deadline has passed). Sales keeps a lead under review until its deadline, and an
    accepted one until ``released``; every other status follows the disposition.
    """
    status, disposition = pl.col("status"), pl.col("disposition")
    to_sales = disposition == Disposition.TO_SALES.value
    gives_up = pl.col("is_overdue") & ~to_sales
    is_accepted = pl.col("sends_to").eq_missing(_word(_ACCEPTED))
    keeps = (status == _ACCEPTED.value) | ((status == _REVIEW.value) & ~gives_up & ~is_accepted)
    follows = (
        pl.when(to_sales)
        .then(pl.col("sends_to"))
        .when(disposition == Disposition.LET_GO.value)
        .then(_word(_DISQUALIFIED))
        .otherwise(_word(_NURTURE))
    )
    return [
        pl.when(keeps).then(status).otherwise(follows).alias("status"),
        _why(keeps, to_sales, reasons).alias("status_reason"),
    ]


def _why(keeps: pl.Expr, to_sales: pl.Expr, reasons: pl.Enum) -> pl.Expr:
    status = pl.col("status")
    nurtured = ~keeps & (pl.col("disposition") == Disposition.NURTURE.value)
    cases = {
        "awaiting_verdict": keeps & ~to_sales & (status == _REVIEW.value),
        "accepted": keeps & ~to_sales,
        "lapsed": nurtured & (status == _REVIEW.value),
        "recycled": nurtured & (pl.col("was") == _ACCEPTED.value).fill_null(False),
        "quiet_again": nurtured & (status == _RE_ENGAGED.value),
        "taken_back": nurtured & (status == _DISQUALIFIED.value),
    }
    why = pl.col("reason")
    for word, case in reversed(cases.items()):
        why = pl.when(case).then(pl.lit(word, dtype=reasons)).otherwise(why)
    return why
