"""
What a system of record, such as a CRM, says of owners and deals, one call at a time.

It is believed over what stood there before. Everything here makes the accounts due that it touches, so that the next
cycle goes by it. In the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from coldframe.kernel.vocabulary import OpportunityState
from coldframe.leads.due import mark_due
from coldframe.leads.importing.lookups import rows_by
from coldframe.leads.models import Account, Lead, Opportunity

#: Rows in one statement.
ROWS = 500


@dataclass(frozen=True, kw_only=True)
class SaidDeal:
    """A deal as it was said."""

    external_id: str
    #: None: as before.
    account_id: int | None = None
    lead_id: int | None = None
    #: Columns of ``Opportunity``; those that are not named stay as they are.
    columns: Mapping[str, Any] = field(default_factory=dict)


def set_lead_owners(owners: Mapping[int, str], *, at: datetime) -> int:
    """Give leads their owners, by lead; return how many have another than before."""
    leads = [
        each for each in Lead.objects.filter(pk__in=owners).order_by("pk") if each.owner != owners[each.pk]
    ]
    for lead in leads:
        lead.owner = owners[lead.pk]
    Lead.objects.bulk_update(leads, ["owner"], batch_size=ROWS)
    mark_due(account_ids={each.account_id for each in leads}, at=at)
    return len(leads)


def set_account_owners(owners: Mapping[int, str], *, at: datetime) -> int:
    """Give accounts their owners, by account; return how many have another than before."""
    found = Account.objects.filter(pk__in=owners).order_by("pk")
    accounts = [each for each in found if each.owner != owners[each.pk]]
    for account in accounts:
        account.owner = owners[account.pk]
    Account.objects.bulk_update(accounts, ["owner"], batch_size=ROWS)
    mark_due(account_ids={each.pk for each in accounts}, at=at)
    return len(accounts)


def keep_deals(deals: Sequence[SaidDeal], *, source: str, at: datetime) -> int:
    """Keep deals under the ids that a source gives them; return how many are new, or otherwise than before."""
    known = {
        each.external_id: each for each in open_rows({deal.external_id for deal in deals}, source=source)
    }
    made: dict[str, Opportunity] = {}
    changed: dict[str, Opportunity] = {}
    touched: set[int | None] = set()
    for deal in deals:
        row = known.get(deal.external_id) or made.get(deal.external_id)
        if row is None:
            row = Opportunity(
                source=source, external_id=deal.external_id, state=OpportunityState.OPEN.value, created_at=at
            )
            made[deal.external_id] = row
        elif deal.external_id not in made and differs(row, deal):
            changed[deal.external_id] = row
            touched.add(row.account_id)
        take(row, deal)
    Opportunity.objects.bulk_create([made[key] for key in sorted(made)], batch_size=ROWS)
    Opportunity.objects.bulk_update([changed[key] for key in sorted(changed)], CHANGED, batch_size=ROWS)
    touched |= {each.account_id for each in [*made.values(), *changed.values()]}
    mark_due(account_ids={pk for pk in touched if pk is not None}, at=at)
    return len(made) + len(changed)


#: What a call can change of a deal.
CHANGED = (
    "account", "lead", "name", "stage", "state", "amount_cents", "currency", "product", "owner", "lost_reason", "opened_at",
    "closed_at",
)  # fmt: skip


def open_rows(external_ids: Collection[str], *, source: str) -> list[Opportunity]:
    """Return the deals of a source by its ids, those that were not taken back."""
    ids = rows_by(
        Opportunity, "external_id", sorted(external_ids), columns=("id",),
        where="t.voided_at IS NULL AND t.source = %s", params=[source],
    )  # fmt: skip
    return list(Opportunity.objects.filter(pk__in=[pk for (pk,) in ids]).order_by("pk"))


def said_columns(deal: SaidDeal) -> dict[str, Any]:
    """Return the columns of a deal that are said, whose it is among them."""
    whose = {"account_id": deal.account_id, "lead_id": deal.lead_id}
    return {**deal.columns, **{name: pk for name, pk in whose.items() if pk is not None}}


def differs(row: Opportunity, deal: SaidDeal) -> bool:
    """Return whether a deal is said otherwise than it stands."""
    return any(getattr(row, name) != value for name, value in said_columns(deal).items())


def take(row: Opportunity, deal: SaidDeal) -> None:
    """Put what is said into a row."""
    for name, value in said_columns(deal).items():
        setattr(row, name, value)
