"""Rows of accounts: which company each one is, and what changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from coldframe.leads.importing import collisions
from coldframe.leads.importing.collisions import Conflict
from coldframe.leads.importing.known import KnownAccount, settled
from coldframe.leads.importing.leadrows import name_key
from coldframe.leads.importing.matching_accounts import Accounts, Company
from coldframe.leads.importing.options import Rule
from coldframe.leads.importing.outcomes import Outcome
from coldframe.leads.importing.records import Record
from coldframe.leads.importing.writing import Writer
from coldframe.leads.models import ImportBatch, ImportChange

#: Why a row of an account that nothing identifies is refused.
NOBODY = "neither a name nor a website nor an id: a company is known by one of them"


@dataclass(slots=True)
class AccountRow:
    """A record with the company it speaks of."""

    record: Record
    company: Company

    @property
    def line(self) -> int:
        """Return the line of the file."""
        return self.record.row.line


@dataclass(slots=True)
class AccountIntake:
    """Takes rows of accounts into memory."""

    is_counting: ClassVar[bool] = False
    source: str
    #: Column -> rule.
    rules: Mapping[str, Rule] = field(default_factory=dict)
    accounts: Accounts = field(init=False)
    touched: dict[KnownAccount, None] = field(init=False, default_factory=dict)
    #: Made because others name them as their parent, and by no row of their own.
    parents: list[KnownAccount] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Know nothing; the next rows are looked up in the database."""
        self.accounts = Accounts(self.source)
        self.touched, self.parents = {}, []

    def settle(self) -> None:
        """Take what happened as given, without writing it: a dry run goes on with it."""
        for account in (*self.accounts.made, *self.touched):
            account.settle()
        self.accounts.made, self.touched, self.accounts.joined = {}, {}, []

    def skip(self, records: Sequence[Record]) -> None:
        """Do nothing: what a row is does not depend on the rows before it."""

    def write(self, *, batch: ImportBatch, at: datetime) -> None:
        """Write the accounts, and how to take it all back."""
        writer = Writer(batch_id=batch.pk, source=self.source, at=at)
        writer.write_accounts(self.accounts, self.touched)
        changed = [
            each for each in dict.fromkeys(map(settled, self.touched)) if each not in self.accounts.made
        ]
        writer.note_beside(changed, of="account", noted=ImportChange.BESIDE_ACCOUNT)
        writer.note(self.parents, ImportChange.PARENT)
        writer.write_changes()
        self.forget()

    def finish(self, *, batch: ImportBatch, at: datetime) -> None:
        """Do nothing more."""

    def take(self, records: Sequence[Record]) -> Outcome:
        """Match the records and change what is known by them."""
        outcome = Outcome()
        outcome.counts["rows"] = len(records)
        rows = [AccountRow(record, company_of(record.values)) for record in records]
        outcome.refuse((row.record.row, NOBODY) for row in rows if not row.company.is_known)
        rows = [row for row in rows if row.company.is_known]
        parents = {row.line: parent_of(row.record.values) for row in rows}
        self.accounts.load([row.company for row in rows])
        self.accounts.load([parent for parent in parents.values() if parent])
        groups: dict[KnownAccount, list[AccountRow]] = {}
        for row, account in [(row, self.accounts.find_or_make(row.company)) for row in rows]:
            groups.setdefault(settled(account), []).append(row)
        named = set(groups)
        for account, group in groups.items():
            self.take_account(account, group, parents, outcome)
        outcome.counts["accounts_joined"] += len(self.accounts.joined)
        self.parents = [each for each in self.accounts.made if each not in named]
        outcome.counts["accounts_made_as_parents"] += len(self.parents)
        return outcome

    def take_account(
        self,
        account: KnownAccount,
        group: Sequence[AccountRow],
        parents: Mapping[int, Company | None],
        outcome: Outcome,
    ) -> None:
        """Bring the rows of one account together, then into what is known of it."""
        is_new = account.is_new and not account.is_counted
        given: dict[str, Any] = {}
        differed = False
        for row in group:
            _, within = collisions.settle(
                given, self.values_of(row), rules=self.rules, default=Rule.REPLACE, is_new=True
            )
            differed |= outcome.differ(row.line, "account", within)
            differed |= self.is_elsewhere(account, row, outcome)
            self.adopt(account, parents[row.line])
        before, differences = collisions.settle(
            account.values, given, rules=self.rules, default=Rule.REPLACE, is_new=is_new
        )
        account.change(before)
        if "name" in before:
            account.put("name_key", name_key(account.values["name"]))
            self.accounts.register(account)
        if not is_new:  # What a new account is known by comes from these rows.
            differed |= outcome.differ(group[-1].line, "account", differences)
        has_changed = bool(account.has_changed or account.links or account.relinks or account.parent)
        if has_changed and not is_new:
            self.touched[account] = None
        outcome.counts["new" if is_new else "updated" if has_changed else "unchanged"] += 1
        outcome.counts["merged"] += len(group) - 1
        outcome.counts["conflicting"] += differed
        outcome.merged += [(row.line, group[0].line) for row in group[1:]]

    def values_of(self, row: AccountRow) -> dict[str, Any]:
        """Return the columns of the account that a row fills."""
        return row.record.values.get("account", {})

    def is_elsewhere(self, account: KnownAccount, row: AccountRow, outcome: Outcome) -> bool:
        """Take a new domain of a known account, if no other account has it; return whether it differs."""
        given, known = row.company.domain, account.values.get("domain")
        if given is None or given == known:
            return False
        is_free = given not in self.accounts.by_domain
        wins = is_free and self.rules.get("domain", Rule.REPLACE) is Rule.REPLACE
        if wins:
            account.put("domain", given)
            self.accounts.register(account)
        outcome.conflicts.append(Conflict(row.line, "account", "domain", known, given, wins))
        return True

    def adopt(self, account: KnownAccount, parent: Company | None) -> None:
        """Give the account its parent; one that nobody knows is made, by its name."""
        if parent is None:
            return
        found = self.accounts.find_or_make(parent)
        known = account.values.get("parent_id")
        may_replace = known is None or self.rules.get("parent", Rule.REPLACE) is Rule.REPLACE
        if found is not account and may_replace and (found.id is None or found.id != known):
            account.parent = found


def company_of(values: Mapping[str, Mapping[str, Any]]) -> Company:
    """Return the company a row of accounts is."""
    keys, name = values["key"], values.get("account", {}).get("name")
    domain = keys.get("domain") or keys.get("website")
    key = name_key(name) if name else None
    return Company(keys.get("account_external_id"), domain, name if key else None, key)


def parent_of(values: Mapping[str, Mapping[str, Any]]) -> Company | None:
    """Return the parent that a row names."""
    name = values["key"].get("parent")
    key = name_key(name) if name else None
    return Company(name=name, name_key=key) if key else None
