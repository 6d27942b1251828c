"""The line for room at sales: rank, reason and date of each, and what separates the last one in from the first one out."""

from __future__ import annotations

from typing import Any

import pytest

from coldframe.handoff import operations
from coldframe.handoff.models import Handoff
from coldframe.leads.models import Lead
from coldframe.library import queries as library
from coldframe.nurture import line
from tests import world
from tests.nurture import cast
from tests.nurture.cast import DAY, HOUR
from tests.world import NOW

pytestmark = pytest.mark.django_db

SMALL = {"{per_rep: 10 a week, team: 40 a week}": "{per_rep: 10 a week, team: 2 a week}"}


def ready(number: int, *, visits: int = 1) -> Lead:
    """Add a reader whom the policy sends to sales without a hand raise."""
    who = cast.reader(number)
    for visit in range(visits):
        world.event(who, kind="page", path="/pricing", days_ago=0.5 + visit / 10)
        world.event(who, kind="webinar_attended", days_ago=0.5 + visit / 10)
    return who


def playbook() -> Any:
    return library.get_active_playbook().playbook


def crowd() -> list[Lead]:
    cast.use_playbook(SMALL)
    people = [ready(number, visits=number) for number in range(1, 6)]
    cast.decide(NOW, *people)
    return people


def test_whoever_waits_is_told_the_rank_the_reason_and_when_room_may_come() -> None:
    people = crowd()
    assert set(Handoff.objects.values_list("lead_id", flat=True)) == {people[3].pk, people[4].pk}

    found = line.load(playbook=playbook(), at=NOW)

    assert [(each.rank, each.lead_id) for each in found] == [
        (1, people[2].pk), (2, people[1].pk), (3, people[0].pk),
    ]  # fmt: skip
    assert {each.why for each in found} == {"the team takes 2 a week, and has them"}
    assert {each.room_at for each in found} == {NOW + 7 * DAY}
    assert found[0].trigger.startswith("trigger:")


def test_the_marginal_lead_is_told_with_what_separates_it() -> None:
    people = crowd()

    found = line.margin(playbook=playbook(), at=NOW)

    assert found.last_in is not None
    assert found.first_out is not None
    assert (found.last_in.lead_id, found.first_out.lead_id) == (people[3].pk, people[2].pk)
    assert found.separated_by == "account_intent_points"
    assert (found.last_in.account_intent_points or 0) > found.first_out.account_intent_points


def test_without_a_line_there_is_no_margin() -> None:
    cast.use_playbook()

    found = line.margin(playbook=playbook(), at=NOW)

    assert (found.last_in, found.first_out, found.separated_by) == (None, None, None)


def test_where_everybody_is_away_that_is_the_reason() -> None:
    operations.set_reps(reps=["Ewa"])
    operations.agree("Ewa", away_until=NOW + 3 * DAY)
    cast.use_playbook()
    who = ready(1, visits=3)
    cast.decide(NOW, who)

    (found,) = line.load(playbook=playbook(), at=NOW)

    assert (found.lead_id, found.why, found.room_at) == (
        who.pk, "everybody who could take it is away", NOW + 3 * DAY,
    )  # fmt: skip
    cast.live(days=4)
    assert Handoff.objects.get().owner == "Ewa"


def test_room_that_comes_sooner_is_given_at_once() -> None:
    operations.set_reps(reps=["Ewa"])
    operations.agree("Ewa", away_until=NOW + 3 * DAY)
    cast.use_playbook()
    who = ready(1, visits=3)
    cast.decide(NOW, who)
    assert line.wake(at=NOW + HOUR) == 0

    operations.agree("Ewa", away_until=None)

    assert line.wake(at=NOW + HOUR) == 1
    cast.decide(NOW + HOUR)
    assert Handoff.objects.get().owner == "Ewa"
    assert line.wake(at=NOW + HOUR) == 0


def test_many_are_read_with_as_many_queries_as_one(django_assert_num_queries: Any) -> None:
    crowd()
    with django_assert_num_queries(6):
        assert len(line.load(playbook=playbook(), at=NOW, limit=200)) == 3
    with django_assert_num_queries(6):
        assert len(line.load(playbook=playbook(), at=NOW, limit=1)) == 1
