"""
Calls made up from the API's own document, at a running server: ``python -m tests.api.contract --calls 20000``.

Schemathesis makes bodies that the document allows and bodies that it does not. No answer may be a server's error, none
may differ from what the document promises, what it allows must be taken in, and what it does not must be refused.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from tests import serving
from tests.cli.installation import Installation

PORT = 8790
SUMMARY = re.compile(r"(\d[\d,]*) generated")
#: Calls that are made for every address whatever is asked for: each constraint of the document broken once.
COVERING = 100


def main(arguments: list[str]) -> int:
    """Make so many calls; print what came of them; return the exit code."""
    parser = argparse.ArgumentParser(prog="coldframe-dev contract", description=__doc__)
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        found = run(Path(folder), calls=asked.calls, seed=asked.seed)
    print(json.dumps(found, indent=2))
    return 1 if found["failures"] else 0


def run(folder: Path, *, calls: int, seed: int) -> dict[str, Any]:
    """Return how many calls were made, and what was wrong."""
    installation = Installation(home=folder / "data")
    key = installation.json("sources", "add", "api", "app")["write_key"]
    with serving.serve(installation.home, "--empty", port=PORT) as served:
        with closing(urlopen(f"{served.address}api/openapi.json")) as document:  # noqa: S310 - The address is our own.
            paths = json.load(document)["paths"].values()
        addresses = sum("events" in each["post"]["tags"] for each in paths)
        done = subprocess.run(
            [
                str(Path(sys.executable).parent / "schemathesis"), "run", f"{served.address}api/openapi.json",
                "--auth", f"{key}:", "--include-tag", "events", "--phases", "coverage,fuzzing",
                "--max-examples", str(max(calls // addresses - COVERING, 1)), "--continue-on-failure",
                "--seed", str(seed), "--no-color",
            ],
            capture_output=True, text=True, cwd=folder, check=False,
        )  # fmt: skip
        with closing(urlopen(served.address)) as page:  # noqa: S310 - The address is our own.
            assert page.status == 200
    made = SUMMARY.search(done.stdout)
    return {
        "calls": int(made[1].replace(",", "")) if made else 0,
        "failures": [] if done.returncode == 0 else done.stdout[-4000:].splitlines(),
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
