"""The same calls in any order, any batches, with any repeats: the same is known in the end."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import Any

from django.db import transaction

from tests.activity.identity import scenes
from tests.activity.identity.said import Call, batched, outcome, receive, say, shuffled

#: Share of an order that it has in common with others, at least and at most.
BEGINNING = (0.4, 0.9)


@contextmanager
def undone() -> Iterator[None]:
    """Run something, and leave nothing of it behind."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@contextmanager
def scene(calls: Sequence[Call]) -> Iterator[None]:
    """Have what is known before the calls, and when each of them was received: the same whatever order they come in."""
    with undone():
        scenes.known_before()
        receive(calls)
        yield


def in_order(calls: Sequence[Call]) -> dict[str, Any]:
    """Return what is known after calls came in one by one, in their order."""
    return after([[call] for call in calls])


def after(batches: Sequence[Sequence[Call]]) -> dict[str, Any]:
    """Return what is known after batches of calls came in to the scene, and leave nothing of it behind."""
    with undone():
        for batch in batches:
            say(batch)
        return outcome()


def find_difference(
    count: int,
    *,
    calls: Sequence[Call],
    first: int = 1,
    branches: int = 1,
    go_on: Callable[[int], bool] = lambda seed: True,
) -> tuple[int, dict[str, Any], dict[str, Any]] | None:
    """
    Return seed, what was found and what was expected of the first order that comes to something else; None: none.

    So many orders, ``branches``, begin in the same way, which is lived through once. ``go_on`` hears of each seed that
    came to the same, and says whether another is to be tried.
    """
    with scene(calls):
        expected = in_order(calls)
        for stem, seeds in groupby(range(first, first + count), key=lambda seed: seed // branches):
            beginning, rest = split(calls, stem=stem)
            with undone():
                for batch in beginning:
                    say(batch)
                for seed in seeds:
                    found = after(reordered(rest, seed=seed))
                    if found != expected:
                        return seed, found, expected
                    if not go_on(seed):
                        return None
    return None


def split(calls: Sequence[Call], *, stem: int) -> tuple[list[list[Call]], list[Call]]:
    """Return the batches by which some orders begin, and the calls that come after them in any order."""
    rng = random.Random(f"stem {stem}")
    order = [call for batch in shuffled(calls, seed=stem) for call in batch]
    cut = int(len(order) * rng.uniform(*BEGINNING))
    return batched(order[:cut], rng), order[cut:]


def reordered(calls: Sequence[Call], *, seed: int) -> list[list[Call]]:
    """Return calls in a random order, cut into batches at random."""
    rng = random.Random(f"rest {seed}")
    return batched(rng.sample(calls, len(calls)), rng)
