"""What follows once every status is settled: handoffs that open and end, and when each account is looked at again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import polars as pl

from coldframe.kernel import lifecycle
from coldframe.kernel.engagement import quarantine
from coldframe.kernel.frames import DUE, ENDED_HANDOFFS, INSTANT, OPENED_HANDOFFS, Facts, empty
from coldframe.kernel.planning import deadlines
from coldframe.kernel.planning.allocation import Allocated
from coldframe.kernel.planning.hours import full_hours, hours_of
from coldframe.kernel.planning.plan import Planned
from coldframe.kernel.planning.prepared import NOW, Prepared, prepared_of
from coldframe.kernel.playbook import expressions
from coldframe.kernel.playbook.model import Playbook
from coldframe.kernel.running import collected
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
    if not (leads["handoff_state"] == HandoffState.OPEN.value).any():
        return empty(ENDED_HANDOFFS)
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
    prepared, now = prepared_of(playbook), expressions.instant(as_of).alias("now")
    of_leads = prepared.kept(_by_time), prepared.kept(_of_leads, as_of.year)
    parts = [leads.lazy().with_columns(now).with_columns(of_leads[0]).select(of_leads[1])]
    for frame, names in (
        (planned.plans, OF_PLANS),
        (handoffs, ("deadline_at",)),
        (allocated.waiting, ("room_at",)),
        (_quarantined(leads, facts, as_of), ("ends_at",)),
    ):
        if not frame.is_empty():
            parts.append(frame.lazy().with_columns(now).select(prepared.kept(_of_others, names)))
    earliest = pl.concat(parts).filter(IS_DUE).group_by("account_id").agg(FIRST_DUE)
    return collected(earliest.select(list(DUE)).sort("account_id"), rows=leads.height)


IS_DUE, FIRST_DUE = pl.col("due_at").is_not_null(), pl.col("due_at").min()
#: What time alone changes of an assessment.
BY_TIME = ("leaves_at", "timing_at", "changes_at", "return_not_before")
#: Instants of a plan; a touch is settled by then.
OF_PLANS = ("until", "permitted_until", "settles_at")


def _by_time(prepared: Prepared) -> list[pl.Expr]:
    return [_first_ahead([pl.col(name) for name in BY_TIME]).alias("by_time")]


def _of_leads(prepared: Prepared, year: int) -> list[pl.Expr]:
    """``account_id`` and ``due_at`` by each lead, what time alone changes moved to working hours."""
    is_back = pl.col("status") == LeadStatus.RE_ENGAGED.value
    was_back = pl.col("entered") == LeadStatus.RE_ENGAGED.value
    since = pl.when(was_back.fill_null(False)).then("entered_since").otherwise(NOW)
    watched_until = pl.when(is_back).then(since + lifecycle.RE_ENGAGED_FOR)
    others = [watched_until, pl.when("is_open").then("deadline_at"), pl.col("override_until")]
    at_work = _at_work(pl.col("by_time"), prepared.playbook, year)
    return [pl.col("account_id"), pl.min_horizontal(at_work, _first_ahead(others)).alias("due_at")]


def _of_others(prepared: Prepared, names: tuple[str, ...]) -> list[pl.Expr]:
    instants = [SETTLES_AT if name == "settles_at" else pl.col(name) for name in names]
    return [pl.col("account_id"), _first_ahead(instants).alias("due_at")]


SETTLES_AT = pl.when("is_touch").then(NOW + TOUCH_SETTLES_IN)


def _quarantined(leads: pl.DataFrame, facts: Facts, as_of: datetime) -> pl.DataFrame:
    clicks = quarantine.endings(facts.events, facts.shapes, as_of=as_of)
    return clicks if clicks.is_empty() else clicks.join(leads.select("lead_id", "account_id"), on="lead_id")


def _at_work(at: pl.Expr, playbook: Playbook, year: int) -> pl.Expr:
    """Move an instant to the full hour, at it or after it, in which the house works; years ahead are left as they are."""
    hours = full_hours(playbook.calendar.time_zone.otherwise, hours_of(playbook.calendar.working_hours), year)
    slots = pl.Series(hours, dtype=pl.Int64)
    place = pl.lit(slots).search_sorted(at.to_physical(), side="left")
    moved = pl.lit(slots).gather(place.clip(upper_bound=slots.len() - 1)).cast(INSTANT)
    return pl.when(at.is_not_null()).then(pl.max_horizontal(at, moved))


def _first_ahead(instants: Iterable[pl.Expr]) -> pl.Expr:
    """The earliest of some instants that lies ahead."""
    return pl.min_horizontal(pl.when(each > NOW).then(each).cast(INSTANT) for each in instants)
