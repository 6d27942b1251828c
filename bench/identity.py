"""
How many calls a second one core resolves to whom they are of: ``./coldframe-dev bench identity --people 2000``.

Facts by known user ids, by known browsers, by both; people who are new; people who are named once more. In processor
seconds of this process, on a throw-away SQLite in memory; recording the facts is not part of it (``bench ingest``).
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from typing import Any

#: Calls of one batch.
BATCH = 5_000


def main(arguments: Sequence[str]) -> dict[str, object]:
    """Return calls a second by sort."""
    options = argparse.ArgumentParser(prog="bench identity", description=__doc__)
    options.add_argument("--people", type=int, default=2_000)
    options.add_argument("--facts", type=int, default=20_000)
    chosen = options.parse_args(list(arguments))
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    from tests.activity.identity.__main__ import set_up

    set_up()
    return measured(people=chosen.people, facts=chosen.facts)


def measured(*, people: int, facts: int) -> dict[str, object]:
    """Measure each sort of calls."""
    from tests.activity.identity.said import call, identify

    def named(first: int) -> list[Any]:
        return [
            identify(
                first + n,
                user_id=f"u{n}",
                anonymous_id=f"b{n}",
                email=f"ola@company{n}.example",
                traits={"city": "Lodz"},
            )
            for n in range(people)
        ]

    def done(first: int, **keys: str) -> list[Any]:
        return [
            call(
                first + n,
                "TRACK",
                at=1_000_000,
                path=f"/p{n % 50}",
                **{key: f"{word}{n % people}" for key, word in keys.items()},
            )
            for n in range(facts)
        ]

    return {
        "people": people,
        "facts": facts,
        "new_people_a_second": rate(named(0)),
        "known_user_ids_a_second": rate(done(1_000_000, user_id="u")),
        "known_browsers_a_second": rate(done(2_000_000, anonymous_id="b")),
        "both_a_second": rate(done(3_000_000, user_id="u", anonymous_id="b")),
        "named_again_a_second": rate(named(100_000)),
    }


def rate(calls: Sequence[Any]) -> int:
    """Return how many of the calls are resolved in a processor second."""
    from coldframe.activity.identity import resolving
    from tests.world import NOW

    began = time.process_time()
    for start in range(0, len(calls), BATCH):
        resolving.resolve(calls[start : start + BATCH], at=NOW)
    return round(len(calls) / (time.process_time() - began))
