"""
Values that cost a reading of the whole base, remembered until an assessment or an import changes it.

Where that reading takes longer than a reader should wait, the value that is known is shown once more while a thread of
its own makes the new one.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Count, Max, Q, Sum

from coldframe.leads.models import ImportBatch
from coldframe.nurture.models import Cycle

Value = TypeVar("Value")
log = logging.getLogger(__name__)

#: A value that took more seconds than this to make is made anew behind the reader's back,
WORTH_A_THREAD = 0.25
#: unless the one that is known is older than so many seconds: nobody has asked for long, and much may have happened.
OLDEST = 600.0


@dataclass(frozen=True)
class Remembered:
    """A value, what base it was made from, when, and how many seconds that took."""

    stamp: Any
    made_at: float
    cost: float
    value: Any

    def holds(self, stamp: Any, *, age: float, seconds: float, patience: float) -> bool:
        """Return whether the value may still be shown; one of another database never is."""
        is_same = self.stamp == stamp and age < seconds
        return is_same or (self.stamp[0] == stamp[0] and age < self.cost * patience)


#: By name; one for each process.
remembered: dict[str, Remembered] = {}
#: Names of the values that a thread is making.
under_way: set[str] = set()
STARTING = threading.Lock()


def remember(name: str, make: Callable[[], Value], *, seconds: float, patience: float = 0.0) -> Value:
    """
    Return the value of that name, made anew where the base has changed since or so many seconds have passed.

    With ``patience`` a value lives at least so many times as long as it took to make: where cycles run all the
    time, only a small part of the time is spent on counting, whatever the size of the base. Who asks for one that takes
    long to make gets the known one, and the new one soon after.
    """
    stamp, now = stamp_of_base(), monotonic()
    known = remembered.get(name)
    if known is None:
        return make_anew(name, make)
    holds = known.holds(stamp, age=now - known.made_at, seconds=seconds, patience=patience)
    if not holds and not may_be_shown_again(known, stamp, now=now):
        return make_anew(name, make)
    if not holds:
        begin_anew(name, make)
    value: Value = known.value
    return value


def may_be_shown_again(known: Remembered, stamp: Any, *, now: float) -> bool:
    """Return whether a value may be shown while it is made anew; within a transaction what it has changed counts."""
    is_costly, is_recent = known.cost > WORTH_A_THREAD, now - known.made_at < OLDEST
    return is_costly and is_recent and known.stamp[0] == stamp[0] and not connection.in_atomic_block


def make_anew(name: str, make: Callable[[], Value]) -> Value:
    """Make and remember a value; what changes meanwhile makes it old at once."""
    stamp, began = stamp_of_base(), monotonic()
    value = make()
    remembered[name] = Remembered(stamp, began, monotonic() - began, value)
    return value


def begin_anew(name: str, make: Callable[[], Any]) -> None:
    """Have a thread make the value, unless one does already."""
    with STARTING:
        if name in under_way:
            return
        under_way.add(name)
    threading.Thread(target=make_apart, args=(name, make), name=f"remembering {name}", daemon=True).start()


def make_apart(name: str, make: Callable[[], Any]) -> None:
    """Make the value over a connection of this thread; one that cannot be made is tried again when it is asked for."""
    try:
        make_anew(name, make)
    except Exception:
        # The known value is shown on; the reader must not pay for it.
        log.exception("could not be counted anew", extra={"what": name})
    finally:
        connection.close()
        under_way.discard(name)


def forget() -> None:
    """Make everything anew the next time."""
    remembered.clear()


def stamp_of_base() -> Any:
    """Return a value that changes whenever an assessment or an import has changed the base."""
    cycles = Cycle.objects.aggregate(Max("id"), Max("finished_at"))
    batches = ImportBatch.objects.aggregate(
        Count("id"),
        Max("finished_at"),
        Sum("position"),
        undone=Count("id", filter=Q(state=ImportBatch.State.UNDONE)),
    )
    return (connection.settings_dict["NAME"], *cycles.values(), *batches.values())
