"""What follows from calls does not depend on the order they arrive in, nor on how often."""

from __future__ import annotations

import random

import pytest

from coldframe.activity.identity.sayings import Claimed
from tests.activity.identity import permuting, scenes
from tests.activity.identity.said import outcome, receive, say

pytestmark = pytest.mark.django_db

#: Ten thousand by ``./coldframe-dev permute --count 10000``.
COUNT = 10
#: Small sets, drawn from the whole: there a fault is seldom hidden by what comes after it.
SETS, CALLS_OF_A_SET, ORDERS_OF_A_SET = 12, 9, 3


def test_the_scene_comes_to_the_people_it_tells_of() -> None:
    scenes.known_before()
    receive(scenes.calls())
    for call in scenes.calls():
        say([call])

    found = {
        each["values"].get("email") or each["values"].get("first_name"): each for each in outcome()["leads"]
    }

    assert sorted(found) == [
        "Gina", "Zed", "anna@brightpath.example", "eva@kiosk.example", "finn@private.example", "hana@joined.example",
        "ivo@gmail.com", "jonas@nordlicht.example", "kim@site.example", "lena@site.example", "ola@second.example",
        "tom@halden.example",
    ]  # fmt: skip
    ola = found["ola@second.example"]
    assert ola["ids"] == [("app", "ola"), ("shop", "77")]
    assert ola["former"] == ["ola@first.example", "ola@zeroth.example"]
    assert [path for path, _ in ola["events"]] == ["/page-1", "/page-2", "/page-4", "/page-6", "/page-8"]
    assert (ola["values"]["city"], ola["values"]["first_name"]) == ("Sopot", "Ola")
    assert [path for path, _ in found["Zed"]["events"]] == ["/page-11", "/page-13"]
    assert found["anna@brightpath.example"]["former"] == ["both@nobody.example"]
    assert [path for path, _ in found["lena@site.example"]["events"]] == ["/page-49"]
    assert found["lena@site.example"]["values"]["city"] == "Riga"
    assert found["kim@site.example"]["values"]["first_name"] == "Kim"
    assert outcome()["waiting"]
    assert outcome()["stray"] == []


def test_any_order_any_batches_and_any_repeats_come_to_the_same() -> None:
    assert permuting.find_difference(COUNT, calls=scenes.calls()) is None


def test_so_do_those_of_any_few_of_the_calls() -> None:
    for seed in range(SETS):
        few = random.Random(seed).sample(scenes.calls(), CALLS_OF_A_SET)
        assert permuting.find_difference(ORDERS_OF_A_SET, calls=few, first=100 * seed) is None


def test_an_engine_that_takes_what_came_last_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Claimed, "joined", lambda before, now: now)

    assert permuting.find_difference(COUNT, calls=scenes.calls()) is not None
