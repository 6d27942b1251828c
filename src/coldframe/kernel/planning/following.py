"""What follows once every status is settled: handoffs that open and end, and when each account is looked at again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache

import polars as pl

from coldframe.kernel import lifecycle
from coldframe.kernel.engagement import quarantine
from coldframe.kernel.frames import DUE, ENDED_HANDOFFS, INSTANT, OPENED_HANDOFFS, Facts, empty
from coldframe.kernel.planning import deadlines
from coldframe.kernel.planning.allocation import Allocated
from coldframe.kernel.planning.hours import full_hours, hours_of
from coldframe.kernel.planning.plan import Planned
from coldframe.kernel.planning.prepared import collected
from coldframe.kernel.playbook import expressions
from coldframe.kernel.playbook.model import Playbook
from coldframe.kernel.vocabulary import HandoffState, LeadStatus

#: A touch that could not be handed over by then is planned anew, so its account is looked at again.
TOUCH_SETTLES_IN = timedelta(hours=73)


def opened(
    leads: pl.DataFrame, allocated: Allocated, proposals: pl.DataFrame, *, playbook: Playbook, as_of: datetime
) -> pl.DataFrame:
    """Return a handoff for each lead that was granted room and is in review, with its deadline: ``OPENED_HANDOFFS``."""
    if allocated.granted.is_empty():
        return empty(OPENED_HANDOFFS)
    in_review = leads.filter(pl.col("status") == LeadStatus.SALES_REVIEW.value)
    in_review = in_review.select("lead_id", "segment", "stage")
    found = allocated.granted.join(proposals, on="lead_id").join(in_review, on="lead_id")
    triggers = found["trigger"].unique().to_list()
    deadline = {each: deadlines.deadline_at(each, opened_at=as_of, playbook=playbook) for each in triggers}
    agreed = {each: deadlines.answer_by_at(each, opened_at=as_of, playbook=playbook) for each in triggers}
    answer_by = {each: at for each, at in agreed.items() if at}
    made = found.with_columns(
        expressions.instant(as_of).alias("opened_at"),
        _looked_up("trigger", deadline).alias("deadline_at"),
        _looked_up("trigger", answer_by).alias("answer_by_at"),
    )
    return made.select(pl.col(name).cast(dtype) for name, dtype in OPENED_HANDOFFS.items()).sort("lead_id")


def _looked_up(column: str, instants: dict[str, datetime]) -> pl.Expr:
    if not instants:
        return pl.lit(None, dtype=INSTANT)
    return pl.col(column).replace_strict(
        list(instants), list(instants.values()), default=None, return_dtype=INSTANT
    )


def ended(leads: pl.DataFrame, *, playbook: Playbook, as_of: datetime) -> pl.DataFrame:
    """Return the handoffs that were open, and are no longer: lapsed, or overtaken by a deal or a person."""
    now = expressions.instant(as_of)
    lapsed = pl.col("deadline_at") <= now
    overtaken = pl.col("status") != LeadStatus.SALES_REVIEW.value
    was_open = pl.col("handoff_state") == HandoffState.OPEN.value
    state = (
        pl.when(lapsed).then(pl.lit(HandoffState.LAPSED.value)).otherwise(pl.lit(HandoffState.CLOSED.value))
    )
    made = {
        "state": state,
        "ended_at": now,
        "reason": pl.when(lapsed).then(pl.lit("deadline")).otherwise("status_reason"),
        "escalate_to": pl.when(lapsed).then(pl.lit(playbook.sales.lapsed.escalate_to)),
    }
    row = [made.get(name, pl.col(name)).cast(dtype).alias(name) for name, dtype in ENDED_HANDOFFS.items()]
    return leads.filter(was_open & (lapsed | overtaken)).select(row).sort("lead_id")


def due(
    leads: pl.DataFrame,
    planned: Planned,
    handoffs: pl.DataFrame,
    allocated: Allocated,
    facts: Facts,
    *,
    playbook: Playbook,
    as_of: datetime,
) -> pl.DataFrame:
    """
    Return the earliest instant at which anything about each account could differ if nothing happens: ``frames.DUE``.

    ``leads``: the settled working frame, with ``changes_at``. What time alone changes is looked at in the next full
    working hour of the house: nobody acts on it before, and no night is spent on it. A click has just happened, and is
    looked at the moment its quarantine ends. ``facts``: with clicks put off (``engagement.quarantine``).
    """
    settled = pl.lit(as_of + TOUCH_SETTLES_IN, dtype=INSTANT)
    is_back = pl.col("status") == LeadStatus.RE_ENGAGED.value
    was_back = pl.col("entered") == LeadStatus.RE_ENGAGED.value
    since = pl.when(was_back.fill_null(False)).then("entered_since").otherwise(expressions.instant(as_of))
    watched_until = pl.when(is_back).then(since + lifecycle.RE_ENGAGED_FOR)
    still_open = pl.when("is_open").then("deadline_at")
    by_time = [pl.col("leaves_at"), pl.col("timing_at"), pl.col("changes_at"), pl.col("return_not_before")]
    of_plans = [pl.col("until"), pl.col("permitted_until"), pl.when("is_touch").then(settled)]
    parts = [_at_work(_earliest(leads, by_time, as_of), playbook=playbook, as_of=as_of)]
    for frame, instants in (
        (leads, [watched_until, still_open, pl.col("override_until")]),
        (planned.plans, of_plans),
        (handoffs, [pl.col("deadline_at")]),
        (allocated.waiting, [pl.col("room_at")]),
        (_quarantined(leads, facts, as_of), [pl.col("ends_at")]),
    ):
        if not frame.is_empty():
            parts.append(_earliest(frame, instants, as_of))
    earliest = pl.concat(parts).group_by("account_id").agg(pl.col("due_at").min())
    return collected(earliest.select(list(DUE)).sort("account_id"), rows=leads.height)


def _quarantined(leads: pl.DataFrame, facts: Facts, as_of: datetime) -> pl.DataFrame:
    clicks = quarantine.endings(facts.events, facts.shapes, as_of=as_of)
    return clicks if clicks.is_empty() else clicks.join(leads.select("lead_id", "account_id"), on="lead_id")


def _at_work(frame: pl.LazyFrame, *, playbook: Playbook, as_of: datetime) -> pl.LazyFrame:
    """Move each instant to the full hour, at it or after it, in which the house works; years ahead are left as they are."""
    calendar = playbook.calendar
    return frame.with_columns(_moved(calendar.time_zone.otherwise, calendar.working_hours, as_of.year))


@lru_cache(maxsize=64)
def _moved(zone: str, working_hours: str, year: int) -> pl.Expr:
    """``due_at``, moved to the first full hour at it or after it in which people of a zone work."""
    slots = pl.Series(full_hours(zone, hours_of(working_hours), year), dtype=pl.Int64)
    place = pl.lit(slots).search_sorted(pl.col("due_at").to_physical(), side="left")
    moved = pl.lit(slots).gather(place.clip(upper_bound=slots.len() - 1)).cast(INSTANT)
    return pl.max_horizontal("due_at", moved)


def _earliest(frame: pl.DataFrame, instants: Iterable[pl.Expr], as_of: datetime) -> pl.LazyFrame:
    """The earliest of some instants that lies ahead, by account."""
    now = expressions.instant(as_of)
    ahead = [pl.when(each > now).then(each).cast(INSTANT) for each in instants]
    return (
        frame.lazy()
        .select("account_id", pl.min_horizontal(ahead).alias("due_at"))
        .filter(pl.col("due_at").is_not_null())
    )
