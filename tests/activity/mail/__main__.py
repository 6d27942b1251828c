"""
``./coldframe-dev mail``: every collection of real mail, whole, and many changed mails; what is met is printed as JSON.

``--changed N`` reads N real mails with bytes changed; ``--seed`` tells which. Needs the shared collections.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections import Counter
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")


def main() -> None:
    """Read everything, and print what came of it."""
    parser = argparse.ArgumentParser(prog="coldframe-dev mail", description=__doc__)
    parser.add_argument("--changed", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    import django

    django.setup()
    from tests import material

    told: dict[str, Any] = {}
    seeds: list[bytes] = []
    for name in ("email_bounces_sisimai", "email_bounces_flufl", "email_mime_mikel", "email_replies_talon", "encodings_chardet", "ics_collective", "naughty_strings"):  # fmt: skip
        paths = [each for each in sorted((material.FOLDER / name).rglob("*")) if each.is_file()]
        told[name] = read_all(paths)
        seeds += [
            each.read_bytes()
            for each in paths
            if each.suffix in {".eml", ".txt"} and name.startswith("email")
        ]
    told["changed"] = (
        read_changed(seeds, seed=given.seed, count=given.changed) if seeds else "no collections here"
    )
    print(json.dumps(told, indent=1))


def read_all(paths: list[Path]) -> dict[str, Any]:
    """Return how many mails of which class there are, and the most seconds that one took."""
    from coldframe.activity.mail import classifying

    counts: Counter[str] = Counter()
    slowest = 0.0
    for path in paths:
        data = path.read_bytes()
        began = time.process_time()
        counts[classifying.classify(data).mail_class] += 1
        slowest = max(slowest, time.process_time() - began)
    return {"files": len(paths), "classes": dict(counts), "slowest_seconds": round(slowest, 3)}


def read_changed(seeds: list[bytes], *, seed: int, count: int) -> dict[str, Any]:
    """Return the same of changed mails."""
    from coldframe.activity.mail import classifying
    from tests.activity.mail import hostile

    counts: Counter[str] = Counter()
    slowest = 0.0
    for data in hostile.changed(seeds, seed=seed, count=count):
        began = time.process_time()
        counts[classifying.classify(data).mail_class] += 1
        slowest = max(slowest, time.process_time() - began)
    return {"mails": count, "seed": seed, "classes": dict(counts), "slowest_seconds": round(slowest, 3)}


if __name__ == "__main__":
    main()
