"""
Workers that stop in the middle of it, are taken for dead, and go on: SIGSTOP past the lease, SIGCONT.

What the successor has written must stay as it is, but for a doubt that the first worker's answer clears up.
"""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from django.db import OperationalError

from tests import smtp_sink
from tests.crash import designs, forks, judging, kills, setting
from tests.crash.designs import Scene
from tests.crash.forks import Child, ChildFailed
from tests.crash.judging import Verdict

#: Seconds.
LEASE = 0.5
WINDOW = 0.06
#: A worker that was stopped inside a transaction on SQLite holds everybody up; it goes on after so long.
MOST_WAIT = 3.0
AFTERWARDS = 0.2
TOUCHES = 6
COLUMNS = ("id", "state", "token", "receipt", "reason", "attempt_count")


def run(*, database: str, rounds: int, seed: int) -> dict[str, Any]:
    """Stop and continue so many workers; return what came of it, ``faults`` first."""
    chosen = random.Random(seed)
    with setting.throw_away(database) as folder, smtp_sink.running(folder, *kills.MANNERS) as sink:
        scene = Scene(
            folder=folder,
            clock=setting.Clock(started=time.monotonic()),
            port=sink.port,
            lease=LEASE,
            batch=TOUCHES,
        )
        forks.done("build", lambda: setting.build(sink.port))
        setting.warm_up()
        began, counts = time.monotonic(), Counter[str]()
        for number in range(1, rounds + 1):
            numbers = range(number * TOUCHES, (number + 1) * TOUCHES)
            forks.done("fill", lambda numbers=numbers: setting.add_touches(numbers, at=scene.clock.now()))
            counts.update(stall(scene, number, chosen))
        verdict = Verdict(**forks.asked("judge", lambda: judging.of_touches(sink.accepted()).as_json()))  # type: ignore[arg-type]
    faults = verdict.faults(lines=setting.LINES)
    faults |= {"overwritten": counts["overwritten"]} if counts["overwritten"] else {}
    return {
        "faults": faults, "database": database, "rounds": rounds, "seed": seed,
        "seconds": round(time.monotonic() - began, 1), "stalled_in_a_send": counts["hit"],
        "between_marker_and_result": counts["HANDING_OFF"], "cleared_up": counts["cleared_up"],
        "held_the_lock": counts["held_the_lock"], **asdict(verdict),
    }  # fmt: skip


def stall(scene: Scene, number: int, chosen: random.Random) -> Counter[str]:
    """Stop one worker, let another do all there is, and let the first go on; return what was seen."""
    first = kills.start(scene, f"stalled{number}")
    try:
        forks.pause(chosen.uniform(0, WINDOW))
        first.kill(signal.SIGSTOP)
        return taken_over(first, scene, number)
    finally:
        # Stopped for ever, it would keep the output of this run open, and whoever reads that waiting.
        first.kill()
        first.wait()


def taken_over(first: Child, scene: Scene, number: int) -> Counter[str]:
    """Let another worker do all there is while the first stands still, then let that go on; return what was seen."""
    counts: Counter[str] = Counter()
    with suppress(OperationalError):
        # It may have been stopped in the middle of a commit on SQLite: then nobody may read.
        counts.update(kills.where(first.name))
    second = forks.spawn(
        f"second{number}", lambda ready: designs.real(scene, f"second{number}", ready, until_drained=True)
    )
    waited = time.monotonic()
    while not second.is_over() and time.monotonic() - waited < MOST_WAIT:
        forks.pause(0.01)
    counts["held_the_lock"] += not second.is_over()
    before = rows() if second.is_over() else None
    first.kill(signal.SIGCONT)
    if second.wait() != 0:
        raise ChildFailed(f"{second.name} ended with {second.status}")
    forks.pause(AFTERWARDS)
    first.kill()
    first.wait()
    if before is not None:
        counts.update(compared(before, rows()))
    return counts


def rows() -> dict[int, Mapping[str, Any]]:
    """Return how every message stands; opens the database in this process."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(COLUMNS)} FROM outbox_outboxmessage")
        return {row[0]: dict(zip(COLUMNS, row, strict=True)) for row in cursor.fetchall()}


def compared(before: Mapping[int, Mapping[str, Any]], after: Mapping[int, Mapping[str, Any]]) -> Counter[str]:
    """Count what a worker changed that had been taken over from; a doubt cleared up is no overwriting."""
    changed = [(row, after[key]) for key, row in before.items() if row != after[key]]
    cleared = sum(old["state"] == "UNCERTAIN" and new["state"] == "SENT" for old, new in changed)
    return Counter(cleared_up=cleared, overwritten=len(changed) - cleared)
