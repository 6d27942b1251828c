"""
A kill after each commit and each call to the outside, one after the other, until the way to the end is free.

Each round has touches of its own. At the end time goes on by an hour, so that leases pass, and a worker takes up
what the dead have left.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

from tests import smtp_sink
from tests.crash import designs, forks, judging, kills, setting
from tests.crash import whole as whole_way
from tests.crash.designs import Scene
from tests.crash.forks import ChildFailed
from tests.crash.judging import Verdict

#: Touches of a round; with fewer lines than touches, a result and the next marker share a commit.
TOUCHES = 5
#: A way with more boundaries than this does not end.
MOST = 2_000
LEASES_PASS = timedelta(hours=1)


def run(*, database: str, whole: bool = False) -> dict[str, Any]:
    """Kill at every boundary once; return what came of it, ``faults`` first."""
    with setting.throw_away(database) as folder, smtp_sink.running(folder) as sink:
        if whole and database != "sqlite":
            raise ChildFailed("The whole way starts from a copy of a file: SQLite alone.")
        scene = Scene(
            folder=folder,
            clock=setting.Clock(started=time.monotonic()),
            port=sink.port,
            lease=900.0,
            most_deaths=3,
        )
        forks.done("build", lambda: setting.build(sink.port))
        setting.warm_up()
        began = time.monotonic()
        rounds, verdict = whole_way.rounds(scene) if whole else outbox_rounds(scene)
    faults = verdict.faults(lines=setting.LINES)
    faults |= {"missing": rounds["missing"]} if rounds.get("missing") else {}
    return {
        "faults": faults, "database": database, "whole": whole, "seconds": round(time.monotonic() - began, 1),
        **rounds, **asdict(verdict),
    }  # fmt: skip


def outbox_rounds(scene: Scene) -> tuple[dict[str, Any], Verdict]:
    """Kill at every boundary from claim to result; what the dead have left is taken up at the end."""
    for fatal in range(1, MOST):
        child = forks.spawn(f"doomed{fatal}", lambda ready, fatal=fatal: doomed(scene, fatal, ready))
        child.wait_ready()
        if child.wait() not in (0, -9):
            raise ChildFailed(f"{child.name} ended with {child.status}")
        if child.status == 0:
            return {"boundaries": fatal - 1, "by_kind": kinds(scene)}, taken_up(scene)
    raise ChildFailed(f"The way had not ended after {MOST} boundaries.")


def doomed(scene: Scene, fatal: int, ready: Callable[[], None]) -> None:
    """Hand over, and die at a boundary; leaves behind what kinds of boundaries there were."""
    from tests.crash.tripwire import Tripwire

    setting.add_touches(range(fatal * TOUCHES, (fatal + 1) * TOUCHES), at=scene.clock.now())
    wire = Tripwire(fatal)
    ready()
    wire.install()
    designs.real(replace(scene, batch=TOUCHES), f"doomed{fatal}", lambda: None, is_one_turn=True)
    with open(scene.folder / "kinds", "w") as file:
        file.write("\n".join(wire.names))


def taken_up(scene: Scene) -> Verdict:
    """Let the leases pass and a worker finish; return the verdict."""
    scene.clock.ahead += LEASES_PASS
    kills.drain(scene, workers=1)
    log = kills.log_of(scene.folder)
    return Verdict(**forks.asked("judge", lambda: judging.of_touches(log).as_json()))  # type: ignore[arg-type]


def kinds(scene: Scene) -> dict[str, int]:
    return dict(Counter((scene.folder / "kinds").read_text().split()))
