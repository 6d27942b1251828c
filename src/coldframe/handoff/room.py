"""How much sales has taken on, and how much more it takes: for the team, and for each of its people."""

from __future__ import annotations

from datetime import datetime, timedelta

from coldframe.handoff import frames, queries
from coldframe.kernel.planning import allocation
from coldframe.kernel.planning.allocation import Room
from coldframe.kernel.playbook.model import Playbook

#: Longest window of a capacity that is looked back on.
LOOK_BACK = timedelta(days=92)


def load(*, playbook: Playbook, at: datetime) -> list[Room]:
    """
    Return the room of the team (``name`` is None), then of each of its people, in three queries.

    As the cycle counts it: what was put before sales within the rolling window of the playbook, hand raises included.
    """
    return allocation.rooms(
        sales_load=frames.load_sales_load_frame(since=at - LOOK_BACK),
        reps=queries.list_reps(),
        terms=queries.list_terms(),
        playbook=playbook,
        as_of=at,
    )


def window_began_at(*, playbook: Playbook, at: datetime) -> datetime:
    """Return the beginning of the team's rolling window that ends at an instant."""
    return at - playbook.sales.capacity.team.per.delta(cycle=playbook.cycle)
