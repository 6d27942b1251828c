"""
One page of a list of leads, and how many there are in each group.

Conditions over standings alone, which most filters are, are answered from the narrow table of standings
and of what is remembered of the whole base; all others by one pass over the leads.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import F, Model, Q, QuerySet

from coldframe.leads.models import Lead
from coldframe.nurture import grouping, listing, summaries
from coldframe.nurture.models import Standing
from coldframe.storage import params

PREFIX = "standing__"


@dataclass(frozen=True, kw_only=True)
class Page:
    """Some leads of a list, in its order."""

    rows: list[listing.LeadRow]
    #: How many leads of each group the list would have, were it not narrowed to some groups.
    groups: dict[str, int]
    #: How many leads the list has.
    total: int
    #: The place of the first row, from 0; below the offset asked for where the list ends before.
    offset: int


def find_page(
    *, where: Q, groups: Collection[str] = (), order: str = "intent", offset: int = 0, limit: int
) -> Page:
    """
    Return a page of the leads under a condition over ``Lead``, narrowed to groups if any are given.

    An unknown order is by intent; an offset beyond the end gives the last page.
    """
    columns = listing.ORDERS.get(order, listing.ORDERS["intent"])
    narrow = over_standings(where)
    if narrow is None:
        return passed_over(where, groups=groups, columns=columns, offset=offset, limit=limit)
    counts = count_groups(narrow) if where else dict(summaries.get_summary().groups)
    total, start = extent(counts, groups=groups, offset=offset, limit=limit)
    has_new = counts[grouping.Group.NEW] > 0 and (not groups or grouping.Group.NEW in groups)
    if has_new or not all(column.startswith(PREFIX) for column, _ in columns):
        ids = ids_of_leads(where & of_groups(groups), columns)
    else:
        ids = ids_of_standings(narrow & of_groups(groups, over=over_standings), columns)
    return Page(rows=in_order([*ids[start : start + limit]]), groups=counts, total=total, offset=start)


def list_group(group: str, *, limit: int) -> list[listing.LeadRow]:
    """Return the most active leads of a group that has been assessed."""
    return in_order(
        [*ids_of_standings(of_groups([group], over=over_standings), listing.ORDERS["intent"])[:limit]]
    )


def ids_of_standings(narrow: Q, columns: Sequence[tuple[str, bool]]) -> QuerySet[Any]:
    """Return the ids of leads in order, from the narrow table of standings."""
    found = listing.standings().filter(narrow).order_by(*ordering(columns, Standing, PREFIX), "lead_id")
    return found.values_list("lead_id", flat=True)


def ids_of_leads(where: Q, columns: Sequence[tuple[str, bool]]) -> QuerySet[Any]:
    """Return the ids of leads in order, from the leads."""
    found = listing.leads().filter(where).order_by(*ordering(columns, Lead, ""), "id")
    return found.values_list("id", flat=True)


def over_standings(where: Q) -> Q | None:
    """Return the condition as one over ``Standing``; None where it asks for anything else of a lead."""
    children: list[Any] = []
    for child in where.children:
        if isinstance(child, Q):
            inner = over_standings(child)
            if inner is None:
                return None
            children.append(inner)
        elif isinstance(child, tuple) and child[0].startswith(PREFIX) and not child[0].endswith("__isnull"):
            children.append((child[0].removeprefix(PREFIX), child[1]))
        else:
            return None
    return Q(*children, _connector=where.connector, _negated=where.negated)


def of_groups(groups: Collection[str], *, over: Callable[[Q], Q | None] = lambda condition: condition) -> Q:
    """Return the condition of being in one of the groups; any lead is, where none is named."""
    conditions = [over(grouping.CONDITIONS[group]) for group in groups]
    return reduce(or_, [each for each in conditions if each is not None], Q())


def count_groups(narrow: Q) -> dict[str, int]:
    """Return how many standings under a condition are in each group."""
    counts = dict.fromkeys(map(str, grouping.Group), 0)
    for (group,), count in summaries.counted(listing.standings().filter(narrow), "group"):
        counts[group] += count
    return counts


def extent(counts: dict[str, int], *, groups: Collection[str], offset: int, limit: int) -> tuple[int, int]:
    """Return how many leads the list has, and where the page begins."""
    total = sum(count for group, count in counts.items() if group in groups or not groups)
    last = max(0, (total - 1) // limit * limit)
    return total, max(0, min(offset, last))


def ordering(columns: Sequence[tuple[str, bool]], model: type[Model], prefix: str) -> list[Any]:
    """Return the order over a model; missing values come last."""
    keys: list[Any] = []
    for column, is_descending in columns:
        name = column.removeprefix(prefix)
        if "__" not in name and not model._meta.get_field(name).null:
            # Saying where missing values go would keep SQLite from using the index.
            keys.append(f"-{name}" if is_descending else name)
        else:
            keys.append(F(name).desc(nulls_last=True) if is_descending else F(name).asc(nulls_last=True))
    return keys


def passed_over(
    where: Q, *, groups: Collection[str], columns: Sequence[tuple[str, bool]], offset: int, limit: int
) -> Page:
    """
    Return the page by one pass over the leads: the database keeps the matches, counts and orders them.

    Brought here, hundreds of thousands of them would keep every other thread of a server waiting for the interpreter.
    """
    offset = max(0, offset)
    try:
        found = matches(where, groups=groups, columns=columns)
    except EmptyResultSet:
        # The condition names nobody, and Django knows.
        return Page(rows=[], groups=dict.fromkeys(map(str, grouping.Group), 0), total=0, offset=0)
    counts, ids = read_matches(found, offset=offset, limit=limit)
    total, start = extent(counts, groups=groups, offset=offset, limit=limit)
    if start != offset:
        counts, ids = read_matches(found, offset=start, limit=limit)
    return Page(rows=in_order(ids), groups=counts, total=total, offset=start)


def matches(
    where: Q, *, groups: Collection[str], columns: Sequence[tuple[str, bool]]
) -> tuple[str, list[Any]]:
    """
    Return the SQL, with its values, of how many matches there are in each group, and of a page of their ids in order.

    Raises Django's ``EmptyResultSet`` for a condition that nobody can meet.
    """
    names = [column for column, _ in columns]
    found = listing.leads().filter(where).order_by().values_list("id", "standing__group", *names)
    sql, values = found.query.sql_with_params()
    keys = [f"key{place}" for place in range(len(names))]
    directions = ["DESC" if is_descending else "ASC" for _, is_descending in columns]
    order = ", ".join([*map("{} {} NULLS LAST".format, keys, directions), "id"])
    some = f"WHERE COALESCE(place, %s) IN ({params.places(len(groups))})" if groups else ""
    new = grouping.Group.NEW.value
    return f"""
        WITH m(id, place, {", ".join(keys)}) AS MATERIALIZED ({sql})
        SELECT COALESCE(place, %s), COUNT(*), 0 FROM m GROUP BY 1
        UNION ALL
        SELECT NULL, id, ROW_NUMBER() OVER (ORDER BY {order})
          FROM (SELECT * FROM m {some} ORDER BY {order} LIMIT %s OFFSET %s) AS page""", [
        *values, new, *([new, *groups] if groups else []),
    ]  # fmt: skip


def read_matches(
    found: tuple[str, list[Any]], *, offset: int, limit: int
) -> tuple[dict[str, int], list[int]]:
    """Return how many matches there are in each group, and the ids of some of them, in order."""
    sql, values = found
    with connection.cursor() as cursor:
        cursor.execute(sql, [*values, limit, offset])
        rows = cursor.fetchall()
    counts = dict.fromkeys(map(str, grouping.Group), 0)
    counts |= {group: count for group, count, _ in rows if group is not None}
    page = sorted((number, id_) for group, id_, number in rows if group is None)
    return counts, [id_ for _, id_ in page]


def in_order(ids: list[int]) -> list[listing.LeadRow]:
    """Return the leads of these ids, in the order of the ids."""
    by_id = {row.id: row for row in listing.rows(listing.leads().filter(pk__in=ids))}
    return [by_id[each] for each in ids if each in by_id]
