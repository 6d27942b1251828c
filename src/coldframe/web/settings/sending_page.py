"""Whether messages leave the house, by what, and what may be done about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from coldframe.delivery import queries as delivery
from coldframe.team.rights import Person, Right
from coldframe.web.pages import parts, sending
from coldframe.web.settings import tabs


@dataclass(frozen=True, kw_only=True)
class Row:
    """One connection, and what may be done with it."""

    line: sending.WayLine
    is_real: bool
    is_live: bool


@dataclass(frozen=True, kw_only=True)
class SendingPage:
    """The page."""

    frame: parts.Frame
    tabs: tuple[parts.Link, ...]
    sending: sending.Sending
    rows: tuple[Row, ...]
    may_switch: bool
    may_manage: bool
    #: Some hold waits for a person's word.
    is_held: bool


def build(*, person: Person, now: datetime) -> SendingPage:
    """Return the page."""
    ways = delivery.list_connections()
    state = sending.build(ways, now=now)
    return SendingPage(
        frame=parts.build_frame(section="health", now=now),
        tabs=tabs.build("sending", person=person),
        sending=state,
        rows=tuple(
            Row(line=line, is_real=way.kind in delivery.REAL, is_live=way.live_since is not None)
            for way, line in zip(ways, state.ways, strict=True)
        ),
        may_switch=person.may(Right.RUN_SENDING),
        may_manage=person.may(Right.MANAGE),
        is_held=any(each.by_person for each in state.holds),
    )
