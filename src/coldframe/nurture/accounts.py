"""
Accounts, as a list of them and one of them are read.

The list goes by what is kept of each account's standings, so that it costs the same with any number of leads; what
a page shows of its accounts beyond that is counted for them alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from enum import StrEnum
from functools import reduce
from operator import and_
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, Subquery

from coldframe.activity.models import Event
from coldframe.kernel.vocabulary import LeadStatus, OpportunityState, StakeholderRole
from coldframe.leads import imported
from coldframe.leads.imported import Imported, Part
from coldframe.leads.models import Account, ImportBatch, Opportunity
from coldframe.library import queries as library
from coldframe.nurture import listing
from coldframe.nurture.models import AccountStanding, Standing

#: Accounts beyond these are counted no further.
COUNTED = 10_000
WITH_SALES = (LeadStatus.SALES_REVIEW.value, LeadStatus.SALES_ACCEPTED.value)
#: Roles of a buying decision that somebody should be known in.
BUYING_ROLES = tuple(role.value for role in StakeholderRole if role is not StakeholderRole.UNKNOWN)


class View(StrEnum):
    """Parts of the base of accounts."""

    ALL = "all"
    #: Several people active at once, as the playbook says how many and how lately.
    SURGE = "surge"
    #: At least one person of high or medium intent.
    ENGAGED = "engaged"
    #: Nurture says nothing there, because sales is at work or a deal is open.
    SILENT = "silent"
    #: Nobody there has been assessed yet, or nobody is known at all.
    UNKNOWN = "unknown"


#: Sort key -> order of the standings of accounts; each has an index of its own.
ORDERS: dict[str, tuple[str, ...]] = {
    "intent": ("-intent_points", "-account"),
    "engaged": ("-engaged_count", "-intent_points", "-account"),
    "leads": ("-lead_count", "-intent_points", "-account"),
    "active": ("-last_meaningful_at", "-account"),
}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Which accounts, in which order."""

    view: View = View.ALL
    text: str = ""
    country: str = ""
    industry: str = ""
    owner: str = ""
    #: The import that made or changed them; None: any or none.
    imported: Imported | None = None
    #: A key of ``ORDERS``, or ``name``.
    order: str = "intent"


@dataclass(frozen=True, kw_only=True)
class AccountRow:
    """An account as lists show it; what is counted of its standings is 0 where nobody was assessed."""

    id: int
    public_id: UUID
    name: str | None
    domain: str | None
    industry: str | None
    employees: int | None
    country: str | None
    owner: str | None
    intent_points: float | None
    fit_level: str | None
    last_meaningful_at: datetime | None


COLUMNS = {each.name: each.name for each in fields(AccountRow)} | {
    name: f"standing__{name}" for name in ("intent_points", "fit_level", "last_meaningful_at")
}


@dataclass(kw_only=True)
class People:
    """Who is known at an account, in numbers."""

    lead_count: int = 0
    nurture_count: int = 0
    with_sales_count: int = 0
    #: People with a meaningful action within the playbook's time for a surge.
    active_count: int = 0
    #: Role -> how many are known, and how many of them are active; those whose role nobody knows are under UNKNOWN.
    roles: dict[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SurgeRule:
    """When an account surges: how many people, since when."""

    people: int
    since: datetime
    within: timedelta


@dataclass(frozen=True, kw_only=True)
class Page:
    """Some accounts of a list."""

    rows: list[AccountRow]
    people: dict[int, People]
    #: Accounts with an open deal.
    has_deal: set[int]
    surge: SurgeRule
    #: Of a page that is shown at most ``COUNTED`` + 1.
    total: int
    offset: int


@dataclass(frozen=True, kw_only=True)
class Deal:
    """A deal of an account."""

    name: str | None
    stage: str | None
    state: str
    amount_cents: int | None
    currency: str | None
    owner: str | None
    lost_reason: str | None
    opened_at: datetime | None
    closed_at: datetime | None


DEAL_COLUMNS = tuple(each.name for each in fields(Deal))


def companies() -> QuerySet[Account]:
    """Return the accounts that are companies and count."""
    return Account.objects.filter(voided_at=None, is_personal=False)


def has_companies() -> bool:
    """Return whether there is any company."""
    return companies().exists()


def surge_rule(*, as_of: datetime) -> SurgeRule:
    """Return when an account surges under the active playbook. Raises ``NoActivePlaybook``."""
    playbook = library.get_active_playbook().playbook
    surge = playbook.intent.account.surge
    within = timedelta(days=surge.within.days(cycle=playbook.cycle))
    return SurgeRule(people=surge.stakeholders, since=as_of - within, within=within)


def find_page(asked: Asked, *, offset: int, limit: int, as_of: datetime) -> Page:
    """Return a page of accounts; an offset beyond the end, or beyond what is counted, gives the last page."""
    rule = surge_rule(as_of=as_of)
    found = listed(asked, rule)
    if asked.view is View.SURGE:
        # Who surges is counted over all the leads: once, and not again for the page.
        surging_ids = list(found[: COUNTED + 1])
        start = begin_of(total := len(surging_ids), offset=offset, limit=limit)
        return page_of(surging_ids[start : start + limit], rule, total=total, offset=start)
    if asked.text:
        # In the order of the list, whoever looks for the few that hold a word goes through all.
        matches = list(found.order_by()[: COUNTED + 1])
        total = len(matches)
        found = found.filter(pk__in=matches) if total <= COUNTED else found
    else:
        total = found.order_by()[: COUNTED + 1].count()
    start = begin_of(total, offset=offset, limit=limit)
    return page_of(list(found[start : start + limit]), rule, total=total, offset=start)


def begin_of(total: int, *, offset: int, limit: int) -> int:
    """Return where a page of so many accounts begins."""
    return max(0, min(offset, (min(total, COUNTED) - 1) // limit * limit))


def iterate_pages(asked: Asked, *, size: int, as_of: datetime) -> Iterator[Page]:
    """Yield all the accounts that are asked for, so many at a time."""
    rule = surge_rule(as_of=as_of)
    ids = list(listed(asked, rule))
    for start in range(0, len(ids), size):
        yield page_of(ids[start : start + size], rule, total=len(ids), offset=start)


def page_of(ids: Sequence[int], rule: SurgeRule, *, total: int, offset: int) -> Page:
    """Return some accounts, in the order of their ids as they are given."""
    by_id = {row.id: row for row in rows(companies().filter(pk__in=ids))}
    return Page(
        rows=[by_id[each] for each in ids if each in by_id],
        people=count_people(ids, since=rule.since),
        has_deal=set(open_deals().filter(account_id__in=ids).values_list("account_id", flat=True)),
        surge=rule,
        total=total,
        offset=offset,
    )


def listed(asked: Asked, rule: SurgeRule) -> QuerySet[Any, int]:
    """Return the ids of the accounts that are asked for, in their order."""
    if asked.view is View.UNKNOWN or asked.order == "name" or asked.imported:
        return companies_listed(asked, rule)
    standings = AccountStanding.objects.filter(
        where(asked, "account__"), account__voided_at=None, account__is_personal=False
    )
    standings = standings.filter(in_view(asked.view, rule, key="account_id"))
    order = ORDERS.get(asked.order, ORDERS["intent"])
    if order[0] == "-last_meaningful_at":
        standings = standings.filter(last_meaningful_at__isnull=False)
    return standings.order_by(*order).values_list("account_id", flat=True)


def companies_listed(asked: Asked, rule: SurgeRule) -> QuerySet[Any, int]:
    """Return the ids of accounts among which are some where nobody is assessed."""
    found = companies().filter(where(asked, ""), in_view(asked.view, rule, key="pk"))
    if asked.imported:
        found = found.filter(of_import(asked.imported))
    if asked.view is View.UNKNOWN:
        found = found.filter(standing=None)
    by_name = (F("name_key").asc(nulls_last=True), "id")
    if asked.view is View.UNKNOWN or asked.order == "name":
        return found.order_by(*by_name).values_list("id", flat=True)
    columns = [each.removeprefix("-") for each in ORDERS.get(asked.order, ORDERS["intent"])[:-1]]
    best_first = [F(f"standing__{column}").desc(nulls_last=True) for column in columns]
    return found.order_by(*best_first, *by_name).values_list("id", flat=True)


def of_import(asked: Imported) -> Q:
    """Return the condition that an import made or changed accounts, or told of what nobody in particular did there."""
    if asked.part is not Part.EVENTS:
        return imported.accounts(asked)
    told = Event.objects.filter(batch=asked.number, lead=None, account__isnull=False)
    return Q(pk__in=told.exclude(batch__state=ImportBatch.State.UNDONE).values("account"))


def where(asked: Asked, prefix: str) -> Q:
    """Return the condition over the columns of an account."""
    columns = {"country": asked.country, "industry": asked.industry, "owner": asked.owner}
    given = {f"{prefix}{name}": value for name, value in columns.items() if value}
    words = asked.text.replace("\0", " ").split()[: listing.MAX_WORDS]
    return reduce(and_, (mentions(word, prefix) for word in words), Q(**given))


def mentions(word: str, prefix: str) -> Q:
    """Return the condition that a word occurs in the name or the domain."""
    found = Q()
    for spelling in listing.spellings(word):
        found |= Q(**{f"{prefix}name__icontains": spelling}) | Q(**{f"{prefix}domain__icontains": spelling})
    return found


def in_view(view: View, rule: SurgeRule, *, key: str) -> Q:
    """Return the condition of being in a part of the base, over the column that names the account."""
    if view is View.SURGE:
        return Q(**{f"{key}__in": Subquery(surging(rule))})
    if view is View.SILENT:
        at_work = AccountStanding.objects.filter(with_sales_count__gt=0).values("account_id")
        return Q(**{f"{key}__in": at_work}) | Q(**{f"{key}__in": open_deals().values("account_id")})
    if view is View.ENGAGED:
        engaged = AccountStanding.objects.filter(engaged_count__gt=0).values("account_id")
        return Q(engaged_count__gt=0) if key == "account_id" else Q(**{f"{key}__in": engaged})
    return Q()


def surging(rule: SurgeRule) -> QuerySet[Any, Any]:
    """Return the accounts where enough people were active lately."""
    active = Standing.objects.filter(last_meaningful_at__gte=rule.since).order_by()
    # Of no column: the index alone answers.
    return active.values("account_id").annotate(n=Count("*")).filter(n__gte=rule.people).values("account_id")


def open_deals() -> QuerySet[Opportunity]:
    """Return the deals that are open."""
    return Opportunity.objects.filter(state=OpportunityState.OPEN, voided_at=None, account_id__isnull=False)


def rows(found: QuerySet[Account]) -> list[AccountRow]:
    """Return accounts as lists show them."""
    return [
        AccountRow(**dict(zip(COLUMNS, row, strict=True))) for row in found.values_list(*COLUMNS.values())
    ]


def count_people(account_ids: Collection[int], *, since: datetime) -> dict[int, People]:
    """Return who is known at some accounts, in one query."""
    active = Q(standing__last_meaningful_at__gte=since)
    groups = (
        listing.leads()
        .filter(account_id__in=list(account_ids))
        .order_by()
        .values_list("account_id", "role", "standing__status")
        .annotate(n=Count("pk"), active=Count("pk", filter=active))
    )
    found: dict[int, People] = defaultdict(People)
    for account_id, role, status, count, active_count in groups:
        people = found[account_id]
        people.lead_count += count
        people.active_count += active_count
        people.with_sales_count += count * (status in WITH_SALES)
        people.nurture_count += count * (status in {LeadStatus.NURTURE, LeadStatus.RE_ENGAGED})
        known, alive = people.roles.get(role or StakeholderRole.UNKNOWN, (0, 0))
        people.roles[role or StakeholderRole.UNKNOWN] = (known + count, alive + active_count)
    return {account_id: found[account_id] for account_id in account_ids}


def find_account(public_id: UUID) -> AccountRow | None:
    """Return one account, or None; also the account of somebody who belongs to no company."""
    found = Account.objects.filter(voided_at=None, public_id=public_id)
    return next(iter(rows(found)), None)


def find_public_id(account_id: int) -> UUID | None:
    """Return the public id of an account that is a company, or None."""
    return companies().filter(pk=account_id).values_list("public_id", flat=True).first()


def list_deals(*, account_id: int, limit: int) -> list[Deal]:
    """Return the deals of an account, open ones first, then the latest."""
    found = Opportunity.objects.filter(account_id=account_id, voided_at=None)
    by_age = F("opened_at").desc(nulls_last=True)
    ordered = sorted(
        found.order_by(by_age, "-id").values_list(*DEAL_COLUMNS)[: 10 * limit],
        key=lambda row: row[DEAL_COLUMNS.index("state")] != OpportunityState.OPEN,
    )
    return [Deal(**dict(zip(DEAL_COLUMNS, row, strict=True))) for row in ordered[:limit]]


def list_choices(*, limit: int) -> dict[str, tuple[str, ...]]:
    """Return the values in use of the filters that have no fixed set, most frequent first."""
    return {
        name: tuple(
            companies()
            .filter(**{f"{name}__isnull": False})
            .order_by()
            .values_list(name)
            .annotate(n=Count("pk"))
            .order_by("-n", name)
            .values_list(name, flat=True)[:limit]
        )
        for name in ("country", "industry", "owner")
    }
