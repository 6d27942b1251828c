"""
A flood of one-click opt-outs: each is the first of its lead, over loopback, into the pages as the product starts them.

With ``--per-second`` they come at a pace, as a mailing's do; without, as fast as answers come.
"""

from __future__ import annotations

import argparse
import itertools
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench import http_load
from tests import serving

BODY = b"List-Unsubscribe=One-Click"
TOKENS = """
import django; django.setup()
from coldframe.leads import tokens
from coldframe.leads.models import Lead
from coldframe.leads.tokens import Purpose
for public_id in Lead.objects.order_by("id").values_list("public_id", flat=True):
    print(tokens.make(Purpose.UNSUBSCRIBE, lead=public_id))
"""


def main(arguments: list[str]) -> dict[str, Any]:
    """Return how quickly opt-outs are answered, and how many are on file afterwards."""
    parser = argparse.ArgumentParser(prog="bench oneclick")
    parser.add_argument("--leads", type=int, default=3_000)
    parser.add_argument("--lines", type=int, default=50, help="connections at once")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--per-second", type=float, default=0.0, help="a pace; 0: as fast as answers come")
    parser.add_argument("--database-url", default="", help="a PostgreSQL database that is empty; else SQLite")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(dir=os.environ.get("COLDFRAME_BENCH_FOLDER")) as folder:
        return measure(Path(folder), given)


def measure(folder: Path, given: argparse.Namespace) -> dict[str, Any]:
    home, url = folder / "data", given.database_url
    environment = serving.environment(home) | ({"DATABASE_URL": url} if url else {})
    bring(folder / "leads.csv", environment, count=given.leads)
    tokens = list_tokens(environment)
    port = free_port()
    with serving.serve(home, port=port, url=url):
        load = http_load.run(
            port=port,
            requests=posts(tokens),
            lines=given.lines,
            seconds=given.seconds,
            per_second=given.per_second,
        )
    answered = load.answers.total()
    return {
        "leads": given.leads, "lines": given.lines, "answered": answered, "statuses": dict(load.answers),
        "first_of_their_lead": min(answered, len(tokens)), "a_second": round(load.rate),
        "p50_ms": load.wait(0.5), "p99_ms": load.wait(0.99), "worst_ms": load.wait(1.0),
    }  # fmt: skip


def bring(file: Path, environment: dict[str, str], *, count: int) -> None:
    """Import so many leads."""
    rows = (f"reader{n}@company{n // 5}.example,Reader{n},Company {n // 5}\n" for n in range(count))
    file.write_text("Email,First name,Company\n" + "".join(rows))
    words = ("import", "leads", str(file), "--source", "bench", "--json")
    subprocess.run(serving.command(*words), env=environment, check=True, capture_output=True)


def list_tokens(environment: dict[str, str]) -> list[str]:
    """Return what stands in each lead's link."""
    settings = {"DJANGO_SETTINGS_MODULE": "coldframe.config.settings"}
    done = subprocess.run(
        [sys.executable, "-c", TOKENS], env=environment | settings, check=True, capture_output=True, text=True
    )
    return done.stdout.split()


def posts(tokens: list[str]) -> Iterator[bytes]:
    """Yield an opt-out of each lead, then again."""
    for token in itertools.cycle(tokens):
        yield (
            f"POST /u/{token} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(BODY)}\r\n\r\n"
        ).encode() + BODY


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
