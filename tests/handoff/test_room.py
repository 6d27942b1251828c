"""How much sales has taken on, as the desk shows it and as the cycle counts it: of the team, and of each of its people."""

from __future__ import annotations

import pytest

from coldframe.handoff import operations, queries, room
from coldframe.library import queries as library
from tests.handoff import desk
from tests.nurture import cast
from tests.nurture.cast import DAY
from tests.world import NOW

pytestmark = pytest.mark.django_db


def rooms(at: object = NOW) -> dict[str | None, tuple[int, int, int]]:
    playbook = library.get_active_playbook().playbook
    found = room.load(playbook=playbook, at=NOW)
    return {each.name: (each.rate.count, each.taken, each.left) for each in found}


def test_the_team_comes_first_then_its_people_in_turn_and_hand_raises_count() -> None:
    operations.set_reps(reps=["Jan", "Ewa"])
    operations.agree("Ewa", most=1)
    desk.before_sales(1, owner="Ewa")
    assert desk.before_sales(2, owner="Ewa").owner == "Jan", "Ewa has no room, and Jan has"
    operations.agree("Jan", most=1)
    assert desk.before_sales(3, owner="Ewa").owner == "Ewa", "nobody has room, and a hand raise never waits"

    assert list(rooms().items()) == [(None, (40, 3, 37)), ("Jan", (1, 1, 0)), ("Ewa", (1, 2, 0))]


def test_room_is_told_until_when_it_is_full_and_who_is_away() -> None:
    operations.set_reps(reps=["Ewa", "Jan"])
    operations.agree("Jan", away_until=NOW + 3 * DAY)
    operations.agree("Ewa", most=1)
    row = desk.before_sales(1)
    playbook = library.get_active_playbook().playbook

    _, ewa, jan = room.load(playbook=playbook, at=NOW)

    assert (row.owner, row.owner_from) == ("Ewa", "round_robin")
    assert (ewa.left, ewa.free_at) == (0, NOW + 7 * DAY)
    assert (jan.away_until, jan.free_at) == (NOW + 3 * DAY, NOW + 3 * DAY)


def test_territory_finds_the_rep_whose_countries_hold_the_lead() -> None:
    cast.use_playbook({"lead.owner, round_robin]": "lead.owner, territory, round_robin]"})
    operations.set_reps(reps=["Ewa", "Jan"])
    operations.agree("Jan", countries=["PL"])

    first, second = desk.before_sales(2), desk.before_sales(3, country="DE")

    assert (first.owner, first.owner_from) == ("Jan", "territory")
    assert (second.owner, second.owner_from) == ("Ewa", "round_robin")


def test_the_last_one_in_is_the_worst_of_those_that_were_given_room() -> None:
    rows = [desk.before_sales(number) for number in (1, 2, 3)]
    for row, points in zip(rows[:2], (80.0, 70.0), strict=True):
        desk.put_off(row, is_hand_raise=False, fit_level="A", account_intent_points=points)

    found = queries.find_last_in(since=NOW - 7 * DAY)

    assert found is not None
    assert (found.id, found.account_intent_points) == (rows[1].id, 70.0)
    assert queries.find_last_in(since=NOW) is None
