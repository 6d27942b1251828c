"""
Random interleavings of opt-outs and exits with claims, markers and sends: ``--count 100000``.

One at a time in one thread (``cooperative``, on SQLite), or by threads with connections of their own
(``concurrent``). Prints what came of it as JSON; the exit code is 1 where anything is at fault.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from typing import Any

from tests.crash import setting

#: People at a time: an opt-out of one should come while the others are on their way.
AT_A_TIME = 250


def parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="coldframe-dev interleave", description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--way", choices=["cooperative", "concurrent"], default="cooperative")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--design", choices=["real", "hasty"], default="real")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Run so many interleavings; return the exit code."""
    asked = parsed(arguments)
    with setting.throw_away(asked.database):
        setting.build(1)
        began = time.monotonic()
        found = many(way=asked.way, count=asked.count, seed=asked.seed, design=asked.design)
    print(json.dumps({"seconds": round(time.monotonic() - began, 1), "seed": asked.seed, **found}, indent=2))
    return 1 if found["faults"] else 0


def many(*, way: str, count: int, seed: int, design: str) -> dict[str, Any]:
    """Run interleavings batch by batch, each with a seed of its own; return the sums."""
    from tests.interleaving import concurrent, cooperative

    work = cooperative.run if way == "cooperative" else concurrent.run
    faults: Counter[str] = Counter()
    orders: Counter[str] = Counter()
    deaths = done = 0
    while done < count:
        people = min(AT_A_TIME, count - done)
        found = work(people=people, first=done + 1, seed=seed * 1_000_003 + done, design=design)
        faults.update(found["faults"])
        orders.update(found["orders"])
        deaths += found["deaths"]
        done += people
        if sys.stderr.isatty():
            print(f"\r{done:,}", end="", file=sys.stderr)
    return {
        "faults": dict(faults), "design": design, "way": way, "interleavings": done, "deaths": deaths,
        "orders": dict(orders.most_common()),
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
