"""
Which keys are one person's: a pure function of all that was said, whatever order it came in.

Keys that stand together in an identification are one person's, and so on from key to key. A key of somebody who is
known otherwise (by a file, a CRM, a person) is theirs for good: where sayings would make two known people one, the
earlier sayings count, and the one that would join them is left for a person to decide.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from coldframe.activity.identity import nodes
from coldframe.activity.identity.sayings import Edge, Moment

#: Of a browser's identifications only so many are looked at, the earliest; whoever lets a page say more is nobody.
MOST_OF_A_BROWSER = 10


@dataclass(slots=True)
class Person:
    """The keys of one person."""

    nodes: list[str]
    #: The lead that they are known as; None: calls alone speak of them.
    known_as: int | None = None
    #: Somebody said who they are; a user id alone that something was done under is nobody yet.
    is_somebody: bool = False


def divide(
    within: Collection[str], edges: Iterable[Edge], known: Mapping[str, int]
) -> tuple[list[Person], list[Edge]]:
    """
    Return the people behind the keys ``within``, and the edges that would have made two known people one.

    ``known``: key -> the lead whose key it is for good.
    """
    people = {
        node: Person([node], known.get(node), nodes.is_address(node) or node in known) for node in within
    }
    by_lead: dict[int, str] = {}
    for node, lead_id in sorted(known.items()):
        if node in people and unite(people, node, by_lead.setdefault(lead_id, node)) is False:
            raise AssertionError("keys of one known lead are one person's")
    contested = []
    firm = (edge for edge in edges if not edge.is_public and nodes.is_person(edge.left))
    for edge in sorted(firm, key=lambda each: (each.first, each.key)):
        if edge.left not in people or edge.right not in people:
            continue
        if edge.left == edge.right:
            people[edge.left].is_somebody = True
        elif not unite(people, edge.left, edge.right):
            contested.append(edge)
    unique = {id(person): person for person in people.values()}
    return sorted(unique.values(), key=lambda person: min(person.nodes)), contested


def unite(people: dict[str, Person], left: str, right: str) -> bool:
    """Make two people one, unless both are known and as different leads; say whether they are one."""
    one, other = people[left], people[right]
    if one is other:
        return True
    if one.known_as is not None and other.known_as is not None and one.known_as != other.known_as:
        return False
    if len(one.nodes) < len(other.nodes):
        one, other = other, one
    one.nodes += other.nodes
    one.known_as = one.known_as if one.known_as is not None else other.known_as
    one.is_somebody = one.is_somebody or other.is_somebody
    for node in other.nodes:
        people[node] = one
    return True


def known_since(
    within: Collection[str], edges: Iterable[Edge], known_at: Mapping[str, datetime]
) -> dict[str, datetime]:
    """Return since when each key is known from somebody other than a page; those that are not are not named."""
    found = {node: at for node, at in known_at.items() if node in within}
    for edge in edges:
        if edge.is_public:
            continue
        for node in {edge.left, edge.right}:
            if node in within:
                found[node] = min(found.get(node, edge.received_at), edge.received_at)
    return found


def holds(edge: Edge, since: Mapping[str, datetime]) -> bool:
    """Say whether an identification counts: a page identifies nobody who was known when it said so."""
    return not edge.is_public or edge.right not in since or edge.received_at < since[edge.right]


def earliest(edges: Iterable[Edge], since: Mapping[str, datetime]) -> Edge | None:
    """Return the identification that decides whose a browser was; None: nobody has said."""
    first = sorted(edges, key=lambda each: (each.first, each.key))[:MOST_OF_A_BROWSER]
    return next((edge for edge in first if holds(edge, since)), None)


def current_address(
    edges: Iterable[Edge], *, among: Collection[str], left_behind: Collection[str] = ()
) -> str | None:
    """
    Return the address that a person has now, of those ``among``; a public key cannot change it.

    Each of a person's ids stands for the address it was named with last. Of these the one that came up last counts, so
    that a system that goes on naming an old address does not bring it back. An id that was named last with one that
    was ``left_behind`` says nothing.
    """
    first: dict[str, Moment] = {}
    last: dict[str, tuple[Moment, str]] = {}
    for edge in edges:
        if edge.right in among and nodes.is_person(edge.left) and not edge.is_public:
            first[edge.right] = min(first.get(edge.right, edge.first), edge.first)
            last[edge.left] = max(last.get(edge.left, (edge.last, edge.right)), (edge.last, edge.right))
    counts = {left: node for left, (_, node) in last.items() if node not in left_behind}
    named = {node for left, node in counts.items() if nodes.is_user(left)} or set(counts.values())
    if named:
        return max(named, key=lambda node: (first[node], node))
    return min(set(among).difference(left_behind), default=None)
