"""Everything known of some accounts, read together as the kernel's ``Facts``."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import partial
from typing import Any

import polars as pl

from coldframe.activity import frames as activity
from coldframe.kernel.assessment.needs import Needs
from coldframe.kernel.frames import INSTANT, Facts
from coldframe.leads import frames as leads
from coldframe.storage import reads

STATUSES: reads.Schema = {"lead_id": pl.Int64, "status": pl.String, "status_since": INSTANT}


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
    some: dict[str, Any] = {"account_ids": account_ids, "whole": whole}
    loads = {
        "leads": partial(leads.load_leads_frame, columns=needs.leads, **some),
        "statuses": partial(load_statuses, as_of=as_of, **some),
        "accounts": partial(leads.load_accounts_frame, columns=needs.accounts, **some),
        "events": partial(activity.load_events_frame, kinds=needs.event_kinds, **some),
        "shapes": partial(activity.load_shapes_frame, **some),
        "opportunities": partial(leads.load_opportunities_frame, **some),
    }
    found = reads.at_once(loads) if whole else {name: load() for name, load in loads.items()}
    statuses = found.pop("statuses")
    found["leads"] = found["leads"].join(statuses, on="lead_id", how="left", maintain_order="left")
    return Facts(**found)


def load_statuses(
    *, as_of: datetime | None = None, account_ids: Collection[int] | None = None, whole: bool = False
) -> pl.DataFrame:
    """Return ``lead_id``, ``status``, ``status_since`` as they were before ``as_of``; no row: NEW."""
    some = reads.among("account_id", account_ids)
    now = reads.read_frame(
        f"SELECT lead_id, status, status_since FROM nurture_standing WHERE {some}",
        schema=STATUSES,
        whole=whole,
    )
    if as_of is None or now.filter(pl.col("status_since") >= as_of).is_empty():
        return now
    earlier = load_earlier_statuses(as_of=as_of, account_ids=account_ids, whole=whole)
    return pl.concat([now.filter(pl.col("status_since") < as_of), earlier])


def load_earlier_statuses(
    *, as_of: datetime, account_ids: Collection[int] | None, whole: bool
) -> pl.DataFrame:
    """Return the statuses before ``as_of`` of the leads that have moved since, from their transitions."""
    sql = f"""SELECT lead_id, to_status, occurred_at FROM nurture_transition WHERE id IN (
                SELECT MAX(t.id) FROM nurture_transition t JOIN nurture_standing s ON s.lead_id = t.lead_id
                 WHERE s.status_since >= {reads.instant(as_of)} AND t.occurred_at < {reads.instant(as_of)}
                   AND {reads.among("s.account_id", account_ids)} GROUP BY t.lead_id)"""
    return reads.read_frame(sql, schema=STATUSES, whole=whole)
