"""
Fuzzing of all that reads what others send: ``./coldframe-dev fuzz --inputs 2000``.

Prints how many inputs each reader was fed, how long it took over the slowest, and every input that it stumbled over; the exit
code is 1 where there is one. ``--only mail`` feeds one reader, ``--seed`` other inputs.
"""

from __future__ import annotations

import argparse
import base64
import itertools
import json
import os
import sys
import time
import traceback
from typing import Any

#: Seconds of processor time after which a reader counts as one that hangs.
SLOW = 5.0
#: Inputs that are shown of one reader.
MOST_SHOWN = 5


def main(arguments: list[str]) -> int:
    """Feed the readers; return the exit code."""
    parser = argparse.ArgumentParser(prog="coldframe-dev fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=2_000, help="for each reader")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="readers whose names begin so")
    asked = parser.parse_args(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    from tests.fuzz import targets

    chosen = {name: each for name, each in targets.targets().items() if name.startswith(asked.only)}
    found = {name: feed(each, count=asked.inputs, seed=asked.seed) for name, each in chosen.items()}
    print(json.dumps(found, indent=1))
    return 1 if any(each["faults"] for each in found.values()) else 0


def feed(target: Any, *, count: int, seed: int) -> dict[str, Any]:
    """Feed one reader; return what came of it, ``faults`` last."""
    from tests.fuzz import changing

    refused, slowest, faults = 0, 0.0, []
    for data in itertools.islice(changing.changed(target.seeds, seed=seed), count):
        began = time.process_time()
        try:
            target.read(data)
        except target.may_raise:
            refused += 1
        except Exception:  # noqa: BLE001 - Whatever it is, it is what is looked for.
            faults.append({"input": base64.b64encode(data).decode(), "error": traceback.format_exc(limit=-4)})
        took = time.process_time() - began
        slowest = max(slowest, took)
        if took > SLOW:
            faults.append({"input": base64.b64encode(data).decode(), "error": f"{took:.1f} s"})
    return {
        "inputs": count,
        "refused": refused,
        "slowest_seconds": round(slowest, 3),
        "faulty": len(faults),
        "faults": faults[:MOST_SHOWN],
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
