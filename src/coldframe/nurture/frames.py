"""
What an assessment changes: the kernel's result held against where each lead stands.

A lead *changed* when its status moves, or anything a decision rests on differs from its last stored
assessment (``DECIDING``), or its points have drifted by ``DRIFT``. Mere decay below that is not stored:
points fall every day, and a row for each lead and day would say nothing new.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from itertools import pairwise
from math import ceil

import polars as pl

from coldframe.compute import local
from coldframe.kernel.assessment.needs import Needs
from coldframe.kernel.frames import ASSESSMENTS, INSTANT, Facts
from coldframe.kernel.vocabulary import LeadStatus
from coldframe.nurture import facts as facts_of
from coldframe.storage import links, reads
from coldframe.storage.links import Link

#: Columns of which any difference is a change.
DECIDING = (
    "disposition",
    "reason",
    "fit_score",
    "fit_level",
    "fit_level_best",
    "fit_verdict",
    "intent_level",
    "stage",
    "timing",
    "timing_at",
    "missing_count",
    "segment",
    "path",
    "last_meaningful_at",
    "leaves_at",
    "leaves_by",
)
#: Points that a lead's, or its account's, intent must have moved by to be stored for that alone. Lists
#: that sort by points are off by no more.
DRIFT = {"intent_points": 5.0, "account_intent_points": 10.0}
#: Columns of an assessment that ``Assessment`` and ``Standing`` both keep.
KEPT = (*DECIDING, *DRIFT)
#: Which rules held, one bit each; kept by ``Assessment`` alone.
BITS = ("fit_held", "fit_unknown", "triggers_held", "exits_held", "disqualify_held", "missing")
#: Events held in memory at a time, about 28 bytes each, and as much again while they are added up.
EVENTS_A_PASS = 25_000_000
#: Leads assessed and written together, in one transaction; while one part is written another is assessed.
PART_LEADS = 8_000
#: More parts than this would cost more than they save.
MOST_PARTS = 13

STANDING: reads.Schema = {
    "lead_id": pl.Int64,
    "cycle_id": pl.Int64,
    "status": pl.String,
    "status_since": INSTANT,
    **{name: ASSESSMENTS[name] for name in KEPT},
}


def passes(account_ids: Collection[int] | None, *, whole: bool) -> Iterator[Collection[int] | None]:
    """Yield the accounts to hold in memory at a time; None: all of them."""
    count = ceil(whole and account_ids is None and last_id("activity_event") / EVENTS_A_PASS)
    if count <= 1:
        yield account_ids
        return
    starts = [account_at(step / count) for step in range(count)]
    for start, stop in pairwise([*starts, last_id("leads_account") + 1]):
        yield range(start, stop)


def account_at(share: float) -> int:
    """Return the id of the account below which that share of the accounts lies."""
    rank = f"(SELECT CAST(COUNT(*) * {share} AS INTEGER) FROM leads_account)"
    return reads.fetch_ids(f"SELECT id FROM leads_account ORDER BY id LIMIT 1 OFFSET {rank}")[0]


def last_id(table: str) -> int:
    return reads.fetch_ids(f"SELECT COALESCE(MAX(id), 0) FROM {table}")[0]


def load_with_statuses(
    needs: Needs, *, as_of: datetime, account_ids: Collection[int] | None = None, whole: bool = False
) -> tuple[Facts, pl.DataFrame]:
    """Return what an assessment reads, and ``facts.STATUSES``: which decisions of each lead it goes on from."""
    return facts_of.load_with_statuses(needs, as_of=as_of, account_ids=account_ids, whole=whole)


def load_standing(*, account_ids: Collection[int] | None = None, whole: bool = False) -> pl.DataFrame:
    """Return where each assessed lead stands: columns of ``STANDING``."""
    return reads.read_frame(standing_sql(facts_of.of_accounts(account_ids)), schema=STANDING, whole=whole)


def standing_sql(where: str) -> str:
    return f"SELECT {', '.join(STANDING)} FROM nurture_standing WHERE {where}"


def held_against(facts: Facts, statuses: pl.DataFrame, *, whole: bool) -> pl.DataFrame:
    """
    Return where the assessed leads of a part stand, ``STANDING``, their cycle and status as ``statuses`` has them.

    The wide columns are read for one part at a time, for all together would take as much memory as the events.
    Should another run have written a lead since, its cycle is no longer the one told here; storing notices that.
    """
    if statuses.is_empty():
        return pl.DataFrame(schema=STANDING)
    with links.open_link(whole=whole) as link:
        decided = load_decided(link, facts, statuses, whole=whole).select("lead_id", *KEPT)
    return statuses.join(decided, on="lead_id").select(*STANDING)


def load_decided(link: Link, facts: Facts, statuses: pl.DataFrame, *, whole: bool) -> pl.DataFrame:
    """
    Return the standing of a part's leads; of a whole base by account, and those that have moved since by id.

    Over the link that writes them afterwards: it has then read what it writes to.
    """
    found = pl.DataFrame(schema=STANDING)
    if whole:
        first, last = facts.leads.select(pl.col("account_id").min(), last=pl.col("account_id").max()).row(0)
        found = link.frame(standing_sql(facts_of.of_accounts(range(first, last + 1))), schema=STANDING)
    others = statuses.join(found, on="lead_id", how="anti")["lead_id"]
    if others.is_empty():
        return found
    return pl.concat(
        [found, link.frame(standing_sql(reads.among("lead_id", others.to_list())), schema=STANDING)]
    )


def changes(assessed: pl.DataFrame, standing: pl.DataFrame, *, as_of: datetime) -> pl.DataFrame:
    """
    Return what must be written: one row per changed lead, ordered by ``lead_id``.

    ``assessed`` has the columns of ``kernel.frames.ASSESSMENTS``, ``standing`` those of ``STANDING``.
    Beside ``lead_id``, ``account_id``, ``KEPT`` and ``BITS`` a row has ``status`` and ``status_since`` (as they
    are from now on), ``from_status`` (NEW for a lead never assessed), ``status_reason``, ``is_moved`` and
    ``was_cycle_id`` (null for a lead never assessed).
    """
    before = standing.rename({name: f"was_{name}" for name in standing.columns if name != "lead_id"})
    both = assessed.join(before, on="lead_id", how="left").with_columns(
        pl.col("was_status").fill_null(LeadStatus.NEW.value).alias("from_status")
    )
    is_moved = pl.col("status") != pl.col("from_status")
    since = pl.when(is_moved).then(pl.lit(as_of, dtype=INSTANT)).otherwise(pl.col("was_status_since"))
    return both.filter(is_moved | differs()).select(
        "lead_id",
        "account_id",
        *KEPT,
        *BITS,
        "status",
        since.alias("status_since"),
        "from_status",
        "status_reason",
        is_moved.cast(pl.Int64).alias("is_moved"),
        "was_cycle_id",
    )


def differs() -> pl.Expr:
    """Return whether a lead's decision, or its points, are other than those last stored."""
    decided = [pl.col(name).ne_missing(pl.col(f"was_{name}")) for name in DECIDING]
    drifted = [(pl.col(name) - pl.col(f"was_{name}")).abs() >= points for name, points in DRIFT.items()]
    return pl.any_horizontal(*decided, *drifted)


def parts(facts: Facts, statuses: pl.DataFrame) -> Iterator[tuple[Facts, pl.DataFrame]]:
    """Yield facts and statuses of some whole accounts after another: what is assessed and written together."""
    count = min(MOST_PARTS, ceil(facts.leads.height / PART_LEADS)) or 1
    for part in local.partitions(facts, ceil(facts.accounts.height / count) or 1):
        yield part, statuses.join(part.leads.select("lead_id"), on="lead_id", how="semi")


def counts(assessed: pl.DataFrame) -> dict[str, dict[str, int]]:
    """Return how many leads there are by status, disposition, path and reason, the most frequent first."""
    is_with_sales = pl.col("status") == LeadStatus.SALES_ACCEPTED.value
    disposition = pl.when(is_with_sales).then(pl.lit("WITH_SALES")).otherwise(pl.col("disposition"))
    by = assessed.select("status", disposition.alias("disposition"), "path", "reason")
    return {name: dict(count(by, name)) for name in by.columns}


def count(frame: pl.DataFrame, column: str) -> list[tuple[str, int]]:
    found = frame.drop_nulls(column).group_by(column).len().sort("len", column, descending=[True, False])
    return list(found.iter_rows())
