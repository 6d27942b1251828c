"""
Telling other systems of each change of a lead's status, with its because card, by signed calls.

Every change that is kept is told once to each connection that is to be told, by way of the outbox. What a call says is
found when it is written: how the lead stands then, and why. A change that another has followed meanwhile is not told
any more, so that the last call a system takes is always the truth.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef

from coldframe.delivery import operations as delivery
from coldframe.delivery import queries as ways
from coldframe.delivery.channels.webhook import channel as webhook
from coldframe.delivery.connections import LOCAL_NAME
from coldframe.kernel.assessment.card import Axis, Card
from coldframe.kernel.explaining import explain
from coldframe.kernel.vocabulary import HoldReason
from coldframe.leads.models import Identity, Lead
from coldframe.library import queries as library
from coldframe.nurture import queries, surroundings
from coldframe.nurture.models import Transition
from coldframe.outbox import operations as outbox
from coldframe.outbox import queries as messages
from coldframe.outbox.handlers import Claimed, Composed, Order, Settled, Withheld
from coldframe.storage import locks

KIND, EVENT, LOCK = "status", "lead.status_changed", "status calls"
#: A change older than this is told to nobody who was not told of it then.
RECENT = timedelta(hours=1)
#: What could not be told by then is no news.
LATE_AFTER = timedelta(days=2)
#: Changes queued at once; and those looked at again, for numbers are not committed in their order.
AT_ONCE, AGAIN = 1_500, 500
GONE = Withheld(HoldReason.EXITED.value, "The lead is gone")
OVERTAKEN = Withheld(HoldReason.EXITED.value, "The status has changed again since")
SINCE_THEN = Exists(Transition.objects.filter(lead=OuterRef("lead"), pk__gt=OuterRef("pk")))


def queue(*, at: datetime) -> int:
    """Queue a call of each new change to each system that is to be told; return how many."""
    names = ways.list_telling_status()
    if not names or not find_new(names, at=at):
        return 0
    with transaction.atomic():
        locks.hold([LOCK])
        live = set(ways.list_live())
        orders = [
            Order(
                key=key_of(change, name),
                kind=KIND,
                subject_id=change.pk,
                lane=name if name in live else LOCAL_NAME,
                locks=[locks.of_lead(change.lead_id)],
                due_at=at,
                late_at=at + LATE_AFTER,
            )
            for change, name in find_new(names, at=at)
        ]
        return outbox.enqueue(orders, at=at)


def find_new(names: Sequence[str], *, at: datetime) -> list[tuple[Transition, str]]:
    """Return the changes that are to be told, each with the system that was not told yet."""
    last = messages.find_last_subject(kind=KIND)
    recent = Transition.objects.select_related("lead").filter(
        occurred_at__gt=at - RECENT, lead__voided_at=None
    )
    if last is None:
        found = list(recent.order_by("-pk")[:AT_ONCE])[::-1]
    else:
        found = list(recent.filter(pk__gt=last - AGAIN).order_by("pk")[:AT_ONCE])
    told = messages.list_keys(kind=KIND, subject_ids=[change.pk for change in found])
    return [(change, name) for change in found for name in names if key_of(change, name) not in told]


def key_of(change: Transition, name: str) -> str:
    """Return a key that is the same whenever the same is told, so that the journal of a restored copy knows it."""
    about = f"{change.lead.public_id}\n{change.occurred_at.isoformat()}\n{change.to_status}\n{name}"
    return f"{KIND}:{hashlib.blake2b(about.encode(), digest_size=16).hexdigest()}"


class StatusHandler(delivery.ByLane):
    """The handler of calls that tell a change of status."""

    kind = KIND

    def compose(self, messages: Sequence[Claimed], *, at: datetime) -> dict[int, Composed | Withheld]:
        """Write each call, with how its lead stands now."""
        changes = Transition.objects.select_related("lead", "account").in_bulk(
            [each.subject_id for each in messages]
        )
        alive = {pk: change for pk, change in changes.items() if change.lead.voided_at is None}
        cards = cards_of(alive.values(), at=at)
        ids = identities_of({change.lead_id for change in alive.values()})
        return {
            each.id: called(each, alive[each.subject_id], card=cards[alive[each.subject_id].lead_id], ids=ids)
            if each.subject_id in alive
            else GONE
            for each in messages
        }

    def guard(self, messages: Sequence[Claimed], *, at: datetime) -> dict[int, Withheld]:
        """Say which are no news any more."""
        found = Transition.objects.filter(pk__in=[each.subject_id for each in messages], lead__voided_at=None)
        overtaken = dict(found.annotate(is_overtaken=SINCE_THEN).values_list("pk", "is_overtaken"))
        reasons = {each.id: overtaken.get(each.subject_id) for each in messages}
        return {
            pk: GONE if known is None else OVERTAKEN for pk, known in reasons.items() if known is not False
        }

    def settled(self, ended: Sequence[Settled], *, at: datetime) -> None:
        """Nothing follows."""


def cards_of(changes: Collection[Transition], *, at: datetime) -> dict[int, Card]:
    """Return the because card of each lead as it stands now, without what would move it."""
    lead_ids = sorted({change.lead_id for change in changes})
    if not lead_ids:
        return {}
    playbook = library.get_active_playbook().playbook
    account_ids = set(Lead.objects.filter(pk__in=lead_ids).values_list("account_id", flat=True))
    facts = queries.load_settling_facts(playbook, as_of=at, account_ids=account_ids)
    found = explain.explain_each(
        facts,
        playbook=playbook,
        as_of=at,
        lead_ids=lead_ids,
        around=partial(surroundings.load_line, facts, playbook=playbook, as_of=at),
        with_moves=False,
    )
    return dict(zip(lead_ids, found, strict=True))


def identities_of(lead_ids: Collection[int]) -> dict[int, list[dict[str, str]]]:
    """Return the ids of leads in other systems, by lead."""
    found: dict[int, list[dict[str, str]]] = {}
    rows = Identity.objects.filter(lead_id__in=lead_ids).order_by("source", "external_id")
    for lead_id, source, external_id in rows.values_list("lead_id", "source", "external_id"):
        found.setdefault(lead_id, []).append({"source": source, "id": external_id})
    return found


def called(
    message: Claimed, change: Transition, *, card: Card, ids: dict[int, list[dict[str, str]]]
) -> Composed:
    """Return the body of one call."""
    body = webhook.payload(
        EVENT, document(change, card=card, ids=ids.get(change.lead_id, [])), at=change.occurred_at
    )
    return Composed(message_id=message.key.replace(":", "_"), sender="", recipient=message.lane, body=body)


def document(change: Transition, *, card: Card, ids: list[dict[str, str]]) -> dict[str, Any]:
    """Return a change of status as programs read it: what they are promised, and nothing else."""
    lead, account = change.lead, change.account
    name = " ".join(filter(None, [lead.first_name, lead.last_name]))
    return {
        "lead": {
            "id": str(lead.public_id),
            "name": name or None,
            "email": lead.email,
            "ids": ids,
            "owner": lead.owner,
        },
        "account": {"name": account.name, "domain": account.domain, "owner": account.owner},
        "from": change.from_status,
        "to": change.to_status,
        "reason": change.reason,
        "decided_by": change.decided_by,
        "because": because(card),
    }


def because(card: Card) -> dict[str, Any]:
    """Return a because card as programs read it."""
    return {
        "as_of": written(card.as_of),
        "headline": card.headline,
        "why": [each.text for each in card.why],
        "fit": axis(card.fit),
        "intent": axis(card.intent),
        "stage": axis(card.stage),
        "timing": axis(card.timing),
        "segment": card.segment,
        "path": card.path,
        "would_settle_fit": list(card.deciding_fields),
        "leaves": card.leaves_text,
        "leaves_at": written(card.leaves_at),
    }


def axis(found: Axis) -> dict[str, Any]:
    """Return one axis with the reasons behind it."""
    reasons = [
        {name: value for name, value in asdict(each).items() if name in {"text", "held", "points"}}
        for each in found.reasons
    ]
    return {"value": found.value, "text": found.text, "points": found.points, "reasons": reasons}


def written(instant: datetime | None) -> str | None:
    """Return an instant as ISO 8601 in UTC."""
    return instant.isoformat().replace("+00:00", "Z") if instant else None


def calls_of(lead_ids: Collection[int]) -> list[int]:
    """Return the changes of some leads, whose messages name them."""
    return list(Transition.objects.filter(lead_id__in=lead_ids).values_list("pk", flat=True))
