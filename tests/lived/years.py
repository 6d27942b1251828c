"""Three years of a hundred leads each, in a process of its own, as ``./coldframe-dev simulate`` lives them."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

#: Longer than it takes by far, for a machine that is busy.
MINUTES = 45


def lived(*, worlds: int, engine: str, up: str, seed: int = 1) -> dict[str, Any]:
    """Return what came of it; raises where a rule was broken."""
    command = [sys.executable, "-m", "tests.lived", f"--up={up}", f"--engine={engine}", f"--worlds={worlds}"]
    done = subprocess.run([*command, f"--seed={seed}"], capture_output=True, text=True, timeout=60 * MINUTES)
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found
