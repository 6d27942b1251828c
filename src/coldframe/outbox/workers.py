"""
Signs of life of the workers, and whether the clock they live by can be believed.

Due dates come from the clock on the wall, which may be wrong; how much time has passed comes from the time
since the machine started, which never is. Where the two come apart, sending is held here.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import models

from coldframe.outbox import holding
from coldframe.storage import machine, turns
from coldframe.storage.instants import InstantField

#: A worker says so often that it lives, and is taken for dead after so long.
BEAT_EVERY = timedelta(seconds=15)
SILENT_AFTER = timedelta(seconds=90)
#: A clock that jumps by more than this is not believed.
MOST_DRIFT = timedelta(minutes=15)
KEPT = timedelta(days=30)
#: Who sets and lifts a hold when the clock is wrong and right again.
BY = "the clock"


class Worker(models.Model):
    """A worker process that lives, or has lived."""

    name = models.CharField(max_length=64)
    host = models.CharField(max_length=255)
    pid = models.IntegerField()
    place = models.CharField(max_length=32)
    #: It lives by a clock of its own, which is ahead of everybody's.
    is_virtual = models.BooleanField(default=False)
    started_at = InstantField()
    seen_at = InstantField()
    stopped_at = InstantField(null=True)

    class Meta:
        indexes = [models.Index(fields=["seen_at"], name="worker_seen")]


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A worker as it was last seen."""

    name: str
    host: str
    pid: int
    started_at: datetime
    seen_at: datetime
    is_alive: bool


def list_workers(*, at: datetime) -> list[Seen]:
    """Return the workers that have not stopped, the last seen first; those that were killed are not alive."""
    found = Worker.objects.filter(stopped_at__isnull=True, is_virtual=False).order_by("-seen_at", "-id")[:100]
    return [
        Seen(
            name=each.name, host=each.host, pid=each.pid, started_at=each.started_at, seen_at=each.seen_at,
            is_alive=abs(at - each.seen_at) < SILENT_AFTER,
        )
        for each in found
    ]  # fmt: skip


def list_dead() -> list[str]:
    """Return the names of workers of this machine and data folder whose process is gone and that did not say so."""
    here = Worker.objects.filter(
        stopped_at__isnull=True, is_virtual=False, host=socket.gethostname(), place=machine.here().fingerprint
    )
    return [name for name, pid in here.values_list("name", "pid") if not is_running(pid)]


def is_running(pid: int) -> bool:
    """Return whether there is a process of this number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def bury(name: str, *, at: datetime) -> None:
    """Write down that a worker has stopped without saying so."""
    Worker.objects.filter(name=name, stopped_at__isnull=True).update(stopped_at=at)


def latest_instant() -> datetime | None:
    """Return the latest instant that any worker has seen on a real clock."""
    found: datetime | None = Worker.objects.filter(is_virtual=False).aggregate(latest=models.Max("seen_at"))[
        "latest"
    ]
    return found


def since_boot() -> float:
    """Return the seconds since the machine started, its sleep included where the system counts it."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


@dataclass(kw_only=True)
class Pulse:
    """
    The sign of life of one worker: ``start`` it, ``beat`` at every turn, ``stop`` it.

    ``is_virtual`` is for a clock that runs ahead of the machine's; ``is_pinned`` for one that stands still. What
    they do says nothing about the machine's.
    """

    name: str
    is_virtual: bool = False
    is_pinned: bool = False
    elapsed: Callable[[], float] = since_boot
    worker_id: int = 0
    #: When the machine started, by the clock that was believed last.
    booted_at: datetime | None = None
    #: The clock was never behind this one.
    floor: datetime | None = None
    hold_id: int = 0
    beaten: float = field(default=float("-inf"))

    def start(self, *, at: datetime) -> None:
        """Write the worker down, and look at the clock for the first time."""
        Worker.objects.filter(seen_at__lt=at - KEPT).delete()
        holding.make_first_known(at=at)
        self.floor = latest_instant()
        self.believe(at)
        made = Worker.objects.create(
            name=self.name, host=socket.gethostname(), pid=os.getpid(), place=machine.here().fingerprint,
            is_virtual=self.is_virtual, started_at=at, seen_at=at,
        )  # fmt: skip
        self.worker_id = int(made.pk)
        self.beaten = self.elapsed()
        self.judge(at)

    def beat(self, *, at: datetime) -> bool:
        """
        Say that the worker lives, not oftener than needed; return whether the clock can be believed.

        While it cannot, sending from here is held, and nothing should be decided by this clock either. It is
        believed again when it has come back, or when a person lifts the hold.
        """
        is_believed = self.judge(at)
        passed = self.elapsed()
        if is_believed and passed - self.beaten >= BEAT_EVERY.total_seconds():
            with turns.taken():
                Worker.objects.filter(pk=self.worker_id).update(seen_at=at)
            self.beaten = passed
        return is_believed

    def stop(self, *, at: datetime) -> None:
        """Write down that the worker has stopped by itself."""
        Worker.objects.filter(pk=self.worker_id).update(stopped_at=at)

    def judge(self, at: datetime) -> bool:
        """Return whether the clock can be believed; hold sending where it cannot."""
        doubt = "" if self.is_virtual or self.is_pinned else self.doubt(at)
        if not doubt:
            self.settle(at)
            return True
        if (
            self.hold_id
            and holding.SendingHold.objects.filter(pk=self.hold_id, lifted_at__isnull=False).exists()
        ):
            # A person has looked, and says that the clock is right.
            self.hold_id, self.floor = 0, None
            self.believe(at)
            return True
        if not self.hold_id:
            place = machine.here().fingerprint
            self.hold_id = holding.hold(
                cause=holding.Cause.CLOCK, reason=doubt, at=at, by="the clock", place=place
            )
        return False

    def settle(self, at: datetime) -> None:
        """Lift the hold that a wrong clock has brought, now that it is right again."""
        if self.hold_id:
            holding.SendingHold.objects.filter(pk=self.hold_id, lifted_at__isnull=True).update(
                lifted_at=at, lifted_by=BY
            )
            self.hold_id = 0

    def believe(self, at: datetime) -> None:
        self.booted_at = at - timedelta(seconds=self.elapsed())

    def doubt(self, at: datetime) -> str:
        """Return why the clock cannot be believed; an empty text where it can. A slow drift is followed."""
        if self.floor is not None and at < self.floor - MOST_DRIFT:
            # Wrong from the start: what it will be set to is no jump.
            self.booted_at = None
            return f"The clock says {at:%Y-%m-%d %H:%M} UTC, and {self.floor:%Y-%m-%d %H:%M} has been seen before."
        booted_at = at - timedelta(seconds=self.elapsed())
        drift = booted_at - (self.booted_at or booted_at)
        if abs(drift) > MOST_DRIFT:
            return (
                f"The clock jumped {'ahead' if drift > timedelta(0) else 'back'} by {in_words(abs(drift))}."
            )
        self.booted_at = booted_at
        return ""


def in_words(length: timedelta) -> str:
    """
    Return a length of time, roughly.

    >>> in_words(timedelta(minutes=75)), in_words(timedelta(days=3, hours=5))
    ('75 minutes', '77 hours')
    """
    minutes = round(length.total_seconds() / 60)
    if minutes < 120:
        return f"{minutes} minutes"
    return f"{minutes // 60} hours" if minutes < 60 * 24 * 14 else f"{minutes // 60 // 24} days"
