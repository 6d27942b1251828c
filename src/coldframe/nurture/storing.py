"""
Writing what changed: a slice of leads is staged, and a few statements keep it, in one transaction.

The same SQL on SQLite and PostgreSQL; no row passes through Python on its way from table to table.
"""

from __future__ import annotations

import threading
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from coldframe.kernel import KERNEL_VERSION
from coldframe.kernel.vocabulary import Refusal
from coldframe.leads import due
from coldframe.nurture import account_standings, frames
from coldframe.storage import reads
from coldframe.storage.links import AlreadyThere, Link

if TYPE_CHECKING:
    import polars as pl

STAGED = "changed_leads"
ASSESSMENT = ("lead_id", "account_id", *frames.KEPT, *frames.BITS)
STANDING = ("lead_id", "account_id", *frames.KEPT, "status", "status_since")


class DecidedElsewhere(Refusal):
    """Another run has assessed the same leads in the meantime."""


#: One thread alone looks for the cycle of a run and makes it.
OPENING = threading.Lock()


class InCycle(Protocol):
    """The cycle that decisions are kept in."""

    @property
    def as_of(self) -> datetime:
        """Return the instant they speak for."""

    def sql(self) -> str:
        """Return the SQL of the cycle's id."""


@dataclass(frozen=True, kw_only=True)
class CycleKey:
    """What tells a run's cycle: one that was killed is gone on with at the same instant and policy."""

    as_of: datetime
    version_id: int

    def sql(self) -> str:
        """Return the SQL of its id; NULL while there is none."""
        return f"(SELECT MAX(id) FROM nurture_cycle WHERE {self.condition()})"

    def condition(self) -> str:
        at = reads.instant(self.as_of)
        return f"as_of = {at} AND playbook_version_id = {self.version_id} AND finished_at IS NULL"


def store(
    link: Link,
    changed: pl.DataFrame,
    cycle: CycleKey,
    *,
    due_ids: Collection[int] = (),
    are_all: bool = False,
) -> None:
    """
    Keep the changes of whole accounts (``frames.changes``): all of them, durably, or nothing.

    The accounts ``due_ids`` become due with it. ``are_all``: no other lead of these accounts has been assessed. Raises ``DecidedElsewhere`` where a lead no longer stands as it did
    when it was read.
    """
    ensure_cycle(link, cycle)
    with link.transaction():
        keep(link, changed, cycle, are_all=are_all)
        for sql in due.statements(account_ids=due_ids, at=cycle.as_of):
            link.run(sql)


def ensure_cycle(link: Link, cycle: CycleKey) -> None:
    """Make the run's cycle unless it is there."""
    with OPENING:
        if link.number(f"SELECT {cycle.sql()}") is None:
            with link.transaction():
                link.run(insert_cycle(cycle))


def keep(link: Link, changed: pl.DataFrame, cycle: InCycle, *, are_all: bool = False) -> None:
    """
    Keep the changes of whole accounts inside the open transaction; raises ``DecidedElsewhere``.

    ``are_all``: no other lead of these accounts has been assessed.

    What has nothing to do is not asked for: looking through the tables to find that out takes as long.
    """
    known, new = changed["was_cycle_id"].count(), changed["was_cycle_id"].null_count()
    link.stage(STAGED, changed)
    if known:
        refuse_if_fewer(link.run(update_standing(cycle)), known)
    if new:
        insert_new(link, cycle, expected=new)
    link.run(insert_assessments(cycle))
    link.run(insert_transitions(cycle))
    if are_all and not known:
        link.run(account_standings.keeping_all_of(STAGED))
    else:
        link.run(account_standings.keeping(f"l.account_id IN (SELECT account_id FROM {STAGED})"))
    link.run(f"DROP TABLE {STAGED}")


def insert_new(link: Link, cycle: InCycle, *, expected: int) -> None:
    """Give leads never assessed their standing; PostgreSQL takes half as long again for ``ON CONFLICT``."""
    try:
        link.run(insert_standing(cycle))
    except AlreadyThere:
        refuse_if_fewer(0, expected)


def insert_cycle(cycle: CycleKey) -> str:
    """Return the SQL that makes the cycle unless it is there."""
    at = reads.instant(cycle.as_of)
    return f"""INSERT INTO nurture_cycle (as_of, playbook_version_id, kernel_version, started_at, counts)
               SELECT {at}, {cycle.version_id}, {reads.text(KERNEL_VERSION)}, {at}, '{{}}'
                WHERE NOT EXISTS (SELECT 1 FROM nurture_cycle WHERE {cycle.condition()})"""


def refuse_if_fewer(written: int, expected: int) -> None:
    if written != expected:
        raise DecidedElsewhere(
            "Another run has assessed the same leads in the meantime.",
            expected=f"{expected} leads as they were read",
            got=f"{written}",
            advice="Nothing of this part was kept. Run the command again when the other one is done.",
        )


def update_standing(cycle: InCycle) -> str:
    """Return the SQL that moves leads assessed before; a lead that another run has written is left alone."""
    values = ", ".join(f"{name} = c.{name}" for name in STANDING if name != "lead_id")
    return f"""UPDATE nurture_standing SET cycle_id = {cycle.sql()}, {values} FROM {STAGED} c
                WHERE c.lead_id = nurture_standing.lead_id AND c.was_cycle_id = nurture_standing.cycle_id"""


def insert_standing(cycle: InCycle) -> str:
    """Return the SQL that gives leads never assessed their standing."""
    names = ", ".join(STANDING)
    return f"""INSERT INTO nurture_standing (cycle_id, {names}) SELECT {cycle.sql()}, {names} FROM {STAGED}
                WHERE was_cycle_id IS NULL"""


def insert_assessments(cycle: InCycle) -> str:
    names = ", ".join(ASSESSMENT)
    return f"""INSERT INTO nurture_assessment (cycle_id, {names})
               SELECT {cycle.sql()}, {names} FROM {STAGED}"""


def insert_transitions(cycle: InCycle) -> str:
    return f"""INSERT INTO nurture_transition
                 (cycle_id, lead_id, account_id, from_status, to_status, reason, decided_by, occurred_at)
               SELECT {cycle.sql()}, lead_id, account_id, from_status, status, status_reason, 'policy', {reads.instant(cycle.as_of)}
                 FROM {STAGED} WHERE is_moved = 1"""
