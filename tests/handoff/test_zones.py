"""By whose clocks somebody reads."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from coldframe.handoff import zones

#: An hour before and after the clocks are put back in Berlin.
INSTANTS = [datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in range(4)]


@pytest.mark.parametrize("instant", INSTANTS)
def test_a_zone_that_is_looked_up_later_tells_the_same_times(instant: datetime) -> None:
    later, berlin = zones.ZoneLater("Europe/Berlin"), ZoneInfo("Europe/Berlin")
    local, known = instant.astimezone(later), instant.astimezone(berlin)

    assert local.isoformat() == known.isoformat()
    assert (local.fold, local.tzname(), local.dst()) == (known.fold, known.tzname(), known.dst())
    assert local.astimezone(UTC) == instant
    assert str(later) == "Europe/Berlin"


@pytest.mark.django_db
def test_who_states_no_zone_reads_by_the_houses(django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        later = zones.ZoneLater("")

    assert str(later) == str(zones.of_the_house())
    assert (
        INSTANTS[0].astimezone(later).isoformat() == INSTANTS[0].astimezone(zones.of_the_house()).isoformat()
    )
