"""
Results, written for whoever still holds the message: the token is looked at in every statement.

Everything here runs inside a transaction of the caller.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from coldframe.outbox import backoff
from coldframe.outbox.handlers import Answer, Claimed, Gate, Handler, Result, Settled
from coldframe.storage.params import flat, instant_type, marks, stored

TEXT_LENGTH = 500

FINISH = """
    WITH r(n, t, new_state, why, what, said) AS (VALUES {rows})
    UPDATE outbox_outboxmessage SET
      state = r.new_state, reason = r.why, detail = r.what, receipt = r.said, settled_at = {at}, lease_until = NULL
    FROM r WHERE id = r.n AND token = r.t AND state IN ('CLAIMED', 'HANDING_OFF')
    RETURNING id"""

PUT_BACK = """
    WITH r(n, t, again, counted, why, what) AS (VALUES {rows})
    UPDATE outbox_outboxmessage SET
      state = 'QUEUED', lease_until = NULL, due_at = CAST(r.again AS {instant}), reason = r.why, detail = r.what,
      attempt_count = attempt_count - 1 + r.counted, death_count = death_count * (1 - r.counted),
      first_attempt_at = CASE WHEN r.counted = 1 THEN COALESCE(first_attempt_at, {at}) ELSE first_attempt_at END
    FROM r WHERE id = r.n AND token = r.t AND state IN ('CLAIMED', 'HANDING_OFF')
    RETURNING id"""


@dataclass(frozen=True, slots=True)
class Ending:
    """One row of the results to write."""

    message: Claimed
    result: Result
    reason: str
    detail: str
    answer: Answer
    #: For what goes back.
    due_at: datetime | None = None


def settle(
    answers: Sequence[Answer],
    *,
    messages: Mapping[int, Claimed],
    handler: Handler,
    gate: Gate,
    worker: str,
    at: datetime,
) -> list[Ending]:
    """Write what came of messages; return what was written: nothing of those that another now holds."""
    endings = [ending_of(messages[each.id], each, at=at) for each in answers if each.id in messages]
    if not endings:
        return []
    changed = write_states(endings, at=at)
    written = [each for each in endings if each.message.id in changed]
    note_attempts(written, worker=worker, at=at)
    for lane in sorted({each.message.lane for each in written}):
        gate.count(lane, [each.answer for each in written if each.message.lane == lane], at=at)
    tell(handler, written, at=at)
    return written


def ending_of(message: Claimed, answer: Answer, *, at: datetime) -> Ending:
    """Return what an answer means for a message: a retry that is too old becomes a failure."""
    result, reason = Result(answer.result), answer.reason
    detail = answer.text[:TEXT_LENGTH] if result is Result.HELD else described(answer)
    if result is Result.RETRY:
        again_at = answer.retry_at or next_try(message, at)
        if again_at is not None:
            return Ending(message, result, reason, detail, answer, again_at)
        result, reason = Result.FAILED, "GAVE_UP"
    if result is Result.RETURNED:
        return Ending(message, result, reason, detail, answer, answer.retry_at or message.due_at)
    return Ending(message, result, reason, detail, answer)


def next_try(message: Claimed, at: datetime) -> datetime | None:
    return backoff.next_try(
        key=message.key,
        attempt_count=message.attempt_count,
        first_attempt_at=message.first_attempt_at,
        at=at,
    )


def described(answer: Answer) -> str:
    """
    Return an answer in a line.

    >>> from coldframe.outbox.handlers import Outcome
    >>> described(Outcome(id=1, result="FAILED", phase="recipient", code=550, text="5.1.1 No such user"))
    'recipient: 550 5.1.1 No such user'
    """
    said = f"{answer.code} {answer.text}" if answer.code else answer.text
    return ": ".join(part for part in (answer.phase, said) if part)[:TEXT_LENGTH]


def write_states(endings: Sequence[Ending], *, at: datetime) -> set[int]:
    """Write the states; return the ids of the rows that were still this worker's."""
    final = [each for each in endings if each.due_at is None]
    back = [each for each in endings if each.due_at is not None]
    return finish(final, at=at) | put_back(back, at=at)


def finish(endings: Sequence[Ending], *, at: datetime) -> set[int]:
    rows = [
        (
            each.message.id,
            each.message.token,
            each.result.value,
            each.reason[:32],
            "" if each.result is Result.SENT else each.detail,
            receipt_of(each),
        )
        for each in endings
    ]
    return run(FINISH, rows, at=at)


def receipt_of(ending: Ending) -> str:
    answer = ending.answer
    return f"{answer.code or ''} {answer.text}".strip()[:TEXT_LENGTH] if ending.result is Result.SENT else ""


def put_back(endings: Sequence[Ending], *, at: datetime) -> set[int]:
    rows = [
        (
            each.message.id,
            each.message.token,
            stored(each.due_at or at),
            int(each.result is Result.RETRY),
            each.reason[:32],
            each.detail,
        )
        for each in endings
    ]
    return run(PUT_BACK, rows, at=at)


def run(sql: str, rows: Sequence[tuple[object, ...]], *, at: datetime) -> set[int]:
    """Run one statement over rows of values; return the ids that it changed."""
    if not rows:
        return set()
    text = sql.format(rows=marks(len(rows), len(rows[0])), at="%s", instant=instant_type())
    with connection.cursor() as cursor:
        cursor.execute(text, [*flat(rows), stored(at)])
        return {row[0] for row in cursor.fetchall()}


ADD_ATTEMPTS = """
    INSERT INTO outbox_attempt
      (message_id, number, token, worker, started_at, ended_at, phase, outcome, code, text)
    VALUES {rows}"""


def note_attempts(endings: Iterable[Ending], *, worker: str, at: datetime) -> None:
    """Keep each try that counts."""
    rows = [attempt(each, worker, at) for each in endings if each.result is not Result.RETURNED]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(ADD_ATTEMPTS.format(rows=marks(len(rows), len(rows[0]))), flat(rows))


def attempt(ending: Ending, worker: str, at: datetime) -> tuple[object, ...]:
    message, answer = ending.message, ending.answer
    return (
        message.id,
        message.attempt_count,
        message.token,
        worker,
        stored(message.claimed_at),
        stored(at),
        answer.phase[:16],
        str(answer.result),
        answer.code,
        answer.text[:TEXT_LENGTH],
    )


def tell(handler: Handler, endings: Collection[Ending], *, at: datetime) -> None:
    """Tell the handler of every end."""
    ends = [as_settled(each) for each in endings if each.due_at is None]
    if ends:
        handler.settled(ends, at=at)


def as_settled(ending: Ending) -> Settled:
    message = ending.message
    return Settled(
        message_id=message.message_id,
        id=message.id,
        key=message.key,
        subject_id=message.subject_id,
        lane=message.lane,
        result=ending.result,
        reason=ending.reason,
        detail=ending.detail,
        code=ending.answer.code,
        phase=ending.answer.phase,
    )
