"""The same calls in any order, any batches, with any repeats: the same is known in the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import transaction

from tests.activity.identity import scenes
from tests.activity.identity.said import Call, outcome, receive, say, shuffled


@contextmanager
def undone() -> Iterator[None]:
    """Run something, and leave nothing of it behind."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def in_order(calls: Sequence[Call]) -> dict[str, Any]:
    """Return what is known after calls came in one by one, in their order."""
    return after([[call] for call in calls])


def after(batches: Sequence[Sequence[Call]]) -> dict[str, Any]:
    """Return what is known after batches of calls came in, and leave nothing of it behind."""
    with undone():
        scenes.known_before()
        receive([call for batch in batches for call in batch])
        for batch in batches:
            say(batch)
        return outcome()


def find_difference(
    count: int,
    *,
    calls: Sequence[Call],
    first: int = 1,
    progress: Callable[[int], None] = lambda done: None,
) -> tuple[int, dict[str, Any], dict[str, Any]] | None:
    """Return seed, what was found and what was expected of the first order that comes to something else; None: none."""
    expected = in_order(calls)
    for seed in range(first, first + count):
        found = after(shuffled(calls, seed=seed))
        if found != expected:
            return seed, found, expected
        progress(seed)
    return None
