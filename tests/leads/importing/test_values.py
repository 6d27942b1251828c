"""Values: numbers, money, bands, yes and no, and what means nothing at all."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldframe.kernel.vocabulary import OpportunityState
from coldframe.leads.importing import values
from coldframe.leads.importing.values import BadValue


@pytest.mark.parametrize(
    "text", ["", "Select", "N/A", "-", "null", "Unknown", "#N/A", "NaN", "Keine Angabe", "brak"]
)
def test_placeholders_mean_missing(text: str) -> None:
    assert values.is_missing(text)
    assert values.text(text, limit=10) is None
    assert values.number(text) is None
    assert values.yes_no(text) is None


@pytest.mark.parametrize("text", ["0", "No", "Selecta", "Nan Goldin", "None of your business"])
def test_other_words_mean_what_they_say(text: str) -> None:
    assert not values.is_missing(text)


class TestText:
    def test_line_breaks_of_a_single_line_become_spaces(self) -> None:
        assert values.text("Bright\r\npath \n GmbH", limit=40) == "Bright path GmbH"

    def test_a_text_of_several_lines_keeps_them(self) -> None:
        assert values.long_text(" We need help.\r\nSoon.\r") == "We need help.\nSoon."

    def test_a_text_that_is_too_long_is_refused(self) -> None:
        with pytest.raises(BadValue, match="too long: 41 characters where 40 are allowed"):
            values.text("x" * 41, limit=40)

    def test_script_and_formulas_are_kept_literally(self) -> None:
        for text in (
            "<script>alert(1)</script>",
            "=HYPERLINK(1)",
            "{{ 7*7 }}",
            "Robert'); DROP TABLE leads;--",
        ):
            assert values.text(text, limit=200) == text


class TestNumbers:
    @pytest.mark.parametrize(
        ("text", "number"),
        [
            ("12", 12), ("-5", -5), ("+5", 5), ("1.5", 1.5), ("12,5", 12.5), ("0.123", 0.123), ("0,123", 0.123), ("1,234", 1234),
            ("1,234.56", 1234.56), ("1.234,56", 1234.56), ("1 234,56", 1234.56), ("1\u00a0234", 1234), ("5'000", 5000),
            ("1.234.567", 1234567), ("1,23,456", 123456), ("(15)", -15), ("-$1,200", -1200), ("$-5", -5), ("$342.09K", 342090),
            ("$1,117.10K", 1117100), ("3.2M", 3200000), ("€ 1.234", 1234), ("500 zł", 500), ("PLN 500", 500), ("2 mln", 2000000),
            ("1e3", 1000), ("12%", 12),
        ],
    )  # fmt: skip
    def test_are_read_as_they_are_written(self, text: str, number: float) -> None:
        assert values.number(text) == pytest.approx(number)

    @pytest.mark.parametrize(
        "text", ["abc", "1_000", "inf", "1,2,3", "1.2.3", "12 apples", "1,23.4,5", "--5", "1e999"]
    )
    def test_are_refused_when_they_are_none(self, text: str) -> None:
        with pytest.raises(BadValue, match="not a number"):
            values.number(text)

    @given(st.integers(-(10**12), 10**12))
    def test_whole_numbers_come_back_with_any_thousands(self, number: int) -> None:
        for text in (
            str(number),
            f"{number:,}",
            f"{number:,}".replace(",", "\u00a0"),
            f"${number:,}".replace("$-", "-$"),
        ):
            assert values.whole_number(text) == number

    def test_a_fraction_is_no_whole_number(self) -> None:
        with pytest.raises(BadValue, match="not a whole number"):
            values.whole_number("1.5")

    @pytest.mark.parametrize(
        ("text", "cents"), [("$22,700.00", 2270000), ("1100.04", 110004), ("$342.09K", 34209000), ("0.1", 10)]
    )
    def test_money_is_kept_in_cents(self, text: str, cents: int) -> None:
        assert values.money_cents(text) == cents

    @pytest.mark.parametrize(
        ("text", "code"),
        [("$22,700.00", "USD"), ("500 zł", "PLN"), ("€ 5", "EUR"), ("CHF 5", "CHF"), ("5", None)],
    )
    def test_an_amount_may_carry_its_currency(self, text: str, code: str | None) -> None:
        assert values.currency_of_amount(text) == code

    @pytest.mark.parametrize(
        ("text", "share"), [("20", 0.2), ("20 %", 0.2), ("0.2", 0.2), ("100", 1.0), ("0", 0.0), ("1%", 0.01)]
    )
    def test_a_percentage_is_a_share(self, text: str, share: float) -> None:
        assert values.percentage(text) == pytest.approx(share)

    def test_more_than_everything_is_no_share(self) -> None:
        with pytest.raises(BadValue, match="not a share"):
            values.percentage("150")


class TestEmployees:
    @pytest.mark.parametrize(
        ("text", "count"),
        [
            ("120", 120), ("51-200", 51), ("51 - 200 employees", 51), ("1,001-5,000", 1001), ("10,001+", 10001), ("More than 10,000", 10000),
            ("11 to 50", 11), ("10K+", 10000), ("<10", 1), ("1-10", 1), ("Self-employed", 1), ("500-1,000", 500), ("201–500", 201), ("120.0", 120),
        ],
    )  # fmt: skip
    def test_of_a_band_the_lower_end_is_certain(self, text: str, count: int) -> None:
        assert values.employees(text) == count

    @pytest.mark.parametrize("text", ["many", "1.5", "-3"])
    def test_what_is_no_headcount_is_refused(self, text: str) -> None:
        with pytest.raises(BadValue):
            values.employees(text)


class TestWords:
    @pytest.mark.parametrize("text", ["Yes", "TRUE", "1", "x", "TAK", "Ja", "oui", "Sí"])
    def test_yes_in_several_languages(self, text: str) -> None:
        assert values.yes_no(text) is True

    @pytest.mark.parametrize("text", ["No", "FALSE", "0", "nie", "Nein", "non"])
    def test_no_in_several_languages(self, text: str) -> None:
        assert values.yes_no(text) is False

    def test_maybe_is_neither(self) -> None:
        with pytest.raises(BadValue, match="neither yes nor no"):
            values.yes_no("maybe")

    @pytest.mark.parametrize(
        ("stage", "state"),
        [
            ("Closed Won", "WON"), ("Won", "WON"), ("closedwon", "WON"), ("Closed Lost", "LOST"), ("Lost", "LOST"),
            ("Engaging", "OPEN"), ("Prospecting", "OPEN"), ("Negotiation/Review", "OPEN"), ("Open", "OPEN"),
        ],
    )  # fmt: skip
    def test_the_stage_tells_where_a_deal_stands(self, stage: str, state: str) -> None:
        assert values.opportunity_state(stage) is OpportunityState(state)

    @pytest.mark.parametrize(
        ("read", "text", "expected"),
        [
            (values.language, "EN", "en"), (values.language, "pt_br", "pt-BR"), (values.language, "Deutsch", "de"),
            (values.language, "Klingon", None), (values.time_zone, "europe/warsaw", "Europe/Warsaw"),
            (values.time_zone, "America/New York", "America/New_York"), (values.time_zone, "Mars/Olympus", None),
            (values.currency, "eur", "EUR"), (values.currency, "Euro (EUR)", "EUR"), (values.currency, "€", "EUR"),
        ],
    )  # fmt: skip
    def test_codes_are_normalized(
        self, read: Callable[[object], str | None], text: str, expected: str | None
    ) -> None:
        assert read(text) == expected


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    for read in (
        values.number,
        values.employees,
        values.percentage,
        values.yes_no,
        values.money_cents,
        values.whole_number,
    ):
        with suppress(BadValue):
            read(text)
