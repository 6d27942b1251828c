"""
Migrations that are applied and written down in one transaction, so that a kill between the two undoes both.

Django writes down some of them only after their transaction; killed in between, the next start would apply
them again and fail.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from django.db import connection, transaction
from django.db.migrations import operations
from django.db.migrations.executor import MigrationExecutor

#: What leaves every row that is there as it is, so that none can refer to what is not.
WITHOUT_ROWS = (
    operations.AddIndex,
    operations.RemoveIndex,
    operations.RenameIndex,
    operations.CreateModel,
    operations.AlterModelOptions,
    operations.AlterModelManagers,
)


class WholeExecutor(MigrationExecutor):
    """Applies each migration whole, its record included."""

    def apply_migration(
        self, state: Any, migration: Any, fake: bool = False, fake_initial: bool = False
    ) -> Any:
        """Apply one migration and return the state after it; one that must not be in a transaction is left alone."""
        if not migration.atomic:
            return super().apply_migration(state, migration, fake, fake_initial)
        # Looking through every row for what it refers to takes minutes on a large base.
        looking = nullcontext() if changes_rows(migration) else not_looking(self.connection)
        # SQLite rebuilds tables, which must not set off what refers to them, and can be told so only from outside.
        with (
            self.connection.constraint_checks_disabled(),
            transaction.atomic(using=self.connection.alias),
            looking,
        ):
            return super().apply_migration(state, migration, fake, fake_initial)


def changes_rows(migration: Any) -> bool:
    """Return whether a migration may change rows that are there."""
    return not all(isinstance(each, WITHOUT_ROWS) for each in migration.operations)


@contextmanager
def not_looking(connection: Any) -> Iterator[None]:
    """Let nobody look through the rows of all tables, as is done on SQLite after each migration."""
    connection.check_constraints = lambda table_names=None: None
    try:
        yield
    finally:
        del connection.check_constraints


def apply_all() -> None:
    """Apply every migration that the database lacks, in order."""
    executor = WholeExecutor(connection)
    executor.loader.check_consistent_history(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())
