from __future__ import annotations

import pytest

from tests.lived import years


@pytest.mark.years
def test_no_rule_is_broken_in_three_years_of_a_hundred_worlds_that_live_in_memory() -> None:
    found = years.lived(worlds=100, engine="memory", up="seldom")

    assert (found["faults"], found["books"]) == ({}, [])
    assert found["seen"]["mail"] > 50_000
    assert found["seen"]["handed"] > 1_000
