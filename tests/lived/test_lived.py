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


def test_no_rule_is_broken_in_some_weeks_of_a_world_that_lives_in_memory() -> None:
    found = in_memory()

    assert found.faults == []
    assert found.books == []
    assert found.seen["mail"] > 40
    assert found.seen["handed"] > 0


def test_the_same_seed_gives_the_same_history_and_another_another() -> None:
    first, second, other = (in_memory(seed=seed, leads=10, weeks=3) for seed in (3, 3, 4))

    assert first.history == second.history != other.history


@pytest.mark.parametrize(
    ("name", "seed"),
    [("no_least_gap", 1), ("blind_to_suppression", 1), ("drops_holds", 1), ("writes_while_held", 33)],
)
def test_an_engine_that_is_wrong_is_found_out(name: str, seed: int) -> None:
    with mutants.planted(name):
        found = in_memory(leads=60, seed=seed)

    assert found.faults or found.books


@pytest.mark.django_db(transaction=True)
def test_no_rule_is_broken_in_some_weeks_of_a_world_that_lives_in_the_database() -> None:
    from tests.lived import database

    worlds = [World(seed=9, leads=30, years=5 * WEEKS)]
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
