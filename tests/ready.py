"""
What many tests begin with, made once for a whole run: a database with all tables, and the demo company.

Each worker, and each data folder of a program that is started, begins with a copy. Making the tables takes seconds of a
core, and the company some more; a copy takes none. All of it lies in a folder that is gone with the run.
"""

from __future__ import annotations

import atexit
import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
#: Names the folder to the workers of a run.
FOLDER = "COLDFRAME_TEST_READY"
#: What the tests' own process has set for itself.
OWN = {"DATABASE_URL", "DJANGO_SETTINGS_MODULE", "COLDFRAME_SECRET_KEY", "COLDFRAME_HOME"}
DATABASE = "coldframe.sqlite3"


def begin(where: str | None = None) -> None:
    """Make the folder, unless another process of this run has; whoever made it clears it away at its end."""
    if has_begun():
        return
    os.environ[FOLDER] = tempfile.mkdtemp(prefix="coldframe-ready-", dir=where)
    atexit.register(clear_away, os.getpid())


def has_begun() -> bool:
    """Return whether this process belongs to a run of tests; the long tests have commands of their own."""
    return FOLDER in os.environ


def clear_away(owner: int) -> None:
    """Drop what was made; a fork that ends leaves it alone."""
    if os.getpid() != owner:
        return
    for named in folder().glob("*.url"):
        server, _, name = named.read_text().rpartition("/")
        on_server(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    shutil.rmtree(folder(), ignore_errors=True)


def make_tables() -> None:
    """Make the tables in the database that this process has, unless it belongs to a run of tests, where they are in it already."""
    from django.core.management import call_command

    if not has_begun():
        call_command("migrate", verbosity=0)


def folder() -> Path:
    return Path(os.environ[FOLDER])


def sqlite() -> Path:
    """Return the file of an embedded database that has all tables and nothing in them."""
    home = folder() / "empty"
    with made_once("empty") as is_missing:
        if is_missing:
            home.mkdir(exist_ok=True)
            django("migrate", "--verbosity", "0", COLDFRAME_HOME=str(home))
    return home / DATABASE


def postgresql(url: str) -> str:
    """Return the name of such a database on the server of ``url``, to be a template of others."""
    server = url.rpartition("/")[0]
    name = f"coldframe_{folder().name.rpartition('-')[2].lower()}"
    with made_once("postgresql") as is_missing:
        if is_missing:
            on_server(server, f'CREATE DATABASE "{name}"')
            (folder() / "postgresql.url").write_text(f"{server}/{name}")
            home = folder() / "server"
            django("migrate", "--verbosity", "0", COLDFRAME_HOME=str(home), DATABASE_URL=f"{server}/{name}")
    return name


def home(where: Path) -> Path:
    """Let a data folder have all tables, and return it; to the programs it looks as after their first start."""
    where.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copyfile(sqlite(), where / DATABASE)
    return where


def demo(where: Path) -> Path:
    """Let a data folder hold the demo company, as ``coldframe demo`` makes it at the instant the tests call now."""
    from tests import serving

    kept = folder() / "demo"
    with made_once("demo") as is_missing:
        if is_missing:
            done = serving.call(home(kept), "demo", "--json")
            assert done.returncode == 0, done.stderr
            (folder() / "demo.json").write_text(done.stdout)
    shutil.copytree(kept, where, dirs_exist_ok=True)
    return where


def said_of_demo() -> dict[str, Any]:
    """Return what ``coldframe demo`` said of the company that ``demo`` copies."""
    return dict(json.loads((folder() / "demo.json").read_text()))


@contextmanager
def made_once(what: str) -> Iterator[bool]:
    """Yield whether something has to be made yet; others wait for it meanwhile, and it is made when the block ends well."""
    stamp = folder() / f"{what}.made"
    with (folder() / f"{what}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield not stamp.exists()
        stamp.touch()


def django(*words: str, **environment: str) -> None:
    """Run a command of Django's with the program's own settings."""
    kept = {name: value for name, value in os.environ.items() if name not in OWN}
    given = {"DJANGO_SETTINGS_MODULE": "coldframe.config.settings", "PYTHONPATH": str(ROOT / "src")}
    subprocess.run(
        [sys.executable, "-m", "django", *words], env=kept | given | environment, check=True, timeout=240
    )


def on_server(server: str, sql: str) -> None:
    import psycopg

    with psycopg.connect(f"{server}/postgres", autocommit=True) as link:
        link.execute(sql)
