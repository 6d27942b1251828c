"""By whose clocks somebody reads and names days, on a page as in a mail."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta, tzinfo
from functools import cached_property
from zoneinfo import ZoneInfo

from coldframe.kernel.planning.hours import is_zone, known_zone
from coldframe.kernel.vocabulary import Refusal
from coldframe.library import queries as library
from coldframe.team.models import User


def zone_of(user: User | None) -> ZoneInfo:
    """Return the time zone of somebody; the house's where they have set none."""
    return stated(user.zone if user else "")


def stated(name: str) -> ZoneInfo:
    """Return the time zone that somebody has stated; the house's for none, and for one whose rules are not known here."""
    return ZoneInfo(name) if name and is_zone(name) else of_the_house()


def of_the_house() -> ZoneInfo:
    """Return the time zone of the playbook, UTC where it has none that is known here."""
    # A playbook that cannot be read any more is for its own page to say.
    with suppress(Refusal):
        return ZoneInfo(known_zone(library.get_active_playbook().playbook.calendar.time_zone.otherwise))
    return ZoneInfo("UTC")


class ZoneLater(tzinfo):
    """The zone that somebody has stated, else the house's, which is looked up once it is needed: most calls show no time."""

    def __init__(self, name: str) -> None:
        self.name = name

    @cached_property
    def zone(self) -> ZoneInfo:
        """The zone itself."""
        return stated(self.name)

    def __str__(self) -> str:
        return str(self.zone)

    def utcoffset(self, when: datetime | None) -> timedelta | None:
        """Return the difference to UTC at a local time."""
        return self.zone.utcoffset(when)

    def dst(self, when: datetime | None) -> timedelta | None:
        """Return how far the clocks are put forward at a local time."""
        return self.zone.dst(when)

    def tzname(self, when: datetime | None) -> str | None:
        """Return what the zone is called at a local time."""
        return self.zone.tzname(when)

    def fromutc(self, when: datetime) -> datetime:
        """Return the local time of an instant that is written in UTC."""
        return self.zone.fromutc(when.replace(tzinfo=self.zone)).replace(tzinfo=self)
