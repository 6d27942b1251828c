"""
A database that is older than the journal: what was handed over since must not be handed over again.

A database put back from a backup plans again what was sent after that backup. The journal of hand-overs lies
outside the database; what it knows and the database does not is kept here as a *past hand-over*, and a message
with the key of one becomes uncertain instead of going out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.db import models, transaction

from coldframe.outbox import holding, journal
from coldframe.outbox.models import OutboxMessage
from coldframe.storage.instants import InstantField

#: Pattern of the journal's files in the data folder; a restore brings those of the backup beside its own.
JOURNALS = "send-journal*"
#: Looked at when a worker starts: so many bytes at the end of the journal.
TAIL_BYTES = 2**20
#: Keys in one statement.
BATCH = 500
#: The clock of the backup and that of the journal may differ by this much.
SLACK = timedelta(days=1)

State = OutboxMessage.State
#: States that say of themselves that a hand-over was begun.
BEGUN = (State.HANDING_OFF, State.SENT, State.UNCERTAIN, State.FAILED)


class PastHandover(models.Model):
    """A hand-over that only the journal remembers."""

    #: Of the message, without the number of its repetition.
    key = models.CharField(max_length=120, primary_key=True)
    message_id = models.CharField(max_length=255)
    handed_at = InstantField()


def base_of(key: str) -> str:
    """
    Return the key that a message and its repetitions share.

    >>> base_of("touch:5f3c:2"), base_of("touch:5f3c"), base_of("touch:17")
    ('touch:5f3c', 'touch:5f3c', 'touch:17')
    """
    return re.sub(r"^(.+:.+):\d+$", r"\1", key)


def read_journals(folder: Path, *, tail: int | None = None) -> list[journal.Entry]:
    """Return what the journals of the data folder hold, or the ends of them."""
    return [entry for file in sorted(folder.glob(JOURNALS)) for entry in read_journal(file, tail=tail)]


def read_journal(file: Path, *, tail: int | None) -> list[journal.Entry]:
    """Return the entries of one journal that were not taken back."""
    if tail is None or file.stat().st_size <= tail:
        return journal.read_entries(file)
    with file.open("rb") as raw:
        raw.seek(-tail, 2)
        raw.readline()
        lines = raw.read().decode(errors="replace").splitlines(keepends=True)
    found = list(journal.parsed(lines))
    taken_back = {(entry.key, entry.message_id) for word, entry in found if word == journal.NOT_TAKEN}
    return [entry for _, entry in found if (entry.key, entry.message_id) not in taken_back]


def is_behind(folder: Path) -> bool:
    """Return whether the journal's end names a message that the database has never seen: it was put back."""
    entries = read_journals(folder, tail=TAIL_BYTES)
    past = set(PastHandover.objects.values_list("key", flat=True)) if entries else set()
    unknown = [entry for entry in entries if base_of(entry.key) not in past]
    return any(len(known_keys(batch)) < len(set(batch)) for batch in batches(entry.key for entry in unknown))


def known_keys(keys: Collection[str]) -> set[str]:
    return set(OutboxMessage.objects.filter(key__in=keys).values_list("key", flat=True))


def check(folder: Path, *, at: datetime) -> int:
    """Hold sending and reconcile where the database is older than the journal; meant for a worker's start."""
    if not is_behind(folder):
        return 0
    return reconcile(folder, since=None, at=at, by="the journal")


def reconcile(folder: Path, *, since: datetime | None, at: datetime, by: str) -> int:
    """
    Remember every hand-over that the journal knows and the database does not; return how many.

    ``since``: when the database was backed up; None: everything. Sending is held until a person has looked.
    """
    entries = [each for each in read_journals(folder) if since is None or each.at >= since - SLACK]
    with transaction.atomic():
        found = sum(remember(batch, at=at) for batch in entry_batches(entries))
        if found:
            holding.hold(
                cause=holding.Cause.JOURNAL,
                reason=f"The journal names {found} hand-overs that this database does not know; they will not be repeated.",
                at=at, by=by,
            )  # fmt: skip
    return found


def remember(entries: Collection[journal.Entry], *, at: datetime) -> int:
    """Keep those of these entries that the database has not begun; make their waiting messages uncertain."""
    keys = [entry.key for entry in entries]
    begun = set(OutboxMessage.objects.filter(key__in=keys, state__in=BEGUN).values_list("key", flat=True))
    past = {base_of(entry.key): entry for entry in entries if entry.key not in begun}
    known = set(PastHandover.objects.filter(key__in=past).values_list("key", flat=True))
    made = [
        PastHandover(key=key, message_id=entry.message_id, handed_at=entry.at)
        for key, entry in past.items()
        if key not in known
    ]
    PastHandover.objects.bulk_create(made)
    waiting = OutboxMessage.objects.filter(key__in=[entry.key for entry in past.values()])
    divert(list(waiting.values_list("id", flat=True)), at=at)
    return len(made)


def divert(ids: Collection[int], *, at: datetime) -> set[int]:
    """
    Of these messages, turn those that were handed over in a past the database has lost; return their ids.

    They become ``HANDING_OFF`` with a lease that has passed, so that the next look at expired leases calls
    them uncertain. To be called in the transaction of a claim. Costs one short statement where there is no past.
    """
    if not ids or not PastHandover.objects.exists():
        return set()
    rows = OutboxMessage.objects.filter(id__in=ids).exclude(state__in=BEGUN)
    keys = dict(rows.values_list("id", "key"))
    past = PastHandover.objects.in_bulk({base_of(key) for key in keys.values()})
    turned = {id_: past[base_of(key)] for id_, key in keys.items() if base_of(key) in past}
    for id_, found in turned.items():
        OutboxMessage.objects.filter(pk=id_).update(
            state=State.HANDING_OFF, lease_until=at - timedelta(seconds=1), marked_at=found.handed_at,
            message_id=found.message_id, settled_at=None, token=models.F("token") + 1,
        )  # fmt: skip
    return set(turned)


def batches(keys: Iterable[str]) -> Iterator[list[str]]:
    every = list(dict.fromkeys(keys))
    return (every[start : start + BATCH] for start in range(0, len(every), BATCH))


def entry_batches(entries: list[journal.Entry]) -> Iterator[list[journal.Entry]]:
    # Repetitions of one message stay together, so that the last of them counts.
    ordered = sorted(entries, key=lambda entry: (base_of(entry.key), entry.at))
    return (ordered[start : start + BATCH] for start in range(0, len(ordered), BATCH))
