"""What others may know of connections: never a secret."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from coldframe.delivery import brake, limits
from coldframe.delivery.channels.email.compose import Sender
from coldframe.delivery.connections import LOCAL_NAME, LOCAL_SENDER, get
from coldframe.delivery.models import Connection
from coldframe.kernel.vocabulary import Channel

Kind = Connection.Kind

#: Which kinds of connection a channel can leave by.
KINDS: dict[Channel, tuple[str, ...]] = {
    Channel.EMAIL: (Kind.SMTP, Kind.PROVIDER),
    Channel.AUDIENCE: (Kind.AUDIENCE,),
    Channel.TASK: (Kind.TASK,),
    Channel.WEBHOOK: (Kind.WEBHOOK,),
}
#: What goes through these is not to be had back.
REAL = (Kind.SMTP, Kind.PROVIDER, Kind.WEBHOOK)


@dataclass(frozen=True, kw_only=True)
class Way:
    """A connection, for people who look at it."""

    name: str
    kind: str
    settings: dict[str, Any]
    has_secret: bool
    sender_name: str
    sender_address: str
    reply_to: str
    postal_address: str
    per_minute: int
    per_domain_minute: int
    per_day: int
    ramp_start: int
    ramp_growth: float
    ramp_began_at: datetime | None
    live_since: datetime | None
    stopped_at: datetime | None
    stopped_why: str
    rests_until: datetime | None
    rests_why: str


def as_way(found: Connection) -> Way:
    names = [field.name for field in fields(Way) if field.name != "has_secret"]
    return Way(has_secret=bool(found.secret), **{name: getattr(found, name) for name in names})


def get_connection(name: str) -> Way:
    """Return a connection; raises ``UnknownConnection``."""
    return as_way(get(name))


def list_connections() -> list[Way]:
    """Return every connection by name."""
    return [as_way(each) for each in Connection.objects.order_by("name")]


def list_live() -> list[str]:
    """Return the names of connections that send for real."""
    live = Connection.objects.filter(kind__in=REAL, live_since__isnull=False)
    return list(live.order_by("name").values_list("name", flat=True))


def list_telling_status() -> list[str]:
    """Return the names of the webhook connections that are told of each change of a lead's status."""
    found = Connection.objects.filter(kind=Kind.WEBHOOK).order_by("name").values_list("name", "settings")
    return [name for name, settings in found if settings.get("tells_status")]


def find_lane(channel: Channel) -> str:
    """Return the connection that a channel leaves by: the first live one, stopped or not, else the local outbox."""
    live = Connection.objects.filter(kind__in=KINDS[channel], live_since__isnull=False)
    return live.order_by("live_since", "id").values_list("name", flat=True).first() or LOCAL_NAME


def get_sender(lane: str) -> Sender:
    """Return who writes through a connection; one for the local outbox even where nobody was set."""
    found = Connection.objects.filter(name=lane).first()
    if found is None or not found.sender_address:
        return Sender(address=LOCAL_SENDER, name="Local outbox")
    return Sender(
        address=found.sender_address,
        name=found.sender_name,
        reply_to=found.reply_to,
        postal_address=found.postal_address,
    )


def room_today(name: str, *, at: datetime) -> int | None:
    """Return how many may still go within the 24 h up to now; None: as many as one likes."""
    lane = limits.load_lanes([name]).get(name)
    room = limits.day_room(lane, at=at) if lane is not None else None
    return room.room if room is not None else None


def wave_room(*, at: datetime) -> int:
    """Return how many dormant leads the mailbox's ramp allows to wake a day; the local outbox has a ramp for that too."""
    found = Connection.objects.filter(name=find_lane(Channel.EMAIL)).first()
    if found is None:
        return 0
    per_day = found.per_day or Connection._meta.get_field("per_day").default
    began_at = found.ramp_began_at or found.created_at
    return limits.ramp(
        per_day=per_day, start=found.ramp_start, growth=found.ramp_growth, began_at=began_at, at=at
    )


def get_sight(name: str, *, at: datetime) -> brake.Sight:
    """Return what the brake sees of a connection: why it stops, or a warning. Raises ``UnknownConnection``."""
    return brake.sight_of(get(name), at=at)
