"""
Writing what changed: a slice of leads is staged, and three statements keep it, in one transaction.

The same SQL on SQLite and PostgreSQL; no row passes through Python on its way from table to table.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from coldframe.kernel.vocabulary import Refusal
from coldframe.nurture import frames
from coldframe.storage import reads
from coldframe.storage.links import Link

if TYPE_CHECKING:
    import polars as pl

STAGED = "changed_leads"
ASSESSMENT = ("lead_id", "account_id", *frames.KEPT, *frames.BITS)
STANDING = ("lead_id", "account_id", *frames.KEPT, "status", "status_since")


class DecidedElsewhere(Refusal):
    """Another run has assessed the same leads in the meantime."""


def store(link: Link, changed: pl.DataFrame, *, cycle_id: int, as_of: datetime) -> None:
    """
    Keep the changes of whole accounts (``frames.changes``): all of them, durably, or nothing.

    Raises ``DecidedElsewhere`` where a lead no longer stands as it did when it was read.
    """
    with link.transaction():
        link.stage(STAGED, changed)
        refuse_if_fewer(link.run(update_standing(cycle_id)), changed["was_cycle_id"].count())
        refuse_if_fewer(link.run(insert_standing(cycle_id)), changed["was_cycle_id"].null_count())
        link.run(insert_assessments(cycle_id))
        link.run(insert_transitions(cycle_id, as_of))
        link.run(f"DROP TABLE {STAGED}")


def refuse_if_fewer(written: int, expected: int) -> None:
    if written != expected:
        raise DecidedElsewhere(
            "Another run has assessed the same leads in the meantime.",
            expected=f"{expected} leads as they were read",
            got=f"{written}",
            advice="Nothing of this part was kept. Run the command again when the other one is done.",
        )


def update_standing(cycle_id: int) -> str:
    """Return the SQL that moves leads assessed before; a lead that another run has written is left alone."""
    values = ", ".join(f"{name} = c.{name}" for name in STANDING if name != "lead_id")
    return f"""UPDATE nurture_standing SET cycle_id = {cycle_id}, {values} FROM {STAGED} c
                WHERE c.lead_id = nurture_standing.lead_id AND c.was_cycle_id = nurture_standing.cycle_id"""


def insert_standing(cycle_id: int) -> str:
    """Return the SQL that gives leads never assessed their standing."""
    names = ", ".join(STANDING)
    return f"""INSERT INTO nurture_standing (cycle_id, {names}) SELECT {cycle_id}, {names} FROM {STAGED}
                WHERE was_cycle_id IS NULL ON CONFLICT DO NOTHING"""


def insert_assessments(cycle_id: int) -> str:
    names = ", ".join(ASSESSMENT)
    return f"""INSERT INTO nurture_assessment (cycle_id, {names})
               SELECT {cycle_id}, {names} FROM {STAGED}"""


def insert_transitions(cycle_id: int, as_of: datetime) -> str:
    return f"""INSERT INTO nurture_transition
                 (cycle_id, lead_id, account_id, from_status, to_status, reason, decided_by, occurred_at)
               SELECT {cycle_id}, lead_id, account_id, from_status, status, status_reason, 'policy', {reads.instant(as_of)}
                 FROM {STAGED} WHERE is_moved = 1"""
