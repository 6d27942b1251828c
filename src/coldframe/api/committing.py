"""
Storing what arrives, many at a time: whoever waits while one transaction is written goes into the next.

A durable transaction costs the same for one row as for hundreds. One thread of a process writes; those
that answer callers wait for it, and answer only once their row is safe.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Protocol

from django.db import InterfaceError, OperationalError

from coldframe.activity.arrivals import NewArrival
from coldframe.kernel.vocabulary import Refusal

log = logging.getLogger(__name__)

#: Rows and bytes of one transaction.
MOST_ROWS = 2_000
MOST_BYTES = 8 * 2**20
#: Seconds that a caller waits; then it is told to come again. What was stored meanwhile counts once all the same.
PATIENCE = 10.0
#: Nobody joins a queue whose first has waited so many seconds.
STUCK = 5.0
#: Seconds between two notes of who called.
NOTE_EVERY = 5.0
#: What a database says that is away or too busy: one row alone would fare no better.
OUTAGES = (OperationalError, InterfaceError)


class NotStored(Refusal):
    """It could not be stored; the caller is to try again."""


class Store(Protocol):
    """Where rows go."""

    def accept(self, arrivals: Sequence[NewArrival]) -> None:
        """Store them all durably, or none and raise."""

    def note(self, heard: Mapping[int, datetime], refused: Mapping[int, Mapping[str, int]]) -> None:
        """Note who called, and what was refused."""

    def now(self) -> datetime:
        """Return the present instant."""

    def close(self) -> None:
        """Let go of what failed."""


@dataclass(slots=True)
class Ticket:
    """A row that waits, and how it ended."""

    arrival: NewArrival
    began: float
    #: Held until it ended, where a thread waits.
    ended: threading.Lock | None = None
    #: Told how it ended, where a loop waits.
    told: asyncio.Future[None] | None = None
    error: Exception | None = None


@dataclass(kw_only=True)
class Committer:
    """Writes for all callers of a process."""

    store: Store
    elapsed: Callable[[], float] = monotonic
    patience: float = PATIENCE
    waiting: list[Ticket] = field(default_factory=list)
    writing: Sequence[Ticket] = ()
    ready: threading.Condition = field(default_factory=threading.Condition)
    thread: threading.Thread | None = None
    heard: set[int] = field(default_factory=set)
    refused: dict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    noted_at: float = 0.0

    def put(self, arrival: NewArrival) -> None:
        """Store a row; return once it is safe. Raises ``NotStored``."""
        ended = threading.Lock()
        ended.acquire()
        ticket = Ticket(arrival, self.elapsed(), ended=ended)
        self.queue(ticket)
        if not ended.acquire(timeout=self.patience):
            raise not_stored()
        if ticket.error is not None:
            raise not_stored() from ticket.error

    async def put_soon(self, arrival: NewArrival) -> None:
        """Store a row, and let others be answered meanwhile; return once it is safe. Raises ``NotStored``."""
        told = asyncio.get_running_loop().create_future()
        ticket = Ticket(arrival, self.elapsed(), told=told)
        self.queue(ticket)
        try:
            async with asyncio.timeout(self.patience):
                await told
        except TimeoutError as error:
            raise not_stored() from error
        if ticket.error is not None:
            raise not_stored() from ticket.error

    def queue(self, ticket: Ticket) -> None:
        """Have a row written with the next transaction. Raises ``NotStored``."""
        with self.ready:
            oldest = self.writing or self.waiting
            if oldest and ticket.began - oldest[0].began > STUCK:
                raise not_stored()
            self.waiting.append(ticket)
            if self.thread is None or not self.thread.is_alive():
                self.start()
            self.ready.notify()

    def refuse(self, source_id: int, reason: str) -> None:
        """Count what was refused of a caller, or of nobody who is known (``strangers.NOBODY``)."""
        with self.ready:
            self.refused[source_id][reason] += 1
            if self.thread is None or not self.thread.is_alive():
                self.start()

    def start(self) -> None:
        """Begin to write."""
        self.thread = threading.Thread(target=self.run, name="committer", daemon=True)
        self.thread.start()

    def run(self) -> None:
        """Write whatever waits, for ever."""
        while True:
            with self.ready:
                while not self.waiting:
                    if not self.ready.wait(timeout=NOTE_EVERY):
                        break
                self.writing = self.take()
            if self.writing:
                self.write(self.writing)
            self.note_if_due()

    def take(self) -> list[Ticket]:
        """Return what goes into the next transaction."""
        size, count = 0, 0
        for ticket in self.waiting[:MOST_ROWS]:
            size += len(ticket.arrival.body)
            if count and size > MOST_BYTES:
                break
            count += 1
        taken, self.waiting = self.waiting[:count], self.waiting[count:]
        return taken

    def write(self, tickets: Sequence[Ticket]) -> None:
        """Store rows and tell who waits; one that cannot be stored does not take the others along."""
        error = self.try_to_store(tickets)
        if error is not None and len(tickets) > 1 and not isinstance(error, OUTAGES):
            for ticket in tickets:
                ticket.error = self.try_to_store([ticket])
        else:
            for ticket in tickets:
                ticket.error = error
        with self.ready:
            self.writing = ()
            self.heard.update(
                ticket.arrival.source_id
                for ticket in tickets
                if ticket.error is None and ticket.arrival.source_id is not None
            )
        told: dict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] = defaultdict(list)
        for ticket in tickets:
            if ticket.ended is not None:
                ticket.ended.release()
            if ticket.told is not None:
                told[ticket.told.get_loop()].append(ticket.told)
        for loop, waits in told.items():
            tell(loop, waits)

    def try_to_store(self, tickets: Sequence[Ticket]) -> Exception | None:
        """Store rows; return the error where they could not be."""
        try:
            self.store.accept([ticket.arrival for ticket in tickets])
        except Exception as error:  # noqa: BLE001 - Whatever it is, callers hear of it and the thread goes on.
            log.error("arrivals not stored", extra={"count": len(tickets), "failure": type(error).__name__})
            self.close()
            return error
        return None

    def note_if_due(self) -> None:
        """Write down who called, every so often."""
        now = self.elapsed()
        with self.ready:
            if not (self.heard or self.refused) or now - self.noted_at < NOTE_EVERY:
                return
            self.noted_at = now
            heard, refused = self.heard, self.refused
            self.heard, self.refused = set(), defaultdict(Counter)
        try:
            at = self.store.now()
            self.store.note(dict.fromkeys(heard, at), refused)
        except Exception as error:  # noqa: BLE001 - A count less; nothing that was acknowledged.
            log.warning("calls not counted", extra={"failure": type(error).__name__})
            self.close()

    def close(self) -> None:
        """Let go of a connection that failed."""
        try:
            self.store.close()
        except Exception as error:  # noqa: BLE001 - It is gone either way.
            log.debug("connection not closed", extra={"failure": type(error).__name__})


def tell(loop: asyncio.AbstractEventLoop, waits: Sequence[asyncio.Future[None]]) -> None:
    """Tell all who wait in a loop at once; where it has ended nobody waits any more."""
    try:
        loop.call_soon_threadsafe(end, waits)
    except RuntimeError:
        log.debug("nobody waits any more", extra={"count": len(waits)})


def end(waits: Sequence[asyncio.Future[None]]) -> None:
    for each in waits:
        if not each.done():
            each.set_result(None)


def not_stored() -> NotStored:
    """Return the refusal of what cannot be stored at this moment."""
    return NotStored("It could not be stored at the moment.", advice="Send it again in some seconds.")
