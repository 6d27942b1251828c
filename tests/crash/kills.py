"""
Random kills of real workers, timed from the line in which each says that it is ready.

Two workers share the work; one of them is killed at a random moment, and a new one takes its place. A kill that
lands where nothing is under way proves nothing, so each is looked at: what did the dead worker hold?
"""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests import smtp_sink
from tests.crash import designs, forks, judging, setting
from tests.crash.designs import Scene
from tests.crash.forks import Child
from tests.crash.judging import Verdict

#: Manners of the mail server: slow enough that a message takes some milliseconds, most of it at the final dot.
MANNERS = ("--delay-mail", "0.002", "--delay-dot", "0.016", "--jitter", "0.012")
#: Latest kill after READY, in seconds.
WINDOW = 0.13
#: Touches for each kill, so that there is always something to hand over.
TOUCHES_A_KILL = 9
#: Share of the kills that must land inside a send; of a few, on a machine that runs other tests too, half as many.
LEAST_HITS, LEAST_OF_FEW = 0.5, 0.25
MANY = 100
NAIVE = {"send-then-mark": designs.send_then_mark, "mark-then-send": designs.mark_then_send}


def run(*, design: str, kills: int, database: str, seed: int) -> dict[str, Any]:
    """Kill so many workers, let others finish, and return what came of it, ``faults`` first."""
    chosen = random.Random(seed)
    with setting.throw_away(database) as folder, smtp_sink.running(folder, *MANNERS) as sink:
        scene = Scene(folder=folder, clock=setting.Clock(started=time.monotonic()), port=sink.port)
        forks.done("build", lambda: setting.build(sink.port))
        setting.warm_up()
        began = time.monotonic()
        if design == "real":
            figures = kill_real(scene, kills, chosen)
            verdict = Verdict(**forks.asked("judge", lambda: judging.of_touches(sink.accepted()).as_json()))  # type: ignore[arg-type]
        else:
            figures = kill_naive(scene, design, kills, chosen)
            verdict = Verdict(**forks.asked("judge", lambda: judging.of_naive(sink.accepted()).as_json()))  # type: ignore[arg-type]
        faults = verdict.faults(lines=setting.LINES)
        if design == "real" and figures["hit_rate"] < (LEAST_HITS if kills >= MANY else LEAST_OF_FEW):
            faults["too_few_hits"] = round(figures["hit_rate"] * 100)
    return {
        "faults": faults, "design": design, "database": database, "seed": seed, "kills": kills,
        "seconds": round(time.monotonic() - began, 1), **figures, **asdict(verdict),
    }  # fmt: skip


def kill_real(scene: Scene, kills: int, chosen: random.Random) -> dict[str, Any]:
    """Kill workers of the real design; return how many kills landed where."""
    forks.done(
        "fill", lambda: setting.add_touches(range(1, kills * TOUCHES_A_KILL + 30), at=scene.clock.now())
    )
    alive: list[Child] = []
    landed: Counter[str] = Counter()
    for number in range(kills):
        while len(alive) < 2:
            alive.append(start(scene, f"w{number}.{len(alive)}"))
        forks.pause(chosen.uniform(0, WINDOW))
        victim = alive.pop(chosen.randrange(len(alive)))
        if victim.is_over():
            raise forks.ChildFailed(f"{victim.name} ended by itself: {victim.status}")
        victim.kill()
        victim.wait()
        landed.update(where(victim.name))
    for child in alive:
        child.kill()
        child.wait()
    drain(scene, workers=4)
    return {
        "hit_rate": round(landed["hit"] / kills, 3),
        "between_marker_and_result": round(landed["HANDING_OFF"] / kills, 3),
    }


def start(scene: Scene, name: str) -> Child:
    child = forks.spawn(name, lambda ready: designs.real(scene, name, ready))
    child.wait_ready()
    return child


def where(worker: str) -> list[str]:
    """Return in which unfinished states a dead worker has left messages, and ``hit`` for any. Asks the database itself."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT state FROM outbox_outboxmessage WHERE worker = %s AND state IN ('CLAIMED', 'HANDING_OFF')",
            [worker],
        )
        found = [row[0] for row in cursor.fetchall()]
    return [*found, "hit"] if found else []


def drain(scene: Scene, *, workers: int) -> None:
    """Let workers finish what is left, undisturbed."""
    names = [f"drain{number}" for number in range(workers)]
    children = [
        forks.spawn(name, lambda ready, name=name: designs.real(scene, name, ready, until_drained=True))
        for name in names
    ]
    for child in children:
        child.wait_ready()
    for child in children:
        if child.wait() != 0:
            raise forks.ChildFailed(f"{child.name} ended with {child.status}")


def kill_naive(scene: Scene, design: str, kills: int, chosen: random.Random) -> dict[str, Any]:
    """Kill workers of a naive design, one at a time, then let one finish."""
    forks.done("fill", lambda: designs.make_naive_table(kills * 5 + 20))
    work = NAIVE[design]
    for number in range(kills):
        child = forks.spawn(f"naive{number}", lambda ready: (designs.mute(), work(scene, "naive", ready)))
        child.wait_ready()
        forks.pause(chosen.uniform(0, WINDOW))
        child.kill()
        child.wait()
    forks.done("finish", lambda: work(scene, "naive", lambda: None))
    return {}


def log_of(folder: Path) -> list[dict[str, object]]:
    return smtp_sink.Sink(port=0, log=folder / "sink.jsonl").accepted()
