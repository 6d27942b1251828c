"""What every test run shares: which tests run again on PostgreSQL, and an account of what was skipped."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is no failure. The same examples each time, unless one explores: COLDFRAME_EXPLORE=yes.
settings.register_profile("house", deadline=None, derandomize=os.environ.get("COLDFRAME_EXPLORE") != "yes")
settings.load_profile("house")

#: Set by the runner for its second pass: only tests that touch the database.
ONLY_DATABASE = "COLDFRAME_TEST_ONLY_DATABASE"
#: Where the runner wants the counts.
REPORT = "COLDFRAME_TEST_REPORT"
DATABASE_FIXTURES = {"db", "transactional_db", "live_server", "django_db_reset_sequences"}

counts: Counter[str] = Counter()
skips: Counter[str] = Counter()


def touches_database(item: pytest.Item) -> bool:
    fixtures = set(getattr(item, "fixturenames", ()))
    return item.get_closest_marker("django_db") is not None or bool(fixtures & DATABASE_FIXTURES)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if os.environ.get(ONLY_DATABASE):
        kept = [item for item in items if touches_database(item)]
        config.hook.pytest_deselected(items=[item for item in items if not touches_database(item)])
        items[:] = kept
    for item in items:
        if touches_database(item):
            item.user_properties.append(("database", True))


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
