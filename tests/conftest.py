"""What every test run shares: which tests run again on PostgreSQL, and an account of what was skipped."""

from __future__ import annotations

import gc
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from hypothesis import settings

from tests import drawn, parsed, ready

# A busy machine is no failure. The same examples each time, unless one explores.
settings.register_profile(
    "house", deadline=None, derandomize=not drawn.EXPLORES, max_examples=drawn.examples(drawn.USUAL)
)
settings.load_profile("house")
# Thousands of tests and all that they import stay to the end: to look through them for garbage again and again takes longer
# than what is found.
gc.set_threshold(50_000, 20, 50)

#: Set by the runner for its second pass: only tests that touch the database, and are about more than words and rights.
ONLY_DATABASE = "COLDFRAME_TEST_ONLY_DATABASE"
#: Where the runner wants the counts.
REPORT = "COLDFRAME_TEST_REPORT"
#: Set, tests that live for years are run, too.
YEARS = "COLDFRAME_TEST_YEARS"
#: Where the runner wants the files that hold tests which touch the database, one a line: its second pass reads no others.
FILES = "COLDFRAME_TEST_FILES"
#: Files that one worker runs, one after another, for the company in which they work is served once. All tests in a browser
#: at one worker's would take longer than all others; these two halves take about as long as each other.
TOGETHER = {
    **dict.fromkeys(("tests/browser/test_accessible.py", "tests/browser/test_day.py", "tests/browser/test_paper.py",
                     "tests/browser/test_tasks.py"), "browser, where people work"),
    **dict.fromkeys(("tests/browser/test_attacks.py", "tests/browser/test_first_visit.py", "tests/browser/test_live.py",
                     "tests/browser/test_strangers.py", "tests/browser/test_tracking.py"), "browser, of strangers"),
}  # fmt: skip
#: Files that take longest, in that order: begun last, one of them would keep a single core busy while the others idle.
LONGEST = (
    "tests/lived/test_years_in_memory.py",
    "tests/lived/test_years_in_a_database.py",
    "tests/browser/",
    "tests/lived/test_lived.py",
    "tests/kernel/planning/test_laws.py",
    "tests/crash/test_crashes.py",
    "tests/cli/test_backup.py",
    "tests/leads/importing/test_kills.py",
    "tests/cli/test_serve.py",
    "tests/house/test_checks.py",
    "tests/api/test_providers.py",
    "tests/cli/test_demo.py",
    "tests/nurture/test_cycle.py",
    "tests/nurture/test_applying.py",
    "tests/interleaving/",
    "tests/traffic/",
    "tests/api/",
    "tests/cli/",
    "tests/kernel/",
)
#: Numbers leads and accounts anew, by database.
FROM_ONE = {
    "sqlite": "DELETE FROM sqlite_sequence WHERE name IN ('leads_account', 'leads_lead')",
    "postgresql": "ALTER SEQUENCE leads_account_id_seq RESTART; ALTER SEQUENCE leads_lead_id_seq RESTART",
}
#: Tables whose rows are made with the tables.
KEPT = {"django_content_type", "auth_permission"}
DATABASE_FIXTURES = {"db", "transactional_db", "live_server", "django_db_reset_sequences"}

counts: Counter[str] = Counter()
skips: Counter[str] = Counter()


def touches_database(item: pytest.Item) -> bool:
    fixtures = set(getattr(item, "fixturenames", ()))
    return item.get_closest_marker("django_db") is not None or bool(fixtures & DATABASE_FIXTURES)


def runs_again(item: pytest.Item) -> bool:
    """Return whether the second pass runs a test."""
    return touches_database(item) and item.get_closest_marker("once") is None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    note_files(config, items)
    if os.environ.get(ONLY_DATABASE):
        kept = [item for item in items if runs_again(item)]
        config.hook.pytest_deselected(items=[item for item in items if not runs_again(item)])
        items[:] = kept
    # SQLite has one writer at a time: what is only about several means nothing there; and what SQLite reads, PostgreSQL does not.
    other = "sqlite" if os.environ.get("COLDFRAME_TEST_DATABASE_URL") else "postgresql"
    left_out = {other} if os.environ.get(YEARS) == "yes" else {other, "years"}
    out = [item for item in items if any(item.get_closest_marker(each) for each in left_out)]
    config.hook.pytest_deselected(items=out)
    items[:] = [item for item in items if item not in out]
    items.sort(key=rank)
    for item in items:
        if runs_again(item):
            item.user_properties.append(("database", True))


def pytest_collection_finish() -> None:
    """From here on nothing that was collected is garbage."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="session")
def left_by_all_others(request: pytest.FixtureRequest) -> Iterator[None]:
    """A server's database is put away although a process that a test began has not quite ended on a busy machine."""
    if not os.environ.get("COLDFRAME_TEST_DATABASE_URL"):
        yield
        return
    request.getfixturevalue("django_db_setup")
    yield
    from django.db import connection

    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with request.getfixturevalue("django_db_blocker").unblock(), connection.cursor() as cursor:
        cursor.execute(others)


@pytest.fixture(autouse=True, scope="session")
def parsed_once() -> Iterator[None]:
    """
    A text of a playbook is parsed as YAML once; what is made of that, and said about it, is made anew each time.

    The parser takes several times as long as all that follows, and depends on the text alone.
    """
    from coldframe.kernel.playbook import source

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(source, "events", parsed.once(source.events))
        yield


def note_files(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Write down which files the second pass has to read; one of the workers does it for all."""
    path = os.environ.get(FILES)
    if path and getattr(config, "workerinput", {}).get("workerid", "gw0") == "gw0":
        files = {str(item.path) for item in items if runs_again(item)}
        Path(path).write_text("".join(f"{each}\n" for each in sorted(files)), encoding="utf-8")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give each worker whole files, and all that ``TOGETHER`` calls the same to the same one."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class Together(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return TOGETHER.get(nodeid.partition("::")[0], super()._split_scope(nodeid))

    return Together(config, log)


def rank(item: pytest.Item) -> int:
    """Return where a test's file stands among the longest; all others keep their order behind them."""
    return next((place for place, file in enumerate(LONGEST) if item.nodeid.startswith(file)), len(LONGEST))


@pytest.fixture(autouse=True)
def numbered_from_one(request: pytest.FixtureRequest) -> None:
    """
    Accounts and leads get the same ids in whatever order tests run.

    Who is held out, whose hour is which and who comes first among equals are drawn by them. Neither PostgreSQL nor a test
    that commits, on either database, gives the numbers back that were used.
    """
    if not touches_database(request.node):
        return
    request.getfixturevalue("db")
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT NOT EXISTS (SELECT 1 FROM leads_account)")
        if cursor.fetchone()[0]:
            cursor.execute(FROM_ONE[connection.vendor])


@pytest.fixture(autouse=True, scope="session")
def quick_to_empty() -> None:
    """
    Tables are emptied row by row after tests that commit, but for those that hold what the making of the tables put there.

    PostgreSQL's TRUNCATE makes new files for every table and index, which costs seconds on a busy disk; here are a few
    rows. References are checked at the end of the transaction, so the order does not matter. What is kept need not be
    put there again, which costs more than the emptying.
    """
    from django.core.management.commands import flush
    from django.db.backends.postgresql.operations import DatabaseOperations as OfPostgresql
    from django.db.backends.sqlite3.base import DatabaseOperations as OfSqlite

    for operations in (OfPostgresql, OfSqlite):
        operations.sql_flush = deleting(operations.sql_flush)  # type: ignore[method-assign]
    flush.emit_post_migrate_signal = lambda *_, **__: None


def deleting(usual: Any) -> Any:
    """Return a way to empty tables that deletes rows; where ids are to begin anew, the usual one."""

    def sql_flush(
        self: Any, style: Any, tables: Any, *, reset_sequences: bool = False, **options: Any
    ) -> Any:
        rest = [table for table in tables if table not in KEPT]
        if reset_sequences:
            return usual(self, style, rest, reset_sequences=True, **options)
        return [f"DELETE FROM {self.quote_name(table)}" for table in rest]

    return sql_flush


def is_copied(config: pytest.Config) -> bool:
    """Return whether the test database is a copy of one that the run has: so it is in each of several workers."""
    asked = config.getvalue("reuse_db") or config.getvalue("create_db")
    return hasattr(config, "workerinput") and not asked


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    request: pytest.FixtureRequest, django_db_modify_db_settings_parallel_suffix: None
) -> None:
    """Put the copy where pytest-django looks for the test database; there is nothing to migrate in it."""
    if not is_copied(request.config):
        return
    database = django_settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        shutil.copyfile(ready.sqlite(), database["TEST"]["NAME"])
    else:
        database["TEST"]["TEMPLATE"] = ready.postgresql(os.environ["COLDFRAME_TEST_DATABASE_URL"])
    database["TEST"]["MIGRATE"] = False


@pytest.fixture(scope="session")
def django_db_keepdb(request: pytest.FixtureRequest) -> bool:
    """The copy of a file is kept; its folder goes with the worker."""
    is_file = django_settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")
    return request.config.getvalue("reuse_db") or (is_file and is_copied(request.config))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" or report.outcome != "passed":
        outcome = "errors" if report.outcome == "failed" and report.when != "call" else report.outcome
        counts[outcome] += 1
    if report.when == "call" and ("database", True) in report.user_properties:
        counts["database"] += 1
    if report.skipped and isinstance(report.longrepr, tuple):
        skips[report.longrepr[2].removeprefix("Skipped: ")] += 1


def pytest_sessionfinish(session: pytest.Session) -> None:
    path = os.environ.get(REPORT)
    if path and not hasattr(session.config, "workerinput"):
        Path(path).write_text(json.dumps({"counts": counts, "skips": skips}), encoding="utf-8")
