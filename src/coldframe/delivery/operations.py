"""Everything that changes connections, and the hand-over through them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from coldframe.delivery import brake, handing, hours, limits, resting
from coldframe.delivery.connections import LOCAL_NAME, LOCAL_SENDER, get, unknown
from coldframe.delivery.models import Bucket, Connection, HourCount
from coldframe.kernel.vocabulary import Refusal

#: Hands a lane's messages to its channel, and what a handler of the outbox does so by; ``close_lines`` closes what stays
#: open for the next batch.
deliver = handing.deliver
ByLane = handing.ByLane
close_lines = handing.close

#: Counts are kept so long, full buckets not at all.
KEPT = timedelta(days=400)
BUCKETS_KEPT = timedelta(hours=1)

#: Beyond it nothing is limited, and no column of a database holds it.
MOST = 1_000_000

#: What a person may set.
CHANGEABLE = frozenset(
    {
        "settings", "secret", "sender_name", "sender_address", "reply_to", "postal_address",
        "per_minute", "per_domain_minute", "per_day", "ramp_start", "ramp_growth", "ramp_began_at",
    }
)  # fmt: skip


class NameTaken(Refusal):
    """There is a connection of this name already."""


class BadLimit(Refusal):
    """A limit of a connection makes no sense."""


def ensure_local_connection(*, at: datetime) -> str:
    """Make the local outbox if it is not there; return its name. Nothing that goes there leaves the house."""
    Connection.objects.get_or_create(
        name=LOCAL_NAME,
        defaults={
            "kind": Connection.Kind.LOCAL, "sender_name": "Local outbox", "sender_address": LOCAL_SENDER,
            "per_minute": 0, "per_domain_minute": 0, "per_day": 0, "created_at": at,
        },
    )  # fmt: skip
    return LOCAL_NAME


def add_connection(*, name: str, kind: str, at: datetime, **values: Any) -> int:
    """
    Add a connection, not live yet; return its id. ``values``: those of ``CHANGEABLE``; ``secret`` is sealed.

    Raises ``NameTaken`` and ``BadLimit``.
    """
    if Connection.objects.filter(name=name).exists():
        raise NameTaken(
            f'There is a connection "{name}" already.', advice="Choose another name, or change that one."
        )
    check(values)
    return int(Connection.objects.create(name=name, kind=kind, created_at=at, **values).pk)


def change_connection(name: str, **values: Any) -> None:
    """Change a connection; raises ``UnknownConnection`` and ``BadLimit``."""
    check(values)
    if not Connection.objects.filter(name=name).update(**values):
        raise unknown(name)


def check(values: Mapping[str, Any]) -> None:
    """Raise ``BadLimit`` for a limit that makes no sense, and ``TypeError`` for a value that is none."""
    if strange := sorted(set(values) - CHANGEABLE):
        raise TypeError(f"a connection has no {', '.join(strange)}")
    for field in ("per_minute", "per_domain_minute", "per_day", "ramp_start"):
        if values.get(field, 0) < 0:
            raise BadLimit(f"{field} is below zero.", expected="0 (no limit) or more", got=str(values[field]))
        if values.get(field, 0) > MOST:
            raise BadLimit(
                f"{field} is no limit any more.", expected=f"at most {MOST}", got=str(values[field])
            )
    for field, value in values.items():
        most = getattr(Connection._meta.get_field(field), "max_length", None)
        if isinstance(value, str) and most and len(value) > most:
            raise BadLimit(f"{field} is too long.", expected=f"at most {most} signs", got=f"{len(value)}")
    if values.get("ramp_growth", 1) < 1:
        raise BadLimit("ramp_growth is below 1.", expected="1 or more", got=str(values["ramp_growth"]))


def remove_connection(name: str) -> None:
    """Remove a connection; its messages wait until one of the same name is there. Raises ``UnknownConnection``."""
    if not Connection.objects.filter(name=name).delete()[0]:
        raise unknown(name)


def go_live(name: str, *, at: datetime) -> None:
    """
    Let a connection send for real, and start it again where it was stopped. Raises ``UnknownConnection``.

    The caller has checked what must be in place. The first time, the ramp of a new mailbox begins.
    """
    found = get(name)
    found.live_since = found.live_since or at
    found.ramp_began_at = found.ramp_began_at or at
    found.watched_from = at if found.stopped_at else found.watched_from
    found.stopped_at, found.stopped_why = None, ""
    found.rests_until, found.rest_count, found.rests_why = None, 0, ""
    found.save()


def go_home(name: str) -> None:
    """Let a connection no longer send for real. Raises ``UnknownConnection``."""
    if not Connection.objects.filter(name=name).update(live_since=None):
        raise unknown(name)


def stop(name: str, *, why: str, at: datetime) -> None:
    """Stop a connection by a person's word; what was not marked yet waits. Raises ``UnknownConnection``."""
    resting.stop(get(name), why=why, at=at)


def record_bounce(name: str, *, at: datetime) -> brake.Sight:
    """Count a dead address that was told later, in the caller's transaction; pull the brake where it is time."""
    hours.add(get(name).name, at=at, bounced=1)
    return brake.look(name, at=at)


def record_complaint(name: str, *, at: datetime) -> brake.Sight:
    """Count a complaint, in the caller's transaction; pull the brake where it is time."""
    hours.add(get(name).name, at=at, complained=1)
    return brake.look(name, at=at)


def tidy(*, at: datetime) -> int:
    """Forget buckets that are full again anyway, and very old counts; return how many."""
    forgotten = Bucket.objects.filter(refilled_at__lt=at - BUCKETS_KEPT).delete()[0]
    return forgotten + HourCount.objects.filter(hour_at__lt=at - KEPT).delete()[0]


def make_gate() -> limits.Limits:
    """Return the gate that the outbox asks about every lane."""
    return limits.Limits()
