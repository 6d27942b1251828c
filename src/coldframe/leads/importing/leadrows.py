"""Rows of leads: who each one is, for which company, and what changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from typing import Any, ClassVar

from coldframe.kernel.vocabulary import StakeholderRole
from coldframe.leads import suppression
from coldframe.leads.importing import collisions, companies, names, permissions, titles
from coldframe.leads.importing.addresses import Address
from coldframe.leads.importing.collisions import Conflict
from coldframe.leads.importing.known import KnownAccount, KnownLead
from coldframe.leads.importing.matching_accounts import Accounts, Company
from coldframe.leads.importing.matching_leads import Leads, Person
from coldframe.leads.importing.options import Rule
from coldframe.leads.importing.outcomes import Outcome
from coldframe.leads.importing.permissions import NewSuppression, Permissions
from coldframe.leads.importing.records import Record
from coldframe.leads.importing.writing import Writer
from coldframe.leads.models import ImportBatch
from coldframe.leads.suppression import email_keys
from coldframe.storage import locks

#: Why a row of a lead that nothing identifies is refused.
NOBODY = "neither an address nor an id: a lead is known by its address or by its id in the source"
ANOTHER_PERSON = (
    "the id {id} came with another address before; --source file says that it is the same person under a new "
    "address, --source NAME that these ids are of another system"
)
#: The source of files whose system is not recognized.
UNNAMED = "file"
NO_COMPANY = Company()

name_key = lru_cache(maxsize=50_000)(companies.name_key)
company_domain = lru_cache(maxsize=50_000)(companies.company_domain)


@dataclass(slots=True)
class LeadRow:
    """A record with what identifies it."""

    record: Record
    person: Person
    company: Company
    lead: KnownLead | None = None

    @property
    def line(self) -> int:
        """Return the line of the file."""
        return self.record.row.line

    @property
    def address(self) -> Address | None:
        """Return the address, if the row has one."""
        return self.record.values["key"].get("address")


@dataclass(slots=True)
class LeadIntake:
    """Takes rows of leads into memory; ``writing`` brings the result into the database."""

    is_counting: ClassVar[bool] = False
    source: str
    permissions: Permissions
    #: Column -> rule, for columns of the lead.
    rules: Mapping[str, Rule] = field(default_factory=dict)
    #: Nobody said which system the ids are of; they may come from anywhere.
    is_unnamed: bool = False
    accounts: Accounts = field(init=False)
    leads: Leads = field(init=False)
    changed: dict[KnownLead, None] = field(init=False, default_factory=dict)
    touched: dict[KnownAccount, None] = field(init=False, default_factory=dict)
    #: Known leads whose rows changed something: of them, of their company, or of who may write to them.
    updated: list[KnownLead] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Know nothing; the next rows are looked up in the database."""
        self.accounts = Accounts(self.source)
        self.leads = Leads(self.source, self.accounts)
        self.begin()

    def begin(self) -> None:
        """Begin a new chunk."""
        self.changed, self.touched, self.updated = {}, {}, []
        self.leads.made, self.accounts.made, self.accounts.joined = {}, {}, []
        self.permissions.begin()

    def settle(self) -> None:
        """Take what happened as given, without writing it: a dry run goes on with it."""
        for record in (*self.changed, *self.leads.made, *self.touched, *self.accounts.made):
            record.settle()
        self.begin()

    def skip(self, records: Sequence[Record]) -> None:
        """Do nothing: what a row is does not depend on the rows before it."""

    def write(self, *, batch: ImportBatch, at: datetime) -> None:
        """Write accounts, leads, their ids, consents and suppressions, and how to take it all back."""
        hold_those_leaving(self.permissions.suppressions)
        writer = Writer(batch_id=batch.pk, source=self.source, at=at)
        writer.write_accounts(self.accounts, self.touched)
        writer.write_leads(self.leads.made, self.changed)
        writer.note_beside(self.updated)
        writer.insert_consents(self.permissions.consents)
        writer.insert_suppressions(self.permissions.suppressions)
        addresses = {each.email for each in self.permissions.suppressions if each.email}
        suppression.link_addresses(addresses, source=f"import:{self.source}", at=at)
        writer.write_changes()
        self.forget()

    def finish(self, *, batch: ImportBatch, at: datetime) -> None:
        """Have opt-outs hold for the same mailbox under another plus tag."""
        suppression.link_plus_tags(source=f"import:{self.source}", at=at)

    def take(self, records: Sequence[Record]) -> Outcome:
        """Match the records and change what is known by them."""
        outcome = Outcome()
        outcome.counts["rows"] = len(records)
        rows = [identified(record) for record in records]
        nobodies = [row for row in rows if not (row.person.email or row.person.external_id)]
        outcome.refuse((row.record.row, NOBODY) for row in nobodies)
        rows = [row for row in rows if row.person.email or row.person.external_id]
        self.leads.load(row.person for row in rows)
        self.accounts.load(row.company for row in rows)
        self.leads.load_suppressed(key for row in rows for key in email_keys(row.person.email))
        groups = self.grouped(rows, outcome)
        self.leads.load_suppressed(
            key for group in groups if group[0].lead for key in email_keys(group[0].lead.values.get("email"))
        )
        suppressed = self.leads.suppressed
        for group in groups:
            permissions.name_earlier(group, suppressed, outcome)
        reasons = permissions.reasons_of(groups, suppressed)
        for group in groups:
            self.take_lead(group, reasons, outcome)
        outcome.counts["accounts_joined"] += len(self.accounts.joined)
        return outcome

    def grouped(self, rows: Sequence[LeadRow], outcome: Outcome) -> list[list[LeadRow]]:
        """Return the rows of each lead together; refuse those whose id is somebody else's."""
        groups: dict[KnownLead, list[LeadRow]] = {}
        # An id tells more than an address: addresses that stand beside an id are known before those without one.
        for row in sorted(rows, key=lambda row: row.person.external_id is None):
            if self.is_another_person(row):
                why = ANOTHER_PERSON.format(id=row.person.external_id)
                outcome.refuse([(row.record.row, why)], counted_as=ANOTHER_PERSON.replace(" {id}", ""))
                continue
            row.lead = self.leads.find_or_make(row.person)
            groups.setdefault(row.lead, []).append(row)
        # In the order in which the rows came, which does not depend on how many of them make a chunk.
        place = {id(row): number for number, row in enumerate(rows)}
        for group in groups.values():
            group.sort(key=lambda row: place[id(row)])
        return sorted(groups.values(), key=lambda group: place[id(group[0])])

    def is_another_person(self, row: LeadRow) -> bool:
        """Say whether an id of an unnamed source is known with another address."""
        if not self.is_unnamed or not (row.person.external_id and row.person.email):
            return False
        known = self.leads.by_external.get(row.person.external_id)
        email = known.values.get("email") if known and known.id and not known.is_revived else None
        return email is not None and email != row.person.email

    def take_lead(
        self, group: Sequence[LeadRow], reasons: Mapping[KnownLead, set[str]], outcome: Outcome
    ) -> None:
        """Bring the rows of one lead together, then into what is known of it; ``reasons`` are opt-outs."""
        lead = group[0].lead
        if lead is None:
            raise AssertionError("rows are grouped by their lead")
        is_new = lead.is_new and not lead.is_counted
        has_differed = self.take_values(lead, group, outcome, is_new=is_new)
        has_moved, has_taught = self.settle_account(lead, group, outcome)
        is_allowed = self.permissions.take(
            lead, group, reasons.get(lead, set()), self.leads.suppressed, outcome
        )
        has_changed = not is_new and bool(
            lead.has_changed or lead.links or lead.relinks or is_allowed or has_moved
        )
        if has_changed:
            self.changed[lead] = None
        if (has_changed or is_new) and lead.account:
            self.touched[lead.account] = None
        is_updated = not is_new and (has_changed or has_taught)
        if is_updated:
            self.updated.append(lead)
        outcome.counts["new" if is_new else "updated" if is_updated else "unchanged"] += 1
        outcome.counts["merged"] += len(group) - 1
        outcome.counts["conflicting"] += has_differed
        if len(group) > 1:
            outcome.merged += [(row.line, group[0].line) for row in group[1:]]

    def take_values(
        self, lead: KnownLead, group: Sequence[LeadRow], outcome: Outcome, *, is_new: bool
    ) -> bool:
        """Bring the columns of the lead up to the file; return whether they differed."""
        given = values_of(group[0].record)
        differed = False
        for row in group[1:]:
            _, within = collisions.settle(
                given, values_of(row.record), rules=self.rules, default=Rule.REPLACE, is_new=True
            )
            differed |= outcome.differ(row.line, "lead", within)
        if is_new and not lead.values:
            lead.values = given
            for name, value in said_by(given.get("job_title")).items():
                if value:
                    given.setdefault(name, value)
        else:
            before, differences = collisions.settle(
                lead.values, given, rules=self.rules, default=Rule.REPLACE, is_new=is_new
            )
            lead.change(before)
            read_from_title(lead, before)
            differed |= outcome.differ(group[-1].line, "lead", differences)
        return self.take_address(lead, group, outcome, is_new=is_new) or differed

    def take_address(
        self, lead: KnownLead, group: Sequence[LeadRow], outcome: Outcome, *, is_new: bool
    ) -> bool:
        """Give the lead the last address of its rows; return whether there were several, or it may not have it."""
        has_one = lead.values.get("email") is not None
        addressed = [
            row
            for row in group
            if row.person.email is not None and not (has_one and self.leads.is_left_behind(row.person))
        ]
        if not addressed or (len(addressed) == 1 and addressed[0].person.email == lead.values.get("email")):
            return False
        differed = self.differ_among_rows(lead, addressed, outcome)
        free = [row for row in addressed if self.leads.may_take(lead, row.person.email or "")]
        row = free[-1] if free else addressed[-1]
        address, known = row.address, lead.values.get("email")
        if address is None or address.normalized == known:
            return differed
        if row.person.external_id is None and known and address.normalized in self.leads.former:
            # It told who is meant; it does not bring back an address that was given up.
            return differed
        rule = self.rules.get("email", Rule.REPLACE)
        wins = bool(free) and (rule is Rule.REPLACE or (known is None and (rule is Rule.FILL or is_new)))
        if wins:
            self.leads.rename(lead, known, address.normalized)
            for name, value in columns_of(address).items():
                lead.put(name, value)
        if known is None and free:
            return differed
        found = Conflict(row.line, "lead", "email", known, address.normalized, wins)
        if found not in outcome.conflicts[-len(group) :]:
            outcome.conflicts.append(found)
        return True

    def differ_among_rows(self, lead: KnownLead, rows: Sequence[LeadRow], outcome: Outcome) -> bool:
        """Record where one row of a lead has another address than the row before it; return whether one has."""
        differed = False
        for before, row in pairwise(rows):
            if row.person.email != before.person.email:
                is_free = self.leads.may_take(lead, row.person.email or "")
                outcome.conflicts.append(
                    Conflict(row.line, "lead", "email", before.person.email, row.person.email, is_free)
                )
                differed = True
        return differed

    def settle_account(
        self, lead: KnownLead, group: Sequence[LeadRow], outcome: Outcome
    ) -> tuple[bool, bool]:
        """
        Find the lead's account and give it what the rows know of the company.

        Return whether the lead moved, and whether an account that was there learned something.
        """
        before, company = lead.account, group[0].company
        if len(group) > 1:
            company = company_of_all([row.company for row in group])
            self.accounts.load([company])
        account = self.account_of(lead, company)
        if account is not before:
            lead.move(account)
            if before is not None and before.id:
                self.touched[before] = None
        has_taught = False
        for row in group:
            given = row.record.values.get("account", {})
            given.pop("name", None)
            if given:
                changed, differences = collisions.settle(
                    account.values, given, rules={}, default=Rule.FILL, is_new=account.is_new
                )
                account.change(changed)
                has_taught |= bool(changed) and (account.is_counted or not account.is_new)
                outcome.differ(row.line, "account", differences)
        if account.before or account.links or account.relinks:
            self.touched[account] = None
        has_moved = account is not before and not (lead.is_new and not lead.is_counted)
        return has_moved, has_taught

    def account_of(self, lead: KnownLead, company: Company) -> KnownAccount:
        """
        Return the account the lead belongs to from now on.

        A company that stands only in the address does not take a lead away from the company it has.
        """
        account = lead.account
        is_new_address = "email" in lead.before and lead.before["email"] is not None
        if (
            account
            and not account.is_new
            and not account.is_personal
            and not company.is_named
            and not is_new_address
        ):
            return account
        if account and not account.is_new and company.is_name_of(account.values.get("name_key")):
            return account
        if not company.is_known:
            if account and lead.is_revived and account.is_revived:
                self.accounts.made[account] = None
                account.values["is_personal"] = True
            elif account is None or account.is_revived:
                account = self.accounts.make_personal()
            return account
        if account and account.is_personal and self.accounts.find(company) is None:
            account.put("is_personal", False)
            self.accounts.identify(account, company)
            return account
        return self.accounts.find_or_make(company)


def hold_those_leaving(suppressions: Iterable[NewSuppression]) -> None:
    """
    Take the locks of those who are suppressed, before anything is written: no message is marked after it.

    A message names its address as well as its person, so an address will do; there are not locks without end.
    """
    names = [locks.of_address(each.email) for each in suppressions if each.email]
    people = (each.lead for each in suppressions if each.lead is not None)
    names += [
        locks.of_lead(lead.id) for lead in people if lead.id is not None and not lead.values.get("email")
    ]
    locks.hold(names)


def identified(record: Record) -> LeadRow:
    """Return a record with the person and the company it speaks of."""
    keys = record.values["key"]
    address: Address | None = keys.get("address")
    person = Person(keys.get("external_id"), address.normalized if address else None)
    return LeadRow(record, person, company_of(record, address))


def company_of(record: Record, address: Address | None) -> Company:
    """Return the company a row speaks of: by its website, else by a business address, else by its name."""
    keys = record.values["key"]
    name = record.values["account"].get("name") if "account" in record.values else None
    key = name_key(name) if name else None
    external_id, website = keys.get("account_external_id"), keys.get("domain") or keys.get("website")
    domain = website or (company_domain(address.domain) if address else None)
    if not (external_id or domain or key):
        return NO_COMPANY
    is_named = bool(external_id or website or key)
    return Company(external_id, domain, name if key else None, key, is_named, bool(website))


def company_of_all(rows: Sequence[Company]) -> Company:
    """Return what several rows of one person say of the company: of each the last, a website before an address."""
    external_id = next((row.external_id for row in reversed(rows) if row.external_id), None)
    named = next((row for row in reversed(rows) if row.name_key), NO_COMPANY)
    site = next((row.domain for row in reversed(rows) if row.domain and row.has_site), None)
    domain = site or next((row.domain for row in reversed(rows) if row.domain), None)
    return Company(
        external_id, domain, named.name, named.name_key, any(row.is_named for row in rows), site is not None
    )


def values_of(record: Record) -> dict[str, Any]:
    """Return the columns of the lead that a row fills, a whole name divided; the caller may change them."""
    values = record.values.setdefault("lead", {})
    full_name = record.values["key"].get("full_name")
    if full_name and not ("first_name" in values or "last_name" in values):
        first, last = names.split(full_name)
        values |= {name: part for name, part in (("first_name", first), ("last_name", last)) if part}
    company = record.values["account"].get("name") if "account" in record.values else None
    if company and not name_key(company):
        values["company_as_given"] = company
    return values


def columns_of(address: Address) -> dict[str, Any]:
    """Return the columns of a lead that an address fills."""
    return {
        "email": address.normalized,
        "email_as_given": address.as_given,
        "email_kind": address.kind.value,
        "is_role_address": address.is_role,
    }


def read_from_title(lead: KnownLead, before: Mapping[str, Any]) -> None:
    """Take role and department from a job title that is new, where nothing but the old title gave them."""
    if "job_title" not in before:
        return
    now, then = said_by(lead.values["job_title"]), said_by(before["job_title"])
    for name, value in now.items():
        if name not in before and lead.values.get(name) == then[name]:
            lead.put(name, value)


@lru_cache(maxsize=50_000)
def said_by(title: str | None) -> dict[str, str | None]:
    """Return the columns that a job title fills; None where it does not say."""
    reading = titles.read(title)
    return {
        "role": None if reading.role is StakeholderRole.UNKNOWN else reading.role.value,
        "department": reading.department,
    }
