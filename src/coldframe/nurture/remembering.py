"""
Values that cost a reading of the whole base, remembered until an assessment or an import changes it.

Where that reading takes longer than a reader should wait, the value that is known is shown once more while a thread of
its own makes the new one. Where none is known, a page that is asked for says so (``BeingMade``) and is asked for again;
everybody else waits.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from time import monotonic
from typing import Any, TypeVar

from django.db import connection

from coldframe.storage import looks, quiet

Value = TypeVar("Value")
log = logging.getLogger(__name__)

#: A value that took more seconds than this to make is made anew behind the reader's back,
WORTH_A_THREAD = 0.1
#: unless the one that is known is older than so many seconds: nobody has asked for long, and much may have happened.
OLDEST = 600.0
#: Values that are known at a time; lists under filters come and go.
MOST = 500
#: How far a thread that makes a value stands back behind those that answer; as ``nice`` counts.
STANDS_BACK = 10
#: Cycles that may be under way at a time: the latest of them tell when the base was last changed by one.
UNDER_WAY = 50
#: Changes whenever an assessment or an import has changed the base; costs a few rows of indexes.
STAMP = f"""
    SELECT (SELECT MAX(id) FROM nurture_cycle),
           (SELECT MAX(finished_at) FROM (SELECT finished_at FROM nurture_cycle ORDER BY id DESC LIMIT {UNDER_WAY}) AS last),
           COUNT(id), MAX(finished_at), SUM(position), SUM(CASE WHEN state = 'UNDONE' THEN 1 ELSE 0 END)
      FROM leads_importbatch"""


class BeingMade(Exception):
    """A value that is not known yet is being made; who asked may ask again in a moment."""


@dataclass(frozen=True)
class Remembered:
    """A value, what base it was made from, when, and how many seconds that took."""

    stamp: Any
    made_at: float
    cost: float
    value: Any

    def holds(self, stamp: Any, *, age: float, seconds: float, patience: float) -> bool:
        """
        Return whether the value may still be shown as what there is.

        One that costs little lives for no earlier base, and within a transaction what it has changed counts.
        """
        is_same = self.stamp == stamp and age < seconds
        is_costly = self.cost > WORTH_A_THREAD and not connection.in_atomic_block
        return is_same or (is_costly and age < self.cost * patience)


class Look(threading.local):
    """What one page looks at, while it is made: the base as it is now, asked for once."""

    #: Whether a page is being made.
    is_one = False
    #: Seconds that it still waits for values that nobody knows yet, for all of them together; None: as long as it takes.
    patience: float | None = None
    #: Whether it only says what it is about to ask for.
    is_ahead = False
    #: Whether it has been shown a value that is being made anew.
    has_old = False
    #: The values that are made anew once it is there, by name: until then the processor is its own.
    afterwards: dict[str, Callable[[], Any]]


#: By name; one for each process.
remembered: dict[str, Remembered] = {}
#: The values that threads are making, by name; set once one is there, or could not be made.
under_way: dict[str, threading.Event] = {}
STARTING = threading.Lock()
LOOK = Look()


@contextmanager
def one_look(*, patience: float | None) -> Iterator[Look]:
    """
    Make one page: whether the base has changed is asked once, and is the same for all of its values.

    ``patience``: seconds to wait for a value that nobody knows yet, before ``BeingMade`` is raised; None: no end.
    """
    afterwards: dict[str, Callable[[], Any]] = {}
    LOOK.__dict__.clear()
    LOOK.is_one, LOOK.patience, LOOK.afterwards = True, patience, afterwards
    try:
        with looks.one():
            yield LOOK
    finally:
        LOOK.__dict__.clear()
        for name, make in afterwards.items():
            begin(name, make)


def remember(
    name: str, make: Callable[[], Value], *, seconds: float, patience: float = 0.0, oldest: float = OLDEST
) -> Value:
    """
    Return the value of that name, made anew where the base has changed since or so many seconds have passed.

    With ``patience`` a costly value lives at least so many times as long as it took to make: where cycles run all the
    time, only a small part of the time is spent on counting, whatever the size of the base. Who asks for one that takes
    long to make gets the known one unless that is more than ``oldest`` seconds old, and the new one soon after. Raises
    ``BeingMade``.
    """
    stamp, now = stamp_of_base(), monotonic()
    known = remembered.get(name)
    if LOOK.is_ahead:
        if known is None:
            begin(name, make)
        raise BeingMade(name)
    if known is None or known.stamp[0] != stamp[0]:
        return first(name, make)
    holds = known.holds(stamp, age=now - known.made_at, seconds=seconds, patience=patience)
    if not holds and not may_be_shown_again(known, age=now - known.made_at, oldest=oldest):
        return first(name, make) if known.cost > WORTH_A_THREAD else make_anew(name, make)
    if not holds:
        renew(name, make)
    # A value that lives for its cost is one of an earlier base too: the page that shows it comes again.
    LOOK.has_old |= known.stamp != stamp
    value: Value = known.value
    return value


def together(
    makes: Mapping[str, Callable[[], Any]], *, seconds: float, patience: float = 0.0
) -> dict[str, Any]:
    """Return several values of ``remember``; those that nobody knows yet are made at the same time."""
    ahead(makes)
    return {name: remember(name, make, seconds=seconds, patience=patience) for name, make in makes.items()}


def ahead(makes: Mapping[str, Callable[[], Any]]) -> None:
    """Begin with all that a page is about to ask for and nobody knows yet; one that is made of another waits for that."""
    if may_be_apart():
        for name, make in makes.items():
            if name not in remembered:
                begin(name, make)


def begin_all(*loads: Callable[[], object]) -> None:
    """Begin with the values that these ask ``remember`` for and nobody knows yet, all at the same time."""
    if may_be_apart():
        LOOK.is_ahead = True
        try:
            for load in loads:
                with suppress(BeingMade):
                    load()
        finally:
            LOOK.is_ahead = False


def renew(name: str, make: Callable[[], Any]) -> None:
    """Have a value that is known made anew; for a page, once that is there."""
    if LOOK.is_one:
        LOOK.afterwards[name] = make
    else:
        begin(name, make)


def may_be_shown_again(known: Remembered, *, age: float, oldest: float) -> bool:
    """Return whether a value may be shown while it is made anew; within a transaction what it has changed counts."""
    return known.cost > WORTH_A_THREAD and age < oldest and not connection.in_atomic_block


def may_be_apart() -> bool:
    """Return whether a thread may make what a page shows: within a transaction it would not see what that has changed."""
    return LOOK.is_one and not connection.in_atomic_block


def first(name: str, make: Callable[[], Value]) -> Value:
    """Return a value that nobody knows; for a page, one thread makes it, and is waited for only so long."""
    if not may_be_apart():
        found = made_elsewhere(name)
        return make_anew(name, make) if found is None else found.value
    remembered.pop(name, None)
    if not waited_for(begin(name, make)):
        raise BeingMade(name)
    found = remembered.get(name)
    # A thread that could not make it has said why where nobody reads it.
    return make_anew(name, make) if found is None else found.value


def waited_for(done: threading.Event) -> bool:
    """Wait as long as the page still may; return whether what was waited for is there."""
    began = monotonic()
    is_done = done.wait(LOOK.patience)
    if LOOK.patience is not None:
        LOOK.patience = max(0.0, LOOK.patience - (monotonic() - began))
    return is_done


def made_elsewhere(name: str) -> Remembered | None:
    """Wait for a value that another thread is making; None: none does, or within a transaction it would not do."""
    making = under_way.get(name)
    if making is None or connection.in_atomic_block:
        return None
    making.wait()
    return remembered.get(name)


def make_anew(name: str, make: Callable[[], Value]) -> Value:
    """Make and remember a value; what changes meanwhile makes it old at once."""
    stamp, began = stamp_of_base(), monotonic()
    value = make()
    known = Remembered(stamp, began, monotonic() - began, value)
    with STARTING:
        remembered.pop(name, None)
        remembered[name] = known
        while len(remembered) > MOST:
            del remembered[next(iter(remembered))]
    return value


def begin(name: str, make: Callable[[], Any]) -> threading.Event:
    """Have a thread make the value, unless one does already; return what is set when it is there."""
    with STARTING:
        if known := under_way.get(name):
            return known
        under_way[name] = done = threading.Event()
    threading.Thread(target=make_apart, args=(name, make), name=f"remembering {name}", daemon=True).start()
    return done


def make_apart(name: str, make: Callable[[], Any]) -> None:
    """Make the value over a connection of this thread; one that cannot be made is tried again when it is asked for."""
    stand_back()
    try:
        with quiet.long_reading():
            make_anew(name, make)
    except Exception:
        # The known value is shown on; the reader must not pay for it.
        # What was searched for may stand in a name, and in no log.
        log.exception("could not be counted anew", extra={"what": name.partition("?")[0].partition(":")[0]})
    finally:
        connection.close()
        under_way.pop(name).set()


def stand_back() -> None:
    """Leave the processor to whoever answers: readers do not wait for what is counted meanwhile. Where the system can."""
    if sys.platform != "linux":
        return
    # Of one thread, which there has an id like a process. Who may not is not kept from counting.
    thread = threading.get_native_id()
    with suppress(OSError):
        os.setpriority(
            os.PRIO_PROCESS, thread, min(19, os.getpriority(os.PRIO_PROCESS, thread) + STANDS_BACK)
        )


def forget() -> None:
    """Make everything anew the next time."""
    remembered.clear()


def stamp_of_base() -> Any:
    """Return a value that changes whenever an assessment or an import has changed the base; for a page, once."""
    return looks.once("stamp of the base", read_stamp)


def read_stamp() -> Any:
    """Return a value that changes whenever an assessment or an import has changed the base."""
    with connection.cursor() as cursor:
        cursor.execute(STAMP)
        return (connection.settings_dict["NAME"], *cursor.fetchone())
