"""Everything known of some accounts, read together as the kernel's ``Facts``."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import partial
from typing import Any

import polars as pl

from coldframe.activity import frames as activity
from coldframe.activity import reply_dates
from coldframe.kernel.assessment.needs import Needs
from coldframe.kernel.frames import INSTANT, Facts
from coldframe.leads import frames as leads
from coldframe.storage import reads

STATUSES: reads.Schema = {
    "lead_id": pl.Int64,
    "cycle_id": pl.Int64,
    "status": pl.String,
    "status_since": INSTANT,
}
#: Those of them that say where a lead stood before an instant.
BEFORE = ("lead_id", "status", "status_since")


def load_facts(
    needs: Needs,
    *,
    as_of: datetime | None = None,
    account_ids: Collection[int] | None = None,
    whole: bool = False,
) -> Facts:
    """
    Return what an assessment reads, of all accounts or of some; always whole accounts.

    ``needs`` comes from ``kernel.assessment.needs.needs(playbook)``. ``status`` is where a lead stood
    before ``as_of`` (without one: where it stands), so that assessing an instant twice gives the same.
    ``whole`` reads in bulk, see ``storage.reads``.
    """
    return load_with_statuses(needs, as_of=as_of, account_ids=account_ids, whole=whole)[0]


def load_with_statuses(
    needs: Needs,
    *,
    as_of: datetime | None = None,
    account_ids: Collection[int] | None = None,
    whole: bool = False,
) -> tuple[Facts, pl.DataFrame]:
    """Return ``load_facts``, and the columns ``STATUSES`` of each assessed lead as they are now."""
    some: dict[str, Any] = {"account_ids": account_ids, "whole": whole}
    loads = {
        "events": partial(activity.load_events_frame, kinds=needs.event_kinds, **some),
        "leads": partial(leads.load_leads_frame, columns=needs.leads, **some),
        "statuses": partial(load_statuses_now, **some),
        "accounts": partial(leads.load_accounts_frame, columns=needs.accounts, **some),
        "opportunities": partial(leads.load_opportunities_frame, **some),
    }
    if whole:
        found = reads.at_once(loads | {"shapes": partial(activity.load_shapes_frame, **some)})
    else:
        found = {name: load() for name, load in loads.items()}
        shape_ids = found["events"]["shape_id"].unique().to_list()
        found["shapes"] = activity.load_shapes_frame(shape_ids=shape_ids)
    now = found.pop("statuses")
    statuses = statuses_before(now, as_of=as_of, **some)
    found["leads"] = found["leads"].join(statuses, on="lead_id", how="left", maintain_order="left")
    if reply_dates.UNTIL in needs.leads:
        dates = reply_dates.load_frame(as_of=as_of, **some)
        found["leads"] = found["leads"].join(dates, on="lead_id", how="left", maintain_order="left")
    return Facts(**found), now


def load_statuses(
    *, as_of: datetime | None = None, account_ids: Collection[int] | None = None, whole: bool = False
) -> pl.DataFrame:
    """Return ``lead_id``, ``status``, ``status_since`` as they were before ``as_of``; no row: NEW."""
    some: dict[str, Any] = {"account_ids": account_ids, "whole": whole}
    return statuses_before(load_statuses_now(**some), as_of=as_of, **some)


def load_statuses_now(*, account_ids: Collection[int] | None, whole: bool) -> pl.DataFrame:
    """Return the columns ``STATUSES`` of each assessed lead."""
    sql = f"SELECT {', '.join(STATUSES)} FROM nurture_standing WHERE {of_accounts(account_ids)}"
    return reads.read_frame(sql, schema=STATUSES, whole=whole)


def statuses_before(
    now: pl.DataFrame, *, as_of: datetime | None, account_ids: Collection[int] | None, whole: bool
) -> pl.DataFrame:
    """Return ``lead_id``, ``status``, ``status_since`` as they were before ``as_of``, from what they are now."""
    kept = now.select(BEFORE)
    if as_of is None or kept.filter(pl.col("status_since") >= as_of).is_empty():
        return kept
    earlier = load_earlier_statuses(as_of=as_of, account_ids=account_ids, whole=whole)
    return pl.concat([kept.filter(pl.col("status_since") < as_of), earlier])


def load_earlier_statuses(
    *, as_of: datetime, account_ids: Collection[int] | None, whole: bool
) -> pl.DataFrame:
    """Return the statuses before ``as_of`` of the leads that have moved since, from their transitions."""
    sql = f"""SELECT lead_id, to_status, occurred_at FROM nurture_transition WHERE id IN (
                SELECT MAX(t.id) FROM nurture_transition t JOIN nurture_standing s ON s.lead_id = t.lead_id
                 WHERE s.status_since >= {reads.instant(as_of)} AND t.occurred_at < {reads.instant(as_of)}
                   AND {of_accounts(account_ids, column="s.lead_id")} GROUP BY t.lead_id)"""
    return reads.read_frame(sql, schema={name: STATUSES[name] for name in BEFORE}, whole=whole)


def of_accounts(account_ids: Collection[int] | None, *, column: str = "lead_id") -> str:
    """
    Return the SQL condition that a lead belongs to one of these accounts.

    By the lead itself: what was decided of it may name an account that it has left, and has no index by account.
    """
    if account_ids is None:
        return "1 = 1"
    return f"{column} IN (SELECT id FROM leads_lead WHERE {reads.among('account_id', account_ids)})"
