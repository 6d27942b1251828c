"""Which leads some keys lead to as things stand, and whether they do so for good."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from coldframe.activity.identity import nodes
from coldframe.activity.models import ClaimedValue, Visitor
from coldframe.leads.importing.lookups import rows_by
from coldframe.leads.models import FormerAddress, Identity, Lead, Merge

#: Who decides where calls do.
BY = "calls"
LEAD, ACCOUNT = "lead", "account"


@dataclass(slots=True)
class Owner:
    """The lead that a key leads to."""

    #: Whose key it is; that one may have been merged into another.
    lead_id: int
    #: Calls alone say so.
    is_derived: bool


@dataclass(slots=True)
class Knowledge:
    """What is known of some keys and their leads."""

    owners: dict[str, Owner] = field(default_factory=dict)
    leads: dict[int, Lead] = field(default_factory=dict)
    #: User ids that stand among the ids of leads.
    with_id: set[str] = field(default_factory=set)
    #: Leads that a person has found to be another.
    merged_by_people: set[int] = field(default_factory=set)
    #: Those, and whoever was one of them by what calls say.
    brought_by_people: set[int] = field(default_factory=set)
    #: Addresses of theirs: the lead that they are now goes on under its own.
    left_behind: set[str] = field(default_factory=set)
    #: Lead -> when a person has found another to be this one; what came in before is its own.
    joined_at: dict[int, datetime] = field(default_factory=dict)
    #: (lead, field) -> value that calls have given it.
    claimed: dict[tuple[int, str], Any] = field(default_factory=dict)

    def root(self, lead_id: int) -> int:
        """Return what a lead is by now."""
        return self.leads[lead_id].merged_into_id or lead_id

    def known(self, said_at: Mapping[str, datetime]) -> dict[str, int]:
        """
        Return key -> lead of the keys whose lead is known otherwise than by calls.

        ``said_at``: when each key was first named.
        """
        return {
            node: self.root(owner.lead_id)
            for node, owner in self.owners.items()
            if self.is_known(owner) or self.was_own(owner, said_at.get(node))
        }

    def was_own(self, owner: Owner, said_at: datetime | None) -> bool:
        """Say whether a lead had a key before a person found another to be it."""
        joined_at = self.joined_at.get(owner.lead_id)
        return joined_at is not None and (said_at is None or said_at <= joined_at)

    def is_known(self, owner: Owner) -> bool:
        """Say whether a key is somebody's for good."""
        if owner.lead_id in self.merged_by_people:
            return True
        return not owner.is_derived and not self.leads[owner.lead_id].is_made_by_calls

    def known_at(self) -> dict[str, datetime]:
        """Return since when each of those keys is known."""
        return {
            node: self.leads[owner.lead_id].created_at
            for node, owner in self.owners.items()
            if self.is_known(owner)
        }


def load(keys: Collection[str]) -> Knowledge:
    """Return what is known of some keys of people."""
    found = Knowledge()
    by_users(found, [each for each in keys if nodes.is_user(each)])
    by_addresses(found, [each for each in keys if nodes.is_address(each)])
    load_leads(found, {owner.lead_id for owner in found.owners.values()})
    found.owners = {
        node: owner for node, owner in found.owners.items() if is_alive(found.leads.get(owner.lead_id))
    }
    found.with_id &= found.owners.keys()
    for node, owner in found.owners.items():
        # An address that calls have given a lead is theirs to give another one.
        if nodes.is_address(node) and found.claimed.get((owner.lead_id, "email")) == nodes.email_of(node):
            owner.is_derived = True
    found.left_behind = left_behind(found)
    return found


def left_behind(found: Knowledge) -> set[str]:
    """Return the addresses of leads that came along when a person found them to be another."""
    emails = (found.leads[pk].email for pk in found.brought_by_people)
    owned = {node for node, owner in found.owners.items() if owner.lead_id in found.brought_by_people}
    return {node for node in owned if nodes.is_address(node)} | {
        nodes.address(email) for email in emails if email
    }


def keys_of(found: Knowledge) -> set[str]:
    """Return all keys of the people whose leads are known, as things stand."""
    roots = {found.root(pk) for pk in found.leads}
    merged = rows_by(Lead, "merged_into_id", sorted(roots), columns=("id", "email"))
    ids = sorted({*roots, *(pk for pk, _ in merged)})
    emails = {email for _, email in merged} | {found.leads[pk].email for pk in roots}
    emails |= {email for (email,) in rows_by(FormerAddress, "lead_id", ids, columns=("email",))}
    keys = {nodes.address(email) for email in emails if email}
    return keys | {
        nodes.user(source, external_id)
        for source, external_id in rows_by(Identity, "lead_id", ids, columns=("source", "external_id"))
    }


def is_alive(lead: Lead | None) -> bool:
    """Say whether a lead is there, or is another by now."""
    return lead is not None and (lead.voided_at is None or lead.merged_into_id is not None)


def by_users(found: Knowledge, users: Collection[str]) -> None:
    """Find the leads of user ids: by the ids that leads have, else by what was done under them."""
    wanted = {nodes.named(node): node for node in users}
    ids = sorted({external_id for _, external_id in wanted})
    columns = ("source", "external_id", "lead_id", "is_derived")
    for source, external_id, lead_id, is_derived in rows_by(Identity, "external_id", ids, columns=columns):
        if node := wanted.get((source, external_id)):
            found.owners[node] = Owner(lead_id, bool(is_derived))
            found.with_id.add(node)
    by_key = {nodes.visitor_key(node): node for node in users if node not in found.owners}
    for key, lead_id in rows_by(Visitor, "anonymous_id", sorted(by_key), columns=("anonymous_id", "lead_id")):
        if lead_id is not None:
            found.owners[by_key[key]] = Owner(lead_id, True)


def by_addresses(found: Knowledge, addresses: Collection[str]) -> None:
    """Find the leads of addresses: who has it, who had it before being merged, who had it before."""
    emails = sorted({nodes.email_of(node) for node in addresses})
    for email, lead_id, is_derived in rows_by(
        FormerAddress, "email", emails, columns=("email", "lead_id", "is_derived")
    ):
        found.owners[nodes.address(email)] = Owner(lead_id, bool(is_derived))
    rows = rows_by(Lead, "email", emails, columns=("email", "id", "voided_at", "merged_into_id"))
    for email, lead_id, voided_at, into in sorted(rows, key=lambda row: (row[2] is None, row[1])):
        if voided_at is None or into is not None:
            found.owners[nodes.address(email)] = Owner(lead_id, False)


def load_leads(found: Knowledge, lead_ids: Iterable[int]) -> None:
    """Read leads, what they are by now, and what calls have given them."""
    wanted = sorted(set(lead_ids) - found.leads.keys())
    for lead in leads_by_id(wanted):
        found.leads[lead.pk] = lead
    roots = {each.merged_into_id for each in found.leads.values() if each.merged_into_id}
    for lead in leads_by_id(sorted(roots - found.leads.keys())):
        found.leads[lead.pk] = lead
    merged = [each.pk for each in found.leads.values() if each.merged_into_id]
    open_ones = Merge.objects.filter(lead__in=merged, unmerged_at=None).order_by("-id")
    for lead_id, into_id, merged_at, by in open_ones.values_list(
        "lead_id", "into_id", "merged_at", "decided_by"
    ):
        # Whoever was merged into a lead before that one was merged itself came along with it.
        if by != BY or into_id in found.brought_by_people:
            found.brought_by_people.add(lead_id)
        if by != BY:
            found.merged_by_people.add(lead_id)
            found.joined_at[into_id] = min(found.joined_at.get(into_id, merged_at), merged_at)
    found.claimed |= claimed_values(LEAD, found.leads)


def leads_by_id(lead_ids: Collection[int]) -> list[Lead]:
    """Return leads with their accounts."""
    found: list[Lead] = []
    ids = sorted(lead_ids)
    for start in range(0, len(ids), 5_000):
        found += Lead.objects.filter(pk__in=ids[start : start + 5_000]).select_related("account")
    return found


def claimed_values(entity: str, ids: Collection[int]) -> dict[tuple[int, str], Any]:
    """Return what calls have given some leads or accounts."""
    rows = rows_by(
        ClaimedValue,
        "object_id",
        sorted(ids),
        columns=("object_id", "field", "value"),
        where="t.entity = %s",
        params=[entity],
    )
    return {(object_id, name): value for object_id, name, value in rows}
