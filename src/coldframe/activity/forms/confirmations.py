"""
Double opt-in: a consent given on a form counts once its giver has confirmed it by the link in a mail.

Who fills in somebody else's address gets them one question and nothing more.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from coldframe.activity import arrivals
from coldframe.activity.arrivals import NewArrival
from coldframe.activity.models import Arrival, Confirmation, Source
from coldframe.leads import consent, merged
from coldframe.leads.consent import Permission
from coldframe.leads.erasure import Traces
from coldframe.leads.persons import masked

#: Nobody is asked more often than once in so long, whatever is sent in.
ONE_IN = timedelta(hours=24)
#: Questions of one form in an hour; more is a flood, and its mails are spared.
MOST_AN_HOUR = 200


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question as its page and its mail show it."""

    confirmation_id: int
    public_id: UUID
    lead: UUID
    form: str
    wording: str
    given_at: datetime
    email: str
    masked: str
    is_confirmed: bool


def ask(
    *,
    lead_id: int,
    email: str,
    form: str,
    version: str,
    wording: str,
    network: str,
    values: Mapping[str, str],
    given_at: datetime,
) -> None:
    """Keep a consent until it is confirmed; the same one twice is one."""
    Confirmation.objects.get_or_create(
        lead_id=lead_id,
        form=form,
        given_at=given_at,
        defaults={
            "email": email,
            "version": version,
            "wording": wording,
            "network": network,
            "values": dict(values),
        },
    )


def take_to_mail(*, at: datetime, limit: int = 100) -> list[Asked]:
    """
    Return the questions to mail now, and note that they are; spare who was asked within the day, and floods.

    Within the caller's transaction, which queues the mails.
    """
    waiting = Confirmation.objects.select_for_update(skip_locked=True).filter(
        state=Confirmation.State.WAITING
    )
    taken: list[Asked] = []
    for each in waiting.select_related("lead").order_by("id")[:limit]:
        mailed = Confirmation.objects.filter(mailed_at__gt=at - ONE_IN, mailed_at__lte=at)
        in_hour = mailed.filter(form=each.form, mailed_at__gt=at - timedelta(hours=1)).count()
        if mailed.filter(email=each.email).exists() or in_hour >= MOST_AN_HOUR:
            Confirmation.objects.filter(pk=each.pk).update(state=Confirmation.State.SPARED)
            continue
        Confirmation.objects.filter(pk=each.pk).update(state=Confirmation.State.MAILED, mailed_at=at)
        taken.append(as_asked(each))
    return taken


def as_asked(found: Confirmation) -> Asked:
    """Return a question as its page and its mail show it."""
    return Asked(
        confirmation_id=found.pk,
        public_id=found.public_id,
        lead=found.lead.public_id,
        form=found.form,
        wording=found.wording,
        given_at=found.given_at,
        email=found.email,
        masked=masked(found.email) or "",
        is_confirmed=found.state == Confirmation.State.CONFIRMED,
    )


def find(*, public_id: UUID, lead: UUID) -> Asked | None:
    """Return the question behind a link; None where there is none, as after an erasure."""
    found = (
        Confirmation.objects.filter(public_id=public_id, lead__public_id=lead).select_related("lead").first()
    )
    return as_asked(found) if found else None


def list_asked(ids: Collection[int]) -> dict[int, Asked]:
    """Return questions by id."""
    rows = Confirmation.objects.filter(pk__in=ids).select_related("lead")
    return {each.pk: as_asked(each) for each in rows}


def confirm(*, public_id: UUID, at: datetime) -> None:
    """
    Take a person at their word: the consent counts from now, and what was said with it is believed.

    The same twice changes nothing more.
    """
    with transaction.atomic():
        found = Confirmation.objects.select_for_update().filter(public_id=public_id).first()
        if found is None or found.state == Confirmation.State.CONFIRMED:
            return
        Confirmation.objects.filter(pk=found.pk).update(state=Confirmation.State.CONFIRMED, confirmed_at=at)
        consent.give(
            lead_id=merged.owner_of(found.lead_id, email=found.email),
            permission=Permission(
                wording=found.wording,
                source=f"form {found.form}",
                given_at=found.given_at,
                confirmed_at=at,
                proof=f"link in confirmation {found.public_id.hex}; form version {found.version};"
                f" network {found.network or 'not known'}",
            ),
            at=at,
        )
        believe(found, at=at)


def believe(found: Confirmation, *, at: datetime) -> None:
    """Have what was said on the form taken in once more, now as its owner's word."""
    source = Source.objects.filter(name=found.form, kind=Source.Kind.FORMS).first()
    if source is not None and found.values:
        body = {"nonce": found.public_id.hex, "values": found.values, "confirmed": True}
        arrival = NewArrival(
            kind=Arrival.Kind.FORM, source_id=source.pk, body=json.dumps(body, ensure_ascii=False).encode()
        )
        arrivals.accept([arrival], at=at)


def about(lead_ids: Collection[int]) -> list[dict[str, Any]]:
    """Return the confirmations of some leads, for them: plain values by name."""
    rows = Confirmation.objects.filter(lead_id__in=lead_ids).order_by("id")
    return [
        {
            name: getattr(each, name)
            for name in (
                "email",
                "form",
                "version",
                "wording",
                "values",
                "state",
                "given_at",
                "mailed_at",
                "confirmed_at",
            )
        }
        for each in rows
    ]


def forget(traces: Traces) -> list[int]:
    """Drop what was asked of a person; return which questions they were."""
    found = Confirmation.objects.filter(lead_id__in=traces.lead_ids)
    ids = list(found.values_list("pk", flat=True))
    found.delete()
    return ids
