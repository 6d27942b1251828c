"""The facts of each lead as one frame: its identity, its account's deal, and a column for each leaf."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

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
#: A deal's state as a column of the working frame, best first.
DEALS = choice.words([OpportunityState.OPEN.value, OpportunityState.WON.value, OpportunityState.LOST.value])
NO_DEAL = [pl.lit(None, dtype=DEALS).alias("opportunity.state"), pl.lit(None, dtype=INSTANT).alias("deal_at")]


def known_facts(facts: Facts, policy: Policy, as_of: datetime) -> pl.LazyFrame:
    """
    Join leads, accounts and deals, and decide every leaf that reads facts alone.

    Returns one row per lead: ``lead_id``, ``account_id``, ``now``, ``entered_at``, ``was`` (the stored status),
    ``status`` (see ``lifecycle.released``), ``status_since``, ``stage.set`` (by a person; null: by evidence),
    ``cycle_days`` f64, ``opportunity.state``,
    ``deal_at``, ``date_fields`` under their names, and the leaf columns.
    """
    now = expressions.instant(as_of).alias("now")
    return (
        _of_leads(facts.leads.lazy().with_columns(now), types_of(facts.leads), policy)
        .join(_of_accounts(facts.accounts, now, policy), on="account_id", how="left")
        .pipe(_with_deals, facts.opportunities, now, policy)
        .with_columns(policy.kept(_standing))
        .with_columns(policy.kept(_standing_leaves))
    )


#: The types of a frame's columns by name, as a key.
Types = tuple[tuple[str, pl.DataType], ...]


def types_of(frame: pl.DataFrame) -> Types:
    """Return the types of a frame's columns."""
    return tuple(zip(frame.columns, frame.dtypes, strict=True))


def _own_leaves(policy: Policy, frame: str) -> dict[str, Leaf]:
    """The leaves over columns of ``leads`` or ``accounts``."""
    return {
        name: leaf
        for name, leaf in policy.leaves_known_after(Step.FACTS).items()
        if needs.column_of(leaf.field)[0] == frame and leaf.field not in AFTER_DEALS
    }


def _standing(policy: Policy) -> list[pl.Expr]:
    """
    Where the lead stands, and what is said of an account that has no row.

    Whether a field is known is never unknown, not even for a lead whose account has no row.
    """
    asked = {name: leaf for name, leaf in _own_leaves(policy, "accounts").items() if leaf.op is Op.KNOWN}
    return [
        lifecycle.released(now=policy.now).alias("status"),
        pl.col("status").cast(lifecycle.STATUS).alias("was"),
        *(pl.col(name).fill_null(not leaf.value) for name, leaf in asked.items()),
    ]


def _standing_leaves(policy: Policy) -> list[pl.Expr]:
    types = {"status": lifecycle.STATUS, "opportunity.state": DEALS}
    leaves = {
        name: _nurture_goes_on(leaf)
        for name, leaf in policy.leaves_known_after(Step.FACTS).items()
        if leaf.field in AFTER_DEALS
    }
    return all_decided(leaves, types, policy)


def _nurture_goes_on(leaf: Leaf) -> Leaf:
    """A re-engaged lead is in nurture until sales has room, so what is said of nurture is said of it too."""
    named = leaf.value if isinstance(leaf.value, list | tuple) else (leaf.value,)
    if leaf.field != "status" or leaf.op is Op.KNOWN or "nurture" not in named:
        return leaf
    several = {Op.IS: Op.IN, Op.IS_NOT: Op.NOT_IN}
    return leaf.model_copy(update={"op": several.get(leaf.op, leaf.op), "value": (*named, "re_engaged")})


def all_decided(
    leaves: Mapping[str, Leaf],
    types: Mapping[str, pl.DataType | type[pl.DataType]],
    policy: Policy,
    *,
    columns: Mapping[str, str] | None = None,
) -> list[pl.Expr]:
    """
    Return a boolean column for each leaf.

    A leaf reads the column named by its field, or by ``columns``; ``types`` are those of the columns there are.
    """
    of = columns or {}
    return [
        decided(leaf, of.get(leaf.field, leaf.field), types, policy).alias(name)
        for name, leaf in leaves.items()
    ]


def decided(
    leaf: Leaf, column: str, types: Mapping[str, pl.DataType | type[pl.DataType]], policy: Policy
) -> pl.Expr:
    """Return a leaf over a column; an absent column is missing throughout."""
    dtype = types.get(column, pl.Null())
    if isinstance(dtype, type):
        dtype = dtype()
    if dtype != pl.Null:
        return expressions.compared(leaf, column, dtype, policy.setting)
    if leaf.op is Op.KNOWN:
        return pl.lit(not leaf.value)
    return pl.lit(None, dtype=pl.Boolean)


def _of_leads(leads: pl.LazyFrame, types: Types, policy: Policy) -> pl.LazyFrame:
    made, kept = policy.kept(_lead_columns, types)
    return leads.with_columns(made).select(kept)


def _lead_columns(policy: Policy, types: Types) -> tuple[list[pl.Expr], list[pl.Expr]]:
    """
    What is made from columns of leads, and then what is kept of them.

    Made are the lead's cycle and days since entry; a role of UNKNOWN is missing.
    """
    schema = dict(types)
    role, entered = _column(schema, "role", pl.String()), _column(schema, "entered_at", INSTANT)
    made = {
        "cycle_days": _cycle_days(schema, policy),
        "days_since_entry": expressions.in_days(policy.now - entered),
        "role": pl.when(role != StakeholderRole.UNKNOWN.value).then(role),
    }
    after = {
        **schema, "cycle_days": pl.Float64(), "days_since_entry": pl.Float64(), "role": _type_of_role(schema),
    }  # fmt: skip
    kept = [
        *map(pl.col, ("lead_id", "account_id", "now", "cycle_days")),
        _column(after, "entered_at", INSTANT),
        _column(after, "status", pl.String()),
        _column(after, "status_since", INSTANT),
        _column(after, "stage.set", pl.String()),
        *_dates("leads", after, policy),
        *_decisions("leads", after, policy),
    ]
    return [each.alias(name) for name, each in made.items()], kept


def _type_of_role(schema: Mapping[str, pl.DataType]) -> pl.DataType:
    found = schema.get("role", pl.Null())
    return pl.String() if found == pl.Null else found


def _decisions(frame: str, schema: Mapping[str, pl.DataType], policy: Policy) -> list[pl.Expr]:
    leaves = _own_leaves(policy, frame)
    columns = {leaf.field: needs.column_of(leaf.field)[1] for leaf in leaves.values()}
    return all_decided(leaves, schema, policy, columns=columns)


def _cycle_days(schema: Mapping[str, pl.DataType], policy: Policy) -> pl.Expr:
    own = {
        key.lower(): offer.cycle_days(usual=policy.playbook.cycle)
        for key, offer in policy.playbook.offers.items()
    }
    usual = pl.lit(policy.cycle_days)
    if not own or schema.get("offer", pl.Null()) == pl.Null:
        return usual
    return expressions.looked_up(pl.col("offer").str.to_lowercase(), own, dtype=pl.Float64, otherwise=usual)


def _of_accounts(accounts: pl.DataFrame, now: pl.Expr, policy: Policy) -> pl.LazyFrame:
    return accounts.lazy().with_columns(now).select(policy.kept(_account_columns, types_of(accounts)))


def _account_columns(policy: Policy, types: Types) -> list[pl.Expr]:
    schema = dict(types)
    return [
        pl.col("account_id"), *_dates("accounts", schema, policy), *_decisions("accounts", schema, policy),
    ]  # fmt: skip


def _dates(frame: str, schema: Mapping[str, pl.DataType], policy: Policy) -> list[pl.Expr]:
    """The dates that time brings nearer as instants (a day begins at midnight UTC), under their fields' names."""
    fields = policy.kept(date_fields)
    found = [(field, needs.column_of(field)[1]) for field in fields if needs.column_of(field)[0] == frame]
    return [_as_instant(schema, column).alias(field) for field, column in found]


def date_fields(policy: Policy) -> tuple[str, ...]:
    """Return the facts whose dates time brings nearer: those of timing, and those that a condition waits for."""
    of_timing = [source.field for source in policy.playbook.timing.later.date_from]
    awaited = [
        leaf.field
        for leaf in policy.leaves_known_after(Step.FACTS).values()
        if leaf.op in {Op.WITHIN, Op.REACHED}
    ]
    return tuple(dict.fromkeys([*of_timing, *awaited]))


def _as_instant(schema: Mapping[str, pl.DataType], column: str) -> pl.Expr:
    dtype = schema.get(column, pl.Null())
    if dtype == pl.Date:
        return expressions.midnight(pl.col(column))
    if dtype == pl.String:
        return expressions.midnight(pl.col(column).str.to_date("%Y-%m-%d", strict=False))
    return pl.col(column).cast(INSTANT) if dtype.is_temporal() else pl.lit(None, dtype=INSTANT)


def _column(schema: Mapping[str, pl.DataType], name: str, dtype: pl.DataType) -> pl.Expr:
    if schema.get(name, pl.Null()) == pl.Null:
        return pl.lit(None, dtype=dtype).alias(name)
    return pl.col(name)


def _with_deals(
    frame: pl.LazyFrame, opportunities: pl.DataFrame, now: pl.Expr, policy: Policy
) -> pl.LazyFrame:
    if opportunities.is_empty():
        return frame.with_columns(NO_DEAL)
    return frame.join(_deals(opportunities, now, policy), on="account_id", how="left")


def _deals(opportunities: pl.DataFrame, now: pl.Expr, policy: Policy) -> pl.LazyFrame:
    """
    Return the state of each account's deals at the instant: open, else won, else lost.

    One row per account that has a deal: ``account_id``, ``opportunity.state``, ``deal_at`` (since when;
    null where the source does not say). A deal opened later does not exist yet, and one that was closed
    later is still open.
    """
    begun, ranked, best, named = policy.kept(_deal_columns)
    found = opportunities.lazy().with_columns(now).filter(begun).select(ranked)
    return found.group_by("account_id").agg(best).select(named)


def _deal_columns(policy: Policy) -> tuple[pl.Expr, list[pl.Expr], list[pl.Expr], list[pl.Expr]]:
    now = policy.now
    begun = (pl.col("opened_at") <= now) | pl.col("opened_at").is_null()
    is_open = (pl.col("state") == OpportunityState.OPEN.value) | (pl.col("closed_at") > now).fill_null(False)
    is_won = ~is_open & (pl.col("state") == OpportunityState.WON.value)
    rank = pl.when(is_open).then(0).when(is_won).then(1).otherwise(2).cast(pl.UInt8)
    since = pl.when(is_open).then("opened_at").otherwise("closed_at")
    best = pl.col("rank").min()
    return (
        begun,
        [pl.col("account_id"), rank.alias("rank"), since.alias("since")],
        [best.alias("best"), pl.col("since").filter(pl.col("rank") == best).max()],
        [
            pl.col("account_id"),
            pl.col("best").cat.to(DEALS).alias("opportunity.state"),
            pl.col("since").cast(INSTANT).alias("deal_at"),
        ],
    )


def moved(instant: pl.Expr, days: pl.Expr | float) -> pl.Expr:
    """Return an instant so many days later; days may be fractions."""
    return instant + span(days).cast(pl.Duration("us"))


def span(days: pl.Expr | float) -> pl.Expr:
    """Return days as whole microseconds, i64; halves are rounded away from zero."""
    if isinstance(days, pl.Expr):
        return (days * MICROSECONDS_A_DAY).round().cast(pl.Int64)
    whole = Decimal(days * MICROSECONDS_A_DAY).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    return pl.lit(int(whole), dtype=pl.Int64)
