"""
Which account a row means: by the source's id, by domain, by name where there is no domain.

An account that was known by its name alone takes the domain when a row brings one, so that it is not
there twice. Free-mail and disposable domains never reach this module.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from coldframe.leads.importing.known import KnownAccount, link, unpacked, value_columns
from coldframe.leads.importing.lookups import rows_by
from coldframe.leads.models import Account, AccountIdentity

VALUES = value_columns(Account)
LOADED = ("id", "voided_at", *VALUES)
ALIVE = "t.voided_at IS NULL"


class Company(NamedTuple):
    """What a row says of which company it is about."""

    external_id: str | None = None
    #: From a website, else from a business address.
    domain: str | None = None
    name: str | None = None
    name_key: str | None = None
    #: False: the domain stands only in the person's address.
    is_named: bool = True
    #: The domain is that of a website.
    has_site: bool = False

    @property
    def is_known(self) -> bool:
        """Say whether there is anything to find or make a company by."""
        return bool(self.external_id or self.domain or self.name_key)

    def is_name_of(self, name_key: str | None) -> bool:
        """Say whether all the row knows of the company is this name."""
        return (
            self.name_key is not None and self.name_key == name_key and not (self.external_id or self.domain)
        )


class Accounts:
    """The accounts that the rows at hand may mean."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.by_id: dict[int, KnownAccount] = {}
        self.by_external: dict[str, KnownAccount] = {}
        self.by_domain: dict[str, KnownAccount] = {}
        self.by_name: dict[str, list[KnownAccount]] = {}
        #: In the order of their making.
        self.made: dict[KnownAccount, None] = {}
        #: Accounts that turned out to be another one.
        self.joined: list[KnownAccount] = []
        self.asked: set[tuple[str, Any]] = set()

    def load(self, companies: Iterable[Company]) -> None:
        """Read the accounts that these companies may mean."""
        companies = list(companies)
        externals = self.unasked("external", (each.external_id for each in companies))
        links = rows_by(
            AccountIdentity,
            "external_id",
            externals,
            columns=("external_id", "account_id"),
            where="t.source = %s",
            params=[self.source],
        )
        self.load_ids(account_id for _, account_id in links)
        self.by_external.update((external_id, self.by_id[account_id]) for external_id, account_id in links)
        domains = self.unasked("domain", (each.domain for each in companies))
        self.keep(
            rows_by(Account, "domain", domains, columns=LOADED, where=f"{ALIVE} AND t.domain IS NOT NULL")
        )
        names = self.unasked("name", (each.name_key for each in companies))
        by_name = f"{ALIVE} AND NOT t.is_personal"
        self.keep(
            sorted(rows_by(Account, "name_key", names, columns=LOADED, where=by_name), key=lambda row: row[0])
        )

    def load_ids(self, ids: Iterable[int]) -> None:
        """Read accounts by their id."""
        missing = {each for each in ids if each not in self.by_id}
        self.keep(rows_by(Account, "id", missing, columns=LOADED))

    def unasked(self, kind: str, keys: Iterable[Any]) -> list[Any]:
        """Return the keys that were not looked up before, each once, in a settled order."""
        fresh = sorted({key for key in keys if key is not None and (kind, key) not in self.asked})
        self.asked.update((kind, key) for key in fresh)
        return fresh

    def keep(self, rows: Iterable[tuple[Any, ...]]) -> None:
        """Register rows of ``LOADED``; one that is here already stays as this import made it."""
        for pk, voided_at, *values in rows:
            if pk in self.by_id:
                continue
            account = KnownAccount(pk, unpacked(VALUES, values))
            self.by_id[pk] = account
            if voided_at is not None:
                account.revive()
            else:
                self.register(account)

    def register(self, account: KnownAccount) -> None:
        """Have the account found by its domain and its name."""
        domain, name_key = account.values.get("domain"), account.values.get("name_key")
        if domain:
            self.by_domain[domain] = account
        if name_key and not account.is_personal:
            same = self.by_name.setdefault(name_key, [])
            if account not in same:
                same.append(account)

    def find(self, company: Company) -> KnownAccount | None:
        """Return the account a company is, or None."""
        found = self.by_external.get(company.external_id) if company.external_id else None
        if found and not found.is_revived:
            return found
        if company.domain and company.domain in self.by_domain:
            return self.by_domain[company.domain]
        return self.find_by_name(company) or found

    def find_by_name(self, company: Company) -> KnownAccount | None:
        """
        Return the account of that name: the one without a domain, else the oldest.

        A row with a domain of its own is never another domain's account.
        """
        same = self.by_name.get(company.name_key, []) if company.name_key else []
        nameless = [each for each in same if "domain" not in each.values]
        if nameless or company.domain:
            return min(nameless, key=age, default=None)
        return min(same, key=age, default=None)

    def find_or_make(self, company: Company) -> KnownAccount:
        """Return the account a company is; make it where there is none. It takes domain and id from the row."""
        account = self.find(company)
        if account is None:
            account = KnownAccount(None, {"is_personal": False})
        if account.is_new and not account.is_counted:
            self.made[account] = None
            account.values["is_personal"] = False
        self.identify(account, company)
        return self.without_double(account, company)

    def without_double(self, account: KnownAccount, company: Company) -> KnownAccount:
        """
        Return the one account that a company is, where a row shows that two of them are one.

        One known by its id alone, and another by the domain that stands beside that id; or one known by its
        name alone, and another by the domain that stands beside that name.
        """
        other = self.by_domain.get(company.domain) if company.domain else None
        if other is not None and other is not account and "domain" not in account.values:
            self.join(account, other)
            return other
        name_key = company.name_key if company.domain else None
        if name_key and name_key == account.values.get("name_key") and "domain" in account.values:
            for double in [each for each in self.by_name.get(name_key, []) if "domain" not in each.values]:
                self.join(double, account)
        return account

    def join(self, double: KnownAccount, account: KnownAccount) -> None:
        """Have one account be another one from now on; what only the first knew is kept."""
        double.joined_to = account
        for name, value in double.values.items():
            if name not in account.values:
                account.put(name, value)
        account.links += double.links
        account.relinks += double.relinks
        for external_id in [key for key, each in self.by_external.items() if each is double]:
            self.by_external[external_id] = account
            if double.is_revived:
                account.relinks.append(external_id)
        for same in self.by_name.values():
            if double in same:
                same.remove(double)
        if double.is_new:
            self.made.pop(double, None)
        else:
            self.joined.append(double)
        self.register(account)

    def identify(self, account: KnownAccount, company: Company) -> None:
        """Give an account what the row knows it by, as far as it lacks it."""
        if company.domain and "domain" not in account.values and company.domain not in self.by_domain:
            account.put("domain", company.domain)
        if company.name and company.name_key and "name" not in account.values:
            account.put("name", company.name)
            account.put("name_key", company.name_key)
        self.register(account)
        if company.external_id:
            link(self.by_external, company.external_id, account)

    def make_personal(self) -> KnownAccount:
        """Return a new account for a person without a company."""
        account = KnownAccount(None, {"is_personal": True})
        self.made[account] = None
        return account


def age(account: KnownAccount) -> float:
    """Return what sorts accounts by their making."""
    return float("inf") if account.id is None else account.id
