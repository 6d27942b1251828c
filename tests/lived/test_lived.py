"""Worlds live with the engine for some weeks, in short; the long form is ``./coldframe-dev simulate``."""

from __future__ import annotations

import pytest

from tests.lived import living, memory, mutants
from tests.lived.living import Lived
from tests.lived.people import World

WEEKS = 7 / 365


def in_memory(*, seed: int = 1, leads: int = 40, weeks: float = 6) -> Lived:
    worlds = [World(seed=seed, leads=leads, years=weeks * WEEKS)]
    return living.live(memory.Engine(worlds), worlds)


def together(count: int, *, seed: int, leads: int, weeks: float) -> list[World]:
    """Return so many worlds, each drawn from a seed of its own, that share each cycle."""
    return [World(seed=seed, leads=leads, years=weeks * WEEKS, number=number) for number in range(count)]


def test_no_rule_is_broken_in_some_weeks_of_a_hundred_worlds_that_live_in_memory() -> None:
    worlds = together(100, seed=1, leads=4, weeks=3)
    found = living.live(memory.Engine(worlds), worlds)

    assert found.faults == []
    assert found.books == []
    assert sum(world.seen["mail"] > 0 for world in worlds) > 80
    assert found.seen["handed"] > 0


def test_the_same_seed_gives_the_same_history_and_another_another() -> None:
    first, second, other = (in_memory(seed=seed, leads=10, weeks=3) for seed in (3, 3, 4))

    assert first.history == second.history != other.history


@pytest.mark.parametrize(
    ("name", "seed", "weeks"),
    [("no_least_gap", 1, 1.5), ("blind_to_suppression", 1, 3.5), ("drops_holds", 1, 1.5), ("writes_while_held", 33, 1.5)],
)  # fmt: skip
def test_an_engine_that_is_wrong_is_found_out(name: str, seed: int, weeks: float) -> None:
    """In as many weeks as that takes: a world goes on as it was after a fault."""
    with mutants.planted(name):
        found = in_memory(leads=60, seed=seed, weeks=weeks)

    assert found.faults or found.books


@pytest.mark.django_db(transaction=True)
def test_no_rule_is_broken_in_some_weeks_of_five_worlds_that_live_in_the_database() -> None:
    from tests.lived import database

    worlds = together(5, seed=9, leads=6, weeks=5)
    found = living.live(database.Engine(worlds), worlds)

    assert found.faults == []
    assert found.books == []
    assert found.seen["mail"] > 20
    assert found.seen["hold"] > 0
    assert found.seen["clock_wrong"] > 0
    assert sum(count for name, count in found.seen.items() if name.startswith("died_")) > 0


@pytest.mark.django_db(transaction=True)
def test_an_engine_without_limits_is_found_out() -> None:
    from tests.lived import database

    worlds = [World(seed=2, leads=30, years=WEEKS)]
    with mutants.planted("no_limits"):
        found = living.live(database.Engine(worlds), worlds)

    assert "never_too_fast" in {fault.rule for fault in found.faults}
