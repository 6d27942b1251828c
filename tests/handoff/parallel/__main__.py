"""
Rounds of parallel handoffs: ``--rounds 1000 --database sqlite``.

In each, cycles in threads with connections of their own decide at once about leads that should go to sales, some of
whom asked for it; then it is judged whether the room was kept and nobody was dropped. Prints what came of it as JSON;
the exit code is 1 where anything is at fault.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time

from tests.crash import setting


def parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="coldframe-dev handoffs", description=__doc__)
    parser.add_argument("--rounds", type=int, default=1_000)
    parser.add_argument("--at-once", type=int, default=16)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--design", choices=["real", "hasty"], default="real")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Run so many rounds; return the exit code."""
    asked = parsed(arguments)
    # Frames of a few rows gain nothing by several threads, and sixteen cycles want the cores.
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
    with setting.throw_away(asked.database):
        from tests.handoff.parallel import rounds

        rounds.build()
        began = time.monotonic()
        found = rounds.run(count=asked.rounds, at_once=asked.at_once, seed=asked.seed, design=asked.design)
    said = {"database": asked.database, "seed": asked.seed, "seconds": round(time.monotonic() - began, 1)}
    print(json.dumps({**said, **found}, indent=2))
    return 1 if found["faults"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
