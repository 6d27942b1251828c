"""A short form of the fuzzing; the long one is ``./coldframe-dev fuzz``."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from tests.fuzz import targets
from tests.fuzz.__main__ import feed

pytestmark = pytest.mark.slow

INPUTS = 60


@pytest.mark.parametrize("name", sorted(targets.targets()))
def test_a_reader_reads_or_refuses_whatever_comes_and_takes_no_time_over_it(name: str) -> None:
    found = feed(targets.targets()[name], count=INPUTS, seed=1)

    assert found["faults"] == []
    assert found["refused"] < INPUTS


def test_a_reader_that_stumbles_is_found_out() -> None:
    naive = SimpleNamespace(read=json.loads, seeds=[b'{"a": [1, 2]}'], may_raise=(json.JSONDecodeError,))

    found = feed(naive, count=INPUTS, seed=1)

    assert any("UnicodeDecodeError" in each["error"] for each in found["faults"])
