"""
``bench assess``, database to database: read the base, assess it, write what changed.

Three processes of their own over one throw-away database: one fills it, one makes the first pass (everything
is written), one comes a day and one in a hundred events later (what changed is written).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
AS_OF = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
A_DAY_LATER = AS_OF + timedelta(days=1)
#: Share of the events that comes on top within the day.
NEW_EVENTS = 0.01
#: Events staged at a time while filling.
CHUNK_EVENTS = 2_000_000
#: A server to make databases on; the default is a local one that trusts its neighbors.
SERVER = os.environ.get("COLDFRAME_BENCH_SERVER", "postgresql://postgres@127.0.0.1:5432")


def main(arguments: list[str]) -> dict[str, Any]:
    """Return the figures of both passes on the asked database."""
    parser = argparse.ArgumentParser(prog="python -m bench assess", description=__doc__)
    parser.add_argument("--leads", type=int, default=100_000)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    asked = parser.parse_args(arguments)
    return run(leads=asked.leads, database=asked.database)


def run(*, leads: int, database: str) -> dict[str, Any]:
    """Return the figures of both passes over ``leads`` leads, on ``sqlite`` or ``postgresql``."""
    from bench import population

    with throw_away(database) as environment:
        filled = step(environment, "fill", str(leads))
        first = step(environment, "assess", AS_OF.isoformat())
        step(environment, "add_events", str(round(leads * population.EVENTS_PER_LEAD * NEW_EVENTS)))
        later = step(environment, "assess", A_DAY_LATER.isoformat())
    return {"leads": leads, "database": database, "fill": filled, "first_pass": first, "a_day_later": later}


@contextmanager
def throw_away(database: str) -> Iterator[dict[str, str]]:
    """Yield the environment of an empty database that is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="coldframe-bench-", dir=os.environ.get("COLDFRAME_BENCH_FOLDER")))
    name = folder.name.replace("-", "_").lower()
    environment = {
        **os.environ,
        "COLDFRAME_HOME": str(folder),
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}",
    }
    environment.pop("DATABASE_URL", None)
    # Polars sets how its memory is given back for all processes that come of this one; each is to choose as it does by itself.
    environment.pop("_RJEM_MALLOC_CONF", None)
    if database == "postgresql":
        environment["DATABASE_URL"] = f"{SERVER}/{name}"
        on_server(f'CREATE DATABASE "{name}"')
    try:
        yield environment
    finally:
        shutil.rmtree(folder)
        if database == "postgresql":
            on_server(f'DROP DATABASE "{name}" WITH (FORCE)')


def on_server(sql: str) -> None:
    import psycopg

    with psycopg.connect(f"{SERVER}/postgres", autocommit=True) as link:
        link.execute(sql)


def step(environment: dict[str, str], name: str, value: str) -> dict[str, Any]:
    """Run one step of this module."""
    return step_of("bench.database", environment, name, value)


def step_of(module: str, environment: dict[str, str], name: str, value: str) -> dict[str, Any]:
    """Run one step in a process of its own; return what it says, and what the process took as a whole."""
    print(f"{name} {value} …", file=sys.stderr, flush=True)
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", module, name, value],
        env=environment,
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
    )
    found = json.loads(done.stdout) | {"process_seconds": round(time.perf_counter() - began, 2)}
    print(f"  {found}", file=sys.stderr, flush=True)
    return found


def fill(leads: str) -> dict[str, Any]:
    """Fill the database with a population, and make the default playbook active."""
    from bench import filling, population
    from coldframe.library import operations as library

    facts = population.make(int(leads), as_of=AS_OF)
    filling.fill(facts, at=AS_OF, chunk=CHUNK_EVENTS)
    library.ensure_active_playbook(at=AS_OF)
    return {"leads": facts.leads.height, "accounts": facts.accounts.height, "events": facts.events.height}


def add_events(count: str) -> dict[str, Any]:
    """Add events of the day after."""
    from bench import filling

    filling.add_events(int(count), since=AS_OF)
    return {"events": int(count)}


def assess(as_of: str) -> dict[str, Any]:
    """Assess everything at an instant."""
    from coldframe.nurture import operations

    began = time.perf_counter()
    counts = operations.assess_all(as_of=datetime.fromisoformat(as_of), whole=True)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    written = {
        "leads": counts.leads,
        "events": counts.events,
        "changed": counts.changed,
        "moved": counts.moved,
    }
    return {
        "seconds": round(seconds, 2),
        "peak_mib": peak,
        **written,
        "by_disposition": dict(counts.by_disposition),
    }


if __name__ == "__main__":
    from coldframe.cli import start

    start.open_database()
    steps = {"fill": fill, "add_events": add_events, "assess": assess}
    print(json.dumps(steps[sys.argv[1]](sys.argv[2])))
