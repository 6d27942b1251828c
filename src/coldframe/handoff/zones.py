"""By whose clocks somebody who is told of a handoff reads and names days."""

from __future__ import annotations

from contextlib import suppress
from zoneinfo import ZoneInfo

from coldframe.kernel.planning.hours import known_zone
from coldframe.library import queries as library
from coldframe.team.models import User


def zone_of(user: User | None) -> ZoneInfo:
    """Return the time zone of somebody; the house's where they have set none."""
    if user is not None and user.zone:
        return ZoneInfo(known_zone(user.zone))
    with suppress(library.NoActivePlaybook):
        return ZoneInfo(known_zone(library.get_active_playbook().playbook.calendar.time_zone.otherwise))
    return ZoneInfo("UTC")
