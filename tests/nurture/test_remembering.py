"""Values of the whole base: remembered, and made anew without keeping a reader waiting."""

from __future__ import annotations

import os
import sys
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
def test_a_page_is_there_before_what_it_shows_is_made_anew() -> None:
    made = iter("abc")
    remembering.remember("count", lambda: next(made), seconds=60)
    known_cost(remembering.WORTH_A_THREAD * 2)
    base_changes()

    with remembering.one_look(patience=0.0):
        shown = [remembering.remember("count", lambda: next(made), seconds=60) for _ in range(2)]
        begun = list(remembering.under_way)
    wait_for_threads()

    assert (shown, begun) == (["a", "a"], [])
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


@pytest.mark.django_db(transaction=True)
def test_a_page_does_not_wait_for_one_that_nobody_knows_and_finds_it_when_it_comes_again() -> None:
    may_go_on = threading.Event()

    def takes_long() -> str:
        may_go_on.wait()
        return "a"

    with remembering.one_look(patience=0.0), pytest.raises(remembering.BeingMade):
        remembering.remember("count", takes_long, seconds=60)
    may_go_on.set()
    wait_for_threads()

    with remembering.one_look(patience=0.0):
        assert remembering.remember("count", takes_long, seconds=60) == "a"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has threads stand back")
@pytest.mark.django_db(transaction=True)
def test_one_that_is_made_behind_a_readers_back_leaves_the_processor_to_readers() -> None:
    may_go_on = threading.Event()
    found = []

    def priority() -> int:
        may_go_on.wait()
        found.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        return found[-1]

    with remembering.one_look(patience=0.0), pytest.raises(remembering.BeingMade):
        remembering.remember("count", priority, seconds=60)
    may_go_on.set()
    wait_for_threads()

    assert found[0] == min(19, priority() + remembering.STANDS_BACK)


@pytest.mark.django_db(transaction=True)
def test_whoever_asks_for_a_part_of_a_page_waits_for_it() -> None:
    with remembering.one_look(patience=None):
        assert remembering.remember("count", lambda: "a", seconds=60) == "a"


@pytest.mark.django_db(transaction=True)
def test_why_one_cannot_be_made_is_told_to_who_asked(caplog: pytest.LogCaptureFixture) -> None:
    def fails() -> str:
        raise ValueError("no")

    with remembering.one_look(patience=None), pytest.raises(ValueError, match="no"):
        remembering.remember("count", fails, seconds=60)


@pytest.mark.django_db(transaction=True)
def test_several_are_made_at_the_same_time() -> None:
    both = threading.Barrier(2, timeout=60)

    def make() -> int:
        return both.wait() >= 0

    with remembering.one_look(patience=None):
        found = remembering.together({"count": make, "other": make}, seconds=60)

    assert found == {"count": True, "other": True}


@pytest.mark.django_db(transaction=True)
def test_a_page_that_says_what_it_will_ask_for_has_all_of_it_made_at_the_same_time() -> None:
    both = threading.Barrier(2, timeout=60)

    def make() -> int:
        return both.wait() >= 0

    def load(name: str) -> int:
        return remembering.remember(name, make, seconds=60)

    with remembering.one_look(patience=None):
        remembering.begin_all(lambda: load("count"), lambda: load("other"))
        found = [load("count"), load("other")]

    assert found == [True, True]


@pytest.mark.django_db(transaction=True)
def test_what_a_page_waits_for_one_it_waits_no_more_for_the_next() -> None:
    may_end = threading.Event()

    with remembering.one_look(patience=30.0) as look:
        remembering.remember("count", lambda: "a", seconds=60)
        left = look.patience
        look.patience = 0.0
        with pytest.raises(remembering.BeingMade):
            remembering.remember("other", may_end.wait, seconds=60)
    may_end.set()
    wait_for_threads()

    assert left is not None
    assert 0.0 < left < 30.0


@pytest.mark.django_db(transaction=True)
def test_one_that_is_made_of_another_waits_for_that_and_makes_it_no_second_time() -> None:
    made, may_end = [], threading.Event()

    def make() -> str:
        made.append("count")
        may_end.wait()
        return "c"

    def of_another() -> str:
        threading.Timer(0.2, may_end.set).start()
        return remembering.remember("count", make, seconds=60) + "!"

    with remembering.one_look(patience=None):
        remembering.ahead({"count": make, "other": of_another})
        found = remembering.remember("other", of_another, seconds=60)

    assert (found, made) == ("c!", ["count"])


@pytest.mark.django_db(transaction=True)
def test_a_page_knows_that_it_was_shown_one_of_an_earlier_base() -> None:
    remembering.remember("count", lambda: "a", seconds=60)
    known_cost(remembering.WORTH_A_THREAD * 2)
    with remembering.one_look(patience=0.0) as look:
        remembering.remember("count", lambda: "b", seconds=60)
        before = look.has_old
    base_changes()

    with remembering.one_look(patience=0.0) as look:
        remembering.remember("count", lambda: "b", seconds=60)
        after = look.has_old
    wait_for_threads()

    assert (before, after) == (False, True)


@pytest.mark.django_db
def test_one_that_costs_little_is_made_anew_for_each_base_whatever_its_patience() -> None:
    made = iter("ab")
    remembering.remember("count", lambda: next(made), seconds=60, patience=1e9)
    base_changes()

    assert remembering.remember("count", lambda: next(made), seconds=60, patience=1e9) == "b"


@pytest.mark.django_db
def test_only_so_many_are_known_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembering, "MOST", 2)
    for name in "abc":
        remembering.remember(name, lambda: 1, seconds=60)

    assert [*remembering.remembered] == ["b", "c"]


@pytest.mark.django_db
def test_whether_the_base_has_changed_is_asked_once_for_a_page(django_assert_num_queries) -> None:
    with django_assert_num_queries(1), remembering.one_look(patience=0.0):
        for name in "abc":
            remembering.remember(name, lambda: 1, seconds=60)
