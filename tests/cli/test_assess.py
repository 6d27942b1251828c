"""``coldframe assess`` as a person or a program meets it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection
from typer.testing import CliRunner

from coldframe.cli.root import app
from coldframe.nurture.models import Cycle, Standing
from tests import on_disk, world

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLDFRAME_NOW", world.NOW.isoformat())


def fill() -> None:
    anna = world.anna()
    world.event(anna, kind="form_submitted", form="demo", days_ago=1)
    world.lead(anna.account, email="ola@brightpath.example", role="USER")
    world.tom(left_company=True)


def test_help_shows_an_example():
    result = CliRunner().invoke(app, ["assess", "--help"], env={"COLUMNS": "120"})

    assert result.exit_code == 0
    assert "coldframe assess --json" in result.stdout


def test_the_counts_are_one_json_document():
    fill()

    result = CliRunner().invoke(app, ["assess", "--json"])

    assert result.exit_code == 0
    counts = json.loads(result.stdout)
    assert counts["by_disposition"] == {"TO_SALES": 1, "NURTURE": 1, "LET_GO": 1}
    assert counts["by_status"] == {"NURTURE": 2, "DISQUALIFIED": 1}
    assert counts["by_reason"]["exit:left_company"] == 1
    assert (counts["leads"], counts["changed"], counts["moved"]) == (3, 3, 3)
    assert (counts["as_of"], counts["cycle_id"]) == ("2026-06-01T09:00:00Z", Cycle.objects.get().id)


def test_a_person_reads_where_the_leads_go():
    fill()

    result = CliRunner().invoke(app, ["assess"], env={"COLUMNS": "100"})

    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert lines[0] == "3 leads in 2 accounts, 1 events that can count, playbook version 1."
    for line in [
        "to sales now 1",
        "with sales already 0",
        "nurture 1",
        "let go 1",
        "nurture 2",
        "exit:left_company 1",
    ]:
        assert line in lines
    assert lines[-1] == "Stored 3 that changed; 3 of them moved to another status."


def test_a_second_time_says_that_nothing_has_changed():
    fill()
    CliRunner().invoke(app, ["assess"])

    result = CliRunner().invoke(app, ["assess"])

    assert result.stdout.splitlines()[-1] == "Nothing has changed since the last assessment."


def test_an_empty_base_says_what_to_do():
    result = CliRunner().invoke(app, ["assess"], env={"COLUMNS": "100"})

    assert result.exit_code == 0
    assert result.stdout == "There are no leads yet. Bring some in: coldframe import leads FILE\n"


@pytest.mark.django_db(transaction=True)
def test_the_command_in_a_process_of_its_own_stores_and_says_the_same(tmp_path: Path):
    fill()

    with on_disk.as_file(tmp_path) as environment:
        connection.close()
        command = [sys.executable, "-m", "coldframe", "assess", "--json"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        kept = Standing.objects.count()

    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["by_disposition"] == {"TO_SALES": 1, "NURTURE": 1, "LET_GO": 1}
    assert kept == 3
