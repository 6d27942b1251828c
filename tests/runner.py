"""
``./coldframe test``: every test on SQLite, then those that touch the database again on PostgreSQL.

Arguments go to pytest, for one run on SQLite (``./coldframe test tests/leads -k undo``). Without any, the
closing line adds both runs up, and every skip is named and counted. With ``COLDFRAME_STRICT=yes`` a skip
for anything but absent shared data fails the run.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests import ready

#: Reasons that may skip a test even in a strict run begin so.
ALLOWED_SKIP = "absent shared data"
#: A folder in memory, and how much must be free in it for what tests write; each puts away what it wrote when it passes.
MEMORY = Path("/dev/shm")  # noqa: S108
ENOUGH_BYTES = 2 * 2**30
#: Not for the tests: another database, and that no bytecode is kept, for hundreds of them start the program anew.
UNWANTED = {"COLDFRAME_TEST_DATABASE_URL", "PYTHONDONTWRITEBYTECODE"}
DEFAULT_POSTGRESQL = "postgresql://postgres@127.0.0.1:5432/coldframe"


def main(arguments: list[str]) -> int:
    """Run the tests and return the exit code."""
    if arguments:
        return subprocess.run([sys.executable, "-m", "pytest", *arguments]).returncode
    codes, counts, skips = [], Counter(), Counter()
    files: list[str] = []
    # What tests begin with serves both runs.
    ready.begin(folder_in_memory())
    for title, environment in passes(skips):
        print(f"\n{title}", flush=True)
        code, report, files = run_once(environment, files)
        codes.append(code)
        counts.update(report["counts"])
        skips.update(report["skips"])
        if len(codes) == 1 and not environment_has_postgresql(skips):
            skips[NO_POSTGRESQL] = report["counts"].get("database", 0)
    return conclude(codes, counts, skips)


NO_POSTGRESQL = "no PostgreSQL: tests that would have run on it a second time"


def environment_has_postgresql(skips: Counter[str]) -> bool:
    return NO_POSTGRESQL not in skips


def passes(skips: Counter[str]) -> list[tuple[str, dict[str, str]]]:
    """Return what to run: title and environment. Notes in ``skips`` when there is no PostgreSQL."""
    url = os.environ.get("COLDFRAME_TEST_POSTGRESQL", DEFAULT_POSTGRESQL)
    wanted = [("On SQLite: all tests", {})]
    if reachable(url):
        second = {"COLDFRAME_TEST_DATABASE_URL": url, "COLDFRAME_TEST_ONLY_DATABASE": "yes"}
        wanted.append(("On PostgreSQL: the tests that touch the database", second))
    else:
        skips[NO_POSTGRESQL] = 0
        print("No PostgreSQL answers (COLDFRAME_TEST_POSTGRESQL names one); tests run on SQLite alone.")
    return wanted


def reachable(url: str) -> bool:
    import psycopg

    try:
        psycopg.connect(url.rsplit("/", 1)[0] + "/postgres", connect_timeout=3).close()
    except psycopg.OperationalError:
        return False
    return True


def run_once(
    environment: dict[str, str], files: list[str]
) -> tuple[int, dict[str, dict[str, int]], list[str]]:
    """
    Run pytest on all cores over some files, or all; return its exit code, its counts, and which files touch the database.
    """
    with tempfile.TemporaryDirectory(prefix="coldframe-run-", dir=folder_in_memory()) as folder:
        report, touching = Path(folder) / "report.json", Path(folder) / "files.txt"
        clean = {key: value for key, value in os.environ.items() if key not in UNWANTED}
        # One more worker than cores, for many tests wait for a process or a disk. Files begin in the order of
        # ``tests.conftest``. A worker computes on one core; small frames are several times quicker when Polars does not look for more.
        alone = {"POLARS_MAX_THREADS": "1", "TMPDIR": folder}
        wanted = {"COLDFRAME_TEST_REPORT": str(report), "COLDFRAME_TEST_FILES": str(touching)}
        everything = {**clean, **environment, **alone, **wanted}
        workers = ["-n", str((os.cpu_count() or 1) + 1), "--dist", "loadfile", "--no-loadscope-reorder"]
        workers += ["-o", "tmp_path_retention_policy=failed"]
        command = [sys.executable, "-m", "pytest", "-q", *workers, *files]
        code = subprocess.run(command, env=everything).returncode
        counts = json.loads(report.read_text()) if report.exists() else {"counts": {}, "skips": {}}
        found = touching.read_text().splitlines() if touching.exists() else []
    return code, counts, found


def folder_in_memory() -> str | None:
    """Return where tests write: in memory, where no write waits for a disk; None, the usual place, where there is no room."""
    if not MEMORY.is_dir() or not os.access(MEMORY, os.W_OK):
        return None
    return str(MEMORY) if shutil.disk_usage(MEMORY).free > ENOUGH_BYTES else None


def conclude(codes: list[int], counts: Counter[str], skips: Counter[str]) -> int:
    """Print what was skipped and why, and the sum of all runs; return the exit code."""
    failed = counts["failed"] + counts["errors"]
    code = next((each for each in codes if each), 0)
    skipped = sum(skips.values())
    print()
    for reason, count in sorted(skips.items()):
        print(f"Skipped {count:>4}  {reason}")
    forbidden = [reason for reason in skips if not reason.startswith(ALLOWED_SKIP)]
    if forbidden and os.environ.get("COLDFRAME_STRICT") == "yes":
        print("This run is strict (COLDFRAME_STRICT=yes): nothing but absent shared data may be skipped.")
        code, failed = code or 1, failed + len(forbidden)
    print(f"{counts['passed']} passed, {failed} failed, {skipped} skipped")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
