from __future__ import annotations

import pytest

from tests.lived import years


@pytest.mark.years
def test_no_rule_is_broken_in_three_years_of_twenty_worlds_that_live_in_a_database() -> None:
    found = years.lived(worlds=20, engine="database", up="rarely")

    assert (found["faults"], found["books"]) == ({}, [])
    assert found["seen"]["mail"] > 500
    assert sum(count for name, count in found["seen"].items() if name.startswith("died_")) > 50
