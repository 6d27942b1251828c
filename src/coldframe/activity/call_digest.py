"""
Making facts of calls of the event API.

Calls of any number of arrivals are taken together: who is meant is found out for all of them at once, and the
facts are recorded in a few statements. A call that cannot be understood is set aside by itself.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from coldframe.activity import arrivals as store
from coldframe.activity import kinds, known_calls, operations, wire
from coldframe.activity.arrivals import NewArrival
from coldframe.activity.calls import Call
from coldframe.activity.digesting import SetAside
from coldframe.activity.models import Arrival, Event, Source
from coldframe.activity.operations import NewEvent
from coldframe.activity.tracking import visits
from coldframe.activity.wire import Broken, CallArrival, ReadCall
from coldframe.leads import suppression

#: Words by which clients say that a mail came back for a while only.
SOFT = ("soft", "transient", "temporary", "block", "deferred")


class NotMeant(Protocol):
    """A call of which nobody knows whose it is."""

    @property
    def call(self) -> Call:
        """The call."""

    @property
    def reason(self) -> str:
        """Why."""


class Resolved(Protocol):
    """Whose calls they are."""

    @property
    def events(self) -> Sequence[NewEvent]:
        """The facts among them, of whom they are."""

    @property
    def aside(self) -> Sequence[NotMeant]:
        """Those that say nothing that can be kept."""


Resolve = Callable[..., Resolved]


@dataclass(frozen=True, kw_only=True)
class CallDigester:
    """Digests arrivals of the kind CALLS."""

    #: Says who is meant; called as ``resolve(calls, at=at)``.
    resolve: Resolve

    def __call__(self, arrivals: Sequence[Arrival], *, at: datetime) -> Sequence[SetAside]:
        """Record the facts; keep calls that are not understood for a person to look at."""
        aside: list[SetAside] = []
        understood: dict[tuple[str, str], tuple[ReadCall, CallArrival]] = {}
        kept: list[tuple[ReadCall, CallArrival, str]] = []
        for arrival in described(arrivals):
            try:
                read = list(wire.read(arrival))
            except Broken as error:
                aside.append(SetAside(arrival_id=arrival.arrival_id, reason=error.what))
                continue
            for each in read:
                if each.call is None:
                    kept.append((each, arrival, each.reason))
                else:
                    take_earliest(understood, each, each.call, arrival)
        date_as_first(understood, at=at)
        understood.update(visits.identifications(understood.values(), at=at))
        calls = [each.call for each, _ in understood.values() if each.call is not None]
        if calls:
            resolved = self.resolve(calls, at=at)
            record(resolved.events, at=at)
            for refused in resolved.aside:
                kept.append((*understood[refused.call.source, refused.call.message_id], refused.reason))
        for each, arrival, reason in kept:
            if arrival.about.get("as") not in {wire.BATCH, wire.POSTHOG}:
                aside.append(SetAside(arrival_id=arrival.arrival_id, reason=reason))
            else:
                store.accept([alone(each, arrival, reason=reason)], at=arrival.received_at)
        return aside


def take_earliest(
    found: dict[tuple[str, str], tuple[ReadCall, CallArrival]],
    read: ReadCall,
    call: Call,
    arrival: CallArrival,
) -> None:
    """Keep a call once, as clients send one again; that which is dated first."""
    known = found.setdefault((call.source, call.message_id), (read, arrival))[0].call
    if known is not None and call.occurred_at < known.occurred_at:
        found[call.source, call.message_id] = (read, arrival)


def date_as_first(found: dict[tuple[str, str], tuple[ReadCall, CallArrival]], *, at: datetime) -> None:
    """Have calls that came before be of then, where only their coming dates them."""
    calls = [read.call for read, _ in found.values() if read.call is not None]
    for call in known_calls.dated_as_first(calls, at=at):
        read, arrival = found[call.source, call.message_id]
        found[call.source, call.message_id] = (replace(read, call=call), arrival)


def record_calls(calls: Sequence[Call], *, resolve: Resolve, at: datetime) -> list[SetAside]:
    """
    Record the facts among calls of any source, each once; return the arrivals of those that mean nobody.

    Within the caller's transaction.
    """
    once: dict[tuple[str, str], Call] = {}
    for call in calls:
        known = once.setdefault((call.source, call.message_id), call)
        if call.occurred_at < known.occurred_at:
            once[call.source, call.message_id] = call
    resolved: Resolved = resolve(list(once.values()), at=at)
    record(resolved.events, at=at)
    found = {each.call.arrival_id: each.reason for each in resolved.aside}
    return [SetAside(arrival_id=pk, reason=why) for pk, why in sorted(found.items())]


def described(arrivals: Sequence[Arrival]) -> list[CallArrival]:
    """Return arrivals with what their sources are."""
    sources = Source.objects.in_bulk({each.source_id for each in arrivals if each.source_id is not None})
    return [
        CallArrival(
            arrival_id=each.pk,
            source=sources[each.source_id].name if each.source_id in sources else "",
            source_id=each.source_id or 0,
            is_public=each.source_id not in sources or sources[each.source_id].kind != Source.Kind.API,
            body=bytes(each.body),
            about=each.about,
            received_at=each.received_at,
        )
        for each in arrivals
    ]


def alone(read: ReadCall, arrival: CallArrival, *, reason: str) -> NewArrival:
    """Return a call of a batch as an arrival of its own, set aside, to be tried again by itself."""
    body = json.dumps(read.body, ensure_ascii=False).encode()
    return store.calls(
        source_id=arrival.source_id,
        body=body,
        about={**arrival.about, "as": read.word},
        reason=reason,
    )


def record(events: Sequence[NewEvent], *, at: datetime) -> None:
    """Record facts, and take over the opt-outs, complaints and dead addresses that are new among them."""
    ending = new_among([each for each in events if each.kind in kinds.SUPPRESSING])
    operations.record_events(events, at=at)
    by_reason: dict[tuple[str, str], set[int]] = defaultdict(set)
    for event in ending:
        if event.lead_id is not None and not is_soft(event):
            by_reason[event.kind, event.source].add(event.lead_id)
    for (kind, source), lead_ids in sorted(by_reason.items()):
        reason = kinds.SUPPRESSING[kind]
        suppression.suppress(reason=reason, source=f"api:{source}", at=at, lead_ids=sorted(lead_ids))


def new_among(events: Sequence[NewEvent]) -> list[NewEvent]:
    """Return the facts that are not recorded yet: what is known had its effect, and may have been overtaken since."""
    if not events:
        return []
    by_key = {operations.key_of(event): event for event in events}
    known = Event.objects.filter(key__in=by_key).values_list("key", flat=True)
    return [event for key, event in by_key.items() if key not in {bytes(each) for each in known}]


def is_soft(event: NewEvent) -> bool:
    """Return whether a mail came back that may arrive another day."""
    if event.kind != "email_bounced":
        return False
    said = (event.properties.get(name) for name in ("bounce_type", "type", "category"))
    return any(isinstance(each, str) and each.lower().startswith(SOFT) for each in said)
