"""
The hand that holds a batch: what ``mark``, ``report`` and ``beat`` do while a handler delivers.

A hand belongs to one worker and one thread. Its messages are its own while the lease lasts; the token of
each is looked at in every statement, so that a hand that was stopped for too long can do no harm.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection

from coldframe.outbox import evidence, holding, settling
from coldframe.outbox.durable import durably
from coldframe.outbox.handlers import Answer, Claimed, Gate, Handler, Outcome, Result, Withheld
from coldframe.outbox.journal import Journal
from coldframe.outbox.terms import Terms
from coldframe.storage import locks
from coldframe.storage.params import flat, marks, stored

MARK = """
    WITH r(n, t) AS (VALUES {rows})
    UPDATE outbox_outboxmessage SET state = 'HANDING_OFF', marked_at = %s
    FROM r WHERE id = r.n AND token = r.t AND state = 'CLAIMED'
    RETURNING id"""

MARKED = """
    WITH r(n, t) AS (VALUES {rows})
    SELECT id FROM outbox_outboxmessage JOIN r ON id = r.n AND token = r.t WHERE state = 'HANDING_OFF'"""

RENEW = """
    WITH r(n, t) AS (VALUES {rows})
    UPDATE outbox_outboxmessage SET lease_until = %s
    FROM r WHERE id = r.n AND token = r.t AND state IN ('CLAIMED', 'HANDING_OFF')
    RETURNING id"""


@dataclass(kw_only=True)
class Hand:
    """A batch of one lane and kind, from composed to settled."""

    lane: str
    handler: Handler
    gate: Gate
    journal: Journal | None
    worker: str
    now: Callable[[], datetime]
    terms: Terms
    stopping: Callable[[], bool]
    #: Until when nobody else may take the batch, by the time since the machine started.
    safe_until: float
    live: dict[int, Claimed] = field(default_factory=dict)
    taken: set[int] = field(default_factory=set)
    marked: set[int] = field(default_factory=set)
    pending: list[Answer] = field(default_factory=list)
    reported: set[int] = field(default_factory=set)
    #: The lane was closed meanwhile; nothing more of the batch is offered.
    is_closed: bool = False
    endings: list[settling.Ending] = field(default_factory=list)
    flushed: float = field(default_factory=time.monotonic)
    renewed: float = field(default_factory=time.monotonic)

    def feed(self, messages: Sequence[Claimed]) -> Iterator[Claimed]:
        """Yield the messages one by one, until the worker is told to stop or the lease is over."""
        for message in messages:
            if self.stopping() or self.is_closed or not self.is_safe():
                return
            self.taken.add(message.id)
            yield message

    def is_safe(self) -> bool:
        """Return whether nobody else can have taken the batch."""
        return time.monotonic() < self.safe_until

    def mark(self, ids: Collection[int]) -> Collection[int]:
        """
        Commit that these are handed over now; return those that may be, at once.

        In the same transaction: what was reported before, the locks that the messages name, the limits of the
        lane, and the handler's guard. The journal is on disk when this returns.
        """
        asked = [self.live[each] for each in ids if each in self.live and each not in self.marked]
        if not asked or not self.is_safe():
            return ()
        at = self.now()
        patience = self.terms.mark_patience.total_seconds()
        written, allowed = durably(lambda: self.write_markers(asked, at), patience=patience)
        self.settled(written)
        self.marked |= allowed
        return self.noted(allowed, at) if allowed else ()

    def write_markers(self, asked: Sequence[Claimed], at: datetime) -> tuple[list[settling.Ending], set[int]]:
        """Do what ``mark`` does inside its transaction; done again, it finds what was committed."""
        concerned = [*asked, *(self.live[each.id] for each in self.pending if each.id in self.live)]
        locks.hold(name for each in concerned for name in each.locks)
        written = self.settle(self.pending, at)
        refused = self.refusals(asked, at)
        written += self.settle(refused, at)
        out = {each.id for each in refused}
        rows = [(each.id, each.token) for each in asked if each.id not in out]
        return written, self.write(MARK, MARKED, rows, at)

    def write(self, change: str, look: str, rows: Sequence[tuple[int, int]], at: datetime) -> set[int]:
        """Change rows; those that a lost answer had changed before count too."""
        if not rows:
            return set()
        with connection.cursor() as cursor:
            cursor.execute(change.format(rows=marks(len(rows), 2)), [*flat(rows), stored(at)])
            found = {row[0] for row in cursor.fetchall()}
            if len(found) < len(rows):
                cursor.execute(look.format(rows=marks(len(rows), 2)), flat(rows))
                found |= {row[0] for row in cursor.fetchall()}
        return found

    def refusals(self, asked: Sequence[Claimed], at: datetime) -> list[Answer]:
        """Return what speaks against handing over, read inside the marker's transaction."""
        if holding.is_held():
            self.is_closed = True
            return [returned(each, "SENDING_STOPPED") for each in asked]
        late = [
            withheld(each, Withheld("STALE", "Too late to be of use."))
            for each in asked
            if each.late_at <= at
        ]
        rest = [each for each in asked if each.late_at > at]
        waits = self.gate.check(rest, at=at)
        self.is_closed = self.is_closed or bool(waits)
        back = [returned(each, "RATE_LIMIT", waits[each.id]) for each in rest if each.id in waits]
        rest = [each for each in rest if each.id not in waits]
        words = self.handler.guard(rest, at=at) if rest else {}
        return [*late, *back, *(withheld(each, words[each.id]) for each in rest if each.id in words)]

    def noted(self, allowed: set[int], at: datetime) -> Collection[int]:
        """Put the markers in the journal; nothing goes where that fails, or took too long."""
        names = [(self.live[each].key, self.live[each].message_id or "-") for each in sorted(allowed)]
        try:
            if self.journal:
                self.journal.note_handing_off(names, at=at)
        except OSError as error:
            self.take_back(allowed, f"The send journal cannot be written: {error}")
            raise
        if self.is_safe():
            return allowed
        self.take_back(allowed, "The claim was about to end.")
        return ()

    def take_back(self, ids: Collection[int], why: str) -> None:
        """Note that messages were marked and yet surely not handed over."""
        self.marked -= set(ids)
        for each in ids:
            self.report(
                Outcome(id=each, result=Result.RETURNED, phase="journal", text=why, reason="NOT_HANDED_OVER")
            )

    def report(self, answer: Answer) -> None:
        """Keep what came of a try, to be committed before the next marker."""
        if answer.id in self.live and answer.id not in self.reported:
            self.reported.add(answer.id)
            self.pending.append(answer)

    def beat(self) -> None:
        """Commit what was reported a while ago, and renew the lease when it is time."""
        passed = time.monotonic()
        if self.pending and passed - self.flushed >= self.terms.report_age.total_seconds():
            self.flush(self.terms.mark_patience)
        if passed - self.renewed >= self.terms.beat.total_seconds():
            self.renew()

    def flush(self, patience: timedelta) -> None:
        """Commit what was reported."""
        if self.pending:
            at = self.now()
            self.settled(durably(lambda: self.settle_locked(at), patience=patience.total_seconds()))

    def settle_locked(self, at: datetime) -> list[settling.Ending]:
        locks.hold(name for each in self.pending for name in self.live[each.id].locks)
        return self.settle(self.pending, at)

    def settle(self, answers: Sequence[Answer], at: datetime) -> list[settling.Ending]:
        """Write results; a "taken" that comes too late is still evidence, and believed where nobody knew."""
        if not answers:
            return []
        written = settling.settle(
            answers, messages=self.live, handler=self.handler, gate=self.gate, worker=self.worker, at=at
        )
        if len(written) < len(answers):
            done = {each.message.id for each in written}
            late = [
                self.live[each.id].key
                for each in answers
                if each.result == Result.SENT and each.id not in done
            ]
            evidence.believe(
                late, handler=self.handler, text="The answer came after the claim had ended.", at=at
            )
        return written

    def settled(self, endings: list[settling.Ending]) -> None:
        """Let go of what is committed."""
        self.endings += endings
        self.take_out_of_journal(endings)
        for each in self.pending:
            self.live.pop(each.id, None)
        for ending in endings:
            self.live.pop(ending.message.id, None)
        self.pending.clear()
        self.flushed = time.monotonic()

    def take_out_of_journal(self, endings: Sequence[settling.Ending]) -> None:
        not_taken = (Result.RETRY, Result.RETURNED, Result.FAILED)
        names = [
            (each.message.key, each.message.message_id or "-")
            for each in endings
            if each.message.id in self.marked and Result(each.answer.result) in not_taken
        ]
        if names and self.journal:
            self.journal.note_not_taken(names, at=self.now())

    def renew(self) -> None:
        """Renew the lease; what another has taken meanwhile is let go."""
        begun = time.monotonic()
        rows = [(each.id, each.token) for each in self.live.values()]
        if rows:
            patience = self.terms.mark_patience.total_seconds()
            until = self.now() + self.terms.lease
            kept = durably(lambda: self.write(RENEW, MARKED, rows, until), patience=patience)
            for lost in [each for each in self.live if each not in kept]:
                del self.live[lost]
        self.renewed = begun
        self.safe_until = begun + (self.terms.lease - self.terms.margin).total_seconds()

    def conclude(self, *, broke: bool) -> None:
        """Settle what is left: marked without a report is uncertain, the rest goes back unharmed."""
        for message in list(self.live.values()):
            if message.id not in self.reported:
                self.report(self.unreported(message, broke=broke))
        self.flush(self.terms.settle_patience)

    def unreported(self, message: Claimed, *, broke: bool) -> Answer:
        if message.id in self.marked:
            return Outcome(id=message.id, result=Result.UNCERTAIN, phase="final dot", reason="NO_ANSWER")
        if broke and message.id in self.taken:
            return Outcome(id=message.id, result=Result.RETRY, phase="deliver", reason="BROKE_OFF")
        again_at = None if self.stopping() else self.now() + self.terms.pause
        return Outcome(id=message.id, result=Result.RETURNED, reason="NOT_OFFERED", retry_at=again_at)


def withheld(message: Claimed, word: Withheld, *, phase: str = "guard") -> Answer:
    return Outcome(id=message.id, result=Result.HELD, phase=phase, reason=word.reason, text=word.detail)


def returned(message: Claimed, reason: str, until: datetime | None = None) -> Answer:
    return Outcome(id=message.id, result=Result.RETURNED, phase="guard", reason=reason, retry_at=until)
