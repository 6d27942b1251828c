"""
A person, gone from everywhere when they want it.

A person is everybody behind one mailbox. What stays of somebody who was erased says nothing of a person:
rows without a name that counts refer to, and keyed hashes by which an import knows the address again.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from coldframe.activity import persons as activity
from coldframe.activity.forms import confirmations
from coldframe.delivery import persons as delivery
from coldframe.handoff import notifying
from coldframe.handoff import persons as handoffs
from coldframe.kernel.vocabulary import EnrollmentState, HoldReason, TouchState
from coldframe.leads import erasure as leads
from coldframe.leads import refused_rows, suppression
from coldframe.leads.importing import batches
from coldframe.leads.models import Lead
from coldframe.nurture import account_standings, confirming, status_calls
from coldframe.nurture.models import (
    Assessment,
    Enrollment,
    Hold,
    Override,
    Standing,
    Touch,
    Transition,
)
from coldframe.nurture.persons import KIND, touches_of
from coldframe.outbox import erasure as messages
from coldframe.storage import locks

#: Folder of the data folder in which imports leave their refused rows.
REFUSED = "imports"
#: How the stay of somebody erased ends.
EXIT = "erased"


@dataclass(frozen=True, kw_only=True)
class Erased:
    """What was erased, in numbers: a name has no place here."""

    lead_count: int
    message_count: int
    #: Files of refused rows that spoke of the person.
    files: tuple[Path, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the parts by name."""
        return {
            "records": self.lead_count,
            "messages": self.message_count,
            "files": [str(path) for path in self.files],
        }


def erase_person(lead_id: int, *, home: Path, at: datetime) -> Erased:
    """
    Erase everything personal of a person from every table and from the files in the data folder ``home``.

    One transaction under the locks of the person and their addresses: no message leaves after it. Files
    come after, and are gone through again when this is asked for again. Backups are not touched.
    Raises ``outbox.erasure.OnItsWay`` while a message to the person is being handed over.
    """
    with transaction.atomic(durable=True):
        overwrite_what_is_deleted()
        # An import that knows the person already would write them anew.
        batches.lock_writers()
        reached = suppression.hold(lead_ids=[lead_id])
        people = list(Lead.objects.filter(pk__in=[each.lead_id for each in reached]))
        traces = leads.traces_of(people)
        locks.hold(locks.of_address(email) for email in traces.emails)
        count = forget(traces, at=at)
    files = refused_rows.erase_from(home / REFUSED, traces)
    return Erased(lead_count=len(traces.lead_ids), message_count=count, files=tuple(files))


def overwrite_what_is_deleted() -> None:
    """Have SQLite write zeros over what is deleted or changed, for its file keeps it otherwise."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete = ON")


def forget(traces: leads.Traces, *, at: datetime) -> int:
    """Empty every table, in the caller's transaction and locks; return how many messages there were."""
    ids = traces.lead_ids
    count = messages.forget(kind=KIND, subject_ids=touches_of(ids), at=at)
    asked = confirmations.forget(traces)
    count += messages.forget(kind=confirming.KIND, subject_ids=asked, at=at)
    told = handoffs.notifications_of(ids)
    count += messages.forget(kind=notifying.KIND, subject_ids=told, at=at)
    count += messages.forget(kind=status_calls.KIND, subject_ids=status_calls.calls_of(ids), at=at)
    forget_decisions(ids, at=at)
    delivery.forget(ids)
    handoffs.forget(ids, at=at)
    activity.forget(traces)
    leads.forget(traces, at=at)
    return count


def forget_decisions(lead_ids: Collection[int], *, at: datetime) -> None:
    """Drop what was made of some leads; of contacts stays that there was one, without what was said of it."""
    account_ids = set(Lead.objects.filter(pk__in=lead_ids).values_list("account_id", flat=True))
    for model in (Standing, Assessment, Transition):
        model._default_manager.filter(lead_id__in=lead_ids).delete()
    withdraw(Touch.objects.filter(lead_id__in=lead_ids, state=TouchState.PLANNED.value), at=at)
    Touch.objects.filter(lead_id__in=lead_ids).update(reason="")
    Hold.objects.filter(lead_id__in=lead_ids).update(detail="")
    Override.objects.filter(lead_id__in=lead_ids).update(reason="")
    Override.objects.filter(lead_id__in=lead_ids, lifted_at=None).update(lifted_at=at)
    Enrollment.objects.filter(lead_id__in=lead_ids, ended_at=None).update(
        state=EnrollmentState.ENDED.value, ended_at=at, exit_reason=EXIT
    )
    account_standings.renew(account_ids)


def withdraw(planned: QuerySet[Touch], *, at: datetime) -> None:
    """Withdraw touches that were on their way; a hold takes the place of each, so that the cycle's books add up."""
    columns = ("cycle_id", "lead_id", "account_id", "path", "content_key", "channel")
    Hold.objects.bulk_create(
        Hold(reason=HoldReason.EXITED.value, held_at=at, **row) for row in planned.values(*columns)
    )
    planned.update(state=TouchState.WITHDRAWN.value, settled_at=at)


def compact() -> None:
    """
    Have an embedded database rewrite its file, so that nothing lies in it that was changed long ago.

    Takes seconds for each gigabyte, in which nothing else is written; outside of any transaction. On
    PostgreSQL this is the server's own work (autovacuum).
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM")
