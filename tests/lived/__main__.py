"""
Worlds of people, living with the engine for years of virtual time; an oracle looks at what they saw of it.

    ./coldframe-dev simulate --seed 1                         one seed: 100 leads, three years
    ./coldframe-dev simulate --seed 1 --worlds 100            a hundred worlds that share each cycle
    ./coldframe-dev simulate --seed 1 --worlds 100 --up seldom    the same, by a worker that is seldom up: in minutes
    ./coldframe-dev simulate --seed 1 --until 2026-09-01 --trace
    ./coldframe-dev simulate --seed 1 --mutant no_sunset      an engine that is wrong: must be found out
    ./coldframe-dev simulate --seed 1 --mutants               all of them

The same seed, worlds, leads and years give the same history. Prints JSON; the exit code is 1 where a rule was
broken (with ``--mutants``: where one was not found out).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.lived.living import Engine
    from tests.lived.people import World


def parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="coldframe-dev simulate",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--worlds", type=int, default=1)
    parser.add_argument("--leads", type=int, default=100)
    parser.add_argument("--years", type=float, default=3.0)
    parser.add_argument("--until", type=datetime.fromisoformat)
    parser.add_argument("--engine", choices=["memory", "database"], default="memory")
    parser.add_argument(
        "--up", choices=["always", "seldom", "rarely"], default="always", help="when the worker is up"
    )
    parser.add_argument("--mutant")
    parser.add_argument("--mutants", action="store_true")
    parser.add_argument("--trace", action="store_true", help="print the log of the worlds")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Let worlds live; return the exit code."""
    asked = parsed(arguments)
    if asked.until:
        asked.until = asked.until.replace(tzinfo=asked.until.tzinfo or UTC)
    if asked.engine == "database":
        return in_databases(asked) if asked.mutants else in_database(asked)
    os.environ["COLDFRAME_HOME"] = tempfile.mkdtemp(prefix="coldframe-lived-")
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import django

    django.setup()
    return all_mutants(asked) if asked.mutants else lived(asked)


def in_database(asked: argparse.Namespace) -> int:
    """Live once in a database of its own; once a process."""
    from tests.crash import setting

    with setting.throw_away("sqlite"):
        return lived(asked)


def in_databases(asked: argparse.Namespace) -> int:
    """Plant each mutant of the database's engine, in a process of its own; print by what it was found out."""
    caught: dict[str, Any] = {}
    for name in mutants_of(asked):
        command = [sys.executable, "-m", "tests.lived", "--engine=database", f"--mutant={name}"]
        command += [f"--{key}={getattr(asked, key)}" for key in ("seed", "worlds", "leads", "years", "up")]
        found = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=False).stdout)
        caught[name] = told_of(name, found)
    print(json.dumps(caught, indent=2))
    return 0 if all(caught.values()) else 1


def mutants_of(asked: argparse.Namespace) -> list[str]:
    if asked.mutant is not None:
        return [asked.mutant]
    if asked.engine == "database":
        return ["no_limits", "blind_to_holds", "believes_every_clock", "no_brake"]
    from tests.lived import mutants

    return mutants.names("memory")


def told_of(name: str, found: dict[str, Any]) -> dict[str, Any]:
    """Return by what a mutant was found out, and say so."""
    caught = found["faults"] | ({"books": len(found["books"])} if found["books"] else {})
    print(f"{name}: {caught or 'NOT FOUND OUT'}", file=sys.stderr, flush=True)
    return caught


def lived(asked: argparse.Namespace) -> int:
    """Live once, and print what came of it."""
    found = live(asked, asked.mutant)
    print(json.dumps(found, indent=2))
    return 1 if found["faults"] or found["books"] else 0


def live(asked: argparse.Namespace, mutant: str | None) -> dict[str, Any]:
    from tests.lived import living, mutants
    from tests.lived.people import World

    worlds = [
        World(seed=asked.seed, leads=asked.leads, years=asked.years, number=number)
        for number in range(asked.worlds)
    ]
    with mutants.planted(mutant) if mutant else nullcontext():
        found = living.live(
            engine_of(asked.engine, worlds),
            worlds,
            until=asked.until,
            pace=living.PACES[asked.up](asked.seed),
        )
    if asked.trace:
        for entry in sorted((entry for world in worlds for entry in world.log), key=lambda entry: entry.at):
            print(
                f"{entry.at:%Y-%m-%d %H:%M:%S} {entry.what:14} {entry.lead_id:6} {entry.about}",
                file=sys.stderr,
            )
    return {"seed": asked.seed, "worlds": asked.worlds, **found.as_json()}


def engine_of(name: str, worlds: Sequence[World]) -> Engine:
    """Return an engine in which the worlds are to live."""
    if name == "memory":
        from tests.lived import memory

        return memory.Engine(worlds)
    from tests.lived import database

    return database.Engine(worlds)


def all_mutants(asked: argparse.Namespace) -> int:
    """Plant each mutant; print by what it was found out."""
    caught = {name: told_of(name, live(asked, name)) for name in mutants_of(asked)}
    print(json.dumps(caught, indent=2))
    return 0 if all(caught.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
