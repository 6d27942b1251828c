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

from django.db.models.functions import Coalesce

from coldframe.activity.calls import Call, CallType
from coldframe.activity.tracking import tokens
from coldframe.activity.wire import CallArrival, ReadCall
from coldframe.leads import merged, tracking
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
    """
    Return the addresses of those who agree to be tracked, by public id.

    Of a merged lead its own address, which leads to the one that it is by now; that one is who agrees.
    """
    rows = Lead.objects.filter(merged.LEADS_ON, public_id__in=leads)
    columns = ("public_id", Coalesce("merged_into_id", "id"), Coalesce("email", "merged_into__email"))
    known = [row for row in rows.values_list(*columns) if row[-1]]
    wishes = tracking.wishes_of({lead_id for _, lead_id, _ in known}, at=at)
    return {public_id: email for public_id, lead_id, email in known if wishes.get(lead_id) is Wish.AGREED}


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
