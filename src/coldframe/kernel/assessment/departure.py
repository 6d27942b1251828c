"""When a lead leaves the status it is in if nothing happens, and by which rule."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from coldframe.kernel import lifecycle
from coldframe.kernel.assessment import choice, known, outcomes, waiting
from coldframe.kernel.assessment.policy import NOW, Policy
from coldframe.kernel.playbook import expressions
from coldframe.kernel.playbook.model import Trigger
from coldframe.kernel.vocabulary import LeadStatus, OpportunityState

#: Statuses in which a lead lives a stay in nurture, or waits for sales out of it.
LAPS = (LeadStatus.NURTURE.value, LeadStatus.RE_ENGAGED.value, LeadStatus.SALES_REVIEW.value)


#: When the stay began that a lead is in; who comes back from sales at this very instant begins a stay now.
BEGAN = (
    pl.when(pl.col("status").eq_missing(pl.col("was")))
    .then(pl.col("status_since"))
    .otherwise(NOW)
    .alias("began")
)


def clocks(policy: Policy) -> list[pl.Expr]:
    """Return when each exit's clock runs out, ``ran_out:<exit>``, and when the stay began, ``began``."""
    exits = policy.playbook.exits
    return [
        BEGAN,
        *(waiting.holds_from(exits[i].when, policy).alias(name) for name, i in policy.kept(ran_out).items()),
    ]


def ran_out(policy: Policy) -> dict[str, int]:
    """The columns with the instants at which clocks run out, and their exits."""
    return {
        f"ran_out:{i}": i
        for i, rule in enumerate(policy.playbook.exits)
        if rule.look_again_in is not None or waiting.is_timed(rule.when)
    }


def exit_holds(index: int, policy: Policy) -> pl.Expr:
    """
    Return whether an exit holds.

    An exit with a date to look again waits longer in two cases. A lead that it let go because of time is taken
    back when the date comes; where time plays no part and the condition still holds, another look comes to the
    same, now as at any later asking. And a lead whose stay in nurture began after the exit's clock had run out was
    taken back on purpose: the clock starts again with that stay.
    """
    rule = policy.playbook.exits[index]
    holds = expressions.holds(rule.when)
    if rule.look_again_in is None:
        return holds
    again = known.moved(pl.col("status_since"), waiting.days_of(rule.look_again_in))
    is_due = (pl.col("status") == LeadStatus.DISQUALIFIED.value) & (again <= policy.now)
    is_timed = pl.col(f"ran_out:{index}") > expressions.instant(waiting.BEGINNING)
    return holds & ~(is_due & is_timed).fill_null(False) & (exits_from(index, policy) <= policy.now)


def exits_from(index: int, policy: Policy) -> pl.Expr:
    """Return the instant from which an exit holds if nothing happens; null for never."""
    runs_out, began = pl.col(f"ran_out:{index}"), pl.col("began")
    if policy.playbook.exits[index].look_again_in is None:
        return runs_out
    restarts = pl.any_horizontal(pl.col("status") == each for each in LAPS) & (began >= runs_out)
    again = began + (runs_out - pl.col("quiet_since"))
    return pl.when(restarts).then(again).otherwise(runs_out)


def overdue(policy: Policy) -> pl.Expr:
    """Return whether sales has let the agreed deadline of a review pass."""
    waits = known.moved(pl.col("status_since"), _answer_days(policy))
    is_over = (pl.col("status") == LeadStatus.SALES_REVIEW.value) & (waits <= policy.now)
    return is_over.fill_null(False).alias("is_overdue")


def with_departure(frame: pl.LazyFrame, policy: Policy) -> pl.LazyFrame:
    """
    Add ``leaves_at`` and ``leaves_by`` for the status that follows.

    Every status but DISQUALIFIED has a date, always after the instant; DISQUALIFIED has one where the
    exit that let the lead go says when to look again. ``leaves_by``: ``deadline`` (of sales' review),
    ``opportunity:undecided`` and ``opportunity:renewal`` (a cycle of a deal is over), ``no_opportunity``
    (accepted, and no deal came), ``look_again``, ``exit:<reason>``, ``trigger:<name>``, ``quiet_again``
    (what re-engaged it is over), ``cycle`` (a whole cycle, where the playbook has no other end).
    """
    return (
        frame.with_columns(policy.kept(_begins))
        .with_columns(policy.kept(_ends))
        .with_columns(policy.kept(_leaves_at))
        .with_columns(policy.kept(_leaves_by))
    )


def reads(policy: Policy) -> tuple[str, ...]:
    """Return the columns that ``with_departure`` reads, but for ``status``."""
    read: dict[str, None] = {}
    made = {"status"}
    for exprs in (
        policy.kept(_begins),
        policy.kept(_ends),
        [policy.kept(_leaves_at)],
        [policy.kept(_leaves_by)],
    ):
        read |= {name: None for each in exprs for name in each.meta.root_names() if name not in made}
        made |= {each.meta.output_name() for each in exprs}
    return tuple(read)


#: Since when the lead is in the status that follows.
SINCE = (
    pl.when(pl.col("status") == pl.col("was"))
    .then(pl.col("status_since"))
    .otherwise(NOW)
    .fill_null(NOW)
    .alias("since")
)


def _begins(policy: Policy) -> list[pl.Expr]:
    """Since when, and what the ends of a stay are made of that are asked for more than once."""
    timed = [
        waiting.holds_from(each.when, policy).alias(f"from:{i}")
        for i, each in enumerate(policy.triggers)
        if waiting.is_timed(each.when)
    ]
    watched = [
        waiting.holds_until(each.when, policy).alias(f"until:{i}")
        for i, each in enumerate(policy.triggers)
        if each.to == "re_engaged"
    ]
    return [SINCE, BEGAN, *timed, *watched]


def _column(end: int) -> str:
    return f"leaves:{end}"


def _ways(policy: Policy) -> list[End]:
    return [*_ends_at_sales(policy), *_looks_again(policy), *_ends_of_lap(policy)]


def _ends(policy: Policy) -> list[pl.Expr]:
    return [at.alias(_column(i)) for i, (_, at) in enumerate(policy.kept(_ways))]


def _leaves_at(policy: Policy) -> pl.Expr:
    columns = [_column(i) for i in range(len(policy.kept(_ways)))]
    begun = pl.col("quiet_since").fill_null(policy.now)
    cycle_ends = _where(_in_lap(), _rolled(begun, pl.col("cycle_days"), policy))
    return pl.coalesce(pl.min_horizontal(columns), cycle_ends).alias("leaves_at")


def _leaves_by(policy: Policy) -> pl.Expr:
    by = [(word, pl.col(_column(i)) == pl.col("leaves_at")) for i, (word, _) in enumerate(policy.kept(_ways))]
    by.append(("cycle", pl.col("leaves_at").is_not_null()))
    return choice.first(by).alias("leaves_by")


#: A date by which a lead leaves, null where it does not apply, and its name.
End = tuple[str, pl.Expr]


def _where(applies: pl.Expr, at: pl.Expr) -> pl.Expr:
    return pl.when(applies).then(at)


def _in_lap() -> pl.Expr:
    status = pl.col("status")
    return (status == LeadStatus.NURTURE.value) | (status == LeadStatus.RE_ENGAGED.value)


def _ends_at_sales(policy: Policy) -> list[End]:
    status, deal = pl.col("status"), pl.col("opportunity.state")
    is_accepted = status == LeadStatus.SALES_ACCEPTED.value
    review_ends = _rolled(pl.col("since"), _answer_days(policy), policy)
    deal_ends = _rolled(pl.coalesce("deal_at", "since"), pl.col("cycle_days"), policy)
    idle = lifecycle.OPPORTUNITY_WITHIN / timedelta(days=1)
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
                _rolled(pl.col("since"), waiting.days_of(rule.look_again_in), policy),
            ),
        )
        for rule in policy.playbook.exits
        if rule.look_again_in is not None
    ]


def _ends_of_lap(policy: Policy) -> list[End]:
    """The ends of a stay in nurture that time alone brings, each where it lies ahead."""
    exits, triggers = policy.playbook.exits, policy.triggers
    ends = [
        (f"exit:{rule.reason}", exits_from(i, policy))
        for i, rule in enumerate(exits)
        if waiting.is_timed(rule.when)
    ]
    ends += [
        (f"trigger:{each.name}", pl.col(f"from:{i}"))
        for i, each in enumerate(triggers)
        if waiting.is_timed(each.when)
    ]
    ends += [
        ("quiet_again", _quiet_again(each, i)) for i, each in enumerate(triggers) if each.to == "re_engaged"
    ]
    return [(name, _where(_in_lap() & (instant > policy.now), instant)) for name, instant in ends]


def _quiet_again(trigger: Trigger, number: int) -> pl.Expr:
    decides, until = pl.col("reason") == f"trigger:{trigger.name}", pl.col(f"until:{number}")
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
    days = [agreed.get(reason, slowest) for reason in policy.kept(outcomes.reasons_of).categories]
    return choice.looked_up("reason", pl.Series(days, dtype=pl.Float64))


def _rolled(base: pl.Expr, days: pl.Expr | float, policy: Policy) -> pl.Expr:
    """Return base plus so many days, or as many times that as bring it past the instant."""
    step = known.span(days)
    age = (policy.now - base).dt.total_microseconds()
    turns = pl.max_horizontal(age // step + 1, pl.lit(1, dtype=pl.Int64))
    return base + (turns * step).cast(pl.Duration("us"))
