"""What a cycle's result means for the tables: frames in, frames out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl

from coldframe.kernel.planning.hours import hours_of, windows
from coldframe.kernel.playbook.model import Calendar
from coldframe.kernel.vocabulary import HoldReason, LeadStatus
from coldframe.storage.instants import from_micros, to_micros

if TYPE_CHECKING:
    from coldframe.kernel.cycle import CycleResult

#: In these a lead may be touched.
IN_NURTURE = (LeadStatus.NURTURE.value, LeadStatus.RE_ENGAGED.value)


def leads_losing_their_way(result: CycleResult, changed: pl.DataFrame) -> list[int]:
    """Return the leads whose touches must not leave any more: their stay ends, or they leave nurture."""
    ended = result.enrollments.filter(pl.col("change") == "END")["lead_id"]
    left = changed.filter((pl.col("is_moved") == 1) & ~pl.col("status").is_in(IN_NURTURE))["lead_id"]
    return sorted({*ended.to_list(), *left.to_list()})


def leads_off_lists(result: CycleResult) -> list[int]:
    """Return the leads that no retargeting list may name: their stay ends, or nobody may mail them, whatever holds them."""
    ended = result.enrollments.filter(pl.col("change") == "END")["lead_id"]
    refused = result.plans.filter(~pl.col("may_mail"))["lead_id"]
    return sorted({*ended.to_list(), *refused.to_list()})


def held_back(result: CycleResult, *, why: str, until: datetime) -> CycleResult:
    """Return the result with a hold in place of each touch: sending is stopped, and is looked at again then."""
    stops = pl.col("is_touch")
    stopped = {"reason": HoldReason.SENDING_STOPPED.value, "detail": why, "until": until}
    plans = result.plans.with_columns(
        *(
            pl.when(stops).then(pl.lit(value, dtype=result.plans.schema[name])).otherwise(name).alias(name)
            for name, value in stopped.items()
        ),
        pl.lit(False).alias("is_touch"),
    )
    sooner = result.plans.filter("is_touch").select(
        pl.col("account_id").unique(), pl.lit(until, dtype=result.due.schema["due_at"]).alias("due_at")
    )
    due = (
        pl.concat([result.due, sooner]).group_by("account_id").agg(pl.col("due_at").min()).sort("account_id")
    )
    return replace(result, plans=plans, due=due)


def touches_and_holds(plans: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the plans (``kernel.frames.PLANS``) that touch now, and those that hold."""
    return plans.filter("is_touch"), plans.filter(~pl.col("is_touch"))


def closing_times(touches: pl.DataFrame, *, calendar: Calendar, at: datetime) -> dict[int, datetime]:
    """Return when the working hours end in which each lead is touched; leads that are not at work are left out."""
    hours, micros = hours_of(calendar.working_hours), to_micros(at)
    ends = {
        zone: next(
            (each.closes for each in windows(zone, hours, at.year) if each.opens <= micros < each.closes),
            None,
        )
        for zone in touches["zone"].unique()
    }
    pairs = touches.select("lead_id", "zone").iter_rows()
    return {lead_id: from_micros(end) for lead_id, zone in pairs if (end := ends[zone]) is not None}


def with_public_ids(frame: pl.DataFrame, make: Callable[..., str], *, by: str) -> pl.DataFrame:
    """Return the frame with ``public_id``, made of each row's lead and the column ``by``."""
    pairs = zip(frame["lead_id"], frame[by], strict=True)
    ids = pl.Series("public_id", [make(lead_id, value) for lead_id, value in pairs], dtype=pl.String)
    return frame.with_columns(ids)
