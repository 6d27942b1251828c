"""``coldframe doctor`` says what is in force, and what is missing, and changes nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection
from typer.testing import CliRunner

from coldframe.cli.root import app


def doctor(home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    given = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DATABASE_URL", "COLDFRAME_SECRET_KEY"}
    }
    given |= {
        "DJANGO_SETTINGS_MODULE": "coldframe.config.settings", "COLDFRAME_HOME": str(home),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }  # fmt: skip
    command = [sys.executable, "-m", "coldframe", "doctor", "--json"]
    return subprocess.run(command, env=given | environment, capture_output=True, text=True, check=False)


@pytest.mark.django_db
def test_every_setting_is_shown_with_its_origin_and_no_secret():
    result = CliRunner().invoke(app, ["doctor", "--json"])

    found = json.loads(result.stdout)
    origins = {each["name"]: each["origin"] for each in found["settings"]}
    assert origins["COLDFRAME_HOME"] == origins["COLDFRAME_SECRET_KEY"] == "environment"
    assert os.environ["COLDFRAME_SECRET_KEY"] not in result.stdout
    assert found["database"]["kind"] == {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[connection.vendor]
    assert found["versions"]["polars"]
    assert (found["missing"], result.exit_code) == ([], 0)


@pytest.mark.django_db
def test_a_person_reads_that_nothing_is_missing():
    result = CliRunner().invoke(app, ["doctor"], env={"COLUMNS": "120"})

    assert result.exit_code == 0
    assert [line for line in result.stdout.splitlines() if line and not line.startswith(" ")] == [
        "Settings", "Versions", "Database", "Nothing is missing.",
    ]  # fmt: skip


def test_a_folder_without_a_database_stays_without_one(tmp_path: Path):
    done = doctor(tmp_path)

    found = json.loads(done.stdout)
    assert found["database"] is None
    assert found["missing"] == ["a database: any other command makes it"]
    assert done.returncode == 2
    assert not (tmp_path / "coldframe.sqlite3").exists()


def test_a_server_that_does_not_answer_is_named_without_its_password(tmp_path: Path):
    done = doctor(tmp_path, DATABASE_URL="postgresql://anna:geheim@127.0.0.1:1/coldframe")

    found = json.loads(done.stdout)
    shown = {each["name"]: (each["value"], each["origin"]) for each in found["settings"]}
    assert shown["DATABASE_URL"] == ("postgresql://anna@127.0.0.1:1/coldframe", "environment")
    assert found["missing"][0].startswith("the database cannot be opened: ")
    assert "geheim" not in done.stdout + done.stderr
