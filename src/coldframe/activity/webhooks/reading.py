"""From a payload to calls: by its source's mapping, item by item."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from coldframe.activity.calls import Call, CallType
from coldframe.activity.identity import traits
from coldframe.activity.kinds import evidence_of, kind_of
from coldframe.activity.webhooks import records
from coldframe.activity.webhooks.mapping import CompiledRule, Mapped
from coldframe.activity.webhooks.records import Record
from coldframe.activity.webhooks.values import AHEAD, digest_of, identifier, instant_of, text_of
from coldframe.kernel.vocabulary import EmailKind
from coldframe.leads.importing import addresses
from coldframe.leads.importing.targets import ACCOUNTS
from coldframe.leads.importing.values import BadValue

#: Items of one payload; more is no message but a database.
MOST_ITEMS = 1_000


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where a payload came from, and when."""

    arrival_id: int
    source: str
    source_id: int
    received_at: datetime


@dataclass(frozen=True, kw_only=True)
class ItemRead:
    """What became of an item."""

    #: Counted from 1.
    number: int
    #: Counted from 1; None: no rule reads such an item.
    rule: int | None = None
    calls: tuple[Call, ...] = ()
    #: What it says of owners and of a deal; None: nothing.
    record: Record | None = None
    #: Why it cannot be used; empty: it can.
    problem: str = ""


def read(payload: Any, mapped: Mapped, *, origin: Origin) -> list[ItemRead]:
    """Return what each item of a payload becomes."""
    found = mapped.items.search(payload) if mapped.items is not None else [payload]
    items = found if isinstance(found, list) else [] if found is None else [found]
    if mapped.items is not None and not items:
        return [ItemRead(number=1, problem="there are no items where the mapping expects them")]
    if len(items) > MOST_ITEMS:
        return [ItemRead(number=1, problem=f"more than {MOST_ITEMS} items in one payload")]
    return [read_item(item, mapped, number=number, origin=origin) for number, item in enumerate(items, 1)]


def read_item(item: Any, mapped: Mapped, *, number: int, origin: Origin) -> ItemRead:
    """Return what one item becomes, by the first rule that reads it."""
    for position, each in enumerate(mapped.rules, start=1):
        if each.rule.when is None or each.find("when", item):
            calls = tuple(calls_of(item, each, origin=origin)) if each.rule.is_of_person else ()
            if each.rule.is_of_person and not calls[0].user_id:
                return ItemRead(number=number, rule=position, problem=nobody(each))
            record = record_of(item, each, origin=origin)
            problem = record.problem if record else ""
            return ItemRead(number=number, rule=position, calls=calls, record=record, problem=problem)
    return ItemRead(number=number)


def record_of(item: Any, each: CompiledRule, *, origin: Origin) -> Record | None:
    """Return what an item says of owners and of a deal, or None."""
    person = values_of(each, "person", item)
    company = with_domain(values_of(each, "company", item), email=person.get("email", ""))
    about = records.About(
        arrival_id=origin.arrival_id,
        source=origin.source,
        at=instant_of(each.find("at", item), latest=origin.received_at + AHEAD) or origin.received_at,
        user_id=identifier(each.find("user", item)),
        email=person.get("email", ""),
        group_id=identifier(each.find("group", item)),
        domain=domain_of(company.get("domain") or company.get("website", "")),
    )
    return records.record_of(item, each, about=about)


def domain_of(text: str) -> str:
    """Return a company's domain as accounts have it; empty for none."""
    return traits.read(ACCOUNTS["domain"], text) or ""


def nobody(each: CompiledRule) -> str:
    """Return which expressions found no person."""
    tried = [each.rule.person.get("email"), each.rule.user]
    return f"nobody is named: nothing at {' nor at '.join(filter(None, tried))}"


def calls_of(item: Any, each: CompiledRule, *, origin: Origin) -> Iterator[Call]:
    """Yield who it is, which company, and what happened."""
    rule = each.rule
    known = identifier(each.find("id", item)) or digest_of(item)
    at = instant_of(each.find("at", item), latest=origin.received_at + AHEAD)
    person = values_of(each, "person", item)
    shared: dict[str, Any] = {
        "arrival_id": origin.arrival_id,
        "source": origin.source,
        "source_id": origin.source_id,
        "occurred_at": at or origin.received_at,
        "is_undated": at is None and rule.at is not None,
        # Who sends no ids of people knows them by their addresses.
        "user_id": identifier(each.find("user", item)) or identifier(person.get("email", "").lower()),
    }
    company = with_domain(values_of(each, "company", item), email=person.get("email", ""))
    named = {"company": company["name"]} if "name" in company else {}
    yield Call(type=CallType.IDENTIFY, message_id=f"{known}:who", traits={**named, **person}, **shared)
    group = identifier(each.find("group", item)) or company_key(company)
    if group:
        yield Call(
            type=CallType.GROUP, message_id=f"{known}:company", group_id=group, traits=company, **shared
        )
    if rule.event:
        yield fact(item, each, message_id=known, shared=shared)


def fact(item: Any, each: CompiledRule, *, message_id: str, shared: dict[str, Any]) -> Call:
    """Return what happened."""
    kind = kind_of(each.rule.event or "")
    properties = {name: each.find(f"properties.{name}", item) for name in each.rule.properties}
    return Call(
        type=CallType.TRACK,
        message_id=message_id,
        kind=kind,
        evidence=evidence_of(kind),
        form=each.rule.form,
        topic=text_of(each.find("topic", item)),
        asset=text_of(each.find("asset", item)),
        campaign=text_of(each.find("campaign", item)),
        path=text_of(each.find("path", item)),
        properties={name: value for name, value in properties.items() if value not in (None, "", [], {})},
        **shared,
    )


def with_domain(company: dict[str, str], *, email: str) -> dict[str, str]:
    """
    Return what is said of a company, with the domain of the person's address there where it says none.

    So what somebody types as their company's name moves nobody to a company of that name.
    """
    if not company or "domain" in company or "website" in company:
        return company
    try:
        found = addresses.parse(email)
    except BadValue:
        return company
    return {**company, "domain": found.domain} if found.kind is EmailKind.BUSINESS else company


def company_key(company: Mapping[str, str]) -> str:
    """Return by what a company is known to a sender that gives it no id: its domain, else its name."""
    return identifier(company.get("domain") or company.get("website") or company.get("name", "")).casefold()


def values_of(each: CompiledRule, part: str, item: Any) -> dict[str, str]:
    """Return what is said of a person or a company, without what is missing."""
    names: Mapping[str, str] = getattr(each.rule, part)
    found = {name: text_of(each.find(f"{part}.{name}", item)) for name in names}
    return {name: value for name, value in found.items() if value}
