"""What would change if another playbook decided, told before it does."""

from __future__ import annotations

import pytest

from coldframe.kernel.playbook import parsing
from coldframe.library import starters
from coldframe.nurture.models import Assessment, Standing
from coldframe.reports import activation
from tests import world
from tests.world import NOW

pytestmark = pytest.mark.django_db

TEXT = starters.read("default")
DEFAULT = parsing.parse(TEXT)
#: Anna's company is not served any more.
NORWAY_ALONE = parsing.parse(TEXT.replace("served_countries: []", "served_countries: [NO]"))


def effect(of=NORWAY_ALONE, seconds: float = 10.0) -> activation.Effect:
    return activation.effect(of=of, against=DEFAULT, as_of=NOW, seconds=seconds)


def test_who_would_be_let_go_is_counted_and_named() -> None:
    anna, tom = world.anna(), world.tom()

    found = effect()

    assert (found.looked_at, found.lead_count, found.moved, found.is_whole) == (2, 2, 2, True)
    assert {move.after for move in found.moves} == {("LET_GO", None)}
    assert sorted(id_ for move in found.moves for id_ in move.lead_ids) == [anna.pk, tom.pk]
    assert (found.before["LET_GO"], found.after["LET_GO"]) == (0, 2)


def test_nothing_moves_by_the_same_playbook_and_nothing_is_stored() -> None:
    world.anna()

    assert effect(of=DEFAULT).moves == ()
    assert not Standing.objects.exists()
    assert not Assessment.objects.exists()


def test_where_time_is_short_a_part_is_looked_at_and_said_to_be_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activation, "STRETCH", 1)
    # The first company looked at holds nobody: numbers begin anywhere, and have gaps.
    world.account(name="Nobody's")
    for who in (world.anna, world.tom, world.jonas):
        who()

    found = effect(seconds=0)

    assert (found.looked_at, found.lead_count, found.is_whole) == (1, 3, False)


def test_an_empty_base_has_nothing_to_change() -> None:
    assert effect() == activation.Effect(looked_at=0, lead_count=0, moved=0, moves=())


def test_stretches_reach_every_account_and_lie_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activation, "STRETCH", 1)
    accounts = [world.account(name=f"Company {number}").pk for number in range(8)]

    found = [each.start for each in activation.stretches()]

    assert set(accounts) <= set(found)
    assert found != sorted(found)
