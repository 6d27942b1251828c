"""Finding many rows by their keys in one query, the same on SQLite and PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any

from django.db import connection, models
from django.db.models.expressions import Col


def rows_by(
    model: type[models.Model],
    column: str,
    keys: Collection[Any],
    *,
    columns: Sequence[str],
    where: str = "",
    params: Sequence[Any] = (),
) -> list[tuple[Any, ...]]:
    """
    Return the values of ``columns`` of the rows whose ``column`` is among ``keys``.

    The keys travel as one parameter, so their number is not limited. Values come through the model's
    fields. ``where`` is a further condition on ``t`` in SQL that both databases understand.
    """
    if not keys:
        return []
    selected, convertible = statement(model, column, tuple(columns), connection.vendor)
    sql = f"{selected}{where and f' WHERE {where}'}"
    with connection.cursor() as cursor:
        cursor.execute(sql, [parameter(keys), *params])
        rows = cursor.fetchall()
    return converted(rows, convertible)


#: Where among the columns it is, and what Django knows of it.
Convertible = tuple[tuple[int, Col], ...]


@lru_cache(maxsize=512)
def statement(
    model: type[models.Model], column: str, columns: tuple[str, ...], vendor: str
) -> tuple[str, Convertible]:
    """Return what selects the rows, and the columns whose values must be converted; remembered, for few are asked often."""
    fields = {field.attname: field for field in model._meta.concrete_fields}
    wanted = [fields[name] for name in columns]
    selected = ", ".join(f't."{field.column}"' for field in wanted)
    expressions = [field.get_col(model._meta.db_table) for field in wanted]
    convertible = tuple((index, each) for index, each in enumerate(expressions) if converters(each))
    return f"SELECT {selected} FROM {among(fields[column], table=model._meta.db_table)}", convertible


def among(field: models.Field[Any, Any], *, table: str) -> str:
    """Return what to select from: the keys of one parameter, and the rows that each of them finds."""
    joined = f'JOIN "{table}" t ON t."{field.column}" = k.value'
    if connection.vendor == "postgresql":
        kind = "bigint" if isinstance(field, (models.ForeignKey, models.IntegerField)) else "text"
        return f"unnest(%s::{kind}[]) AS k(value) {joined}"
    # CROSS keeps SQLite from going through the whole table and looking among the keys instead.
    return f"json_each(%s) AS k CROSS {joined}"


def parameter(keys: Collection[Any]) -> Any:
    """Return keys as one parameter."""
    return list(keys) if connection.vendor == "postgresql" else json.dumps(list(keys))


def converted(rows: list[tuple[Any, ...]], convertible: Convertible) -> list[tuple[Any, ...]]:
    """Return rows whose values are what the fields give; columns that need no change are not looked at."""
    if not rows or not convertible:
        return rows
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
    for index, expression in convertible:
        for function in converters(expression):
            columns[index] = [function(value, expression, connection) for value in columns[index]]
    return list(zip(*columns, strict=True))


def converters(expression: Col) -> list[Any]:
    """Return what makes a column's values what its field gives."""
    return [
        *connection.ops.get_db_converters(expression),
        *expression.get_db_converters(connection),
    ]
