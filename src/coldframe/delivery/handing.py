"""
The way from a lane to its channel, and what a channel's trouble means for the connection.

Lines to mail servers stay open between batches; they belong to this process and this thread.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from coldframe.delivery import resting, secrets
from coldframe.delivery.channels.answers import Beat, Mark, Message, Report, Trouble
from coldframe.delivery.channels.audience import channel as audience
from coldframe.delivery.channels.email import local, smtp
from coldframe.delivery.channels.task import channel as task
from coldframe.delivery.models import Connection
from coldframe.kernel.vocabulary import Refusal

Kind = Connection.Kind

#: Kinds that end in a table of our own.
INSIDE = {Kind.AUDIENCE: audience.deliver, Kind.TASK: task.deliver}


@dataclass(frozen=True)
class Kept:
    """A pool of lines, and what it was opened with."""

    made_of: tuple[object, ...]
    pool: smtp.Pool


#: Lane -> lines, for each thread.
_kept = threading.local()


def deliver(
    lane: str, messages: Iterator[Message], *, mark: Mark, report: Report, beat: Beat, at: datetime
) -> None:
    """
    Hand over messages through the connection that the lane names.

    Out of reach, the connection rests for a while; refused for good, it is stopped until a person has looked.
    Either way what was not offered goes back unharmed.
    """
    found = Connection.objects.filter(name=lane).first()
    if found is None:
        return
    try:
        trouble = through(found, messages, mark=mark, report=report, beat=beat, at=at)
    except Refusal as error:
        trouble = Trouble(is_final=True, reason="NOT_READY", text=str(error))
    if trouble is None:
        resting.reached(found, at=at)
    elif trouble.is_final:
        resting.stop(found, why=f"{trouble.reason}: {trouble.text}", at=at)
    else:
        resting.rest(found, why=f"{trouble.reason}: {trouble.text}", at=at)


class ByLane:
    """What a handler of the outbox is whose messages leave through the connection of their lane."""

    def deliver(
        self,
        lane: str,
        messages: Iterator[Message],
        *,
        mark: Mark,
        report: Report,
        beat: Beat,
        at: datetime,
    ) -> None:
        """Hand over through the lane's connection."""
        deliver(lane, messages, mark=mark, report=report, beat=beat, at=at)


def through(
    found: Connection, messages: Iterator[Message], *, mark: Mark, report: Report, beat: Beat, at: datetime
) -> Trouble | None:
    """Hand over through the channel of the connection's kind."""
    if found.kind == Kind.SMTP:
        return pool_of(found).deliver(messages, mark=mark, report=report, beat=beat)
    if found.kind == Kind.PROVIDER:
        # Imported where it is used: Anymail takes a while.
        from coldframe.delivery.channels.email import anymail

        return anymail.deliver(
            found.settings, secret_of(found), messages, mark=mark, report=report, beat=beat, at=at
        )
    if found.kind == Kind.WEBHOOK:
        from coldframe.delivery.channels.webhook import channel

        return channel.deliver(
            found.settings, secret_of(found), messages, mark=mark, report=report, beat=beat, at=at
        )
    if found.kind in INSIDE:
        INSIDE[Kind(found.kind)](messages, mark=mark, report=report, beat=beat, at=at)
    else:
        local.deliver(messages, mark=mark, report=report, beat=beat)
    return None


def secret_of(found: Connection) -> str:
    return secrets.open_sealed(found.secret, settings=found.settings, where=found.name)


def pool_of(found: Connection) -> smtp.Pool:
    """Return the open lines of a connection; they are opened anew when its settings change, or after a fork."""
    pools: dict[str, Kept] = _kept.__dict__.setdefault("pools", {})
    made_of = (os.getpid(), repr(sorted(found.settings.items())), found.secret)
    kept = pools.get(found.name)
    if kept is None or kept.made_of != made_of:
        if kept is not None and kept.made_of[0] == os.getpid():
            kept.pool.close()
        kept = pools[found.name] = Kept(made_of, smtp.Pool(found.settings, secret_of(found)))
    return kept.pool


def close() -> None:
    """Close the lines of this thread."""
    pools: dict[str, Kept] = _kept.__dict__.setdefault("pools", {})
    for kept in pools.values():
        kept.pool.close()
    pools.clear()
