"""
Everything that changes the outbox.

``enqueue``, ``cancel`` and ``erase_contents`` run inside the caller's transaction; everything else makes its
own. Handlers are given by kind; a kind without one is left alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from coldframe.kernel.vocabulary import Refusal
from coldframe.outbox import evidence, queries
from coldframe.outbox.durable import durably
from coldframe.outbox.gates import OPEN
from coldframe.outbox.handlers import Gate, Handler, Order, Result
from coldframe.outbox.journal import Journal
from coldframe.outbox.models import Attempt, Content, OutboxMessage
from coldframe.outbox.terms import DEFAULT, Terms
from coldframe.outbox.turns import Turn
from coldframe.storage import turns, writes
from coldframe.storage.params import places, stored

State = OutboxMessage.State

#: Rows in one statement of a sweep.
SWEEP = 500

ORDER_COLUMNS = (
    "key", "kind", "subject_id", "lane", "domain", "locks", "state", "due_at", "late_at",
    "first_attempt_at", "token", "worker", "attempt_count", "death_count", "reason", "detail", "receipt", "created_at",
)  # fmt: skip


class NotUncertain(Refusal):
    """A message was to be settled by a person, and there is no doubt about it."""


class NotWaiting(Refusal):
    """A message was to be queued again, and it is not one that was held or has failed."""


def enqueue(orders: Iterable[Order], *, at: datetime) -> int:
    """
    Queue messages, in the caller's transaction; return how many.

    Raises Django's ``IntegrityError`` for a key that was ever queued before.
    """
    rows = [
        (
            each.key, each.kind, each.subject_id, each.lane, each.domain, list(each.locks), State.QUEUED.value,
            each.due_at, each.late_at, each.first_attempt_at, 0, "", 0, 0, "", "", "", at,
        )
        for each in orders
    ]  # fmt: skip
    return writes.insert_rows(OutboxMessage, ORDER_COLUMNS, rows) if rows else 0


def run_turn(
    *,
    handlers: Mapping[str, Handler],
    worker: str,
    now: Callable[[], datetime],
    gate: Gate = OPEN,
    journal: Journal | None = None,
    terms: Terms = DEFAULT,
    stopping: Callable[[], bool] = bool,
) -> Counter[str]:
    """
    Give every lane with something due one batch; return how many messages came to which result.

    An empty count says that there is nothing to do before ``queries.next_due_at()``, or no room. What died
    elsewhere and what is stale is looked after as well.
    """
    with turns.taken():
        counts = recover_expired(handlers=handlers, at=now(), terms=terms)
        counts.update(hold_stale(handlers=handlers, at=now()))
        lanes = queries.list_due_lanes(at=now())
    turn = Turn(
        handlers=handlers, worker=worker, now=now, gate=gate, journal=journal, terms=terms, stopping=stopping
    )
    counts.update(turn.run(lanes))
    return counts


def recover_expired(*, handlers: Mapping[str, Handler], at: datetime, terms: Terms = DEFAULT) -> Counter[str]:
    """Take back what workers held whose lease is over: claimed is queued again, marked is uncertain."""
    if not exists("lease_until <= %s AND state IN ('CLAIMED', 'HANDING_OFF')", [stored(at)]):
        return Counter()
    return recover("lease_until <= %s", [stored(at)], handlers=handlers, at=at, terms=terms)


def recover_worker(
    worker: str, *, handlers: Mapping[str, Handler], at: datetime, terms: Terms = DEFAULT
) -> Counter[str]:
    """Take back at once what a worker held that is known to be dead."""
    return recover("worker = %s", [worker], handlers=handlers, at=at, terms=terms)


def recover(
    which: str, params: Sequence[Any], *, handlers: Mapping[str, Handler], at: datetime, terms: Terms
) -> Counter[str]:
    changes = [
        # The worker died of it, or it was there when others died, too often.
        ("CLAIMED", f"death_count >= {int(terms.most_deaths) - 1}", Result.FAILED, "QUARANTINED",
         f"{int(terms.most_deaths)} workers died while they held it."),
        ("HANDING_OFF", "1 = 1", Result.UNCERTAIN, "WORKER_DIED",
         "The worker died while it was handed over, or was stopped for too long."),
    ]  # fmt: skip
    counts: Counter[str] = Counter()
    for state, also, result, reason, detail in changes:
        condition = f"state = '{state}' AND {which} AND {also}"
        ends = end_where(
            condition, params, result=result, reason=reason, detail=detail, handlers=handlers, at=at
        )
        counts[result.value] += ends
    counts["RECOVERED"] = durably(lambda: queue_again(which, params), patience=60)
    return +counts


def queue_again(which: str, params: Sequence[Any]) -> int:
    return change(
        f"""UPDATE outbox_outboxmessage SET
              state = 'QUEUED', lease_until = NULL, token = token + 1, death_count = death_count + 1
            WHERE state = 'CLAIMED' AND {which}""",
        params,
    )


def hold_stale(*, handlers: Mapping[str, Handler], at: datetime) -> Counter[str]:
    """Hold queued messages that are too late to be of use; whoever enqueued them plans anew."""
    held = 0
    while queries.list_stale_ids(at=at, limit=1):
        condition = f"""id IN (SELECT id FROM outbox_outboxmessage WHERE state = 'QUEUED' AND late_at <= %s
                               AND kind IN ({places(len(handlers))}) LIMIT {SWEEP})
                        AND state = 'QUEUED'"""
        ends = end_where(
            condition, [stored(at), *handlers], result=Result.HELD, reason="STALE",
            detail="Too late to be of use.", handlers=handlers, at=at,
        )  # fmt: skip
        held += ends
        if ends == 0:
            break
    return +Counter({Result.HELD.value: held})


def end_where(
    condition: str,
    params: Sequence[Any],
    *,
    result: Result,
    reason: str,
    detail: str,
    handlers: Mapping[str, Handler],
    at: datetime,
) -> int:
    """End the messages of an SQL condition and tell their handlers, in one transaction; return how many."""
    kinds = places(len(handlers))
    sql = f"""UPDATE outbox_outboxmessage SET
                state = %s, reason = %s, detail = %s, settled_at = %s, lease_until = NULL, token = token + 1
              WHERE {condition} AND kind IN ({kinds}) RETURNING {evidence.COLUMNS}, kind"""

    def end() -> int:
        with connection.cursor() as cursor:
            cursor.execute(sql, [result.value, reason, detail, stored(at), *params, *handlers])
            rows = cursor.fetchall()
        tell(rows, result=result, handlers=handlers, at=at)
        return len(rows)

    return durably(end, patience=60)


def tell(
    rows: Sequence[Sequence[Any]], *, result: Result, handlers: Mapping[str, Handler], at: datetime
) -> None:
    """Tell the handlers of rows of ``evidence.COLUMNS`` and kind."""
    for kind in sorted({row[-1] for row in rows}):
        ends = [evidence.as_settled(row, result) for row in rows if row[-1] == kind]
        handlers[kind].settled(ends, at=at)


def settle_by_evidence(
    keys: Collection[str], *, handlers: Mapping[str, Handler], text: str, at: datetime
) -> list[str]:
    """
    Settle uncertain messages as sent, for something shows that they arrived; return the keys that were uncertain.

    ``text`` says what shows it, for people. Keys that nobody doubts are left as they are.
    """
    kinds = dict(OutboxMessage.objects.filter(key__in=keys).values_list("key", "kind"))

    def believe() -> list[str]:
        return sorted(
            key
            for kind, handler in handlers.items()
            for key in evidence.believe(
                [key for key in kinds if kinds[key] == kind], handler=handler, text=text, at=at
            )
        )

    return durably(believe, patience=60)


def resettle(
    message_id: int, *, delivered: bool, by: str, handlers: Mapping[str, Handler], at: datetime
) -> None:
    """
    Settle an uncertain message by a person's word.

    Delivered: it is sent. Not delivered: the same bytes are queued again, unless it is too late for them.
    Raises ``NotUncertain``.
    """
    result = Result.SENT if delivered else Result.REQUEUED
    reason = "PERSON" if delivered else "NOT_ARRIVED"
    state, receipt = (State.SENT.value, f"Settled by {by}.") if delivered else (State.QUEUED.value, "")
    sql = f"""UPDATE outbox_outboxmessage SET
                state = %s, receipt = %s, reason = %s, detail = %s, settled_at = %s, due_at = %s, token = token + 1
              WHERE id = %s AND state = 'UNCERTAIN' RETURNING {evidence.COLUMNS}, kind"""

    def settle() -> bool:
        with connection.cursor() as cursor:
            settled_at = stored(at) if delivered else None
            cursor.execute(
                sql, [state, receipt, reason, f"Settled by {by}."[:500], settled_at, stored(at), message_id]
            )
            rows = cursor.fetchall()
        tell(rows, result=result, handlers=handlers, at=at)
        return bool(rows)

    if not durably(settle, patience=60):
        raise NotUncertain(
            f"Message {message_id} is not uncertain.",
            advice="Look at it again: evidence, or somebody else, may have settled it.",
        )


def requeue(message_id: int, *, handlers: Mapping[str, Handler], at: datetime, late_at: datetime) -> None:
    """
    Queue the same bytes of a held or failed message again, because a person says so.

    Raises ``NotWaiting`` for any other.
    """
    sql = f"""UPDATE outbox_outboxmessage SET
                state = 'QUEUED', due_at = %s, late_at = %s, settled_at = NULL, reason = '', detail = '',
                death_count = 0, first_attempt_at = NULL, token = token + 1
              WHERE id = %s AND state IN ('HELD', 'FAILED') RETURNING {evidence.COLUMNS}, kind"""

    def put_back() -> bool:
        with connection.cursor() as cursor:
            cursor.execute(sql, [stored(at), stored(late_at), message_id])
            rows = cursor.fetchall()
        tell(rows, result=Result.REQUEUED, handlers=handlers, at=at)
        return bool(rows)

    if not durably(put_back, patience=60):
        raise NotWaiting(
            f"Message {message_id} is neither held nor failed.",
            advice="Only what was surely not handed over can be queued again.",
        )


def cancel(keys: Collection[str], *, reason: str, detail: str = "", at: datetime) -> list[str]:
    """
    Hold messages that are not on their way yet, in the caller's transaction; return the keys of those.

    A worker that has claimed one finds its token gone. The handler is not told: the caller knows.
    """
    if not keys:
        return []
    marks = places(len(keys))
    with connection.cursor() as cursor:
        cursor.execute(
            f"""UPDATE outbox_outboxmessage SET
                  state = 'HELD', reason = %s, detail = %s, settled_at = %s, lease_until = NULL, token = token + 1
                WHERE state IN ('QUEUED', 'CLAIMED') AND key IN ({marks}) RETURNING key""",
            [reason, detail[:500], stored(at), *keys],
        )
        return sorted(row[0] for row in cursor.fetchall())


def erase_contents(*, kind: str, subject_ids: Collection[int]) -> int:
    """Erase what messages said and to whom, in the caller's transaction; return how many. The rows stay."""
    found = OutboxMessage.objects.filter(kind=kind, subject_id__in=subject_ids)
    Content.objects.filter(message__in=found).update(body=None)
    Attempt.objects.filter(message__in=found).update(text="")
    return found.update(recipient="", receipt="", detail="", locks=[])


def exists(condition: str, params: Sequence[Any]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM outbox_outboxmessage WHERE {condition} LIMIT 1", params)
        return cursor.fetchone() is not None


def change(sql: str, params: Sequence[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return int(cursor.rowcount)
