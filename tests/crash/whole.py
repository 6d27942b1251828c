"""
A kill at every boundary of the whole way: the cycle that decides, the message queued, handed over, recorded.

A worker lives some days of virtual time in which every lead is owed one touch. Each round starts from the same
file, so that the way is the same but for the kill.
"""

from __future__ import annotations

import shutil
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from tests.crash import forks, judging, kills, setting
from tests.crash.designs import Scene
from tests.crash.forks import ChildFailed
from tests.crash.judging import Verdict
from tests.crash.setting import BEGIN

LEADS = 3
#: Shorter than any gap between two touches, long enough for the first to come.
LIFE = timedelta(days=4)
LEASES_PASS = timedelta(hours=1)
MOST = 2_000
#: Every message is owed, so what is neither sent nor in doubt at the end is missing.
OWED = ("SENT", "UNCERTAIN")


def rounds(scene: Scene) -> tuple[dict[str, Any], Verdict]:
    """Kill at every boundary once, on SQLite; return how many there were, and the sum of the verdicts."""
    forks.done("fill", fill)
    file, kept = scene.folder / "coldframe.sqlite3", scene.folder / "kept.sqlite3"
    shutil.copy(file, kept)
    total, missing = Verdict(integrity="ok"), 0
    for fatal in range(1, MOST):
        for each in scene.folder.glob("coldframe.sqlite3-*"):
            each.unlink()
        shutil.copy(kept, file)
        is_free = live(scene, f"doomed{fatal}", BEGIN, fatal=fatal)
        if not is_free:
            live(scene, f"after{fatal}", BEGIN + LEASES_PASS, fatal=0)
        log = kills.log_of(scene.folder)[total.accepted :]
        found = Verdict(**forks.asked("judge", lambda log=log: judging.of_touches(log).as_json()))  # type: ignore[arg-type]
        missing += LEADS - sum(found.by_state.get(state, 0) for state in OWED)
        add(total, found)
        if is_free:
            names = Counter((scene.folder / "kinds").read_text().split())
            return {"boundaries": fatal - 1, "by_kind": dict(names), "missing": missing}, total
    raise ChildFailed(f"The way had not ended after {MOST} boundaries.")


def fill() -> None:
    """Add leads of whom the cycle has never heard, and have their accounts due."""
    from coldframe.leads import due
    from coldframe.leads.models import Account

    setting.add_leads(range(1, LEADS + 1), at=BEGIN, status=None)
    due.mark_due(account_ids=list(Account.objects.values_list("pk", flat=True)), at=BEGIN)


def live(scene: Scene, name: str, at: datetime, *, fatal: int) -> bool:
    """Let a worker live; return whether it came to the end."""
    child = forks.spawn(name, lambda ready: lived(scene, name, at, ready, fatal=fatal))
    child.wait_ready()
    if child.wait() not in (0, -9) or (child.status == -9 and not fatal):
        raise ChildFailed(f"{name} ended with {child.status}")
    return child.status == 0


def lived(scene: Scene, name: str, at: datetime, ready: forks.Callable[[], None], *, fatal: int) -> None:
    from django.db import connection

    from coldframe.cli.work import JOURNAL, tokens
    from coldframe.outbox.journal import Journal
    from coldframe.work import loop, trades
    from coldframe.work.clocks import VirtualClock
    from tests.crash.tripwire import Tripwire

    connection.ensure_connection()
    end = BEGIN + LIFE
    worker = loop.Worker(
        name=name, clock=VirtualClock(at=at, end=end), handlers=trades.handlers(), gate=trades.gate(),
        journal=Journal(scene.folder / JOURNAL), tokens=tokens(),
    )  # fmt: skip
    ready()
    wire = Tripwire(fatal)
    wire.install()
    worker.run(until=end)
    with open(scene.folder / "kinds", "w") as file:
        file.write("\n".join(wire.names))


def add(total: Verdict, found: Verdict) -> None:
    """Add a round's verdict to the sum."""
    for name, value in vars(found).items():
        if name.startswith("most_"):
            setattr(total, name, max(getattr(total, name), value))
        elif isinstance(value, int):
            setattr(total, name, getattr(total, name) + value)
        elif isinstance(value, dict):
            total.by_state = dict(Counter(total.by_state) + Counter(value))
        elif value != "ok":
            total.integrity = value
