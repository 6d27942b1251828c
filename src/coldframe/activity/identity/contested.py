"""
Where calls name two known people as one, which only a person decides.

What is contested among the keys that a conclusion looks at is kept with it (``keep``), so that pages find it at once;
``list_contested`` looks through all that was ever said.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from uuid import UUID

from coldframe.activity.identity import knowing, nodes
from coldframe.activity.identity.sayings import Edge
from coldframe.activity.models import Contested as Row
from coldframe.activity.models import Identification
from coldframe.kernel.vocabulary import Refusal
from coldframe.leads.models import Lead

EDGES_AT_A_TIME = 5_000
KEYS_A_STATEMENT = 500
#: What tells an identification from all others.
KEY = ("left", "right", "source")
#: Sayings that are looked at for a page; nobody goes through more in a day.
MOST = 500


class NotContested(Refusal):
    """Nothing names these two as one, or it is settled."""


@dataclass(frozen=True, kw_only=True)
class Contested:
    """Two leads that calls of a source name as one person."""

    one_id: int
    one: str
    other_id: int
    other: str
    source: str


def list_contested(*, limit: int = 100) -> list[Contested]:
    """Return the pairs of leads that calls name as one person and that nobody has settled, the earliest said first."""
    found: dict[tuple[int, int], Contested] = {}
    firm = Identification.objects.filter(is_public=False, left__startswith=nodes.USER)
    said = firm.exclude(contested__settled_at__isnull=False).order_by("first_at", "id")
    edges = said.values_list("left", "right", "source").iterator(chunk_size=EDGES_AT_A_TIME)
    for some in in_parts(edges):
        known = knowing.load({node for left, right, _ in some for node in (left, right)})
        for left, right, source in some:
            owners = [known.owners.get(node) for node in (left, right)]
            leads = sorted({known.root(owner.lead_id) for owner in owners if owner is not None})
            if len(leads) == 2:
                one, other = (known.leads[pk] for pk in leads)
                pair = Contested(
                    one_id=one.pk, one=named(one), other_id=other.pk, other=named(other), source=source
                )
                found.setdefault((one.pk, other.pk), pair)
        if len(found) >= limit:
            break
    return list(found.values())[:limit]


def in_parts(edges: Iterator[tuple[str, str, str]]) -> Iterator[list[tuple[str, str, str]]]:
    """Yield edges in lists of ``EDGES_AT_A_TIME``."""
    while some := list(islice(edges, EDGES_AT_A_TIME)):
        yield some


def named(lead: Lead) -> str:
    """Return how a lead is called in a list."""
    names = [part for part in (lead.first_name, lead.last_name) if part]
    return " ".join([*names, f"({lead.email})" if lead.email else "(no address)"])


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two people of whom somebody has to say whether they are one."""

    one: Lead
    other: Lead
    source: str
    #: When it was said first.
    at: datetime
    #: The sayings that name them as one.
    sayings: list[int] = field(default_factory=list)

    @property
    def leads(self) -> tuple[Lead, Lead]:
        """Both of them."""
        return self.one, self.other


def keep(within: Collection[str], contested: Iterable[Edge]) -> None:
    """Keep which sayings about some keys would make two known people one; all others about them would not."""
    wanted = {edge.key for edge in contested}
    if not wanted and not Row.objects.exists():
        return
    known: dict[tuple[str, str, str], int] = {}
    keys = sorted(within)
    for start in range(0, len(keys), KEYS_A_STATEMENT):
        rows = Row.objects.filter(identification__left__in=keys[start : start + KEYS_A_STATEMENT])
        for pk, *key in rows.values_list("pk", *(f"identification__{name}" for name in KEY)):
            known[key[0], key[1], key[2]] = pk
    Row.objects.filter(pk__in=[pk for key, pk in known.items() if key not in wanted]).delete()
    missing = wanted - known.keys()
    said = Identification.objects.filter(left__in={left for left, _, _ in missing}).values_list("pk", *KEY)
    made = [Row(identification_id=pk) for pk, *key in said if tuple(key) in missing]
    Row.objects.bulk_create(made, ignore_conflicts=True)


def list_open() -> list[Pair]:
    """Return the pairs of people that somebody has to decide about, the earliest said first."""
    rows = Row.objects.filter(settled_at=None).order_by("identification__first_at", "pk")
    names = (*KEY, "first_at")
    said = list(rows.values_list("pk", *(f"identification__{name}" for name in names))[:MOST])
    known = knowing.load({node for _, left, right, *_ in said for node in (left, right)}) if said else None
    found: dict[tuple[int, int], Pair] = {}
    for pk, left, right, source, at in said:
        owners = [known.owners.get(node) for node in (left, right)] if known else []
        leads = sorted({known.root(owner.lead_id) for owner in owners if owner is not None}) if known else []
        if known and len(leads) == 2:
            one, other = (known.leads[each] for each in leads)
            pair = Pair(one=one, other=other, source=source, at=at)
            found.setdefault((one.pk, other.pk), pair).sayings.append(pk)
    return list(found.values())


def find_open(*, one: UUID, other: UUID) -> Pair:
    """Return the pair of two people that somebody has to decide about. Raises ``NotContested``."""
    wanted = {one, other}
    for pair in list_open():
        if {lead.public_id for lead in pair.leads} == wanted:
            return pair
    raise NotContested("These two are not in question, or no more.", advice="Look at the list again.")


def say_two(pair: Pair, *, by: str, at: datetime) -> None:
    """Settle that two people are two: nobody is asked again because of what was said so far."""
    Row.objects.filter(pk__in=pair.sayings, settled_at=None).update(settled_by=by[:150], settled_at=at)
