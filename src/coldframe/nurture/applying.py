"""
Keeping what a cycle decided: everything about its accounts in one transaction, or nothing.

Frames are staged and set against the tables by SQL, the same on SQLite and PostgreSQL; only what leaves the
house passes through Python row by row.
"""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from coldframe.delivery.channels.audience import lists
from coldframe.handoff import frames as handoff_frames
from coldframe.handoff import notifying
from coldframe.handoff import operations as handoffs
from coldframe.kernel import KERNEL_VERSION
from coldframe.kernel.vocabulary import HandoffState, Refusal, TouchState
from coldframe.leads import due
from coldframe.nurture import dispatch, frames, planned, storing
from coldframe.nurture.models import Cycle
from coldframe.nurture.surroundings import LOOK_BACK
from coldframe.storage import links, locks, reads
from coldframe.storage.links import Link

if TYPE_CHECKING:
    import polars as pl

    from coldframe.kernel.cycle import CycleResult
    from coldframe.kernel.playbook.model import Playbook

ENROLLMENT = ("lead_id", "account_id", "lap", "path", "state", "entered_at", "lap_began_at", "not_before", "wave_rank", "released_at")  # fmt: skip
HANDOFF = (
    "lead_id", "account_id", "team", "owner", "trigger", "is_hand_raise", "opened_at", "deadline_at", "answer_by_at",
    "fit_level", "account_intent_points", "intent_points", "waits_since", "segment", "stage",
)  # fmt: skip
#: The path of the lead's last stay, which has just ended where it was on one.
LAST_PATH = "(SELECT e.path FROM nurture_enrollment e WHERE e.lead_id = c.lead_id ORDER BY e.id DESC LIMIT 1)"
HOLD = ("lead_id", "account_id", "path", "reason", "until", "content_key", "channel")
#: Ids in one statement.
IDS_A_STATEMENT = 5_000
#: Texts are cut to their columns.
DETAIL_LENGTH = 255


class RoomTaken(Refusal):
    """Others have put leads before sales since the room was counted."""


class ContentTwice(Refusal):
    """A content was planned for a lead that has had it."""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What a cycle decided about the accounts it holds."""

    result: CycleResult
    standing: pl.DataFrame
    claimed: due.Claim
    version_id: int
    playbook: Playbook
    as_of: datetime


@dataclass(frozen=True, kw_only=True)
class OpenCycle:
    """The cycle that a transaction is keeping."""

    id: int
    as_of: datetime

    def sql(self) -> str:
        """Return the SQL of its id."""
        return str(self.id)


def apply(decision: Decision, *, room: pl.DataFrame | None) -> Counter[str]:
    """
    Keep a decision; return what was counted.

    ``room`` is what sales had taken on when the decision was made; None: the caller has held it since. Raises
    ``RoomTaken``, ``storing.DecidedElsewhere``, and ``leads.due.TakenOver`` where another cycle holds an account;
    nothing is kept then.
    """
    result, as_of = decision.result, decision.as_of
    changed = frames.changes(result.assessed, decision.standing, as_of=as_of)
    counts = count(decision, changed)
    with links.open_link(whole=False) as link, transaction.atomic():
        # Always in this order, so that nobody waits in a circle. People before accounts: an opt-out and a hand-over
        # hold a person while they make the account due.
        if not result.handoffs.is_empty():
            require_room(room, as_of=as_of)
        locks.hold(locks.of_lead(lead_id) for lead_id in planned.leads_losing_their_way(result, changed))
        due.require_held(decision.claimed)
        cycle = open_cycle(decision, counts)
        keep_changes(link, changed, cycle, are_all=changed.height == result.assessed.height)
        keep_enrollments(link, result, as_of=as_of)
        leave_lists(planned.leads_off_lists(result), as_of=as_of)
        keep_handoffs(link, result)
        tell_sales(result, playbook=decision.playbook, as_of=as_of)
        keep_plans(link, decision, cycle)
        due.release(decision.claimed, due=result.due.select("account_id", "due_at").iter_rows())
    return counts


def require_room(room: pl.DataFrame | None, *, as_of: datetime) -> None:
    """Lock what sales takes on, and raise ``RoomTaken`` unless it is as it was when it was counted."""
    handoffs.lock_capacity()
    if room is not None and not room.equals(handoff_frames.load_sales_load_frame(since=as_of - LOOK_BACK)):
        raise RoomTaken("Others have put leads before sales since the room was counted.")


def count(decision: Decision, changed: pl.DataFrame) -> Counter[str]:
    """Return what a cycle did, for its books."""
    result = decision.result
    touches = int(result.plans["is_touch"].sum())
    return Counter(
        leads=result.assessed.height,
        accounts=len(decision.claimed.stamps),
        changed=changed.height,
        moved=int(changed["is_moved"].sum()),
        candidates=result.plans.height,
        touches=touches,
        holds=result.plans.height - touches,
        handoffs=result.handoffs.height,
    )


def open_cycle(decision: Decision, counts: Counter[str]) -> OpenCycle:
    """Write the cycle's row; it is there only if all of it is."""
    made = Cycle.objects.create(
        as_of=decision.as_of,
        playbook_version_id=decision.version_id,
        kernel_version=KERNEL_VERSION,
        started_at=decision.as_of,
        finished_at=decision.as_of,
        counts=dict(counts),
    )
    return OpenCycle(id=made.pk, as_of=decision.as_of)


def keep_changes(link: Link, changed: pl.DataFrame, cycle: OpenCycle, *, are_all: bool) -> None:
    """
    Keep assessments, standings and transitions of the leads of which anything changed.

    ``are_all``: those are all leads of their accounts.
    """
    if not changed.is_empty():
        storing.keep(link, changed, cycle, are_all=are_all)


def keep_enrollments(link: Link, result: CycleResult, *, as_of: datetime) -> None:
    """End, open and change stays on paths."""
    changes = result.enrollments
    if changes.is_empty():
        return
    link.stage("enrollment_changes", changes)
    link.run(
        """UPDATE nurture_enrollment SET state = 'ENDED', ended_at = c.ended_at, exit_reason = c.exit_reason, wave_rank = NULL
             FROM enrollment_changes c
            WHERE c.change = 'END' AND c.lead_id = nurture_enrollment.lead_id AND nurture_enrollment.ended_at IS NULL"""
    )
    names = ", ".join(ENROLLMENT)
    link.run(
        f"INSERT INTO nurture_enrollment ({names}) SELECT {names} FROM enrollment_changes WHERE change = 'OPEN'"
    )
    # A wave may have released somebody since this cycle looked; that is not taken back.
    link.run(
        """UPDATE nurture_enrollment
              SET state = c.state, not_before = c.not_before, wave_rank = c.wave_rank,
                  released_at = COALESCE(c.released_at, nurture_enrollment.released_at)
             FROM enrollment_changes c
            WHERE c.change = 'UPDATE' AND c.lead_id = nurture_enrollment.lead_id AND nurture_enrollment.ended_at IS NULL"""
    )
    link.run("DROP TABLE enrollment_changes")


def leave_lists(lead_ids: Sequence[int], *, as_of: datetime) -> None:
    """Take people off the retargeting lists: their stay on a path has ended, or they may not be contacted."""
    for start in range(0, len(lead_ids), IDS_A_STATEMENT):
        lists.leave(lead_ids=lead_ids[start : start + IDS_A_STATEMENT], at=as_of)


def keep_handoffs(link: Link, result: CycleResult) -> None:
    """Record lapses and what was overtaken, then put leads before sales, each once an episode."""
    if not result.ended_handoffs.is_empty():
        link.stage("handoffs_ended", result.ended_handoffs)
        link.run(
            f"""UPDATE handoff_handoff SET state = c.state, ended_at = c.ended_at FROM handoffs_ended c
                 WHERE c.lead_id = handoff_handoff.lead_id AND handoff_handoff.state = '{HandoffState.OPEN.value}'"""
        )
        link.run("DROP TABLE handoffs_ended")
    if not result.handoffs.is_empty():
        opened = planned.with_public_ids(result.handoffs, public_id_of, by="opened_at")
        link.stage("handoffs_opened", opened)
        names = ", ".join(HANDOFF)
        link.run(
            f"""INSERT INTO handoff_handoff (public_id, episode, state, path, owner_from, {names})
                SELECT {uuid_of("c.public_id")},
                       1 + COALESCE((SELECT MAX(h.episode) FROM handoff_handoff h WHERE h.lead_id = c.lead_id), 0),
                       '{HandoffState.OPEN.value}', {LAST_PATH}, COALESCE(c.owner_from, ''), {names}
                  FROM handoffs_opened c"""
        )
        link.run("DROP TABLE handoffs_opened")


def tell_sales(result: CycleResult, *, playbook: Playbook, as_of: datetime) -> None:
    """Queue what sales is told: of leads that were put before it, and of those that nobody answered in time."""
    opened, ended = result.handoffs, result.ended_handoffs
    if not opened.is_empty():
        notifying.tell_opened(lead_ids=opened["lead_id"].to_list(), at=as_of)
    states = zip(ended["lead_id"], ended["state"], strict=True)
    lapsed = [lead_id for lead_id, state in states if state == HandoffState.LAPSED.value]
    if lapsed:
        notifying.tell_lapsed(lead_ids=lapsed, escalate_to=playbook.sales.lapsed.escalate_to, at=as_of)


def keep_plans(link: Link, decision: Decision, cycle: OpenCycle) -> None:
    """Write one row for every candidate: a touch, with its message, or a hold."""
    touches, holds = planned.touches_and_holds(decision.result.plans)
    if not holds.is_empty():
        keep_holds(link, holds, cycle)
    if not touches.is_empty():
        keep_touches(link, planned.with_public_ids(touches, public_id_of, by="content_key"), cycle)
        closes = planned.closing_times(touches, calendar=decision.playbook.calendar, at=decision.as_of)
        dispatch.enqueue(cycle_id=cycle.id, closes=closes, at=decision.as_of)


def keep_holds(link: Link, holds: pl.DataFrame, cycle: OpenCycle) -> None:
    link.stage("planned_holds", holds)
    names = ", ".join(HOLD)
    link.run(
        f"""INSERT INTO nurture_hold (cycle_id, held_at, detail, {names})
            SELECT {cycle.id}, {reads.instant(cycle.as_of)}, SUBSTR(COALESCE(detail, ''), 1, {DETAIL_LENGTH}), {names}
              FROM planned_holds"""
    )
    link.run("DROP TABLE planned_holds")


def keep_touches(link: Link, touches: pl.DataFrame, cycle: OpenCycle) -> None:
    """
    Write the touches and what is to be handed over for them.

    A touch that was withdrawn before it left is planned again as the same row. Raises ``ContentTwice`` where a
    lead has had the content.
    """
    at = reads.instant(cycle.as_of)
    link.stage("planned_touches", touches)
    written = link.run(
        f"""INSERT INTO nurture_touch (public_id, lead_id, account_id, enrollment_id, cycle_id, content_key, channel, path,
                                       lap, reason, state, planned_for, permitted_until, needs_notice)
            SELECT {uuid_of("c.public_id")}, c.lead_id, c.account_id, e.id, {cycle.id}, c.content_key, c.channel, c.path,
                   c.lap, SUBSTR(c.reason, 1, {DETAIL_LENGTH}), '{TouchState.PLANNED.value}', {at}, c.permitted_until, c.needs_notice
              FROM planned_touches c JOIN nurture_enrollment e ON e.lead_id = c.lead_id AND e.ended_at IS NULL
             WHERE 1 = 1
            ON CONFLICT (lead_id, content_key) DO UPDATE SET
              enrollment_id = excluded.enrollment_id, cycle_id = excluded.cycle_id, channel = excluded.channel,
              path = excluded.path, lap = excluded.lap, reason = excluded.reason, state = excluded.state,
              planned_for = excluded.planned_for, permitted_until = excluded.permitted_until,
              needs_notice = excluded.needs_notice, settled_at = NULL
             WHERE nurture_touch.state = '{TouchState.WITHDRAWN.value}'"""
    )
    link.run("DROP TABLE planned_touches")
    if written != touches.height:
        raise ContentTwice(
            "A content was planned for a lead that has had it.",
            expected=f"{touches.height} touches",
            got=f"{written}",
            advice="Nothing of this cycle was kept.",
        )


def uuid_of(column: str) -> str:
    """Return the SQL that makes a UUID, as the connected database keeps it, of 32 hexadecimal digits."""
    return f"CAST({column} AS uuid)" if connection.vendor == "postgresql" else column


def public_id_of(*parts: object) -> str:
    """
    Return 32 hexadecimal digits that nobody can guess and that are the same when the same is decided again.

    >>> len(public_id_of(7, "asset:guide"))
    32
    """
    text = ":".join(map(str, parts))
    digest = hmac.digest(settings.SECRET_KEY.encode(), b"public id:" + text.encode(), "sha256")
    return UUID(bytes=digest[:16], version=4).hex
