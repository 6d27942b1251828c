"""
The long form of the permutations: ``./coldframe-dev permute --count 10000``.

Each order is made of a seed, so that one that comes to something else can be tried again: ``--first SEED --count 1``.
Some orders each begin in the same way and go on differently (``--branches``), so that what they have in common is lived
through once. Several processes share them, each with a database of its own; ``--seconds`` tries as many as fit into a time.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

#: Exit code where an order comes to something else.
FOUND = 1
#: Orders between two words of how far it is.
TOLD_EVERY = 100


def main() -> int:
    """Permute, on SQLite in memory unless ``DATABASE_URL`` names another database; return the exit code."""
    options = argparse.ArgumentParser(prog="permute", description=__doc__)
    options.add_argument("--count", type=int, default=10_000, help="How many orders.")
    options.add_argument("--first", type=int, default=1, help="The first seed.")
    options.add_argument(
        "--seconds", type=float, default=0, help="Stop after so many; 0: when all are tried."
    )
    options.add_argument("--at-once", type=int, default=os.cpu_count() or 1, help="Processes.")
    options.add_argument("--branches", type=int, default=8, help="Orders that begin in the same way.")
    options.add_argument("--is-part", action="store_true", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.is_part:
        return one_of_several(chosen)
    began = time.monotonic()
    many = min(chosen.at_once, chosen.count)
    parts = [start(chosen, number, of=many) for number in range(many)]
    said = [json.loads((part.communicate()[0].splitlines() or ["{}"])[-1]) for part in parts]
    tried = sum(each.get("tried", 0) for each in said)
    for line in itertools.chain.from_iterable(each.get("differences", ()) for each in said):
        print(line)
    if any(part.returncode for part in parts):
        return max(part.returncode for part in parts)
    took = time.monotonic() - began
    print(f"{tried} orders on {said[0]['vendor']}: the same in the end, each of them. {took:.0f} s")
    return 0


def start(chosen: argparse.Namespace, number: int, *, of: int) -> subprocess.Popen[str]:
    """Begin one of several processes: it takes seeds that follow each other."""
    seeds = range(
        chosen.first + chosen.count * number // of, chosen.first + chosen.count * (number + 1) // of
    )
    words = [
        "--is-part", "--first", str(seeds.start), "--count", str(len(seeds)), "--seconds", str(chosen.seconds),
        "--branches", str(chosen.branches),
    ]  # fmt: skip
    command = [sys.executable, "-m", "tests.activity.identity", *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def one_of_several(chosen: argparse.Namespace) -> int:
    """Try some seeds; print what came of it; return the exit code."""
    began = time.monotonic()
    tear_down = set_up(chosen.first)
    from django.db import connection

    from tests.activity.identity import permuting, scenes

    # What is there by now stays: it is not looked through for garbage again and again.
    gc.collect()
    gc.freeze()
    tried = [0]

    def progress(seed: int) -> bool:
        tried[0] += 1
        took = time.monotonic() - began
        if tried[0] % TOLD_EVERY == 0:
            print(f"{tried[0]} orders, {took / tried[0]:.2f} s each", file=sys.stderr, flush=True)
        return not chosen.seconds or took < chosen.seconds

    try:
        found = permuting.find_difference(
            chosen.count, calls=scenes.calls(), first=chosen.first, branches=chosen.branches, go_on=progress
        )
    finally:
        tear_down()
    said: dict[str, Any] = {"vendor": connection.vendor, "tried": tried[0]}
    if found is not None:
        seed, got, expected = found
        lines = [f"  {each}" for each in differences(got, expected)]
        said["differences"] = [f"Seed {seed} comes to something else:", *lines]
    print(json.dumps(said))
    return FOUND if found is not None else 0


def set_up(number: int) -> Callable[[], None]:
    """Make a database; return what drops it."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    if url := os.environ.get("DATABASE_URL"):
        os.environ["COLDFRAME_TEST_DATABASE_URL"] = url
    import django
    from django.conf import settings

    given = settings.DATABASES["default"]
    if given["ENGINE"].endswith("sqlite3"):
        given["TEST"] = {"NAME": ":memory:"}
    else:
        given["TEST"] = {"NAME": f"test_permuted_{Path(given['NAME']).name}_{number}_{os.getpid()}"}
    django.setup()
    from django.test.utils import setup_databases, teardown_databases

    made = setup_databases(verbosity=0, interactive=False)
    return lambda: teardown_databases(made, verbosity=0)


def differences(got: dict[str, Any], expected: dict[str, Any]) -> list[str]:
    """Return what one outcome holds and the other does not."""
    lines = []
    for part, before in expected.items():
        now = got[part]
        lines += [f"{part}, only expected: {each}" for each in before if each not in now]
        lines += [f"{part}, only found: {each}" for each in now if each not in before]
    return lines


if __name__ == "__main__":
    sys.exit(main())
