"""
The plan: for every lead in nurture a touch now, or a hold with its reason and the instant it is looked at again.

A touch is planned only when its instant has come. What is held for a time is due again then; what only a fact ends
(a consent, a release, sales' answer) says so by having no instant. Nothing is dropped.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import polars as pl

from coldframe.kernel.frames import PLANS, Facts, Surroundings, empty
from coldframe.kernel.planning import (
    calendar,
    content,
    enrolling,
    holding,
    known,
    returns,
    waves,
)
from coldframe.kernel.planning.prepared import Prepared, prepared_of
from coldframe.kernel.playbook import expressions
from coldframe.kernel.playbook.model import Playbook
from coldframe.kernel.running import collected

#: A lead's own hour is good for so long; who misses it has the next day's. After an outage or a jump of the clock
#: everybody goes on at their own hour, and not all at once.
GOOD_FOR = timedelta(hours=1)
MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, kw_only=True)
class Planned:
    """What is to be done for the leads of some accounts."""

    plans: pl.DataFrame  # frames.PLANS
    enrollments: pl.DataFrame  # frames.ENROLLMENT_CHANGES


def plan(
    assessed: pl.DataFrame,
    facts: Facts,
    *,
    surroundings: Surroundings,
    playbook: Playbook,
    as_of: datetime,
    last: pl.DataFrame | None = None,
) -> Planned:
    """
    Say what happens next to every lead, at an instant.

    Parameters
    ----------
    assessed
        One row per lead: ``frames.ASSESSMENTS`` with the final status, and ``path_if_nurtured`` (the path it is on, or
        would be on if it were nurtured).
    facts, surroundings
        What is known of whole accounts, and beside them; see ``kernel.frames``.
    last
        ``returns.last_handoffs`` of the facts, where it is at hand.

    What holds a touch, first to last: sales is at work on the account; the holdout; no permission; an exit; a pause; the
    wave; nothing left to send; then time: the ceiling, the path's limit, colleagues, the path's cadence, the lead's hour.
    """
    as_of = as_of.astimezone(UTC)
    prepared = prepared_of(playbook)
    last = returns.last_handoffs(facts.handoffs, playbook=playbook, as_of=as_of) if last is None else last
    staying, leaving = assessed.filter(STAYS), None
    if staying.height < assessed.height:
        leaving = known.leaving(assessed.filter(~STAYS), facts, prepared, as_of)
    if staying.is_empty():
        ended = collected(enrolling.changes(None, leaving, prepared), rows=assessed.height)
        return Planned(plans=empty(PLANS), enrollments=ended)
    leads = known.leads(staying, assessed, facts, last, prepared, as_of)
    decided = _decided(leads, surroundings, prepared, as_of)
    changes = enrolling.changes(decided.lazy(), leaving, prepared)
    row = prepared.kept(holding.rows, tuple(sorted(decided["hold"].drop_nulls().unique())))
    plans = decided.lazy().filter(~pl.col("is_on_its_way")).select(row).sort("lead_id")
    return Planned(
        plans=collected(plans, rows=staying.height), enrollments=collected(changes, rows=assessed.height)
    )


STAYS = pl.col("status").is_in(enrolling.IN_NURTURE).fill_null(False)


def _decided(
    staying: pl.DataFrame, surroundings: Surroundings, prepared: Prepared, as_of: datetime
) -> pl.DataFrame:
    """Add what is next for leads in nurture, and when: ``is_touch``, ``hold``, ``until``, ``state``."""
    frame = content.with_content(staying, prepared)
    frame = _released(frame, surroundings.wave_room, as_of)
    decided = (
        _with_slots(frame, surroundings, prepared, as_of)
        .with_columns(prepared.kept(holding.by_facts))
        .with_columns(prepared.kept(holding.by_time))
        .with_columns(prepared.kept(holding.turns))
        .with_columns(prepared.kept(holding.decided))
        .with_columns(prepared.kept(holding.until))
        .with_columns(prepared.kept(holding.after))
    )
    return collected(decided, rows=staying.height)


def _released(frame: pl.DataFrame, room: int, as_of: datetime) -> pl.DataFrame:
    """Release those whose wave has come, as far as there is room."""
    if room <= 0 or not frame["is_dormant"].any():
        return frame
    waiting = frame.filter(pl.col("blocked").is_null() & pl.col("is_dormant"))
    chosen = waves.release(waiting.select("lead_id", wave_rank="rank_in_wave"), room=room)
    comes = pl.col("lead_id").is_in(chosen.implode())
    return frame.with_columns(
        (pl.col("is_dormant") & ~comes).alias("is_dormant"),
        pl.when(comes).then(expressions.instant(as_of)).otherwise("released_at").alias("released_at"),
    ).with_columns(pl.max_horizontal("ready_at", "released_at").alias("ready_at"))


def _with_slots(
    frame: pl.DataFrame, surroundings: Surroundings, prepared: Prepared, as_of: datetime
) -> pl.LazyFrame:
    """
    Add ``slot_at`` (the lead's own hour from which it may be contacted), ``next_at`` (the first one ahead), ``crowded_at``
    (the one after colleagues have had their time) and ``is_open``.
    """
    book = prepared.playbook
    per = book.cadence.per_account.per.delta(cycle=book.cycle)
    latest = frame["ready_at"].max()
    latest = max(latest, as_of) if isinstance(latest, datetime) else as_of
    numbers, table = calendar.numbered(
        frame, calendar=book.calendar, holidays=surroundings.holidays, as_of=as_of, latest=latest + per
    )
    at_least = (("slot_at", -GOOD_FOR), ("next_at", MOMENT), ("crowded_at", per))
    return calendar.with_slots(frame.hstack([numbers]).lazy(), table, ready="ready_at", at_least=at_least)
