"""
Whose calls they are, for many calls at once: a few statements, however many there are.

Calls that only tell what somebody did, by a key that is known already, change nothing of who is who and wait for
nobody. All others are taken one batch after another, under one lock.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from coldframe.activity.calls import Call, event_of
from coldframe.activity.identity import concluding, keeping, nodes
from coldframe.activity.identity.sayings import Gathering, Sayings, erased_among
from coldframe.activity.models import Arrival, Visitor
from coldframe.activity.operations import NewEvent
from coldframe.leads.importing.lookups import parameter, rows_by
from coldframe.leads.models import CustomField, Erasure, Identity
from coldframe.storage import locks

LOCK = "identities"


@dataclass(frozen=True, kw_only=True, slots=True)
class Aside:
    """A call that says nothing that can be kept, and why."""

    call: Call
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Resolved:
    """The facts among some calls, of whom they are; and what could not be understood."""

    events: list[NewEvent]
    aside: list[Aside]


def resolve(calls: Sequence[Call], *, at: datetime) -> Resolved:
    """
    Keep what calls say of who is who, and return the facts among them with their visitors and leads.

    For any order of the calls, any division into batches and any repeats it comes to the same. In one transaction,
    which must be the one in which the facts are recorded.
    """
    with transaction.atomic():
        gathering = Gathering(received=received(calls, at=at), own=own_fields(), at=at, erased=erased(calls))
        said = gathering.take(calls)
        make_visitors(said.visitors, at=at)
        fresh = keeping.new_among(said)
        waiting = waiting_users(said.visitors)
        if fresh.touched or fresh.edges or fresh.claims or fresh.belongings or waiting or said.wishes:
            locks.hold([LOCK])
            fresh = keeping.new_among(said)
            keeping.keep(fresh)
            if fresh.touched or waiting or fresh.wishes:
                concluding.conclude(fresh, waiting=wished(fresh, waiting), at=at)
        visitors = held_visitors({nodes.visitor_key(node) for node in said.doers.values()})
    return Resolved(
        events=[fact(calls[position], node, visitors) for position, node in said.doers.items()],
        aside=[Aside(call=calls[position], reason=reason) for position, reason in said.refused.items()],
    )


def wished(said: Sayings, waiting: Collection[str]) -> set[str]:
    """Return the keys to be looked at although nothing new was said of them."""
    return {*waiting, *(wish.node for wish in said.wishes)}


def received(calls: Sequence[Call], *, at: datetime) -> dict[int, datetime]:
    """Return when the arrivals came in that brought calls of a page, for those are weighed by it; and all others."""
    ids = sorted({call.arrival_id for call in calls})
    rows = rows_by(Arrival, "id", ids, columns=("id", "received_at"))
    return {**dict.fromkeys(ids, at), **dict(rows)}


def erased(calls: Sequence[Call]) -> frozenset[str]:
    """Return the keys of people who were erased; one look where nobody ever was."""
    return erased_among(calls) if Erasure.objects.exists() else frozenset()


def own_fields() -> frozenset[str]:
    """Return the names of leads' fields of one's own."""
    return frozenset(CustomField.objects.filter(entity="lead").values_list("name", flat=True))


def make_visitors(who: Collection[str], *, at: datetime) -> None:
    """Have a visitor for every browser and user id, so that what they did can wait for who they are."""
    keys = {nodes.visitor_key(node) for node in who}
    known = {key for (key,) in rows_by(Visitor, "anonymous_id", sorted(keys), columns=("anonymous_id",))}
    missing = sorted(keys - known)
    Visitor.objects.bulk_create(
        [Visitor(anonymous_id=key, created_at=at) for key in missing],
        ignore_conflicts=True,
        batch_size=2_000,
    )


def waiting_users(who: Collection[str]) -> set[str]:
    """Return the user ids that somebody has by now, but not yet when something was done under them."""
    users = {nodes.visitor_key(node): node for node in who if nodes.is_user(node)}
    rows = rows_by(Visitor, "anonymous_id", sorted(users), columns=("anonymous_id", "lead_id"))
    waiting = {users[key] for key, lead_id in rows if lead_id is None}
    ids = {nodes.named(node): node for node in waiting}
    found = rows_by(
        Identity,
        "external_id",
        sorted({external_id for _, external_id in ids}),
        columns=("source", "external_id"),
    )
    return {ids[each] for each in found if each in ids}


def held_visitors(keys: Collection[str]) -> dict[str, tuple[int, int | None]]:
    """
    Return id and lead of each visitor.

    They are held to the end of the transaction against being given to another lead, which would not see the facts
    that are about to be recorded.
    """
    if connection.vendor != "postgresql":
        rows = rows_by(Visitor, "anonymous_id", sorted(keys), columns=("anonymous_id", "id", "lead_id"))
        return {key: (pk, lead_id) for key, pk, lead_id in rows}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT anonymous_id, id, lead_id FROM activity_visitor WHERE anonymous_id = ANY(%s) ORDER BY id FOR SHARE",
            [parameter(sorted(keys))],
        )
        return {key: (pk, lead_id) for key, pk, lead_id in cursor.fetchall()}


def fact(call: Call, node: str, visitors: dict[str, tuple[int, int | None]]) -> NewEvent:
    """Return the fact that a call is."""
    visitor_id, lead_id = visitors[nodes.visitor_key(node)]
    return event_of(call, lead_id=lead_id, visitor_id=visitor_id)
