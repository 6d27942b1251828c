"""The columns that audit and export need, read whole, column-wise."""

from __future__ import annotations

from datetime import datetime

import polars as pl
from django.db import connection

from coldframe.kernel.frames import ASSESSMENTS, INSTANT
from coldframe.reports import filters
from coldframe.storage import reads

Schema = dict[str, pl.DataType | type[pl.DataType]]

#: One row per lead.
PEOPLE: Schema = {
    "lead_id": pl.Int64,
    "account_id": pl.Int64,
    "public_id": pl.String,
    "email": pl.String,  # ?
    "email_kind": pl.String,  # ?
    "is_role_address": pl.Boolean,
    "first_name": pl.String,  # ?
    "last_name": pl.String,  # ?
    "phone": pl.String,  # ?
    "city": pl.String,  # ?
    "source": pl.String,  # ?
    "entered_at": INSTANT,  # the source's date, else when it was recorded
    "company": pl.String,  # ? the account's name, else as given
    "domain": pl.String,  # ?
    "is_personal": pl.Boolean,  # the account is this person's own
}
#: One row per event that counts; ``lead_id`` is null while nobody knows who it was.
EVENTS: Schema = {"lead_id": pl.Int64, "shape_id": pl.Int64, "occurred_at": INSTANT, "evidence": pl.Int64}
KINDS: Schema = {"shape_id": pl.Int64, "kind": pl.String}
SUPPRESSIONS: Schema = {
    "lead_id": pl.Int64,
    "email": pl.String,
    "reason": pl.String,
    "suppressed_at": INSTANT,
}
CONSENTS: Schema = {"lead_id": pl.Int64, "withdrawn_at": INSTANT, "expires_at": INSTANT}
#: What of an assessment the audit reads; ``kernel.assessment`` gives the same columns.
ASSESSED: Schema = {
    name: ASSESSMENTS[name]
    for name in (
        "lead_id", "disposition", "reason", "fit_level", "fit_verdict", "intent_level", "stage", "timing",
        "missing_count", "segment", "path", "last_meaningful_at", "status", "fit_held", "fit_unknown", "missing",
    )
}  # fmt: skip

PEOPLE_SQL = """
    SELECT l.id, l.account_id, CAST(l.public_id AS TEXT), l.email, l.email_kind, l.is_role_address, l.first_name,
           l.last_name, l.phone, l.city, l.source, COALESCE(l.entered_at, l.created_at),
           COALESCE(a.name, l.company_as_given), a.domain, a.is_personal
      FROM leads_lead l JOIN leads_account a ON a.id = l.account_id
     WHERE l.voided_at IS NULL ORDER BY l.id"""
EVENTS_SQL = """
    SELECT lead_id, shape_id, occurred_at, evidence FROM activity_event
     WHERE batch_id IS NULL OR batch_id NOT IN (SELECT id FROM leads_importbatch WHERE state = 'UNDONE')"""
STANDING_SQL = """
    SELECT s.lead_id, s.disposition, s.reason, s.fit_level, s.fit_verdict, s.intent_level, s.stage, s.timing,
           s.missing_count, s.segment, s.path, s.last_meaningful_at, s.status,
           COALESCE(v.fit_held, 0), COALESCE(v.fit_unknown, 0), COALESCE(v.missing, 0)
      FROM nurture_standing s JOIN leads_lead l ON l.id = s.lead_id
      LEFT JOIN nurture_assessment v ON v.lead_id = s.lead_id AND v.cycle_id = s.cycle_id
     WHERE l.voided_at IS NULL ORDER BY s.lead_id"""
CONSENTS_SQL = (
    f"SELECT lead_id, withdrawn_at, expires_at FROM leads_consent WHERE purpose = '{filters.PURPOSE}'"
)
SUPPRESSIONS_SQL = "SELECT lead_id, email, reason, suppressed_at FROM leads_suppression"


def people(*, whole: bool = False) -> pl.DataFrame:
    """Return every lead, ordered by ``lead_id``: columns of ``PEOPLE``."""
    return reads.read_frame(PEOPLE_SQL, schema=PEOPLE, whole=whole)


def events(*, whole: bool = False) -> pl.DataFrame:
    """Return every event of every source that was not undone: columns of ``EVENTS`` and ``kind``."""
    kinds = reads.read_frame("SELECT id, kind FROM activity_eventshape", schema=KINDS, whole=whole)
    rows = reads.read_frame(EVENTS_SQL, schema=EVENTS, whole=whole)
    # Millions of rows repeat a handful of kinds: kept as numbers, a quarter of the memory.
    return rows.join(kinds.cast({"kind": pl.Categorical}), on="shape_id", how="left").drop("shape_id")


def standings(*, whole: bool = False) -> pl.DataFrame:
    """Return the last assessment of every lead that has one: columns of ``ASSESSED``."""
    return reads.read_frame(STANDING_SQL, schema=ASSESSED, whole=whole)


def missing_counts() -> dict[str, int]:
    """Return how many leads lack each field of the record, by its name in the playbook."""
    parts = ", ".join(f"SUM(CASE WHEN {lacks(name)} THEN 1 ELSE 0 END)" for name in filters.RECORD)
    sql = f"""SELECT {parts} FROM leads_lead l JOIN leads_account a ON a.id = l.account_id
               WHERE l.voided_at IS NULL"""
    with connection.cursor() as cursor:
        cursor.execute(sql)
        row = cursor.fetchone()
    return {name: int(count or 0) for name, count in zip(filters.RECORD, row, strict=True)}


def lacks(field: str) -> str:
    """Return the SQL condition that a lead lacks the field; an unknown role is a missing one."""
    path = filters.RECORD[field]
    column = f"a.{path.removeprefix('account__')}" if path.startswith("account__") else f"l.{path}"
    return f"({column} IS NULL OR {column} = 'UNKNOWN')" if field == "lead.role" else f"{column} IS NULL"


def suppressed(as_of: datetime, *, people: pl.DataFrame, whole: bool = False) -> pl.DataFrame:
    """Return ``lead_id`` and ``reason``, once for each lead and reason: suppressed as a person or by address."""
    rows = reads.read_frame(SUPPRESSIONS_SQL, schema=SUPPRESSIONS, whole=whole)
    rows = rows.filter(pl.col("suppressed_at") <= as_of)
    known = people.select("lead_id", "email")
    as_person = rows.select("lead_id", "reason").join(known, on="lead_id", how="semi")
    by_address = (
        rows.select("email", "reason").join(known, on="email", how="inner").select("lead_id", "reason")
    )
    return pl.concat([as_person, by_address]).unique()


def leads_with_basis(as_of: datetime, *, whole: bool = False) -> pl.Series:
    """Return the leads that have a basis for e-mail which is neither withdrawn nor expired."""
    rows = reads.read_frame(CONSENTS_SQL, schema=CONSENTS, whole=whole)
    alive = (pl.col("withdrawn_at") > as_of).fill_null(value=True)
    unexpired = (pl.col("expires_at") > as_of).fill_null(value=True)
    return rows.filter(alive & unexpired)["lead_id"].unique()
