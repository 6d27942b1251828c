"""Stopped half-way: nothing is lost, nothing is doubled, and the end is as if nothing had happened."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.db import connection

from coldframe.leads import operations
from coldframe.leads.importing import applying, batches
from coldframe.leads.importing.batches import AlreadyRunning, TakenOver
from coldframe.leads.importing.options import Options
from coldframe.leads.models import ImportBatch, Lead
from tests.leads.importing import files
from tests.leads.importing.files import ANNA, HEADER, counts, imported, write

ROOT = Path(__file__).parents[3]
#: Kills of a real process; a nightly run asks for more.
KILLS = int(os.environ.get("COLDFRAME_IMPORT_KILLS", "12"))


class Stop(Exception):
    """Something went wrong in the middle of an import."""


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applying, "CHUNK_ROWS", 10)


def people(count: int, folder: Path, name: str = "people.csv") -> Path:
    """Return a file with colleagues, opt-outs, people given twice, and rows that are refused."""
    chance = random.Random(3)
    rows = []
    for number in range(count):
        company = number // 3
        rows.append(
            (
                f"person{number}@company{company}.example",
                f"First{number}",
                "yes" if number % 17 == 0 else "no",
                f"Company {company}",
                "software" if number % 2 else "",
            )
        )
        if number % 11 == 0:
            rows.append((f"PERSON{chance.randrange(number + 1)}@broken", "", "", "", ""))
        if number % 13 == 0:
            rows.append((f"Person{number}@Company{company}.example", f"Again{number}", "no", "", "retail"))
    return write(folder, ("Email", "First Name", "Unsubscribed", "Company", "Industry"), *rows, name=name)


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
        tables = [*files.WRITTEN, ImportBatch]
        with connection.constraint_checks_disabled(), connection.cursor() as cursor:
            for model in tables:
                cursor.execute(f'DELETE FROM "{model._meta.db_table}"')

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


def environment(home: Path | None = None) -> dict[str, str]:
    """Return the environment of another process that works on the test's database."""
    found = {
        **os.environ,
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
        "DJANGO_SETTINGS_MODULE": "coldframe.config.settings",
    }
    if home:
        found["COLDFRAME_HOME"] = str(home)
        found.pop("DATABASE_URL", None)
    elif connection.vendor == "postgresql":
        settings = connection.settings_dict
        host = f"{settings['USER']}@{settings['HOST']}:{settings['PORT'] or 5432}"
        found["DATABASE_URL"] = f"postgresql://{host}/{settings['NAME']}"
    return found


class TestKilled:
    """Real processes of the command line, killed at random instants, on database files of their own."""

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

    def start(self, home: Path, path: Path) -> subprocess.Popen[bytes]:
        home.mkdir(exist_ok=True)
        command = [sys.executable, "-c", self.CODE, str(path)]
        return subprocess.Popen(command, env=environment(home), cwd=ROOT, stdout=subprocess.DEVNULL)

    @pytest.mark.slow
    def test_an_import_that_is_killed_again_and_again_ends_like_one_that_is_not(self, tmp_path: Path) -> None:
        path = people(self.ROWS, tmp_path)
        calm = tmp_path / "calm"
        began = time.monotonic()
        assert self.start(calm, path).wait(300) == 0
        whole = time.monotonic() - began
        kills = half_way = starts = round_ = 0

        while kills < KILLS:
            home = tmp_path / f"{round_}"
            starts += 1
            kills += self.is_killed(home, path, whole, seed=starts)
            state, position = standing(home)
            half_way += state == "RUNNING" and position > 0
            if state == "DONE":
                assert dump(home) == dump(calm)
                round_ += 1
        assert self.start(tmp_path / f"{round_}", path).wait(300) == 0

        assert dump(tmp_path / f"{round_}") == dump(calm)
        assert half_way >= KILLS // 4
        print(
            f"{kills} of {starts} processes were killed while they ran, {half_way} of them with some rows in, "
            f"over {round_ + 1} imports"
        )

    def is_killed(self, home: Path, path: Path, whole: float, *, seed: int) -> bool:
        """Start the import and kill it somewhere on its way; return whether it was still running."""
        process = self.start(home, path)
        try:
            assert process.wait(random.Random(seed).uniform(0.3, 1.0) * whole) == 0
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            return True
        return False


def standing(home: Path) -> tuple[str, int]:
    """Return the state of the one import of a database file, and how many rows are in."""
    import sqlite3

    with sqlite3.connect(home / "coldframe.sqlite3") as link:
        table = link.execute("SELECT name FROM sqlite_master WHERE name = 'leads_importbatch'").fetchone()
        found = link.execute("SELECT state, position FROM leads_importbatch").fetchall() if table else []
    link.close()
    assert len(found) <= 1
    return found[0] if found else ("NONE", 0)


def dump(home: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return what is in a database file, without what differs from run to run: random ids and instants."""
    import sqlite3

    queries = {
        "leads": "SELECT l.id, email, first_name, a.name, a.domain, a.industry FROM leads_lead l "
        "JOIN leads_account a ON a.id = l.account_id",
        "suppressions": "SELECT lead_id, email, reason FROM leads_suppression",
        "check": "PRAGMA integrity_check",
    }
    with sqlite3.connect(home / "coldframe.sqlite3") as link:
        found = {name: sorted(link.execute(sql).fetchall(), key=repr) for name, sql in queries.items()}
        batches_ = link.execute("SELECT state, position, counts FROM leads_importbatch").fetchall()
    link.close()
    refused = sorted((home / "imports").glob("*-refused.csv"))
    found["batches"] = [
        (state, position, sorted(json.loads(counts).items())) for state, position, counts in batches_
    ]
    return {**found, "refused": [(each.name, each.read_text()) for each in refused]}
