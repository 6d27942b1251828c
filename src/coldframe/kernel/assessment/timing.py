"""Timing: when could this become real."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from coldframe.kernel.assessment import choice, known
from coldframe.kernel.assessment.policy import Policy
from coldframe.kernel.frames import INSTANT
from coldframe.kernel.playbook import expressions
from coldframe.kernel.playbook.fields import Step
from coldframe.kernel.playbook.model import DateSource
from coldframe.kernel.vocabulary import TimingState

#: When, as a column of the working frame.
TIMING = choice.words([TimingState.NOW.value, TimingState.LATER.value, TimingState.UNKNOWN.value])
#: A date that came longer ago says nothing about now; without a limit it would call sales for ever.
STAYS_REACHED = timedelta(days=30)


def with_timing(frame: pl.LazyFrame, policy: Policy) -> pl.LazyFrame:
    """
    Add ``timing`` and ``timing_at``.

    ``timing_at`` is the latest date that came within ``STAYS_REACHED``, else the earliest one ahead.
    ``timing`` is NOW where the playbook's condition holds or a date has just come, LATER where one is
    ahead, else UNKNOWN.
    """
    return (
        frame.with_columns(policy.kept(_timing_at))
        .with_columns(policy.kept(_timing))
        .with_columns(policy.kept(_leaves))
    )


def _timing(policy: Policy) -> pl.Expr:
    is_now = expressions.holds(policy.playbook.timing.now).fill_null(False) | (
        pl.col("timing_at") <= policy.now
    )
    rules = [
        (TimingState.NOW.value, is_now),
        (TimingState.LATER.value, pl.col("timing_at").is_not_null()),
        (TimingState.UNKNOWN.value, choice.ALWAYS),
    ]
    return choice.first(rules, among=TIMING).alias("timing")


def _leaves(policy: Policy) -> list[pl.Expr]:
    columns = {"timing.state": "timing", "timing.date": "timing_at"}
    types = {"timing": TIMING, "timing_at": INSTANT}
    return known.all_decided(policy.leaves_known_after(Step.TIMING), types, policy, columns=columns)


def _timing_at(policy: Policy) -> pl.Expr:
    dates = [_date(source, policy) for source in policy.playbook.timing.later.date_from]
    if not dates:
        return pl.lit(None, dtype=INSTANT).alias("timing_at")
    earliest = policy.now - STAYS_REACHED
    reached = [pl.when((each <= policy.now) & (each > earliest)).then(each) for each in dates]
    ahead = [pl.when(each > policy.now).then(each) for each in dates]
    return pl.coalesce(pl.max_horizontal(reached), pl.min_horizontal(ahead)).cast(INSTANT).alias("timing_at")


def _date(source: DateSource, policy: Policy) -> pl.Expr:
    date = pl.col(source.field)
    return date - source.before.delta(cycle=policy.playbook.cycle) if source.before else date
