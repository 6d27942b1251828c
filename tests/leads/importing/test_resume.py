"""Stopped half-way: nothing is lost, nothing is doubled, and the end is as if nothing had happened."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection

from coldframe.leads import operations
from coldframe.leads.importing import applying, batches
from coldframe.leads.importing.applying import StoppedByDatabase
from coldframe.leads.importing.batches import AlreadyRunning, TakenOver
from coldframe.leads.importing.errorfile import NoErrorFile
from coldframe.leads.importing.options import Options
from coldframe.leads.models import ImportBatch, Lead
from tests.leads.importing import files
from tests.leads.importing.files import ANNA, HEADER, counts, imported, people, write

ROOT = Path(__file__).parents[3]


class Stop(Exception):
    """Something went wrong in the middle of an import."""


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applying, "CHUNK_ROWS", 10)


def after(rows: int) -> object:
    """Return a progress that stops the import once so many rows are in."""
    seen = 0

    def advance(count: int) -> None:
        nonlocal seen
        seen += count
        if seen >= rows:
            raise Stop

    return advance


def described() -> dict[str, object]:
    """Return what people see of the base: every value, without numbers that only the database gives."""
    leads = Lead.objects.filter(voided_at=None).order_by("email")
    return {
        "leads": list(
            leads.values_list(
                "email",
                "first_name",
                "role",
                "custom",
                "account__name",
                "account__domain",
                "account__industry",
            )
        ),
        "suppressed": sorted(leads.exclude(suppressions=None).values_list("email", "suppressions__reason")),
        "accounts": {name: len(rows) for name, rows in files.contents().items()},
        "counts": {
            name: count for name, count in ImportBatch.objects.get().counts.items() if name != "error_bytes"
        },
    }


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("small_chunks")
class TestStopped:
    def test_an_import_that_was_stopped_goes_on_and_ends_as_if_it_had_not_been(self, tmp_path: Path) -> None:
        path = people(60, tmp_path)
        imported(path)
        undisturbed = described()
        error_file = (tmp_path / f"{ImportBatch.objects.get().pk}-refused.csv").read_text()
        self.forget_everything()

        stops = 0
        for rows in range(10, 200, 13):
            try:
                result = imported(path, progress=after(rows))
                break
            except Stop:
                stops += 1
                batch = ImportBatch.objects.get()
                assert batch.state == "INTERRUPTED"

        assert stops >= 3
        assert result.resumed_at > 0
        assert described() == undisturbed
        assert result.error_file is not None
        assert result.error_file.read_text() == error_file
        assert ImportBatch.objects.get().state == "DONE"

    def forget_everything(self) -> None:
        call_command("flush", verbosity=0, interactive=False)

    def test_deals_without_an_id_are_numbered_as_if_there_had_been_no_stop(self, tmp_path: Path) -> None:
        header = ("Deal Name", "Account Name", "Amount")
        path = write(tmp_path, header, *[("Pilot", "Brightpath", str(number // 2)) for number in range(45)])
        with pytest.raises(Stop):
            imported(path, "opportunities", progress=after(20))

        assert counts(imported(path, "opportunities")) == {"new": 45}
        assert counts(imported(path, "opportunities")) == {"unchanged": 45}

    def test_with_other_options_it_is_another_import(self, tmp_path: Path) -> None:
        path = people(30, tmp_path)
        with pytest.raises(Stop):
            imported(path, progress=after(10))

        result = imported(path, source="crm")

        assert result.resumed_at == 0
        assert ImportBatch.objects.count() == 2

    def test_whoever_was_overtaken_writes_nothing_more(self, tmp_path: Path) -> None:
        path = people(60, tmp_path)

        def overtaken(rows: int) -> None:
            ImportBatch.objects.update(position=999)

        with pytest.raises(TakenOver):
            imported(path, progress=overtaken)

        assert ImportBatch.objects.get().position == 999
        assert Lead.objects.count() <= 10


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("small_chunks")
def test_a_database_that_takes_no_more_stops_the_import_in_one_sentence_and_it_goes_on(
    tmp_path: Path,
) -> None:
    path = people(60, tmp_path)

    def full(rows: int) -> None:
        if rows:
            raise OperationalError("database or disk is full")

    with pytest.raises(StoppedByDatabase) as caught:
        imported(path, progress=full)

    assert str(caught.value) == (
        "people.csv: The database stopped the import.\ngot database or disk is full.\n"
        "What is in stays in. Run the same command again when the database is well; it goes on from there."
    )
    result = imported(path)
    assert result.resumed_at == 10
    assert counts(result)["new"] == 60


@pytest.mark.django_db
def test_refused_rows_that_cannot_be_written_down_stop_the_import(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER, ("a@b", "", "", "", ""))
    plan = operations.prepare(path, Options(kind="leads"))

    with pytest.raises(NoErrorFile, match="The file for refused rows cannot be written: Not a directory"):
        operations.import_file(
            plan, clock=files.ticking(files.NOW), errors=lambda batch: path / "refused.csv"
        )

    assert ImportBatch.objects.get().state == "INTERRUPTED"


@pytest.mark.django_db(transaction=True)
def test_the_same_file_twice_at_once_is_refused_the_second_time(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER, ANNA)
    plan = operations.prepare(path, Options(kind="leads"))

    with holding_elsewhere(plan.file_hash), pytest.raises(AlreadyRunning) as caught:
        imported(path)

    assert str(caught.value) == (
        "file.csv: This file is already running: another process is importing it now.\n"
        "Wait until it has finished; `coldframe import list` shows how far it is."
    )
    assert not Lead.objects.exists()
    with batches.held(plan):
        pass
    assert counts(imported(path)) == {"new": 1}


class holding_elsewhere:  # noqa: N801
    """Hold the right to import a file from another process."""

    CODE = """
import sys, django
django.setup()
from pathlib import Path
from types import SimpleNamespace
from coldframe.leads.importing import batches
from coldframe.leads.importing.errorfile import NoErrorFile
from coldframe.leads.importing.options import Options
plan = SimpleNamespace(path=Path("file.csv"), file_hash=sys.argv[1], options=Options(kind="leads"))
with batches.held(plan):
    print("held", flush=True)
    sys.stdin.read()
"""

    def __init__(self, file_hash: str) -> None:
        self.file_hash = file_hash

    def __enter__(self) -> None:
        command = [sys.executable, "-c", self.CODE, self.file_hash]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, env=environment(), cwd=ROOT, stdin=pipe, stdout=pipe)
        said = self.process.stdout.readline() if self.process.stdout else b""
        if said != b"held\n":
            self.__exit__()
        assert said == b"held\n"

    def __exit__(self, *exception: object) -> None:
        self.process.communicate()


def environment() -> dict[str, str]:
    """Return the environment of another process that works on the test's database."""
    found = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "src"),
        "DJANGO_SETTINGS_MODULE": "coldframe.config.settings",
    }
    if connection.vendor == "postgresql":
        settings = connection.settings_dict
        host = f"{settings['USER']}@{settings['HOST']}:{settings['PORT'] or 5432}"
        found["DATABASE_URL"] = f"postgresql://{host}/{settings['NAME']}"
    return found
