"""
Traffic on mails with who really was behind it: ``--mails 20000 --seeds 20``.

Prints the confusion matrix and the figures, as JSON with ``--json``; the exit code is 1 where a target is missed.
"""

from __future__ import annotations

import argparse
import json
import sys

from tests.traffic import figures
from tests.traffic.measuring import Measured, measure


def parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="coldframe-dev traffic", description=__doc__)
    parser.add_argument("--mails", type=int, default=20_000, help="for each seed")
    parser.add_argument(
        "--seeds", type=int, default=len(figures.SEEDS), choices=range(1, len(figures.SEEDS) + 1)
    )
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(arguments)


def misses(found: Measured) -> list[str]:
    """Return the targets that are missed."""
    missed = {
        "bursts": found.caught_share < 0.95,
        "people": found.mistaken_share > 0.01,
        "hand-offs": found.unconfirmed > 0 or found.too_early > 0,
    }
    return [name for name, is_missed in missed.items() if is_missed]


def main(arguments: list[str]) -> int:
    """Measure over so many seeds; return the exit code."""
    asked = parsed(arguments)
    found = sum((measure(seed=seed, mails=asked.mails) for seed in figures.SEEDS[: asked.seeds]), Measured())
    missed = misses(found)
    print(json.dumps({**found.as_json(), "missed": missed}, indent=2) if asked.json else found.as_text())
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
