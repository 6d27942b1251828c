"""Who may be mailed, country by country, and to the second."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldframe.kernel.frames import CONSENTS
from coldframe.kernel.planning import permission
from coldframe.kernel.vocabulary import ConsentBasis, EmailKind, HoldReason

NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
CONSENT, CONTRACT, INTEREST = ConsentBasis.CONSENT, ConsentBasis.CONTRACT, ConsentBasis.LEGITIMATE_INTEREST
#: A consent that the person confirmed.
CONFIRMED = "CONFIRMED"
LEAD_TYPES = {
    "lead_id": pl.Int64,
    "country": pl.String,
    "email_kind": pl.String,
    "has_address": pl.Boolean,
    "suppressed_by": pl.String,
    "source": pl.String,
}


def lead(country: str | None = None, kind: str | None = "BUSINESS", **other: Any) -> dict[str, Any]:
    return {"lead_id": 1, "country": country, "email_kind": kind, "has_address": True, "suppressed_by": None, "source": "fair"} | other  # fmt: skip


def on_file(basis: str, **other: Any) -> dict[str, Any]:
    is_confirmed = basis == CONFIRMED
    row = dict.fromkeys(CONSENTS, None) | {"lead_id": 1, "account_id": 1, "basis": CONSENT.value if is_confirmed else str(basis)}  # fmt: skip
    return row | {"is_confirmed": is_confirmed, "given_at": NOW - timedelta(days=30)} | other


def ask(
    person: dict[str, Any], *consents: dict[str, Any], at: datetime = NOW, **columns: Any
) -> dict[str, Any]:
    frame = pl.DataFrame([person], schema=LEAD_TYPES).with_columns(**columns)
    found = permission.with_permission(frame, pl.DataFrame(list(consents), schema=CONSENTS), as_of=at)
    return found.row(0, named=True)


#: regime -> which bases alone permit a company's address, and a private one.
RULES = {
    permission.Regime.PROVEN: ({CONFIRMED, CONTRACT}, {CONFIRMED, CONTRACT}),
    permission.Regime.EXPRESS: ({CONFIRMED, CONSENT, CONTRACT}, {CONFIRMED, CONSENT, CONTRACT}),
    permission.Regime.IMPLIED: (
        {CONFIRMED, CONSENT, CONTRACT, INTEREST},
        {CONFIRMED, CONSENT, CONTRACT, INTEREST},
    ),
    permission.Regime.INTEREST: (
        {CONFIRMED, CONSENT, CONTRACT, INTEREST},
        {CONFIRMED, CONSENT, CONTRACT},
    ),
    permission.Regime.OPT_OUT: (
        {CONFIRMED, CONSENT, CONTRACT, INTEREST, None},
        {CONFIRMED, CONSENT, CONTRACT, INTEREST, None},
    ),
}  # fmt: skip
#: As lawyers would say it, apart from the table of the product.
EXPECTED = {
    "PROVEN": ["DE", "AT"],
    "EXPRESS": ["CH", "BE", "CZ", "DK", "ES", "GR", "IT", "NL", "PL", "AU", "NZ"],
    "IMPLIED": ["CA"],
    "INTEREST": ["GB", "FR", "IE", "SE", "PT", "FI", "BR", None],
    "OPT_OUT": ["US"],
}
BY_COUNTRY = [(country, regime) for regime, countries in EXPECTED.items() for country in countries]


@pytest.mark.parametrize(("country", "regime"), BY_COUNTRY)
@pytest.mark.parametrize("kind", [EmailKind.BUSINESS, EmailKind.FREE, EmailKind.ACADEMIC, None])
@pytest.mark.parametrize("basis", [CONFIRMED, CONSENT, CONTRACT, INTEREST, None])
def test_a_country_takes_its_own_bases_and_no_other(
    country: str | None, regime: str, kind: str | None, basis: str | None
) -> None:
    consents = [on_file(basis)] if basis else []

    found = ask(lead(country, kind), *consents)

    company, private = RULES[permission.Regime(regime)]
    assert found["may_mail"] == (basis in (company if kind == EmailKind.BUSINESS else private))
    assert found["mail_hold"] == (None if found["may_mail"] else HoldReason.NO_CONSENT)


def test_every_country_of_the_table_is_tested() -> None:
    assert set(permission.COUNTRIES) <= {country for country, _ in BY_COUNTRY}


@pytest.mark.parametrize("basis", [CONFIRMED, CONTRACT])
@pytest.mark.parametrize("country", ["DE", "PL", "CA", "GB", None])
def test_a_basis_with_an_end_permits_to_its_last_second(country: str | None, basis: str) -> None:
    consent = on_file(basis, expires_at=NOW)

    before = ask(lead(country), consent, at=NOW - SECOND)
    at = ask(lead(country), consent, at=NOW)
    later = ask(lead(country), consent, at=NOW + SECOND)

    assert (before["may_mail"], before["permitted_until"]) == (True, NOW)
    assert (at["may_mail"], later["may_mail"]) == (False, False)
    assert at["permitted_until"] is None


@pytest.mark.parametrize(
    ("basis", "given", "end"),
    [
        (CONTRACT, datetime(2024, 2, 29, 8, tzinfo=UTC), datetime(2026, 2, 28, 8, tzinfo=UTC)),
        (CONTRACT, datetime(2024, 6, 1, 9, tzinfo=UTC), datetime(2026, 6, 1, 9, tzinfo=UTC)),
        (INTEREST, datetime(2025, 12, 1, 9, tzinfo=UTC), datetime(2026, 6, 1, 9, tzinfo=UTC)),
        (INTEREST, datetime(2025, 8, 31, 9, tzinfo=UTC), datetime(2026, 2, 28, 9, tzinfo=UTC)),
    ],
)
def test_what_implies_consent_in_canada_ends_to_the_second(
    basis: str, given: datetime, end: datetime
) -> None:
    consent = on_file(basis, given_at=given)

    assert ask(lead("CA"), consent, at=end - SECOND)["permitted_until"] == end
    assert ask(lead("CA"), consent, at=end - SECOND)["may_mail"] is True
    assert ask(lead("CA"), consent, at=end)["may_mail"] is False
    assert ask(lead("CA"), consent, at=end + SECOND)["may_mail"] is False
    assert ask(lead("GB"), consent, at=end)["may_mail"] is True


def test_the_earlier_of_two_ends_counts() -> None:
    consent = on_file(INTEREST, given_at=NOW - timedelta(days=30), expires_at=NOW + timedelta(days=1))

    assert ask(lead("CA"), consent)["permitted_until"] == NOW + timedelta(days=1)


def test_express_consent_in_canada_has_no_end() -> None:
    found = ask(lead("CA"), on_file(CONSENT, given_at=NOW - timedelta(days=4000)))

    assert (found["may_mail"], found["permitted_until"]) == (True, None)


def test_an_inquiry_without_a_date_implies_nothing_in_canada() -> None:
    found = ask(lead("CA"), on_file(INTEREST, given_at=None))

    assert found["mail_hold"] == "NO_CONSENT"
    assert "without a date" in found["permission_detail"]


@pytest.mark.parametrize("country", ["DE", "PL", "CA", "GB", "US", None])
def test_a_consent_taken_back_counts_no_more_from_that_second(country: str | None) -> None:
    consent = on_file(CONFIRMED, withdrawn_at=NOW)

    assert ask(lead(country), consent, at=NOW - SECOND)["may_mail"] is True
    assert ask(lead(country), consent, at=NOW)["mail_hold"] == "NO_CONSENT"
    assert ask(lead(country), consent, at=NOW + SECOND)["mail_hold"] == "NO_CONSENT"


def test_a_consent_counts_from_the_second_it_was_given() -> None:
    consent = on_file(CONFIRMED, given_at=NOW)

    assert ask(lead("DE"), consent, at=NOW - SECOND)["may_mail"] is False
    assert ask(lead("DE"), consent, at=NOW)["may_mail"] is True


def test_the_longest_of_several_bases_counts() -> None:
    soon, later = NOW + timedelta(days=1), NOW + timedelta(days=9)

    two = ask(lead("PL"), on_file(CONSENT, expires_at=soon), on_file(CONTRACT, expires_at=later))
    endless = ask(lead("PL"), on_file(CONSENT, expires_at=soon), on_file(CONTRACT))

    assert (two["permitted_until"], two["permission_basis"]) == (later, "CONSENT")
    assert endless["permitted_until"] is None


def test_a_person_who_came_back_after_a_withdrawal_may_be_mailed() -> None:
    found = ask(lead("US"), on_file(CONSENT, withdrawn_at=NOW - SECOND), on_file(CONFIRMED))

    assert found["may_mail"] is True


def test_a_no_comes_before_everything_and_a_missing_address_before_consent() -> None:
    said_no = ask(lead("US", has_address=False, suppressed_by="hard_bounce"), on_file(CONFIRMED))
    nowhere = ask(lead("DE", None, has_address=False))

    assert (said_no["mail_hold"], said_no["permission_detail"]) == (
        "SUPPRESSED",
        "Said no or cannot be reached: hard bounce",
    )
    assert (nowhere["mail_hold"], nowhere["permission_detail"]) == ("NO_ADDRESS", "No e-mail address")
    assert said_no["permitted_until"] is None
    assert said_no["permission_basis"] is None


@pytest.mark.parametrize(
    ("country", "consents", "text"),
    [
        ("DE", [on_file(INTEREST)], "Germany asks for the person's own confirmed consent, or an existing customer; on file: legitimate interest"),
        ("DE", [on_file(CONSENT)], "Germany asks for the person's own confirmed consent, or an existing customer; on file: consent, not confirmed"),
        ("PL", [], "Poland asks for the person's consent, or an existing customer; on file: nothing"),
        ("CA", [on_file(CONTRACT, given_at=NOW - timedelta(days=1000))], "Canada asks for consent, a contract of the last 2 years or an inquiry of the last 6 months; on file: existing customer, ended 2025-09-05"),
        (None, [on_file(CONSENT, withdrawn_at=NOW), on_file(INTEREST, withdrawn_at=NOW)], "The EU's common rule (country unknown) asks for a reason on file, and for consent where the address is private; on file: consent, withdrawn 2026-06-01; legitimate interest, withdrawn 2026-06-01"),
        ("FR", [on_file(CONSENT, given_at=NOW + timedelta(days=2))], "The EU's common rule (FR) asks for a reason on file, and for consent where the address is private; on file: consent, from 2026-06-03"),
    ],
)  # fmt: skip
def test_a_hold_says_what_is_asked_and_what_is_on_file(
    country: str | None, consents: list[dict[str, Any]], text: str
) -> None:
    found = ask(lead(country), *consents)

    assert found["permission_detail"] == text
    assert len(text) <= 255


def test_the_first_contact_on_a_legitimate_interest_needs_a_notice() -> None:
    assert ask(lead("GB"), on_file(INTEREST))["needs_notice"] is True
    assert ask(lead("GB"), on_file(INTEREST), is_first_contact=pl.lit(False))["needs_notice"] is False
    assert ask(lead("GB"), on_file(INTEREST), on_file(CONTRACT))["needs_notice"] is False
    assert ask(lead("DE"), on_file(INTEREST))["needs_notice"] is False
    assert ask(lead("US"))["needs_notice"] is False


def test_rows_keep_their_order_and_their_columns() -> None:
    rows = [lead("DE") | {"lead_id": number} for number in (5, 3, 9, 1)]
    frame = pl.DataFrame(rows, schema=LEAD_TYPES)

    found = permission.with_permission(frame, pl.DataFrame(schema=CONSENTS), as_of=NOW)

    assert found["lead_id"].to_list() == [5, 3, 9, 1]
    assert found.select(frame.columns).equals(frame)
    assert not [name for name in found.columns if name.startswith("_")]
    assert found.schema["permitted_until"] == permission.INSTANT


MOMENTS = st.one_of(st.none(), st.integers(-900, 900).map(lambda days: NOW + timedelta(days=days)))
CONSENT_ROWS = st.builds(
    on_file,
    st.sampled_from([CONFIRMED, CONSENT, CONTRACT, INTEREST]),
    given_at=MOMENTS,
    expires_at=MOMENTS,
    withdrawn_at=MOMENTS,
)


@given(
    st.sampled_from([country for country, _ in BY_COUNTRY]),
    st.sampled_from(["BUSINESS", "FREE", None]),
    st.lists(CONSENT_ROWS, max_size=4),
)
def test_a_permission_holds_to_its_end_and_never_longer(
    country: str | None, kind: str | None, consents: list[dict[str, Any]]
) -> None:
    found = ask(lead(country, kind), *consents)
    end = found["permitted_until"]

    assert found["may_mail"] == (found["mail_hold"] is None)
    if end is not None:
        assert end > NOW
        # Nothing that is on file begins or is taken back meanwhile: then it holds to the end.
        if all((row[name] or NOW) <= NOW for row in consents for name in ("given_at", "withdrawn_at")):
            assert ask(lead(country, kind), *consents, at=end - SECOND)["may_mail"] is True
            assert ask(lead(country, kind), *consents, at=end)["may_mail"] is False


@given(st.lists(CONSENT_ROWS, max_size=4), st.randoms(use_true_random=False))
def test_the_order_of_consents_carries_no_meaning(consents: list[dict[str, Any]], chance: Any) -> None:
    shuffled = list(consents)
    chance.shuffle(shuffled)

    assert ask(lead("CA"), *consents) == ask(lead("CA"), *shuffled)
