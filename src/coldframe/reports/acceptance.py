"""
What sales said of the leads that were put before it: acceptance by trigger, path, segment and rule.

Every figure stands with what it is a share of, its interval, and the handoffs behind it: figures and lists are
taken from the same rows, so that a number and its list never differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

import polars as pl

from coldframe.kernel.measurement import acceptance as kernel
from coldframe.kernel.measurement.acceptance import Leaning
from coldframe.kernel.vocabulary import Refusal
from coldframe.library import queries as library
from coldframe.library.models import PlaybookVersion
from coldframe.nurture import listing, remembering
from coldframe.storage import reads

#: What a report looks back on unless it is told otherwise, and the most: everything.
DAYS, EVERYTHING = 365, 0
MOST_DAYS = 36_500
#: Handoffs are shown as they were read for so many seconds, and for so many times what reading them cost.
SECONDS, PATIENCE = 1.0, 50.0
#: Where the lists behind the figures are, on a served page.
ROWS_PATH = "/results/handoffs"
#: One row per handoff: what is counted, and by what.
HANDED: dict[str, pl.DataType | type[pl.DataType]] = {
    **kernel.OUTCOMES,
    "trigger": pl.String,
    "path": pl.String,  # ? of the lead's last stay; null: it was on none
    "segment": pl.String,  # ? null: it was in none
    "version_id": pl.Int64,  # ? of the playbook that decided; null: nobody knows
    "fit_held": pl.Int64,  # ? bit i: fit rule i of that version held
}


class Dimension(StrEnum):
    """By what acceptance is told."""

    #: Why the lead was put before sales.
    TRIGGER = "trigger"
    #: The path that the lead was on last, before.
    PATH = "path"
    #: The segment of the lead when it was put before sales.
    SEGMENT = "segment"
    #: Each fit rule that held then; a handoff counts under every one of them.
    RULE = "rule"


#: What each figure means, for whoever reads it without the page.
DEFINITIONS: dict[str, str] = {
    "opened": "Handoffs: leads put before sales in the time looked at; a lead counts once for each episode.",
    "answered": "Of the opened: those that sales answered, whichever way, late answers included.",
    "accepted": "Of the answered: those that sales took up.",
    "returned": "Of the answered: not now, wrong person, needs education, not a fit.",
    "waiting": "Of the opened: still open. No answer, so in no share.",
    "lapsed": "Of the opened: not answered before the deadline. No verdict, so in no share.",
    "overtaken": "Of the opened: closed by a deal, a person or a rule before sales answered. In no share.",
    "acceptance_rate": "accepted / answered, with the 95 % Wilson score interval.",
    "leaning": "RETURNED: the whole interval lies below one half. ACCEPTED: above. UNSURE: neither.",
    "trigger": "Why the lead was put before sales.",
    "path": "The nurture path that the lead was on last, before.",
    "segment": "The segment of the lead when it was put before sales.",
    "rule": "Each fit rule that held when the lead was put before sales; a handoff counts under every one of them.",
}


class NoSuchFigure(Refusal):
    """A figure is asked for that there is not."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """What sales said of one group of handoffs."""

    #: As it is written in the playbook; None: nobody knows, or there was none.
    key: str | None
    #: By the names of ``kernel.COUNTS``.
    counts: Mapping[str, int]
    #: None: nothing was answered.
    rate: float | None
    low: float
    high: float
    leaning: Leaning

    @property
    def is_mostly_returned(self) -> bool:
        """Whether sales returns most of them, beyond what chance would explain."""
        return self.leaning is Leaning.RETURNED


@dataclass(frozen=True, kw_only=True)
class Acceptance:
    """What sales said of the leads that were put before it."""

    as_of: datetime
    #: From when on handoffs count; None: all.
    since: datetime | None
    days: int
    total: Figure
    by: Mapping[Dimension, tuple[Figure, ...]]

    @property
    def returned_triggers(self) -> tuple[Figure, ...]:
        """The triggers whose handoffs are mostly returned."""
        return tuple(each for each in self.by[Dimension.TRIGGER] if each.is_mostly_returned)

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain values: each figure with numerator, denominator, interval and its rows."""
        return {
            "as_of": self.as_of,
            "since": self.since,
            "definitions": DEFINITIONS,
            "total": plain(self.total, days=self.days),
            "by": {
                dimension.value: [plain(each, days=self.days, by=dimension) for each in figures]
                for dimension, figures in self.by.items()
            },
            "mostly_returned_triggers": [each.key for each in self.returned_triggers],
        }


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The rows behind one number."""

    #: One of ``kernel.COUNTS``.
    what: str = "opened"
    #: None: of all handoffs.
    by: Dimension | None = None
    key: str | None = None
    days: int = DAYS

    @property
    def query(self) -> str:
        """The query string that asks for the same."""
        group = (
            {"by": self.by.value, "key": listing.NONE if self.key is None else self.key} if self.by else {}
        )
        return urlencode({"what": self.what, **group, "days": self.days})


def plain(figure: Figure, *, days: int, by: Dimension | None = None) -> dict[str, Any]:
    """Return one figure as plain values, with where the handoffs behind each number are."""
    asked = {"by": by, "key": figure.key, "days": days}
    rows = {name: f"{ROWS_PATH}?{Asked(what=name, **asked).query}" for name in figure.counts}  # type: ignore[arg-type]
    return {
        "key": figure.key,
        **figure.counts,
        "acceptance_rate": figure.rate,
        "numerator": figure.counts["accepted"],
        "denominator": figure.counts["answered"],
        "interval": [figure.low, figure.high],
        "leaning": figure.leaning.value,
        "rows": rows,
    }


def load(*, as_of: datetime, days: int = DAYS) -> Acceptance:
    """Return what sales said of the leads put before it in the last so many days; 0: of all. Raises ``NoSuchFigure``."""
    handed = read(as_of=as_of, days=days)
    total = kernel.acceptance(handed)
    return Acceptance(
        as_of=as_of,
        since=since_of(days, as_of=as_of),
        days=days,
        total=figure(total.row(0, named=True)) if total.height else EMPTY,
        by={dimension: figures(handed, dimension) for dimension in Dimension},
    )


def find_ids(asked: Asked, *, as_of: datetime) -> list[int]:
    """Return the handoffs behind a number, the latest opened first. Raises ``NoSuchFigure``."""
    if asked.what not in kernel.COUNTS:
        raise NoSuchFigure(
            "There is no such figure.", where="what", expected=", ".join(kernel.COUNTS), got=asked.what[:80]
        )
    handed = read(as_of=as_of, days=asked.days).filter(kernel.COUNTS[asked.what])
    if asked.by is not None:
        handed = grouped(handed, asked.by).filter(
            pl.col(asked.by.value).eq_missing(pl.lit(asked.key, dtype=pl.String))
        )
    return handed.sort("opened_at", "handoff_id", descending=True)["handoff_id"].to_list()


def figures(handed: pl.DataFrame, dimension: Dimension) -> tuple[Figure, ...]:
    """Return the figures of one dimension, those with most handoffs first."""
    found = kernel.acceptance(grouped(handed, dimension), by=dimension.value)
    return tuple(figure(row) for row in found.iter_rows(named=True))


def figure(row: Mapping[str, Any]) -> Figure:
    """Return one row of the kernel's figures."""
    return Figure(
        key=row["key"],
        counts={name: row[f"{name}_count"] for name in kernel.COUNTS},
        rate=row["acceptance_rate"],
        low=row["rate_low"],
        high=row["rate_high"],
        leaning=Leaning(row["leaning"]),
    )


#: Of no handoff.
EMPTY = Figure(
    key=None, counts=dict.fromkeys(kernel.COUNTS, 0), rate=None, low=0.0, high=1.0, leaning=Leaning.UNSURE
)


def since_of(days: int, *, as_of: datetime) -> datetime | None:
    """Return from when on handoffs count; None: all. Raises ``NoSuchFigure``."""
    if not 0 <= days <= MOST_DAYS:
        raise NoSuchFigure(
            "So many days cannot be looked back on.",
            where="days",
            expected=f"0 (all) to {MOST_DAYS}",
            got=str(days)[:20],
        )
    return as_of - timedelta(days=days) if days else None


def read(*, as_of: datetime, days: int) -> pl.DataFrame:
    """Return the handoffs of the last so many days, remembered for a moment: columns of ``HANDED``. Raises ``NoSuchFigure``."""
    since = since_of(days, as_of=as_of)
    return remembering.remember(
        f"handoffs of {days} days", lambda: read_anew(since=since), seconds=SECONDS, patience=PATIENCE
    )


def read_anew(*, since: datetime | None) -> pl.DataFrame:
    """Return the handoffs since an instant, each with the assessment that was in force when it was opened."""
    from_then = "1 = 1" if since is None else f"h.opened_at > {reads.instant(since)}"
    sql = f"""
        SELECT h.id, h.opened_at, h.state, v.answer, h.trigger, h.path, h.segment, c.playbook_version_id, a.fit_held
          FROM handoff_handoff h
          LEFT JOIN handoff_verdict v ON v.handoff_id = h.id
          LEFT JOIN nurture_assessment a ON a.id = (
               SELECT MAX(b.id) FROM nurture_assessment b JOIN nurture_cycle d ON d.id = b.cycle_id
                WHERE b.lead_id = h.lead_id AND d.as_of <= h.opened_at)
          LEFT JOIN nurture_cycle c ON c.id = a.cycle_id
         WHERE {from_then}"""
    return reads.read_frame(sql, schema=HANDED)


def grouped(handed: pl.DataFrame, dimension: Dimension) -> pl.DataFrame:
    """Return the handoffs with the column of a dimension; by rule, one row for each rule that held."""
    return handed if dimension is not Dimension.RULE else by_rule(handed)


def by_rule(handed: pl.DataFrame) -> pl.DataFrame:
    """Return a row for each handoff and each fit rule that held; where nobody knows, none."""
    rules = rules_of({each for each in handed["version_id"].to_list() if each is not None})
    held = handed.filter(pl.col("fit_held").is_not_null()).join(rules, on="version_id")
    bit = pl.lit(2, dtype=pl.Int64).pow(pl.col("place"))
    return held.filter(pl.col("fit_held") // bit % 2 == 1)


def rules_of(version_ids: set[int]) -> pl.DataFrame:
    """Return the fit rules of versions of the playbook: ``version_id``, ``place``, ``rule``."""
    found = [
        (version.pk, place, rule.name)
        for version in PlaybookVersion.objects.filter(pk__in=version_ids).order_by("pk")
        for place, rule in enumerate(library.opened(version).playbook.fit.rules)
    ]
    schema = {"version_id": pl.Int64, "place": pl.Int64, "rule": pl.String}
    return pl.DataFrame(found, schema=schema, orient="row")
