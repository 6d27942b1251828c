"""The program as a person starts it: in a process and a data folder of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.ready import OWN, ROOT

#: Seconds that a first start may take on a busy machine.
PATIENCE = 240


@dataclass
class Served:
    """A running ``coldframe run``; the exit code is there once it has ended."""

    address: str
    process: subprocess.Popen[str]

    def page(self, path: str = "") -> str:
        """Return what the server answers."""
        with urllib.request.urlopen(self.address + path) as answer:  # noqa: S310 - The address is our own.
            return str(answer.read().decode())

    @property
    def exit_code(self) -> int | None:
        return self.process.returncode


#: The instant the tests call now.
NOW = "2026-06-01T09:00:00+00:00"


def environment(home: Path, *, now: str = NOW) -> dict[str, str]:
    """Return what the program sees: this data folder, and the instant that the tests call now."""
    kept = {name: value for name, value in os.environ.items() if name not in OWN}
    return kept | {
        "COLDFRAME_HOME": str(home),
        "PYTHONPATH": str(ROOT / "src"),
        "COLDFRAME_NOW": now,
    }


def command(*words: str) -> list[str]:
    """Return the command line."""
    return [sys.executable, "-m", "coldframe", *words]


def call(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        command(*words),
        env=environment(home),
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


@contextmanager
def serve(home: Path, *options: str, port: int = 8640, now: str = NOW, url: str = "") -> Iterator[Served]:
    """Start the pages, yield once they answer, and tell them to stop; ``url`` names a database beside the folder."""
    given = environment(home, now=now) | ({"DATABASE_URL": url} if url else {})
    process = subprocess.Popen(
        command("run", "--json", "--port", str(port), *options), env=given, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    patience = threading.Timer(PATIENCE, process.terminate)
    patience.start()
    try:
        document = json.loads("".join(until_brace(process)))
        patience.cancel()
        yield Served(address=document["url"], process=process)
    finally:
        patience.cancel()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def until_brace(process: subprocess.Popen[str]) -> Iterator[str]:
    """Yield the lines of the one JSON document that the command prints."""
    assert process.stdout is not None
    for line in process.stdout:
        yield line
        if line.startswith("}"):
            return
    raise AssertionError("coldframe run --json ended without an address")
