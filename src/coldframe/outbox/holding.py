"""
What keeps sending from going on: a restored copy, a strange machine, the clock, the disk, or a person.

Whoever claims a message and whoever writes the marker of a hand-over asks ``find_hold`` first, the latter in
the marker's own transaction. A hold stays until a person has looked; what the disk says ends by itself.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection, models
from django.db.models import Q

from coldframe.storage import disk, machine
from coldframe.storage.instants import InstantField

#: Lies in the data folder from the moment a backup is put in place until its hold is in the database.
RESTORED_FILE = "restored.json"
MEBIBYTE = 2**20


class Cause(models.TextChoices):
    """Who or what holds sending."""

    #: A backup was put in place.
    RESTORED = "RESTORED"
    #: The journal of what was sent knows more than the database.
    JOURNAL = "JOURNAL"
    #: The machine's clock jumped, or is behind what was seen.
    CLOCK = "CLOCK"
    PERSON = "PERSON"


class SendingHold(models.Model):
    """Sending is held, from ``since`` until somebody lifts it."""

    cause = models.CharField(max_length=8, choices=Cause.choices)
    reason = models.CharField(max_length=500)
    #: Fingerprint of the place whose sending is held; empty: everywhere.
    place = models.CharField(max_length=32, default="")
    since = InstantField()
    set_by = models.CharField(max_length=150)
    lifted_at = InstantField(null=True)
    lifted_by = models.CharField(max_length=150, default="")

    class Meta:
        indexes = [
            models.Index(fields=["id"], name="sendinghold_open", condition=Q(lifted_at__isnull=True)),
        ]


class KnownPlace(models.Model):
    """A machine, data folder and database from which messages may be sent; the first one is known by itself."""

    fingerprint = models.CharField(max_length=32, primary_key=True)
    label = models.CharField(max_length=255)
    known_since = InstantField()
    confirmed_by = models.CharField(max_length=150, default="")


@dataclass(frozen=True, kw_only=True)
class Found:
    """One thing that holds sending."""

    #: A word of ``Cause``; PLACE or DISK for what is seen at the moment of asking.
    cause: str
    reason: str
    since: datetime | None = None


def is_held() -> bool:
    """Return whether nothing may be handed over now."""
    return find_hold() is not None


def find_hold() -> Found | None:
    """
    Return the first thing that holds sending from this place, or None.

    One look at the disk and one short statement; inside a transaction it sees what that sees.
    """
    if found := look_at_disk():
        return found
    place = machine.here()
    held, has_places, is_known = asked_of(place)
    if held is not None:
        return as_found(SendingHold.objects.get(pk=held))
    return strange_place(place) if has_places and not is_known else None


def asked_of(place: machine.Place) -> tuple[int | None, bool, bool]:
    """Return the id of a hold on a place, whether any place is known, and whether this one is; in one short statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT (SELECT id FROM outbox_sendinghold WHERE lifted_at IS NULL AND place IN ('', %s) LIMIT 1),
                      EXISTS (SELECT 1 FROM outbox_knownplace),
                      EXISTS (SELECT 1 FROM outbox_knownplace WHERE fingerprint = %s)""",
            [place.fingerprint, place.fingerprint],
        )
        held, has_places, is_known = cursor.fetchone()
    return held, bool(has_places), bool(is_known)


def list_holds() -> list[Found]:
    """Return everything that holds sending from this place."""
    place = machine.here()
    held, has_places, is_known = asked_of(place)
    open_ones = SendingHold.objects.filter(lifted_at__isnull=True, place__in=["", place.fingerprint])
    found = [as_found(each) for each in open_ones.order_by("id")] if held is not None else []
    if has_places and not is_known:
        found.append(strange_place(place))
    return found + [each for each in [look_at_disk()] if each]


def look_at_disk() -> Found | None:
    """Return what the data folder says against sending."""
    if os.path.exists(f"{settings.HOME}/{RESTORED_FILE}"):  # Asked before every hand-over; a Path is slower.
        return Found(cause=Cause.RESTORED, reason="A backup is being put in place.")
    folder = Path(settings.HOME)
    free = disk.free_bytes(folder)
    if free >= settings.LEAST_FREE_BYTES:
        return None
    least = settings.LEAST_FREE_BYTES // MEBIBYTE
    return Found(
        cause="DISK",
        reason=f"{free // MEBIBYTE} MiB are free in {folder}; sending goes on by itself from {least} MiB on.",
    )


def strange_place(place: machine.Place) -> Found:
    known = KnownPlace.objects.order_by("known_since").values_list("label", flat=True).first()
    return Found(
        cause="PLACE",
        reason=f"This is {place.label}; the database has sent from {known}. A copy must not send what the original sends.",
    )


def as_found(hold: SendingHold) -> Found:
    return Found(cause=hold.cause, reason=hold.reason, since=hold.since)


def hold(*, cause: Cause, reason: str, at: datetime, by: str, place: str = "") -> int:
    """Hold sending, here (``place``: a fingerprint) or everywhere; return the hold's id. One for each cause."""
    known = SendingHold.objects.filter(cause=cause, place=place, lifted_at__isnull=True).first()
    if known is not None:
        return int(known.pk)
    made = SendingHold.objects.create(cause=cause, reason=reason[:500], since=at, set_by=by, place=place)
    return int(made.pk)


def lift(*, at: datetime, by: str, causes: Sequence[str] = ()) -> int:
    """
    Let sending go on: lift every hold on this place (or those of some causes), and make the place known.

    Return how many were lifted. What the disk says cannot be lifted, and goes away by itself.
    """
    place = machine.here()
    held = SendingHold.objects.filter(lifted_at__isnull=True, place__in=["", place.fingerprint])
    if causes:
        return held.filter(cause__in=causes).update(lifted_at=at, lifted_by=by)
    return held.update(lifted_at=at, lifted_by=by) + int(make_known(at=at, by=by))


def make_known(*, at: datetime, by: str = "") -> bool:
    """Make this place one that may send; return whether it was not one before."""
    place = machine.here()
    _, is_new = KnownPlace.objects.get_or_create(
        pk=place.fingerprint, defaults={"label": place.label, "known_since": at, "confirmed_by": by}
    )
    return is_new


def make_first_known(*, at: datetime) -> None:
    """Make this place known if no place is yet: a new installation asks nobody."""
    if not KnownPlace.objects.exists():
        make_known(at=at)
