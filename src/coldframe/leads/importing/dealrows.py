"""Rows of opportunities: which deal each one is, whose, and what changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any, ClassVar

from coldframe.kernel.vocabulary import OpportunityState
from coldframe.leads.importing import collisions, values
from coldframe.leads.importing.known import Known, KnownAccount, KnownLead, settled, unpacked, value_columns
from coldframe.leads.importing.leadrows import company_domain, name_key
from coldframe.leads.importing.lookups import rows_by
from coldframe.leads.importing.matching_accounts import Accounts, Company
from coldframe.leads.importing.matching_leads import Leads, Person
from coldframe.leads.importing.options import Rule
from coldframe.leads.importing.outcomes import Outcome
from coldframe.leads.importing.records import Record
from coldframe.leads.importing.writing import Writer
from coldframe.leads.models import ImportBatch, Opportunity

#: Columns that tell who and which deal, not what is known of it.
OWNERS = {"lead_id", "source", "external_id"}
VALUES = tuple(name for name in value_columns(Opportunity) if name not in OWNERS)
LOADED = ("external_id", "id", "account_id", "lead_id", *VALUES)
#: Of a row without an id, what makes it the same deal the next time.
CONTENT = ("name", "product", "opened_at")
NOTHING = "neither an id nor a name, account, lead, product or date: nothing to know the deal by"


class KnownDeal(Known):
    """A deal, there already or to be made."""

    __slots__ = ("account", "external_id", "lead")

    def __init__(self, id: int | None, values: dict[str, Any], external_id: str) -> None:
        super().__init__(id, values)
        self.external_id = external_id
        self.account: KnownAccount | None = None
        self.lead: KnownLead | None = None


@dataclass(slots=True)
class DealRow:
    """A record with what identifies the deal, its account and its person."""

    record: Record
    key: str
    company: Company
    email: str | None
    lead_id: str | None
    contact_id: str | None
    #: Of the contact's business address: finds an account, makes none.
    domain: str | None

    @property
    def line(self) -> int:
        """Return the line of the file."""
        return self.record.row.line


@dataclass(slots=True)
class DealIntake:
    """Takes rows of opportunities into memory."""

    #: Rows without an id are numbered by how often their content occurred before.
    is_counting: ClassVar[bool] = True
    source: str
    #: Field -> source of its ids, where it is another.
    source_of: Mapping[str, str] = field(default_factory=dict)
    rules: Mapping[str, Rule] = field(default_factory=dict)
    accounts: Accounts = field(init=False)
    leads: Leads = field(init=False)
    contacts: Leads = field(init=False)
    deals: dict[str, KnownDeal] = field(init=False, default_factory=dict)
    made: dict[KnownDeal, None] = field(init=False, default_factory=dict)
    changed: dict[KnownDeal, None] = field(init=False, default_factory=dict)
    touched: dict[KnownAccount, None] = field(init=False, default_factory=dict)
    #: Rows without an id are told apart by how often their content occurred before.
    occurrences: Counter[str] = field(init=False, default_factory=Counter)

    def __post_init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Know nothing; the next rows are looked up in the database."""
        self.accounts = Accounts(self.source)
        self.leads = Leads(self.source_of.get("lead_external_id", self.source), self.accounts)
        self.contacts = Leads(self.source_of.get("contact_external_id", self.source), self.accounts)
        self.deals, self.made, self.changed, self.touched = {}, {}, {}, {}

    def settle(self) -> None:
        """Take what happened as given, without writing it: a dry run goes on with it."""
        for record in (*self.made, *self.changed, *self.touched, *self.accounts.made):
            record.settle()
        self.made, self.changed, self.touched, self.accounts.made = {}, {}, {}, {}
        self.accounts.joined = []

    def write(self, *, batch: ImportBatch, at: datetime) -> None:
        """Write deals and the accounts they made, and how to take it all back."""
        writer = Writer(batch_id=batch.pk, source=self.source, at=at)
        writer.write_accounts(self.accounts, self.touched)
        self.number_owners(writer)
        writer.insert_deals(list(self.made))
        writer.update(Opportunity, "opportunity", self.changed)
        writer.write_changes()
        self.forget()

    def number_owners(self, writer: Writer) -> None:
        """Have deals name their account and their person by id, now that all of these have one."""
        for deal in (*self.made, *self.changed):
            if deal.account is not None:
                deal.put("account_id", settled(deal.account).id)
            if deal.lead is not None:
                deal.put("lead_id", deal.lead.id)

    def finish(self, *, batch: ImportBatch, at: datetime) -> None:
        """Do nothing more."""

    def skip(self, records: Sequence[Record]) -> None:
        """Count what rows that are in already occur, so that the next ones are told apart as they would be."""
        for record in records:
            self.key_of(record)

    def take(self, records: Sequence[Record]) -> Outcome:
        """Match the records and change what is known by them."""
        outcome = Outcome()
        outcome.counts["rows"] = len(records)
        rows = [row for record in records if (row := self.identified(record, outcome))]
        self.load(rows)
        groups: dict[KnownDeal, list[DealRow]] = {}
        for row in rows:
            groups.setdefault(self.find_or_make(row.key), []).append(row)
        for deal, group in groups.items():
            self.take_deal(deal, group, outcome)
        outcome.counts["accounts_new"] += len(self.accounts.made)
        return outcome

    def identified(self, record: Record, outcome: Outcome) -> DealRow | None:
        """Return a record with its keys; refuse one that has none."""
        key = self.key_of(record)
        if key is None:
            outcome.refuse([(record.row, NOTHING)])
            return None
        keys, name = record.values["key"], record.values.get("account", {}).get("name")
        account_key = name_key(name) if name else None
        company = Company(keys.get("account_external_id"), None, name if account_key else None, account_key)
        address = keys.get("address")
        return DealRow(
            record,
            key,
            company,
            address.normalized if address else None,
            keys.get("lead_external_id"),
            keys.get("contact_external_id"),
            company_domain(address.domain) if address else None,
        )

    def key_of(self, record: Record) -> str | None:
        """Return the source's id, else a key of what makes the row the same deal the next time."""
        keys = record.values["key"]
        if external_id := keys.get("external_id"):
            return str(external_id)
        own = record.values.get("opportunity", {})
        address = keys.get("address")
        parts = [
            record.values.get("account", {}).get("name"),
            *(keys.get(name) for name in ("account_external_id", "lead_external_id", "contact_external_id")),
            address and address.normalized,
            *(str(own.get(name) or "") for name in CONTENT),
        ]
        if not any(parts):
            return None
        content = blake2b(repr(parts).encode(), digest_size=12).hexdigest()
        self.occurrences[content] += 1
        return f"content:{content}:{self.occurrences[content]}"

    def load(self, rows: Sequence[DealRow]) -> None:
        """Read the deals, people and accounts that the rows may mean."""
        self.leads.load(Person(row.lead_id, row.email) for row in rows)
        self.contacts.load(Person(row.contact_id) for row in rows if row.contact_id)
        self.accounts.load(row.company for row in rows)
        self.accounts.load(Company(domain=row.domain) for row in rows)
        keys = sorted({row.key for row in rows} - self.deals.keys())
        where = "t.voided_at IS NULL AND t.source = %s"
        found = rows_by(Opportunity, "external_id", keys, columns=LOADED, where=where, params=[self.source])
        for external_id, pk, account_id, lead_id, *rest in found:
            owners = {"account_id": account_id, "lead_id": lead_id}
            known = {**unpacked(VALUES, rest), **{name: pk for name, pk in owners.items() if pk is not None}}
            self.deals[external_id] = KnownDeal(pk, known, external_id)
        self.accounts.load_ids({row[2] for row in found if row[2] is not None})

    def find_or_make(self, key: str) -> KnownDeal:
        """Return the deal of that key; make it where there is none."""
        deal = self.deals.get(key)
        if deal is None:
            deal = self.deals[key] = KnownDeal(None, {}, key)
            self.made[deal] = None
        return deal

    def take_deal(self, deal: KnownDeal, group: Sequence[DealRow], outcome: Outcome) -> None:
        """Bring the rows of one deal together, then into what is known of it."""
        is_new = deal.is_new and not deal.is_counted
        given: dict[str, Any] = {}
        differed = False
        for row in group:
            _, within = collisions.settle(
                given, values_of(row.record), rules=self.rules, default=Rule.REPLACE, is_new=True
            )
            differed |= outcome.differ(row.line, "opportunity", within)
            self.own(deal, row, outcome)
        before, differences = collisions.settle(
            deal.values, given, rules=self.rules, default=Rule.REPLACE, is_new=is_new
        )
        deal.change(before)
        differed |= outcome.differ(group[-1].line, "opportunity", differences)
        has_changed = deal.has_changed or self.has_new_owner(deal)
        if has_changed and not is_new:
            self.changed[deal] = None
        if has_changed or is_new:
            self.touch(deal)
        outcome.counts["new" if is_new else "updated" if has_changed else "unchanged"] += 1
        outcome.counts["merged"] += len(group) - 1
        outcome.counts["conflicting"] += differed
        outcome.merged += [(row.line, group[0].line) for row in group[1:]]

    def own(self, deal: KnownDeal, row: DealRow, outcome: Outcome) -> None:
        """Find the person and the account of a deal; an account that is known by nothing but its name is made."""
        person = Person(row.lead_id, row.email)
        lead = self.leads.find(person) if person.external_id or person.email else None
        if lead is None and row.contact_id:
            lead = self.contacts.find(Person(row.contact_id))
        if lead is not None and not lead.is_revived:
            deal.lead = lead
        elif row.lead_id or row.email or row.contact_id:
            outcome.counts["person_unknown"] += 1
        company = row.company
        if self.accounts.find(company) is not None or company.name_key:
            deal.account = self.accounts.find_or_make(company)
            if deal.account.before or deal.account.links or deal.account.relinks:
                self.touched[deal.account] = None
        elif deal.lead is not None:
            deal.account = deal.lead.account
        elif row.domain in self.accounts.by_domain:
            deal.account = self.accounts.by_domain[row.domain]
        elif company.external_id:
            outcome.counts["account_unknown"] += 1
        if deal.account is None and "account_id" not in deal.values:
            outcome.counts["without_account"] += 1

    def has_new_owner(self, deal: KnownDeal) -> bool:
        """Say whether account or person are not those on record."""
        account = deal.account is not None and deal.account.id != deal.values.get("account_id")
        return account or (deal.lead is not None and deal.lead.id != deal.values.get("lead_id"))

    def touch(self, deal: KnownDeal) -> None:
        """Have the deal's accounts looked at again."""
        for account in (deal.account, self.accounts.by_id.get(deal.values.get("account_id", 0))):
            if account is not None:
                self.touched[account] = None


def values_of(record: Record) -> dict[str, Any]:
    """Return the columns of the deal that a row fills, with the state its words mean."""
    own = dict(record.values.get("opportunity", {}))
    own["state"] = state_of(record.values["key"], own.get("stage")).value
    return own


def state_of(keys: Mapping[str, Any], stage: str | None) -> OpportunityState:
    """Return where a deal stands: by the source's own switches, else by its status, else by its stage."""
    if keys.get("is_won"):
        return OpportunityState.WON
    if keys.get("is_closed"):
        return OpportunityState.LOST
    for word in (keys.get("state"), stage):
        if word and (state := values.opportunity_state(word)) is not OpportunityState.OPEN:
            return state
    return OpportunityState.OPEN
