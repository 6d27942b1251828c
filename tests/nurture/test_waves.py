"""Waking an old database: by rank, as many a day as the mailbox bears."""

from __future__ import annotations

import pytest

from coldframe.delivery.models import Connection
from coldframe.leads.models import AccountDue
from coldframe.nurture import waves
from coldframe.nurture.models import Enrollment, Hold, Touch
from tests import world
from tests.nurture import cast
from tests.nurture.cast import DAY, HOUR
from tests.world import NOW

pytestmark = pytest.mark.django_db


def sleepers(count: int) -> None:
    """Leads who were active long ago, and one who never was; those seen last come first."""
    cast.use_playbook()
    for number in range(count):
        company = world.account(
            name=f"Old {number}", domain=f"old{number}.example", industry="software", employees=120, country="PL"
        )  # fmt: skip
        lead = world.lead(
            company, email=f"reader@old{number}.example", role="CHAMPION", country="PL", job_title="CMO",
            first_name=f"Sleeper{number}", last_name="Nowak", source="fair", entered_at=NOW - 200 * DAY,
        )  # fmt: skip
        world.event(lead, kind="page", path="/blog/why", days_ago=120 + number)
        cast.may_mail(lead)
    cast.delivery.ensure_local_connection(at=NOW)


def ramp(start: int) -> None:
    Connection.objects.update(ramp_start=start, ramp_growth=1.0, per_day=start)


def test_dormant_leads_wait_with_their_rank_and_nothing_goes_out() -> None:
    sleepers(6)

    cast.decide()

    assert set(Enrollment.objects.values_list("state", flat=True)) == {"WAITING"}
    assert set(Hold.objects.values_list("reason", flat=True)) == {"WAVE"}
    ranks = Enrollment.objects.order_by("wave_rank").values_list("lead__first_name", flat=True)
    assert list(ranks) == [f"Sleeper{number}" for number in range(6)]
    assert Touch.objects.count() == 0


def test_a_wave_releases_the_first_by_rank_as_the_mailbox_bears_and_no_more_within_a_day() -> None:
    sleepers(7)
    cast.decide()
    ramp(3)
    AccountDue.objects.all().delete()

    released = [waves.release(NOW + hours * HOUR) for hours in (0, 1, 23, 24, 48)]

    assert released == [3, 0, 0, 3, 1]
    first = Enrollment.objects.filter(released_at=NOW).values_list("lead__first_name", flat=True)
    assert set(first) == {"Sleeper0", "Sleeper1", "Sleeper2"}
    assert AccountDue.objects.filter(due_at=NOW).count() == 3


def test_with_nobody_waiting_a_wave_is_one_read(django_assert_num_queries: object) -> None:
    cast.delivery.ensure_local_connection(at=NOW)

    with django_assert_num_queries(1):  # type: ignore[operator]
        assert waves.release(NOW) == 0


def test_a_worker_wakes_everybody_in_the_order_of_their_rank() -> None:
    sleepers(8)
    ramp(2)
    cast.decide(NOW)

    cast.live(days=12)

    firsts = {}
    for touch in Touch.objects.order_by("planned_for", "id").select_related("lead"):
        firsts.setdefault(touch.lead.first_name, touch.planned_for)
    assert len(firsts) == 8
    woken = {row[0]: row[1] for row in Enrollment.objects.values_list("lead__first_name", "released_at")}
    assert sorted(woken, key=lambda name: (woken[name], name)) == [f"Sleeper{number}" for number in range(8)]
    assert all(firsts[name] >= woken[name] for name in woken)
