"""How somebody is told of the leads put before them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from coldframe.handoff import queries as handoffs
from coldframe.handoff import recipients
from coldframe.team.rights import Person, Right
from coldframe.web.pages import parts


@dataclass(frozen=True, kw_only=True)
class NotificationsPage:
    """How somebody is told."""

    frame: parts.Frame
    #: Empty: no rep, and so nothing to be told of.
    rep: str
    #: Where whoever may give names to reps gives themselves one; empty for anybody else.
    own_href: str
    email: str
    #: Where mail goes while no address is stated here.
    usual: str
    by_email: bool
    hand_raises_only: bool
    with_calendar: bool


def build(*, person: Person, now: datetime) -> NotificationsPage:
    """Return how somebody is told now."""
    mine = next((each for each in handoffs.list_rep_rows() if each.name == person.rep), None)
    told = recipients.choice_of(person.rep) if person.rep else None
    return NotificationsPage(
        frame=parts.build_frame(section="desk", now=now),
        rep=person.rep,
        own_href=f"{reverse('web:person', args=[person.id])}#rep"
        if person.id and person.may(Right.MANAGE)
        else "",
        email=mine.email if mine else "",
        usual=told.email if told else "",
        by_email=mine.by_email if mine else True,
        hand_raises_only=mine.hand_raises_only if mine else False,
        with_calendar=mine.with_calendar if mine else True,
    )
