"""
Calls made up from the API's own document, at a running server: ``python -m tests.api.contract --calls 20000``.

Schemathesis makes bodies that the document allows and bodies that it does not. No answer may be a server's error, none
may differ from what the document promises, what it allows must be taken in, and what it does not must be refused.
Half the calls bring events, half ask for handoffs and answer them; ``--only`` makes those of one part alone.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from tests import serving
from tests.api.contract import desk
from tests.cli.installation import Installation

PORT = 8790
SUMMARY = re.compile(r"(\d[\d,]*) generated")
#: Calls that are made for every operation whatever is asked for: each constraint of the document broken once.
COVERING = 100
PARTS = ("events", "handoffs")


def main(arguments: list[str]) -> int:
    """Make so many calls; print what came of them; return the exit code."""
    parser = argparse.ArgumentParser(prog="coldframe-dev contract", description=__doc__)
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=PARTS)
    asked = parser.parse_args(arguments)
    parts = [asked.only] if asked.only else PARTS
    found = {}
    for part in parts:
        with tempfile.TemporaryDirectory() as folder:
            found[part] = RUNS[part](Path(folder), calls=asked.calls // len(parts), seed=asked.seed)
    print(json.dumps(found, indent=2))
    return 1 if any(each["failures"] for each in found.values()) else 0


def send_events(folder: Path, *, calls: int, seed: int) -> dict[str, Any]:
    """Return how many calls were made that bring events, and what was wrong."""
    installation = Installation(home=folder / "data")
    key = installation.json("sources", "add", "api", "app")["write_key"]
    with serving.serve(installation.home, "--empty", port=PORT) as served:
        return call(served.address, "events", ["--auth", f"{key}:"], calls=calls, seed=seed, folder=folder)


def answer_handoffs(folder: Path, *, calls: int, seed: int) -> dict[str, Any]:
    """Return how many calls were made about handoffs, what was done by them, and what was wrong."""
    installation = Installation(home=folder / "data")
    known = desk.fill(installation, folder)
    key = installation.json("keys", "add", "crm", "--role", "sales_lead")["key"]
    with serving.serve(installation.home, "--no-worker", port=PORT) as served:
        given = ["--header", f"Authorization: Bearer {key}"]
        found = call(
            served.address, "handoffs", given, calls=calls, seed=seed, folder=folder, beside=desk.hooks(known)
        )
    return {**found, "done": desk.done(installation)}


#: Part -> what makes its calls.
RUNS = {"events": send_events, "handoffs": answer_handoffs}


def call(
    address: str,
    tag: str,
    given: Sequence[str],
    *,
    calls: int,
    seed: int,
    folder: Path,
    beside: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Make about so many calls at the operations of a tag, with a key; return how many, and what was wrong."""
    with closing(urlopen(f"{address}api/openapi.json")) as document:  # noqa: S310 - The address is our own.
        paths = json.load(document)["paths"].values()
    operations = sum(tag in operation["tags"] for path in paths for operation in path.values())
    done = subprocess.run(
        [
            str(Path(sys.executable).parent / "schemathesis"), "run", f"{address}api/openapi.json",
            *given, "--include-tag", tag, "--phases", "coverage,fuzzing",
            "--max-examples", str(max(calls // operations - COVERING, 1)), "--continue-on-failure",
            "--seed", str(seed), "--no-color",
        ],
        capture_output=True, text=True, cwd=folder, check=False, env={**os.environ, **(beside or {})},
    )  # fmt: skip
    with closing(urlopen(address)) as page:  # noqa: S310 - The address is our own.
        assert page.status == 200
    made = SUMMARY.search(done.stdout)
    return {
        "calls": int(made[1].replace(",", "")) if made else 0,
        "failures": [] if done.returncode == 0 else (done.stdout + done.stderr)[-6000:].splitlines(),
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
