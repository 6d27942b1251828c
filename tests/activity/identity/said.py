"""Calls as tests say them, and what is known after them, without the numbers that a database gives away."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from coldframe.activity import operations
from coldframe.activity.calls import Call, CallType
from coldframe.activity.identity import nodes, resolving
from coldframe.activity.models import Arrival, Event, Source, Visitor
from coldframe.leads.models import Consent, FormerAddress, Identity, Lead, Suppression
from tests.world import NOW

MINUTE = timedelta(minutes=1)
#: Columns that say which row it is, or when it was made.
LEFT_OUT = {
    "id", "public_id", "account", "batch", "voided_at", "created_at", "merged_into", "is_made_by_calls", "email_as_given",
}  # fmt: skip

COLUMNS = [each for each in Lead._meta.concrete_fields if each.name not in LEFT_OUT]


def call(number: int, kind: str, *, source: str = "app", at: int | None = None, **values: Any) -> Call:
    """Return a call; ``number`` is its message, and its minute unless ``at`` says another."""
    is_fact = kind in ("TRACK", "PAGE")
    if is_fact:
        values.setdefault("kind", "page")
        values.setdefault("path", f"/page-{number}")
    return Call(
        arrival_id=number,
        source=source,
        source_id=1,
        is_public=source == "site",
        type=CallType[kind],
        message_id=f"m{number}",
        occurred_at=NOW + MINUTE * (number if at is None else at),
        **values,
    )


def identify(number: int, *, traits: dict[str, Any] | None = None, email: str = "", **values: Any) -> Call:
    given = {**(traits or {}), **({"email": email} if email else {})}
    return call(number, "IDENTIFY", traits=given, **values)


def say(calls: Sequence[Call], *, at: datetime = NOW) -> None:
    """Have calls be digested as one batch."""
    with transaction.atomic():
        resolved = resolving.resolve(calls, at=at)
        operations.record_events(resolved.events, at=at)


def receive(calls: Iterable[Call]) -> None:
    """Note when each call came in: in the order of their numbers, whatever their own clocks say."""
    source, _ = Source.objects.get_or_create(name="app", kind=Source.Kind.API, defaults={"created_at": NOW})
    Arrival.objects.bulk_create(
        Arrival(pk=each, kind=Arrival.Kind.CALLS, source=source, body=b"[]", received_at=NOW + MINUTE * each)
        for each in sorted({each.arrival_id for each in calls})
    )


def shuffled(calls: Sequence[Call], *, seed: int) -> list[list[Call]]:
    """Return the calls in a random order with some of them twice or more, cut into batches at random."""
    rng = random.Random(seed)
    order = [*calls, *rng.choices(calls, k=rng.randrange(len(calls)))]
    rng.shuffle(order)
    return batched(order, rng)


def batched(order: Sequence[Call], rng: random.Random) -> list[list[Call]]:
    """Return calls cut into batches at random, few or many of them."""
    batches: list[list[Call]] = [[]]
    share = rng.choice((0.01, 0.01, 0.02, 0.02, 0.05, 0.1, 0.5))
    for each in order:
        batches[-1].append(each)
        if rng.random() < share:
            batches.append([])
    return [batch for batch in batches if batch]


def outcome() -> dict[str, Any]:
    """Return who is who, and what is known of them, in words that do not depend on what came first."""
    leads = list(Lead.objects.select_related("account"))
    roots = {lead.pk: lead.merged_into_id or lead.pk for lead in leads}
    people = {lead.pk: person(lead) for lead in leads if lead.voided_at is None}
    for lead in leads:
        if lead.merged_into_id and lead.email:
            people[lead.merged_into_id]["former"].add(lead.email)
    for lead_id, email in FormerAddress.objects.values_list("lead_id", "email"):
        people[roots[lead_id]]["former"].add(email)
    for lead_id, *known_as in Identity.objects.values_list("lead_id", "source", "external_id"):
        people[roots[lead_id]]["ids"].add(tuple(known_as))
    for visitor in Visitor.objects.exclude(lead=None):
        people[roots[visitor.lead_id or 0]]["visitors"].add(
            (visitor.anonymous_id, repr(visitor.identified_at))
        )
    for lead_id, reason in Suppression.objects.exclude(lead=None).values_list("lead_id", "reason"):
        people[roots[lead_id or 0]]["suppressed"].add(reason)
    for lead_id, *said in Consent.objects.values_list(
        "lead_id", "basis", "wording", "given_at", "withdrawn_at"
    ):
        people[roots[lead_id]]["consents"].add(repr(said))
    waiting, stray = [], []
    for event in Event.objects.select_related("shape", "visitor", "lead").order_by("occurred_at", "key"):
        if event.lead is None:
            waiting.append((event.visitor.anonymous_id if event.visitor else "", event.shape.path))
        elif event.account_id != event.lead.account_id or event.lead.voided_at is not None:
            stray.append((event.pk, event.lead_id, event.account_id))
        else:
            people[event.lead.pk]["events"].append((event.shape.path, event.occurred_at))
    for each in people.values():
        each["former"].discard(each["values"].get("email"))
    settled = [{name: plain(value) for name, value in each.items()} for each in people.values()]
    return {"leads": sorted(settled, key=repr), "waiting": sorted(waiting), "stray": stray}


def plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, set) else value


def person(lead: Lead) -> dict[str, Any]:
    """Return what readers see of a lead, with room for what other tables hold of it."""
    values = {each.name: getattr(lead, each.name) for each in COLUMNS}
    company = lead.account
    return {
        "values": {name: value for name, value in values.items() if value not in (None, "", {})},
        "account": (
            company.domain,
            company.name,
            company.name_key,
            company.is_personal,
            company.industry,
            company.employees,
        ),
        **{name: set() for name in ("ids", "former", "visitors", "suppressed", "consents")},
        "events": [],
    }


__all__ = ["Call", "call", "identify", "nodes", "outcome", "receive", "say", "shuffled"]
