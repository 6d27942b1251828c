"""The numbers behind a hold, in words for people."""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from coldframe.kernel.planning import cadence, enrolling
from coldframe.kernel.playbook import expressions
from coldframe.kernel.playbook.model import Playbook
from coldframe.kernel.vocabulary import HoldReason


def detail(playbook: Playbook, *, among: Collection[str]) -> pl.Expr:
    """Return what stands behind each ``hold`` of the working frame, as text, where it is one of these; texts are dear."""
    cases: dict[HoldReason, pl.Expr] = {
        HoldReason.SALES_ACTIVE: pl.format("{} at this account", pl.col("silence")),
        HoldReason.HOLDOUT: pl.lit(f"{playbook.experiment.holdout} of accounts are kept out, to measure by"),
        HoldReason.NO_CONSENT: pl.col("permission_detail"),
        HoldReason.SUPPRESSED: pl.col("permission_detail"),
        HoldReason.NO_ADDRESS: pl.col("permission_detail"),
        HoldReason.EXITED: pl.format("Exit “{}”", enrolling.exited(playbook).str.replace_all("_", " ")),
        HoldReason.PAUSED: _paused(),
        HoldReason.WAVE: pl.lit(
            "first contact with somebody who has been quiet; woken as the mailbox allows"
        ),
        HoldReason.EXHAUSTED: pl.format("nothing new is left in the pool of {}", pl.col("path")),
        HoldReason.CEILING: _since(", ".join(map(str, playbook.cadence.at_most))),
        HoldReason.PATH_LIMIT: _by_path({path.name: _limit(path.at_most) for path in playbook.paths}),
        HoldReason.COLLEAGUE: pl.lit(f"{playbook.cadence.per_account} for the whole account"),
        HoldReason.CADENCE: _by_path(_paces(playbook)),
        HoldReason.QUIET_HOURS: _hour(),
    }
    chain = pl.lit(None, dtype=pl.String)
    for word, text in cases.items():
        if word.value not in among:
            continue
        chain = pl.when(pl.col("hold") == word.value).then(text).otherwise(chain)
    return chain


def _day(column: str) -> pl.Expr:
    return pl.col(column).dt.strftime("%Y-%m-%d")


def _since(rates: str) -> pl.Expr:
    return pl.format("{}: last on {}", pl.lit(rates), _day("last_at").fill_null("no day"))


def _by_path(texts: dict[str, str]) -> pl.Expr:
    text = expressions.looked_up(pl.col("path"), texts, dtype=pl.String, otherwise="")
    return pl.format("{}: last on {}", text, _day("last_at").fill_null("no day"))


def _limit(limit: object) -> str:
    first, then = getattr(limit, "first", None), getattr(limit, "then", None)
    return f"{first}, then {then}" if then else str(first or "")


def _paces(playbook: Playbook) -> dict[str, str]:
    return {
        path.name: f"{(path.cadence and path.cadence.between) or cadence.USUAL} between contacts, the sooner the more intent"
        for path in playbook.paths
    }


def _paused() -> pl.Expr:
    until = pl.format("until {}", _day("pause_at").fill_null("a person says so"))
    by_person = pl.col("is_paused").fill_null(False)
    by_sales = (pl.col("not_before") == pl.col("pause_at")).fill_null(False)
    return (
        pl.when(by_person)
        .then(pl.format("paused by a person {}: {}", until, pl.col("override_reason").fill_null("")))
        .when(by_sales)
        .then(pl.format("sales asked to wait {}", until))
        .otherwise(pl.format("the lead asked for a pause {}", until))
    )


def _hour() -> pl.Expr:
    """The hour in UTC beside the zone: the zone of each row differs, and one column has one zone."""
    known = (
        pl.when(pl.col("zone_from") == "otherwise")
        .then(pl.lit("the playbook's, none being known"))
        .otherwise("zone_from")
    )
    return pl.format(
        "their next own hour is {} UTC; zone {} ({})",
        pl.col("next_at").dt.strftime("%Y-%m-%d %H:%M"),
        pl.col("zone"),
        known,
    )
