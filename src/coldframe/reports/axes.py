"""How leads are spread: by group, status and month, over each axis, and the good ones that fell silent."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import polars as pl

from coldframe.kernel.vocabulary import (
    BuyerStage,
    Disposition,
    FitLevel,
    FitVerdict,
    IntentLevel,
    LeadStatus,
    TimingState,
)
from coldframe.nurture.grouping import Group
from coldframe.reports import charts, filters, wording
from coldframe.reports.findings import Chart, Figure

GROUP_LABELS = {
    Group.TO_SALES: "To sales now",
    Group.WITH_SALES: "With sales already",
    Group.NURTURE: "Nurture",
    Group.LET_GO: "Let go",
}
FIT_LABELS = {
    FitVerdict.GOOD: "Good fit, whatever is missing",
    FitVerdict.UNDETERMINED: "Undetermined: missing fields decide",
    FitVerdict.POOR: "Poor fit, whatever is missing",
}
#: Beyond so many months entries are shown by year.
MOST_MONTHS = 24


def group() -> pl.Expr:
    """Return the group of a lead, as ``nurture.listing`` has it, from ``disposition`` and ``status``."""
    return (
        pl.when(pl.col("status") == LeadStatus.SALES_ACCEPTED)
        .then(pl.lit(Group.WITH_SALES.value))
        .otherwise(pl.col("disposition").str.to_lowercase().str.replace("_", "-"))
        .alias("group")
    )


def groups(leads: pl.DataFrame, *, has_lists: bool) -> Chart:
    """Return to sales, with sales, nurture, let go: each lead is in exactly one."""
    return charts.spread(
        leads,
        key="worth",
        title="What this base is worth working on",
        column="group",
        filter_name="group" if has_lists else None,
        label=lambda value: GROUP_LABELS[Group(value)],
        order=[each.value for each in GROUP_LABELS],
    )


def undecided(leads: pl.DataFrame) -> int:
    """Return how many of the leads worth working on have an undetermined fit."""
    is_workable = pl.col("group").is_in([Group.TO_SALES.value, Group.NURTURE.value])
    return leads.filter(is_workable & (pl.col("fit_verdict") == FitVerdict.UNDETERMINED)).height


def statuses(leads: pl.DataFrame, *, has_lists: bool) -> Chart:
    """Return the leads by status."""
    order = [each.value for each in LeadStatus]
    return spread(leads, "status", "Status", has_lists=has_lists, order=order)


def reasons(leads: pl.DataFrame, *, has_lists: bool) -> Chart:
    """Return the rules that decided, most frequent first."""
    return charts.spread(
        leads,
        key="reason",
        title="Which rule decided",
        column="reason",
        filter_name="reason" if has_lists else None,
        label=wording.rule,
    )


def entries(leads: pl.DataFrame) -> Chart:
    """Return the leads by the month they entered, or by year where the months are many."""
    months = leads.with_columns(pl.col("entered_at").dt.strftime("%Y-%m").alias("entered"))
    is_long = months["entered"].n_unique() > MOST_MONTHS
    if is_long:
        months = months.with_columns(pl.col("entered").str.slice(0, 4))
    return charts.spread(
        months,
        key="entered",
        title="When they entered",
        column="entered",
        filter_name="entered",
        order=months["entered"].unique().sort().to_list(),
        note="By year." if is_long else "",
    )


def charts_of(leads: pl.DataFrame, *, has_lists: bool) -> tuple[Chart, ...]:
    """Return one chart for each axis."""
    missing = leads["missing_count"].unique().sort().cast(pl.String).to_list()
    return (
        spread(leads, "fit_level", "Fit: does the company match?", has_lists=has_lists, name="fit",
               order=words(FitLevel), note="The level that even the worst case of missing fields reaches."),
        charts.spread(
            leads, key="fit_verdict", title="Fit: is it decided?", column="fit_verdict",
            filter_name="verdict" if has_lists else None, order=words(FitVerdict),
            label=lambda value: FIT_LABELS[FitVerdict(value)],
        ),
        spread(leads, "intent_level", "Intent: does the person behave like a buyer?", has_lists=has_lists,
               name="intent", order=[*reversed(words(IntentLevel))]),
        spread(leads, "stage", "Buyer stage: which question is the buyer asking?", has_lists=has_lists,
               order=words(BuyerStage), none="No evidence"),
        spread(leads, "timing", "Timing: when could it become real?", has_lists=has_lists,
               order=words(TimingState)),
        charts.spread(
            leads, key="missing_count", title="Completeness: how much that sales needs is missing?",
            column="missing_count", filter_name="missing_count" if has_lists else None, order=missing,
            label=missing_label,
        ),
        charts.spread(leads, key="segment", title="Primary segment", column="segment",
                      filter_name="segment" if has_lists else None, none="In no segment"),
        charts.spread(leads, key="path", title="Nurture path", column="path",
                      filter_name="path" if has_lists else None, none="Not in nurture"),
    )  # fmt: skip


def spread(
    leads: pl.DataFrame,
    column: str,
    title: str,
    *,
    has_lists: bool,
    order: Iterable[str],
    name: str | None = None,
    none: str = "None",
    note: str = "",
) -> Chart:
    """Return the spread over a closed set of words, in its order; the filter is called as the column or ``name``."""
    return charts.spread(
        leads,
        key=column,
        title=title,
        column=column,
        filter_name=(name or column) if has_lists else None,
        label=wording.word,
        none=none,
        order=order,
        note=note,
    )


def words(enum: Iterable[str]) -> list[str]:
    """Return the stored codes of a closed set, in its order."""
    return [str(each) for each in enum]


def missing_label(count: str) -> str:
    """Return how many facts are missing, in words."""
    return "Nothing is missing" if count == "0" else f"{count} missing"


def asleep(leads: pl.DataFrame, *, as_of: datetime) -> pl.DataFrame:
    """Return the good fits in nurture without a meaningful action, or any since entry, for long."""
    last = pl.coalesce("last_meaningful_at", "entered_at")
    is_good = (pl.col("fit_verdict") == FitVerdict.GOOD) | pl.col("fit_level").is_in(filters.GOOD_LEVELS)
    is_nurtured = pl.col("disposition") == Disposition.NURTURE
    return leads.filter(is_nurtured & is_good & (last < as_of - filters.DORMANT_AFTER))


def dormant(asleep: pl.DataFrame, *, of: int, has_lists: bool) -> Figure:
    """Return how many good fits fell silent."""
    return Figure(
        key="dormant",
        label="Good fits silent for 90 days or more",
        count=asleep.height,
        of=of,
        leads=filters.query(dormant="yes") if has_lists else None,
    )


def dormant_by_fit(asleep: pl.DataFrame) -> Chart:
    """Return the good fits that fell silent, by fit level."""
    return charts.spread(
        asleep,
        key="dormant_by_fit",
        title="Good fits fallen silent, by fit level",
        column="fit_level",
        filter_name=None,
        label=wording.word,
        order=words(FitLevel),
    )
