"""What came of touches: recorded in the transaction that settles their messages."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection

from coldframe.delivery.channels.audience import lists
from coldframe.kernel.vocabulary import Channel, HoldReason, Refusal, SuppressionReason, TouchState
from coldframe.leads import operations as leads
from coldframe.leads.due import mark_due
from coldframe.nurture.dispatch import LATE_AFTER
from coldframe.nurture.guarding import superseded
from coldframe.nurture.models import Enrollment, Hold, Touch
from coldframe.outbox.handlers import Result, Settled
from coldframe.storage import writes
from coldframe.storage.params import as_instant, flat, marks, places, stored

#: Result of a message -> what the touch is then, and what it may have been before.
STATES: dict[Result, tuple[TouchState, tuple[TouchState, ...]]] = {
    Result.SENT: (TouchState.SENT, (TouchState.PLANNED, TouchState.UNCERTAIN)),
    Result.FAILED: (TouchState.FAILED, (TouchState.PLANNED, TouchState.UNCERTAIN)),
    Result.UNCERTAIN: (TouchState.UNCERTAIN, (TouchState.PLANNED,)),
    Result.HELD: (TouchState.WITHDRAWN, (TouchState.PLANNED,)),
    Result.REQUEUED: (TouchState.PLANNED, (TouchState.UNCERTAIN, TouchState.FAILED)),
}
MOMENT = timedelta(microseconds=1)
#: What was handed over is looked at again after so long, so that accounts are decided together and not batch by batch;
#: whatever else happens to one of them is looked at at once.
TOGETHER = timedelta(seconds=5)
#: What a refusal for good says of the address: nobody is there.
DEAD_ADDRESS = "NO_SUCH_ADDRESS"
HOLD_COLUMNS = (
    "cycle_id", "lead_id", "account_id", "path", "reason", "detail", "until", "content_key", "channel", "held_at",
)  # fmt: skip
DETAIL_LENGTH = 255
#: Messages in one statement.
AT_A_TIME = 500


class Ended(NamedTuple):
    """The columns of a touch that say what follows from its end."""

    id: int
    lead_id: int
    account_id: int
    enrollment_id: int
    cycle_id: int
    path: str
    content_key: str
    channel: str
    planned_for: datetime


class PlannedAnew(Refusal):
    """A touch that a cycle has taken up was to be sent again by hand."""


def record(ended: Sequence[Settled], *, at: datetime) -> None:
    """
    Record the ends: the touch's state, a hold for each that was not handed over, and the account due again.

    A message speaks for the plan that queued it: one whose touch was planned anew since changes nothing. A
    dead address is suppressed. What is held is planned anew by the next cycle; nothing is dropped. Raises
    ``PlannedAnew`` where a person sends again what a cycle has taken up.
    """
    changed = {result: changed_to(result, ended, at=at) for result in STATES}
    refuse_planned_anew(ended, changed[Result.REQUEUED])
    touches = {key: touch for those in changed.values() for key, touch in those.items()}
    touches |= of({each.subject_id for each in ended} - set(touches))
    held = {each.subject_id: each for each in ended if each.result is Result.HELD}
    rows = [hold_of(held[key], touches[key], at=at) for key in sorted(changed[Result.HELD])]
    if rows:
        writes.insert_rows(Hold, HOLD_COLUMNS, rows)
    suppress_dead(ended, touches, at=at)
    leave_lists(changed[Result.SENT].values(), at=at)
    # What was held is looked at a moment later, so that a clock that stands still while work is done moves on.
    again = {touches[key].account_id for key in held if key in touches}
    mark_due(account_ids=again, at=at + MOMENT)
    mark_due(account_ids={touch.account_id for touch in touches.values()} - again, at=at + TOGETHER)


def changed_to(result: Result, ended: Sequence[Settled], *, at: datetime) -> dict[int, Ended]:
    """Set what became of touches, where that may follow what they were; return the touches that it is news of, by id."""
    pairs = [(each.subject_id, each.id) for each in ended if each.result is result]
    found: dict[int, Ended] = {}
    for start in range(0, len(pairs), AT_A_TIME):
        found |= set_state(result, pairs[start : start + AT_A_TIME], at=at)
    return found


def set_state(result: Result, pairs: Sequence[tuple[int, int]], *, at: datetime) -> dict[int, Ended]:
    """Do what ``changed_to`` does for pairs of a touch and the message that speaks of it."""
    state, may_have_been = STATES[result]
    columns = ", ".join(f"nurture_touch.{name}" for name in Ended._fields)
    with connection.cursor() as cursor:
        # The same text whatever is asked: it is prepared once, and asked before every hand-over.
        cursor.execute(
            f"""WITH r(touch_id, message_id) AS (VALUES {marks(len(pairs), 2)})
                UPDATE nurture_touch SET state = %s, settled_at = %s
                  FROM r WHERE nurture_touch.id = r.touch_id
                   AND nurture_touch.state IN ({places(len(may_have_been))})
                   AND NOT {superseded("r.message_id", "r.touch_id")}
                RETURNING {columns}""",
            [*flat(pairs), state.value, stored(at), *(each.value for each in may_have_been)],
        )
        return {row[0]: ended_from(row) for row in cursor.fetchall()}


def refuse_planned_anew(ended: Sequence[Settled], again: Collection[int]) -> None:
    """Raise ``PlannedAnew`` for what is to be sent again and must not: the next cycle has taken it up, or will."""
    asked = {each.subject_id for each in ended if each.result is Result.REQUEUED}
    if asked - set(again):
        raise PlannedAnew(
            "This touch was held, and held touches are planned anew by themselves.",
            expected="a message that failed, or of which nobody knows whether it arrived",
            advice="Look at the lead: its ledger says what is next, and when.",
        )


def suppress_dead(ended: Sequence[Settled], touches: Mapping[int, Ended], *, at: datetime) -> None:
    """Never write again to addresses of which the other side says that nobody is there."""
    dead = [each for each in ended if each.result is Result.FAILED and each.reason == DEAD_ADDRESS]
    if dead:
        leads.suppress(
            reason=SuppressionReason.HARD_BOUNCE,
            source="mail server",
            at=at,
            lead_ids=[touches[each.subject_id].lead_id for each in dead],
        )


def leave_lists(touches: Iterable[Ended], *, at: datetime) -> None:
    """Take those off their list again whose stay on the path ended while they were put on it."""
    listed = [each for each in touches if each.channel == Channel.AUDIENCE]
    if listed:
        stays = [each.enrollment_id for each in listed]
        ended = set(
            Enrollment.objects.filter(pk__in=stays, ended_at__isnull=False).values_list("pk", flat=True)
        )
        for each in listed:
            if each.enrollment_id in ended:
                lists.leave(lead_ids=[each.lead_id], audience=each.path, at=at)


def of(touch_ids: Collection[int]) -> dict[int, Ended]:
    """Return touches by id."""
    ids = sorted(touch_ids)
    parts = (ids[start : start + AT_A_TIME] for start in range(0, len(ids), AT_A_TIME))
    return {
        row[0]: ended_from(row)
        for part in parts
        for row in Touch.objects.filter(pk__in=part).values_list(*Ended._fields)
    }


def ended_from(row: Sequence[Any]) -> Ended:
    """Return a touch from the values of its columns, as either the driver or Django gives them."""
    return Ended._make((*row[:-1], as_instant(row[-1])))


def hold_of(ended: Settled, touch: Ended, *, at: datetime) -> tuple[Any, ...]:
    """Return the row of a hold, in the cycle that had planned the touch, so that its books add up."""
    reason = reason_of(ended, touch, at=at)
    return (
        touch.cycle_id, touch.lead_id, touch.account_id, touch.path, reason.value, ended.detail[:DETAIL_LENGTH], at,
        touch.content_key, touch.channel, at,
    )  # fmt: skip


def reason_of(ended: Settled, touch: Ended, *, at: datetime) -> HoldReason:
    """Return the reason of a hold; too late within a day means that working hours were over."""
    if ended.reason == HoldReason.STALE and at < touch.planned_for + LATE_AFTER:
        return HoldReason.QUIET_HOURS
    return HoldReason(ended.reason) if ended.reason in HoldReason.__members__ else HoldReason.NOT_READY
