"""
The assessment, so many accounts at a time, on this machine.

Polars already uses every core on one partition; partitions bound the memory. An account is never split, and
the result is the same as that of the whole: a test says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import polars as pl

from coldframe.kernel.assessment.assess import assess
from coldframe.kernel.frames import Facts
from coldframe.kernel.playbook.model import Playbook

#: Memory for the working frames of so many accounts stays in the tens of megabytes.
ACCOUNTS_AT_A_TIME = 50_000


def assess_in_partitions(
    facts: Facts, *, playbook: Playbook, as_of: datetime, accounts_at_a_time: int = ACCOUNTS_AT_A_TIME
) -> pl.DataFrame:
    """Return what ``kernel.assessment.assess`` says of the facts, holding few accounts at a time."""
    parts = [assess(part, playbook=playbook, as_of=as_of) for part in partitions(facts, accounts_at_a_time)]
    return pl.concat(parts).sort("lead_id")


def partitions(facts: Facts, accounts_at_a_time: int = ACCOUNTS_AT_A_TIME) -> Iterator[Facts]:
    """
    Yield the facts of so many whole accounts after another; at least one part, even of nothing.

    Events of leads that are not among ``leads`` belong to no part: nothing is said of those leads.
    """
    numbered = facts.leads.select(pl.col("account_id").unique().sort()).with_row_index("number")
    numbered = numbered.with_columns(pl.col("number") // accounts_at_a_time)
    part_of_lead = facts.leads.select("lead_id", "account_id").join(numbered, on="account_id")
    for number in range(max(1, -(-numbered.height // accounts_at_a_time))):
        accounts = numbered.lazy().filter(pl.col("number") == number).select("account_id")
        leads = part_of_lead.lazy().filter(pl.col("number") == number).select("lead_id")
        yield Facts(
            leads=_of(facts.leads, accounts, "account_id"),
            accounts=_of(facts.accounts, accounts, "account_id"),
            events=_of(facts.events, leads, "lead_id"),
            shapes=facts.shapes,
            opportunities=_of(facts.opportunities, accounts, "account_id"),
        )


def _of(frame: pl.DataFrame, members: pl.LazyFrame, key: str) -> pl.DataFrame:
    return frame.lazy().join(members, on=key, how="semi").collect()
