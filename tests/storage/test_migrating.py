"""Migrations look through all rows only where they may have changed some."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, migrations, models
from django.db.migrations.state import ProjectState
from django.test.utils import CaptureQueriesContext

from coldframe.storage.migrating import WholeExecutor

TABLE = migrations.CreateModel(
    "Thing", fields=[("id", models.BigAutoField(primary_key=True)), ("size", models.IntegerField())]
)
INDEX = migrations.AddIndex("Thing", models.Index(fields=["size"], name="thing_size"))
FIELD = migrations.AddField("Thing", "weight", models.IntegerField(null=True))
BY_HAND = migrations.RunPython(migrations.RunPython.noop)


def looked(state: ProjectState, *operations: Any) -> tuple[ProjectState, bool]:
    """Apply a migration; return the state after it, and whether all rows were looked through."""
    made = type("Migration", (migrations.Migration,), {"operations": list(operations)})("0001_made", "made")
    with CaptureQueriesContext(connection) as asked:
        after = WholeExecutor(connection).apply_migration(state, made)
    return after, any("foreign_key_check" in each["sql"] for each in asked)


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
def test_rows_are_looked_through_after_what_may_change_them_and_after_nothing_else() -> None:
    executor = WholeExecutor(connection)
    try:
        state, after_table = looked(ProjectState(), TABLE)
        state, after_index = looked(state, INDEX)
        state, after_field = looked(state, FIELD)
        state, after_code = looked(
            state, migrations.AddIndex("Thing", models.Index(fields=["weight"], name="thing_weight")), BY_HAND
        )
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS made_thing")
        executor.recorder.migration_qs.filter(app="made").delete()

    assert (after_table, after_index) == (False, False)
    assert (after_field, after_code) == (True, True)
    assert "check_constraints" not in vars(connection)
