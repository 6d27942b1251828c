"""
What would change if another playbook decided: both assess the same leads at the same instant, in memory.

Looking at everybody may take longer than somebody wants to wait, so it is bounded by time. Accounts are taken
in stretches that lie spread over the base, so that those looked at are a fair sample of all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import ceil
from time import monotonic

import polars as pl

from coldframe.kernel.assessment import assess
from coldframe.kernel.assessment.needs import Needs, needs
from coldframe.kernel.frames import Facts
from coldframe.kernel.playbook.model import Playbook
from coldframe.kernel.vocabulary import Disposition
from coldframe.nurture import facts as nurture
from coldframe.storage import reads

#: Accounts looked at together.
STRETCH = 400
#: Stretches follow each other by this part of the whole, which spreads any number of them evenly.
GOLDEN = 0.618033988749895
#: Leads that a move names.
EXAMPLES = 50
#: Where a lead goes, with its path where it is nurtured.
PLACE = ("disposition", "path")


@dataclass(frozen=True, kw_only=True)
class Move:
    """Leads that would go elsewhere: from where to where, how many, and some of them."""

    before: tuple[str, str | None]
    after: tuple[str, str | None]
    count: int
    lead_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What another playbook would say otherwise of the leads that were looked at."""

    looked_at: int
    lead_count: int
    moved: int
    #: Most leads first.
    moves: tuple[Move, ...]
    #: Dispositions of the leads that were looked at, by the one playbook and by the other.
    before: dict[str, int] = field(default_factory=dict)
    after: dict[str, int] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        """Whether everybody was looked at."""
        return self.looked_at >= self.lead_count


def effect(*, of: Playbook, against: Playbook, as_of: datetime, seconds: float) -> Effect:
    """
    Return what playbook ``of`` says otherwise than ``against``, of as many leads as fit into so many seconds.

    One stretch with somebody in it is looked at in any case. Nothing is stored.
    """
    wanted, ends, found = both(needs(of), needs(against)), monotonic() + seconds, []
    for accounts in stretches():
        began = monotonic()
        facts = nurture.load_facts(wanted, as_of=as_of, account_ids=accounts)
        if not facts.leads.is_empty():
            found.append(compared(facts, of=of, against=against, as_of=as_of))
        if found and monotonic() + (monotonic() - began) > ends:
            break
    return counted(pl.concat(found) if found else None)


def both(some: Needs, others: Needs) -> Needs:
    """Return what two playbooks read together."""
    return replace(
        some,
        leads=tuple(dict.fromkeys([*some.leads, *others.leads])),
        accounts=tuple(dict.fromkeys([*some.accounts, *others.accounts])),
        event_kinds=some.event_kinds | others.event_kinds,
    )


def stretches() -> Iterator[range]:
    """Yield all accounts, in stretches of their ids that lie far from each other."""
    last = reads.fetch_ids("SELECT COALESCE(MAX(id), 0) FROM leads_account")[0]
    count = ceil(last / STRETCH)
    for index in sorted(range(count), key=lambda each: (each * GOLDEN) % 1):
        yield range(index * STRETCH + 1, (index + 1) * STRETCH + 1)


def compared(facts: Facts, *, of: Playbook, against: Playbook, as_of: datetime) -> pl.DataFrame:
    """Return for each lead where it goes by the one playbook and by the other."""
    after = assess.assess(facts, playbook=of, as_of=as_of).select("lead_id", *PLACE)
    before = assess.assess(facts, playbook=against, as_of=as_of).select("lead_id", *PLACE)
    return before.join(after, on="lead_id", suffix="_after")


def counted(leads: pl.DataFrame | None) -> Effect:
    """Return the counts of what was compared."""
    total = reads.fetch_ids("SELECT COUNT(*) FROM leads_lead WHERE voided_at IS NULL")[0]
    if leads is None:
        return Effect(looked_at=0, lead_count=total, moved=0, moves=())
    other = [f"{name}_after" for name in PLACE]
    differs = pl.any_horizontal(
        *(pl.col(name).ne_missing(pl.col(after)) for name, after in zip(PLACE, other, strict=True))
    )
    moved = leads.filter(differs)
    moves = moved.group_by(*PLACE, *other).agg(
        pl.len().alias("count"), pl.col("lead_id").sort().head(EXAMPLES)
    )
    return Effect(
        looked_at=leads.height,
        lead_count=total,
        moved=moved.height,
        moves=tuple(
            Move(
                before=(row["disposition"], row["path"]),
                after=(row["disposition_after"], row["path_after"]),
                count=row["count"],
                lead_ids=tuple(row["lead_id"]),
            )
            for row in moves.sort("count", *PLACE, *other, descending=[True, *[False] * 4]).iter_rows(
                named=True
            )
        ),
        before=by_disposition(leads, "disposition"),
        after=by_disposition(leads, "disposition_after"),
    )


def by_disposition(leads: pl.DataFrame, column: str) -> dict[str, int]:
    found = dict(leads.group_by(column).len().iter_rows())
    return {each.value: found.get(each.value, 0) for each in Disposition}
