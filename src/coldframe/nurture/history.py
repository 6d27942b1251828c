"""What passed between us and the leads of some accounts, as the kernel reads it; and all facts together."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

import polars as pl

from coldframe.handoff import frames as handoff
from coldframe.kernel import frames
from coldframe.kernel.assessment.needs import Needs
from coldframe.kernel.frames import Facts
from coldframe.kernel.vocabulary import TouchState
from coldframe.leads import frames as leads
from coldframe.nurture.facts import load_facts
from coldframe.storage import reads


def load_all_facts(
    needs: Needs, *, as_of: datetime, account_ids: Collection[int] | None = None, whole: bool = False
) -> Facts:
    """Return everything known of the accounts; ``needs``: what a cycle reads (``kernel.cycle.needs``)."""
    some: dict[str, Any] = {"account_ids": account_ids, "whole": whole}
    return replace(
        load_facts(needs, as_of=as_of, **some),
        touches=load_touches_frame(**some),
        enrollments=load_enrollments_frame(**some),
        handoffs=handoff.load_handoffs_frame(**some),
        consents=leads.load_consents_frame(**some),
        overrides=load_overrides_frame(as_of=as_of, **some),
    )


def with_sales(
    facts: Facts, *, as_of: datetime, account_ids: Collection[int] | None = None, whole: bool = False
) -> Facts:
    """
    Return the facts with what a status hangs on beside them: sales' answers, what people have set.

    Of stays in nurture those of leads that sales has seen, for whom it matters when they began; all would take as much
    memory as the leads.
    """
    some: dict[str, Any] = {"account_ids": account_ids, "whole": whole}
    return replace(
        facts,
        enrollments=load_enrollments_frame(only_seen_by_sales=True, **some),
        handoffs=handoff.load_handoffs_frame(**some),
        overrides=load_overrides_frame(as_of=as_of, **some),
    )


def load_touches_frame(*, account_ids: Collection[int] | None = None, whole: bool = False) -> pl.DataFrame:
    """
    Return the touches that were made or are on their way: columns of ``kernel.frames.TOUCHES``.

    A touch of a lead that was merged is one of the lead it is now.
    """
    columns = "t.account_id, t.content_key, t.channel, t.state, COALESCE(t.settled_at, t.planned_for), t.path, t.lap"
    where = f"t.state <> '{TouchState.WITHDRAWN.value}' AND {reads.among('t.account_id', account_ids)}"
    sql = f"SELECT t.lead_id, {columns} FROM nurture_touch t WHERE {where}"
    if reads.fetch_ids("SELECT id FROM leads_lead WHERE merged_into_id IS NOT NULL LIMIT 1", whole=whole):
        sql = f"""SELECT COALESCE(m.merged_into_id, t.lead_id), {columns} FROM nurture_touch t
                    LEFT JOIN leads_lead m ON m.id = t.lead_id AND m.merged_into_id IS NOT NULL
                   WHERE {where}"""
    return reads.read_frame(sql, schema=frames.TOUCHES, whole=whole)


def load_enrollments_frame(
    *, account_ids: Collection[int] | None = None, whole: bool = False, only_seen_by_sales: bool = False
) -> pl.DataFrame:
    """Return the open enrollment of each lead, else its last: columns of ``kernel.frames.ENROLLMENTS``."""
    some = reads.among("account_id", account_ids)
    if only_seen_by_sales:
        some += " AND lead_id IN (SELECT lead_id FROM handoff_handoff)"
    sql = f"""SELECT lead_id, account_id, lap, path, state, entered_at, lap_began_at, not_before, released_at, ended_at
                FROM nurture_enrollment
               WHERE id IN (SELECT MAX(id) FROM nurture_enrollment WHERE {some} GROUP BY lead_id)"""
    return reads.read_frame(sql, schema=frames.ENROLLMENTS, whole=whole)


def load_overrides_frame(
    *, as_of: datetime, account_ids: Collection[int] | None = None, whole: bool = False
) -> pl.DataFrame:
    """Return what a person has set, or a lead has asked for, and is in force: columns of ``kernel.frames.OVERRIDES``."""
    at = reads.instant(as_of)
    some = reads.among("account_id", account_ids)
    sql = f"""SELECT lead_id, account_id, status, path, stage, is_paused, reason, set_at, until
                FROM nurture_override
               WHERE set_at <= {at} AND until > {at} AND (lifted_at IS NULL OR lifted_at > {at}) AND {some}
              UNION ALL
              SELECT p.lead_id, l.account_id, NULL, NULL, NULL, 1 = 1, 'the person asked for quiet', p.asked_at, p.until
                FROM leads_pause p JOIN leads_lead l ON l.id = p.lead_id
               WHERE p.asked_at <= {at} AND p.until > {at} AND p.ended_at IS NULL
                 AND {reads.among("l.account_id", account_ids)}"""
    return reads.read_frame(sql, schema=frames.OVERRIDES, whole=whole)
