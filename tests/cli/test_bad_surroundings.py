"""A wrong setting, folder or file is refused in one sentence, whatever the command; nobody meets a traceback."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest


def audit(home: Path, **environment: str) -> dict[str, object]:
    return refuse("audit", home=home, **environment)


def refuse(*words: str | bytes, home: Path, **environment: str) -> dict[str, object]:
    """Run a command with ``--json`` as a process of its own; return the one document it refuses with."""
    ours = {"DATABASE_URL", "COLDFRAME_SECRET_KEY", "COLDFRAME_NOW", "DJANGO_SETTINGS_MODULE"}
    given = {name: value for name, value in os.environ.items() if name not in ours}
    given |= {"COLDFRAME_HOME": str(home), "PYTHONPATH": os.pathsep.join(sys.path)} | environment
    command = [sys.executable, "-m", "coldframe", *words, "--json"]
    done = subprocess.run(command, env=given, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "")
    return json.loads(done.stdout)


def test_a_data_folder_that_is_a_file(tmp_path: Path):
    file = tmp_path / "list.csv"
    file.write_text("Email\n")

    refused = audit(file)

    assert refused["error"] == (
        f"COLDFRAME_HOME: expected a folder that can be written, got {file} (File exists)."
    )


def test_a_database_file_that_is_none(tmp_path: Path):
    file = tmp_path / "coldframe.sqlite3"
    file.write_bytes(b"\x00\xff not a database" * 400)

    refused = audit(tmp_path)

    assert refused == {
        "error": "The database cannot be opened.", "where": str(file), "expected": None,
        "got": "file is not a database",
        "advice": "Check DATABASE_URL (PostgreSQL) or COLDFRAME_HOME (the folder of the embedded database).",
    }  # fmt: skip


def test_a_pinned_instant_that_is_none(tmp_path: Path):
    refused = audit(tmp_path, COLDFRAME_NOW="tomorrow")

    assert refused["error"] == (
        'COLDFRAME_NOW: expected an instant such as "2026-11-22T09:00:00+00:00", got "tomorrow". '
        "Leave it unset to use this machine's clock."
    )


@pytest.mark.parametrize(
    "url", ["postgresql://ann:top-secret@host:door/name", "postgresql://ann:top-secret[@host/name"]
)
def test_a_database_url_that_cannot_be_read_is_not_repeated(tmp_path: Path, url: str):
    refused = audit(tmp_path, DATABASE_URL=url)

    assert str(refused["error"]).startswith("DATABASE_URL: expected ")
    assert "top-secret" not in str(refused)


def test_a_key_that_is_no_text_finds_nobody(tmp_path: Path):
    refused = refuse("explain", b"ann\xff", home=tmp_path)

    assert refused["error"] == "No lead is known by 'ann?'."


def test_a_database_that_lost_a_table(tmp_path: Path):
    home = tmp_path / "home"
    made = {
        **os.environ,
        "COLDFRAME_HOME": str(home),
        "PYTHONPATH": os.pathsep.join(sys.path),
        "DATABASE_URL": "",
    }
    made.pop("DJANGO_SETTINGS_MODULE", None)
    subprocess.run(
        [sys.executable, "-m", "coldframe", "audit", "--json"], env=made, capture_output=True, check=True
    )
    with closing(sqlite3.connect(home / "coldframe.sqlite3")) as database:
        database.execute("DROP TABLE leads_suppression")

    refused = audit(home)

    assert refused["error"] == "The database did not take part."
    assert str(refused["got"]).endswith("no such table: leads_suppression")
    assert home.stat().st_mode & 0o777 == 0o700
