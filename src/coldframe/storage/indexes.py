"""
Filling an empty table without its secondary indexes, and making them afterwards.

Keeping an index in order row by row costs more than the row; sorting once at the end is several times
cheaper. What is missing, because a process was killed in between, the next ``ensure`` makes.
"""

from __future__ import annotations

from django.db import connection, models


def ensure(*tables: type[models.Model]) -> None:
    """Make the indexes that the models declare and the database lacks; constraints are never dropped."""
    for model in tables:
        present = names_in_database(model)
        for name, sql in declared(model).items():
            if name not in present:
                with connection.cursor() as cursor:
                    cursor.execute(sql)


def drop_if_empty(*tables: type[models.Model]) -> None:
    """Drop the secondary indexes of those tables that hold no row."""
    for model in tables:
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT 1 FROM "{model._meta.db_table}" LIMIT 1')
            if cursor.fetchone() is None:
                for name in declared(model):
                    cursor.execute(f'DROP INDEX IF EXISTS "{name}"')


def declared(model: type[models.Model]) -> dict[str, str]:
    """Return name and SQL of the model's secondary indexes, as its migrations make them."""
    with connection.schema_editor(collect_sql=True, atomic=False) as editor:
        statements = editor._model_indexes_sql(model)  # type: ignore[attr-defined]
    return {str(each.parts["name"]).strip('"'): str(each) for each in statements if each is not None}


def names_in_database(model: type[models.Model]) -> set[str]:
    """Return the names of the table's indexes and constraints."""
    with connection.cursor() as cursor:
        return set(connection.introspection.get_constraints(cursor, model._meta.db_table))
