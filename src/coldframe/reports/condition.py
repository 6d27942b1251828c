"""How an installation runs: disk, clock, workers, what is due, what is held, and the last backup."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from coldframe.activity import queries as activity
from coldframe.activity import strangers
from coldframe.outbox import holding, workers
from coldframe.reports import figures
from coldframe.storage import backup, disk

MEBIBYTE = 2**20
#: What is due longer than this, while somebody works, does not get done.
LATE_AFTER = timedelta(hours=1)
#: Workers make a backup each day; this much later none was made.
BACKUP_WITHIN = timedelta(days=2)
#: A clock this far behind what was seen is wrong.
MOST_BEHIND = timedelta(minutes=15)


@dataclass(frozen=True, kw_only=True)
class Condition:
    """What was seen at an instant; plain values."""

    at: datetime
    disk_free_bytes: int
    #: The latest instant that any worker has seen.
    latest_instant: datetime | None
    #: Name, host, pid, when started and last seen, whether alive.
    workers: list[dict[str, Any]]
    due_accounts: int
    due_messages: int
    oldest_due_seconds: float
    uncertain_messages: int
    #: What holds sending.
    holds: list[dict[str, Any]]
    #: Name, kind, state: live, local or not live, stopped with the reason.
    connections: list[dict[str, str]]
    last_backup_at: datetime | None
    #: What came in and could not be understood.
    set_aside: int = 0
    #: Name of a source -> what was refused of it: a word -> how often.
    refused: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    #: Calls that are no source's: word, count, when first and last.
    strangers: list[dict[str, Any]] = field(default_factory=list)


def look(*, at: datetime) -> Condition:
    """Return how it runs as of ``at``; reads and changes nothing."""
    backlog = figures.count_backlog(at=at)
    return Condition(
        at=at,
        disk_free_bytes=disk.free_bytes(Path(settings.HOME)),
        latest_instant=workers.latest_instant(),
        workers=[asdict(each) for each in workers.list_workers(at=at)],
        due_accounts=backlog.account_count,
        due_messages=backlog.message_count,
        oldest_due_seconds=max(backlog.oldest_account, backlog.oldest_message).total_seconds(),
        uncertain_messages=figures.count_uncertain(),
        holds=[asdict(each) for each in holding.list_holds()],
        connections=figures.list_connections(),
        last_backup_at=backup.last_backup_at(),
        set_aside=activity.count_set_aside(),
        refused={each.name: dict(each.refused) for each in activity.list_sources() if each.refused},
        strangers=[asdict(each) for each in strangers.list_all()],
    )


def problems_of_disk() -> list[str]:
    """Return what is wrong with where the data folder lies."""
    folder = Path(settings.HOME)
    problems = []
    if said := disk.why_not_writable(folder):
        problems.append(f"the data folder {folder} cannot be written: {said}")
    if connection.vendor == "sqlite" and (kind := disk.network_file_system(folder)):
        problems.append(
            f"the data folder {folder} lies on a network file system ({kind}), which can damage it"
        )
    return problems


def problems_of(seen: Condition) -> list[str]:
    """Return what is wrong, each in a sentence without its full stop."""
    return [*problems_of_work(seen), *problems_of_sending(seen), *problems_of_backups(seen)]


def problems_of_work(seen: Condition) -> list[str]:
    problems = []
    if seen.latest_instant and seen.at < seen.latest_instant - MOST_BEHIND:
        problems.append(
            f"the clock says {shown(seen.at)}, and a worker has seen {shown(seen.latest_instant)}"
        )
    alive = [each for each in seen.workers if each["is_alive"]]
    if seen.workers and not alive:
        last = seen.workers[0]
        problems.append(
            f"no worker runs; {last['name']} was last seen {shown(last['seen_at'])} and did not stop by itself"
        )
    if alive and seen.oldest_due_seconds > LATE_AFTER.total_seconds():
        hours = seen.oldest_due_seconds / 3600
        problems.append(f"workers run, and something has been due for {hours:.1f} hours")
    return problems


def problems_of_sending(seen: Condition) -> list[str]:
    problems = [f"sending is held: {each['reason'].rstrip('.')}" for each in seen.holds]
    problems += [
        f"the connection {each['name']} is {each['state']}"
        for each in seen.connections
        if each["state"].startswith("stopped")
    ]
    if seen.uncertain_messages:
        counted = "1 message" if seen.uncertain_messages == 1 else f"{seen.uncertain_messages} messages"
        problems.append(f"{counted} may or may not have arrived: a person decides")
    return problems


def problems_of_backups(seen: Condition) -> list[str]:
    has_worked = any(each["started_at"] < seen.at - BACKUP_WITHIN for each in seen.workers)
    is_old = seen.last_backup_at is None or seen.last_backup_at < seen.at - BACKUP_WITHIN
    if not (has_worked and is_old):
        return []
    last = f"the last is of {shown(seen.last_backup_at)}" if seen.last_backup_at else "there is none"
    return [f"no backup was made; {last}"]


def in_words(found: dict[str, Any]) -> dict[str, str]:
    """Return a condition for a person: name -> text."""
    rows = {
        "clock": shown(found["at"]),
        "disk": f"{found['disk_free_bytes'] // MEBIBYTE:,} MiB free",
        "due": f"{found['due_accounts']:,} accounts, {found['due_messages']:,} messages",
        "uncertain": f"{found['uncertain_messages']:,} messages",
        "last backup": shown(found["last_backup_at"])
        if found["last_backup_at"]
        else "none in the data folder",
    }
    for number, each in enumerate(found["workers"], start=1):
        state = "alive" if each["is_alive"] else "not alive"
        rows[f"worker {number}"] = f"{each['name']}, {state}, last seen {shown(each['seen_at'])}"
    if not found["workers"]:
        rows["workers"] = "none"
    if found["set_aside"]:
        rows["set aside"] = f"{found['set_aside']:,} that came in; see coldframe sources aside"
    for name, words in found["refused"].items():
        rows[f"refused of {name}"] = ", ".join(f"{count:,} {word}" for word, count in sorted(words.items()))
    for each in found["strangers"]:
        rows[f"calls of nobody ({each['word']})"] = f"{each['count']:,}, the last {shown(each['last_at'])}"
    for each in found["connections"]:
        rows[f"connection {each['name']}"] = f"{each['kind'].lower()}, {each['state']}"
    return rows


def shown(instant: datetime) -> str:
    """
    Return an instant for a person.

    >>> from datetime import UTC
    >>> shown(datetime(2026, 6, 1, 9, tzinfo=UTC))
    '2026-06-01 09:00 UTC'
    """
    return f"{instant:%Y-%m-%d %H:%M} UTC"
