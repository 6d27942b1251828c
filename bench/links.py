"""
``bench links``: how soon links of mails lead on, with the database there, locked, silent and gone.

The pages are served as ``coldframe run`` serves them. On PostgreSQL a proxy stands between, which falls silent or hangs
up as a machine does. Afterwards a worker takes in what was written down, and every hit is counted.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import select
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID, uuid4

from bench.database import throw_away

TARGET = "https://ours.example/guide"
PORT = 8710
#: Requests before the clock runs, so that every process of the server has begun.
WARM = 400
#: A page that waits for a silent database is waited for no longer.
PATIENCE = 30


class Proxy:
    """Stands before a database, and can fall silent or hang up."""

    def __init__(self, host: str, port: int) -> None:
        self.behind = (host, port)
        self.is_silent = self.is_gone = False
        self.pairs: list[tuple[socket.socket, socket.socket]] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        while True:
            near, _ = self.listener.accept()
            if self.is_gone:
                near.close()
                continue
            far = socket.create_connection(self.behind)
            self.pairs.append((near, far))
            threading.Thread(target=self.carry, args=(near, far), daemon=True).start()

    def carry(self, near: socket.socket, far: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                for each in select.select([near, far], [], [], 1)[0]:
                    while self.is_silent:
                        time.sleep(0.05)
                    data = each.recv(65536)
                    if not data:
                        return
                    (far if each is near else near).sendall(data)

    def hang_up(self) -> None:
        """Be gone: whoever is connected is cut off, and nobody gets in."""
        self.is_gone = True
        for pair in self.pairs:
            for each in pair:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)


def main(arguments: list[str]) -> dict[str, Any]:
    """Return the figures."""
    parser = argparse.ArgumentParser(prog="python -m bench links", description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--count", type=int, default=2000, help="links of each part")
    parser.add_argument("--at-once", type=int, default=6)
    asked = parser.parse_args(arguments)
    with throw_away(asked.database) as environment:
        return run(environment, database=asked.database, count=asked.count, at_once=asked.at_once)


def run(environment: dict[str, str], *, database: str, count: int, at_once: int) -> dict[str, Any]:
    """Return how soon links lead on in each state of the database, and what is there of their hits afterwards."""
    home = Path(environment["COLDFRAME_HOME"])
    proxy, served_by = None, dict(environment)
    if database == "postgresql":
        parts = urlsplit(environment["DATABASE_URL"])
        proxy = Proxy(str(parts.hostname), parts.port or 5432)
        served_by["DATABASE_URL"] = urlunsplit(
            parts._replace(netloc=f"{parts.username}@127.0.0.1:{proxy.port}")
        )
    found: dict[str, Any] = {"database": database, "at_once": at_once}
    asked: list[str] = []
    with serve(served_by) as address:
        made = maker((home / "secret-key").read_text())
        click(address, made, WARM, at_once, asked)
        for name, away in states(home, proxy):
            with away:
                page = threading.Thread(target=look, args=(address,), daemon=True)
                page.start()
                found[name] = click(address, made, count, at_once, asked)
            page.join()
    command = [sys.executable, "-m", "coldframe", "work", "--until", later(), "--clock", "virtual"]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    stored = hits(environment, database)
    return found | {
        "hits": len(asked),
        "lost": len(set(asked) - set(stored)),
        "twice": sum(each > 1 for each in stored.values()),
    }


def states(
    home: Path, proxy: Proxy | None
) -> Iterator[tuple[str, contextlib.AbstractContextManager[object]]]:
    """Yield the states that a database can be in."""
    yield "there", contextlib.nullcontext()
    if proxy is None:
        yield "locked", locked(home / "coldframe.sqlite3")
        yield "gone", renamed(home / "coldframe.sqlite3")
    else:
        yield "silent", silent(proxy)
        yield "gone", gone(proxy)


@contextlib.contextmanager
def locked(file: Path) -> Iterator[None]:
    """Have the database to oneself."""
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as link:
        link.execute("BEGIN EXCLUSIVE")
        yield


@contextlib.contextmanager
def renamed(file: Path) -> Iterator[None]:
    """Take the database away for a while."""
    away = file.rename(file.with_suffix(".away"))
    yield
    file.unlink(missing_ok=True)
    away.rename(file)


@contextlib.contextmanager
def silent(proxy: Proxy) -> Iterator[None]:
    """Have the database say nothing."""
    proxy.is_silent = True
    yield
    proxy.is_silent = False


@contextlib.contextmanager
def gone(proxy: Proxy) -> Iterator[None]:
    """Have the database hang up, and not come back."""
    proxy.hang_up()
    yield


def later() -> str:
    """Return an instant for a worker to work until."""
    from coldframe import clock

    return (clock.machine_now() + timedelta(hours=1)).isoformat()


@contextlib.contextmanager
def serve(environment: dict[str, str]) -> Iterator[str]:
    """Serve the pages; yield their address."""
    command = [
        sys.executable,
        "-m",
        "coldframe",
        "run",
        "--json",
        "--port",
        str(PORT),
        "--empty",
        "--no-worker",
    ]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        lines = iter(process.stdout.readline, "}\n")
        yield json.loads("".join(lines) + "}")["url"]
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=120)


def maker(secret: str) -> Callable[[UUID], str]:
    """Return what makes the path of a link."""
    os.environ |= {"COLDFRAME_SECRET_KEY": secret, "DJANGO_SETTINGS_MODULE": "coldframe.config.settings"}
    import django

    django.setup()
    from coldframe.activity.tracking import tokens

    return lambda touch: f"/l/{tokens.make_link(tokens.Link(touch, 0, 1, TARGET, 'guide'))}"


def click(
    address: str, made: Callable[[UUID], str], count: int, at_once: int, asked: list[str]
) -> dict[str, Any]:
    """Open so many links; return how soon they led on."""
    touches = [uuid4() for _ in range(count)]
    asked += [each.hex for each in touches]
    paths = [made(each) for each in touches]
    began = time.perf_counter()
    with ThreadPoolExecutor(at_once) as several:
        answers = list(several.map(lambda path: timed(address, path), paths))
    seconds = time.perf_counter() - began
    times = sorted(each for each, _ in answers)
    return {
        "links": count,
        "redirected": sum(where == TARGET for _, where in answers),
        "a_second": round(count / seconds),
        "p50_ms": round(times[count // 2] * 1000, 1),
        "p99_ms": round(times[count * 99 // 100] * 1000, 1),
        "max_ms": round(times[-1] * 1000, 1),
    }


def timed(address: str, path: str) -> tuple[float, str | None]:
    """Return how long a link took, and where it led."""
    place = urlsplit(address)
    began = time.perf_counter()
    link = http.client.HTTPConnection(str(place.hostname), place.port, timeout=60)
    try:
        link.request("GET", path)
        answer = link.getresponse()
        answer.read()
        return time.perf_counter() - began, answer.headers["Location"]
    finally:
        link.close()


def look(address: str) -> None:
    """Ask for a page that needs the database, and take whatever comes of it."""
    place = urlsplit(address)
    link = http.client.HTTPConnection(str(place.hostname), place.port, timeout=PATIENCE)
    with contextlib.suppress(OSError), contextlib.closing(link):
        link.request("GET", "/leads")
        link.getresponse().read()


def hits(environment: dict[str, str], database: str) -> Counter[str]:
    """Return how often each link's hit was stored."""
    query = "SELECT body FROM activity_arrival WHERE kind = 'HIT'"
    if database == "sqlite":
        with contextlib.closing(
            sqlite3.connect(Path(environment["COLDFRAME_HOME"]) / "coldframe.sqlite3")
        ) as link:
            rows = link.execute(query).fetchall()
    else:
        import psycopg

        with psycopg.connect(environment["DATABASE_URL"]) as server:
            rows = server.execute(query).fetchall()
    return Counter(UUID(json.loads(bytes(body))["touch"]).hex for (body,) in rows)
