"""
How often: the ceiling over all paths and channels, the path's own cadence and limit, colleagues, and the floor.

Rates are rolling windows, kept exactly: with ``n in a time``, one more contact is due once the n-th last is that long
ago. A contact is a touch in whatever state but WITHDRAWN; one that is on its way counts where it is planned.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from coldframe.kernel.frames import INSTANT
from coldframe.kernel.planning.prepared import NOW, Prepared
from coldframe.kernel.playbook import expressions
from coldframe.kernel.playbook.model import Path, PathLimit, Playbook
from coldframe.kernel.playbook.units import Duration, DurationRange, Rate
from coldframe.kernel.vocabulary import Channel, HoldReason, IntentLevel, TouchState

#: Between contacts where a path says nothing.
USUAL = DurationRange(Duration(7, "day"), Duration(14, "day"))
#: Room before the floor for the weekend and the lead's own hour.
SLACK = timedelta(days=4)
#: How far from the least to the most a lead waits, by its intent: the more intent, the sooner.
SHARE_OF_RANGE = {
    IntentLevel.HIGH.value: 0.0,
    IntentLevel.MEDIUM.value: 1 / 3,
    IntentLevel.LOW.value: 2 / 3,
    IntentLevel.NONE.value: 1.0,
}
#: Instants before which there is no contact, and the reason; what binds latest is the reason named, then the first here.
BOUNDS = {
    "ceiling_at": HoldReason.CEILING.value,
    "limit_at": HoldReason.PATH_LIMIT.value,
    "colleague_at": HoldReason.COLLEAGUE.value,
    "cadence_at": HoldReason.CADENCE.value,
}


@dataclass(frozen=True)
class Pace:
    """The cadence of a path, in whole microseconds."""

    least: int
    most: int
    floor: int


def pace_of(path: Path, playbook: Playbook) -> Pace:
    """Return how often a lead on a path hears from you; where it says nothing: 7 to 14 days, and the playbook's floor."""
    cadence, cycle = path.cadence, playbook.cycle
    between = (cadence and cadence.between) or USUAL
    floor = ((cadence and cadence.floor) or playbook.cadence.floor).delta(cycle=cycle)
    least = min(between.least.delta(cycle=cycle), floor)
    most = max(least, min(between.most.delta(cycle=cycle), floor - SLACK))
    return Pace(*(each // timedelta(microseconds=1) for each in (least, most, floor)))


def with_contacts(
    leads: pl.DataFrame, touches: pl.DataFrame, prepared: Prepared, now: pl.Expr
) -> pl.LazyFrame:
    """
    Add what passed between us and each lead, and its account.

    ``last_at`` (the last contact, null: none), ``touch_count``, ``was_mailed`` (the other side took a mail),
    ``asked_last`` (it was a question), ``is_on_its_way`` (a touch is planned and not settled), ``ceiling_at``,
    ``colleague_at`` (not before, by the rates of the playbook), ``colleague_free`` i64 (so many of the account may be
    contacted now), and ``on_path`` and ``stay_count`` for ``bounds``: the last contacts on the path the lead is on,
    latest first, and how many of them in this stay.
    """
    if touches.is_empty():
        return leads.lazy().with_columns(prepared.kept(_no_contacts))
    latest_first = touches.lazy().with_columns(now).sort("at", "content_key", descending=True)
    by_lead = latest_first.group_by("lead_id").agg(prepared.kept(_of_lead))
    by_account = latest_first.group_by("account_id").agg(prepared.kept(_of_account))
    frame = leads.lazy().join(by_lead, on="lead_id", how="left", maintain_order="left")
    frame = frame.join(by_account, on="account_id", how="left", maintain_order="left")
    return _with_path_contacts(frame, latest_first, prepared, leads=leads).with_columns(
        prepared.kept(_filled)
    )


def _no_contacts(prepared: Prepared) -> list[pl.Expr]:
    never = pl.lit(None, dtype=INSTANT)
    return [
        *(never.alias(name) for name in ("last_at", "ceiling_at", "colleague_at")),
        pl.lit(0, dtype=pl.UInt32).alias("touch_count"),
        pl.lit(False).alias("was_mailed"),
        pl.lit(False).alias("asked_last"),
        pl.lit(False).alias("is_on_its_way"),
        pl.lit(None, dtype=pl.List(INSTANT)).alias("on_path"),
        pl.lit(0, dtype=pl.UInt32).alias("stay_count"),
        pl.lit(prepared.playbook.cadence.per_account.count, dtype=pl.Int64).alias("colleague_free"),
    ]


def _of_lead(prepared: Prepared) -> list[pl.Expr]:
    rates = prepared.playbook.cadence.at_most
    is_mail = pl.col("channel") == Channel.EMAIL.value
    return [
        pl.col("at").first().alias("last_at"),
        pl.len().alias("touch_count"),
        (is_mail & (pl.col("state") == TouchState.SENT.value)).any().alias("was_mailed"),
        pl.col("content_key").first().str.starts_with("question:").alias("asked_last"),
        (pl.col("state") == TouchState.PLANNED.value).any().alias("is_on_its_way"),
        pl.max_horizontal(_free_at(rate, prepared) for rate in rates).alias("ceiling_at")
        if rates
        else pl.lit(None, dtype=INSTANT).alias("ceiling_at"),
    ]


def _of_account(prepared: Prepared) -> list[pl.Expr]:
    rate = prepared.playbook.cadence.per_account
    recent = pl.col("at") + rate.per.delta(cycle=prepared.playbook.cycle) > NOW
    return [_free_at(rate, prepared).alias("colleague_at"), recent.sum().cast(pl.Int64).alias("recent")]


def _free_at(rate: Rate, prepared: Prepared) -> pl.Expr:
    """When a rolling window has room again, over contacts that stand latest first; null where it never was full."""
    nth = pl.col("at").get(rate.count - 1, null_on_oob=True)
    return nth + rate.per.delta(cycle=prepared.playbook.cycle)


def _with_path_contacts(
    frame: pl.LazyFrame, latest_first: pl.LazyFrame, prepared: Prepared, *, leads: pl.DataFrame
) -> pl.LazyFrame:
    limits = prepared.kept(_limits)
    if not limits:
        return frame.with_columns(
            pl.lit(None, dtype=pl.List(INSTANT)).alias("on_path"),
            pl.lit(0, dtype=pl.UInt32).alias("stay_count"),
        )
    most = max(max(limit.first.count, limit.then.count if limit.then else 0) for limit in limits.values())
    here = leads.lazy().select("lead_id", "path", "entered_at").filter(pl.col("path").is_in(list(limits)))
    mine = latest_first.join(here, on=["lead_id", "path"], maintain_order="left")
    on_path = mine.group_by("lead_id").agg(
        pl.col("at").head(most).alias("on_path"),
        (pl.col("at") >= pl.col("entered_at")).sum().alias("stay_count"),
    )
    return frame.join(on_path, on="lead_id", how="left", maintain_order="left")


def _limits(prepared: Prepared) -> dict[str, PathLimit]:
    return {path.name: path.at_most for path in prepared.playbook.paths if path.at_most}


def _filled(prepared: Prepared) -> list[pl.Expr]:
    free = prepared.playbook.cadence.per_account.count - pl.col("recent").fill_null(0)
    return [
        pl.col("touch_count").fill_null(0),
        pl.col("stay_count").fill_null(0),
        pl.col("was_mailed").fill_null(False),
        pl.col("asked_last").fill_null(False),
        pl.col("is_on_its_way").fill_null(False),
        free.alias("colleague_free"),
    ]


def bounds(prepared: Prepared) -> list[pl.Expr]:
    """
    Return the instants of ``BOUNDS`` that depend on the path (``limit_at``, ``cadence_at``; null: nothing binds) and ``floor_at``.

    Over the columns of ``with_contacts``, ``path``, ``lap_began_at`` and ``intent_level``.
    """
    playbook = prepared.playbook
    paces = {path.name: pace_of(path, playbook) for path in playbook.paths}
    least, most, floor = (
        expressions.looked_up(
            pl.col("path"), {name: getattr(pace, part) for name, pace in paces.items()}, dtype=pl.Int64
        )
        for part in ("least", "most", "floor")
    )
    share = expressions.looked_up(pl.col("intent_level"), SHARE_OF_RANGE, dtype=pl.Float64, otherwise=1.0)
    gap = least + ((most - least) * share).round().cast(pl.Int64)
    # The hour counts, not the seconds that a hand-over took: else each contact would come an hour later than the last.
    cadence_at = pl.col("last_at").dt.truncate("1h") + gap.cast(pl.Duration("us"))
    waits_since = pl.max_horizontal("last_at", "lap_began_at")
    return [
        _limit_at(prepared).alias("limit_at"),
        cadence_at.alias("cadence_at"),
        (waits_since + floor.cast(pl.Duration("us"))).alias("floor_at"),
    ]


def _limit_at(prepared: Prepared) -> pl.Expr:
    """
    ``3 touches in 8 weeks, then 1 a quarter``: the first rate binds as a rolling window; once so many were made in this
    stay on the path, the second one does too.
    """
    chain = pl.lit(None, dtype=INSTANT)
    for name, limit in prepared.kept(_limits).items():
        bound = [_nth_on_path(limit.first, prepared)]
        if limit.then is not None:
            spent = pl.col("stay_count") >= limit.first.count
            bound.append(pl.when(spent).then(_nth_on_path(limit.then, prepared)))
        chain = pl.when(pl.col("path") == name).then(pl.max_horizontal(bound)).otherwise(chain)
    return chain


def _nth_on_path(rate: Rate, prepared: Prepared) -> pl.Expr:
    nth = pl.col("on_path").list.get(rate.count - 1, null_on_oob=True)
    return nth + rate.per.delta(cycle=prepared.playbook.cycle)
