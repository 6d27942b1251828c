"""Imports by the command line, and from the browser, in processes of their own, killed at random instants, on databases of their own."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from tests import ready
from tests.leads.importing.files import people

ROOT = Path(__file__).parents[3]
#: A longer run asks for more.
KILLS = int(os.environ.get("COLDFRAME_IMPORT_KILLS", "5"))
SERVER = os.environ.get("COLDFRAME_TEST_DATABASE_URL")
ROWS = 2_000
#: Small chunks, so that a kill finds many boundaries to fall between.
CODE = """
import sys
from coldframe.cli import start
start.set_up()
from coldframe.leads.importing import applying
applying.CHUNK_ROWS = 100
from coldframe.cli import root
sys.argv = ["coldframe", "import", "leads", sys.argv[1], "--json"]
root.run()
"""
#: A person brings the file, says what its columns are, sees what would happen, and asks for it; too large to wait for.
BROUGHT = """
import sys
from pathlib import Path
from coldframe.cli import start
start.open_database()
from django.test import Client
from coldframe.work import uploads
from tests.web.imports import bringing
from tests.world import NOW
uploads.SMALL_BYTES = 10
person = Client(HTTP_HOST="127.0.0.1")
place = bringing.bring(person, Path(sys.argv[1]).read_bytes())
bringing.choose(person, place)
uploads.run(uploads.find_left().token, clock=lambda: NOW)
assert person.post(f"{place}/start").status_code == 302
"""
#: A worker takes in what waits.
WORKING = """
from coldframe.cli import start
start.set_up()
from coldframe.leads import uploads as waiting
from coldframe.leads.importing import applying
from coldframe.work import uploads
from tests.world import NOW
applying.CHUNK_ROWS, waiting.MOST_ATTEMPTS = 100, 1_000
while (left := uploads.find_left()) is not None:
    uploads.run(left.token, clock=lambda: NOW)
"""
#: What people see of the base, without the numbers and instants that differ from run to run.
QUERIES = {
    "leads": "SELECT l.email, l.first_name, a.name, a.domain, a.industry, l.voided_at FROM leads_lead l "
    "JOIN leads_account a ON a.id = l.account_id",
    "accounts": "SELECT name, domain, industry FROM leads_account",
    "suppressions": "SELECT l.email, s.email, reason FROM leads_suppression s LEFT JOIN leads_lead l ON l.id = lead_id",
}


class Base:
    """A data folder and its database: a file in the folder, or a database of the server that the tests use."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = f"coldframe_kills_{os.getpid()}_{folder.name}"
        self.url = urlsplit(SERVER)._replace(path=f"/{self.name}").geturl() if SERVER else None
        if self.url:
            folder.mkdir()
            self.on_server(f'CREATE DATABASE "{self.name}" TEMPLATE "{ready.postgresql(self.url)}"')
        else:
            ready.home(folder)

    def drop(self) -> None:
        if self.url:
            self.on_server(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')

    def on_server(self, sql: str) -> None:
        with psycopg.connect(
            urlsplit(SERVER or "")._replace(path="/postgres").geturl(), autocommit=True
        ) as link:
            link.execute(sql)

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(
            psycopg.connect(self.url) if self.url else sqlite3.connect(self.folder / "coldframe.sqlite3")
        ) as link:
            return link.execute(sql).fetchall()

    def start(self, path: Path) -> subprocess.Popen[bytes]:
        return self.run(CODE, path)

    def run(self, code: str, path: Path) -> subprocess.Popen[bytes]:
        environment = {
            **os.environ,
            "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}",
            "COLDFRAME_HOME": str(self.folder),
        }
        environment |= {"DJANGO_SETTINGS_MODULE": "coldframe.config.settings"}
        environment.pop("DATABASE_URL", None)
        if self.url:
            environment["DATABASE_URL"] = self.url
        command = [sys.executable, "-c", code, str(path)]
        with (self.folder / "said.json").open("wb") as said:
            return subprocess.Popen(command, env=environment, cwd=ROOT, stdout=said)

    def stop(self, path: Path, *, rows: int) -> int:
        """Import, and press Ctrl-C once so many rows are in; return how the process ended."""
        process = self.start(path)
        while process.poll() is None and self.standing()[1] < rows:
            time.sleep(0.005)
        process.send_signal(signal.SIGINT)
        return process.wait(60)

    def finish(self, path: Path) -> None:
        """Import without a kill."""
        assert self.start(path).wait(300) == 0, self.said()

    def said(self) -> str:
        """Return what the last process said."""
        return (self.folder / "said.json").read_text()

    def is_killed(self, path: Path, *, rows: int) -> bool:
        """Import, and kill the process once so many more rows are in; return whether it was still running."""
        goal = self.standing()[1] + rows
        process = self.start(path)
        while process.poll() is None:
            if self.standing()[1] >= goal:
                process.send_signal(signal.SIGKILL)
                return process.wait() != 0
            time.sleep(0.005)
        assert process.returncode == 0, self.said()
        return False

    def standing(self) -> tuple[str, int]:
        """Return the state of the one import, and how many rows are in."""
        try:
            found = self.ask("SELECT state, position FROM leads_importbatch")
        except (sqlite3.OperationalError, psycopg.errors.UndefinedTable):
            found = []
        assert len(found) <= 1
        return found[0] if found else ("NONE", 0)

    def contents(self) -> dict[str, Any]:
        """Return what an import has left."""
        batches = self.ask("SELECT state, position, counts FROM leads_importbatch")
        refused = sorted((self.folder / "imports").glob("*-refused.csv"))
        return {
            **{name: sorted(self.ask(sql), key=repr) for name, sql in QUERIES.items()},
            "batches": [(state, position, as_counts(counts)) for state, position, counts in batches],
            "refused": [each.read_text() for each in refused],
        }


class FromBrowser(Base):
    """The same, with a file that a person has brought through the browser, and that a worker takes in."""

    is_brought = False

    def start(self, path: Path) -> subprocess.Popen[bytes]:
        if not self.is_brought:
            assert self.run(BROUGHT, path).wait(300) == 0, self.said()
            self.is_brought = True
        return self.run(WORKING, path)


def as_counts(counts: Any) -> dict[str, Any]:
    """Return the counts of a batch, as either database gives them."""
    found: dict[str, Any] = json.loads(counts) if isinstance(counts, str) else counts
    return found


@pytest.fixture
def bases(tmp_path: Path) -> Iterator[Any]:
    """Return what makes the base of a name, once; they are gone afterwards."""
    made: dict[str, Base] = {}

    def base(name: str, kind: type[Base] = Base) -> Base:
        if name not in made:
            made[name] = kind(tmp_path / name)
        return made[name]

    yield base
    for each in made.values():
        each.drop()


@pytest.mark.slow
@pytest.mark.parametrize("kind", [Base, FromBrowser])
def test_an_import_that_is_killed_again_and_again_ends_like_one_that_is_not(
    tmp_path: Path, bases: Any, kind: type[Base]
) -> None:
    path = people(ROWS, tmp_path)
    bases("calm", kind).finish(path)
    expected = bases("calm").contents()
    kills = half_way = starts = round_ = 0

    while kills < KILLS:
        base = bases(f"shaken{round_}", kind)
        starts += 1
        kills += base.is_killed(path, rows=random.Random(starts).randrange(0, 900))
        state, position = base.standing()
        half_way += state == "RUNNING" and position > 0
        if state == "DONE":
            assert base.contents() == expected
            round_ += 1
        assert starts <= 4 * KILLS, "the kills come too late to meet an import"
    bases(f"shaken{round_}", kind).finish(path)

    assert bases(f"shaken{round_}").contents() == expected
    assert half_way >= KILLS // 2
    print(
        f"{kills} of {starts} processes were killed while they ran, {half_way} of them with some rows in, "
        f"over {round_ + 1} imports"
    )


def test_an_import_that_a_person_stops_says_what_is_in_and_goes_on_from_there(
    tmp_path: Path, bases: Any
) -> None:
    path = people(ROWS, tmp_path)
    stopped, straight = bases("stopped"), bases("straight")
    straight.finish(path)
    rows = json.loads(straight.said())["counts"]["rows"]

    ended = stopped.stop(path, rows=300)

    document = json.loads(stopped.said())
    state, rows_in = stopped.standing()
    assert (ended, state) == (130, "INTERRUPTED")
    assert 300 <= rows_in < rows
    assert document == {
        "error": "The import was stopped.", "where": "people.csv", "expected": None,
        "got": f"{rows_in:,} of {rows:,} rows",
        "advice": "What is in stays in. Run the same command again; it goes on from there.",
        "import": 1, "rows_in": rows_in, "resumes": True,
    }  # fmt: skip

    stopped.finish(path)
    assert json.loads(stopped.said())["resumed_at"] == rows_in
    assert stopped.contents() == straight.contents()
