"""With which interactions leads came, and who stands behind them."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from coldframe.kernel.vocabulary import PASSIVE_EVENT_KINDS, Evidence
from coldframe.reports import filters, wording
from coldframe.reports.findings import Chart, Figure, Interaction

#: Codes of the stored evidence, and what they say.
EVIDENCE = {0: Evidence.MACHINE, 1: Evidence.UNSURE, 2: Evidence.HUMAN}
EVIDENCE_LABELS = {
    Evidence.HUMAN: "By a person",
    Evidence.UNSURE: "Not sure",
    Evidence.MACHINE: "By a machine",
}


def kinds(events: pl.DataFrame) -> tuple[Interaction, ...]:
    """Return the kinds of events, most frequent first; ``events`` has the columns of ``frames.events``."""
    rows = events.group_by("kind").agg(
        pl.len().alias("event_count"),
        pl.col("lead_id").drop_nulls().n_unique().alias("lead_count"),
        pl.col("occurred_at").max().alias("last_at"),
    )
    rows = rows.cast({"kind": pl.String}).sort("event_count", "kind", descending=[True, False])
    return tuple(
        Interaction(
            key=kind,
            label=wording.word(kind),
            event_count=event_count,
            lead_count=lead_count,
            last_at=last_at,
            is_passive=kind in PASSIVE_EVENT_KINDS,
            leads=filters.query(event=kind),
        )
        for kind, event_count, lead_count, last_at in rows.iter_rows()
    )


def evidence(events: pl.DataFrame) -> Chart:
    """Return how many events a person stands behind."""
    counts = dict(events.group_by("evidence").len().iter_rows())
    figures = tuple(
        Figure(
            key=each.value,
            label=EVIDENCE_LABELS[each],
            count=counts.get(code, 0),
            of=events.height,
        )
        for code, each in sorted(EVIDENCE.items(), reverse=True)
    )
    return Chart(
        key="evidence",
        title="Who stands behind the events",
        figures=figures,
        note="Security scanners open and click too; what a machine did counts for nothing.",
    )


def without(events: pl.DataFrame, *, leads: pl.DataFrame) -> Figure:
    """Return the leads that no event is known of."""
    known = leads.join(events.select("lead_id").drop_nulls().unique(), on="lead_id", how="semi").height
    return Figure(
        key="none",
        label="Leads without a single recorded interaction",
        count=leads.height - known,
        of=leads.height,
        leads=filters.query(event="none"),
    )


def until(events: pl.DataFrame, as_of: datetime, *, leads: pl.DataFrame) -> pl.DataFrame:
    """Return the events up to the instant, of these leads or of an account alone."""
    past = events.filter(pl.col("occurred_at") <= as_of)
    unknown = past.filter(pl.col("lead_id").is_null())
    return pl.concat([unknown, past.join(leads.select("lead_id"), on="lead_id", how="semi")])
