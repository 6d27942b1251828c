"""
Making facts of what arrived.

A run of arrivals is digested and deleted in one transaction, so that nothing is lost and nothing counts
twice whatever is killed. What cannot be understood is set aside with the reason and never stops the rest.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import Protocol

from django.db import DatabaseError, connection, transaction
from django.db.models.functions import Length

from coldframe.activity.models import Arrival
from coldframe.kernel.vocabulary import Refusal
from coldframe.storage import turns

log = logging.getLogger(__name__)

#: Arrivals of one transaction.
RUN = 500
#: Bytes of one transaction; the arrival that goes beyond is taken along.
RUN_BYTES = 4 * 2**20
#: The partial index holds those that wait, and no others.
ANY_WAITING = f"SELECT 1 FROM {Arrival._meta.db_table} WHERE state = '{Arrival.State.WAITING.value}' LIMIT 1"
#: One that ended its process so often is set aside.
MOST_TRIES = 3


@dataclass(frozen=True, kw_only=True)
class SetAside:
    """An arrival that cannot be understood, and why."""

    arrival_id: int
    reason: str


class Digester(Protocol):
    """
    Makes facts of arrivals of one kind, within the caller's transaction.

    Called with rows in the order they came; must come to the same facts for any order and any repeats.
    A ``Refusal`` or an error while several are digested has each of them tried alone.
    """

    def __call__(self, arrivals: Sequence[Arrival], *, at: datetime) -> Sequence[SetAside]:
        """Digest; return what is to be set aside. All others are done with."""


def run_turn(*, digesters: Mapping[str, Digester], at: datetime, limit: int = RUN) -> Counter[str]:
    """
    Digest the oldest waiting arrivals; return how many were ``digested`` and ``set_aside``, empty if none waited.

    Any number of workers may do this at once: on PostgreSQL each takes others' leavings, on SQLite one at a time.
    """
    try:
        with turns.taken():
            return digest_oldest(digesters=digesters, at=at, limit=limit) if is_any_waiting() else Counter()
    except DatabaseError:
        raise
    except Exception as error:  # noqa: BLE001 - Whatever is wrong with one must not stop the others.
        log.warning("digesting one by one", extra={"because": type(error).__name__})
        return digest_singly(waiting(limit=limit), digesters=digesters, at=at)


@transaction.atomic()
def digest_oldest(*, digesters: Mapping[str, Digester], at: datetime, limit: int) -> Counter[str]:
    """Digest the oldest waiting arrivals that no other worker has in hand, all of them or none."""
    taken = claim(limit=limit)
    return digest(taken, digesters=digesters, at=at) if taken else Counter()


@turns.taken()
def is_any_waiting() -> bool:
    """Return whether anything waits; asked many times a second, so without building a query each time."""
    with connection.cursor() as cursor:
        cursor.execute(ANY_WAITING)
        return cursor.fetchone() is not None


def waiting(*, limit: int) -> list[int]:
    """Return the oldest waiting arrivals' ids."""
    found = Arrival.objects.filter(state=Arrival.State.WAITING).order_by("id")
    return list(found.values_list("pk", flat=True)[:limit])


def claim(*, limit: int | None = None, arrival_id: int | None = None) -> list[Arrival]:
    """Return waiting arrivals that no other worker has in hand, locked for this transaction; not more than fit into memory."""
    found = Arrival.objects.filter(state=Arrival.State.WAITING).order_by("id")
    if arrival_id is not None:
        found = found.filter(pk=arrival_id)
    locked = found.select_for_update(skip_locked=True).values_list("pk", Length("body"))[:limit]
    before = accumulate((size for _, size in locked), initial=0)
    wanted = [pk for (pk, _), size in zip(locked, before, strict=False) if size < RUN_BYTES]
    return list(Arrival.objects.filter(pk__in=wanted).order_by("id"))


def digest(taken: Sequence[Arrival], *, digesters: Mapping[str, Digester], at: datetime) -> Counter[str]:
    """
    Digest arrivals of any kinds, delete those that are done with, set the others aside.

    What came in after the turn began is digested as of when it came: nobody may decide about it as of before.
    """
    at = max([at, *(each.received_at for each in taken)])
    by_kind: dict[str, list[Arrival]] = defaultdict(list)
    for each in taken:
        by_kind[each.kind].append(each)
    aside: list[SetAside] = []
    for kind, arrivals in sorted(by_kind.items()):
        aside += digesters[kind](arrivals, at=at)
    for kept in aside:
        set_aside(kept.arrival_id, reason=kept.reason)
    done = {each.pk for each in taken} - {kept.arrival_id for kept in aside}
    Arrival.objects.filter(pk__in=done).delete()
    return Counter(digested=len(done), set_aside=len(aside))


def digest_singly(ids: Sequence[int], *, digesters: Mapping[str, Digester], at: datetime) -> Counter[str]:
    """Digest arrivals one by one, each try counted before it begins; one that fails is set aside."""
    counts: Counter[str] = Counter()
    for pk in ids:
        counts += digest_one(pk, digesters=digesters, at=at)
    return counts


def digest_one(pk: int, *, digesters: Mapping[str, Digester], at: datetime) -> Counter[str]:
    """Digest one arrival; set it aside when it fails, or when it has ended its process before."""
    with transaction.atomic():
        taken = claim(arrival_id=pk)
        if not taken:
            return Counter()
        [arrival] = taken
        if arrival.tries >= MOST_TRIES:
            set_aside(pk, reason="digesting it ended the process several times")
            return Counter(set_aside=1)
        Arrival.objects.filter(pk=pk).update(tries=arrival.tries + 1)
    try:
        with transaction.atomic():
            return digest(claim(arrival_id=pk), digesters=digesters, at=at)
    except DatabaseError:
        raise
    except Exception as error:  # noqa: BLE001 - It is shown with its reason, and the rest goes on.
        log.warning("arrival set aside", extra={"arrival": pk, "because": type(error).__name__})
        set_aside(pk, reason=reason_of(error))
        return Counter(set_aside=1)


def set_aside(pk: int, *, reason: str) -> None:
    """Keep an arrival for a person to look at."""
    Arrival.objects.filter(pk=pk).update(state=Arrival.State.QUARANTINED, reason=reason[:255])


def reason_of(error: Exception) -> str:
    """Return what a person is told; an error that nobody foresaw says its name alone, for its text may be personal."""
    return error.what if isinstance(error, Refusal) else f"an error in Coldframe: {type(error).__name__}"


def try_again(arrival_ids: Sequence[int]) -> int:
    """Have arrivals that were set aside digested anew, as after a mapping was mended; return how many."""
    found = Arrival.objects.filter(pk__in=arrival_ids, state=Arrival.State.QUARANTINED)
    return found.update(state=Arrival.State.WAITING, reason="", tries=0)
