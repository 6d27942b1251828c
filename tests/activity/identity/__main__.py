"""
The long form of the permutations: ``./coldframe-dev permute --count 10000``.

Each order is made of a seed, so that one that comes to something else can be tried again: ``--first SEED --count 1``.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from typing import Any


def main() -> int:
    """Permute, on SQLite in memory unless ``DATABASE_URL`` names another database; return the exit code."""
    options = argparse.ArgumentParser(prog="permute", description=__doc__)
    options.add_argument("--count", type=int, default=10_000, help="How many orders.")
    options.add_argument("--first", type=int, default=1, help="The first seed.")
    chosen = options.parse_args()
    set_up()
    from django.db import connection

    from tests.activity.identity import permuting, scenes

    began = time.monotonic()
    found = permuting.find_difference(
        chosen.count, calls=scenes.calls(), first=chosen.first, progress=tell(chosen.first, began)
    )
    took = time.monotonic() - began
    if found is None:
        print(
            f"{chosen.count} orders on {connection.vendor}: the same in the end, each of them. {took:.0f} s"
        )
        return 0
    seed, got, expected = found
    print(f"Seed {seed} comes to something else:")
    for line in differences(got, expected):
        print(" ", line)
    return 1


def set_up() -> None:
    """Make a database that is gone afterwards."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    if url := os.environ.get("DATABASE_URL"):
        os.environ["COLDFRAME_TEST_DATABASE_URL"] = url
    import django
    from django.conf import settings

    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        settings.DATABASES["default"]["TEST"] = {"NAME": ":memory:"}
    django.setup()
    from django.test.utils import setup_databases

    setup_databases(verbosity=0, interactive=False)


def tell(first: int, began: float) -> Any:
    """Return what says now and then how far it is."""

    def progress(seed: int) -> None:
        done = seed - first + 1
        if done % 100 == 0:
            print(
                f"{done} orders, {(time.monotonic() - began) / done:.2f} s each", file=sys.stderr, flush=True
            )

    return progress


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
