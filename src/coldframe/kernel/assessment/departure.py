"""When a lead leaves the status it is in if nothing happens, and by which rule."""

from __future__ import annotations

import polars as pl

from coldframe.kernel import lifecycle
from coldframe.kernel.assessment import known, waiting
from coldframe.kernel.assessment.policy import Policy
from coldframe.kernel.frames import INSTANT
from coldframe.kernel.playbook import expressions
from coldframe.kernel.playbook.expressions import MICROSECONDS_A_DAY
from coldframe.kernel.playbook.model import Exit, Trigger
from coldframe.kernel.playbook.units import Duration
from coldframe.kernel.vocabulary import LeadStatus, OpportunityState

#: Statuses in which a lead lives a stay in nurture, or waits for sales out of it.
LAPS = (LeadStatus.NURTURE.value, LeadStatus.RE_ENGAGED.value, LeadStatus.SALES_REVIEW.value)


def exit_holds(rule: Exit, policy: Policy) -> pl.Expr:
    """
    Return whether an exit holds.

    An exit with a date to look again waits longer in two cases. A lead that it let go is looked at again
    when the date comes. And a lead whose stay in nurture began after the exit's clock had run out was
    taken back on purpose: the clock starts again with that stay.
    """
    holds = expressions.holds(rule.when).fill_null(False)
    if rule.look_again_in is None:
        return holds
    again = known.moved(pl.col("status_since"), waiting.days_of(rule.look_again_in))
    is_due = (pl.col("status") == LeadStatus.DISQUALIFIED.value) & (again <= policy.now)
    return holds & ~is_due.fill_null(False) & (exits_from(rule, policy) <= policy.now).fill_null(False)


def exits_from(rule: Exit, policy: Policy) -> pl.Expr:
    """Return the instant from which an exit holds if nothing happens; null for never."""
    ran_out = waiting.holds_from(rule.when, policy)
    if rule.look_again_in is None:
        return ran_out
    restarts = pl.col("was").is_in(LAPS) & (pl.col("status_since") >= ran_out)
    again = pl.col("status_since") + (ran_out - pl.col("quiet_since"))
    return pl.when(restarts.fill_null(False)).then(again).otherwise(ran_out)


def overdue(policy: Policy) -> pl.Expr:
    """Return whether sales has let the agreed deadline of a review pass."""
    waits = known.moved(pl.col("status_since"), _answer_days(policy))
    return ((pl.col("status") == LeadStatus.SALES_REVIEW.value) & (waits <= policy.now)).fill_null(False)


def with_departure(frame: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """
    Add ``leaves_at`` and ``leaves_by`` for the status that follows.

    Every status but DISQUALIFIED has a date, always after the instant; DISQUALIFIED has one where the
    exit that let the lead go says when to look again.
    """
    as_of = policy.now
    since = pl.when(pl.col("status") == pl.col("was")).then(pl.col("status_since")).otherwise(as_of)
    frame = frame.with_columns(since.fill_null(as_of).alias("since"))
    lap = _lap(policy)
    frame = frame.with_columns(
        instant.alias(f"leaves:{i}") for i, (_, instant) in enumerate(lap)
    ).with_columns(pl.min_horizontal(f"leaves:{i}" for i in range(len(lap))).alias("lap_ends_at"))
    ends_by = pl.coalesce(
        pl.when(pl.col(f"leaves:{i}") == pl.col("lap_ends_at")).then(pl.lit(name))
        for i, (name, _) in enumerate(lap)
    )
    cycle_ends = _rolled(pl.col("quiet_since").fill_null(as_of), pl.col("cycle_days"), policy)
    status, deal = pl.col("status"), pl.col("opportunity.state")
    review_ends = _rolled(pl.col("since"), _answer_days(policy), policy)
    deal_since = pl.coalesce("deal_at", "since")
    deal_ends = _rolled(deal_since, pl.col("cycle_days"), policy)
    idle_ends = _rolled(
        pl.col("since"), pl.lit(lifecycle.OPPORTUNITY_WITHIN.total_seconds() / 86_400), policy
    )
    again_at, again_by = _look_again(policy)
    cases = [
        (status == LeadStatus.DISQUALIFIED.value, again_at, again_by),
        (status == LeadStatus.SALES_REVIEW.value, review_ends, pl.lit("deadline")),
        (
            (status == LeadStatus.SALES_ACCEPTED.value) & (deal == OpportunityState.OPEN.value),
            deal_ends,
            pl.lit("opportunity:undecided"),
        ),
        (
            (status == LeadStatus.SALES_ACCEPTED.value) & (deal == OpportunityState.WON.value),
            deal_ends,
            pl.lit("opportunity:renewal"),
        ),
        (status == LeadStatus.SALES_ACCEPTED.value, idle_ends, pl.lit("no_opportunity")),
        (pl.col("lap_ends_at").is_not_null(), pl.col("lap_ends_at"), ends_by),
        (pl.lit(True), cycle_ends, pl.lit("cycle")),
    ]
    return frame.with_columns(
        _first([(when, at) for when, at, _ in cases]).cast(INSTANT).alias("leaves_at"),
        _first([(when, by) for when, _, by in cases]).alias("leaves_by"),
    ).drop(*(f"leaves:{i}" for i in range(len(lap))), "lap_ends_at", "since")


def _first(cases: list[tuple[pl.Expr, pl.Expr]]) -> pl.Expr:
    result = cases[-1][1]
    for when, then in reversed(cases[:-1]):
        result = pl.when(when).then(then).otherwise(result)
    return result


def _lap(policy: Policy) -> list[tuple[str, pl.Expr]]:
    """The ends of a stay in nurture that time alone brings, each where it lies ahead."""
    ends = [(f"exit:{rule.reason}", exits_from(rule, policy)) for rule in policy.playbook.exits]
    ends += [(f"trigger:{each.name}", waiting.holds_from(each.when, policy)) for each in policy.triggers]
    ends += [
        ("quiet_again", _quiet_again(each, policy)) for each in policy.triggers if each.to == "re_engaged"
    ]
    return [(name, pl.when(instant > policy.now).then(instant)) for name, instant in ends]


def _quiet_again(trigger: Trigger, policy: Policy) -> pl.Expr:
    decides = pl.col("reason") == f"trigger:{trigger.name}"
    until = waiting.holds_until(trigger.when, policy)
    return pl.when(decides & (until < expressions.instant(waiting.END))).then(until)


def _answer_days(policy: Policy) -> pl.Expr:
    """Days that sales has: of the trigger that decides, else of the slowest; never less than the least."""
    least = lifecycle.LEAST_DEADLINE.total_seconds() / 86_400
    agreed = {
        f"trigger:{each.name}": max(least, each.answer_within.days(cycle=policy.playbook.cycle))
        for each in policy.playbook.triggers
        if each.answer_within is not None
    }
    slowest = max(agreed.values(), default=least)
    if not agreed:
        return pl.lit(slowest)
    return pl.col("reason").replace_strict(agreed, default=slowest, return_dtype=pl.Float64)


def _look_again(policy: Policy) -> tuple[pl.Expr, pl.Expr]:
    again: dict[str, Duration] = {
        f"exit:{rule.reason}": rule.look_again_in
        for rule in policy.playbook.exits
        if rule.look_again_in is not None
    }
    at, by = pl.lit(None, dtype=INSTANT), pl.lit(None, dtype=pl.String)
    for reason, duration in again.items():
        decides = pl.col("reason") == reason
        at = pl.when(decides).then(known.moved(pl.col("since"), waiting.days_of(duration))).otherwise(at)
        by = pl.when(decides).then(pl.lit("look_again")).otherwise(by)
    return at, by


def _rolled(base: pl.Expr, days: pl.Expr, policy: Policy) -> pl.Expr:
    """Return base plus so many days, or as many times that as bring it past the instant."""
    step = (days * MICROSECONDS_A_DAY).round().cast(pl.Int64)
    age = (policy.now - base).dt.total_microseconds()
    turns = pl.max_horizontal(age // step + 1, pl.lit(1, dtype=pl.Int64))
    return base + (turns * step).cast(pl.Duration("us"))
