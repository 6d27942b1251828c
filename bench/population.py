"""
A seeded population of leads, as the frames of the kernel.

Many are quiet and few are busy; a year and a half of events of some five hundred shapes, of which sends and
opens are two fifths; every third fact is missing somewhere. The same seed gives the same frames.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import polars as pl

from coldframe.kernel.frames import ACCOUNTS, EVENTS, INSTANT, LEADS, OPPORTUNITIES, SHAPES, Facts

Contract = dict[str, pl.DataType | type[pl.DataType]]
DAY = 86_400_000_000
HISTORY_DAYS = 540
ACCOUNTS_PER_LEAD = 0.3
EVENTS_PER_LEAD = 20
SHAPE_COUNT = 500
#: How much busier the busiest are; 1 would be all alike.
SKEW = 1.7
#: Kind of event, and its share of all.
KINDS = {
    "page": 0.44, "email_sent": 0.18, "email_delivered": 0.12, "email_opened": 0.12, "link_clicked": 0.05,
    "asset_downloaded": 0.03, "webinar_registered": 0.015, "webinar_attended": 0.01, "form_submitted": 0.015,
    "call": 0.015, "replied": 0.004, "meeting_booked": 0.001,
}  # fmt: skip
PATHS = (
    "/",
    "/blog/",
    "/guides/",
    "/compare/",
    "/customers/",
    "/pricing",
    "/docs/",
    "/about/",
    "/careers/",
    "/news/",
)
INDUSTRIES = (
    "software",
    "it services",
    "fintech",
    "manufacturing",
    "retail",
    "agriculture",
    "hospital",
    "media",
    None,
)
ROLES = ("ECONOMIC_BUYER", "CHAMPION", "USER", "TECHNICAL_EVALUATOR", "PROCUREMENT", "UNKNOWN", None, None)
COUNTRIES = ("PL", "DE", "AT", "CH", "NL", "SE", "US", "GB", None)
TITLES = (
    "Head of Marketing",
    "CTO",
    "RevOps lead",
    "VP Sales",
    "Analyst",
    "Student",
    "Managing director",
    None,
)
MESSAGES = (None,) * 46 + (
    "Please send me a price.",
    "We offer a guest post.",
    "My thesis needs data.",
    "How long does it take?",
)


def make(leads: int, *, as_of: datetime, seed: int = 1) -> Facts:
    """
    Return so many leads in three tenths as many accounts, with twenty events each on average.

    Everything has happened by ``as_of``. Leads and accounts have every column of their contracts.
    """
    accounts = max(1, int(leads * ACCOUNTS_PER_LEAD))
    return Facts(
        leads=_whole(_leads(leads, accounts, as_of, seed), LEADS),
        accounts=_whole(_accounts(accounts, as_of, seed + 100), ACCOUNTS),
        events=_events(leads, as_of, seed + 200),
        shapes=_shapes(),
        opportunities=_opportunities(accounts, as_of, seed + 300),
    )


def _whole(frame: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """Add the columns that nobody has filled."""
    return frame.select(
        pl.col(name).cast(dtype) if name in frame.columns else pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in contract.items()
    )


def uniform(rows: int, seed: int) -> pl.Series:
    """Return numbers from 0 to 1, the same for the same seed."""
    return (pl.int_range(rows, eager=True).hash(seed) // 2048).cast(pl.Float64) / 2.0**53


def _pick(rows: int, seed: int, words: Sequence[Any]) -> pl.Series:
    index = (uniform(rows, seed) * len(words)).cast(pl.UInt32)
    return pl.Series(words).gather(index)


def _days_ago(rows: int, as_of: datetime, seed: int, most: float) -> pl.Series:
    age = (uniform(rows, seed) * most * DAY).cast(pl.Int64)
    return (int(as_of.timestamp()) * 1_000_000 - age).cast(INSTANT)


def _leads(rows: int, accounts: int, as_of: datetime, seed: int) -> pl.DataFrame:
    suppressed = (None,) * 95 + ("unsubscribe", "unsubscribe", "opt_out", "complaint", "hard_bounce")
    return pl.DataFrame(
        {
            "lead_id": pl.int_range(1, rows + 1, eager=True),
            "account_id": (uniform(rows, seed) * accounts).cast(pl.Int64) + 1,
            "is_role_address": _pick(rows, seed + 13, (False,) * 9 + (True,)),
            "email_kind": _pick(
                rows, seed + 1, ("BUSINESS", "BUSINESS", "BUSINESS", "FREE", "ACADEMIC", None)
            ),
            "job_title": _pick(rows, seed + 2, TITLES),
            "role": _pick(rows, seed + 3, ROLES),
            "country": _pick(rows, seed + 4, COUNTRIES),
            "source": _pick(rows, seed + 5, ("website", "webinar", "list", "fair", None)),
            "form": _pick(rows, seed + 6, ("contact", "newsletter", "demo", "careers", None, None, None)),
            "message": _pick(rows, seed + 7, MESSAGES),
            "known_problem": _pick(rows, seed + 8, ("manual reporting", "lead quality", None, None)),
            "suppressed_by": _pick(rows, seed + 9, suppressed),
            "entered_at": _days_ago(rows, as_of, seed + 10, HISTORY_DAYS),
            "status": _pick(rows, seed + 11, ("NURTURE",) * 7 + ("DISQUALIFIED", "SALES_REVIEW", None)),
            "status_since": _days_ago(rows, as_of, seed + 12, HISTORY_DAYS / 2),
        },
        schema_overrides={name: LEADS[name] for name in ("lead_id", "account_id")},
    )


def _accounts(rows: int, as_of: datetime, seed: int) -> pl.DataFrame:
    ids = pl.int_range(1, rows + 1, eager=True)
    renewal = _days_ago(rows, as_of, seed + 3, -700).cast(pl.Date)
    return pl.DataFrame(
        {
            "account_id": ids,
            "name": pl.select(pl.format("Company {}", ids)).to_series(),
            "domain": pl.select(pl.format("company-{}.example", ids)).to_series(),
            "industry": _pick(rows, seed, INDUSTRIES),
            "employees": _pick(rows, seed + 1, (3, 12, 25, 60, 120, 400, 900, 5000, None)),
            "country": _pick(rows, seed + 2, COUNTRIES),
            "renewal_on": pl.select(pl.when(uniform(rows, seed + 4) < 0.1).then(renewal)).to_series(),
        },
        schema_overrides={name: ACCOUNTS[name] for name in ("account_id", "employees", "renewal_on")},
    )


def _shapes() -> pl.DataFrame:
    rows: list[dict[str, Any]] = []
    for kind, share in KINDS.items():
        rows += [_shape(kind, number) for number in range(max(1, round(share * SHAPE_COUNT)))]
    numbered = [{**row, "shape_id": number} for number, row in enumerate(rows, start=1)]
    return pl.DataFrame(numbered, schema=SHAPES)


def _shape(kind: str, number: int) -> dict[str, Any]:
    texts: dict[str, Any] = dict.fromkeys(SHAPES, "")
    about = {
        "page": {"path": f"{PATHS[number % len(PATHS)]}{number}"},
        "asset_downloaded": {
            "asset": ("why-it-happens", "guide", "compare", "scope", "unlisted")[number % 5]
        },
        "link_clicked": {"asset": ("one-pager", "guide", "")[number % 3], "campaign": f"wave {number}"},
        "form_submitted": {"form": ("newsletter", "demo", "pricing", "guide")[number % 4]},
    }
    return {**texts, "kind": kind, **about.get(kind, {"campaign": f"wave {number}"})}


def _events(leads: int, as_of: datetime, seed: int) -> pl.DataFrame:
    rows = leads * EVENTS_PER_LEAD
    shapes = _shapes().height
    scrambled = (uniform(rows, seed) ** SKEW * leads).cast(pl.Int64) * 7919 % leads
    return pl.DataFrame(
        {
            "lead_id": scrambled + 1,
            "shape_id": (uniform(rows, seed + 1) * shapes).cast(pl.Int64) + 1,
            "occurred_at": _days_ago(rows, as_of, seed + 2, HISTORY_DAYS),
            "p_human": _pick(rows, seed + 3, (1.0,) * 8 + (0.3, 0.0)).cast(EVENTS["p_human"]),
        }
    )


def _opportunities(accounts: int, as_of: datetime, seed: int) -> pl.DataFrame:
    rows = max(1, accounts // 20)
    state = _pick(rows, seed + 1, ("OPEN", "WON", "LOST", "LOST"))
    return pl.DataFrame(
        {
            "account_id": (uniform(rows, seed) * accounts).cast(pl.Int64) + 1,
            "lead_id": pl.Series([None] * rows, dtype=pl.Int64),
            "state": state,
            "opened_at": _days_ago(rows, as_of, seed + 2, HISTORY_DAYS),
            "closed_at": _days_ago(rows, as_of, seed + 3, 100),
        },
        schema_overrides=OPPORTUNITIES,
    ).with_columns(pl.when(pl.col("state") != "OPEN").then("closed_at").alias("closed_at"))
