"""
Which person a row means: by the source's id, else by the address.

A new address under a known id is the same person. An address under a second id is the same person too,
who then has both ids. Where id and address belong to two people, the id decides and the row says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

from coldframe.leads import merged
from coldframe.leads.importing import headers
from coldframe.leads.importing.known import KnownLead, link, unpacked, value_columns
from coldframe.leads.importing.lookups import rows_by
from coldframe.leads.importing.matching_accounts import Accounts
from coldframe.leads.models import Consent, Identity, Lead, Suppression

VALUES = tuple(name for name in value_columns(Lead))
LOADED = ("id", "account_id", "voided_at", *VALUES)


class Person(NamedTuple):
    """What a row says of who it is about."""

    external_id: str | None = None
    #: Normalized.
    email: str | None = None


def own_links(external_ids: Iterable[str]) -> list[tuple[str, int]]:
    """Return (id, lead) of the leads that an export of ours names by the id they have here."""
    public_ids = {public_id for each in external_ids if (public_id := as_uuid(each))}
    rows = Lead.objects.filter(public_id__in=public_ids).values_list("public_id", "id")
    return [(str(public_id), lead_id) for public_id, lead_id in rows]


def as_uuid(text: str) -> UUID | None:
    """Return the id that a text is, None where it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None


class Leads:
    """The leads that the rows at hand may mean, with what is on record of their permission."""

    def __init__(self, source: str, accounts: Accounts) -> None:
        self.source = source
        self.accounts = accounts
        self.by_id: dict[int, KnownLead] = {}
        self.by_external: dict[str, KnownLead] = {}
        self.by_email: dict[str, KnownLead] = {}
        #: Addresses that people are known by who have another one now.
        self.former: set[str] = set()
        #: Ids of leads that are another by now.
        self.merged_ids: set[str] = set()
        #: Reasons on record for an address.
        self.suppressed: dict[str, set[str]] = {}
        self.made: dict[KnownLead, None] = {}
        self.asked: set[tuple[str, Any]] = set()

    def load(self, people: Iterable[Person]) -> None:
        """Read the leads that these people may be."""
        people = list(people)
        externals = self.unasked("external", (each.external_id for each in people))
        links = rows_by(
            Identity,
            "external_id",
            externals,
            columns=("external_id", "lead_id"),
            where="t.source = %s",
            params=[self.source],
        )
        if self.source == headers.OWN:
            links += own_links(externals)
        emails = self.unasked("email", (each.email for each in people))
        former = merged.find_by_former_addresses(emails)
        roots = merged.roots_of({lead_id for _, lead_id in links})
        self.merged_ids |= {external_id for external_id, lead_id in links if lead_id in roots}
        links = [(external_id, roots.get(lead_id, lead_id)) for external_id, lead_id in links]
        ids = {
            lead_id
            for lead_id in (*(each for _, each in links), *former.values())
            if lead_id not in self.by_id
        }
        rows = rows_by(Lead, "id", ids, columns=LOADED)
        rows += rows_by(
            Lead, "email", emails, columns=LOADED, where="t.voided_at IS NULL AND t.email IS NOT NULL"
        )
        self.keep(rows)
        self.by_external.update((external_id, self.by_id[lead_id]) for external_id, lead_id in links)
        self.former |= former.keys()
        for email, lead_id in former.items():
            # An address of somebody's past leads to them, unless somebody has it.
            self.by_email.setdefault(email, self.by_id[lead_id])

    def unasked(self, kind: str, keys: Iterable[Any]) -> list[Any]:
        """Return the keys that were not looked up before, each once, in a settled order."""
        fresh = sorted({key for key in keys if key is not None and (kind, key) not in self.asked})
        self.asked.update((kind, key) for key in fresh)
        return fresh

    def keep(self, rows: list[tuple[Any, ...]]) -> None:
        """Register rows of ``LOADED`` with their accounts; a lead that is here already stays as it is."""
        self.accounts.load_ids(row[1] for row in rows)
        fresh = {}
        for pk, account_id, voided_at, *values in rows:
            if pk in self.by_id:
                continue
            lead = KnownLead(pk, unpacked(VALUES, values), self.accounts.by_id[account_id])
            self.by_id[pk] = fresh[pk] = lead
            if voided_at is not None:
                lead.revive()
            elif email := lead.values.get("email"):
                self.by_email[email] = lead
        self.load_permissions(fresh)

    def load_permissions(self, fresh: dict[int, KnownLead]) -> None:
        """Read the consents and suppressions of leads."""
        consents = rows_by(Consent, "lead_id", fresh, columns=("lead_id", "purpose", "basis", "withdrawn_at"))
        for lead_id, purpose, basis, withdrawn_at in consents:
            fresh[lead_id].consents[purpose, basis] = withdrawn_at is None
        for lead_id, reason in rows_by(Suppression, "lead_id", fresh, columns=("lead_id", "reason")):
            fresh[lead_id].suppressed_by.add(reason)

    def load_suppressed(self, emails: Iterable[str | None]) -> None:
        """Read the reasons on record for addresses."""
        fresh = self.unasked("suppressed", emails)
        for email, reason in rows_by(Suppression, "email", fresh, columns=("email", "reason")):
            self.suppressed.setdefault(email, set()).add(reason)

    def find(self, person: Person) -> KnownLead | None:
        """Return the lead a person is, or None."""
        found = self.by_external.get(person.external_id) if person.external_id else None
        if found and not found.is_revived:
            return found
        return (self.by_email.get(person.email) if person.email else None) or found

    def find_or_make(self, person: Person) -> KnownLead:
        """Return the lead a person is; make it where there is none. It takes the source's id from the row."""
        lead = self.find(person)
        if lead is None:
            lead = KnownLead(None, {}, None)
        if lead.is_new and not lead.is_counted:
            self.made[lead] = None
        if person.external_id:
            link(self.by_external, person.external_id, lead)
        if person.email:
            self.by_email.setdefault(person.email, lead)
        return lead

    def may_take(self, lead: KnownLead, email: str) -> bool:
        """Say whether the address is free for this lead."""
        return self.by_email.get(email, lead) is lead

    def is_left_behind(self, person: Person) -> bool:
        """Say whether a row names a lead that was merged by an address of its own: the one that stays has another."""
        return person.external_id in self.merged_ids and person.email in self.former

    def rename(self, lead: KnownLead, before: str | None, after: str) -> None:
        """Have the lead found by its new address."""
        if before and self.by_email.get(before) is lead:
            del self.by_email[before]
        self.by_email[after] = lead
