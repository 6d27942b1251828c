"""What people did: told to them, and the personal part of it gone when they are erased."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from coldframe.activity import set_aside
from coldframe.activity.identity import persons as identity
from coldframe.activity.models import Event, EventShape, Feedback, Hit, MailBody, Payload, ReceivedMail
from coldframe.leads.erasure import Traces

#: What an event was about, by name.
ABOUT = ("kind", "path", "form", "asset", "topic", "campaign")


def about(lead_ids: Collection[int]) -> list[dict[str, Any]]:
    """Return the events of some leads, oldest first: plain values by name."""
    found = Event.objects.filter(lead_id__in=lead_ids).select_related("shape", "batch", "payload", "hit")
    return [told(event) for event in found.order_by("occurred_at", "id").iterator(chunk_size=1_000)]


def told(event: Event) -> dict[str, Any]:
    """Return one event without what is missing."""
    payload = getattr(event, "payload", None)
    found = {
        "occurred_at": event.occurred_at,
        **{name: getattr(event.shape, name) for name in ABOUT},
        "received_at": event.received_at,
        "imported_from": event.batch.file_name if event.batch else None,
        "counted_as": Event.EvidenceCode(event.evidence).label.lower(),
        "with": payload.properties if payload else None,
        **told_of_hit(getattr(event, "hit", None)),
    }
    return {name: value for name, value in found.items() if value not in (None, "", {})}


def told_of_hit(hit: Hit | None) -> dict[str, Any]:
    """Return what is known of a click or an open beside its event, and by which rule it was judged."""
    if hit is None:
        return {}
    rule = None if hit.rule is None else Hit.RuleCode(hit.rule).label.lower()
    return {"asked_by": hit.agent.lower(), "method": hit.method, "judged_by": rule}


def about_feedback(lead_ids: Collection[int]) -> list[dict[str, Any]]:
    """Return what was heard of mails to some leads, oldest first: plain values by name."""
    names = ("touch", "kind", "occurred_at", "source", "status", "text", "heard_at")
    return list(Feedback.objects.filter(lead_id__in=lead_ids).order_by("occurred_at", "id").values(*names))


def about_mail(lead_ids: Collection[int]) -> list[dict[str, Any]]:
    """Return the mail that came in from or about some leads, oldest first: plain values by name."""
    names = (
        "mail_class", "reasons", "sender", "sender_name", "subject", "text", "failed", "successor", "until", "occurred_at",
        "received_at", "note", "settled_as",
    )  # fmt: skip
    rows = ReceivedMail.objects.filter(lead_id__in=lead_ids).order_by("occurred_at", "id").values(*names)
    return [{name: value for name, value in row.items() if value not in (None, "", [])} for row in rows]


def forget_mail(traces: Traces) -> None:
    """Drop what a person's mail said, its bytes, and mail of nobody that speaks of the person; that it came stays."""
    own = ReceivedMail.objects.filter(lead_id__in=traces.lead_ids)
    MailBody.objects.filter(mail__in=own).delete()
    own.update(
        sender="", sender_name="", subject="", text="", failed=[], successor="", reasons=[], note="",
        state=ReceivedMail.State.DONE,
    )  # fmt: skip
    others = ReceivedMail.objects.filter(lead__isnull=True).values_list(
        "pk", "sender", "subject", "text", "failed"
    )
    speaking = [
        pk for pk, *said in others.iterator(chunk_size=1_000) if traces.is_in([str(each) for each in said])
    ]
    ReceivedMail.objects.filter(pk__in=speaking).delete()


def forget(traces: Traces) -> None:
    """
    Drop the personal part of a person's events; that something happened stays, as a number.

    A shape is what many events have in common. One that names the person, against its purpose, is emptied of that.
    """
    events = Event.objects.filter(lead_id__in=traces.lead_ids)
    Payload.objects.filter(event__in=events).delete()
    Hit.objects.filter(event__in=events).update(network="")
    Feedback.objects.filter(lead_id__in=traces.lead_ids).update(text="")
    forget_mail(traces)
    set_aside.forget(traces)
    identity.forget(traces)
    for shape in EventShape.objects.filter(pk__in=events.values("shape_id").distinct()):
        said = {name: str(getattr(shape, name)) for name in ABOUT}
        clean = {name: "" if name != "kind" and traces.is_in([text]) else text for name, text in said.items()}
        if clean != said:
            into = EventShape.objects.filter(**clean).first() or EventShape.objects.create(**clean)
            Event.objects.filter(shape=shape).update(shape=into)
            shape.delete()
