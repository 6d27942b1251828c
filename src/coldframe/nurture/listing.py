"""
Reads behind the lists and counts of leads.

Every function asks the database once or twice, whatever the number of leads, and returns plain values.
A lead without a standing has not been assessed: it is *new*. Voided leads are left out throughout.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from functools import reduce
from operator import and_
from uuid import UUID

from django.db.models import F, Q, QuerySet

from coldframe.activity.models import Event
from coldframe.kernel.vocabulary import PASSIVE_EVENT_KINDS
from coldframe.leads.models import Identity, Lead
from coldframe.nurture.models import Cycle, Standing

#: What a filter's value is when the lead must have none.
NONE = "-"

#: Sort keys -> (column, is descending); missing values come last, equals in the order of their keys.
ORDERS: dict[str, tuple[tuple[str, bool], ...]] = {
    "intent": (("standing__intent_points", True),),
    "fit": (("standing__fit_score", True), ("standing__intent_points", True)),
    "active": (("standing__last_meaningful_at", True),),
    "leaves": (("standing__leaves_at", False),),
    "entered": (("entered_at", True),),
    "name": (("last_name", False), ("first_name", False)),
}

#: Words of a search beyond these are ignored.
MAX_WORDS = 6


@dataclass(frozen=True, kw_only=True)
class LeadRow:
    """One lead as lists show it. The assessed columns are None while it is new."""

    id: int
    public_id: UUID
    first_name: str | None
    last_name: str | None
    email: str | None
    job_title: str | None
    source: str | None
    entered_at: datetime | None
    account_id: int
    company: str | None
    domain: str | None
    status: str | None
    disposition: str | None
    reason: str | None
    path: str | None
    fit_score: float | None
    fit_level: str | None
    fit_level_best: str | None
    fit_verdict: str | None
    intent_points: float | None
    intent_level: str | None
    stage: str | None
    last_meaningful_at: datetime | None
    leaves_at: datetime | None
    segment: str | None
    timing: str | None
    timing_at: datetime | None
    missing_count: int | None
    account_intent_points: float | None
    status_since: datetime | None
    role: str | None
    campaign: str | None
    offer: str | None
    known_problem: str | None
    owner: str | None
    account_owner: str | None
    country: str | None
    industry: str | None
    employees: int | None


ROW_COLUMNS = {each.name: each.name for each in fields(LeadRow)} | {
    "company": "account__name",
    "domain": "account__domain",
    "account_owner": "account__owner",
    "country": "account__country",
    "industry": "account__industry",
    "employees": "account__employees",
    **{
        name: f"standing__{name}"
        for name in (
            "status", "disposition", "reason", "path", "fit_score", "fit_level", "fit_level_best", "fit_verdict",
            "intent_points", "intent_level", "stage", "last_meaningful_at", "leaves_at", "segment", "timing", "timing_at",
            "missing_count", "account_intent_points", "status_since",
        )
    },
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class LastCycle:
    """The latest assessment of the base."""

    as_of: datetime
    playbook_name: str
    playbook_number: int


@dataclass(frozen=True, kw_only=True)
class LatestAction:
    """The last thing a lead did."""

    lead_id: int
    kind: str
    about: str
    occurred_at: datetime


def leads() -> QuerySet[Lead]:
    """Return the leads that count."""
    return Lead.objects.filter(voided_at__isnull=True)


def standings() -> QuerySet[Standing]:
    """Return the standings of the leads that count."""
    return Standing.objects.exclude(lead__in=Lead.objects.filter(voided_at__isnull=False))


def has_leads() -> bool:
    """Return whether there is any lead."""
    return leads().exists()


def has_new() -> bool:
    """Return whether there is a lead that was never assessed."""
    return leads().filter(standing__isnull=True).exists()


def mentioning(text: str) -> Q:
    """Return the condition that every word of ``text`` occurs in what a lead is known by."""
    words = text.replace("\0", " ").split()[:MAX_WORDS]
    return reduce(and_, map(mentions, words), Q())


def mentions(word: str) -> Q:
    """Return the condition that ``word`` occurs, whatever its case, in what a lead is known by, or is its id elsewhere."""
    columns = ("first_name", "last_name", "email", "job_title", "account__name", "account__domain")
    found = Q()
    for column in columns:
        for spelling in spellings(word):
            found |= Q(**{f"{column}__icontains": spelling})
    return found | Q(pk__in=Identity.objects.filter(external_id=word).values("lead_id"))


def spellings(word: str) -> list[str]:
    """Return the ways to ask for a word: SQLite compares letters beyond ASCII exactly, so their usual cases are all asked for."""
    return [word] if word.isascii() else sorted({word, word.lower(), word.upper(), word.capitalize()})


def rows(found: QuerySet[Lead]) -> list[LeadRow]:
    """Return the leads as lists show them, in the order they come."""
    return [
        LeadRow(**dict(zip(ROW_COLUMNS, row, strict=True)))
        for row in found.values_list(*ROW_COLUMNS.values())
    ]


def list_account(*, account_id: int, limit: int) -> list[LeadRow]:
    """Return the leads of one account, the most active first."""
    by_intent = F("standing__intent_points").desc(nulls_last=True)
    return rows(leads().filter(account_id=account_id).order_by(by_intent, "id")[:limit])


def list_these(*, lead_ids: Iterable[int]) -> list[LeadRow]:
    """Return some leads as lists show them, in one query and in no order."""
    return rows(leads().filter(pk__in=list(lead_ids)))


def find_row(*, lead_id: int) -> LeadRow | None:
    """Return one lead as lists show it, or None."""
    return next(iter(rows(leads().filter(pk=lead_id))), None)


def find_last_cycle() -> LastCycle | None:
    """Return the latest finished assessment of the base, if there was one."""
    columns = ("as_of", "playbook_version__name", "playbook_version__number")
    row = Cycle.objects.order_by("-id").values_list(*columns).first()
    return LastCycle(as_of=row[0], playbook_name=row[1], playbook_number=row[2]) if row else None


def list_latest_actions(*, of: Iterable[LeadRow], as_of: datetime) -> dict[int, LatestAction]:
    """Return the last thing each of these few leads is known to have done itself, by lead id."""
    wanted = {row.id: row.account_id for row in of}
    events = (
        Event.objects.filter(account_id__in=set(wanted.values()), lead_id__in=wanted, occurred_at__lte=as_of)
        .exclude(shape__kind__in=PASSIVE_EVENT_KINDS)
        .filter(evidence=Event.EvidenceCode.HUMAN)
        .exclude(batch__state="UNDONE")
        .order_by("occurred_at", "id")
        .values_list(
            "lead_id",
            "shape__kind",
            "shape__path",
            "shape__form",
            "shape__asset",
            "shape__topic",
            "occurred_at",
        )
    )
    latest = {}
    for lead_id, kind, path, form, asset, topic, occurred_at in events:
        latest[lead_id] = LatestAction(
            lead_id=lead_id, kind=kind, about=form or asset or path or topic, occurred_at=occurred_at
        )
    return latest
