"""Links of old mails lead on while the database is away, and what they saw is there afterwards."""

from __future__ import annotations

import http.client
import json
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from coldframe.activity.tracking import tokens
from coldframe.activity.tracking.tokens import Link
from tests import ready, serving

#: Seconds; a link that waited for the locked database would have failed long before.
AT_MOST = 90
EACH = 60


def ask(address: str, path: str, *, timeout: float = AT_MOST) -> str | None:
    """Return where a link leads; None where it leads nowhere."""
    place = urlsplit(address)
    connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=timeout)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        return answer.headers["Location"] if answer.status == 302 else None
    finally:
        connection.close()


def found_in(database: Path) -> Counter[str]:
    """Return how often each link's hit was stored."""
    with closing(sqlite3.connect(database)) as link:
        rows = link.execute("SELECT body FROM activity_arrival WHERE kind = 'HIT'").fetchall()
    return Counter(UUID(json.loads(body)["touch"]).hex for (body,) in rows)


def test_every_link_leads_on_while_the_database_is_away_and_every_hit_is_there_afterwards(
    tmp_path: Path, settings: Any
) -> None:
    touches = iter(range(1, 10_000))
    asked: list[str] = []
    led: list[str | None] = []
    with serving.serve(ready.home(tmp_path), "--empty", "--no-worker", port=8670) as served:
        settings.SECRET_KEY = (tmp_path / "secret-key").read_text()
        database = tmp_path / "coldframe.sqlite3"

        def click_many() -> None:
            """Open many links, several at once."""
            links = [Link(UUID(int=next(touches)), 0, 1, "https://ours.example/guide") for _ in range(EACH)]
            asked.extend(each.touch.hex for each in links)
            paths = [f"/l/{tokens.make_link(each)}" for each in links]
            with ThreadPoolExecutor(6) as several:
                led.extend(several.map(lambda path: ask(served.address, path), paths))

        click_many()
        locked(database, served.address, click_many)
        away = database.rename(tmp_path / "away")
        click_many()
        away.rename(database)
        click_many()

    assert led == ["https://ours.example/guide"] * (4 * EACH)
    assert found_in(database) == Counter()
    for _ in range(2):
        done = serving.call(tmp_path, "work", "--until", "2026-06-01T10:00:00+00:00", "--clock", "virtual")
        assert done.returncode == 0, done.stderr
        # Nobody was sent these messages, so they are set aside, each once.
        assert found_in(database) == Counter(asked)
    assert list((tmp_path / "spool").iterdir()) == []


def locked(database: Path, address: str, work: Callable[[], None]) -> None:
    """Work while another process has the database to itself, and pages wait for it."""
    with closing(sqlite3.connect(database, isolation_level=None)) as link:
        link.execute("BEGIN EXCLUSIVE")
        waiting = threading.Thread(target=suffer, args=(address,), daemon=True)
        waiting.start()
        work()
        link.execute("ROLLBACK")
    waiting.join()


def suffer(address: str) -> None:
    """Ask for a page, and take whatever comes of it."""
    ask(address, "/leads")
