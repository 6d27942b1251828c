"""
Keeping what webhooks say of owners and deals, for many items at once.

Calls arrive in any order, and more than once. So of each thing it is kept when it was last said, by the sender's
clock: an older word that comes later changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from coldframe.activity.digesting import SetAside
from coldframe.activity.identity import nodes
from coldframe.activity.models import LastSaid, Visitor
from coldframe.activity.webhooks.records import Record
from coldframe.leads import merged, system_of_record
from coldframe.leads.importing import addresses
from coldframe.leads.importing.lookups import rows_by
from coldframe.leads.importing.values import BadValue
from coldframe.leads.models import Account, AccountIdentity, Identity, Lead
from coldframe.leads.system_of_record import SaidDeal
from coldframe.storage import locks

UNKNOWN_PERSON = "the person is not known here"
UNKNOWN_COMPANY = (
    "the company is not known here: an import, or a call about one of its people, makes it known"
)
LOCK = "system of record"
What = LastSaid.What


@dataclass(frozen=True, kw_only=True)
class Said:
    """One record, and whom it speaks of; None: not known here."""

    record: Record
    lead_id: int | None
    account_id: int | None

    @property
    def problem(self) -> str:
        """Why it cannot be kept; empty: it can."""
        about = self.record.about
        if self.lead_id is None and (self.record.owner or about.user_id or about.email):
            return UNKNOWN_PERSON
        return UNKNOWN_COMPANY if self.account_id is None else ""


def keep(records: Sequence[Record], *, at: datetime) -> list[SetAside]:
    """
    Keep what is said of owners and deals; return the arrivals that speak of somebody who is not known.

    Within the caller's transaction, after the people among the same calls were recorded.
    """
    if not records:
        return []
    locks.hold([LOCK])
    found = find(sorted(records, key=lambda each: each.about.at))
    usable = [each for each in found if not each.problem]
    system_of_record.set_lead_owners(owners(usable, What.LEAD_OWNER), at=at)
    system_of_record.set_account_owners(owners(usable, What.ACCOUNT_OWNER), at=at)
    for source in sorted({each.record.about.source for each in usable}):
        system_of_record.keep_deals(deals(usable, source=source), source=source, at=at)
    return [
        SetAside(arrival_id=each.record.about.arrival_id, reason=each.problem)
        for each in found
        if each.problem
    ]


def owners(said: Sequence[Said], what: LastSaid.What) -> dict[int, str]:
    """Return the owner of each lead, or of each account, that is said last."""
    is_lead = what is What.LEAD_OWNER
    named = [
        (pk, owner, each.record.about.at)
        for each in said
        for pk, owner in [
            (each.lead_id, each.record.owner) if is_lead else (each.account_id, each.record.company_owner)
        ]
        if pk is not None and owner
    ]
    are_news = news(what, [(str(pk), at) for pk, _, at in named])
    return {pk: owner for (pk, owner, _), is_news in zip(named, are_news, strict=True) if is_news}


def deals(said: Sequence[Said], *, source: str) -> list[SaidDeal]:
    """Return the deals of a source that are said last, the earliest first."""
    named = [each for each in said if each.record.deal_id and each.record.about.source == source]
    are_news = news(What.DEAL, [(each.record.deal_id, each.record.about.at) for each in named], source=source)
    return [
        SaidDeal(
            external_id=each.record.deal_id,
            account_id=each.account_id,
            lead_id=each.lead_id,
            columns=each.record.deal,
        )
        for each, is_news in zip(named, are_news, strict=True)
        if is_news
    ]


def news(what: LastSaid.What, said: Sequence[tuple[str, datetime]], *, source: str = "") -> list[bool]:
    """Return whether each thing, by its key, was not said later already; and note when it was said."""
    if not said:
        return []
    rows = LastSaid.objects.filter(what=what, source=source, key__in={key for key, _ in said})
    last = dict(rows.values_list("key", "said_at"))
    found = []
    for key, at in said:
        found.append(key not in last or last[key] <= at)
        last[key] = max(at, last.get(key, at))
    LastSaid.objects.bulk_create(
        [LastSaid(what=what, source=source, key=key, said_at=at) for key, at in sorted(last.items())],
        update_conflicts=True,
        unique_fields=["what", "source", "key"],
        update_fields=["said_at"],
        batch_size=500,
    )
    return found


def find(records: Sequence[Record]) -> list[Said]:
    """Return whom each record speaks of: a person by the sender's id, else by the address; a company likewise."""
    leads, accounts = leads_of(records), accounts_of(records)
    at_account = dict(Lead.objects.filter(pk__in=leads.values()).values_list("pk", "account_id"))
    found = []
    for each in records:
        about = each.about
        by_id = ("id", about.source, about.user_id)
        lead_id = leads.get(by_id) or leads.get(("address", "", normalized(about.email)))
        account_id = accounts.get(("id", about.source, about.group_id)) or accounts.get(
            ("domain", "", about.domain)
        )
        if account_id is None and lead_id is not None:
            account_id = at_account.get(lead_id)
        found.append(Said(record=each, lead_id=lead_id, account_id=account_id))
    return found


#: By what somebody is known: ``id``, ``address`` or ``domain``; the source of an id; and the id, address or domain.
Known = Mapping[tuple[str, str, str], int]


def leads_of(records: Iterable[Record]) -> Known:
    """Return the leads that records may speak of."""
    users = {(each.about.source, each.about.user_id) for each in records if each.about.user_id}
    ids = {user: nodes.visitor_key(nodes.user(*user)) for user in users}
    seen = dict(
        rows_by(Visitor, "anonymous_id", sorted(set(ids.values())), columns=("anonymous_id", "lead_id"))
    )
    found = {("id", *user): seen[key] for user, key in ids.items() if seen.get(key)}
    known = rows_by(
        Identity, "external_id", sorted({pk for _, pk in users}), columns=("source", "external_id", "lead_id")
    )
    found |= {
        ("id", source, external_id): pk for source, external_id, pk in known if (source, external_id) in users
    }
    roots = merged.roots_of(set(found.values()))
    emails = {email for each in records if (email := normalized(each.about.email))}
    by_address = merged.find_by_addresses(emails) if emails else {}
    alive = {key: roots.get(pk, pk) for key, pk in found.items()}
    return {**alive, **{("address", "", email): pk for email, pk in by_address.items()}}


def accounts_of(records: Iterable[Record]) -> Known:
    """Return the accounts that records may speak of."""
    groups = {(each.about.source, each.about.group_id) for each in records if each.about.group_id}
    known = rows_by(
        AccountIdentity, "external_id", sorted({pk for _, pk in groups}), columns=("source", "external_id", "account_id")
    )  # fmt: skip
    found = {
        ("id", source, external_id): pk
        for source, external_id, pk in known
        if (source, external_id) in groups
    }
    domains = sorted({each.about.domain for each in records if each.about.domain})
    rows = rows_by(Account, "domain", domains, columns=("domain", "id"), where="t.voided_at IS NULL")
    return {**found, **{("domain", "", domain): pk for domain, pk in rows}}


def normalized(email: str) -> str:
    """Return an address as leads have it; empty for none."""
    try:
        return addresses.parse(email).normalized if email else ""
    except BadValue:
        return ""
