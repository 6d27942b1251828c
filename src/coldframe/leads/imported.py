"""Which records an import made or changed: ``12`` for both, ``12.new``, ``12.updated``, ``12.parents``, ``12.events``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from coldframe.leads.models import Account, ImportBatch, ImportChange, Lead, Opportunity

#: Numbers of more digits are of no import.
MOST_DIGITS = 18


class Part(StrEnum):
    """Which of the records that an import had to do with."""

    WHOLE = ""
    NEW = "new"
    UPDATED = "updated"
    #: Companies that it made because another one names them as its parent, and of which no row of its own told.
    PARENTS = "parents"
    #: Leads, or companies where nobody in particular did it, of which it told what happened; it made none itself.
    EVENTS = "events"


@dataclass(frozen=True, kw_only=True)
class Imported:
    """An import, and which of its records."""

    number: int
    part: Part

    def __str__(self) -> str:
        return f"{self.number}.{self.part}" if self.part else str(self.number)


@dataclass(frozen=True, kw_only=True)
class ImportedDeal:
    """A deal that an import made or changed, as it is known now."""

    id: int
    name: str | None
    stage: str | None
    state: str
    amount_cents: int | None
    currency: str | None
    owner: str | None
    lost_reason: str | None
    opened_at: datetime | None
    closed_at: datetime | None
    source: str
    external_id: str
    company: str | None
    domain: str | None
    account_public_id: UUID | None
    #: The deal belongs to a person without a company.
    is_personal: bool | None
    lead_public_id: UUID | None
    first_name: str | None
    last_name: str | None
    email: str | None


ELSEWHERE = {
    "company": "account__name",
    "domain": "account__domain",
    "account_public_id": "account__public_id",
    "is_personal": "account__is_personal",
    "lead_public_id": "lead__public_id",
    "first_name": "lead__first_name",
    "last_name": "lead__last_name",
    "email": "lead__email",
}
DEAL_COLUMNS = {name: ELSEWHERE.get(name, name) for name in ImportedDeal.__dataclass_fields__}


def parse(text: str) -> Imported | None:
    """
    Return what a text such as ``12.new`` names; None where it names no import.

    >>> parse("12.new"), parse("12.old"), parse("12.")
    (Imported(number=12, part=<Part.NEW: 'new'>), None, None)
    """
    digits, dot, part = text.partition(".")
    is_number = digits.isascii() and digits.isdecimal() and len(digits) <= MOST_DIGITS
    if not is_number or part not in set(Part) or bool(dot) != bool(part):
        return None
    return Imported(number=int(digits), part=Part(part))


def leads(asked: Imported) -> Q:
    """Return the condition over leads."""
    return records(asked, Lead.objects.order_by(), ImportChange.OF_LEADS)


def accounts(asked: Imported) -> Q:
    """Return the condition over accounts."""
    parents = changes(asked.number, [ImportChange.PARENT])
    if asked.part is Part.PARENTS:
        return Q(pk__in=parents)
    found = records(asked, Account.objects.order_by(), ImportChange.OF_ACCOUNTS)
    return found & ~Q(pk__in=parents) if asked.part is Part.NEW else found


def records(asked: Imported, every: QuerySet[Any], entities: Sequence[str]) -> Q:
    """Return the condition over records of one kind, of which changes are kept under some names."""
    changed = changes(asked.number, entities)
    if asked.part is Part.NEW:
        return Q(batch=asked.number)
    if asked.part is Part.UPDATED:
        return Q(pk__in=changed)
    return Q(pk__in=every.filter(batch=asked.number).values("pk").union(changed))


def changes(number: int, entities: Sequence[str]) -> QuerySet[ImportChange, Any]:
    """Return the ids of records that are noted of an import, unless it was taken back."""
    noted = ImportChange.objects.filter(batch=number, entity__in=entities).order_by()
    return noted.exclude(batch__state=ImportBatch.State.UNDONE).values("object_id")


def deals(asked: Imported) -> QuerySet[Opportunity]:
    """Return the deals."""
    condition = records(asked, Opportunity.objects.order_by(), ["opportunity"])
    return Opportunity.objects.filter(condition, voided_at=None)


def count_deals(asked: Imported) -> int:
    """Return how many deals an import made or changed."""
    return deals(asked).count()


def list_deals(asked: Imported, *, after: int = 0, offset: int = 0, limit: int) -> list[ImportedDeal]:
    """Return some of the deals, in the order in which they became known; those behind the id ``after``."""
    rows = deals(asked).filter(pk__gt=after).order_by("pk").values_list(*DEAL_COLUMNS.values())
    return [
        ImportedDeal(**dict(zip(DEAL_COLUMNS, row, strict=True))) for row in rows[offset : offset + limit]
    ]
