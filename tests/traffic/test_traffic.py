"""Over generated traffic people and machines are told apart as well as was promised, and nothing unconfirmed decides."""

from __future__ import annotations

import json

import pytest

from tests.traffic import __main__ as command
from tests.traffic import figures, generating
from tests.traffic.measuring import Measured, measure


@pytest.fixture(scope="module")
def found() -> Measured:
    measured = sum((measure(seed=seed, mails=2_000) for seed in figures.SEEDS[:3]), Measured())
    print(measured.as_text())
    return measured


def test_nearly_all_bursts_of_scanners_are_a_machines(found: Measured) -> None:
    assert found.bursts > 1_000
    assert found.caught_share >= 0.95


def test_hardly_any_click_of_a_person_is_taken_for_a_machines(found: Measured) -> None:
    assert found.count(["human"]) > 1_000
    assert found.mistaken_share <= 0.01


def test_who_is_called_a_person_is_one(found: Measured) -> None:
    assert found.precision("HUMAN") >= 0.95
    assert found.precision("MACHINE") >= 0.99
    assert found.recall("HUMAN") >= 0.3


def test_nobody_comes_before_sales_by_opens_by_unconfirmed_clicks_or_within_the_quarantine(
    found: Measured,
) -> None:
    assert found.to_sales > 100
    assert (found.unconfirmed, found.too_early) == (0, 0)


def test_an_open_is_never_a_persons(found: Measured) -> None:
    assert found.count(["open"]) > 1_000
    assert found.count(["open"], "HUMAN") == 0


def test_the_same_seed_is_the_same_traffic() -> None:
    once, again = (generating.generate(seed=7, mails=300) for _ in range(2))

    assert (once.hits, once.follow_ups) == (again.hits, again.follow_ups)


def test_bursts_begin_when_they_were_measured_to() -> None:
    rng = generating.random.Random(5)
    found = sorted(generating.begins(rng) for _ in range(20_000))

    assert 38 < found[len(found) // 2] < 52
    assert sum(20 <= each < 60 for each in found) / len(found) == pytest.approx(0.664, abs=0.015)
    assert sum(60 <= each < 300 for each in found) / len(found) == pytest.approx(0.283, abs=0.015)


def test_the_command_prints_the_matrix_and_says_by_its_exit_code_whether_a_target_is_missed(
    found: Measured, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "measure", lambda *, seed, mails: found)

    assert command.main(["--seeds", "1", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["missed"] == []
    assert set(printed["matrix"]) == {"burst", "visit", "declared", "human", "open"}

    assert command.main(["--seeds", "2"]) == 0
    assert "bursts classed machine" in capsys.readouterr().out

    monkeypatch.setattr(Measured, "caught_share", 0.9)
    assert command.main(["--seeds", "1"]) == 1
