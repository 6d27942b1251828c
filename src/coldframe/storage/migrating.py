"""
Migrations that are applied and written down in one transaction, so that a kill between the two undoes both.

Django writes down some of them only after their transaction; killed in between, the next start would apply
them again and fail.
"""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor


class WholeExecutor(MigrationExecutor):
    """Applies each migration whole, its record included."""

    def apply_migration(
        self, state: Any, migration: Any, fake: bool = False, fake_initial: bool = False
    ) -> Any:
        """Apply one migration and return the state after it; one that must not be in a transaction is left alone."""
        if not migration.atomic:
            return super().apply_migration(state, migration, fake, fake_initial)
        # SQLite rebuilds tables, which must not set off what refers to them, and can be told so only from outside.
        with self.connection.constraint_checks_disabled(), transaction.atomic(using=self.connection.alias):
            return super().apply_migration(state, migration, fake, fake_initial)


def apply_all() -> None:
    """Apply every migration that the database lacks, in order."""
    executor = WholeExecutor(connection)
    executor.loader.check_consistent_history(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())
