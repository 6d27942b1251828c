"""Where calls name two known people as one, which only a person decides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from coldframe.activity.identity import knowing, nodes
from coldframe.activity.models import Identification
from coldframe.leads.models import Lead

EDGES_AT_A_TIME = 5_000


@dataclass(frozen=True, kw_only=True)
class Contested:
    """Two leads that calls of a source name as one person."""

    one_id: int
    one: str
    other_id: int
    other: str
    source: str


def list_contested(*, limit: int = 100) -> list[Contested]:
    """Return the pairs of leads that calls name as one person and that are two, the earliest said first."""
    found: dict[tuple[int, int], Contested] = {}
    said = Identification.objects.filter(is_public=False, left__startswith=nodes.USER).order_by(
        "first_at", "id"
    )
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
