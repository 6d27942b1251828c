"""Which fields of a lead or an account the traits of a call fill, and how each is read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from enum import Enum
from functools import lru_cache
from typing import Any

from coldframe.leads.importing import names
from coldframe.leads.importing.targets import ACCOUNTS, LEADS, Read, Target, Unrecognized, reader_of
from coldframe.leads.importing.values import BadValue

#: Trait, in lower case and without signs -> column of the lead.
OF_PERSON = {
    "firstname": "first_name",
    "givenname": "first_name",
    "lastname": "last_name",
    "surname": "last_name",
    "familyname": "last_name",
    "title": "job_title",
    "jobtitle": "job_title",
    "position": "job_title",
    "department": "department",
    "role": "role",
    "phone": "phone",
    "phonenumber": "phone",
    "mobile": "phone",
    "country": "country",
    "city": "city",
    "timezone": "time_zone",
    "locale": "language",
    "language": "language",
    "leadsource": "source",
    "campaign": "campaign",
    "utmcampaign": "campaign",
    "landingpage": "landing_page",
    "offer": "offer",
    "knownproblem": "known_problem",
    "problem": "known_problem",
    "timeline": "timeline",
    "message": "message",
}
#: Trait of a company -> field.
OF_COMPANY = {
    "name": "name",
    "company": "name",
    "domain": "domain",
    "website": "domain",
    "url": "domain",
    "industry": "industry",
    "employees": "employees",
    "employeecount": "employees",
    "size": "employees",
    "country": "country",
    "city": "city",
    "phone": "phone",
}
#: Traits that are read as parts of the person: an object within.
WITHIN = {"address": ("country", "city")}
NO_SIGN = re.compile(r"[^a-z0-9]")
#: A text longer than this is no value of a field.
LONGEST = 10_000


def of_person(traits: Mapping[str, Any], *, own: frozenset[str] = frozenset()) -> dict[str, Any]:
    """
    Return column -> value that traits of a person say; what cannot be read is left out.

    ``own`` names fields of one's own, which come as ``custom.<name>``.
    """
    found: dict[str, Any] = {}
    for trait, value in spread(traits):
        plain = NO_SIGN.sub("", trait.lower())
        if column := OF_PERSON.get(plain):
            put(found, column, read(LEADS[column], value))
        elif plain == "company":
            put(found, "company_as_given", read(LEADS["source"], company_name(value)))
        elif plain in ("name", "fullname"):
            first, last = names.split(str(value)) if isinstance(value, str) else (None, None)
            for column, part in (("first_name", first), ("last_name", last)):
                if column not in found:
                    put(found, column, read(LEADS[column], part))
        elif trait in own and isinstance(value, str | int | float | bool):
            put(found, f"custom.{trait}", value if not isinstance(value, str) else value[:LONGEST] or None)
    return found


def of_company(traits: Mapping[str, Any]) -> dict[str, Any]:
    """Return field -> value that traits of a company say; what cannot be read is left out."""
    found: dict[str, Any] = {}
    for trait, value in spread(traits):
        if field := OF_COMPANY.get(NO_SIGN.sub("", trait.lower())):
            put(found, field, read(ACCOUNTS[field], value))
    return found


def spread(traits: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield traits in a settled order, those within an object by their own names."""
    for trait in sorted(traits, key=str):
        value = traits[trait]
        if trait in WITHIN and isinstance(value, Mapping):
            yield from ((part, value[part]) for part in WITHIN[trait] if part in value)
        else:
            yield str(trait), value


def company_name(value: Any) -> Any:
    """Return a company's name, which stands by itself or in an object."""
    return value.get("name") if isinstance(value, Mapping) else value


def put(found: dict[str, Any], column: str, value: Any) -> None:
    if value is not None:
        found[column] = value


def read(target: Target, value: Any) -> Any:
    """Return a value as the column holds it, plain; None where it is none that can be read."""
    if value is None or isinstance(value, Mapping | list | bool):
        return None
    if isinstance(value, str) and len(value) > LONGEST:
        return None
    try:
        found = reader(target)(value)
    except (BadValue, ValueError, TypeError):
        return None
    if isinstance(found, Unrecognized):
        return None
    return found.value if isinstance(found, Enum) else found


@lru_cache(maxsize=128)
def reader(target: Target) -> Read:
    """Return what reads values of a column."""
    return reader_of(target, zone=UTC, order=None, at=datetime(1970, 1, 1, tzinfo=UTC))
