"""
The frames in which facts reach the kernel, and their contracts.

Each frame is named by a plural noun. A contract lists every column with its type; a column marked with
``?`` may hold null, which always means *missing*, never zero and never no. ``Facts`` bundles them.
All instants are ``Datetime("us", "UTC")``, all days ``Date``.

Columns of ``leads`` and ``accounts`` are the names of the playbook's fields without their prefix:
the field ``lead.job_title`` is the column ``job_title`` of ``leads``, and ``lead.custom.visits`` is the
column ``custom.visits``. A frame may leave out columns that the playbook does not read; the kernel
reads an absent column as missing throughout.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

INSTANT = pl.Datetime("us", "UTC")

#: One row per lead; ``lead_id`` is unique, and between 0 and 2**56. Every lead has an account (a person without one has its own).
LEADS: dict[str, pl.DataType | type[pl.DataType]] = {
    "lead_id": pl.Int64,
    "account_id": pl.Int64,
    "email_kind": pl.String,  # ? a word of EmailKind; null where there is no address
    "has_address": pl.Boolean,
    "is_role_address": pl.Boolean,
    "job_title": pl.String,  # ?
    "department": pl.String,  # ?
    "role": pl.String,  # ? a word of StakeholderRole
    "country": pl.String,  # ? ISO 3166 alpha-2
    "city": pl.String,  # ?
    "time_zone": pl.String,  # ?
    "language": pl.String,  # ?
    "source": pl.String,  # ?
    "campaign": pl.String,  # ?
    "landing_page": pl.String,  # ?
    "offer": pl.String,  # ?
    "form": pl.String,  # ?
    "message": pl.String,  # ?
    "known_problem": pl.String,  # ?
    "timeline": pl.String,  # ?
    "owner": pl.String,  # ?
    "source_status": pl.String,  # ?
    "left_company": pl.Boolean,  # ?
    "entered_at": INSTANT,  # when the lead entered (the source's date, else when it was recorded)
    "suppressed_by": pl.String,  # ? the strongest word of SuppressionReason, lower case; null: mailable
    "status": pl.String,  # ? a word of LeadStatus; null: NEW
    "status_since": INSTANT,  # ?
}

#: One row per account; ``account_id`` is unique.
ACCOUNTS: dict[str, pl.DataType | type[pl.DataType]] = {
    "account_id": pl.Int64,
    "name": pl.String,  # ?
    "domain": pl.String,  # ?
    "industry": pl.String,  # ?
    "employees": pl.Int64,  # ?
    "annual_revenue": pl.Float64,  # ? whole money units
    "country": pl.String,  # ?
    "city": pl.String,  # ?
    "technologies": pl.String,  # ?
    "renewal_on": pl.Date,  # ?
    "owner": pl.String,  # ?
}

#: One row per event of a lead. Order carries no meaning.
EVENTS: dict[str, pl.DataType | type[pl.DataType]] = {
    "lead_id": pl.Int64,
    "shape_id": pl.Int64,
    "occurred_at": INSTANT,
    "p_human": pl.Float32,  # 0 to 1; vocabulary.P_HUMAN
}

#: One row per shape (what many events have in common); ``shape_id`` is unique. Empty text: none.
SHAPES: dict[str, pl.DataType | type[pl.DataType]] = {
    "shape_id": pl.Int64,
    "kind": pl.String,
    "path": pl.String,
    "form": pl.String,
    "asset": pl.String,
    "topic": pl.String,
    "campaign": pl.String,
}

#: One row per deal that names an account.
OPPORTUNITIES: dict[str, pl.DataType | type[pl.DataType]] = {
    "account_id": pl.Int64,
    "lead_id": pl.Int64,  # ? null: of the account, no person named
    "state": pl.String,  # a word of OpportunityState
    "opened_at": INSTANT,  # ?
    "closed_at": INSTANT,  # ?
}


#: What passed between us and a lead, and what is on its way: one row per touch that was not withdrawn.
TOUCHES: dict[str, pl.DataType | type[pl.DataType]] = {
    "lead_id": pl.Int64,
    "account_id": pl.Int64,
    "content_key": pl.String,  # "asset:<key>", "question:<field>", "follow_up:<day>"
    "channel": pl.String,  # a word of Channel
    "state": pl.String,  # a word of TouchState
    "at": INSTANT,  # handed over at; while PLANNED: planned for
    "path": pl.String,  # ?
    "lap": pl.Int64,
}

#: One row per lead that ever was in nurture: its open enrollment, else its last.
ENROLLMENTS: dict[str, pl.DataType | type[pl.DataType]] = {
    "lead_id": pl.Int64,
    "account_id": pl.Int64,
    "lap": pl.Int64,  # counts stays in nurture from 1; a change of path stays in the lap
    "path": pl.String,
    "state": pl.String,  # a word of EnrollmentState
    "entered_at": INSTANT,  # on this path
    "lap_began_at": INSTANT,
    "not_before": INSTANT,  # ? nothing is sent before (a verdict's wait)
    "released_at": INSTANT,  # ? its wave came
    "ended_at": INSTANT,  # ?
}

#: One row per handoff, answered or not.
HANDOFFS: dict[str, pl.DataType | type[pl.DataType]] = {
    "lead_id": pl.Int64,
    "account_id": pl.Int64,
    "opened_at": INSTANT,
    "deadline_at": INSTANT,
    "state": pl.String,  # a word of HandoffState
    "trigger": pl.String,  # the reason that sales read, "trigger:<name>"
    "owner": pl.String,  # ?
    "is_hand_raise": pl.Boolean,
    "verdict": pl.String,  # ? a word of Verdict
    "verdict_reason": pl.String,  # ?
    "verdict_at": INSTANT,  # ?
    "verdict_until": INSTANT,  # ? the date that sales gave
}

#: Why a lead may be contacted by e-mail: one row per consent.
CONSENTS: dict[str, pl.DataType | type[pl.DataType]] = {
    "lead_id": pl.Int64,
    "account_id": pl.Int64,
    "basis": pl.String,  # a word of ConsentBasis
    "given_at": INSTANT,  # ?
    "is_confirmed": pl.Boolean,  # a double opt-in, or another proof of the person's own act
    "expires_at": INSTANT,  # ?
    "withdrawn_at": INSTANT,  # ?
}

#: What a person set, for a limited time and with a reason.
OVERRIDES: dict[str, pl.DataType | type[pl.DataType]] = {
    "lead_id": pl.Int64,
    "account_id": pl.Int64,
    "status": pl.String,  # ? a word of LeadStatus that the lead is held in
    "path": pl.String,  # ?
    "stage": pl.String,  # ? a word of BuyerStage
    "is_paused": pl.Boolean,  # nothing is sent
    "reason": pl.String,
    "set_at": INSTANT,
    "until": INSTANT,
}

#: Days on which nobody works, by country.
HOLIDAYS: dict[str, pl.DataType | type[pl.DataType]] = {"country": pl.String, "day": pl.Date}

#: What sales has taken on: handoffs opened in the capacity's window, by owner (null: nobody's yet).
SALES_LOAD: dict[str, pl.DataType | type[pl.DataType]] = {
    "team": pl.String,
    "owner": pl.String,  # ?
    "opened_at": INSTANT,
    "is_hand_raise": pl.Boolean,
}

#: What the plan says of each candidate: one row per lead in nurture that has no touch on its way.
PLANS: dict[str, pl.DataType | type[pl.DataType]] = {
    "lead_id": pl.Int64,
    "account_id": pl.Int64,
    "is_touch": pl.Boolean,  # now; else a hold
    "reason": pl.String,  # touch: why this content; hold: a word of HoldReason
    "detail": pl.String,  # ? numbers behind the reason, for people: "1 in 5 days: last on 2026-03-02"
    "until": INSTANT,  # ? hold: when it is looked at again (never null but for holds that only a fact ends)
    "content_key": pl.String,  # ? touch: what; hold: what would be next
    "channel": pl.String,  # ? likewise
    "path": pl.String,
    "lap": pl.Int64,
    "may_mail": pl.Boolean,  # by mail or an audience, whatever else holds, and whatever channel is open beside
    "permitted_until": INSTANT,  # ? the permission behind it ends
    "needs_notice": pl.Boolean,  # the first mail on a legitimate interest says where the address is from
    "floor_at": INSTANT,  # nobody on the path waits longer than until here
    "floor_excuse": pl.String,  # ? the HoldReason that breaks the floor, where one does
    "zone": pl.String,  # IANA zone in which working hours are reckoned
    "zone_from": pl.String,  # the field it is known by, such as "lead.time_zone"; else "otherwise"
}

#: What becomes of enrollments: END comes before OPEN where a lead changes its path.
ENROLLMENT_CHANGES: dict[str, pl.DataType | type[pl.DataType]] = {
    "lead_id": pl.Int64,
    "account_id": pl.Int64,
    "change": pl.String,  # END (the open one), OPEN (a new one), UPDATE (the open one)
    "lap": pl.Int64,
    "path": pl.String,
    "state": pl.String,  # a word of EnrollmentState, as it is after
    "entered_at": INSTANT,
    "lap_began_at": INSTANT,
    "not_before": INSTANT,  # ?
    "wave_rank": pl.Float64,  # ? order in which dormant leads are woken, the least first; null: not waiting
    "released_at": INSTANT,  # ?
    "ended_at": INSTANT,  # ? of END
    "exit_reason": pl.String,  # ? of END: "path:<next>", "to_sales", "exit:<reason>", "disqualified"
}

#: Handoffs to open: one row per lead that sales is to look at.
OPENED_HANDOFFS: dict[str, pl.DataType | type[pl.DataType]] = {
    "lead_id": pl.Int64,
    "account_id": pl.Int64,
    "team": pl.String,
    "owner": pl.String,  # ?
    "owner_from": pl.String,  # ? how the owner was found: "account.owner", "lead.owner", "territory", "colleague", "round_robin"
    "trigger": pl.String,  # the reason that sales reads
    "is_hand_raise": pl.Boolean,
    "opened_at": INSTANT,
    "deadline_at": INSTANT,
    "answer_by_at": INSTANT,  # ? the agreed response time, in working hours
    "fit_level": pl.String,  # what it was ranked by
    "account_intent_points": pl.Float64,
    "intent_points": pl.Float64,
    "waits_since": INSTANT,
    "segment": pl.String,  # ?
    "stage": pl.String,  # ?
}

#: Open handoffs that end without a verdict, by lead.
ENDED_HANDOFFS: dict[str, pl.DataType | type[pl.DataType]] = {
    "lead_id": pl.Int64,
    "account_id": pl.Int64,
    "state": pl.String,  # LAPSED or CLOSED
    "ended_at": INSTANT,
    "reason": pl.String,  # "deadline", or the status_reason that overtook it
    "escalate_to": pl.String,  # ? who is told of a lapse
}

#: Who waits for room at sales, best first.
WAITING: dict[str, pl.DataType | type[pl.DataType]] = {
    "lead_id": pl.Int64,
    "account_id": pl.Int64,
    "rank": pl.Int64,  # from 1, among all who wait
    "reason": pl.String,  # for people
    "trigger": pl.String,
    "fit_level": pl.String,
    "account_intent_points": pl.Float64,
    "intent_points": pl.Float64,
    "waits_since": INSTANT,
    "room_at": INSTANT,  # when room may next appear
}

#: When each account is looked at again; no row: only a fact makes it due.
DUE: dict[str, pl.DataType | type[pl.DataType]] = {"account_id": pl.Int64, "due_at": INSTANT}


def empty(contract: dict[str, pl.DataType | type[pl.DataType]]) -> pl.DataFrame:
    """
    Return a frame of no rows with the contract's columns.

    ``contract`` is one of a module, and never changes. Most frames of a small cycle are empty, and a frame takes fifty
    times as long to make as to copy, so one of each is kept.
    """
    known = _EMPTY.get(id(contract))
    if known is None or known[0] is not contract:
        known = _EMPTY[id(contract)] = (contract, pl.DataFrame(schema=contract))
    return known[1].clone()


#: By the identity of a contract: the contract itself, so that its identity stays its own, and its empty frame.
_EMPTY: dict[int, tuple[dict[str, pl.DataType | type[pl.DataType]], pl.DataFrame]] = {}


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything known of some accounts: whole accounts, with all their leads."""

    leads: pl.DataFrame
    accounts: pl.DataFrame
    events: pl.DataFrame = field(default_factory=lambda: empty(EVENTS))
    shapes: pl.DataFrame = field(default_factory=lambda: empty(SHAPES))
    opportunities: pl.DataFrame = field(default_factory=lambda: empty(OPPORTUNITIES))
    touches: pl.DataFrame = field(default_factory=lambda: empty(TOUCHES))
    enrollments: pl.DataFrame = field(default_factory=lambda: empty(ENROLLMENTS))
    handoffs: pl.DataFrame = field(default_factory=lambda: empty(HANDOFFS))
    consents: pl.DataFrame = field(default_factory=lambda: empty(CONSENTS))
    overrides: pl.DataFrame = field(default_factory=lambda: empty(OVERRIDES))


@dataclass(frozen=True, kw_only=True)
class RepTerms:
    """What is agreed with one person in sales, beside what the playbook says for everybody."""

    name: str
    #: Takes fewer than the playbook allows for one person; None: as many.
    most: int | None = None
    #: Takes none before; None: is there.
    away_until: datetime | None = None
    #: Countries whose leads are theirs, where owners are found by territory.
    countries: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What a cycle must know beside the accounts themselves."""

    holidays: pl.DataFrame = field(default_factory=lambda: empty(HOLIDAYS))
    sales_load: pl.DataFrame = field(default_factory=lambda: empty(SALES_LOAD))
    #: Who takes leads, by team.
    reps: tuple[tuple[str, str], ...] = ()
    #: What is agreed with some of them.
    terms: tuple[RepTerms, ...] = ()
    #: First contacts with a dormant base that the mailbox's ramp still allows today, for the leads at hand.
    wave_room: int = 0
    #: Leads of other accounts that wait for room at sales, and take it before worse ones at hand: ``WAITING``.
    waiting: pl.DataFrame = field(default_factory=lambda: empty(WAITING))


#: What an assessment says of each lead; one row per lead, ordered by ``lead_id``.
ASSESSMENTS: dict[str, pl.DataType | type[pl.DataType]] = {
    "lead_id": pl.Int64,
    "account_id": pl.Int64,
    "disposition": pl.String,  # a word of Disposition
    "reason": pl.String,  # the deciding rule: "trigger:<name>", "disqualify:<reason>", "exit:<reason>", "path:<name>", "opportunity:open"
    "fit_score": pl.Float64,  # 0 to 100: the points of the rules that are known to hold
    "fit_low": pl.Float64,  # worst case over the missing fields, 0 to 100
    "fit_high": pl.Float64,  # best case
    "fit_level": pl.String,  # of fit_low
    "fit_level_best": pl.String,  # of fit_high
    "fit_verdict": pl.String,  # a word of FitVerdict
    "intent_points": pl.Float64,  # at as_of, not bounded
    "intent_level": pl.String,
    "account_intent_points": pl.Float64,  # the sum over the account's leads
    "stage": pl.String,  # ? a word of BuyerStage; null: no evidence
    "timing": pl.String,  # a word of TimingState
    "timing_at": INSTANT,  # ?
    "missing_count": pl.Int64,  # of completeness.sales_needs
    "segment": pl.String,  # ?
    "path": pl.String,  # ? only for NURTURE
    "last_meaningful_at": INSTANT,  # ?
    "last_meaningful_shape": pl.Int64,  # ? shape_id
    "leaves_at": INSTANT,  # ? when it leaves if nothing happens
    "leaves_by": pl.String,  # ? by which rule
    "status": pl.String,  # the status that follows (kernel.lifecycle)
    "status_reason": pl.String,  # why that status
    "fit_held": pl.Int64,  # bit i: fit rule i holds
    "fit_unknown": pl.Int64,  # bit i: fit rule i is unknown for want of a field
    "triggers_held": pl.Int64,
    "exits_held": pl.Int64,
    "disqualify_held": pl.Int64,
    "missing": pl.Int64,  # bit i: sales_needs field i is missing
}
