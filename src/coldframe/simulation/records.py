"""What a simulated history consists of: plain values that refer to each other by key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from coldframe.kernel.vocabulary import (
    ConsentBasis,
    EmailKind,
    Evidence,
    OpportunityState,
    StakeholderRole,
    SuppressionReason,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountTruth:
    """What nobody can see: it drives what the people of an account do, and what sales hears."""

    #: How well the offer would serve them, 0 to 1.
    fit: float
    #: How badly they need it, 0 to 1.
    need: float
    #: What it would solve.
    problem: str
    #: The story the account lives through; a word of ``market.Story``.
    story: str
    #: When it begins to look around; None: never within the history.
    window_opens_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class SimulatedAccount:
    """A company, or a person's own account (``is_personal``). Missing facts are None."""

    key: int
    external_id: str
    name: str | None
    domain: str | None
    is_personal: bool
    industry: str | None
    employees: int | None
    annual_revenue_cents: int | None
    country: str | None
    city: str | None
    phone: str | None
    technologies: str | None
    renewal_on: date | None
    owner: str | None
    created_at: datetime
    truth: AccountTruth


@dataclass(frozen=True, kw_only=True, slots=True)
class SimulatedLead:
    """A person. Missing facts are None."""

    key: int
    account: int
    external_id: str
    email: str | None
    email_kind: EmailKind | None
    is_role_address: bool
    first_name: str | None
    last_name: str | None
    job_title: str | None
    department: str | None
    role: StakeholderRole | None
    phone: str | None
    country: str | None
    city: str | None
    time_zone: str | None
    language: str | None
    source: str
    campaign: str | None
    landing_page: str | None
    offer: str | None
    form: str | None
    message: str | None
    known_problem: str | None
    timeline: str | None
    owner: str | None
    source_status: str | None
    left_company: bool | None
    entered_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class SimulatedEvent:
    """A fact about a lead, before the instant the history ends at."""

    external_id: str
    lead: int
    kind: str
    path: str = ""
    form: str = ""
    asset: str = ""
    topic: str = ""
    campaign: str = ""
    occurred_at: datetime
    evidence: Evidence = Evidence.HUMAN
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class SimulatedOpportunity:
    """A deal."""

    external_id: str
    account: int
    lead: int | None
    name: str
    stage: str
    state: OpportunityState
    amount_cents: int
    currency: str
    product: str
    owner: str
    lost_reason: str | None
    opened_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class SimulatedConsent:
    """Why a lead may be mailed."""

    lead: int
    basis: ConsentBasis
    wording: str
    source: str
    given_at: datetime
    #: When the link in the confirmation mail was used; None: never.
    confirmed_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class SimulatedSuppression:
    """Why a lead may not."""

    lead: int
    reason: SuppressionReason
    source: str
    suppressed_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class SimulatedCompany:
    """The whole history up to ``as_of``. Keys are positions: ``leads[event.lead]`` is who did it."""

    seed: int
    as_of: datetime
    accounts: tuple[SimulatedAccount, ...]
    leads: tuple[SimulatedLead, ...]
    #: In the order of their instants.
    events: tuple[SimulatedEvent, ...]
    opportunities: tuple[SimulatedOpportunity, ...]
    consents: tuple[SimulatedConsent, ...]
    suppressions: tuple[SimulatedSuppression, ...]
