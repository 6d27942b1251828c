"""Everything that is held of a person, for the person to read. A person is everybody behind one mailbox."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from coldframe.activity import persons as activity
from coldframe.activity import set_aside
from coldframe.activity.forms import confirmations
from coldframe.activity.identity import persons as identity
from coldframe.delivery import persons as delivery
from coldframe.handoff import persons as handoffs
from coldframe.leads import erasure, persons, suppression
from coldframe.leads.models import Lead
from coldframe.nurture.models import Assessment, Enrollment, Hold, Override, Standing, Touch, Transition
from coldframe.outbox import persons as messages

#: The outbox's word for touches.
KIND = "touch"


def about(lead_id: int) -> dict[str, Any]:
    """
    Return everything that is held of a person: plain values by name, instants as ``datetime``.

    ``records`` has one entry for each lead behind the person's mailbox.
    """
    ids = ids_of(lead_id)
    traces = erasure.traces_of(list(Lead.objects.filter(pk__in=ids)))
    return {
        "records": [persons.about(each) for each in ids],
        "events": activity.about(ids),
        "forms_to_confirm": confirmations.about(ids),
        "heard_of_messages": activity.about_feedback(ids),
        "mail_received": activity.about_mail(ids),
        "not_understood": set_aside.about(traces),
        "said_by_calls": identity.about(traces),
        "standing": rows_of(Standing, ids),
        "assessments": rows_of(Assessment, ids),
        "changes_of_status": rows_of(Transition, ids),
        "stays_on_paths": rows_of(Enrollment, ids),
        "contacts": rows_of(Touch, ids),
        "contacts_not_made": rows_of(Hold, ids),
        "set_by_hand": rows_of(Override, ids),
        "messages": messages.about(kind=KIND, subject_ids=touches_of(ids)),
        "handoffs_to_sales": handoffs.about(ids),
        **delivery.about(ids),
    }


#: Of decisions: which row it is, and the bits that only a machine reads.
INNER = {
    "id", "lead", "account", "cycle", "enrollment", "batch", "wave_rank", "fit_held", "fit_unknown", "triggers_held",
    "exits_held", "disqualify_held", "missing",
}  # fmt: skip


def rows_of(model: Any, lead_ids: Collection[int]) -> list[dict[str, Any]]:
    """Return the rows of some leads, oldest first, without what only a machine reads."""
    order = "lead" if model is Standing else "id"
    names = [each.name for each in model._meta.concrete_fields if each.name not in INNER]
    return list(model._default_manager.filter(lead_id__in=lead_ids).order_by(order).values(*names))


def touches_of(lead_ids: Collection[int]) -> list[int]:
    """Return the touches of some leads."""
    return list(Touch.objects.filter(lead_id__in=lead_ids).order_by("id").values_list("pk", flat=True))


def addresses_written_to(touch: UUID) -> tuple[str, ...]:
    """Return the addresses to which a touch (by its public id) went, or was to go, however often it was planned."""
    ids = list(Touch.objects.filter(public_id=touch).values_list("pk", flat=True))
    return messages.list_recipients(kind=KIND, subject_ids=ids)


def ids_of(lead_id: int) -> list[int]:
    """Return the leads of the person that a lead is, those that an undone import left behind too."""
    return [each.lead_id for each in suppression.behind([lead_id], [])]
