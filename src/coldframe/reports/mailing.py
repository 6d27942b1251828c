"""By what address leads are known, and whether they may be mailed."""

from __future__ import annotations

import polars as pl

from coldframe.kernel.vocabulary import EmailKind, SuppressionReason
from coldframe.reports import filters
from coldframe.reports.findings import Chart, Figure

ADDRESS_LABELS = {
    EmailKind.BUSINESS: "At a company's own domain",
    EmailKind.FREE: "At a free-mail provider",
    EmailKind.DISPOSABLE: "At a throw-away provider",
    EmailKind.ACADEMIC: "At a school or university",
}
SUPPRESSION_LABELS = {
    SuppressionReason.UNSUBSCRIBE: "Unsubscribed",
    SuppressionReason.COMPLAINT: "Complained",
    SuppressionReason.HARD_BOUNCE: "Dead address (bounced for good)",
    SuppressionReason.OPT_OUT: "Opted out, says the CRM",
}
MAILING_LABELS = {
    "mailable": "May be mailed",
    "no_basis": "No stated basis for contact",
    "no_address": "No address",
    "suppressed": "May not be mailed",
}


def addresses(leads: pl.DataFrame, *, dead: int) -> Chart:
    """Return the kinds of address (each lead in one), and of them the role and the dead ones."""
    present = leads.filter(pl.col("email").is_not_null())
    kinds = dict(present.group_by("email_kind").len().iter_rows())
    counts = {each.value.lower(): (ADDRESS_LABELS[each], kinds.get(each.value, 0)) for each in EmailKind}
    counts["none"] = ("No address", leads.height - present.height)
    counts["role"] = ("Shared mailbox (info@) among them", present["is_role_address"].sum())
    counts["dead"] = ("Dead (bounced) among them", dead)
    figures = tuple(
        Figure(key=key, label=label, count=count, of=leads.height, leads=filters.query(address=key))
        for key, (label, count) in counts.items()
    )
    return Chart(key="addresses", title="Addresses", figures=figures)


def suppressions(rows: pl.DataFrame, *, of: int) -> Chart:
    """Return the reasons why leads may not be mailed; a lead may have several. ``rows``: lead_id, reason."""
    counts = dict(rows.group_by("reason").len().iter_rows())
    figures = tuple(
        Figure(
            key=each.value,
            label=SUPPRESSION_LABELS[each],
            count=counts.get(each.value, 0),
            of=of,
            leads=filters.query(suppressed=each.value.lower()),
        )
        for each in SuppressionReason
    )
    note = "Nothing lifts these: no import, no undo." if rows.height else ""
    return Chart(key="suppressed", title="Why leads may not be mailed", figures=figures, note=note)


def mailing(leads: pl.DataFrame, *, suppressed: pl.DataFrame, with_basis: pl.Series) -> Chart:
    """Return who may be mailed, and the first reason why not; each lead is in exactly one figure."""
    is_silent = pl.col("lead_id").is_in(suppressed["lead_id"].unique().implode())
    has_basis = pl.col("lead_id").is_in(with_basis.implode())
    state = (
        pl.when(is_silent).then(pl.lit("suppressed"))
        .when(pl.col("email").is_null()).then(pl.lit("no_address"))
        .when(has_basis).then(pl.lit("mailable"))
        .otherwise(pl.lit("no_basis"))
    )  # fmt: skip
    counts = dict(leads.select(state.alias("state")).group_by("state").len().iter_rows())
    figures = tuple(
        Figure(
            key=key, label=label, count=counts.get(key, 0), of=leads.height, leads=filters.query(mailing=key)
        )
        for key, label in MAILING_LABELS.items()
    )
    return Chart(key="mailing", title="May they be mailed?", figures=figures)
