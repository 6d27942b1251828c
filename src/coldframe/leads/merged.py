"""Leads that turned out to be one person: which lead is meant by one that was merged, and which ones are the same."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TypeVar

from django.db.models import Q

from coldframe.leads.models import FormerAddress, Identity, Lead

#: Keys in one statement.
KEYS_A_STATEMENT = 5_000
T = TypeVar("T")
#: Leads that lead to somebody: whoever is there, and whoever was merged into another.
LEADS_ON = Q(voided_at=None) | Q(merged_into__isnull=False)


def root_of(lead_id: int) -> int:
    """Return the lead that a lead is by now: itself, unless it was merged into another."""
    into = Lead.objects.filter(pk=lead_id).values_list("merged_into_id", flat=True).first()
    return into or lead_id


def roots_of(lead_ids: Collection[int]) -> dict[int, int]:
    """Return what those of some leads are by now that were merged; the others are not named."""
    found: dict[int, int] = {}
    for some in runs(sorted(lead_ids)):
        rows = Lead.objects.filter(pk__in=some, merged_into__isnull=False)
        found |= {pk: into for pk, into in rows.values_list("pk", "merged_into_id") if into is not None}
    return found


def group_of(lead_ids: Iterable[int]) -> set[int]:
    """Return these leads and all that are one person with any of them."""
    ids = set(lead_ids)
    roots = roots_of(ids)
    heads = {roots.get(each, each) for each in ids}
    found = ids | heads
    for some in runs(sorted(heads)):
        found |= set(Lead.objects.filter(merged_into__in=some).values_list("pk", flat=True))
    return found


def find_by_former_addresses(emails: Collection[str]) -> dict[str, int]:
    """
    Return by (normalized) address the lead that is now whoever had it: under it once, or before it was merged.

    Whether a lead has the address today is not asked; who does goes before.
    """
    found: dict[str, int] = {}
    if FormerAddress.objects.exists():
        alive = Q(lead__voided_at__isnull=True) | Q(lead__merged_into__isnull=False)
        for some in runs(sorted(emails)):
            rows = FormerAddress.objects.filter(alive, email__in=some)
            for former, lead_id, into in rows.values_list("email", "lead_id", "lead__merged_into_id"):
                found[former] = into or lead_id
    if Lead.objects.filter(merged_into__isnull=False).exists():
        for some in runs(sorted(emails)):
            merged = Lead.objects.filter(email__in=some, voided_at__isnull=False, merged_into__isnull=False)
            for email, into in merged.values_list("email", "merged_into_id"):
                if email and into:
                    found.setdefault(email, into)
    return found


def find_by_addresses(emails: Collection[str]) -> dict[str, int]:
    """Return by (normalized) address the lead it leads to: who has it, else who is now whoever had it."""
    found = find_by_former_addresses(emails)
    for some in runs(sorted(emails)):
        current = Lead.objects.filter(email__in=some, voided_at__isnull=True)
        found |= {email: pk for email, pk in current.values_list("email", "pk") if email is not None}
    return found


def owner_of(lead_id: int, *, email: str) -> int:
    """Return which of the leads that are one person with this one has an address; this one where none has."""
    rows = Lead.objects.filter(email=email, pk__in=group_of([lead_id])).order_by("id")
    owners = list(rows.values_list("pk", flat=True))
    return lead_id if lead_id in owners or not owners else owners[0]


def identities_of(lead_id: int) -> list[tuple[str, str]]:
    """Return the ids by which a person is known in other systems, those of merged leads too: (source, id)."""
    found = Identity.objects.filter(Q(lead=lead_id) | Q(lead__merged_into=lead_id))
    return sorted(found.values_list("source", "external_id"))


def runs(keys: Sequence[T]) -> Iterator[Sequence[T]]:
    """Yield the keys in parts of one statement."""
    for start in range(0, len(keys), KEYS_A_STATEMENT):
        yield keys[start : start + KEYS_A_STATEMENT]
