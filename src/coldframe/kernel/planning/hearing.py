"""
What sales and people have said, heard before and after an assessment.

Before: where each lead stands by sales' answer, or its silence. After: whether what brings a lead to sales is news to
sales, whether it needs room there, and what it asks for.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

import polars as pl

from coldframe.kernel import lifecycle
from coldframe.kernel.frames import INSTANT, Facts, empty
from coldframe.kernel.planning import enrolling
from coldframe.kernel.planning.allocation import PROPOSALS, owners_of_colleagues
from coldframe.kernel.planning.prepared import NOW, Prepared, Types, types_of, with_columns_of
from coldframe.kernel.planning.returns import LAST_HANDOFF
from coldframe.kernel.playbook import expressions
from coldframe.kernel.running import collected
from coldframe.kernel.vocabulary import Disposition, HandoffState, LeadStatus, OpportunityState

#: A status that the clock has ended: accepted, and the deal lost, or none in time.
RECYCLED = "recycled"
REVIEW, ACCEPTED = LeadStatus.SALES_REVIEW.value, LeadStatus.SALES_ACCEPTED.value
STANDING = {"status": pl.String(), "status_since": INSTANT}
#: When an account's deal was lost.
LOST: dict[str, pl.DataType | type[pl.DataType]] = {"account_id": pl.Int64, "lost_at": INSTANT}


def standing(facts: Facts, last: pl.DataFrame, *, prepared: Prepared, as_of: datetime) -> pl.DataFrame:
    """
    Return where each lead stands by sales' answer, one row per lead.

    ``was`` and ``stood_since`` as stored, ``entered`` and ``entered_since`` as sales' answer has it, ``answer`` (the
    reason word, null: none), and the columns of ``last`` (``returns.LAST_HANDOFF``).
    """
    now = expressions.instant(as_of)
    missing = [
        pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in STANDING.items()
        if name not in facts.leads.columns
    ]
    stored = facts.leads.lazy().with_columns(now.alias("now"), *missing).select("lead_id", "now", *STANDING)
    frame = with_columns_of(stored, last, "lead_id", prepared)
    asked, answers, kept = prepared.kept(_answers)
    answered = frame.with_columns(asked).with_columns(answers).select(kept)
    return collected(answered, rows=facts.leads.height)


def _answers(prepared: Prepared) -> tuple[list[pl.Expr], list[pl.Expr], list[pl.Expr]]:
    """What is asked of sales' answer, the answer, and the columns of ``standing``."""
    asked, (follows, answer) = lifecycle.answered(now=NOW)
    moved = pl.col("status").is_not_null() & pl.col("entered").ne_missing(pl.col("status"))
    kept = [
        *map(pl.col, ("lead_id", "entered", "answer")),
        pl.when(moved).then(NOW).otherwise("status_since").alias("entered_since"),
        pl.col("status").alias("was"),
        pl.col("status_since").alias("stood_since"),
        *(pl.col(name) for name in LAST_HANDOFF if name != "lead_id"),
    ]
    return asked, [follows.cast(pl.String).alias("entered"), answer], kept


def heard(facts: Facts, standing: pl.DataFrame, people: pl.DataFrame) -> Facts:
    """
    Return the facts as an assessment is to read them: each lead stands where sales' answer, or its silence, put it.

    ``leads`` gets ``status`` and ``status_since`` as ``standing`` has them, ``verdict.until``, and where a person has set
    one (``people``: ``known.OVERRIDDEN``) ``stage.set``.
    """
    told = standing.lazy().select(TOLD)
    leads = facts.leads.lazy().select(NOT_TOLD).join(told, on="lead_id", how="left", maintain_order="left")
    if people.height:
        stages = people.lazy().select("lead_id", pl.col("override_stage").alias("stage.set"))
        leads = leads.join(stages, on="lead_id", how="left", maintain_order="left")
    return replace(facts, leads=collected(leads, rows=facts.leads.height))


TOLD = [
    pl.col("lead_id"),
    pl.col("entered").alias("status"),
    pl.col("entered_since").alias("status_since"),
    pl.col("verdict_until").alias("verdict.until"),
]
NOT_TOLD = pl.exclude("status", "status_since", "verdict.until", "stage.set")
OF_PEOPLE = ["lead_id", "override_status", "override_set_at", "override_until"]


def after_assessment(
    assessed: pl.DataFrame,
    standing: pl.DataFrame,
    facts: Facts,
    raised: pl.DataFrame,
    people: pl.DataFrame,
    *,
    prepared: Prepared,
    as_of: datetime,
    exits_to_sales: Collection[str],
) -> pl.DataFrame:
    """
    Return the working frame of ``lifecycle.concluded``, but for ``is_granted``.

    ``raised``: ``lead_id`` and ``raised_at``, the last hand raise, of leads that sales was done with before; ``people``:
    what people set (``known.OVERRIDDEN``);
    ``exits_to_sales``: reasons of exits that lead to sales. ``is_stale`` says that a lead would go to sales by what sales
    has seen before, or before the time that it asked for: who came back goes there again by something new, that is a
    meaningful action of its own since or a date that has come since, and not before the verdict's date. A hand raise
    since always counts. A lead is not proposed while sales has it.
    """
    frame = assessed.lazy().with_columns(expressions.instant(as_of).alias("now"))
    for each, key in (
        (standing, "lead_id"),
        (people[OF_PEOPLE], "lead_id"),
        (facts.enrollments[["lead_id", "lap_began_at"]], "lead_id"),
        (_lost_deals(facts, as_of), "account_id"),
        (raised, "lead_id"),
    ):
        frame = with_columns_of(frame, each, key, prepared)
    frame = (
        frame.with_columns(prepared.kept(_said))
        .with_columns(prepared.kept(_done))
        .with_columns(prepared.kept(_news, tuple(sorted(exits_to_sales))))
        .with_columns(prepared.kept(_proposed))
    )
    return collected(frame, rows=assessed.height)


def done_before(facts: Facts, standing: pl.DataFrame) -> pl.DataFrame:
    """Return ``lead_id`` of those for whom it matters when they raised a hand: sales has been at work on them before."""
    lost = (
        facts.opportunities.filter(pl.col("state") == OpportunityState.LOST.value)
        if facts.opportunities.height
        else None
    )
    was_seen = standing["handoff_state"].null_count() < standing.height
    if was_seen or (standing["entered"] == ACCEPTED).any():
        mine = standing.filter(HAD_BY_SALES)[["lead_id"]]
    else:
        mine = standing[["lead_id"]].clear()
    if lost is None or lost.is_empty():
        return mine
    others = facts.leads.join(lost, on="account_id", how="semi").select("lead_id")
    return pl.concat([mine, others]).unique()


HAD_BY_SALES = pl.col("handoff_state").is_not_null() | (pl.col("entered") == ACCEPTED)


def _lost_deals(facts: Facts, as_of: datetime) -> pl.DataFrame:
    if facts.opportunities.is_empty():
        return empty(LOST)
    is_lost = (pl.col("state") == OpportunityState.LOST.value) & (
        pl.col("closed_at") <= expressions.instant(as_of)
    )
    return (
        facts.opportunities.lazy()
        .filter(is_lost)
        .group_by("account_id")
        .agg(pl.col("closed_at").max().alias("lost_at"))
        .pipe(collected, rows=facts.opportunities.height)
    )


def _said(prepared: Prepared) -> list[pl.Expr]:
    entered, handoff = pl.col("entered"), pl.col("handoff_state")
    released = ((entered == ACCEPTED) & (pl.col("status") != ACCEPTED)).fill_null(False)
    is_open = ((handoff == HandoffState.OPEN.value) & (pl.col("deadline_at") > NOW)).fill_null(False)
    # A person's wish that sales looks at a lead is met once sales has; else the lead would come before it again and again.
    is_met = (
        (pl.col("override_status") == REVIEW)
        & ~is_open
        & (pl.col("handoff_opened_at") >= pl.col("override_set_at"))
    )
    by_sales = (pl.col("is_third_return") | (pl.col("goes_to") == LeadStatus.DISQUALIFIED.value)).fill_null(
        False
    )
    return [
        released.alias("is_released"),
        pl.when(released & ~by_sales).then(pl.lit(RECYCLED)).otherwise("answer").alias("answer"),
        pl.when(is_met.fill_null(False)).then(None).otherwise("override_status").alias("override"),
        is_open.alias("is_open"),
        (pl.col("last_meaningful_at") > pl.col("entered_since")).fill_null(False).alias("has_acted"),
        # A colleague's deal takes a lead along that sales had let go; when the deal is over, what sales said stands again.
        (((entered == LeadStatus.DISQUALIFIED.value).fill_null(False) | released) & by_sales).alias(
            "is_let_go"
        ),
        pl.when("is_third_return")
        .then(pl.lit(lifecycle.THIRD_RETURN))
        .otherwise("verdict:" + pl.col("verdict").str.to_lowercase())
        .alias("let_go_by"),
    ]


def _done(prepared: Prepared) -> list[pl.Expr]:
    """``done_at``: when sales was last done with the lead, or lost its account's deal; null: never, or it still has it."""
    accepted = pl.col("verdict_at").is_not_null() & pl.col("goes_to").is_null()
    began = pl.when(pl.col("lap_began_at") >= pl.col("verdict_at")).then("lap_began_at")
    with_sales = pl.col("entered").is_in(enrolling.WITH_SALES)
    recycled = pl.when(accepted & ~with_sales).then(pl.coalesce(began, "verdict_at"))
    ended = pl.when("is_released").then(NOW)
    return [pl.max_horizontal("returned_at", recycled, "lost_at", ended).alias("done_at")]


def _news(prepared: Prepared, exits_to_sales: tuple[str, ...]) -> list[pl.Expr]:
    since = pl.col("done_at")
    raised = (pl.col("raised_at") > since).fill_null(False)
    acted = (pl.col("last_meaningful_at") > since).fill_null(False)
    dated = ((pl.col("timing_at") > since) & (pl.col("timing_at") <= NOW)).fill_null(False)
    waits = (pl.col("return_not_before") > NOW).fill_null(False)
    goes = (pl.col("disposition") == Disposition.TO_SALES.value) & pl.col("reason").str.starts_with(
        "trigger:"
    )
    is_stale = goes & since.is_not_null() & ~raised & (waits | ~(acted | dated)) & ~pl.col("is_open")
    chain = pl.lit(None, dtype=pl.String)
    for i, rule in reversed(list(enumerate(prepared.playbook.exits))):
        if rule.reason not in exits_to_sales:
            holds = (pl.col("exits_held") // (1 << i)) % 2 == 1
            chain = pl.when(holds).then(pl.lit(f"exit:{rule.reason}")).otherwise(chain)
    return [is_stale.alias("is_stale"), chain.alias("exit")]


def _proposed(prepared: Prepared) -> list[pl.Expr]:
    """``is_proposed``: sales should have the lead now, if there is room, and does not have it."""
    proposed, entered = pl.col("status"), pl.col("entered")
    re_engaged = LeadStatus.RE_ENGAGED.value
    to_sales = pl.col("disposition") == Disposition.TO_SALES.value
    settled = pl.col("entered_since") + lifecycle.RE_ENGAGED_FOR <= NOW
    still_active = (proposed == re_engaged) & (entered == re_engaged) & settled
    by_policy = (
        to_sales & ((proposed == REVIEW) | still_active) & ~pl.col("is_stale") & pl.col("override").is_null()
    )
    wished = (pl.col("override") == REVIEW).fill_null(False)
    return [((by_policy | wished) & ~pl.col("is_open")).fill_null(False).alias("is_proposed")]


def proposals(
    leads: pl.DataFrame, facts: Facts, *, prepared: Prepared, as_of: datetime, hand_raises: Collection[str]
) -> pl.DataFrame:
    """
    Return who should go before sales, as ``allocation.PROPOSALS``.

    ``leads``: ``after_assessment``; ``hand_raises``: the reasons that never wait for room. A person's wish never waits.
    """
    if not leads["is_proposed"].any():
        return empty(PROPOSALS)
    frame = (
        leads.lazy()
        .filter(pl.col("is_proposed"))
        .with_columns(prepared.kept(_wanted, tuple(hand_raises)))
        .join(facts.leads.lazy().select(_owner("lead", types_of(facts.leads))), on="lead_id", how="left")
        .join(
            facts.accounts.lazy().select(_owner("account", types_of(facts.accounts))),
            on="account_id",
            how="left",
        )
        .join(owners_of_colleagues(facts.handoffs, as_of=as_of).lazy(), on="account_id", how="left")
        .with_columns(pl.coalesce("lead_country", "account_country").alias("country"))
        .select(pl.col(name).cast(dtype) for name, dtype in PROPOSALS.items())
        .sort("lead_id")
    )
    return collected(frame, rows=leads.height)


def _wanted(prepared: Prepared, hand_raises: tuple[str, ...]) -> list[pl.Expr]:
    wished = pl.col("override").is_not_null()
    was = pl.col("was")
    stays = (was == LeadStatus.NURTURE.value) & (pl.col("entered") == was) & ~pl.col("has_acted")
    waits = ((was == LeadStatus.RE_ENGAGED.value) | stays).fill_null(False)
    return [
        pl.when(wished).then(pl.lit(lifecycle.OVERRIDE)).otherwise("reason").alias("trigger"),
        (wished | pl.col("reason").is_in(list(hand_raises))).alias("is_hand_raise"),
        pl.coalesce(pl.when(waits).then("stood_since"), NOW).alias("waits_since"),
    ]


def _owner(of: str, types: Types) -> list[pl.Expr]:
    known = {
        name: pl.col(name) if name in dict(types) else pl.lit(None, dtype=pl.String)
        for name in ("owner", "country")
    }
    return [pl.col(f"{of}_id"), *(each.alias(f"{of}_{name}") for name, each in known.items())]
