"""
The line for room at sales: who waits, at which rank, why, and when room may come; and what separates who is in from who is not.

The ranks and reasons are those of ``kernel.planning.allocation``, given the standing of each lead as it was last decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import polars as pl
from django.db.models import QuerySet

from coldframe.handoff import frames as handoff_frames
from coldframe.handoff import queries as handoffs
from coldframe.handoff import room
from coldframe.handoff.queries import HandoffRow
from coldframe.kernel import lifecycle
from coldframe.kernel.planning import allocation, returns
from coldframe.kernel.playbook.model import Playbook
from coldframe.kernel.vocabulary import Disposition, LeadStatus
from coldframe.leads import due
from coldframe.leads.models import Lead
from coldframe.library import queries as library
from coldframe.nurture.ledger import WAITING
from coldframe.nurture.models import Standing

#: Leads in line that are looked at, unless all of them are asked for; no team has room for more.
MOST = 500
#: Of somebody for whom there is room: the next cycle decides.
NEXT = "there is room; the next cycle decides"
COLUMNS = {
    "lead_id": "lead_id",
    "account_id": "lead__account_id",
    "trigger": "reason",
    "fit_level": "fit_level",
    "account_intent_points": "account_intent_points",
    "intent_points": "intent_points",
    "waits_since": "status_since",
    "lead_owner": "lead__owner",
    "account_owner": "lead__account__owner",
    "lead_country": "lead__country",
    "account_country": "lead__account__country",
    "lead_public_id": "lead__public_id",
    "first_name": "lead__first_name",
    "last_name": "lead__last_name",
    "email": "lead__email",
    "company": "lead__account__name",
    "domain": "lead__account__domain",
}
ORDER = ("fit_level", "-account_intent_points", "-intent_points", "status_since", "lead_id")


@dataclass(frozen=True, kw_only=True)
class InLine:
    """A lead that waits for room at sales."""

    #: From 1, among all who wait.
    rank: int
    lead_id: int
    lead_public_id: UUID
    first_name: str | None
    last_name: str | None
    email: str | None
    company: str | None
    domain: str | None
    #: By what it should go to sales, such as ``trigger:Ready``.
    trigger: str
    fit_level: str
    account_intent_points: float
    intent_points: float
    waits_since: datetime
    #: Why it waits, for people.
    why: str
    #: When room may come; None: there is some.
    room_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Margin:
    """The last one in and the first one out, and by what they differ."""

    last_in: HandoffRow | None
    first_out: InLine | None
    #: What separates them: fit_level, account_intent_points, intent_points or waits_since; None: one of them is missing,
    #: or the first one out is the better one and room comes to it next.
    separated_by: str | None


def load(*, playbook: Playbook, at: datetime, limit: int | None = 200) -> list[InLine]:
    """Return who waits for room at sales, the best first; all of them where there is no limit."""
    found = read(most=max(MOST, limit) if limit is not None else None)
    if found.is_empty():
        return []
    allocated = allocation.allocate(
        proposals_of(found, playbook=playbook, at=at),
        sales_load=handoff_frames.load_sales_load_frame(since=at - room.LOOK_BACK),
        reps=handoffs.list_reps(),
        terms=handoffs.list_terms(),
        playbook=playbook,
        as_of=at,
    )
    waits = {row["lead_id"]: row for row in allocated.waiting.iter_rows(named=True)}
    rows = enumerate(found.head(found.height if limit is None else limit).iter_rows(named=True), start=1)
    return [in_line(row, rank, waits.get(row["lead_id"])) for rank, row in rows]


def margin(*, playbook: Playbook, at: datetime, waiting: Sequence[InLine] | None = None) -> Margin:
    """
    Return the marginal lead: the worst that was given room in the team's window, and the best that was not.

    ``waiting``: who waits, the best first, where that is known already.
    """
    if waiting is None:
        waiting = load(playbook=playbook, at=at, limit=1)
    last_in = handoffs.find_last_in(since=room.window_began_at(playbook=playbook, at=at))
    first_out = waiting[0] if waiting else None
    return Margin(
        last_in=last_in,
        first_out=first_out,
        separated_by=separation(last_in, first_out) if last_in and first_out else None,
    )


def wake(*, at: datetime) -> int:
    """
    Have those decided again for whom there is room after all; return how many accounts.

    A lead in line is looked at when room was to come. Room comes sooner where a rep begins, or is back, or takes more,
    and where somebody better for whom it was kept did not take it.
    """
    if not in_line_now().exists():
        return 0
    found = load(playbook=library.get_active_playbook().playbook, at=at, limit=MOST)
    ready = {each.lead_id for each in found if each.room_at is None}
    watched = Standing.objects.filter(
        status=LeadStatus.RE_ENGAGED.value, status_since__gt=at - lifecycle.RE_ENGAGED_FOR
    )
    rows = Lead.objects.filter(pk__in=ready).exclude(pk__in=watched.filter(pk__in=ready).values("pk"))
    accounts = set(rows.values_list("account_id", flat=True))
    due.mark_due(account_ids=accounts, at=at)
    return len(accounts)


def separation(last_in: HandoffRow, first_out: InLine) -> str | None:
    """Return the first thing by which the one ranks above the other; None: it does not."""
    ways: Iterable[tuple[str, bool]] = (("fit_level", False), ("account_intent_points", True), ("intent_points", True), ("waits_since", False))  # fmt: skip
    for name, is_more_better in ways:
        ours, theirs = getattr(last_in, name), getattr(first_out, name)
        if ours is None or ours != theirs:
            return name if ours is not None and (ours > theirs) is is_more_better else None
    return None


def in_line_now() -> QuerySet[Standing]:
    """Return the standings of those who should go to sales and are not there."""
    return Standing.objects.filter(
        status__in=WAITING, disposition=Disposition.TO_SALES, lead__voided_at__isnull=True
    )


def read(*, most: int | None) -> pl.DataFrame:
    """Return the leads in line with what they are ranked by and whose they are, the best first."""
    rows = list(in_line_now().order_by(*ORDER).values_list(*COLUMNS.values())[:most])
    schema = {**allocation.PROPOSALS, "lead_public_id": pl.Object}
    return pl.DataFrame(
        {
            name: pl.Series(name, [row[place] for row in rows], dtype=schema.get(name, pl.String))
            for place, name in enumerate(COLUMNS)
        }
    )


def proposals_of(found: pl.DataFrame, *, playbook: Playbook, at: datetime) -> pl.DataFrame:
    """Return the leads in line as sales' room is allocated to them."""
    accounts = set(found["account_id"])
    known = handoff_frames.load_handoffs_frame(account_ids=accounts)
    cool = returns.last_handoffs(known, playbook=playbook, as_of=at).select("lead_id", "cool_owners")
    colleagues = allocation.owners_of_colleagues(known, as_of=at)
    frame = (
        found.select(pl.exclude("lead_public_id"))
        .with_columns(
            pl.lit(False).alias("is_hand_raise"),
            pl.coalesce("lead_country", "account_country").alias("country"),
        )
        .join(cool, on="lead_id", how="left", maintain_order="left")
        .join(colleagues, on="account_id", how="left", maintain_order="left")
    )
    return frame.select(pl.col(name).cast(dtype) for name, dtype in allocation.PROPOSALS.items())


def in_line(row: dict[str, Any], rank: int, waits: dict[str, Any] | None) -> InLine:
    """Return one lead in line, with why it waits."""
    own = {name: row[name] for name in InLine.__dataclass_fields__ if name in row}
    return InLine(
        **own,
        rank=rank,
        why=waits["reason"] if waits else NEXT,
        room_at=waits["room_at"] if waits else None,
    )
