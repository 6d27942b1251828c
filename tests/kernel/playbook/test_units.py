"""Quantities carry their unit, are read one way, and print as they are read."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldframe.kernel.playbook.units import UNITS, BadQuantity, Duration, DurationRange, Rate, Share


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("14 days", Duration(14, "day")), ("1 day", Duration(1, "day")), ("one cycle", Duration(1, "cycle")), ("a week", Duration(1, "week")),
        (" 3  Months ", Duration(3, "month")), ("two quarters", Duration(2, "quarter")), ("5 MINUTES", Duration(5, "minute")),
    ],
)  # fmt: skip
def test_a_duration_is_a_whole_number_and_a_unit(text: str, duration: Duration) -> None:
    assert Duration.parse(text) == duration


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("7", 'Write the unit: "7 days".'), (7, 'Write the unit: "7 days".'), ("14d", 'Did you mean "14 days"?'), ("2 hrs", 'Did you mean "2 hours"?'),
        ("2 fortnights", 'Did you mean "4 weeks"?'), ("3 wekes", 'Did you mean "3 weeks"?'), ("5 moons", 'Did you mean "5 months"?'),
        ("1.5 days", ""), ("-1 days", ""), ("soon", ""), ("", ""), (None, ""), ("0 days", ""), ("101 years", ""), ("٣ days", ""), (True, ""),
        ("9" * 5000 + " days", ""), ("3 xyzzy", f"Units: {', '.join(UNITS)}."),
    ],
)  # fmt: skip
def test_what_is_no_duration_is_refused_with_what_may_have_been_meant(text: object, advice: str) -> None:
    with pytest.raises(BadQuantity) as refusal:
        Duration.parse(text)

    assert refusal.value.advice == advice


def test_a_cycle_has_the_length_that_the_playbook_gives_it() -> None:
    assert Duration(2, "cycle").delta(cycle=Duration(18, "month")) == timedelta(days=2 * 18 * 365.25 / 12)
    with pytest.raises(BadQuantity, match="the length of a cycle"):
        Duration(1, "cycle").days()


@given(st.integers(1, 400), st.sampled_from(UNITS))
def test_a_printed_duration_parses_to_itself(amount: int, unit: str) -> None:
    if unit == "year" and amount > 100:
        return
    if unit == "quarter" and amount > 400:
        return

    assert Duration.parse(str(Duration(amount, unit))) == Duration(amount, unit)


@pytest.mark.parametrize(
    ("text", "rate", "printed"),
    [
        ("1 in 5 days", Rate(1, Duration(5, "day")), "1 in 5 days"), ("10 a week", Rate(10, Duration(1, "week")), "10 a week"),
        ("1 an hour", Rate(1, Duration(1, "hour")), "1 a hour"), ("2 in 1 day", Rate(2, Duration(1, "day")), "2 a day"),
    ],
)  # fmt: skip
def test_a_rate_is_a_count_in_a_time(text: str, rate: Rate, printed: str) -> None:
    assert Rate.parse(text) == rate
    assert str(rate) == printed
    assert Rate.parse(printed) == rate


@pytest.mark.parametrize(
    "text", ["1", "0 a week", "1 in 5", "in 5 days", "1 a fortnight", "one a week", None, 3]
)
def test_what_is_no_rate_is_refused(text: object) -> None:
    with pytest.raises(BadQuantity):
        Rate.parse(text)


def test_a_range_has_its_shorter_time_first() -> None:
    assert DurationRange.parse("7 to 14 days") == DurationRange(Duration(7, "day"), Duration(14, "day"))
    assert str(DurationRange.parse("7 to 14 day")) == "7 to 14 days"
    with pytest.raises(BadQuantity) as refusal:
        DurationRange.parse("14 to 7 days")
    assert refusal.value.advice == 'Did you mean "7 to 14 days"?'


@given(st.decimals(0, 100, places=4))
def test_a_printed_share_parses_to_itself(percent: object) -> None:
    share = Share.parse(f"{percent}%")

    assert Share.parse(str(share)) == share


@pytest.mark.parametrize("text", ["50", "101%", "-1%", "half", "50 %%", None, 0.5, "1e1%"])
def test_what_is_no_share_is_refused(text: object) -> None:
    with pytest.raises(BadQuantity):
        Share.parse(text)
