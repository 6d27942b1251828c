"""
Whose a visit of one's own site is: told by the link that it began with, where its reader agreed to that.

A page's own key may name nobody. A visit's token is ours, though, so what it says is as good as what a server says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from coldframe.activity.calls import Call, CallType
from coldframe.activity.tracking import tokens
from coldframe.activity.wire import CallArrival, ReadCall
from coldframe.leads import tracking
from coldframe.leads.models import Lead
from coldframe.leads.tracking import Wish

#: The source of what visits say.
SOURCE = "visits"
#: Where a call's context holds the token.
VISIT = "visit"

Read = tuple[ReadCall, CallArrival]


def identifications(read: Iterable[Read], *, at: datetime) -> dict[tuple[str, str], Read]:
    """
    Return for each call with a visit's token one that names the reader by address; by source and message.

    Of readers who agree to it at ``at``; a token counts if it held when it came in. Others are nobody's.
    """
    told = [(each, arrival, lead) for each, arrival in read if (lead := reader_of(each, arrival)) is not None]
    addresses = addresses_of({lead for *_, lead in told}, at=at) if told else {}
    found: dict[tuple[str, str], Read] = {}
    for each, arrival, lead in told:
        if each.call is not None and lead in addresses:
            made = identification(each.call, addresses[lead])
            found[made.source, made.message_id] = (replace(each, call=made), arrival)
    return found


def reader_of(read: ReadCall, arrival: CallArrival) -> UUID | None:
    """Return whom a call's token names; None where it has none that holds."""
    context = read.body.get("context")
    token = context.get(VISIT) if isinstance(context, Mapping) else None
    if read.call is None or not read.call.anonymous_id or not isinstance(token, str):
        return None
    return tokens.read_visit(token, at=arrival.received_at)


def addresses_of(leads: set[UUID], *, at: datetime) -> dict[UUID, str]:
    """Return the addresses of those who agree to be tracked, by public id."""
    rows = Lead.objects.filter(public_id__in=leads, voided_at=None).exclude(email=None)
    known = {pk: (public_id, email) for pk, public_id, email in rows.values_list("pk", "public_id", "email")}
    wishes = tracking.wishes_of(list(known), at=at)
    agreed = [known[pk] for pk, wish in wishes.items() if wish is Wish.AGREED]
    return {public_id: email for public_id, email in agreed if email}


def identification(call: Call, email: str) -> Call:
    """Return a call that says who the browser of another call is."""
    nothing: dict[str, Any] = dict.fromkeys(("kind", "path", "form", "asset", "topic", "campaign"), "")
    return replace(
        call,
        source=SOURCE,
        is_public=False,
        type=CallType.IDENTIFY,
        message_id=f"{call.source}/{call.message_id}",
        user_id="",
        previous_id="",
        group_id="",
        traits={"email": email},
        properties={},
        **nothing,
    )
