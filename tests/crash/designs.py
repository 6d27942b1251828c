"""
How a worker hands over: the real design, and the two naive ones that a harness must find out.

A design is a function that works until it is killed. The naive ones keep their state in a table of one row a message.
"""

from __future__ import annotations

import os
import smtplib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.crash import setting
from tests.crash.setting import Clock


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What a worker of a run must know."""

    folder: Path
    clock: Clock
    port: int
    #: Seconds.
    lease: float = 2.0
    batch: int = 12
    #: How often a death may be blamed on a message; in a run of kills none is to blame.
    most_deaths: int = 10_000


Ready = Callable[[], None]


def real(
    scene: Scene, name: str, ready: Ready, *, until_drained: bool = False, is_one_turn: bool = False
) -> None:
    """The outbox's own turns with the handler of touches, its gate and its journal, over real SMTP lines."""
    from coldframe.cli.work import JOURNAL
    from coldframe.outbox import operations as outbox
    from coldframe.outbox import queries
    from coldframe.outbox.journal import Journal
    from coldframe.work import trades

    given: dict[str, Any] = {
        "handlers": trades.handlers(), "gate": trades.gate(), "journal": Journal(scene.folder / JOURNAL),
        "terms": terms(scene), "worker": name, "now": scene.clock.now,
    }  # fmt: skip
    queries.count_by_state()
    ready()
    while True:
        handed = outbox.run_turn(**given)
        if is_one_turn:
            return
        if not handed:
            left = queries.count_by_state()
            if until_drained and not left["QUEUED"] + left["CLAIMED"] + left["HANDING_OFF"]:
                return
            from tests.crash.forks import pause

            pause(0.01)


def terms(scene: Scene) -> Any:
    from coldframe.outbox.terms import Terms

    lease = timedelta(seconds=scene.lease)
    return Terms(
        lease=lease,
        margin=lease / 5,
        beat=lease / 5,
        batch=scene.batch,
        most_deaths=scene.most_deaths,
        pause=timedelta(milliseconds=50),
        report_age=timedelta(milliseconds=50),
    )


def make_naive_table(count: int) -> None:
    """Make the table of the naive designs, with so many messages due."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TABLE naive (id integer PRIMARY KEY, address varchar(200), state varchar(10))")
        cursor.executemany(
            "INSERT INTO naive VALUES (%s, %s, 'due')", [(n, setting.address(n)) for n in range(1, count + 1)]
        )


def send_then_mark(scene: Scene, name: str, ready: Ready) -> None:
    """Hand over, then write down that it was: what most systems do."""
    naive(scene, ready, before=False)


def mark_then_send(scene: Scene, name: str, ready: Ready) -> None:
    """Write down that it was handed over, then do it."""
    naive(scene, ready, before=True)


def naive(scene: Scene, ready: Ready, *, before: bool) -> None:
    from django.db import connection

    client = smtplib.SMTP("127.0.0.1", scene.port, "naive.example")
    cursor = connection.cursor()
    cursor.execute("SELECT 1")
    ready()
    while True:
        cursor.execute("SELECT id, address FROM naive WHERE state = 'due' ORDER BY id LIMIT 1")
        row = cursor.fetchone()
        if row is None:
            return
        if before:
            cursor.execute("UPDATE naive SET state = 'sent' WHERE id = %s", [row[0]])
        client.sendmail(
            "hello@sender.example", row[1], f"Message-ID: <{row[0]}@naive>\r\nSubject: Hi\r\n\r\nHello\r\n"
        )
        if not before:
            cursor.execute("UPDATE naive SET state = 'sent' WHERE id = %s", [row[0]])


def mute() -> None:
    """Let nothing that a killed worker complains of reach the terminal."""
    sys.stderr.flush()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
