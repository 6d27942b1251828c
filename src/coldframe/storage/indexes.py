"""
Filling an empty table without its secondary indexes, and making them afterwards.

Keeping an index in order row by row costs more than the row; sorting once at the end is several times
cheaper. What is missing, because a process was killed in between, the next ``ensure`` makes.
"""

from __future__ import annotations

from collections import deque

from django.db import connection, models, transaction

from coldframe.storage import background, links


def ensure(*tables: type[models.Model]) -> None:
    """Make the indexes that the models declare and the database lacks; a server makes several at once."""
    absent = [sql for model in tables for sql in missing(model)]
    if not absent:
        return
    # A SQLite file has one writer: all of them are one transaction.
    parts = [absent] if connection.vendor == "sqlite" else [[sql] for sql in absent]
    deque(background.in_parts(parts, make, whole=True), maxlen=0)


def make(statements: list[str]) -> None:
    """Make some indexes, in one transaction."""
    with links.open_link(whole=True) as link, link.transaction():
        for sql in statements:
            link.run(sql)


def missing(model: type[models.Model]) -> list[str]:
    """Return the SQL of the indexes that the model declares and the database lacks."""
    present = names_in_database(model)
    return [sql for name, sql in declared(model).items() if name not in present]


def drop_if_empty(*tables: type[models.Model]) -> None:
    """Drop the secondary indexes of those tables that hold no row."""
    with transaction.atomic(), connection.cursor() as cursor:
        for model in tables:
            cursor.execute(f'SELECT 1 FROM "{model._meta.db_table}" LIMIT 1')
            if cursor.fetchone() is None:
                for name in declared(model):
                    cursor.execute(f'DROP INDEX IF EXISTS "{name}"')


def declared(model: type[models.Model]) -> dict[str, str]:
    """Return name and SQL of the model's secondary indexes, as its migrations make them."""
    # Not entered as a context: on SQLite its exit checks every reference in the database.
    editor = connection.schema_editor(collect_sql=True, atomic=False)
    statements = editor._model_indexes_sql(model)  # type: ignore[attr-defined]
    return {str(each.parts["name"]).strip('"'): str(each) for each in statements if each is not None}


def names_in_database(model: type[models.Model]) -> set[str]:
    """Return the names of the table's indexes and constraints."""
    with connection.cursor() as cursor:
        return set(connection.introspection.get_constraints(cursor, model._meta.db_table))
