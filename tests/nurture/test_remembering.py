"""Values of the whole base: remembered, and made anew without keeping a reader waiting."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from coldframe.library import operations as library
from coldframe.nurture import remembering
from coldframe.nurture.models import Cycle
from tests.world import NOW


@pytest.fixture(autouse=True)
def _nothing_is_known() -> Iterator[None]:
    remembering.forget()
    yield
    remembering.forget()


def base_changes() -> None:
    version = library.ensure_active_playbook(at=NOW)
    Cycle.objects.create(
        as_of=NOW, playbook_version_id=version.version_id, kernel_version="1", started_at=NOW, finished_at=NOW + timedelta(seconds=1)
    )  # fmt: skip


def known_cost(seconds: float) -> None:
    known = remembering.remembered["count"]
    remembering.remembered["count"] = remembering.Remembered(known.stamp, known.made_at, seconds, known.value)


def wait_for_threads() -> None:
    for each in threading.enumerate():
        if each.name.startswith("remembering"):
            each.join()


@pytest.mark.django_db
def test_a_value_is_made_once_until_the_base_changes() -> None:
    made = iter("abc")

    first = [remembering.remember("count", lambda: next(made), seconds=60) for _ in range(2)]
    base_changes()

    assert first == ["a", "a"]
    assert remembering.remember("count", lambda: next(made), seconds=60) == "b"


@pytest.mark.django_db(transaction=True)
def test_one_that_takes_long_is_shown_once_more_while_the_new_one_is_made() -> None:
    made = iter("abc")
    remembering.remember("count", lambda: next(made), seconds=60)
    known_cost(remembering.WORTH_A_THREAD * 2)
    base_changes()

    shown = remembering.remember("count", lambda: next(made), seconds=60)
    wait_for_threads()

    assert shown == "a"
    assert remembering.remember("count", lambda: next(made), seconds=60) == "b"


@pytest.mark.django_db(transaction=True)
def test_one_that_could_not_be_made_is_asked_for_again(caplog: pytest.LogCaptureFixture) -> None:
    def fails() -> str:
        raise ValueError("no")

    remembering.remember("count", lambda: "a", seconds=60)
    known_cost(remembering.WORTH_A_THREAD * 2)
    base_changes()

    assert remembering.remember("count", fails, seconds=60) == "a"
    wait_for_threads()
    assert "could not be counted anew" in caplog.text
    assert remembering.remember("count", lambda: "b", seconds=60) == "a"
    wait_for_threads()
    assert remembering.remember("count", lambda: "c", seconds=60) == "b"


@pytest.mark.django_db(transaction=True)
def test_one_that_nobody_has_asked_for_in_long_is_not_shown_again() -> None:
    remembering.remember("count", lambda: "a", seconds=60)
    known = remembering.remembered["count"]
    remembering.remembered["count"] = remembering.Remembered(
        known.stamp, known.made_at - remembering.OLDEST, remembering.WORTH_A_THREAD * 2, known.value
    )
    base_changes()

    assert remembering.remember("count", lambda: "b", seconds=60) == "b"
