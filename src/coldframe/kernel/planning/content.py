"""
What comes next for each lead: a dated follow-up that is due, else what the catalogue offers; never what it has had.

Leads alike in what the choice reads are decided once. How contents are ordered is ``catalog``'s to say.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from coldframe.kernel.frames import Facts
from coldframe.kernel.planning.catalog import BITS_A_WORD, PROFILE, Catalog, catalog_of, word
from coldframe.kernel.planning.prepared import NOW, Prepared, Types
from coldframe.kernel.running import MANY_ROWS
from coldframe.kernel.vocabulary import HUMAN_ABOVE, StakeholderRole

#: Content keys of dates that were given.
FOLLOW_UP = "follow_up:"


def known_column(field: str) -> str:
    """Return the column that says whether the field of a question is known."""
    return f"known:{field}"


def known_fields(prepared: Prepared, frame: str, types: Types) -> list[pl.Expr]:
    """
    Return whether each field that a question asks for is known: of ``frame`` (leads, accounts), by ``known_column``.

    An absent column is missing throughout; a role that is UNKNOWN is not known.
    """
    columns, prefix = {name for name, _ in types}, "account." if frame == "accounts" else "lead."
    found = []
    for field in catalog_of(prepared).fields:
        if field.startswith(prefix):
            found.append(_is_known(field.removeprefix(prefix), columns).alias(known_column(field)))
    return found


def _is_known(column: str, columns: set[str]) -> pl.Expr:
    if column not in columns:
        return pl.lit(False)
    is_known = pl.col(column).is_not_null()
    if column == "role":
        is_known &= (pl.col(column) != StakeholderRole.UNKNOWN.value).fill_null(False)
    return is_known


def with_had(frame: pl.LazyFrame, facts: Facts, prepared: Prepared, *, leads: pl.DataFrame) -> pl.LazyFrame:
    """
    Add what each lead has had, found or answered: a u64 for each word of bits (``word``).

    A touch counts in any channel, lap and state but WITHDRAWN (those are not among ``touches``); an event counts unless
    a machine made it, and one after ``now`` is not known yet. A question counts as had where its field is known.
    ``leads``: ``lead_id`` and ``now`` of the same leads.
    """
    catalog = catalog_of(prepared)
    rows = [*_by_touches(facts, catalog), *_by_events(facts, catalog, leads)]
    none, both = prepared.kept(_totals)
    if not rows:
        return frame.with_columns(none)
    seen = pl.concat(rows).group_by("lead_id").agg(prepared.kept(_or))
    return frame.join(seen, on="lead_id", how="left", maintain_order="left").with_columns(both)


def _or(prepared: Prepared) -> list[pl.Expr]:
    return [pl.col(word(i)).bitwise_or() for i in range(catalog_of(prepared).words)]


def _totals(prepared: Prepared) -> tuple[list[pl.Expr], list[pl.Expr]]:
    """The words by known fields alone, and together with what was seen."""
    catalog = catalog_of(prepared)
    known: list[pl.Expr] = []
    for i in range(catalog.words):
        total = pl.lit(0, dtype=pl.UInt64)
        for number, field in enumerate(catalog.fields, start=len(catalog.assets)):
            at, bit = divmod(number, BITS_A_WORD)
            if at == i and field.startswith(("lead.", "account.")):
                is_known = pl.col(known_column(field)).fill_null(False)
                total = total + pl.when(is_known).then(pl.lit(1 << bit, dtype=pl.UInt64)).otherwise(
                    pl.lit(0, dtype=pl.UInt64)
                )
        known.append(total)
    return (
        [total.alias(word(i)) for i, total in enumerate(known)],
        [(total | pl.col(word(i)).fill_null(0)).alias(word(i)) for i, total in enumerate(known)],
    )


def _by_touches(facts: Facts, catalog: Catalog) -> list[pl.LazyFrame]:
    if facts.touches.is_empty():
        return []
    return [
        facts.touches.lazy()
        .select("lead_id", "content_key")
        .join(catalog.bits_by_key.lazy(), on="content_key")
        .drop("content_key")
    ]


def _by_events(facts: Facts, catalog: Catalog, leads: pl.DataFrame) -> list[pl.LazyFrame]:
    table = catalog.bits_by_shape(facts.shapes)
    if table.is_empty() or facts.events.is_empty():
        return []
    events = facts.events.lazy().filter(pl.col("p_human") > HUMAN_ABOVE).join(table.lazy(), on="shape_id")
    mine = leads.lazy().select("lead_id", "now")
    known = events.join(mine, on="lead_id").filter(pl.col("occurred_at") <= NOW)
    return [known.drop("shape_id", "occurred_at", "p_human", "now")]


def with_content(frame: pl.DataFrame, prepared: Prepared) -> pl.DataFrame:
    """
    Add ``content_key`` and ``why`` to leads on a path; both null where nothing is left.

    Reads ``PROFILE``, ``fit_unknown``, ``is_turn`` (a question's), the words of ``with_had``, and ``follow_up`` (the key
    of a dated follow-up that is due and not had, else null), which comes before all else.
    """
    catalog = catalog_of(prepared)
    like = frame.select(prepared.kept(_like))
    # Leads alike are decided once; a handful is decided faster than it is looked at for being alike.
    kinds = like.unique(maintain_order=True) if like.height >= MANY_ROWS else like
    chosen = [_chosen(row, catalog) for row in kinds.iter_rows()]
    keys = pl.Series("content_key", [key for key, _ in chosen], dtype=pl.String)
    reasons = pl.Series("why", [why for _, why in chosen], dtype=pl.String)
    if kinds is like:
        return _with_dates(frame.hstack([keys, reasons]), prepared)
    kinds = kinds.with_columns(keys, reasons)
    found = like.join(kinds, on=like.columns, how="left", nulls_equal=True, maintain_order="left")
    return _with_dates(frame.hstack(found.select("content_key", "why")), prepared)


def _with_dates(frame: pl.DataFrame, prepared: Prepared) -> pl.DataFrame:
    """Dated follow-ups come before all else."""
    if frame["follow_up"].null_count() == frame.height:
        return frame
    return frame.with_columns(prepared.kept(_dated))


def _like(prepared: Prepared) -> list[pl.Expr]:
    """What the choice reads: ``PROFILE``, whether the path asks, whose turn it is, unknown fit rules, words of bits."""
    catalog = catalog_of(prepared)
    asking = [path.name for path in prepared.playbook.paths if path.asks and catalog.fields]
    asks = pl.col("path").is_in(asking)
    problems = [problem.lower() for asset in catalog.assets for problem in asset.problems]
    problem = pl.col("known_problem").str.to_lowercase()
    profile = [
        pl.when(problem.is_in(problems)).then(problem).alias(name)
        if name == "known_problem"
        else pl.col(name)
        for name in PROFILE
    ]
    return [
        *profile,
        asks.alias("asks"),
        (asks & pl.col("is_turn")).alias("turn"),
        pl.when(asks).then("fit_unknown").otherwise(0).alias("unknown"),
        *(pl.col(word(i)) for i in range(catalog.words)),
    ]


def _dated(prepared: Prepared) -> list[pl.Expr]:
    is_due, day = pl.col("follow_up").is_not_null(), pl.col("follow_up").str.strip_prefix(FOLLOW_UP)
    return [
        pl.when(is_due).then("follow_up").otherwise("content_key").alias("content_key"),
        pl.when(is_due).then(pl.format("the date given has come: {}", day)).otherwise("why").alias("why"),
    ]


def _chosen(row: tuple[Any, ...], catalog: Catalog) -> tuple[str | None, str | None]:
    asks, turn, unknown = row[5:8]
    had = row[8] if len(row) == 9 else sum(value << (i * BITS_A_WORD) for i, value in enumerate(row[8:]))
    found = catalog.choose(row[:5], had, unknown=unknown, asks=asks, turn=turn)
    return (catalog.keys[found[0]], found[1]) if found else (None, None)
