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
#: Frames, beside accounts and leads, whose rows name their account.
BY_ACCOUNT = ("opportunities", "touches", "enrollments", "handoffs", "consents", "overrides")
#: So many times more ids than leads is too many for a table by position.
SPARSE = 20


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
    numbered = facts.leads.select(pl.col("account_id").unique().sort()).with_row_index("part")
    numbered = numbered.with_columns(pl.col("part") // accounts_at_a_time)
    part_of_lead = facts.leads.select("lead_id", "account_id").join(numbered, on="account_id")
    part_of_event = _parts(facts.events["lead_id"], part_of_lead)
    for part in range(max(1, -(-numbered.height // accounts_at_a_time))):
        accounts = numbered.lazy().filter(pl.col("part") == part).select("account_id")
        yield Facts(
            leads=_of(facts.leads, accounts, "account_id"),
            accounts=_of(facts.accounts, accounts, "account_id"),
            events=facts.events.filter(part_of_event == part),
            shapes=facts.shapes,
            **{name: _of(getattr(facts, name), accounts, "account_id") for name in BY_ACCOUNT},
        )


def _parts(lead_ids: pl.Series, part_of_lead: pl.DataFrame) -> pl.Series:
    """
    Return the part of each event, null for a lead that is in none.

    Ids of leads mostly count up from one: then a table looked up by position is five times faster than a join.
    """
    last = max(_last(lead_ids), _last(part_of_lead["lead_id"]))
    if last > SPARSE * (part_of_lead.height + 1):
        events = lead_ids.to_frame("lead_id").join(
            part_of_lead, on="lead_id", how="left", maintain_order="left"
        )
        return events["part"]
    positions = pl.DataFrame({"lead_id": pl.int_range(last + 1, eager=True)})
    table = positions.join(part_of_lead, on="lead_id", how="left", maintain_order="left")["part"]
    return table.gather(lead_ids)


def _last(ids: pl.Series) -> int:
    found = ids.max()
    return found if isinstance(found, int) else 0


def _of(frame: pl.DataFrame, members: pl.LazyFrame, key: str) -> pl.DataFrame:
    return frame.lazy().join(members, on=key, how="semi").collect()
