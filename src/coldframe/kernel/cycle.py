"""
One cycle in memory: assess, hear sales and people, allocate sales' room, plan; and the facts as they are afterwards.

What ``nurture`` persists, and what rehearsal, simulation and a cluster repeat.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import polars as pl

from coldframe.kernel import lifecycle, running
from coldframe.kernel.assessment import matching, outcomes
from coldframe.kernel.assessment.assess import ASSESSED, RULED, apart, assess, departures, ruled
from coldframe.kernel.assessment.needs import Needs
from coldframe.kernel.assessment.needs import needs as assessment_needs
from coldframe.kernel.assessment.policy import is_hand_raise, policy_of
from coldframe.kernel.engagement import quarantine
from coldframe.kernel.frames import (
    ACCOUNTS,
    ASSESSMENTS,
    INSTANT,
    LEADS,
    OPENED_HANDOFFS,
    Facts,
    Surroundings,
    empty,
)
from coldframe.kernel.planning import (
    afterwards,
    allocation,
    catalog,
    following,
    hearing,
    known,
    plan,
    returns,
)
from coldframe.kernel.planning.prepared import Prepared, prepared_of, with_columns_of
from coldframe.kernel.playbook import expressions
from coldframe.kernel.playbook.model import Playbook
from coldframe.kernel.running import collected
from coldframe.kernel.vocabulary import HUMAN_ABOVE, Disposition, LeadStatus, TouchState

RAISED: dict[str, pl.DataType | type[pl.DataType]] = {"lead_id": pl.Int64, "raised_at": INSTANT}
SETTLED: dict[str, pl.DataType | type[pl.DataType]] = {
    "lead_id": pl.Int64,
    "new_leaves_at": INSTANT,
    "new_leaves_by": pl.String,
    "is_settled": pl.Boolean,
}


@dataclass(frozen=True, kw_only=True)
class CycleResult:
    """What one cycle decided; see ``kernel.frames`` for the columns."""

    as_of: datetime
    #: ``ASSESSMENTS`` with the final status, its reason, and when the lead leaves it.
    assessed: pl.DataFrame
    #: ``PLANS``.
    plans: pl.DataFrame
    #: ``ENROLLMENT_CHANGES``.
    enrollments: pl.DataFrame
    #: ``OPENED_HANDOFFS``: exactly the leads that enter sales review.
    handoffs: pl.DataFrame
    #: ``ENDED_HANDOFFS``.
    ended_handoffs: pl.DataFrame
    #: ``WAITING``.
    waiting: pl.DataFrame
    #: ``DUE``.
    due: pl.DataFrame


@dataclass(frozen=True, kw_only=True)
class Proposed:
    """Leads as assessed, and as sales and people have been heard; room at sales is not allocated yet."""

    facts: Facts
    playbook: Playbook
    as_of: datetime
    #: What became of each lead's last handoff: ``returns.LAST_HANDOFF``.
    last: pl.DataFrame
    #: The working frame of ``lifecycle.concluded``, but for ``is_granted``.
    leads: pl.DataFrame
    #: ``allocation.PROPOSALS``.
    proposals: pl.DataFrame
    #: What the assessment knows of when each lead leaves whatever status is settled; see ``assess.apart``.
    working: pl.DataFrame
    #: The assessment with its working columns, where they were asked for; else nothing.
    detail: pl.DataFrame = field(default_factory=pl.DataFrame)


def status_needs(playbook: Playbook) -> Needs:
    """Return what settles a status under this playbook: what an assessment reads, and who owns leads and accounts."""
    found = assessment_needs(playbook)
    return replace(
        found,
        leads=tuple(dict.fromkeys([*found.leads, "owner"])),
        accounts=tuple(dict.fromkeys([*found.accounts, "owner"])),
    )


def needs(playbook: Playbook) -> Needs:
    """Return what a cycle reads of leads, accounts and events under this playbook: what assessment and planning read."""
    assessment = assessment_needs(playbook)
    asked = [field.partition(".") for field in playbook.completeness.questions]
    zones = [field.partition(".") for field in playbook.calendar.time_zone.from_]
    columns = [(owner, column) for owner, _, column in (*asked, *zones)]
    leads = [*known.OF_LEADS, "country", *(column for owner, column in columns if owner == "lead")]
    accounts = ["country", "owner", *(column for owner, column in columns if owner == "account")]
    return replace(
        assessment,
        leads=tuple(dict.fromkeys([*assessment.leads, *_readable(leads, LEADS)])),
        accounts=tuple(dict.fromkeys([*assessment.accounts, *_readable(accounts, ACCOUNTS)])),
        event_kinds=assessment.event_kinds | catalog.FINDING_KINDS,
    )


def _readable(columns: list[str], contract: dict[str, pl.DataType | type[pl.DataType]]) -> list[str]:
    return [name for name in columns if name in contract or name.startswith("custom.")]


def run(facts: Facts, *, surroundings: Surroundings, playbook: Playbook, as_of: datetime) -> CycleResult:
    """
    Decide everything about some accounts at an instant.

    Parameters
    ----------
    facts
        Whole accounts, with all their leads; ``needs`` names the columns that are read.
    surroundings
        Holidays, what sales has taken on, who takes leads, room for a wave.
    playbook
        The policy.
    as_of
        Timezone-aware instant; facts from later on are not known yet.

    The order of rows carries no meaning, and an account is decided the same alone or among others, but for the room at
    sales and in the wave, which those at hand share.
    """
    proposed = propose(facts, playbook=playbook, as_of=as_of)
    return conclude(proposed, surroundings=surroundings)


def propose(
    facts: Facts, *, playbook: Playbook, as_of: datetime, ahead: bool = True, detail: bool = False
) -> Proposed:
    """
    Assess, hear what sales and people said, and say who is to go before sales if there is room.

    ``ahead``: also say when time alone could change a decision. ``detail``: keep the assessment's working columns.
    """
    as_of = as_of.astimezone(UTC)
    told = _told(facts, playbook=playbook, as_of=as_of)
    facts = _with_clicks_put_off(facts, as_of)
    also = ("path_if_nurtured",)
    told_of = assess(
        told.facts, playbook=playbook, as_of=as_of, ahead=ahead, also=also, detail=detail, resettled=True
    )
    found, working = apart(told_of)
    assessed = found.select(*ASSESSMENTS, pl.col("path_if_nurtured").cast(pl.String)) if detail else found
    leads = _with_answers(assessed, facts, told, playbook=playbook, as_of=as_of)
    proposals = hearing.proposals(
        leads, facts, prepared=prepared_of(playbook), as_of=as_of, hand_raises=never_wait(playbook)
    )
    return Proposed(
        facts=facts,
        playbook=playbook,
        as_of=as_of,
        last=told.last,
        leads=leads,
        proposals=proposals,
        working=working,
        detail=found if detail else pl.DataFrame(),
    )


@dataclass(frozen=True, kw_only=True)
class _Told:
    """The facts as an assessment reads them, and what they were made of."""

    facts: Facts
    last: pl.DataFrame
    standing: pl.DataFrame
    #: What people set: ``known.OVERRIDDEN``.
    people: pl.DataFrame


def _told(facts: Facts, *, playbook: Playbook, as_of: datetime) -> _Told:
    last = returns.last_handoffs(facts.handoffs, playbook=playbook, as_of=as_of)
    standing = hearing.standing(facts, last, prepared=prepared_of(playbook), as_of=as_of)
    people = known.overrides(facts.overrides, as_of=as_of)
    told = hearing.heard(facts, standing, people)
    return _Told(facts=told, last=last, standing=standing, people=people)


def _with_clicks_put_off(facts: Facts, as_of: datetime) -> Facts:
    """Return the facts for whatever is not an assessment, which sees to it itself that clicks wait."""
    events = quarantine.postponed(facts.events, facts.shapes, as_of=as_of)
    return facts if events is facts.events else replace(facts, events=events)


def _with_answers(
    assessed: pl.DataFrame, facts: Facts, told: _Told, *, playbook: Playbook, as_of: datetime
) -> pl.DataFrame:
    raised = hand_raises(facts, hearing.done_before(facts, told.standing), playbook=playbook, as_of=as_of)
    return hearing.after_assessment(
        assessed,
        told.standing,
        facts,
        raised,
        told.people,
        prepared=prepared_of(playbook),
        as_of=as_of,
        exits_to_sales=outcomes.EXITS_TO_SALES,
    )


def never_wait(playbook: Playbook) -> list[str]:
    """Return the reasons by which a lead goes before sales whether there is room or not."""
    return [f"trigger:{each.name}" for each in playbook.triggers if is_hand_raise(each)]


def decide(facts: Facts, *, playbook: Playbook, as_of: datetime, only: pl.DataFrame) -> pl.DataFrame:
    """
    Say where a cycle would put some leads, and no more: for trying many variations.

    ``only``: ``lead_id``, and ``is_full``: whether sales has no room for the lead. Returns ``lead_id``, the columns of
    ``assess.RULED``, the ``status`` that follows and ``status_reason``.
    """
    as_of = as_of.astimezone(UTC)
    told = _told(facts, playbook=playbook, as_of=as_of)
    facts = _with_clicks_put_off(facts, as_of)
    assessed = ruled(told.facts, playbook=playbook, as_of=as_of, only=only.select("lead_id"))
    leads = _with_answers(assessed, facts, told, playbook=playbook, as_of=as_of)
    leads = leads.join(only, on="lead_id", maintain_order="left")
    prepared = prepared_of(playbook)
    case, concluded = prepared.kept(_concluded)
    found = leads.lazy().with_columns(prepared.kept(_granted)).with_columns(case).with_columns(concluded)
    return collected(found.select(RULED), rows=leads.height)


def _granted(prepared: Prepared) -> list[pl.Expr]:
    wished = pl.col("override").is_not_null()
    at_once = wished | pl.col("reason").is_in(never_wait(prepared.playbook))
    return [(pl.col("is_proposed") & (at_once | ~pl.col("is_full"))).alias("is_granted")]


@dataclass(frozen=True, kw_only=True)
class Settled:
    """Where each lead stands once everybody is heard."""

    #: The working frame, with the final ``status`` and ``status_reason``, ``leaves_at`` and ``leaves_by``.
    leads: pl.DataFrame
    allocated: allocation.Allocated
    handoffs: pl.DataFrame


def settled(proposed: Proposed, *, surroundings: Surroundings) -> Settled:
    """Allocate sales' room and settle every status."""
    playbook, as_of = proposed.playbook, proposed.as_of
    allocated = allocation.allocate(
        proposed.proposals,
        sales_load=surroundings.sales_load,
        reps=surroundings.reps,
        playbook=playbook,
        as_of=as_of,
        elsewhere=surroundings.waiting,
        terms=surroundings.terms,
    )
    is_granted = pl.lit(False)
    if not allocated.granted.is_empty():
        is_granted = pl.col("lead_id").is_in(allocated.granted["lead_id"].implode())
    leads = _concluded_of(proposed.leads, is_granted, playbook)
    handoffs = following.opened(leads, allocated, proposed.proposals, playbook=playbook, as_of=as_of)
    leads = _with_departure(leads, handoffs, proposed)
    return Settled(leads=leads, allocated=allocated, handoffs=handoffs)


def conclude(proposed: Proposed, *, surroundings: Surroundings) -> CycleResult:
    """Allocate sales' room, settle every status, and plan."""
    facts, playbook, as_of = proposed.facts, proposed.playbook, proposed.as_of
    found = settled(proposed, surroundings=surroundings)
    leads, allocated, handoffs = found.leads, found.allocated, found.handoffs
    planned = plan.plan(
        leads[PLANNED],
        facts,
        surroundings=surroundings,
        playbook=playbook,
        as_of=as_of,
        last=proposed.last,
    )
    return CycleResult(
        as_of=as_of,
        assessed=leads.select(ASSESSED),
        plans=planned.plans,
        enrollments=planned.enrollments,
        handoffs=handoffs,
        ended_handoffs=following.ended(leads, playbook=playbook, as_of=as_of),
        waiting=allocated.waiting,
        due=following.due(leads, planned, handoffs, allocated, facts, playbook=playbook, as_of=as_of),
    )


#: What a plan reads of the working frame.
PLANNED = [*ASSESSMENTS, "path_if_nurtured"]


def _concluded_of(leads: pl.DataFrame, is_granted: pl.Expr, playbook: Playbook) -> pl.DataFrame:
    """Settle every status, once it is known who has room at sales; ``assessed_status`` is the one before."""
    frame = leads.lazy().with_columns(
        is_granted.alias("is_granted"), pl.col("status").alias("assessed_status")
    )
    case, concluded = prepared_of(playbook).kept(_concluded)
    frame = frame.with_columns(case).with_columns(concluded)
    return collected(frame.with_columns(NURTURED_AFTER_ALL), rows=leads.height)


def _nurtured_after_all() -> list[pl.Expr]:
    """
    Say of leads whose triggers are what sales has seen before that they are nurtured, and on which path.

    So that whoever counts who should go to sales does not count those who were there.
    """
    stale = pl.col("is_stale") & (pl.col("status") == LeadStatus.NURTURE.value) & pl.col("override").is_null()
    holds, path = stale.fill_null(False), pl.col("path_if_nurtured")
    return [
        pl.when(holds).then(pl.lit(Disposition.NURTURE.value)).otherwise("disposition").alias("disposition"),
        pl.when(holds).then("path:" + path).otherwise("reason").alias("reason"),
        pl.when(holds).then(path).otherwise("path").alias("path"),
    ]


NURTURED_AFTER_ALL = _nurtured_after_all()


def _concluded(prepared: Prepared) -> lifecycle.Steps:
    return lifecycle.concluded()


def heard(facts: Facts, *, playbook: Playbook, as_of: datetime) -> Facts:
    """Return the facts as a cycle's assessment reads them: each lead stands where sales' answer, or its silence, put it."""
    return _told(facts, playbook=playbook, as_of=as_of.astimezone(UTC)).facts


def hand_raises(facts: Facts, leads: pl.DataFrame, *, playbook: Playbook, as_of: datetime) -> pl.DataFrame:
    """Return ``lead_id`` and ``raised_at``: when each of some leads last asked for sales; no row: never."""
    if leads.is_empty() or facts.events.is_empty():
        return empty(RAISED)
    policy = policy_of(playbook)
    shapes = matching.matched(facts.shapes, policy).kept(_raising)
    if shapes.is_empty():
        return empty(RAISED)
    return (
        facts.events.lazy()
        .join(shapes.lazy(), on="shape_id", how="semi")
        .filter((pl.col("p_human") > HUMAN_ABOVE) & (pl.col("occurred_at") <= expressions.instant(as_of)))
        .join(leads.lazy(), on="lead_id", how="semi")
        .group_by("lead_id")
        .agg(pl.col("occurred_at").max().alias("raised_at"))
        .pipe(running.aggregated, events=facts.events.height)
    )


def _raising(matches: matching.Matches) -> pl.DataFrame:
    """``shape_id`` of the shapes by which somebody asks for sales."""
    policy = matches.policy
    wanted = [slot.index for slot in matching.named(policy.kept(matching.slots_of), "hand_raise")]
    return matches.pairs.filter(pl.col("slot").is_in(wanted)).select("shape_id").unique()


def _with_departure(leads: pl.DataFrame, handoffs: pl.DataFrame, proposed: Proposed) -> pl.DataFrame:
    """
    Say when each lead leaves the status that was settled, where it is not the one that was assessed.

    A review ends at its handoff's deadline.
    """
    settled_otherwise = _settled_otherwise(leads, proposed)
    if handoffs.is_empty() and settled_otherwise.is_empty() and not leads["is_open"].any():
        return leads
    prepared = prepared_of(proposed.playbook)
    opened = handoffs.lazy().select("lead_id", pl.col("deadline_at").alias("new_deadline_at"))
    frame = leads.lazy().join(opened, on="lead_id", how="left", maintain_order="left")
    frame = with_columns_of(frame, settled_otherwise, "lead_id", prepared)
    ends, leaves = prepared.kept(_leaving)
    return collected(frame.with_columns(ends).with_columns(leaves), rows=leads.height)


def _leaving(prepared: Prepared) -> lifecycle.Steps:
    """When a review ends, and then when a lead leaves its status, and by what."""
    in_review = pl.col("status") == LeadStatus.SALES_REVIEW.value
    deadline = pl.coalesce("new_deadline_at", pl.when("is_open").then("deadline_at"))
    is_settled = pl.col("is_settled").fill_null(False)
    ends = pl.col("review_ends_at").is_not_null()
    at = pl.when(ends).then("review_ends_at").when(is_settled).then("new_leaves_at").otherwise("leaves_at")
    by = pl.when(ends).then(pl.lit("deadline")).when(is_settled).then("new_leaves_by").otherwise("leaves_by")
    return (
        [pl.when(in_review).then(deadline).alias("review_ends_at")],
        [at.alias("leaves_at"), by.alias("leaves_by")],
    )


def _settled_otherwise(leads: pl.DataFrame, proposed: Proposed) -> pl.DataFrame:
    """``new_leaves_at`` and ``new_leaves_by`` of the leads whose status is another than the assessment proposed."""
    if leads["status"].equals(leads["assessed_status"]):
        return empty(SETTLED)
    moved = leads.filter(pl.col("status").ne_missing(pl.col("assessed_status")))
    found = departures(proposed.working, moved, playbook=proposed.playbook)
    return found.select(
        "lead_id", pl.lit(True).alias("is_settled"), new_leaves_at="leaves_at", new_leaves_by="leaves_by"
    )


def next_state(facts: Facts, result: CycleResult, *, touched: TouchState = TouchState.PLANNED) -> Facts:
    """
    Return the facts as they are once a result has been applied: what ``nurture`` persists, in memory.

    ``touched``: what becomes of the touches that were planned; SENT where everything is taken to be handed over at once.
    """
    return replace(
        facts,
        leads=afterwards.leads_after(facts.leads, result.assessed, as_of=result.as_of),
        enrollments=afterwards.enrollments_after(facts.enrollments, result.enrollments),
        handoffs=afterwards.handoffs_after(facts.handoffs, result.handoffs, result.ended_handoffs),
        touches=afterwards.touches_after(facts.touches, result.plans, state=touched, as_of=result.as_of),
    )


def settle(facts: Facts, *, playbook: Playbook, as_of: datetime) -> tuple[pl.DataFrame, pl.Series]:
    """
    Say of every lead what a cycle would, while sales has no room: nobody new is put before it, whoever asks.

    Returns ``ASSESSMENTS`` with the final status, and the accounts of those who should go before sales: a cycle, which
    knows the room, is to decide about them.
    """
    proposed = propose(facts, playbook=playbook, as_of=as_of, ahead=False)
    wished = pl.col("is_proposed") & (pl.col("override") == LeadStatus.SALES_REVIEW.value)
    unwished = pl.when(~wished.fill_null(False)).then("override").alias("override")
    leads = _concluded_of(proposed.leads.with_columns(unwished), pl.lit(False), playbook)
    leads = _with_departure(leads, empty(OPENED_HANDOFFS), proposed)
    assessed = leads.select(ASSESSED)
    return assessed, proposed.proposals["account_id"].unique().sort()
