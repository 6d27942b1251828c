"""When a lead leaves the status it is in if nothing happens, and by which rule."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from coldframe.kernel import lifecycle
from coldframe.kernel.assessment import choice, known, outcomes, waiting
from coldframe.kernel.assessment.policy import Policy
from coldframe.kernel.playbook import expressions
from coldframe.kernel.playbook.expressions import MICROSECONDS_A_DAY
from coldframe.kernel.playbook.model import Exit, Trigger
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
    # Who comes back from sales at this very instant begins a stay now.
    began = pl.when(pl.col("status").eq_missing(pl.col("was"))).then("status_since").otherwise(policy.now)
    restarts = pl.col("status").is_in(LAPS) & (began >= ran_out)
    again = began + (ran_out - pl.col("quiet_since"))
    return pl.when(restarts.fill_null(False)).then(again).otherwise(ran_out)


def overdue(policy: Policy) -> pl.Expr:
    """Return whether sales has let the agreed deadline of a review pass."""
    waits = known.moved(pl.col("status_since"), _answer_days(policy))
    return ((pl.col("status") == LeadStatus.SALES_REVIEW.value) & (waits <= policy.now)).fill_null(False)


def with_departure(frame: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """
    Add ``leaves_at`` and ``leaves_by`` for the status that follows.

    Every status but DISQUALIFIED has a date, always after the instant; DISQUALIFIED has one where the
    exit that let the lead go says when to look again. ``leaves_by``: ``deadline`` (of sales' review),
    ``opportunity:undecided`` and ``opportunity:renewal`` (a cycle of a deal is over), ``no_opportunity``
    (accepted, and no deal came), ``look_again``, ``exit:<reason>``, ``trigger:<name>``, ``quiet_again``
    (what re-engaged it is over), ``cycle`` (a whole cycle, where the playbook has no other end).
    """
    since = pl.when(pl.col("status") == pl.col("was")).then(pl.col("status_since")).otherwise(policy.now)
    frame = frame.with_columns(since.fill_null(policy.now).alias("since"))
    ends = [*_ends_at_sales(policy), *_looks_again(policy), *_ends_of_lap(policy)]
    columns = [f"leaves:{i}" for i in range(len(ends))]
    frame = frame.with_columns(at.alias(column) for column, (_, at) in zip(columns, ends, strict=True))
    cycle_ends = _where(
        _in_lap(), _rolled(pl.col("quiet_since").fill_null(policy.now), pl.col("cycle_days"), policy)
    )
    frame = frame.with_columns(pl.coalesce(pl.min_horizontal(columns), cycle_ends).alias("leaves_at"))
    by = [
        (word, pl.col(column) == pl.col("leaves_at")) for column, (word, _) in zip(columns, ends, strict=True)
    ]
    by.append(("cycle", pl.col("leaves_at").is_not_null()))
    return frame.with_columns(choice.first(by).alias("leaves_by")).drop(columns)


#: A date by which a lead leaves, null where it does not apply, and its name.
End = tuple[str, pl.Expr]


def _where(applies: pl.Expr, at: pl.Expr) -> pl.Expr:
    return pl.when(applies).then(at)


def _in_lap() -> pl.Expr:
    return pl.col("status").is_in([LeadStatus.NURTURE.value, LeadStatus.RE_ENGAGED.value])


def _ends_at_sales(policy: Policy) -> list[End]:
    status, deal = pl.col("status"), pl.col("opportunity.state")
    is_accepted = status == LeadStatus.SALES_ACCEPTED.value
    review_ends = _rolled(pl.col("since"), _answer_days(policy), policy)
    deal_ends = _rolled(pl.coalesce("deal_at", "since"), pl.col("cycle_days"), policy)
    idle = pl.lit(lifecycle.OPPORTUNITY_WITHIN / timedelta(days=1))
    is_open, is_won = deal == OpportunityState.OPEN.value, deal == OpportunityState.WON.value
    without = ~(is_open | is_won).fill_null(False)
    return [
        ("deadline", _where(status == LeadStatus.SALES_REVIEW.value, review_ends)),
        ("opportunity:undecided", _where(is_accepted & is_open, deal_ends)),
        ("opportunity:renewal", _where(is_accepted & is_won, deal_ends)),
        ("no_opportunity", _where(is_accepted & without, _rolled(pl.col("since"), idle, policy))),
    ]


def _looks_again(policy: Policy) -> list[End]:
    let_go = pl.col("status") == LeadStatus.DISQUALIFIED.value
    return [
        (
            "look_again",
            _where(
                let_go & (pl.col("reason") == f"exit:{rule.reason}"),
                known.moved(pl.col("since"), waiting.days_of(rule.look_again_in)),
            ),
        )
        for rule in policy.playbook.exits
        if rule.look_again_in is not None
    ]


def _ends_of_lap(policy: Policy) -> list[End]:
    """The ends of a stay in nurture that time alone brings, each where it lies ahead."""
    exits, triggers = policy.playbook.exits, policy.triggers
    ends = [
        (f"exit:{rule.reason}", exits_from(rule, policy)) for rule in exits if waiting.is_timed(rule.when)
    ]
    ends += [
        (f"trigger:{each.name}", waiting.holds_from(each.when, policy))
        for each in triggers
        if waiting.is_timed(each.when)
    ]
    ends += [("quiet_again", _quiet_again(each, policy)) for each in triggers if each.to == "re_engaged"]
    return [(name, _where(_in_lap() & (instant > policy.now), instant)) for name, instant in ends]


def _quiet_again(trigger: Trigger, policy: Policy) -> pl.Expr:
    decides = pl.col("reason") == f"trigger:{trigger.name}"
    until = waiting.holds_until(trigger.when, policy)
    return pl.when(decides & (until < expressions.instant(waiting.END))).then(until)


def _answer_days(policy: Policy) -> pl.Expr:
    """Days that sales has: of the trigger that decides, else of the slowest; never less than the least."""
    least = lifecycle.LEAST_DEADLINE / timedelta(days=1)
    agreed = {
        f"trigger:{each.name}": max(least, each.answer_within.days(cycle=policy.playbook.cycle))
        for each in policy.playbook.triggers
        if each.answer_within is not None
    }
    slowest = max(agreed.values(), default=least)
    days = [agreed.get(reason, slowest) for reason in outcomes.reasons_of(policy).categories]
    return choice.looked_up("reason", pl.Series(days, dtype=pl.Float64))


def _rolled(base: pl.Expr, days: pl.Expr, policy: Policy) -> pl.Expr:
    """Return base plus so many days, or as many times that as bring it past the instant."""
    step = (days * MICROSECONDS_A_DAY).round().cast(pl.Int64)
    age = (policy.now - base).dt.total_microseconds()
    turns = pl.max_horizontal(age // step + 1, pl.lit(1, dtype=pl.Int64))
    return base + (turns * step).cast(pl.Duration("us"))
