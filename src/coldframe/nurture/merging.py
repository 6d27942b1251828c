"""The values that messages show of their readers, read for many leads at once."""

from __future__ import annotations

from collections.abc import Collection

from coldframe.kernel.playbook import merge_fields
from coldframe.leads.models import Lead
from coldframe.library.fields import Value
from coldframe.nurture.models import Standing

#: Merge field -> column, from the lead.
COLUMNS: dict[str, str] = {
    "lead.first_name": "first_name",
    "lead.last_name": "last_name",
    "lead.job_title": "job_title",
    "lead.department": "department",
    "lead.role": "role",
    "lead.city": "city",
    "lead.country": "country",
    "lead.language": "language",
    "lead.known_problem": "known_problem",
    "lead.timeline": "timeline",
    "lead.offer": "offer",
    "lead.source": "source",
    "lead.campaign": "campaign",
    "lead.owner": "owner",
    "account.name": "account__name",
    "account.industry": "account__industry",
    "account.employees": "account__employees",
    "account.city": "account__city",
    "account.country": "account__country",
    "account.technologies": "account__technologies",
    "account.renewal_on": "account__renewal_on",
    "account.owner": "account__owner",
}
OWN = {"lead.custom.": "custom", "account.custom.": "account__custom"}


def load_values(*, lead_ids: Collection[int]) -> dict[int, dict[str, Value]]:
    """
    Return by lead the values of its merge fields, in two queries; missing values are None.

    The sender's and the content's own fields are not among them. Words of closed sets (role, stage) are spelt
    as playbooks spell them.
    """
    columns = {*COLUMNS.values(), *OWN.values()}
    rows = Lead.objects.filter(pk__in=lead_ids).values("id", *columns)
    standings = Standing.objects.filter(pk__in=lead_ids).values_list("lead_id", "stage", "segment")
    stands = {lead_id: (stage, segment) for lead_id, stage, segment in standings}
    found: dict[int, dict[str, Value]] = {}
    for row in rows:
        values: dict[str, Value] = {name: row[column] for name, column in COLUMNS.items()}
        stage, segment = stands.get(row["id"], (None, None))
        values |= {"stage": spelt(stage), "segment": segment, "lead.role": spelt(row["role"])}
        for prefix, column in OWN.items():
            own = {f"{prefix}{name}": value for name, value in (row[column] or {}).items()}
            values |= {name: value for name, value in own.items() if merge_fields.is_own(name)}
        found[row["id"]] = values
    return found


def spelt(word: str | None) -> str | None:
    """Return a word of a closed set as playbooks write it; ``UNKNOWN`` is nothing known."""
    return None if word is None or word == "UNKNOWN" else word.lower()
