"""People and companies by how what they are known by begins: each asked for by an index, and few of them returned."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from coldframe.leads.models import Account, Identity, Lead
from coldframe.storage.prefixes import Folded, FoldedDomain, begins

#: Words of a search that are looked at.
MOST_WORDS = 3
#: With fewer letters, a word of several would name half of the base.
SHORTEST = 2
#: Companies of a domain whose people are looked up.
MOST_COMPANIES = 20


@dataclass(frozen=True, kw_only=True)
class FoundLead:
    """A person, as a search shows them."""

    public_id: UUID
    first_name: str | None
    last_name: str | None
    email: str | None
    company: str | None


@dataclass(frozen=True, kw_only=True)
class FoundAccount:
    """A company, as a search shows it."""

    public_id: UUID
    name: str | None
    domain: str | None


def find_leads(text: str, *, limit: int) -> list[FoundLead]:
    """
    Return the people whose name, address, its domain or company's domain begins with a text, or who have it as their id in a system.
    """
    words = text.split()[:MOST_WORDS]
    if not words:
        return []
    ids: list[int] = []
    for query in by_names(words) if len(words) > 1 else by_word(words[0]):
        if len(ids) < limit:
            found = query.values_list("pk", flat=True)[: limit + len(ids)]
            ids += [each for each in found if each not in ids]
    columns = ("public_id", "first_name", "last_name", "email", "account__name")
    rows = {row[0]: row[1:] for row in Lead.objects.filter(pk__in=ids[:limit]).values_list("pk", *columns)}
    names = tuple(FoundLead.__dataclass_fields__)
    return [FoundLead(**dict(zip(names, rows[pk], strict=True))) for pk in ids[:limit] if pk in rows]


def by_word(word: str) -> list[QuerySet[Lead]]:
    """Return the queries for one word, those first that name fewest."""
    leads = Lead.objects.filter(voided_at=None)
    known = Identity.objects.filter(external_id=word).values("lead_id")
    companies = Account.objects.filter(voided_at=None).alias(folded=Folded("domain"))
    of_domain = (
        companies.filter(begins("folded", word)).order_by("folded", "pk").values("pk")[:MOST_COMPANIES]
    )
    return [
        leads.filter(pk__in=known).order_by("pk"),
        *(
            leads.alias(folded=Folded(column)).filter(begins("folded", word)).order_by("folded", "pk")
            for column in ("email", "last_name", "first_name")
        ),
        leads.filter(account__in=of_domain).order_by("pk"),
        leads.alias(folded=FoldedDomain("email"))
        .filter(begins("folded", word.removeprefix("@") or word))
        .order_by("folded", "pk"),
    ]


def by_names(words: list[str]) -> list[QuerySet[Lead]]:
    """Return the queries for first and last name, in either order; short words are left out."""
    long = [word for word in words if len(word) >= SHORTEST]
    if len(long) < 2:
        return by_word(long[0]) if long else []
    leads = Lead.objects.filter(voided_at=None).alias(first=Folded("first_name"), last=Folded("last_name"))
    head, tail = long[0], long[-1]
    return [
        leads.filter(begins("last", last) & begins("first", first)).order_by("last", "first", "pk")
        for first, last in ((head, tail), (tail, head))
    ]


def find_accounts(text: str, *, limit: int) -> list[FoundAccount]:
    """Return the companies whose name or domain begins with a text."""
    plain = " ".join(text.split())
    if not plain:
        return []
    accounts = Account.objects.filter(voided_at=None, is_personal=False)
    found: dict[UUID, FoundAccount] = {}
    for column in ("name", "domain"):
        asked = accounts.alias(folded=Folded(column)).filter(begins("folded", plain)).order_by("folded", "pk")
        for public_id, name, domain in asked.values_list("public_id", "name", "domain")[:limit]:
            found.setdefault(public_id, FoundAccount(public_id=public_id, name=name, domain=domain))
    return list(found.values())[:limit]
