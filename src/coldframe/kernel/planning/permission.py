"""
Who may be mailed, by the rules of the person's country: a table, and one pass over a frame.

The table says what each country asks for before a first commercial message to somebody at work. It is
cautious where practice differs, and it is no legal advice: a stricter house adds to it, a looser one has its
lawyers say so. What is on file is a *basis* (``ConsentBasis``); the country decides whether it is enough, and
for how long.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache

import polars as pl

from coldframe.kernel.frames import INSTANT
from coldframe.kernel.playbook import expressions
from coldframe.kernel.running import collected
from coldframe.kernel.vocabulary import ConsentBasis, EmailKind, HoldReason


class Regime(StrEnum):
    """What a country asks for before a company may be written to."""

    #: The person's own consent, proven by an act of theirs (double opt-in); or an existing customer.
    PROVEN = "PROVEN"
    #: The person's consent, companies included; or an existing customer.
    EXPRESS = "EXPRESS"
    #: Consent, or for a time what implies it: a contract, or an inquiry.
    IMPLIED = "IMPLIED"
    #: A legitimate interest is enough for an address at a company; a private one needs consent.
    INTEREST = "INTEREST"
    #: Anybody until they say no.
    OPT_OUT = "OPT_OUT"


@dataclass(frozen=True)
class Country:
    """A country of the table."""

    name: str
    regime: Regime


#: ISO 3166 alpha-2 -> rule. A country that is not listed, and an unknown one, is treated as the EU's common rule.
COUNTRIES: dict[str, Country] = {
    # UWG § 7 (2) no. 2: prior express consent, between companies too; § 7 (3): existing customers, own similar
    # offers. The sender proves the consent, which the courts take from a double opt-in (BGH I ZR 164/09).
    "DE": Country("Germany", Regime.PROVEN),
    # TKG 2021 § 174 (3) and (4): consent, companies included; existing customers.
    "AT": Country("Austria", Regime.PROVEN),
    # UWG art. 3 (1) lit. o: consent for mass mail whoever receives it; existing customers.
    "CH": Country("Switzerland", Regime.EXPRESS),
    # Royal decree of 4 April 2003, art. 1: only impersonal addresses of companies and customers go without consent.
    "BE": Country("Belgium", Regime.EXPRESS),
    # Act 480/2004, § 7: consent of the addressee; customers.
    "CZ": Country("Czechia", Regime.EXPRESS),
    # Marketing Practices Act, § 10: consent, whoever receives it; customers.
    "DK": Country("Denmark", Regime.EXPRESS),
    # LSSI art. 21: consent, companies included; existing contracts.
    "ES": Country("Spain", Regime.EXPRESS),
    # Law 3471/2006, art. 11 (7): companies are protected as people are; customers.
    "GR": Country("Greece", Regime.EXPRESS),
    # Codice privacy, art. 130: every contracting party, companies included; customers.
    "IT": Country("Italy", Regime.EXPRESS),
    # Telecommunicatiewet art. 11.7: companies too, since 2009; customers.
    "NL": Country("the Netherlands", Regime.EXPRESS),
    # Electronic Communications Law of 2024, art. 398: consent of the end user, companies included.
    "PL": Country("Poland", Regime.EXPRESS),
    # Spam Act 2003, schedule 2: express consent, or inferred from a business relationship.
    "AU": Country("Australia", Regime.EXPRESS),
    # Unsolicited Electronic Messages Act 2007, section 4: express, or inferred from a business relationship.
    "NZ": Country("New Zealand", Regime.EXPRESS),
    # CASL, section 10: express consent; implied by a purchase or contract for 2 years, by an inquiry for 6 months.
    "CA": Country("Canada", Regime.IMPLIED),
    # PECR reg. 22 protects individual subscribers; corporate ones may be written to, their names are personal data
    # under the UK GDPR. Of an address whose subscriber is unknown the ICO asks to assume an individual.
    "GB": Country("the United Kingdom", Regime.INTEREST),
    # CAN-SPAM Act, 15 U.S.C. 7704: no consent, but a postal address and a way out that is honored.
    "US": Country("the United States", Regime.OPT_OUT),
}  # fmt: skip
#: ePrivacy directive, art. 13 (5), with GDPR art. 6 (1) (f): the common rule where the country says nothing of its own.
ELSEWHERE = Regime.INTEREST


def asks_for_proof(country: str) -> bool:
    """Return whether the law of a country (ISO 3166 alpha-2) asks for the proof of a consent: a double opt-in."""
    return country in COUNTRIES and COUNTRIES[country].regime is Regime.PROVEN


#: How long a basis implies consent where it only does so for a time (CASL section 10 (10)).
IMPLIED_FOR = {ConsentBasis.CONTRACT: "2y", ConsentBasis.LEGITIMATE_INTEREST: "6mo"}

#: What each regime asks for, after the country's name.
ASKS = {
    Regime.PROVEN: "asks for the person's own confirmed consent, or an existing customer",
    Regime.EXPRESS: "asks for the person's consent, or an existing customer",
    Regime.IMPLIED: "asks for consent, a contract of the last 2 years or an inquiry of the last 6 months",
    Regime.INTEREST: "asks for a reason on file, and for consent where the address is private",
    Regime.OPT_OUT: "lets anybody be written to who did not say no",
}
BASIS_WORDS = {
    ConsentBasis.CONSENT.value: "consent",
    ConsentBasis.CONTRACT.value: "existing customer",
    ConsentBasis.LEGITIMATE_INTEREST.value: "legitimate interest",
}
#: Strongest first.
BASIS_ORDER = (ConsentBasis.CONSENT, ConsentBasis.CONTRACT, ConsentBasis.LEGITIMATE_INTEREST)

_CONSENT, _CONTRACT, _INTEREST = (basis.value for basis in BASIS_ORDER)
#: The instant for which is asked, a column of the working frames, so that what is made serves at any instant.
NOW = pl.col("_now")
#: Columns that the consents of a lead come to.
ON_FILE: dict[str, pl.DataType | type[pl.DataType]] = {
    "_rank": pl.Int64,  # of the strongest basis that holds, by BASIS_ORDER
    "_is_endless": pl.Boolean,
    "_ends_at": INSTANT,  # the latest end of those that hold
    "_has_withdrawn": pl.Boolean,
    "_file": pl.String,  # what is on file where nothing is enough, for people
}


def with_permission(frame: pl.DataFrame, consents: pl.DataFrame, *, as_of: datetime) -> pl.DataFrame:
    """
    Say for each lead whether it may be mailed at an instant, until when, and why or why not.

    ``frame``: one row per lead with ``lead_id``, ``country`` (ISO 3166 alpha-2: the person's, else the
    account's; null: unknown), ``email_kind`` (null: treated as private), ``has_address``, ``suppressed_by``
    (null: nobody said no), and where known ``is_first_contact`` (no mail has reached it; absent: true).
    ``consents``: rows of ``kernel.frames.CONSENTS`` for one purpose.

    Adds, in the frame's order, ``may_mail``; ``mail_hold`` (SUPPRESSED, NO_ADDRESS or NO_CONSENT; null
    where the lead may be mailed); ``permitted_until`` (null: no end; the instant itself is past it);
    ``permission_basis`` (a word of ``ConsentBasis``; null where none is needed); ``permission_detail`` for
    people; ``needs_notice`` (the first mail on a legitimate interest must say where the address is from).
    """
    now = expressions.instant(as_of).alias("_now")
    ruled, said, told = _steps("is_first_contact" in frame.columns)
    leads = frame.lazy().with_columns(now, *ruled)
    found = on_file(leads, consents, rows=frame.height)
    if found is None:
        leads = leads.with_columns(NOTHING_ON_FILE)
    else:
        leads = leads.join(found, on="lead_id", how="left", maintain_order="left")
    known = leads.with_columns(said).with_columns(told).drop("_regime", "_is_company", "_now", *ON_FILE)
    return collected(known, rows=frame.height)


@cache
def _steps(knows_first_contact: bool) -> tuple[list[pl.Expr], list[pl.Expr], list[pl.Expr]]:
    """What is made of a lead alone, then of what is on file for it, then of that."""
    ruled = [
        regime_of(pl.col("country")).alias("_regime"),
        (pl.col("email_kind") == EmailKind.BUSINESS.value).fill_null(False).alias("_is_company"),
    ]
    said, told = decided(knows_first_contact)
    return ruled, said, told


def regime_of(country: pl.Expr) -> pl.Expr:
    """Return the word of ``Regime`` that a country's code comes to."""
    regimes = {code: rule.regime.value for code, rule in COUNTRIES.items()}
    return expressions.looked_up(country, regimes, dtype=pl.String, otherwise=ELSEWHERE.value)


NOTHING_ON_FILE = [pl.lit(None, dtype=dtype).alias(name) for name, dtype in ON_FILE.items()]


def on_file(leads: pl.LazyFrame, consents: pl.DataFrame, *, rows: int) -> pl.LazyFrame | None:
    """
    Return ``lead_id`` and ``ON_FILE`` for the leads that have a consent, of whatever worth; None: nobody has one.

    ``leads``: ``lead_id``, ``_regime``, ``_is_company`` and ``_now``; so many ``rows``.
    """
    if consents.is_empty():
        return None
    ends, holds, per_lead = _worth()
    mine = leads.select("lead_id", "_regime", "_is_company", "_now")
    given = collected(
        consents.lazy().join(mine, on="lead_id").with_columns(ends).with_columns(holds), rows=rows
    )
    found = collected(given.lazy().group_by("lead_id").agg(per_lead), rows=rows)
    if not found["_rank"].null_count():
        return found.lazy().with_columns(NO_WORDS)
    # Worked out here: texts are dear, and what follows must not ask for them twice.
    said = collected(in_words(given.lazy(), found.lazy()), rows=rows)
    return found.lazy().join(said.lazy(), on="lead_id", how="left")


NO_WORDS = pl.lit(None, dtype=pl.String).alias("_file")


@cache
def _worth() -> tuple[list[pl.Expr], list[pl.Expr], list[pl.Expr]]:
    """When each consent ends and whether it is enough; whether it holds; and what a lead's come to."""
    begun_and_kept = is_begun(NOW) & ~is_withdrawn(NOW)
    holds = begun_and_kept & (pl.col("_end").is_null() | (pl.col("_end") > NOW)) & pl.col("_is_enough")
    held = pl.col("_holds")
    ranks = pl.Enum([basis.value for basis in BASIS_ORDER])
    rank = pl.col("basis").cast(ranks).to_physical().cast(pl.Int64)
    return (
        [end_of().alias("_end"), is_enough().alias("_is_enough")],
        [holds.alias("_holds"), rank.alias("_rank")],
        [
            pl.col("_rank").filter(held).min(),
            (held & pl.col("_end").is_null()).any().alias("_is_endless"),
            pl.col("_end").filter(held).max().alias("_ends_at"),
            is_withdrawn(NOW).any().alias("_has_withdrawn"),
        ],
    )


def in_words(given: pl.LazyFrame, found: pl.LazyFrame) -> pl.LazyFrame:
    """Return ``lead_id`` and ``_file`` of the leads for whom nothing on file is enough; texts are dear, so of no others."""
    wanting = found.filter(pl.col("_rank").is_null()).select("lead_id")
    said = given.join(wanting, on="lead_id", how="semi").select("lead_id", spoken().alias("_file"))
    return said.unique().group_by("lead_id").agg(pl.col("_file").sort().str.join("; "))


def under(regime: Regime) -> pl.Expr:
    """Return whether a row's country is of a regime."""
    return pl.col("_regime") == regime.value


def end_of() -> pl.Expr:
    """Return when a consent ends by its own date or by the country's; null: it does not."""
    spans = {basis.value: span for basis, span in IMPLIED_FOR.items()}
    span = expressions.looked_up(pl.col("basis"), spans, dtype=pl.String)
    is_for_a_time = under(Regime.IMPLIED) & span.is_not_null()
    by_law = pl.when(is_for_a_time).then(pl.col("given_at").dt.offset_by(span.fill_null("0d")))
    return pl.min_horizontal("expires_at", by_law)


def is_enough() -> pl.Expr:
    """Return whether a basis is one that the country takes."""
    basis, is_dated = pl.col("basis"), pl.col("given_at").is_not_null()
    is_consent, is_contract = basis == _CONSENT, basis == _CONTRACT
    return (
        pl.when(under(Regime.PROVEN))
        .then((is_consent & pl.col("is_confirmed")) | is_contract)
        .when(under(Regime.EXPRESS))
        .then(is_consent | is_contract)
        .when(under(Regime.IMPLIED))
        # What implies consent for a time is worth nothing without the day it began.
        .then(is_consent | is_dated)
        .when(under(Regime.INTEREST))
        .then(is_consent | is_contract | pl.col("_is_company"))
        .otherwise(True)
    )


def is_begun(now: pl.Expr) -> pl.Expr:
    """Return whether a consent was given by now."""
    return (pl.col("given_at") <= now).fill_null(True)


def is_withdrawn(now: pl.Expr) -> pl.Expr:
    """Return whether a consent was withdrawn by now."""
    return (pl.col("withdrawn_at") <= now).fill_null(False)


@cache
def spoken() -> pl.Expr:
    """Return a consent in words, with what is wrong with it: ``consent, withdrawn 2026-03-02``."""
    word = expressions.looked_up(pl.col("basis"), BASIS_WORDS, dtype=pl.String)
    is_unproven = under(Regime.PROVEN) & (pl.col("basis") == _CONSENT) & ~pl.col("is_confirmed")
    ended = pl.col("_end").is_not_null() & (pl.col("_end") <= NOW)
    flaw = (
        pl.when(is_withdrawn(NOW))
        .then(pl.format(", withdrawn {}", day("withdrawn_at")))
        .when(ended)
        .then(pl.format(", ended {}", day("_end")))
        .when(~is_begun(NOW))
        .then(pl.format(", from {}", day("given_at")))
        .when(is_unproven)
        .then(pl.lit(", not confirmed"))
        .when(under(Regime.IMPLIED) & ~pl.col("_is_enough"))
        .then(pl.lit(", without a date"))
        .otherwise(pl.lit(""))
    )
    return word + flaw


def day(column: str) -> pl.Expr:
    """Return the day of an instant as text, empty where there is none."""
    return pl.col(column).dt.strftime("%Y-%m-%d").fill_null("")


def decided(knows_first_contact: bool) -> tuple[list[pl.Expr], list[pl.Expr]]:
    """Return what ``with_permission`` promises of leads that know their regime and what is on file, in two steps."""
    holds = pl.col("_rank").is_not_null()
    # A person who took a consent back has said no, even where nobody had to ask.
    is_free = under(Regime.OPT_OUT) & ~pl.col("_has_withdrawn").fill_null(False)
    is_permitted = holds | is_free
    hold = (
        pl.when(pl.col("suppressed_by").is_not_null())
        .then(pl.lit(HoldReason.SUPPRESSED.value))
        .when(~pl.col("has_address"))
        .then(pl.lit(HoldReason.NO_ADDRESS.value))
        .when(~is_permitted)
        .then(pl.lit(HoldReason.NO_CONSENT.value))
    )
    basis = pl.lit(pl.Series([basis.value for basis in BASIS_ORDER])).gather(pl.col("_rank"))
    is_endless = is_free | pl.col("_is_endless").fill_null(False)
    first = pl.col("is_first_contact") if knows_first_contact else pl.lit(True)
    return [
        hold.is_null().alias("may_mail"),
        hold.alias("mail_hold"),
        pl.when(hold.is_null() & ~is_endless).then("_ends_at").alias("permitted_until"),
        pl.when(hold.is_null()).then(basis).alias("permission_basis"),
    ], [
        detail().alias("permission_detail"),
        (first & (pl.col("permission_basis") == _INTEREST)).fill_null(False).alias("needs_notice"),
    ]


def detail() -> pl.Expr:
    """Return in words why a lead may or may not be mailed."""
    names = {code: rule.name[0].upper() + rule.name[1:] for code, rule in COUNTRIES.items()}
    country = pl.col("country")
    place = (
        pl.when(country.is_null())
        .then(pl.lit("The EU's common rule (country unknown)"))
        .otherwise(
            expressions.looked_up(
                country, names, dtype=pl.String, otherwise=pl.format("The EU's common rule ({})", country)
            )
        )
    )
    asks = expressions.looked_up(
        pl.col("_regime"), {regime.value: text for regime, text in ASKS.items()}, dtype=pl.String
    )
    basis = expressions.looked_up(pl.col("permission_basis"), BASIS_WORDS, dtype=pl.String)
    filed = pl.format("on file: {}", pl.coalesce(basis, "_file", pl.lit("nothing")))
    return (
        pl.when(pl.col("suppressed_by").is_not_null())
        .then(
            pl.format("Said no or cannot be reached: {}", pl.col("suppressed_by").str.replace_all("_", " "))
        )
        .when(~pl.col("has_address"))
        .then(pl.lit("No e-mail address"))
        .otherwise(pl.format("{} {}; {}", place, asks, filed))
    )
