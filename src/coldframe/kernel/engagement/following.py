"""What followed a click, and only people do."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

import polars as pl

from coldframe.kernel.engagement.limits import Limits
from coldframe.kernel.engagement.words import FollowUp

MICROSECOND = timedelta(microseconds=1)
#: What a follow-up is called, strongest first.
ANSWERED = "answered the mail afterwards"
FILLED_IN = "filled something in afterwards"
READ_IT = "read a page afterwards: scrolled, and stayed"
WENT_ON = "went on to a second page"
CAME_BACK = "clicked again at another time"


def with_follow_ups(frame: pl.DataFrame, follow_ups: pl.DataFrame, limits: Limits) -> pl.DataFrame:
    """
    Add what followed each click in words; null where nothing did.

    ``frame``: hits with ``row``, sorted by mail, time and id, and ``is_machine``. ``follow_up``: within 24 hours a reply or
    something filled in; within half an hour a page that was read, or more pages than the lead clicked links in that
    time (each link leads to one); or a second click on the mail that is no machine's, an hour and more apart. Only a
    reply, something filled in and a page that was read count as ``early_follow_up``, that is for a click in the time of
    scanners: their sandboxes open pages, and come back.
    """
    clicks = frame.filter(~pl.col("is_machine") & ~pl.col("is_open"))
    found = (
        clicks.pipe(_with_next, follow_ups, FollowUp.REPLY, limits.judged_for)
        .pipe(_with_next, follow_ups, FollowUp.FORM, limits.judged_for)
        .pipe(_with_next, follow_ups, FollowUp.READ, limits.session)
        .pipe(_with_further_page, frame, follow_ups, limits)
        .pipe(_with_other_visit, limits)
    )
    strong = [
        pl.when(FollowUp.REPLY.value).then(pl.lit(ANSWERED)),
        pl.when(FollowUp.FORM.value).then(pl.lit(FILLED_IN)),
        pl.when(FollowUp.READ.value).then(pl.lit(READ_IT)),
    ]
    weak = [
        pl.when("is_further_page").then(pl.lit(WENT_ON)),
        pl.when("is_other_visit").then(pl.lit(CAME_BACK)),
    ]
    said = found.select(
        "row",
        pl.coalesce(strong).alias("early_follow_up"),
        pl.coalesce(*strong, *weak).alias("follow_up"),
    )
    return frame.join(said, on="row", how="left", maintain_order="left")


def _with_next(
    clicks: pl.DataFrame, follow_ups: pl.DataFrame, kind: FollowUp, within: timedelta
) -> pl.DataFrame:
    """Add a boolean named by the kind: the lead did such a thing after the click, within so long."""
    done = follow_ups.filter(pl.col("kind") == kind.value).select(
        "lead_id", "at", pl.lit(True).alias(kind.value)
    )
    if done.is_empty():
        return clicks.with_columns(pl.lit(False).alias(kind.value))
    ordered = clicks.sort("lead_id", "at", "row")
    found = ordered.select("row", "lead_id", "at").join_asof(
        done.sort("lead_id", "at"),
        on="at",
        by="lead_id",
        strategy="forward",
        tolerance=within,
        check_sortedness=False,
    )
    return clicks.join(found.select("row", kind.value), on="row", how="left").with_columns(
        pl.col(kind.value).fill_null(False)
    )


def _with_further_page(
    clicks: pl.DataFrame, hits: pl.DataFrame, follow_ups: pl.DataFrame, limits: Limits
) -> pl.DataFrame:
    """Add ``is_further_page``: within the session more pages were looked at than links were clicked."""
    pages = follow_ups.filter(pl.col("kind") == FollowUp.PAGE.value).select("lead_id", "at")
    if pages.is_empty():
        return clicks.with_columns(pl.lit(False).alias("is_further_page"))
    of_leads = hits.join(pages, on="lead_id", how="semi").filter(~pl.col("is_open")).select("lead_id", "at")
    counted = clicks.select("row", "lead_id", "at").with_columns(
        _counted(clicks, pages, limits.session).alias("pages"),
        _counted(clicks, of_leads, limits.session).alias("clicks"),
    )
    further = counted.select("row", (pl.col("pages") > pl.col("clicks")).alias("is_further_page"))
    return clicks.join(further, on="row", how="left")


def _counted(clicks: pl.DataFrame, done: pl.DataFrame, within: timedelta) -> pl.Series:
    """Return how many of the lead's doings lie within so long after each click, its own instant included."""
    numbered = done.sort("lead_id", "at").with_columns(
        pl.int_range(1, pl.len() + 1).over("lead_id").alias("upto")
    )
    last = numbered.group_by("lead_id", "at").agg(pl.col("upto").max()).sort("lead_id", "at")

    def up_to(shift: timedelta) -> pl.Series:
        asked = clicks.select("row", "lead_id", at=pl.col("at") + shift).with_row_index("place")
        found = asked.sort("lead_id", "at", "row").join_asof(
            last, on="at", by="lead_id", strategy="backward", check_sortedness=False
        )
        return found.sort("place")["upto"].fill_null(0)

    return up_to(within) - up_to(-MICROSECOND)


def _with_other_visit(clicks: pl.DataFrame, limits: Limits) -> pl.DataFrame:
    """Add ``is_other_visit``: of the mail's clicks that are no machine's and not early, one is an hour and more apart."""
    is_early = (pl.col("at") - pl.col("handed_over_at") < limits.early).fill_null(False)
    late = clicks.filter(~is_early).select("row", "mail_id", "at")
    several = late.filter(pl.len().over("mail_id") > 1)
    if several.is_empty():
        return clicks.with_columns(pl.lit(False).alias("is_other_visit"))
    others = several.select("mail_id", "at", pl.lit(True).alias("other")).unique().sort("mail_id", "at")
    reach = limits.judged_for - limits.another_visit

    def is_there(strategy: Literal["forward", "backward"], shift: timedelta) -> pl.DataFrame:
        asked = several.select("row", "mail_id", at=pl.col("at") + shift).sort("mail_id", "at")
        return asked.join_asof(
            others,
            on="at",
            by="mail_id",
            strategy=strategy,
            tolerance=reach,
            check_sortedness=False,
        ).filter(pl.col("other"))

    found = pl.concat(
        [
            is_there("forward", limits.another_visit).select("row"),
            is_there("backward", -limits.another_visit).select("row"),
        ]
    ).unique()
    marked = found.with_columns(pl.lit(True).alias("is_other_visit"))
    return clicks.join(marked, on="row", how="left").with_columns(pl.col("is_other_visit").fill_null(False))
