"""Frames of a population into an empty database, quickly: what is measured begins afterwards."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl
from django.db import connection

from coldframe.activity.models import Event
from coldframe.kernel.frames import Facts
from coldframe.leads.models import Account, Lead
from coldframe.storage import indexes, links, reads
from coldframe.storage.links import Link

#: Distinct for each row, ascending with the id, as cheap as can be: sixteen digits.
KEY = {
    "sqlite": "CAST(printf('%016d', id) AS BLOB)",
    "postgresql": "convert_to(lpad(id::text, 16, '0'), 'UTF8')",
}
UUID = {"sqlite": "printf('%032x', id)", "postgresql": "lpad(to_hex(id), 32, '0')::uuid"}
EVIDENCE = pl.when(pl.col("p_human") > 0.5).then(2).when(pl.col("p_human") > 0).then(1).otherwise(0)


def fill(facts: Facts, *, at: datetime, chunk: int) -> None:
    """Write whole facts with their own ids; ``at`` is when they are said to have arrived."""
    without_checks()
    indexes.drop_if_empty(Event, Lead, Account)
    with links.open_link(whole=True) as link:
        with link.transaction():
            fill_people(link, facts, at=at)
        for first in range(0, facts.events.height, chunk):
            with link.transaction():
                fill_events(link, facts.events.slice(first, chunk), first=first + 1)
    indexes.ensure(Event, Lead, Account)
    settle()


def fill_people(link: Link, facts: Facts, *, at: datetime) -> None:
    """Write accounts, leads, suppressions, shapes and deals."""
    uuid, now = UUID[connection.vendor], reads.instant(at)
    empty = "'{}'::jsonb" if connection.vendor == "postgresql" else "'{}'"
    usual = {"public_id": uuid, "custom": empty, "created_at": now}
    accounts = facts.accounts.rename({"account_id": "id"}).drop("annual_revenue")
    copy(link, "leads_account", accounts, usual | {"is_personal": "false"})
    leads = facts.leads.rename({"lead_id": "id"}).drop("status", "status_since", "suppressed_by")
    copy(
        link,
        "leads_lead",
        leads,
        usual | {"email": "'lead' || id || '@example.com'", "is_role_address": "false"},
    )
    suppressed = facts.leads.drop_nulls("suppressed_by").select(
        "lead_id", pl.col("suppressed_by").str.to_uppercase().alias("reason")
    )
    given = {"source": "'bench'", "suppressed_at": now, "created_at": now}
    copy(link, "leads_suppression", suppressed, given, order="lead_id")
    copy(link, "activity_eventshape", facts.shapes.rename({"shape_id": "id"}), {"campaign": "campaign || id"})
    deals = facts.opportunities.with_row_index("id", offset=1).cast({"id": pl.Int64})
    given = {"source": "'bench'", "external_id": "CAST(id AS text)", "custom": empty, "created_at": now}
    copy(link, "leads_opportunity", deals, given)


def copy(link: Link, table: str, frame: pl.DataFrame, given: dict[str, str], *, order: str = "id") -> None:
    """Write a frame into a table, its columns by name and the rest as SQL gives it."""
    filled = [column.name for column in frame.get_columns() if column.null_count() < frame.height]
    link.stage("staged", frame.select(filled))
    columns = {name: name for name in filled} | given
    link.run(f"""INSERT INTO {table} ({", ".join(columns)})
                 SELECT {", ".join(columns.values())} FROM staged s ORDER BY s.{order}""")
    link.run("DROP TABLE staged")


def fill_events(link: Link, events: pl.DataFrame, *, first: int) -> None:
    """Write events; ids count up from ``first``."""
    staged = (
        events.with_columns(EVIDENCE.alias("evidence").cast(pl.Int64))
        .drop("p_human")
        .with_row_index("id", offset=first)
    )
    link.stage("staged", staged.cast({"id": pl.Int64}))
    link.run(f"""INSERT INTO activity_event (id, key, shape_id, lead_id, account_id, occurred_at, received_at, evidence)
                 SELECT s.id, {KEY[connection.vendor].replace("id", "s.id", 1)}, s.shape_id, s.lead_id, l.account_id,
                        s.occurred_at, s.occurred_at, s.evidence
                   FROM staged s JOIN leads_lead l ON l.id = s.lead_id ORDER BY s.id""")
    link.run("DROP TABLE staged")


def add_events(count: int, *, since: datetime) -> None:
    """Write ``count`` events of the day after ``since``, of leads and shapes taken in turn."""
    leads, shapes, last = (
        reads.fetch_ids(f"SELECT MAX(id) FROM {table}")[0]
        for table in ("leads_lead", "activity_eventshape", "activity_event")
    )
    number = pl.int_range(count, dtype=pl.Int64)
    events = pl.select(
        lead_id=number * 7919 % leads + 1,
        shape_id=number % shapes + 1,
        occurred_at=pl.lit(since + timedelta(hours=1)) + pl.duration(milliseconds=number % 80_000_000),
        p_human=pl.repeat(1.0, count),
    )
    without_checks()
    with links.open_link(whole=True) as link, link.transaction():
        fill_events(link, events.cast({"occurred_at": pl.Datetime("us", "UTC")}), first=last + 1)
    settle()


def without_checks() -> None:
    """Let PostgreSQL skip the checks of references for this database; they are not what is measured."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for table in ("leads_account", "leads_lead", "leads_opportunity", "activity_event"):
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")


def settle() -> None:
    """Let PostgreSQL do now what it would do in the background while something else is measured."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
            cursor.execute("CHECKPOINT")
