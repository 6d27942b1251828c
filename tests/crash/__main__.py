"""
Crash tests: ``python -m tests.crash kills --kills 1000 --database sqlite``.

Prints what came of it as JSON; the exit code is 1 where anything is at fault.
"""

from __future__ import annotations

import argparse
import json
import sys


def parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="coldframe-dev crashtest", description=__doc__)
    parser.add_argument("mode", choices=["kills", "boundaries", "stalls", "receiver"])
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument(
        "--design", choices=["real", "send-then-mark", "mark-then-send", "answer-first"], default="real"
    )
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=200, help="of stalls")
    parser.add_argument(
        "--whole", action="store_true", help="boundaries: from the cycle on, not from the outbox"
    )
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Run the asked mode; return the exit code."""
    asked = parsed(arguments)
    if asked.mode == "kills":
        from tests.crash import kills

        found = kills.run(design=asked.design, kills=asked.kills, database=asked.database, seed=asked.seed)
    elif asked.mode == "boundaries":
        from tests.crash import boundaries

        found = boundaries.run(database=asked.database, whole=asked.whole)
    elif asked.mode == "receiver":
        from tests.crash import receiver

        found = receiver.run(design=asked.design, kills=asked.kills, database=asked.database, seed=asked.seed)
    else:
        from tests.crash import stalls

        found = stalls.run(database=asked.database, rounds=asked.rounds, seed=asked.seed)
    print(json.dumps(found, indent=2))
    return 1 if found["faults"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
