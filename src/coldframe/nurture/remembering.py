"""Values that cost a reading of the whole base, remembered until an assessment or an import changes it."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Count, Max, Q, Sum

from coldframe.leads.models import ImportBatch
from coldframe.nurture.models import Cycle

Value = TypeVar("Value")

#: Name -> (stamp of the base it was made from, when, the value); one for each process.
remembered: dict[str, tuple[Any, float, Any]] = {}


def remember(name: str, make: Callable[[], Value], *, seconds: float) -> Value:
    """Return the value of that name, made anew where the base has changed since or so many seconds have passed."""
    stamp, now = stamp_of_base(), monotonic()
    known = remembered.get(name)
    if known and known[0] == stamp and now - known[1] < seconds:
        value: Value = known[2]
        return value
    value = make()
    remembered[name] = (stamp, now, value)
    return value


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
