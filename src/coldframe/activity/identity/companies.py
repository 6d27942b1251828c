"""
Which account a company is that calls name, and which account a domain means.

A company is the account that knows its id, else the one of its domain, else one known otherwise by that name, else
one of its own. What calls say fills an account's empty fields.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from django.db.models import Exists, OuterRef

from coldframe.activity.identity import keeping, knowing, nodes
from coldframe.activity.identity.given import Giving, values_of
from coldframe.activity.identity.sayings import Claimed
from coldframe.activity.models import Group
from coldframe.leads.importing.companies import name_key
from coldframe.leads.importing.lookups import rows_by
from coldframe.leads.models import Account, AccountIdentity, Lead, Opportunity

#: What an account is looked for by: its domain, its name without legal form, or a company's node.
DOMAIN, NAME, OWN = "domain", "name", "own"
Key = tuple[str, str]
#: Fields of a company that its account has as columns.
COLUMNS = ("name", "industry", "employees", "country", "city", "phone")


def of_groups(groups: Collection[str], *, at: datetime) -> tuple[dict[str, int], set[str]]:
    """
    Return the account of each company, and the companies that are another account than before, or a new one.

    Makes what is not there. The caller holds the lock.
    """
    rows = {each.node: each for each in Group.objects.filter(node__in=groups)}
    make_groups(rows, sorted(set(groups) - rows.keys()))
    claims = claims_by_node(rows)
    said = {node: values_of(claims.get(node, []), {}) for node in rows}
    wanted = {node: key_of(node, said[node]) for node, row in rows.items() if not row.is_known}
    own = {node: row.account_id for node, row in rows.items() if row.account_id is not None}
    accounts = find_or_make(wanted.values(), own=own, at=at)
    moved, left = set(), set()
    for node, key in wanted.items():
        if rows[node].account_id != accounts[key]:
            left.add(rows[node].account_id)
            rows[node].account_id = accounts[key]
            moved.add(node)
    Group.objects.bulk_update([rows[node] for node in sorted(moved)], ["account"], batch_size=500)
    keep_ids({node: rows[node] for node in moved})
    found = {node: row.account_id for node, row in rows.items() if row.account_id is not None}
    fill({*found.values(), *(each for each in left if each is not None)})
    return found, moved


def claims_by_node(groups: Collection[str]) -> dict[str, list[Claimed]]:
    """Return what is claimed of companies, by company."""
    found: dict[str, list[Claimed]] = {}
    for claim in keeping.claims_of(groups):
        found.setdefault(claim.node, []).append(claim)
    return found


def make_groups(rows: dict[str, Group], missing: list[str]) -> None:
    """Remember companies that are named for the first time, with the account that knows their id."""
    if not missing:
        return
    ids = {nodes.named(node): node for node in missing}
    known = rows_by(
        AccountIdentity,
        "external_id",
        sorted({external_id for _, external_id in ids}),
        columns=("source", "external_id", "account_id"),
    )
    accounts = {ids[each[:2]]: each[2] for each in known if each[:2] in ids}
    alive = set(Account.objects.filter(pk__in=accounts.values(), voided_at=None).values_list("pk", flat=True))
    made = [
        Group(
            node=node,
            account_id=accounts[node] if accounts.get(node) in alive else None,
            is_known=accounts.get(node) in alive,
        )
        for node in missing
    ]
    Group.objects.bulk_create(made, batch_size=500)
    rows.update({each.node: each for each in made})


def key_of(node: str, said: Mapping[str, object]) -> Key:
    """Return by what a company's account is found."""
    if domain := said.get("domain"):
        return (DOMAIN, str(domain))
    name = name_key(str(said["name"])) if said.get("name") else None
    return (NAME, name) if name else (OWN, node)


def find_or_make(wanted: Iterable[Key], *, own: Mapping[str, int], at: datetime) -> dict[Key, int]:
    """Return the account of each key; makes those that are not there. ``own``: company's node -> its account so far."""
    keys = sorted(set(wanted))
    found = by_domain([value for kind, value in keys if kind == DOMAIN])
    found |= by_name([value for kind, value in keys if kind == NAME])
    found |= by_company([value for kind, value in keys if kind == OWN], own)
    made = []
    for kind, value in keys:
        if (kind, value) not in found:
            made.append((kind, value))
    accounts = Account.objects.bulk_create(
        [
            Account(
                public_id=uuid.uuid4(),
                domain=value if kind == DOMAIN else None,
                name_key=value if kind == NAME else None,
                is_made_by_calls=True,
                created_at=at,
            )
            for kind, value in made
        ],
        batch_size=500,
    )
    return found | {key: account.pk for key, account in zip(made, accounts, strict=True)}


def by_domain(domains: Collection[str]) -> dict[Key, int]:
    """Return the accounts of domains."""
    rows = rows_by(Account, "domain", domains, columns=("domain", "id"), where="t.voided_at IS NULL")
    return {(DOMAIN, domain): pk for domain, pk in rows}


def by_name(names: Collection[str]) -> dict[Key, int]:
    """Return the accounts of names: the one without a domain, else the oldest that is known otherwise than by calls."""
    columns = ("name_key", "id", "domain", "is_made_by_calls", "is_personal")
    rows = rows_by(Account, "name_key", names, columns=columns, where="t.voided_at IS NULL")
    usable = [row for row in rows if not row[4] and (row[2] is None or not row[3])]
    # The last one set counts: the oldest, and one without a domain before all.
    ordered = sorted(usable, key=lambda row: (row[2] is None, -row[1]))
    return {(NAME, row[0]): row[1] for row in ordered}


def by_company(companies: Collection[str], own: Mapping[str, int]) -> dict[Key, int]:
    """Return the accounts that companies of which nothing is known have to themselves already."""
    ids = {own[node]: node for node in companies if node in own}
    usable = Account.objects.filter(
        pk__in=ids, is_made_by_calls=True, domain=None, name_key=None, voided_at=None
    )
    return {(OWN, ids[pk]): pk for pk in usable.values_list("pk", flat=True)}


def keep_ids(moved: Mapping[str, Group]) -> None:
    """Have accounts be known by the ids of their companies, so that a file that names them finds them."""
    if not moved:
        return
    rows = []
    for node, row in sorted(moved.items()):
        source, external_id = nodes.named(node)
        account_id = row.account_id
        if account_id is not None:
            rows.append(AccountIdentity(account_id=account_id, source=source, external_id=external_id[:128]))
    AccountIdentity.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["source", "external_id"],
        update_fields=["account"],
        batch_size=500,
    )


def fill(account_ids: Iterable[int]) -> None:
    """Give accounts what calls say of the companies they are."""
    ids = sorted(set(account_ids))
    groups: dict[int, list[str]] = {}
    for node, account_id in rows_by(Group, "account_id", ids, columns=("node", "account_id")):
        groups.setdefault(account_id, []).append(node)
    said = claims_by_node([node for each in groups.values() for node in each])
    giving = Giving(knowing.ACCOUNT, knowing.claimed_values(knowing.ACCOUNT, ids))
    for account in Account.objects.filter(pk__in=ids):
        values = values_of([claim for node in groups.get(account.pk, []) for claim in said.get(node, [])], {})
        giving.give(account, {name: values.get(name) for name in COLUMNS if name in values})
        if account.domain is not None and account.is_made_by_calls and account.name:
            giving.put(account, "name_key", name_key(account.name))
    giving.write(Account)


def make_personal(count: int, *, at: datetime) -> list[int]:
    """Make accounts for people without a company."""
    made = [
        Account(public_id=uuid.uuid4(), is_personal=True, is_made_by_calls=True, created_at=at)
        for _ in range(count)
    ]
    return [each.pk for each in Account.objects.bulk_create(made, batch_size=500)]


def void_left(account_ids: Collection[int], *, at: datetime) -> None:
    """Void accounts that calls made and nobody belongs to any more."""
    lead = Lead.objects.filter(account=OuterRef("pk"), voided_at=None)
    deal = Opportunity.objects.filter(account=OuterRef("pk"), voided_at=None)
    group = Group.objects.filter(account=OuterRef("pk"))
    left = Account.objects.filter(pk__in=account_ids, is_made_by_calls=True, voided_at=None)
    left.exclude(Exists(lead)).exclude(Exists(deal)).exclude(Exists(group)).update(voided_at=at)
