"""
Figures of a running installation, for whoever watches over it: states counted, ages, durations.

Counting a large table takes time, so what was counted is remembered for a hundred times as long as the counting
took: however large the base, watching costs at most about one part in a hundred.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from django.db import connection
from django.db.models import Count, Min, Sum

from coldframe.activity import strangers
from coldframe.delivery.models import Connection
from coldframe.leads.models import AccountDue, ImportBatch
from coldframe.nurture.models import Cycle, Hold, Standing, Touch
from coldframe.outbox import holding, workers
from coldframe.outbox.models import OutboxMessage

#: A count is remembered for so many times what it cost, and never less than so many seconds.
TIMES_ITS_COST = 100
LEAST_SECONDS = 5.0
DAY = timedelta(days=1)
#: Cycles whose durations are looked at.
LAST_CYCLES = 100

#: Name -> (until when it holds, what was counted); one for each process and database.
remembered: dict[tuple[str, str], tuple[float, Any]] = {}


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure, with a value for each label, or for none."""

    name: str
    help: str
    #: Name of the label; empty: a single value.
    label: str = ""
    values: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Backlog:
    """What is due and not yet done."""

    account_count: int
    message_count: int
    #: Age of what has been due the longest; zero where nothing is.
    oldest_account: timedelta
    oldest_message: timedelta


def forget() -> None:
    """Count everything anew the next time."""
    remembered.clear()


def at_most_a_hundredth(name: str, count: Callable[[], Any]) -> Any:
    """Return what was counted under this name, counted anew when its time has passed."""
    key, now = (str(connection.settings_dict["NAME"]), name), monotonic()
    until, value = remembered.get(key, (0.0, None))
    if now >= until:
        value = count()
        cost = monotonic() - now
        remembered[key] = (now + max(LEAST_SECONDS, TIMES_ITS_COST * cost), value)
    return value


def look(*, at: datetime) -> list[Figure]:
    """Return every figure as of ``at``."""
    return [*states(at), *lateness(at), *cycles(at), *imports(), *operation(at)]


def states(at: datetime) -> Iterable[Figure]:
    yield Figure(
        name="leads", label="status", help="Leads by status.",
        values=at_most_a_hundredth("leads", lambda: by_word(Standing.objects, "status")),
    )  # fmt: skip
    yield Figure(
        name="touches", label="state", help="Touches by state.",
        values=at_most_a_hundredth("touches", lambda: by_word(Touch.objects, "state")),
    )  # fmt: skip
    yield Figure(
        name="outbox_messages", label="state", help="Messages of the outbox by state.",
        values=at_most_a_hundredth("messages", lambda: by_word(OutboxMessage.objects, "state")),
    )  # fmt: skip
    yield Figure(
        name="holds_last_day", label="reason", help="Touches not made by the cycles of the last 24 hours.",
        values=at_most_a_hundredth("holds", lambda: holds_of_a_day(at)),
    )  # fmt: skip


def by_word(rows: Any, column: str) -> dict[str, float]:
    """Return word -> rows that have it."""
    found = rows.values_list(column).annotate(count=Count("pk")).order_by(column)
    return {str(word): float(count) for word, count in found}


def holds_of_a_day(at: datetime) -> dict[str, float]:
    """Return reason -> holds of the cycles since a day ago; reads those cycles alone."""
    first = last_cycle_before(at - DAY)
    return by_word(Hold.objects.filter(cycle_id__gt=first), "reason")


def last_cycle_before(instant: datetime) -> int:
    """Return the id of the last cycle that began before an instant; walks back from the newest one."""
    found = Cycle.objects.filter(started_at__lt=instant).order_by("-id").values_list("id", flat=True).first()
    return int(found or 0)


def lateness(at: datetime) -> Iterable[Figure]:
    backlog = count_backlog(at=at)
    yield single("due_accounts", "Accounts that are due and not yet looked at.", backlog.account_count)
    yield single("due_messages", "Messages that are due and not yet handed over.", backlog.message_count)
    yield single(
        "oldest_due_account_seconds",
        "Age of the account due the longest.",
        backlog.oldest_account.total_seconds(),
    )
    yield single(
        "oldest_due_message_seconds",
        "Age of the message due the longest.",
        backlog.oldest_message.total_seconds(),
    )
    yield single("uncertain_messages", "Messages that may or may not have arrived.", count_uncertain())
    yield Figure(
        name="calls_of_nobody",
        label="reason",
        help="Calls with a key, or to an address, that is no source's; forgotten after 30 days without one.",
        values={each.word: float(each.count) for each in strangers.list_all()},
    )


def count_backlog(*, at: datetime) -> Backlog:
    """Return what is due as of ``at`` and how long it has been; ages are read anew each time, by index."""
    accounts = AccountDue.objects.filter(due_at__lte=at)
    messages = OutboxMessage.objects.filter(state="QUEUED", due_at__lte=at)
    first = [rows.aggregate(first=Min("due_at"))["first"] for rows in (accounts, messages)]
    ages = [at - each if each else timedelta(0) for each in first]
    return Backlog(
        account_count=at_most_a_hundredth("due accounts", accounts.count),
        message_count=at_most_a_hundredth("due messages", messages.count),
        oldest_account=ages[0],
        oldest_message=ages[1],
    )


def count_uncertain() -> int:
    """Return how many messages may or may not have arrived."""
    return OutboxMessage.objects.filter(state="UNCERTAIN").count()


def list_connections() -> list[dict[str, str]]:
    """Return name, kind and state of every connection: ``local``, ``live``, ``not live`` or ``stopped: why``."""
    return [
        {"name": each.name, "kind": each.kind, "state": state_of(each)}
        for each in Connection.objects.order_by("name")
    ]


def state_of(each: Connection) -> str:
    if each.stopped_at is not None:
        return f"stopped: {each.stopped_why}".rstrip(": ")
    if each.kind == Connection.Kind.LOCAL:
        return "local"
    return "live" if each.live_since is not None else "not live"


def cycles(at: datetime) -> Iterable[Figure]:
    last = (
        Cycle.objects.filter(finished_at__isnull=False)
        .order_by("-id")
        .values_list("started_at", "finished_at")
    )
    durations = sorted((ended - began).total_seconds() for began, ended in last[:LAST_CYCLES] if ended)
    shares = {"0.5": 0.5, "0.9": 0.9, "1": 1.0}
    values = {name: quantile(durations, share) for name, share in shares.items()} if durations else {}
    yield Figure(
        name="cycle_seconds",
        label="quantile",
        help=f"Durations of the last {LAST_CYCLES} cycles.",
        values=values,
    )
    newest = Cycle.objects.order_by("-id").values_list("id", flat=True).first() or 0
    count = at_most_a_hundredth("cycles", lambda: newest - last_cycle_before(at - DAY))
    yield single("cycles_last_day", "Cycles of the last 24 hours.", count)


def quantile(ordered: list[float], share: float) -> float:
    """
    Return the value that so large a share of the values does not exceed.

    >>> quantile([1.0, 2.0, 3.0, 4.0], 0.5), quantile([1.0, 2.0], 1.0)
    (2.0, 2.0)
    """
    return ordered[max(0, min(len(ordered), round(share * len(ordered))) - 1)]


def imports() -> Iterable[Figure]:
    found = ImportBatch.objects.values_list("state").annotate(count=Count("id"), rows=Sum("position"))
    rows = list(found.order_by("state"))
    yield Figure(
        name="imports", label="state", help="Files taken in, by state.",
        values={state: float(count) for state, count, _ in rows},
    )  # fmt: skip
    yield Figure(
        name="imported_rows", label="state", help="Rows of those files that are in.",
        values={state: float(total or 0) for state, _, total in rows},
    )  # fmt: skip


def operation(at: datetime) -> Iterable[Figure]:
    live = [each["state"].partition(":")[0] for each in list_connections()]
    states_of_connections = {word: float(live.count(word)) for word in dict.fromkeys(live)}
    yield Figure(
        name="connections", label="state", help="Connections by state.", values=states_of_connections
    )
    alive = sum(each.is_alive for each in workers.list_workers(at=at))
    yield single("workers_alive", "Workers that said lately that they live.", alive)
    held = {each.cause: 1.0 for each in holding.list_holds()}
    yield Figure(
        name="sending_held", label="cause", help="What holds sending; none: it goes on.", values=held
    )


def single(name: str, help_text: str, value: float) -> Figure:
    return Figure(name=name, help=help_text, values={"": float(value)})
