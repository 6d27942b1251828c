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

import polars as pl

INSTANT = pl.Datetime("us", "UTC")

#: One row per lead; ``lead_id`` is unique, and between 0 and 2**56. Every lead has an account (a person without one has its own).
LEADS: dict[str, pl.DataType | type[pl.DataType]] = {
    "lead_id": pl.Int64,
    "account_id": pl.Int64,
    "email_kind": pl.String,  # ? a word of EmailKind; null where there is no address
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


def empty(contract: dict[str, pl.DataType | type[pl.DataType]]) -> pl.DataFrame:
    """Return a frame of no rows with the contract's columns."""
    return pl.DataFrame(schema=contract)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything known of some accounts: whole accounts, with all their leads."""

    leads: pl.DataFrame
    accounts: pl.DataFrame
    events: pl.DataFrame = field(default_factory=lambda: empty(EVENTS))
    shapes: pl.DataFrame = field(default_factory=lambda: empty(SHAPES))
    opportunities: pl.DataFrame = field(default_factory=lambda: empty(OPPORTUNITIES))


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
