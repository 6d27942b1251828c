"""``coldframe work``: one worker, by the machine's clock or one that jumps."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import Result
from django.db import connection
from typer.testing import CliRunner

from coldframe.cli.root import app
from coldframe.delivery import operations as delivery
from coldframe.nurture.models import Touch
from tests import on_disk
from tests.nurture import cast
from tests.world import NOW

pytestmark = pytest.mark.django_db


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["work", *words], env={"COLUMNS": "160"})


def test_help_shows_an_example() -> None:
    result = run("--help")

    assert result.exit_code == 0
    assert "Example: coldframe work --until 2027-06-01 --clock virtual" in result.stdout


BAD = {
    "an instant that is none": (["--until", "some day"], "That is no instant.", "some day"),
    "a clock that is none": (["--clock", "lunar"], "No such clock.", "lunar"),
    "a virtual clock without an end": (["--clock", "virtual"], "needs an end that lies ahead", "an instant after"),
    "an end in the past": (
        ["--clock", "virtual", "--until", "2001-01-01"], "needs an end that lies ahead", "2001-01-01",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_in_words(case: str) -> None:
    words, said, also = BAD[case]

    result = run(*words)

    assert result.exit_code != 0
    told = result.output + str(result.exception)
    assert said in told
    assert also in told


def test_time_does_not_jump_where_messages_leave_for_real() -> None:
    delivery.add_connection(
        name="main", kind="SMTP", at=NOW, sender_address="mila@sender.example", settings={}
    )
    delivery.go_live("main", at=NOW)

    result = run("--clock", "virtual", "--until", "2099-01-01")

    told = result.output + str(result.exception)
    assert "Sending for real is on" in told
    assert "main" in told


def command(environment: dict[str, str], *words: str) -> list[str]:
    return [sys.executable, "-m", "coldframe", "work", *words]


@pytest.mark.django_db(transaction=True)
def test_months_pass_in_seconds_and_the_counts_are_one_json_document(tmp_path: Path) -> None:
    with on_disk.as_file(tmp_path) as environment:
        environment["COLDFRAME_NOW"] = NOW.isoformat()
        cast.use_playbook()
        cast.reader(1)
        connection.close()

        done = subprocess.run(
            command(environment, "--until", "2026-08-01", "--clock", "virtual", "--json"),
            env=environment, capture_output=True, text=True, timeout=120,
        )  # fmt: skip

        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        assert told["SENT"] == Touch.objects.filter(state="SENT").count() >= 3
        assert told["candidates"] == told["touches"] + told["holds"]


@pytest.mark.django_db(transaction=True)
def test_a_worker_stops_when_it_is_asked_to(tmp_path: Path) -> None:
    with on_disk.as_file(tmp_path) as environment:
        cast.use_playbook()
        cast.reader(1)
        connection.close()
        worker = subprocess.Popen(
            command(environment, "--json"),
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        while not Touch.objects.exists() and not cast.holds(cast.Lead.objects.get()):
            assert worker.poll() is None, worker.communicate()
            connection.close()
        os.kill(worker.pid, signal.SIGTERM)
        said, errors = worker.communicate(timeout=60)

        assert worker.returncode == 0, errors
        assert json.loads(said)["candidates"] == 1
