"""``coldframe doctor`` says what is in force, and what is missing, and changes nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from typer.testing import CliRunner

from coldframe.cli.root import app
from coldframe.delivery.models import Connection
from coldframe.leads import due
from coldframe.outbox import holding
from coldframe.outbox.models import OutboxMessage
from coldframe.outbox.workers import Pulse
from coldframe.reports import condition, figures
from coldframe.storage import disk, health
from tests import world

#: Tests do not wait for the disk, and doctor says so.
OF_TESTS = {
    "sqlite": ["synchronous is OFF: a power cut may lose what was acknowledged"],
    "postgresql": ["PostgreSQL's synchronous_commit is off: a power cut may lose what was acknowledged"],
}


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
    assert found["missing"] == []
    assert (found["wrong"], result.exit_code) == (
        OF_TESTS[connection.vendor],
        1 if OF_TESTS[connection.vendor] else 0,
    )


@pytest.mark.django_db
def test_a_person_reads_that_nothing_is_missing():
    result = CliRunner().invoke(app, ["doctor"], env={"COLUMNS": "120"})

    wrong = [f"Wrong: {each}." for each in OF_TESTS[connection.vendor]]
    assert [line for line in result.stdout.splitlines() if line and not line.startswith(" ")] == [
        "Settings", "Versions", "Database", "Running", *(wrong or ["Nothing is missing or wrong."]),
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


def problems() -> list[str]:
    """Return what is wrong with how this database runs, at the instant the tests call now."""
    figures.forget()
    return condition.problems_of(condition.look(at=world.NOW))


@pytest.mark.django_db
def test_nothing_is_wrong_with_a_new_installation():
    assert problems() == []


@pytest.mark.django_db
def test_a_worker_that_was_killed_is_missed_and_one_that_stopped_is_not():
    stopped, killed = Pulse(name="w1"), Pulse(name="w2")
    stopped.start(at=world.NOW - timedelta(hours=2))
    stopped.stop(at=world.NOW - timedelta(hours=2))
    assert problems() == []

    killed.start(at=world.NOW - timedelta(hours=1))

    assert problems() == ["no worker runs; w2 was last seen 2026-06-01 08:00 UTC and did not stop by itself"]


@pytest.mark.django_db
def test_work_that_waits_although_somebody_works_is_wrong():
    anna = world.anna()
    due.mark_due(account_ids=[anna.account_id], at=world.NOW - timedelta(hours=3))
    assert problems() == [], "nobody works yet, and nothing is expected"

    Pulse(name="w1").start(at=world.NOW)

    assert problems() == ["workers run, and something has been due for 3.0 hours"]


@pytest.mark.django_db
def test_a_clock_behind_what_a_worker_has_seen_is_wrong():
    pulse = Pulse(name="w1")
    pulse.start(at=world.NOW + timedelta(hours=5))
    pulse.stop(at=world.NOW + timedelta(hours=5))

    assert problems() == ["the clock says 2026-06-01 09:00 UTC, and a worker has seen 2026-06-01 14:00 UTC"]


@pytest.mark.django_db
def test_what_holds_or_stops_sending_and_what_is_uncertain_is_said():
    holding.hold(cause=holding.Cause.PERSON, reason="The offer is wrong.", at=world.NOW, by="mia")
    Connection.objects.create(
        name="main",
        kind="SMTP",
        created_at=world.NOW,
        stopped_at=world.NOW,
        stopped_why="5 % bounced for good",
    )
    OutboxMessage.objects.create(
        key="touch:1", kind="touch", subject_id=1, state="UNCERTAIN", due_at=world.NOW, late_at=world.NOW,
        created_at=world.NOW,
    )  # fmt: skip

    assert problems() == [
        "sending is held: The offer is wrong",
        "the connection main is stopped: 5 % bounced for good",
        "1 message may or may not have arrived: a person decides",
    ]


@pytest.mark.django_db
def test_workers_that_make_no_backup_are_noticed_after_two_days(settings, tmp_path):
    settings.HOME = tmp_path
    holding.lift(at=world.NOW, by="mia")
    pulse = Pulse(name="w1")
    pulse.start(at=world.NOW - timedelta(days=3))
    pulse.elapsed = lambda: pulse.beaten + 259200
    pulse.beat(at=world.NOW)
    assert problems() == ["no backup was made; there is none"]

    (tmp_path / "backups").mkdir()
    (tmp_path / "backups" / "coldframe-hourly-20260531T090000Z.zip").touch()

    assert problems() == []


@pytest.mark.parametrize(
    ("version", "settings", "said"),
    [
        (
            "3.40.1",
            {"journal_mode": "wal", "synchronous": "FULL"},
            "SQLite 3.40.1 may damage a write-ahead log",
        ),
        ("3.51.3", {"journal_mode": "wal", "synchronous": "FULL"}, ""),
        ("3.40.1", {"journal_mode": "truncate", "synchronous": "FULL"}, ""),
        ("3.51.3", {"journal_mode": "wal", "synchronous": "NORMAL"}, "synchronous is NORMAL"),
        ("15.20", {"fsync": "off", "synchronous_commit": "on"}, "PostgreSQL's fsync is off"),
    ],
)
def test_a_database_set_so_that_it_may_lose_something_is_wrong(version, settings, said):
    found = health.Health(kind="any", version=version, where="here", settings=settings, size_bytes=0)

    problems = health.problems_of(found)

    assert [each[: len(said)] for each in problems] == ([said] if said else [])


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("nfs4", "nfs4"),
        ("cifs", "cifs"),
        ("fuse.sshfs", "fuse.sshfs"),
        ("ext4", ""),
        ("overlay", ""),
        ("tmpfs", ""),
    ],
)
def test_a_network_file_system_is_told_by_the_nearest_mount(tmp_path, kind, found):
    home = tmp_path / "a b" / "data"
    home.mkdir(parents=True)
    mounts = tmp_path / "mounts"
    where = str(tmp_path / "a b").replace(" ", "\\040")
    mounts.write_text(
        f"/dev/sda1 / ext4 rw 0 0\nserver:/x {where} {kind} rw 0 0\n/dev/sdb1 /home xfs rw 0 0\n"
    )

    assert disk.network_file_system(home, mounts=mounts) == found
    assert disk.network_file_system(tmp_path, mounts=mounts) == ""
