"""Whose account sales is at work on: nurture is silent there for everybody."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from coldframe.kernel.frames import empty
from coldframe.kernel.planning.prepared import NOW, Prepared
from coldframe.kernel.playbook import expressions
from coldframe.kernel.running import collected
from coldframe.kernel.vocabulary import LeadStatus, OpportunityState

#: Why an account is silent; of several the first.
REASONS = ("a deal is open", "sales follows up", "sales looks at it")
DEAL, ACCEPTED, REVIEW = range(3)
SILENT: dict[str, pl.DataType | type[pl.DataType]] = {"account_id": pl.Int64, "silence": pl.String}


def silent_accounts(
    assessed: pl.DataFrame, opportunities: pl.DataFrame, prepared: Prepared, *, as_of: datetime
) -> pl.DataFrame:
    """
    Return ``account_id`` and ``silence`` (why, for people) of the accounts that sales is at work on.

    A lead in sales review or accepted by sales, or a deal that is open at the instant, silences its whole account.
    ``assessed``: ``account_id`` and the final ``status``.
    """
    at_work, by_status, is_open, by_deal, why = prepared.kept(_rules)
    status = assessed["status"]
    is_at_work = (status == LeadStatus.SALES_ACCEPTED.value).any() or (
        status == LeadStatus.SALES_REVIEW.value
    ).any()
    if not is_at_work and opportunities.is_empty():
        return empty(SILENT)
    deals = opportunities.lazy().with_columns(expressions.instant(as_of).alias("now")).filter(is_open)
    found = pl.concat([assessed.lazy().filter(at_work).select(by_status), deals.select(by_deal)])
    return collected(found.group_by("account_id").agg(why), rows=assessed.height)


def _rules(prepared: Prepared) -> tuple[pl.Expr, list[pl.Expr], pl.Expr, list[pl.Expr], pl.Expr]:
    status = pl.col("status")
    is_accepted = status == LeadStatus.SALES_ACCEPTED.value
    at_work = is_accepted | (status == LeadStatus.SALES_REVIEW.value)
    account, number = pl.col("account_id"), pl.Int8
    word = pl.col("why").min().replace_strict(dict(enumerate(REASONS)), return_dtype=pl.String)
    return (
        at_work,
        [account, pl.when(is_accepted).then(ACCEPTED).otherwise(REVIEW).cast(number).alias("why")],
        _is_open(),
        [account, pl.lit(DEAL, dtype=number).alias("why")],
        word.alias("silence"),
    )


def _is_open() -> pl.Expr:
    """A deal opened later does not exist yet, and one that was closed later is still open."""
    begun = (pl.col("opened_at") <= NOW) | pl.col("opened_at").is_null()
    closes_later = (pl.col("closed_at") > NOW).fill_null(False)
    return begun & ((pl.col("state") == OpportunityState.OPEN.value) | closes_later)
