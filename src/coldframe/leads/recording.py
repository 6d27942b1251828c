"""
Recording accounts, leads and what belongs to them, in bulk, where they are known to be new.

Who is not sure whether a record is there already (a file, a CRM) goes through ``importing``, which
matches first. Everything here makes its account due.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db import transaction

from coldframe.kernel.vocabulary import (
    ConsentBasis,
    EmailKind,
    OpportunityState,
    StakeholderRole,
    SuppressionReason,
)
from coldframe.leads import due
from coldframe.leads.importing.companies import name_key
from coldframe.leads.models import (
    Account,
    AccountIdentity,
    Consent,
    Identity,
    Lead,
    Opportunity,
    Suppression,
)
from coldframe.storage.writes import insert_rows, reserve_ids, restart_ids

#: Keys in one ``IN``.
KEYS_PER_QUERY = 5_000


@dataclass(frozen=True, kw_only=True, slots=True)
class NewAccount:
    """An account to record. None: missing."""

    source: str
    external_id: str | None = None
    #: Where it is known outside already; None: one is made at random.
    public_id: UUID | None = None
    name: str | None = None
    domain: str | None = None
    is_personal: bool = False
    industry: str | None = None
    employees: int | None = None
    annual_revenue_cents: int | None = None
    country: str | None = None
    city: str | None = None
    phone: str | None = None
    technologies: str | None = None
    renewal_on: date | None = None
    owner: str | None = None
    custom: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class NewLead:
    """A lead to record. None: missing. ``email`` is normalized already."""

    account_id: int
    #: The system it comes from, for ``external_id``; ``source`` is where the person came from.
    system: str
    external_id: str | None = None
    #: Where it is known outside already; None: one is made at random.
    public_id: UUID | None = None
    email: str | None = None
    email_kind: EmailKind | None = None
    is_role_address: bool = False
    first_name: str | None = None
    last_name: str | None = None
    job_title: str | None = None
    department: str | None = None
    role: StakeholderRole | None = None
    phone: str | None = None
    country: str | None = None
    city: str | None = None
    time_zone: str | None = None
    language: str | None = None
    source: str | None = None
    campaign: str | None = None
    landing_page: str | None = None
    offer: str | None = None
    form: str | None = None
    message: str | None = None
    known_problem: str | None = None
    timeline: str | None = None
    owner: str | None = None
    source_status: str | None = None
    left_company: bool | None = None
    entered_at: datetime | None = None
    custom: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class NewOpportunity:
    """A deal to record. None: missing."""

    source: str
    external_id: str
    account_id: int | None = None
    lead_id: int | None = None
    name: str | None = None
    stage: str | None = None
    state: OpportunityState
    amount_cents: int | None = None
    currency: str | None = None
    product: str | None = None
    owner: str | None = None
    lost_reason: str | None = None
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    custom: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class NewConsent:
    """A permission to record, for marketing e-mail unless said otherwise."""

    lead_id: int
    purpose: str = "marketing_email"
    basis: ConsentBasis
    wording: str | None = None
    source: str
    given_at: datetime | None = None
    #: The person confirmed it by an act of their own.
    confirmed_at: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class NewSuppression:
    """A permanent no-send to record, of a person and of the address."""

    lead_id: int
    email: str | None = None
    reason: SuppressionReason
    source: str
    suppressed_at: datetime


ACCOUNT_COLUMNS = (
    "name", "domain", "is_personal", "industry", "employees", "annual_revenue_cents", "country", "city", "phone",
    "technologies", "renewal_on", "owner", "custom",
)  # fmt: skip
LEAD_COLUMNS = (
    "account_id", "email", "is_role_address", "first_name", "last_name", "job_title", "department", "phone", "country",
    "city", "time_zone", "language", "source", "campaign", "landing_page", "offer", "form", "message", "known_problem",
    "timeline", "owner", "source_status", "left_company", "entered_at", "custom",
)  # fmt: skip
OPPORTUNITY_COLUMNS = (
    "source", "external_id", "account_id", "lead_id", "name", "stage", "amount_cents", "currency", "product", "owner",
    "lost_reason", "opened_at", "closed_at", "custom",
)  # fmt: skip
CONSENT_COLUMNS = ("lead_id", "purpose", "wording", "source", "given_at", "confirmed_at", "expires_at")


def restart_numbering() -> None:
    """
    Have accounts and leads be numbered from 1 in a database without any. Raises ``ValueError`` where there are some.

    Who is held out, whose hour is which and who comes first among equals are drawn by these numbers.
    """
    for model in (Account, Lead):
        restart_ids(model)


def record_accounts(accounts: Sequence[NewAccount], *, at: datetime) -> list[int]:
    """
    Record new accounts with their ids in their source; return their ids, in the order given.

    Raises Django's ``IntegrityError``, and records nothing, where a domain or an id is taken.
    """
    values = attrgetter(*ACCOUNT_COLUMNS)
    with transaction.atomic():
        ids = reserve_ids(Account, len(accounts))
        rows = [
            (
                pk,
                each.public_id or uuid.uuid4(),
                name_key(each.name) if each.name else None,
                at,
                *values(each),
            )
            for pk, each in zip(ids, accounts, strict=True)
        ]
        insert_rows(Account, ("id", "public_id", "name_key", "created_at", *ACCOUNT_COLUMNS), rows)
        known_as = [
            (pk, each.source, each.external_id)
            for pk, each in zip(ids, accounts, strict=True)
            if each.external_id is not None
        ]
        insert_rows(AccountIdentity, ("account_id", "source", "external_id"), known_as)
        make_due(ids, at=at)
    return ids


def record_leads(leads: Sequence[NewLead], *, at: datetime) -> list[int]:
    """
    Record new leads with their ids in their system; return their ids, in the order given.

    Raises Django's ``IntegrityError``, and records nothing, where an address or an id is taken.
    """
    values = attrgetter(*LEAD_COLUMNS)
    with transaction.atomic():
        ids = reserve_ids(Lead, len(leads))
        rows = [
            (
                pk,
                each.public_id or uuid.uuid4(),
                each.email,
                word(each.email_kind),
                word(each.role),
                at,
                *values(each),
            )
            for pk, each in zip(ids, leads, strict=True)
        ]
        made = ("id", "public_id", "email_as_given", "email_kind", "role", "created_at")
        insert_rows(Lead, (*made, *LEAD_COLUMNS), rows)
        known_as = [
            (pk, each.system, each.external_id)
            for pk, each in zip(ids, leads, strict=True)
            if each.external_id is not None
        ]
        insert_rows(Identity, ("lead_id", "source", "external_id"), known_as)
        make_due({each.account_id for each in leads}, at=at)
    return ids


def record_opportunities(opportunities: Sequence[NewOpportunity], *, at: datetime) -> int:
    """Record new deals; return how many. Raises ``IntegrityError`` where (source, external id) is taken."""
    values = attrgetter(*OPPORTUNITY_COLUMNS)
    rows = [(each.state.value, at, *values(each)) for each in opportunities]
    with transaction.atomic():
        make_due({each.account_id for each in opportunities if each.account_id is not None}, at=at)
        return insert_rows(Opportunity, ("state", "created_at", *OPPORTUNITY_COLUMNS), rows)


def record_consents(consents: Sequence[NewConsent], *, at: datetime) -> int:
    """Record permissions; return how many. Raises ``IntegrityError`` where one is there already."""
    values = attrgetter(*CONSENT_COLUMNS)
    rows = [(each.basis.value, at, *values(each)) for each in consents]
    with transaction.atomic():
        make_due(accounts_of({each.lead_id for each in consents}), at=at)
        return insert_rows(Consent, ("basis", "created_at", *CONSENT_COLUMNS), rows)


def record_suppressions(suppressions: Sequence[NewSuppression], *, at: datetime) -> int:
    """
    Record that people may never be mailed; return how many rows are new.

    One that is there already stays as it is: nothing lifts or moves it.
    """
    made = [
        Suppression(
            lead_id=each.lead_id,
            email=each.email,
            reason=each.reason.value,
            source=each.source,
            suppressed_at=each.suppressed_at,
            created_at=at,
        )
        for each in suppressions
    ]
    with transaction.atomic():
        before = Suppression.objects.count()
        Suppression.objects.bulk_create(made, ignore_conflicts=True, batch_size=1_000)
        make_due(accounts_of({each.lead_id for each in suppressions}), at=at)
        return Suppression.objects.count() - before


def word(value: EmailKind | StakeholderRole | None) -> str | None:
    """Return a word of the vocabulary as the database keeps it."""
    return None if value is None else value.value


def accounts_of(lead_ids: Iterable[int]) -> set[int]:
    """Return the accounts of leads."""
    ids, found = sorted(lead_ids), set()
    for start in range(0, len(ids), KEYS_PER_QUERY):
        some = ids[start : start + KEYS_PER_QUERY]
        found |= set(Lead.objects.filter(pk__in=some).values_list("account_id", flat=True))
    return found


def make_due(account_ids: Iterable[int], *, at: datetime) -> None:
    """Have accounts looked at again at ``at``, or earlier where they are due earlier."""
    due.mark_due(account_ids=set(account_ids), at=at)
