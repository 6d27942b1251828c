"""The record of leads as it was given, some at a time, for an export."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import Q

from coldframe.leads import frames as leads
from coldframe.leads.models import Consent, CustomField, Identity, Lead
from coldframe.nurture import outlook
from coldframe.nurture.models import Standing
from coldframe.reports import columns
from coldframe.reports.columns import Column

#: Key of the column -> the lead's own or its account's.
PATHS = {
    "id": "public_id",
    "email": "email_as_given",
    **{
        name: name
        for name in (
            "first_name", "last_name", "job_title", "department", "role", "phone", "country", "city", "time_zone",
            "language", "source", "campaign", "landing_page", "offer", "form", "message", "known_problem", "timeline",
            "owner", "source_status", "left_company", "entered_at",
        )
    },
    "company": "account__name",
    "company_domain": "account__domain",
    "industry": "account__industry",
    "employees": "account__employees",
    "annual_revenue": "account__annual_revenue_cents",
    "company_country": "account__country",
    "company_city": "account__city",
    "technologies": "account__technologies",
    "renewal_on": "account__renewal_on",
    "company_owner": "account__owner",
}  # fmt: skip
#: Read beside them, and no column of their own.
BESIDE = ("id", "account_id", "email", "company_as_given", "custom", "account__custom")
CENTS = 100


def own_columns() -> tuple[Column, ...]:
    """Return a column for each field of one's own, of leads first."""
    rows = CustomField.objects.filter(entity__in=("lead", "account")).order_by("-entity", "name")
    return tuple(columns.custom(entity, name) for entity, name in rows.values_list("entity", "name"))


def load(
    lead_ids: Collection[int], *, account_ids: Collection[int], as_of: datetime
) -> dict[int, dict[str, Any]]:
    """Return the record of each lead by id: keys of ``columns.RECORD``, of ``columns.SHOWN``, and of one's own fields."""
    paths = dict(zip([*BESIDE, *PATHS.values()], range(len(BESIDE) + len(PATHS)), strict=True))
    rows = Lead.objects.filter(id__in=lead_ids).values_list(*paths)
    found = {row[0]: record(row) for row in rows}
    for name, values in beside(lead_ids, account_ids=account_ids, as_of=as_of).items():
        for lead_id, value in values.items():
            if lead_id in found:
                found[lead_id][name] = value
    for lead_id, standing in standings(lead_ids).items():
        found[lead_id] |= standing
    for lead_id, ahead in outlook.load(lead_ids=lead_ids).items():
        found[lead_id] |= coming(ahead)
    return found


def coming(ahead: outlook.Outlook) -> dict[str, Any]:
    """Return what comes next: the touch, or why there is none and until when."""
    is_held = ahead.reason is not None
    return {
        "next_touch": " ".join(filter(None, [ahead.text, ahead.detail])),
        "held_for": ahead.reason,
        "held_until": ahead.at if is_held else None,
        "comes_next": ahead.content_key,
    }


def record(row: tuple[Any, ...]) -> dict[str, Any]:
    """Return the record of one lead."""
    _, _, email, company_as_given, custom, account_custom = row[: len(BESIDE)]
    values = dict(zip(PATHS, row[len(BESIDE) :], strict=True))
    values["id"] = str(values["id"])
    values["email"] = values["email"] or email
    values["company"] = values["company"] or company_as_given
    if values["annual_revenue"] is not None:
        whole, cents = divmod(values["annual_revenue"], CENTS)
        values["annual_revenue"] = values["annual_revenue"] / CENTS if cents else whole
    own = {f"lead.custom.{name}": value for name, value in custom.items()}
    return values | own | {f"account.custom.{name}": value for name, value in account_custom.items()}


def beside(
    lead_ids: Collection[int], *, account_ids: Collection[int], as_of: datetime
) -> dict[str, dict[int, Any]]:
    """Return ids elsewhere, consents and suppressions by lead."""
    links: dict[int, list[str]] = {}
    mine = Q(lead_id__in=lead_ids) | Q(lead__merged_into__in=lead_ids)
    rows = Identity.objects.filter(mine).order_by("source", "external_id")
    columns = ("lead_id", "lead__merged_into_id", "source", "external_id")
    for lead_id, into, source, external_id in rows.values_list(*columns):
        links.setdefault(into or lead_id, []).append(f"{source}:{external_id}")
    suppressed = leads.load_suppressions(account_ids=account_ids)
    return {
        "external_ids": links,
        "consents": consents(lead_ids, as_of=as_of),
        "suppressed_by": {lead_id: word.upper() for lead_id, word in suppressed.iter_rows()},
    }


def consents(lead_ids: Collection[int], *, as_of: datetime) -> dict[int, list[str]]:
    """Return the consents of each lead, one text for each purpose and basis."""
    found: dict[int, list[str]] = {}
    rows = Consent.objects.filter(lead_id__in=lead_ids).order_by("purpose", "basis")
    for lead_id, purpose, basis, given, expires, withdrawn in rows.values_list(
        "lead_id", "purpose", "basis", "given_at", "expires_at", "withdrawn_at"
    ):
        parts = [f"{purpose}: {basis.lower().replace('_', ' ')}"]
        parts += [f"since {given.date()}"] if given else []
        parts += [f"{'expired' if expires <= as_of else 'until'} {expires.date()}"] if expires else []
        parts += [f"withdrawn {withdrawn.date()}"] if withdrawn and withdrawn <= as_of else []
        found.setdefault(lead_id, []).append(", ".join(parts))
    return found


def standings(lead_ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """Return where each assessed lead stands, and what was decided last, when, by which version."""
    names = ("status", "status_since", "decided_at", "playbook", "playbook_version")
    paths = (
        "status",
        "status_since",
        "cycle__as_of",
        "cycle__playbook_version__name",
        "cycle__playbook_version__number",
    )
    rows = Standing.objects.filter(lead_id__in=lead_ids).values_list("lead_id", *paths)
    return {row[0]: dict(zip(names, row[1:], strict=True)) for row in rows}
