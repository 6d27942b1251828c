"""Keeping what calls say: each saying once, whatever was said of it before or comes after."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, TypeVar

from django.db import connection, models

from coldframe.activity.identity import opting
from coldframe.activity.identity.sayings import Claimed, Edge, Moment, Sayings
from coldframe.activity.models import Belonging, Claim, Identification
from coldframe.leads.importing.lookups import rows_by
from coldframe.storage import writes

EDGE_COLUMNS = (
    "left", "right", "source", "is_public", "first_at", "first_key", "last_at", "last_key", "received_at",
)  # fmt: skip
CLAIM_COLUMNS = (
    "node", "source", "field", "is_public", "value", "first_at", "first_key", "said_at", "said_key", "received_at",
)  # fmt: skip
BELONGING_COLUMNS = ("node", "group", "said_at", "said_key")
S = TypeVar("S", Edge, Claimed)


def edges_by(column: str, nodes: Collection[str]) -> list[Edge]:
    """Return the edges whose left, or right, is one of some nodes."""
    rows = rows_by(Identification, column, sorted(nodes), columns=EDGE_COLUMNS)
    return [edge_of(row) for row in rows]


def edge_of(row: tuple[Any, ...]) -> Edge:
    left, right, source, is_public, first_at, first_key, last_at, last_key, received_at = row
    return Edge(
        left,
        right,
        source,
        bool(is_public),
        (first_at, bytes(first_key)),
        (last_at, bytes(last_key)),
        received_at,
    )


def claims_of(nodes: Collection[str]) -> list[Claimed]:
    """Return what is claimed of some nodes."""
    rows = rows_by(Claim, "node", sorted(nodes), columns=CLAIM_COLUMNS)
    return [
        Claimed(
            node,
            source,
            name,
            bool(is_public),
            value,
            (first_at, bytes(first_key)),
            (said_at, bytes(said_key)),
            received_at,
        )
        for node, source, name, is_public, value, first_at, first_key, said_at, said_key, received_at in rows
    ]


def belongings_of(nodes: Collection[str]) -> dict[str, tuple[Moment, str]]:
    """Return the company that each of some nodes belongs to."""
    rows = rows_by(Belonging, "node", sorted(nodes), columns=BELONGING_COLUMNS)
    return {node: ((said_at, bytes(said_key)), group) for node, group, said_at, said_key in rows}


def members_of(groups: Collection[str]) -> set[str]:
    """Return the nodes that belong to companies."""
    return {node for (node,) in rows_by(Belonging, "group", sorted(groups), columns=("node",))}


def new_among(said: Sayings) -> Sayings:
    """Return what of the sayings changes anything of what is kept, joined with that."""
    kept_edges = edges_by("left", {edge.left for edge in said.edges.values()})
    edges = {each.key: each for each in kept_edges}
    claims = {each.key: each for each in claims_of({claim.node for claim in said.claims.values()})}
    belongings = belongings_of(said.belongings)
    fresh_edges, fresh_claims = changed(said.edges.values(), edges), changed(said.claims.values(), claims)
    fresh_belongings = {
        node: found
        for node, found in said.belongings.items()
        if node not in belongings or found > belongings[node]
    }
    current = last_named(kept_edges)
    touched = {
        node
        for each in fresh_edges.values()
        if tells(each, edges.get(each.key), current)
        for node in (each.left, each.right)
    }
    touched |= {key[0] for key, each in fresh_claims.items() if differs(each, claims.get(key))}
    before = {node: group for node, (_, group) in belongings.items()}
    touched |= {node for node, (_, group) in fresh_belongings.items() if group != before.get(node)}
    return Sayings(
        edges=fresh_edges,
        claims=fresh_claims,
        belongings=fresh_belongings,
        groups=said.groups,
        wishes=opting.told(said.wishes, before=claims, fresh=fresh_claims),
        visitors=said.visitors,
        touched=touched,
        doers=said.doers,
        refused=said.refused,
    )


def last_named(edges: Iterable[Edge]) -> dict[str, str]:
    """Return the address that each key was named with last."""
    last: dict[str, tuple[Moment, str]] = {}
    for each in edges:
        if each.names_an_address:
            last[each.left] = max(last.get(each.left, (each.last, each.right)), (each.last, each.right))
    return {left: right for left, (_, right) in last.items()}


def tells(edge: Edge, kept: Edge | None, current: dict[str, str]) -> bool:
    """Say whether an edge tells more than that somebody's present address was named once more."""
    if kept is None or (edge.first, edge.received_at) != (kept.first, kept.received_at):
        return True
    return current.get(edge.left) != edge.right


def differs(claim: Claimed, kept: Claimed | None) -> bool:
    """Say whether a claim says anything else than before, or comes before others now."""
    return kept is None or (claim.value, claim.first) != (kept.value, kept.first)


def changed(said: Iterable[S], kept: dict[tuple[str, str, str], S]) -> dict[tuple[str, str, str], S]:
    """Return what is new or differs from what is kept, joined with it."""
    found: dict[tuple[str, str, str], S] = {}
    for each in said:
        before = kept.get(each.key)
        joined = each if before is None else before.joined(each)
        if joined != before:
            found[each.key] = joined
    return found


def keep(said: Sayings) -> None:
    """Write sayings; the caller holds the lock and has joined them with what was kept."""
    edges = [
        (each.left, each.right, each.source, each.is_public, *each.first, *each.last, each.received_at)
        for _, each in sorted(said.edges.items())
    ]
    put_rows(Identification, EDGE_COLUMNS, edges, key=("left", "right", "source"))
    claims = [
        (
            each.node,
            each.source,
            each.field,
            each.is_public,
            each.value,
            *each.first,
            *each.said,
            each.received_at,
        )
        for _, each in sorted(said.claims.items())
    ]
    put_rows(Claim, CLAIM_COLUMNS, claims, key=("node", "source", "field"))
    belongings = [(node, group, *said_at) for node, (said_at, group) in sorted(said.belongings.items())]
    put_rows(Belonging, BELONGING_COLUMNS, belongings, key=("node",))


def put_rows(
    model: type[models.Model], columns: Sequence[str], rows: Sequence[Sequence[Any]], *, key: Sequence[str]
) -> None:
    """Insert rows, or bring those that are there up to them; names and values as ``storage.writes`` takes them."""
    if not rows:
        return
    fields = {field.attname: field for field in model._meta.concrete_fields}
    changed = ", ".join(f'"{name}" = excluded."{name}"' for name in columns if name not in key)
    marks = ", ".join(["%s"] * len(columns))
    names, conflict = (", ".join(f'"{each}"' for each in some) for some in (columns, key))
    prepared = writes.prepared(list(rows), [writes.converter(fields[name]) for name in columns])
    with connection.cursor() as cursor:
        cursor.executemany(
            f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES ({marks})'
            f" ON CONFLICT ({conflict}) DO UPDATE SET {changed}",
            prepared,
        )
