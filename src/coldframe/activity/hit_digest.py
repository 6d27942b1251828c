"""
Making facts of hits: each is an event of the lead whose mail it was, and a row of its own as it was seen.

It is recorded as nobody's in particular, and judged in the same transaction, together with whatever else is known of
that mail and of mails that were visited from the same network at the same moment.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from coldframe.activity import agents, hits, judging, mail_feedback, operations
from coldframe.activity.digesting import SetAside
from coldframe.activity.hits import HitKind, NewHit, NotAHit
from coldframe.activity.mail_feedback import Heard
from coldframe.activity.mails import FindMails, Mail
from coldframe.activity.models import Arrival, Event, Feedback, Hit
from coldframe.activity.operations import NewEvent
from coldframe.activity.tracking import tokens
from coldframe.kernel.vocabulary import Evidence

UNKNOWN_TOUCH = "No touch of this installation has this id."
EVENT_KINDS: Mapping[HitKind, str] = {HitKind.CLICK: "link_clicked", HitKind.OPEN: "email_opened"}
HEARD: Mapping[HitKind, Feedback.Kind] = {
    HitKind.CLICK: Feedback.Kind.CLICKED,
    HitKind.OPEN: Feedback.Kind.OPENED,
}
#: Of the property that names the touch.
TOUCH = "touch"
#: A tracked link of our own, as a provider that tracks links too gives its target.
LINK = re.compile(r"/l/([^/?#]+)")


@dataclass(frozen=True, kw_only=True)
class HitDigester:
    """Digests arrivals of the kind HIT."""

    find_mails: FindMails

    def __call__(self, arrivals: Sequence[Arrival], *, at: datetime) -> Sequence[SetAside]:
        """Record and judge the hits; return those that cannot be read, or whose touch nobody knows."""
        found, aside = read_all(arrivals)
        found = {pk: hit for pk, each in found.items() if (hit := without_repeats(each)) is not None}
        mails = self.find_mails({each.touch for each in found.values()})
        known = {each.touch for each in found.values() if each.touch in mails}
        take([each for each in found.values() if each.touch in known], mails=mails, at=at)
        unknown = [pk for pk, each in found.items() if each.touch not in known]
        return [*aside, *(SetAside(arrival_id=pk, reason=UNKNOWN_TOUCH) for pk in unknown)]


def read_all(arrivals: Iterable[Arrival]) -> tuple[dict[int, NewHit], list[SetAside]]:
    """Return the hits by arrival, and those arrivals that are none, with the reason."""
    found: dict[int, NewHit] = {}
    aside: list[SetAside] = []
    for arrival in arrivals:
        try:
            found[arrival.pk] = hits.read(bytes(arrival.body))
        except NotAHit as error:
            aside.append(SetAside(arrival_id=arrival.pk, reason=" ".join(str(error).split())))
    return found, aside


def without_repeats(hit: NewHit) -> NewHit | None:
    """
    Return the hit; None for a click that a provider saw on a link of our own, which was seen here as well.

    Where the provider says that it was a machine, that is kept, as a hit on the link it was.
    """
    found = LINK.search(hit.target) if hit.kind is HitKind.CLICK and hit.link is None else None
    link = tokens.read_link(found.group(1)) if found else None
    if link is None:
        return hit
    if not hit.is_bot:
        return None
    return replace(
        hit,
        link=link.position,
        links=max(1, link.links),
        target=link.target,
        asset=link.asset,
        is_hidden=link.is_hidden,
    )


def take(seen: Sequence[NewHit], *, mails: Mapping[UUID, Mail], at: datetime) -> None:
    """Record hits of known mails, each once, and judge what they touch."""
    if not seen:
        return
    new = {
        operations.key_of(event): (hit, event)
        for hit, event in ((each, event_of(each, mails)) for each in seen)
    }
    operations.record_events([event for _, event in new.values()], at=at)
    events = {bytes(key): pk for key, pk in Event.objects.filter(key__in=list(new)).values_list("key", "pk")}
    rows = [row_of(hit, events[key], mails[hit.touch], at=at) for key, (hit, _) in new.items()]
    # Whoever it was, the mail had arrived.
    mail_feedback.record([heard_of(hit, mails[hit.touch]) for hit, _ in new.values()], at=at)
    Hit.objects.bulk_create(rows, ignore_conflicts=True, batch_size=operations.ROWS_PER_STATEMENT // 2)
    judging.judge_mails({hit.touch for hit, _ in new.values()}, at=at)


def heard_of(hit: NewHit, mail: Mail) -> Heard:
    """Return what a hit tells of the mail."""
    return Heard(
        touch=hit.touch,
        lead_id=mail.lead_id,
        kind=HEARD[hit.kind],
        occurred_at=hit.at,
        source=hit.source,
        external_id=hit.id,
    )


def event_of(hit: NewHit, mails: Mapping[UUID, Mail]) -> NewEvent:
    """Return the fact that a hit is."""
    mail = mails[hit.touch]
    return NewEvent(
        source=hit.source,
        external_id=f"{hit.kind}:{hit.id}",
        lead_id=mail.lead_id,
        kind=EVENT_KINDS[hit.kind],
        asset=hit.asset,
        topic=hit.target,
        occurred_at=hit.at,
        evidence=Evidence.UNSURE,
        properties={TOUCH: hit.touch.hex},
    )


def row_of(hit: NewHit, event_id: int, mail: Mail, *, at: datetime) -> Hit:
    """Return the row of a hit."""
    return Hit(
        event_id=event_id,
        touch=hit.touch,
        is_open=hit.kind is HitKind.OPEN,
        link=hit.link,
        link_count=hit.links,
        at=hit.at,
        received_at=at,
        handed_over_at=mail.handed_over_at,
        method=hit.method.value,
        network=hit.network,
        agent=agents.class_of(hit.agent).value,
        is_known_network=hit.is_known_network,
        is_prefetch=hit.is_prefetch,
        is_hidden=hit.is_hidden,
        is_bot=hit.is_bot,
    )
