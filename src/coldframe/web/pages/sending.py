"""Whether messages leave the house, by what, and what keeps them from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from coldframe.delivery import queries as delivery
from coldframe.outbox import holding
from coldframe.web import phrases, wording
from coldframe.web.pages import parts


@dataclass(frozen=True, kw_only=True)
class Hold:
    """One thing that holds sending."""

    text: str
    since: parts.Instant | None
    #: Whether a person ends it; what the disk says ends by itself.
    by_person: bool


@dataclass(frozen=True, kw_only=True)
class WayLine:
    """One connection."""

    name: str
    kind: str
    state: parts.Badge
    text: str
    room: str


@dataclass(frozen=True, kw_only=True)
class Sending:
    """Whether messages leave, and through what."""

    is_real: bool
    text: str
    holds: tuple[Hold, ...]
    ways: tuple[WayLine, ...]


def build(ways: Sequence[delivery.Way], *, now: datetime) -> Sending:
    """Return the state of sending."""
    live = [way.name for way in ways if way.kind in delivery.REAL and way.live_since]
    return Sending(
        is_real=bool(live),
        text=_("Messages leave for real by %(names)s.") % {"names": ", ".join(live)}
        if live
        else _("Messages stay in the local outbox."),
        holds=holds(now=now),
        ways=tuple(way_line(way, now=now) for way in ways),
    )


def holds(*, now: datetime) -> tuple[Hold, ...]:
    """Return what holds sending from this machine."""
    return tuple(
        Hold(
            text=phrases.said(each.reason),
            since=parts.maybe_instant(each.since, now=now),
            by_person=each.cause != "DISK",
        )
        for each in holding.list_holds()
    )


def way_line(way: delivery.Way, *, now: datetime) -> WayLine:
    """Return one connection in words."""
    room = delivery.room_today(way.name, at=now) if way.kind in delivery.REAL else None
    state, text = standing(way, now=now)
    return WayLine(
        name=way.name,
        kind=wording.CONNECTIONS.get(way.kind, wording.plain(way.kind.lower())),
        state=state,
        text=text,
        room=wording.number(room) if room is not None else "",
    )


def standing(way: delivery.Way, *, now: datetime) -> tuple[parts.Badge, str]:
    """Return whether a connection sends, and why not."""
    if way.kind == "LOCAL":
        return parts.Badge(text=_("Local"), tone="blue"), _(
            "Messages stay here, to be read. Nothing leaves the house."
        )
    if way.stopped_at:
        return parts.Badge(text=_("Stopped"), tone="yellow"), wording.sentence(phrases.said(way.stopped_why))
    if way.rests_until and way.rests_until > now:
        when = wording.distance(way.rests_until, now=now)
        return parts.Badge(text=_("Rests"), tone="yellow"), _("%(why)s. Tried again %(when)s.") % {
            "why": wording.sentence(phrases.said(way.rests_why)),
            "when": when,
        }
    if way.kind not in delivery.REAL:
        return parts.Badge(text=_("On"), tone="green"), _("Kept here, to be fetched.")
    if way.live_since:
        return parts.Badge(text=_("Real"), tone="green"), _("Sends for real since %(day)s.") % {
            "day": wording.day(way.live_since)
        }
    return parts.Badge(text=_("Off"), tone="gray"), _("Not switched on.")


def lane_name(lane: str, kinds: Mapping[str, str]) -> str:
    """Return what a connection is called in lists."""
    return _("local outbox") if kinds.get(lane) == "LOCAL" else lane or wording.DASH
