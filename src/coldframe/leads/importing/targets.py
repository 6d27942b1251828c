"""Where the value of each field goes, and how its cell is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Any

from coldframe.kernel.vocabulary import ConsentBasis, StakeholderRole
from coldframe.leads.importing import addresses, companies, countries, values
from coldframe.leads.importing.dates import DateOrder, DateReader

Read = Callable[[Any], Any]


class Kind(StrEnum):
    """How a cell is read."""

    TEXT = "text"
    LONG_TEXT = "long text"
    NUMBER = "number"
    WHOLE_NUMBER = "whole number"
    EMPLOYEES = "employees"
    MONEY = "money"
    YES_NO = "yes or no"
    INSTANT = "instant"
    #: An instant that cannot be in the future.
    PAST = "past"
    #: One that cannot be further in the future than the clocks of two zones differ.
    BEGUN = "begun"
    DAY = "day"
    ADDRESS = "address"
    COUNTRY = "country"
    WEBSITE = "website"
    CURRENCY = "currency"
    LANGUAGE = "language"
    TIME_ZONE = "time zone"
    ROLE = "role"
    BASIS = "basis"


DATES = {Kind.INSTANT, Kind.PAST, Kind.BEGUN, Kind.DAY}
#: Kind -> so far ahead of the import an instant may lie.
AHEAD = {Kind.PAST: timedelta(0), Kind.BEGUN: timedelta(days=1)}


@dataclass(frozen=True, slots=True)
class Target:
    """Where the value of a field goes: a column of lead, account, deal or event, or a key of the row."""

    entity: str
    column: str
    kind: Kind = Kind.TEXT
    #: Characters that a text may have.
    limit: int = 255


class Unrecognized(str):
    """A cell that says something this version does not understand; left out, counted and shown."""

    __slots__ = ()


def to(entity: str, *columns: str, kind: Kind = Kind.TEXT, limit: int = 255) -> dict[str, Target]:
    """Return targets of one kind, by column."""
    return {column: Target(entity, column, kind, limit) for column in columns}


#: The company's columns.
COMPANY = {
    **to("account", "industry", limit=120),
    **to("account", "employees", kind=Kind.EMPLOYEES),
    "annual_revenue": Target("account", "annual_revenue_cents", Kind.MONEY),
    "website": Target("key", "website", Kind.WEBSITE),
}
ACCOUNTS = {
    **COMPANY,
    "external_id": Target("key", "account_external_id", limit=128),
    "domain": Target("key", "domain", Kind.WEBSITE),
    "parent": Target("key", "parent"),
    **to("account", "name"),
    **to("account", "city", limit=120),
    **to("account", "owner", limit=150),
    **to("account", "technologies", kind=Kind.LONG_TEXT, limit=10_000),
    **to("account", "phone", limit=40),
    **to("account", "country", kind=Kind.COUNTRY),
    **to("account", "renewal_on", kind=Kind.DAY),
}
#: The person's columns, and what leads files say of the company.
LEADS = {
    **COMPANY,
    "company": Target("account", "name"),
    "company_domain": Target("key", "domain", Kind.WEBSITE),
    "account_external_id": Target("key", "account_external_id", limit=128),
    "external_id": Target("key", "external_id", limit=128),
    "email": Target("key", "address", Kind.ADDRESS),
    "full_name": Target("key", "full_name"),
    **to(
        "lead",
        "first_name",
        "last_name",
        "city",
        "source",
        "offer",
        "form",
        "timeline",
        "source_status",
        limit=120,
    ),
    **to("lead", "job_title", "campaign", "known_problem", limit=200),
    **to("lead", "department", "phone", limit=40),
    **to("lead", "role", kind=Kind.ROLE),
    **to("lead", "country", kind=Kind.COUNTRY),
    **to("lead", "time_zone", kind=Kind.TIME_ZONE),
    **to("lead", "language", kind=Kind.LANGUAGE),
    **to("lead", "landing_page", limit=500),
    **to("lead", "message", kind=Kind.LONG_TEXT, limit=10_000),
    **to("lead", "owner", limit=150),
    **to("lead", "left_company", kind=Kind.YES_NO),
    **to("lead", "entered_at", kind=Kind.BEGUN),
    **to("key", "consent_basis", kind=Kind.BASIS),
    **to("key", "consent_given_at", kind=Kind.PAST),
    **to("key", "consent_wording", kind=Kind.LONG_TEXT, limit=10_000),
    **to("key", "consent_source", limit=120),
}
OPPORTUNITIES = {
    "external_id": Target("key", "external_id", limit=128),
    "account": Target("account", "name"),
    "account_external_id": Target("key", "account_external_id", limit=128),
    "lead_email": Target("key", "address", Kind.ADDRESS),
    "lead_external_id": Target("key", "lead_external_id", limit=128),
    "contact_external_id": Target("key", "contact_external_id", limit=128),
    "amount": Target("opportunity", "amount_cents", Kind.MONEY),
    **to("opportunity", "name", "lost_reason"),
    **to("opportunity", "stage", limit=120),
    **to("opportunity", "product", limit=200),
    **to("opportunity", "owner", limit=150),
    **to("opportunity", "currency", kind=Kind.CURRENCY),
    **to("opportunity", "opened_at", "closed_at", kind=Kind.INSTANT),
    **to("key", "state", limit=120),
    **to("key", "is_won", "is_closed", kind=Kind.YES_NO),
}
EVENTS = {
    "external_id": Target("key", "external_id", limit=128),
    "lead_email": Target("key", "address", Kind.ADDRESS),
    "lead_external_id": Target("key", "lead_external_id", limit=128),
    "contact_external_id": Target("key", "contact_external_id", limit=128),
    "account_external_id": Target("key", "account_external_id", limit=128),
    **to("key", "lead_full_name", "lead_first_name", "lead_last_name"),
    **to("event", "kind", "form", "asset", limit=120),
    **to("event", "campaign", limit=200),
    **to("event", "topic", limit=300),
    **to("event", "path", limit=2_000),
    **to("event", "occurred_at", kind=Kind.PAST),
}
TARGETS: dict[str, dict[str, Target]] = {
    "accounts": ACCOUNTS,
    "leads": LEADS,
    "opportunities": OPPORTUNITIES,
    "events": EVENTS,
}
#: Which record a field of one's own belongs to.
OWNERS = {"accounts": "account", "leads": "lead", "opportunities": "opportunity"}
#: Fields that only suppress, whatever else a column of them says.
SUPPRESSING = {"opt_out", "bounced"}


def reader_of(target: Target, *, zone: tzinfo, order: DateOrder | None, at: datetime) -> Read:
    """Return what reads one cell of a column; it returns None for a missing value and raises BadValue."""
    if target.kind in DATES:
        dates = DateReader(
            order=order or DateOrder.PLAIN,
            zone=zone,
            not_after=at + AHEAD[target.kind] if target.kind in AHEAD else None,
        )
        return dates.day if target.kind is Kind.DAY else dates.instant
    if target.kind is Kind.TEXT:
        return lambda cell: values.text(cell, limit=target.limit)
    return READERS[target.kind]


def address(cell: Any) -> addresses.Address | None:
    """Return an address, or None when missing."""
    text = str(cell)
    return None if values.is_missing(text) else addresses.parse(text)


def country(cell: Any) -> Any:
    """Return a country's code; a text that names none is left out and shown."""
    found = countries.find(str(cell))
    if found.code is None and found.note is not None:
        return Unrecognized(cell)
    return found.code


def website(cell: Any) -> str | None:
    """Return the domain of a company's site."""
    text = str(cell)
    return None if values.is_missing(text) else companies.domain_of(text)


def role(cell: Any) -> Any:
    """Return a word of ``StakeholderRole``; anything else is left out and shown."""
    return word_of(StakeholderRole, cell)


def basis(cell: Any) -> Any:
    """Return a word of ``ConsentBasis``; anything else is left out and shown."""
    return word_of(ConsentBasis, cell)


def word_of(words: type[StrEnum], cell: Any) -> Any:
    """Return a word of a closed set, however it is written."""
    text = values.text(cell, limit=120)
    if text is None:
        return None
    word = text.upper().replace(" ", "_").replace("-", "_")
    return word if word in set(words) else Unrecognized(text)


def recognized(read: Read) -> Read:
    """Return a reader that shows the texts in which the given one recognizes nothing."""

    def read_or_show(cell: Any) -> Any:
        found = read(cell)
        return Unrecognized(cell) if found is None and not values.is_missing(str(cell)) else found

    return read_or_show


READERS: dict[Kind, Read] = {
    Kind.LONG_TEXT: values.long_text,
    Kind.NUMBER: values.number,
    Kind.WHOLE_NUMBER: values.whole_number,
    Kind.EMPLOYEES: values.employees,
    Kind.MONEY: values.money_cents,
    Kind.YES_NO: values.yes_no,
    Kind.ADDRESS: address,
    Kind.COUNTRY: country,
    Kind.WEBSITE: website,
    Kind.CURRENCY: recognized(values.currency),
    Kind.LANGUAGE: recognized(values.language),
    Kind.TIME_ZONE: recognized(values.time_zone),
    Kind.ROLE: role,
    Kind.BASIS: basis,
}
