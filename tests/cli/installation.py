"""A data folder and a database of its own, used through commands alone, on whichever database the run is for."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests import ready, serving

LEADS = "Email,First name,Company\nanna@brightpath.example,Anna,Brightpath\njonas@nordlicht.example,Jonas,Nordlicht\n"
MORE_LEADS = "Email,First name,Company\nola@brightpath.example,Ola,Brightpath\n"


@dataclass(frozen=True)
class Installation:
    """An installation; ``url`` is empty where the database lies in the data folder."""

    home: Path
    url: str = ""

    def environment(self, **changes: str) -> dict[str, str]:
        given = {"DATABASE_URL": self.url} if self.url else {}
        return serving.environment(self.home) | given | changes

    def run(self, *words: str, **changes: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            serving.command(*words), env=self.environment(**changes), capture_output=True, text=True, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def json(self, *words: str, code: int = 0, **changes: str) -> dict[str, Any]:
        """Run a command with ``--json``, expect its exit code, and return its document."""
        done = self.run(*words, "--json", **changes)
        assert done.returncode == code, done.stdout + done.stderr
        return dict(json.loads(done.stdout))

    def bring(self, text: str) -> None:
        """Import people from a CSV text."""
        file = self.home.parent / "leads.csv"
        file.write_text(text)
        done = self.run("import", "leads", str(file), "--source", "test")
        assert done.returncode == 0, done.stdout + done.stderr

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a SELECT."""
        if self.url:
            with psycopg.connect(self.url) as link:
                return link.execute(sql).fetchall()
        with closing(sqlite3.connect(self.home / "coldframe.sqlite3")) as link:
            return link.execute(sql).fetchall()

    def do(self, sql: str) -> None:
        """Change the database behind the program's back."""
        if self.url:
            with psycopg.connect(self.url) as link:
                link.execute(sql)
            return
        with closing(sqlite3.connect(self.home / "coldframe.sqlite3", timeout=20)) as link:
            link.execute(sql)
            link.commit()

    def lose(self, table: str) -> None:
        """Drop a table."""
        self.do(f"DROP TABLE {table}{' CASCADE' if self.url else ''}")

    def emails(self) -> list[str]:
        """Return who is in the database."""
        return [row[0] for row in self.ask("SELECT email FROM leads_lead ORDER BY email NULLS LAST")]


@contextmanager
def fresh(folder: Path, *, name: str = "own", has_tables: bool = True) -> Iterator[Installation]:
    """Yield an installation that nobody has used; on PostgreSQL in a database that is dropped afterwards."""
    url = os.environ.get("COLDFRAME_TEST_DATABASE_URL", "")
    if not url:
        yield Installation(home=ready.home(folder / "data") if has_tables else folder / "data")
        return
    template = ready.postgresql(url) if has_tables else ""
    with database(url, name=name, template=template) as made:
        yield Installation(home=folder / "data", url=made)


@contextmanager
def copied(pattern: Installation, folder: Path, *, name: str = "own") -> Iterator[Installation]:
    """Yield an installation that holds what another does, which nobody uses meanwhile."""
    home = Path(shutil.copytree(pattern.home, folder / "data"))
    if not pattern.url:
        yield Installation(home=home)
        return
    url = os.environ["COLDFRAME_TEST_DATABASE_URL"]
    with database(url, name=name, template=pattern.url.rpartition("/")[2]) as made:
        yield Installation(home=home, url=made)


@contextmanager
def database(url: str, *, name: str, template: str) -> Iterator[str]:
    """Make a database beside another on a server, of a template where one is named; yield its address, and drop it."""
    server, _, base = url.rpartition("/")
    made = f"{base}_{name}_{os.getpid()}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as link:
        link.execute(f'CREATE DATABASE "{made}"' + (f' TEMPLATE "{template}"' if template else ""))
        try:
            yield f"{server}/{made}"
        finally:
            link.execute(f'DROP DATABASE "{made}" WITH (FORCE)')
