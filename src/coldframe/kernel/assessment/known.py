"""The facts of each lead as one frame: its identity, its account's deal, and a column for each leaf."""

from __future__ import annotations

import polars as pl

from coldframe.kernel import lifecycle
from coldframe.kernel.assessment import choice, needs
from coldframe.kernel.assessment.policy import Policy
from coldframe.kernel.frames import INSTANT, Facts
from coldframe.kernel.playbook import expressions
from coldframe.kernel.playbook.conditions import Leaf, Op
from coldframe.kernel.playbook.expressions import MICROSECONDS_A_DAY
from coldframe.kernel.playbook.fields import Step
from coldframe.kernel.vocabulary import OpportunityState, StakeholderRole

#: Decided once the account's deal is known, because a deal can end a status.
AFTER_DEALS = ("status", "opportunity.state")


def known_facts(facts: Facts, policy: Policy) -> pl.DataFrame:
    """
    Join leads, accounts and deals, and decide every leaf that reads facts alone.

    Returns one row per lead, ordered by ``lead_id``: ``lead_id``, ``account_id``, ``entered_at``, ``was``
    (the stored status), ``status`` (see ``lifecycle.released``), ``status_since``, ``cycle_days`` f64,
    ``opportunity.state``, ``deal_at``, date fields of timing under their names, and the leaf columns.
    """
    leaves = policy.leaves_known_after(Step.FACTS)
    by_frame = {
        frame: {name: leaf for name, leaf in leaves.items() if needs.column_of(leaf.field)[0] == frame}
        for frame in ("leads", "accounts")
    }
    dates = list(dict.fromkeys(source.field for source in policy.playbook.timing.later.date_from))
    own = {name: leaf for name, leaf in by_frame["leads"].items() if leaf.field not in AFTER_DEALS}
    return (
        _of_leads(facts.leads, own, dates, policy)
        .join(_of_accounts(facts.accounts, by_frame["accounts"], dates, policy), on="account_id", how="left")
        .pipe(_absent_accounts, by_frame["accounts"])
        .join(deals(facts.opportunities, policy), on="account_id", how="left")
        .with_columns(
            lifecycle.released(now=policy.now).alias("status"),
            pl.col("status").cast(lifecycle.STATUS).alias("was"),
        )
        .pipe(_with_standing, {n: leaf for n, leaf in leaves.items() if leaf.field in AFTER_DEALS}, policy)
        .sort("lead_id")
    )


def _with_standing(frame: pl.DataFrame, leaves: dict[str, Leaf], policy: Policy) -> pl.DataFrame:
    return with_leaves(frame, {name: _nurture_goes_on(leaf) for name, leaf in leaves.items()}, policy)


def _nurture_goes_on(leaf: Leaf) -> Leaf:
    """A re-engaged lead is in nurture until sales has room, so what is said of nurture is said of it too."""
    named = leaf.value if isinstance(leaf.value, list | tuple) else (leaf.value,)
    if leaf.field != "status" or leaf.op is Op.KNOWN or "nurture" not in named:
        return leaf
    several = {Op.IS: Op.IN, Op.IS_NOT: Op.NOT_IN}
    return leaf.model_copy(update={"op": several.get(leaf.op, leaf.op), "value": (*named, "re_engaged")})


def with_leaves(frame: pl.DataFrame, leaves: dict[str, Leaf], policy: Policy) -> pl.DataFrame:
    """Add a boolean column for each leaf whose field is a column of the same name."""
    schema = frame.schema
    return frame.with_columns(
        decided(leaf, leaf.field, schema, policy).alias(n) for n, leaf in leaves.items()
    )


def decided(leaf: Leaf, column: str, schema: pl.Schema, policy: Policy) -> pl.Expr:
    """Return a leaf over a column; an absent column is missing throughout."""
    dtype = schema.get(column, pl.Null())
    if dtype != pl.Null:
        return expressions.compared(leaf, column, dtype, policy.setting)
    if leaf.op is Op.KNOWN:
        return pl.lit(not leaf.value)
    return pl.lit(None, dtype=pl.Boolean)


def _of_leads(leads: pl.DataFrame, leaves: dict[str, Leaf], dates: list[str], policy: Policy) -> pl.DataFrame:
    leads = _prepared(leads, policy)
    schema = leads.schema
    kept = [
        _column(schema, "entered_at", INSTANT),
        _column(schema, "status", pl.String()),
        _column(schema, "status_since", INSTANT),
        *(_dates("leads", schema, dates)),
    ]
    decisions = [
        decided(leaf, needs.column_of(leaf.field)[1], schema, policy).alias(name)
        for name, leaf in leaves.items()
    ]
    return leads.lazy().select("lead_id", "account_id", "cycle_days", *kept, *decisions).collect()


def _prepared(leads: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Add what is made from columns: the lead's cycle, days since entry; a role of UNKNOWN is missing."""
    schema = leads.schema
    entered = _column(schema, "entered_at", INSTANT)
    days = expressions.in_days(policy.now - entered)
    made = [_cycle_days(schema, policy).alias("cycle_days"), days.alias("days_since_entry")]
    role = _column(schema, "role", pl.String())
    made.append(pl.when(role != StakeholderRole.UNKNOWN.value).then(role).alias("role"))
    return leads.with_columns(made)


def _cycle_days(schema: pl.Schema, policy: Policy) -> pl.Expr:
    own = {
        key.lower(): offer.cycle.days(cycle=policy.playbook.cycle)
        for key, offer in policy.playbook.offers.items()
        if offer.cycle
    }
    usual = pl.lit(policy.cycle_days)
    if not own or schema.get("offer", pl.Null()) == pl.Null:
        return usual
    return pl.col("offer").str.to_lowercase().replace_strict(own, default=usual, return_dtype=pl.Float64)


def _of_accounts(
    accounts: pl.DataFrame, leaves: dict[str, Leaf], dates: list[str], policy: Policy
) -> pl.DataFrame:
    schema = accounts.schema
    decisions = [
        decided(leaf, needs.column_of(leaf.field)[1], schema, policy).alias(name)
        for name, leaf in leaves.items()
    ]
    return accounts.lazy().select("account_id", *_dates("accounts", schema, dates), *decisions).collect()


def _absent_accounts(frame: pl.DataFrame, leaves: dict[str, Leaf]) -> pl.DataFrame:
    """Whether a field is known is never unknown, not even for a lead whose account has no row."""
    asked = {name: leaf for name, leaf in leaves.items() if leaf.op is Op.KNOWN}
    return frame.with_columns(pl.col(name).fill_null(not leaf.value) for name, leaf in asked.items())


def _dates(frame: str, schema: pl.Schema, fields: list[str]) -> list[pl.Expr]:
    """The date fields of timing as instants (a day begins at midnight UTC), under the fields' names."""
    found = [(field, needs.column_of(field)[1]) for field in fields if needs.column_of(field)[0] == frame]
    return [_as_instant(schema, column).alias(field) for field, column in found]


def _as_instant(schema: pl.Schema, column: str) -> pl.Expr:
    dtype = schema.get(column, pl.Null())
    if dtype == pl.Date:
        return pl.col(column).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    if dtype == pl.String:
        day = pl.col(column).str.to_date("%Y-%m-%d", strict=False)
        return day.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    return pl.col(column).cast(INSTANT) if dtype.is_temporal() else pl.lit(None, dtype=INSTANT)


def _column(schema: pl.Schema, name: str, dtype: pl.DataType) -> pl.Expr:
    if schema.get(name, pl.Null()) == pl.Null:
        return pl.lit(None, dtype=dtype).alias(name)
    return pl.col(name)


def deals(opportunities: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """
    Return the state of each account's deals at the instant: open, else won, else lost.

    One row per account that has a deal: ``account_id``, ``opportunity.state``, ``deal_at`` (since when;
    null where the source does not say). A deal opened later does not exist yet, and one that was closed
    later is still open.
    """
    as_of = policy.now
    begun = (pl.col("opened_at") <= as_of) | pl.col("opened_at").is_null()
    is_open = (pl.col("state") == OpportunityState.OPEN.value) | (pl.col("closed_at") > as_of).fill_null(
        False
    )
    is_won = ~is_open & (pl.col("state") == OpportunityState.WON.value)
    rank = pl.when(is_open).then(0).when(is_won).then(1).otherwise(2).cast(pl.UInt8)
    since = pl.when(is_open).then("opened_at").otherwise("closed_at")
    words = [OpportunityState.OPEN.value, OpportunityState.WON.value, OpportunityState.LOST.value]
    return (
        opportunities.lazy()
        .filter(begun)
        .select("account_id", rank.alias("rank"), since.alias("since"))
        .group_by("account_id")
        .agg(
            pl.col("rank").min().alias("best"),
            pl.col("since").filter(pl.col("rank") == pl.col("rank").min()).max(),
        )
        .select(
            "account_id",
            pl.col("best").cat.to(choice.words(words)).alias("opportunity.state"),
            pl.col("since").cast(INSTANT).alias("deal_at"),
        )
        .collect()
    )


def moved(instant: pl.Expr, days: pl.Expr) -> pl.Expr:
    """Return an instant so many days later; days may be fractions."""
    return instant + pl.duration(microseconds=(days * MICROSECONDS_A_DAY).round().cast(pl.Int64))
