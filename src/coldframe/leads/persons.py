"""One person: what they see of themselves on a public page, and all that the tables of leads hold of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Model

from coldframe.leads.consent import MARKETING
from coldframe.leads.models import (
    Consent,
    FormerAddress,
    Lead,
    LiftedSuppression,
    Opportunity,
    Pause,
    RetentionReview,
    Suppression,
)
from coldframe.leads.suppression import email_keys
from coldframe.leads.tracking import TRACKING, wishes_of


@dataclass(frozen=True, kw_only=True)
class Reachable:
    """What a person sees of themselves on a public page: little enough for whoever else has the link."""

    lead_id: int
    #: The lead that the link names; it may be another one by now.
    came_by: int
    #: Such as ``a•••@b•••.example``; None: no address.
    masked: str | None
    is_unsubscribed: bool
    paused_until: datetime | None
    #: AGREED or OBJECTED to being tracked; None: nothing was said.
    tracking: str | None
    #: Purpose -> whether a permission for it is on file and holds, for all other purposes.
    purposes: dict[str, bool]


@dataclass(frozen=True, kw_only=True)
class Behind:
    """Who is behind a link, and no more."""

    lead_id: int
    masked: str | None


def find_behind(public_id: UUID) -> Behind | None:
    """Return who is behind a link, in one query; None where nobody is left behind it."""
    row = (
        Lead.objects.filter(public_id=public_id)
        .values_list("pk", "email", "merged_into_id", "merged_into__email")
        .first()
    )
    if row is None:
        return None
    lead_id, email = (row[2], row[3]) if row[2] else row[:2]
    return Behind(lead_id=lead_id, masked=masked(email))


def find_reachable(public_id: UUID, *, at: datetime) -> Reachable | None:
    """Return what the person behind a link may see; None where nobody is left behind it."""
    found = Lead.objects.filter(public_id=public_id).select_related("merged_into").first()
    if found is None:
        return None
    lead = found.merged_into or found
    keys = email_keys(lead.email)
    pause = Pause.objects.filter(lead=lead, ended_at=None, until__gt=at).first()
    return Reachable(
        lead_id=lead.pk,
        came_by=found.pk,
        masked=masked(lead.email),
        is_unsubscribed=Suppression.objects.filter(lead=lead).exists()
        or Suppression.objects.filter(email__in=keys).exists(),
        paused_until=pause.until if pause else None,
        tracking=wishes_of([lead.pk], at=at).get(lead.pk),
        purposes=purposes_of(lead.pk, at=at),
    )


def purposes_of(lead_id: int, *, at: datetime) -> dict[str, bool]:
    """Return the purposes other than marketing and tracking that are on file, and whether a permission holds."""
    rows = Consent.objects.filter(lead_id=lead_id).exclude(purpose__in=[MARKETING, TRACKING])
    found: dict[str, bool] = {}
    columns = ("purpose", "withdrawn_at", "expires_at")
    for purpose, withdrawn_at, expires_at in rows.order_by("purpose").values_list(*columns):
        holds = withdrawn_at is None and (expires_at is None or expires_at > at)
        found[purpose] = found.get(purpose, False) or holds
    return found


def masked(email: str | None) -> str | None:
    """
    Return an address that its owner knows and nobody else reads.

    >>> masked("anna@brightpath.example")
    'a•••@b•••.example'
    """
    if not email:
        return None
    local, _, host = email.rpartition("@")
    name, dot, rest = host.rpartition(".")
    return f"{local[:1]}•••@{name[:1]}•••{dot}{rest}"


def about(lead_id: int) -> dict[str, Any]:
    """Return everything that the tables of leads hold of a person, for the person: plain values by name."""
    lead = Lead.objects.select_related("account", "batch").get(pk=lead_id)
    keys = email_keys(lead.email)
    return {
        "person": values_of(lead, leave_out=("id", "account", "batch", "merged_into")),
        "imported_from": lead.batch and {"file": lead.batch.file_name, "at": lead.batch.started_at},
        "company": values_of(lead.account, leave_out=("id", "parent", "batch")),
        "former_addresses": rows_of(FormerAddress.objects.filter(lead=lead)),
        "merged": [
            {
                "into": str(each.into.public_id),
                "reason": each.reason,
                "at": each.merged_at,
                "undone_at": each.unmerged_at,
            }
            for each in lead.merges.select_related("into").order_by("id")
        ],
        "ids_in_other_systems": [
            {"source": each.source, "id": each.external_id}
            for each in lead.identities.order_by("source", "id")
        ],
        "permissions": rows_of(Consent.objects.filter(lead=lead)),
        "opt_outs": rows_of(
            Suppression.objects.filter(lead=lead) | Suppression.objects.filter(email__in=keys)
        ),
        "lifted_opt_outs": rows_of(LiftedSuppression.objects.filter(lead=lead)),
        "pauses": rows_of(Pause.objects.filter(lead=lead)),
        "on_the_list_to_be_erased": rows_of(RetentionReview.objects.filter(lead=lead)),
        "deals": rows_of(Opportunity.objects.filter(lead=lead)),
    }


def rows_of(found: Any) -> list[dict[str, Any]]:
    """Return rows in their order as plain values by name."""
    return [
        values_of(row, leave_out=("id", "lead", "account", "batch", "consent"))
        for row in found.order_by("id")
    ]


def values_of(row: Model, *, leave_out: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return what a row holds, by name, without what is missing."""
    names = [field.name for field in row._meta.concrete_fields if field.name not in leave_out]
    found = {name: getattr(row, name) for name in names}
    return {name: value for name, value in found.items() if value not in (None, "", {}, [])}
