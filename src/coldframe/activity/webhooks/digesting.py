"""Making facts of webhooks: each payload read by the mapping that its source keeps."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from coldframe.activity import call_digest
from coldframe.activity.call_digest import Resolve
from coldframe.activity.calls import Call
from coldframe.activity.digesting import SetAside
from coldframe.activity.models import Arrival, Source
from coldframe.activity.webhooks import keeping, mapping, reading
from coldframe.activity.webhooks.reading import ItemRead, Origin
from coldframe.activity.webhooks.records import Record


@dataclass(frozen=True, kw_only=True)
class WebhookDigester:
    """Digests arrivals of the kind WEBHOOK."""

    #: Says who is meant; called as ``resolve(calls, at=at)``.
    resolve: Resolve

    def __call__(self, arrivals: Sequence[Arrival], *, at: datetime) -> Sequence[SetAside]:
        """Record what the payloads say; set aside what is not understood."""
        read = read_arrivals(arrivals)
        aside = call_digest.record_calls(read.calls, resolve=self.resolve, at=at)
        aside += keeping.keep(read.records, at=at)
        once = {each.arrival_id: each for each in reversed([*read.aside, *aside])}
        return list(once.values())


@dataclass(frozen=True, kw_only=True)
class PayloadsRead:
    """What payloads say, and those that are not understood as a whole."""

    calls: list[Call] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    aside: list[SetAside] = field(default_factory=list)


def read_arrivals(arrivals: Sequence[Arrival]) -> PayloadsRead:
    """
    Return what the payloads say, and those that are not understood as a whole.

    Of a payload with several items those that are understood count; the payload is kept for the others.
    """
    sources = Source.objects.in_bulk({each.source_id for each in arrivals if each.source_id is not None})
    mappings = {
        pk: mapping.checked(source.settings.get("mapping"), where=source.name)
        for pk, source in sources.items()
    }
    read = PayloadsRead()
    for each in arrivals:
        source = sources[each.source_id or 0]
        origin = Origin(
            arrival_id=each.pk, source=source.name, source_id=source.pk, received_at=each.received_at
        )
        items = reading.read(json.loads(bytes(each.body)), mappings[source.pk], origin=origin)
        read.calls.extend(call for item in items for call in item.calls)
        read.records.extend(item.record for item in items if item.record and not item.problem)
        if problem := problem_of(items):
            read.aside.append(SetAside(arrival_id=each.pk, reason=problem))
    return read


def problem_of(items: Sequence[ItemRead]) -> str:
    """Return what is wrong with the first item that is not understood; empty: all are, or are left alone."""
    for item in items:
        if item.problem:
            return item.problem if len(items) == 1 else f"item {item.number}: {item.problem}"
    return ""


def try_payload(payload: object, *, source: Source, at: datetime) -> list[ItemRead]:
    """Return what a payload would become, without storing anything. Raises ``BadMapping``."""
    mapped = mapping.checked(source.settings.get("mapping"), where=source.name)
    origin = Origin(arrival_id=0, source=source.name, source_id=source.pk, received_at=at)
    return reading.read(payload, mapped, origin=origin)
