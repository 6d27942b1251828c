"""
The gate of the connections: minute limits by mailbox and by recipient's domain, daily room, stops and rests.

All workers share the counts, which lie in the database. Fulfils the outbox's ``Gate``, and knows nothing else
of it: every method runs inside a transaction of the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.db import connection

from coldframe.delivery import brake, buckets, hours
from coldframe.storage.instants import to_micros
from coldframe.storage.params import as_instant, places

DAY = timedelta(hours=24)


class Tried(Protocol):
    """What came of a try, as far as it is counted."""

    @property
    def result(self) -> str: ...
    @property
    def reason(self) -> str: ...


class Waiting(Protocol):
    """A claimed message, as far as it is limited."""

    @property
    def id(self) -> int: ...
    @property
    def lane(self) -> str: ...
    @property
    def domain(self) -> str: ...
    @property
    def claimed_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How much of a connection may be claimed now."""

    #: Messages; None: as many as one likes.
    room: int | None
    #: When there is room again; None: only a person, or a fact, opens it.
    opens_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Lane:
    """What limits a connection."""

    id: int
    name: str
    per_minute: int
    per_domain_minute: int
    per_day: int
    ramp_start: int
    ramp_growth: float
    ramp_began_at: datetime | None
    stopped_at: datetime | None
    rests_until: datetime | None

    def is_limited(self) -> bool:
        """Return whether anything is counted before a message goes."""
        return bool(self.per_minute or self.per_domain_minute or self.per_day)


COLUMNS = """id, name, per_minute, per_domain_minute, per_day, ramp_start, ramp_growth, ramp_began_at, stopped_at,
    rests_until"""


class Limits:
    """The gate. Holds no state of its own."""

    def openings(self, lanes: Sequence[str], *, at: datetime) -> dict[str, Room]:
        """Return how much of each lane may be claimed; takes nothing. A lane without a connection stays shut."""
        known = load_lanes(lanes)
        shut = {name: Room(room=0) for name in lanes if name and name not in known}
        return shut | {name: room_of(lane, at=at) for name, lane in known.items()}

    def take(self, lane: str, domains: Sequence[str], *, at: datetime) -> list[datetime | None]:
        """Take room for one message to each of these domains, in order; None: granted, else when to ask again."""
        found = load_lanes([lane]).get(lane)
        if found is None or not found.is_limited():
            return [None] * len(domains)
        granted = take_tokens(found, domains, at=at)
        hours.add(lane, at=at, claimed=granted.count(None))
        return granted

    def check(self, messages: Sequence[Waiting], *, at: datetime) -> dict[int, datetime | None]:
        """
        Say which must go back after all, and till when (None: unchanged): their lane was stopped meanwhile, or
        the room taken for them is no longer good and there is none now. Whoever stops a lane waits for this.
        """
        lanes = load_lanes({each.lane for each in messages}, is_marking=True)
        back: dict[int, datetime | None] = {}
        for name in sorted({each.lane for each in messages if each.lane}):
            mine = [each for each in messages if each.lane == name]
            lane = lanes.get(name)
            if lane is None or lane.stopped_at is not None:
                back |= dict.fromkeys((each.id for each in mine), None)
            elif lane.per_minute or lane.per_domain_minute:
                back |= self.renewed(lane, [each for each in mine if is_old(each, at)], at=at)
        return back

    def renewed(self, lane: Lane, messages: Sequence[Waiting], *, at: datetime) -> dict[int, datetime | None]:
        waits = take_tokens(lane, [each.domain for each in messages], at=at) if messages else []
        return {each.id: wait for each, wait in zip(messages, waits, strict=True) if wait is not None}

    def count(self, lane: str, answers: Sequence[Tried], *, at: datetime) -> None:
        """Note what came of tries, and pull the brake where it is time; RETURNED gives the day's room back."""
        results = [str(each.result) for each in answers]
        bounced = sum(brake.is_bounce(each.result, each.reason) for each in answers)
        hours.add(
            lane,
            at=at,
            claimed=-results.count("RETURNED"),
            tried=len(results) - results.count("RETURNED") - results.count("HELD"),
            bounced=bounced,
        )
        if bounced:
            brake.look(lane, at=at)


def is_old(message: Waiting, at: datetime) -> bool:
    """Return whether the room taken at the claim is no longer good."""
    return abs(at - message.claimed_at) > buckets.GRACE


def load_lanes(names: Collection[str], *, is_marking: bool = False) -> dict[str, Lane]:
    """Return connections by name; for a marker, so that a stop waits for its transaction, and is seen after it."""
    wanted = sorted({name for name in names if name})
    if not wanted:
        return {}
    share = " ORDER BY id FOR SHARE" if is_marking and connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {COLUMNS} FROM delivery_connection WHERE name IN ({', '.join(['%s'] * len(wanted))}){share}",
            wanted,
        )
        rows = cursor.fetchall()
    return {row[1]: Lane(*row[:7], *(as_instant(value) for value in row[7:])) for row in rows}


def room_of(lane: Lane, *, at: datetime) -> Room:
    """Return how much of a connection may be claimed now."""
    if lane.stopped_at is not None:
        return Room(room=0)
    if lane.rests_until is not None and lane.rests_until > at:
        return Room(room=0, opens_at=lane.rests_until)
    rooms = [room for room in (minute_room(lane, at=at), day_room(lane, at=at)) if room is not None]
    if not rooms:
        return Room(room=None)
    opens = [each.opens_at for each in rooms if each.room == 0 and each.opens_at is not None]
    return Room(room=min(each.room or 0 for each in rooms), opens_at=max(opens, default=None))


def minute_room(lane: Lane, *, at: datetime) -> Room | None:
    if not lane.per_minute:
        return None
    found = load_fills([lane_key(lane)], lock=False).get(lane_key(lane))
    fill = buckets.refilled(found, limit=lane.per_minute, at=at)
    return Room(room=int(fill.tokens), opens_at=buckets.full_at(fill, limit=lane.per_minute))


def day_room(lane: Lane, *, at: datetime) -> Room | None:
    if not lane.per_day:
        return None
    used = hours.list_hours(lane.id, since=at - DAY)
    left = day_cap(lane, at=at) - sum(each.claimed for each in used)
    first = next((each.hour_at for each in used if each.claimed > 0), None)
    opens_at = first + DAY + timedelta(hours=1) if first else None
    return Room(room=max(0, left), opens_at=opens_at)


def day_cap(lane: Lane, *, at: datetime) -> int:
    """
    Return the most that may go in 24 h: a new mailbox begins low and grows every day.

    Without a begin of the ramp the mailbox is taken for an old one.
    """
    if lane.ramp_began_at is None:
        return lane.per_day
    return ramp(
        per_day=lane.per_day,
        start=lane.ramp_start,
        growth=lane.ramp_growth,
        began_at=lane.ramp_began_at,
        at=at,
    )


def ramp(*, per_day: int, start: int, growth: float, began_at: datetime, at: datetime) -> int:
    """
    Return the most a day on the way from ``start`` up to ``per_day``.

    >>> begin = datetime(2026, 6, 1)
    >>> [ramp(per_day=2000, start=50, growth=1.25, began_at=begin, at=begin + day * DAY) for day in (0, 1, 7, 30)]
    [50, 62, 238, 2000]
    """
    days = max(0, (at - began_at) // DAY)
    # Beyond some days the power would not fit a float; the cap is reached long before.
    return int(min(per_day, start * growth ** min(days, 400)))


def lane_key(lane: Lane) -> str:
    return f"lane:{lane.name}"


def take_tokens(lane: Lane, domains: Sequence[str], *, at: datetime) -> list[datetime | None]:
    """Take a token of the mailbox and one of the domain for each; where either has none, neither is taken."""
    limits = {lane_key(lane): lane.per_minute} if lane.per_minute else {}
    if lane.per_domain_minute:
        limits |= {domain_key(lane, each): lane.per_domain_minute for each in domains if each}
    found = load_fills(sorted(limits), lock=True)
    fills = {key: buckets.refilled(found.get(key), limit=limit, at=at) for key, limit in limits.items()}
    granted = [take_one(lane, each, fills, limits) for each in domains]
    save_fills(fills)
    return granted


def take_one(
    lane: Lane, domain: str, fills: dict[str, buckets.Fill], limits: dict[str, int]
) -> datetime | None:
    keys = [key for key in (lane_key(lane), domain_key(lane, domain)) if key in fills]
    waits = [buckets.full_at(fills[key], limit=limits[key]) for key in keys if fills[key].tokens < 1]
    if waits:
        return max(waits)
    for key in keys:
        fills[key] = buckets.Fill(fills[key].tokens - 1, fills[key].refilled_at)
    return None


def domain_key(lane: Lane, domain: str) -> str:
    return f"domain:{lane.name}:{domain}"[:320]


def load_fills(keys: Sequence[str], *, lock: bool) -> dict[str, buckets.Fill]:
    """Return what these buckets held last, locked in order for a taker; one never used is left out."""
    if not keys:
        return {}
    is_locking = lock and connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        if is_locking:
            # A row to lock, so that two workers never both find a new bucket full. NaN: never used.
            rows = ", ".join(["(%s, 'NaN', 'epoch')"] * len(keys))
            cursor.execute(
                f"INSERT INTO delivery_bucket (key, tokens, refilled_at) VALUES {rows} ON CONFLICT DO NOTHING",
                list(keys),
            )
        cursor.execute(
            f"""SELECT key, tokens, refilled_at FROM delivery_bucket
                WHERE key IN ({places(len(keys))}) ORDER BY key {"FOR UPDATE" if is_locking else ""}""",
            list(keys),
        )
        rows_found = cursor.fetchall()
    return {
        key: buckets.Fill(tokens, as_instant(refilled_at))
        for key, tokens, refilled_at in rows_found
        if tokens == tokens  # not NaN
    }


def save_fills(fills: dict[str, buckets.Fill]) -> None:
    """Keep what the buckets hold now."""
    if not fills:
        return
    store: Callable[[datetime], Any] = to_micros if connection.vendor == "sqlite" else lambda instant: instant
    values = [
        value for key, fill in sorted(fills.items()) for value in (key, fill.tokens, store(fill.refilled_at))
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO delivery_bucket (key, tokens, refilled_at)
                VALUES {", ".join(["(%s, %s, %s)"] * len(fills))}
                ON CONFLICT (key) DO UPDATE SET tokens = excluded.tokens, refilled_at = excluded.refilled_at""",
            values,
        )
