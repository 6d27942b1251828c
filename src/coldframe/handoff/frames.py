"""Handoffs, and what sales has taken on, as the kernel reads them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import polars as pl

from coldframe.kernel import frames
from coldframe.storage import reads


def load_handoffs_frame(*, account_ids: Collection[int] | None = None, whole: bool = False) -> pl.DataFrame:
    """Return every handoff of all accounts or some, in the order they were opened: columns of ``kernel.frames.HANDOFFS``."""
    sql = f"""SELECT h.lead_id, h.account_id, h.opened_at, h.deadline_at, h.state, h.trigger, h.owner, h.is_hand_raise,
                     v.answer, v.reason, v.said_at, v.until
                FROM handoff_handoff h LEFT JOIN handoff_verdict v ON v.handoff_id = h.id
               WHERE {reads.among("h.account_id", account_ids)} ORDER BY h.id"""
    return reads.read_frame(sql, schema=frames.HANDOFFS, whole=whole)


def load_sales_load_frame(*, since: datetime) -> pl.DataFrame:
    """Return what was put before sales since an instant: columns of ``kernel.frames.SALES_LOAD``."""
    sql = f"""SELECT team, owner, opened_at, is_hand_raise FROM handoff_handoff
               WHERE opened_at > {reads.instant(since)} ORDER BY id"""
    return reads.read_frame(sql, schema=frames.SALES_LOAD)
