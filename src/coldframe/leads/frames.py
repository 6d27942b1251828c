"""
Leads, accounts and deals as the frames of ``kernel.frames``: whole, or for some accounts.

Voided rows are left out. ``columns`` are names of the contract and ``custom.<name>`` for fields of
one's own, whose type follows ``CustomField.kind``; a name that nobody has recorded yet is left out, which
the kernel reads as missing throughout.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import polars as pl
from django.db import connection

from coldframe.kernel import frames
from coldframe.kernel.vocabulary import SuppressionReason
from coldframe.leads.models import CustomField
from coldframe.storage import reads

Dtype = pl.DataType | type[pl.DataType]

#: Columns of the leads contract that another app keeps.
OF_NURTURE = ("status", "status_since")
MADE_OF_LEAD = {
    "lead_id": "t.id",
    "entered_at": "COALESCE(t.entered_at, t.created_at)",
    "role": "NULLIF(t.role, 'UNKNOWN')",
    "has_address": "(t.email IS NOT NULL)",
}
MADE_OF_ACCOUNT = {
    "account_id": "t.id",
    "annual_revenue": "CAST(t.annual_revenue_cents AS double precision) / 100",
}
#: Strongest first: what a person did weighs more than what a machine reported.
SUPPRESSION_ORDER = (
    SuppressionReason.COMPLAINT,
    SuppressionReason.UNSUBSCRIBE,
    SuppressionReason.OPT_OUT,
    SuppressionReason.HARD_BOUNCE,
)
CUSTOM_TYPES: dict[str, Dtype] = {
    CustomField.Kind.TEXT: pl.String,
    CustomField.Kind.NUMBER: pl.Float64,
    CustomField.Kind.DATE: pl.String,
    CustomField.Kind.YES_NO: pl.Boolean,
}
CUSTOM = "custom."


def load_leads_frame(
    *, columns: Sequence[str] | None = None, account_ids: Collection[int] | None = None, whole: bool = False
) -> pl.DataFrame:
    """
    Return one row per lead, ordered by ``lead_id``: ``columns`` of ``kernel.frames.LEADS``, all by default.

    ``lead_id`` and ``account_id`` always come; ``status`` and ``status_since`` never do (``nurture`` has them).
    """
    wanted = [name for name in (columns or frames.LEADS) if name not in (*OF_NURTURE, "suppressed_by")]
    wanted = list(dict.fromkeys(["lead_id", "account_id", *wanted]))
    found = read_table("lead", wanted, frames.LEADS, MADE_OF_LEAD, account_ids=account_ids, whole=whole)
    if "suppressed_by" in (columns or frames.LEADS):
        found = found.join(load_suppressions(account_ids=account_ids, whole=whole), on="lead_id", how="left")
    return in_order(found, "lead_id")


def load_accounts_frame(
    *, columns: Sequence[str] | None = None, account_ids: Collection[int] | None = None, whole: bool = False
) -> pl.DataFrame:
    """Return one row per account, ordered by ``account_id``: ``columns`` of ``kernel.frames.ACCOUNTS``."""
    wanted = list(dict.fromkeys(["account_id", *(columns or frames.ACCOUNTS)]))
    found = read_table(
        "account", wanted, frames.ACCOUNTS, MADE_OF_ACCOUNT, account_ids=account_ids, whole=whole
    )
    return in_order(found, "account_id")


def in_order(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """Return the frame ordered by a column; a table is mostly read in that order anyway."""
    return frame if frame[column].is_sorted() else frame.sort(column)


def load_opportunities_frame(
    *, account_ids: Collection[int] | None = None, whole: bool = False
) -> pl.DataFrame:
    """Return one row per deal that names an account: ``kernel.frames.OPPORTUNITIES``."""
    sql = f"""SELECT account_id, lead_id, state, opened_at, closed_at FROM leads_opportunity
               WHERE voided_at IS NULL AND account_id IS NOT NULL
                 AND {reads.among("account_id", account_ids)} ORDER BY id"""
    return reads.read_frame(sql, schema=frames.OPPORTUNITIES, whole=whole)


def load_suppressions(*, account_ids: Collection[int] | None = None, whole: bool = False) -> pl.DataFrame:
    """
    Return ``lead_id`` and ``suppressed_by`` of the leads that may not be mailed.

    A suppression holds for the person and for everyone who has the address; the strongest reason is
    named, as ``SUPPRESSION_ORDER`` ranks them, in lower case.
    """
    order = " ".join(f"WHEN '{word.value}' THEN {rank}" for rank, word in enumerate(SUPPRESSION_ORDER))
    some = f"l.voided_at IS NULL AND {reads.among('l.account_id', account_ids)}"
    sql = f"""SELECT lead_id, MIN(CASE reason {order} END) FROM (
                SELECT l.id AS lead_id, s.reason FROM leads_suppression s
                  JOIN leads_lead l ON l.id = s.lead_id WHERE {some}
                UNION ALL
                SELECT l.id, s.reason FROM leads_suppression s
                  JOIN leads_lead l ON l.email = s.email WHERE {some}) AS found
              GROUP BY lead_id ORDER BY lead_id"""
    ranks = reads.read_frame(sql, schema={"lead_id": pl.Int64, "rank": pl.Int64}, whole=whole)
    words = {rank: word.value.lower() for rank, word in enumerate(SUPPRESSION_ORDER)}
    named = pl.col("rank").replace_strict(words, return_dtype=pl.String)
    return ranks.select("lead_id", named.alias("suppressed_by"))


def read_table(
    entity: str,
    columns: Sequence[str],
    contract: dict[str, Dtype],
    made: dict[str, str],
    *,
    account_ids: Collection[int] | None,
    whole: bool,
) -> pl.DataFrame:
    """Return the columns of leads or accounts that are there, with the contract's types; voided rows left out."""
    kinds = custom_kinds(entity, columns, whole=whole)
    known = [name for name in columns if name in contract or name in kinds]
    parts = [
        custom_sql(name, kinds[name]) if name in kinds else made.get(name, f't."{name}"') for name in known
    ]
    schema = {name: CUSTOM_TYPES[kinds[name]] if name in kinds else contract[name] for name in known}
    account = "t.account_id" if entity == "lead" else "t.id"
    sql = f"""SELECT {", ".join(parts)} FROM leads_{entity} t
               WHERE t.voided_at IS NULL AND {reads.among(account, account_ids)}"""
    found = reads.read_frame(sql, schema=schema, whole=whole)
    days = [name for name, kind in kinds.items() if kind == CustomField.Kind.DATE]
    return found.with_columns(pl.col(name).str.to_date("%Y-%m-%d", strict=False) for name in days)


def custom_kinds(entity: str, columns: Sequence[str], *, whole: bool) -> dict[str, str]:
    """Return column -> kind of those ``custom.`` columns whose field has been recorded."""
    if not any(name.startswith(CUSTOM) for name in columns):
        return {}
    sql = f"SELECT name, kind FROM leads_customfield WHERE entity = {reads.text(entity)} ORDER BY name"
    fields = reads.read_frame(sql, schema={"name": pl.String, "kind": pl.String}, whole=whole)
    kinds = {f"{CUSTOM}{name}": kind for name, kind in fields.iter_rows()}
    return {name: kinds[name] for name in columns if name in kinds}


def custom_sql(column: str, kind: str) -> str:
    """Return the SQL of one field of one's own; a value of another type than the field's is missing."""
    name = column.removeprefix(CUSTOM)
    if not f"_{name}".isidentifier():
        raise ValueError(f"expected a field name of letters, digits and underscores, got {name!r}")
    if connection.vendor == "postgresql":
        return custom_postgresql(name, kind)
    return custom_sqlite(name, kind)


def custom_postgresql(name: str, kind: str) -> str:
    text = f"(t.custom ->> '{name}')"
    if kind == CustomField.Kind.NUMBER:
        return f"CASE WHEN jsonb_typeof(t.custom -> '{name}') = 'number' THEN {text}::double precision END"
    if kind == CustomField.Kind.YES_NO:
        return f"CASE WHEN jsonb_typeof(t.custom -> '{name}') = 'boolean' THEN {text}::boolean END"
    return f"CASE WHEN jsonb_typeof(t.custom -> '{name}') = 'string' THEN {text} END"


def custom_sqlite(name: str, kind: str) -> str:
    path = f"""t.custom, '$."{name}"'"""
    value, found = f"json_extract({path})", f"json_type({path})"
    if kind == CustomField.Kind.NUMBER:
        return f"CASE WHEN {found} IN ('integer', 'real') THEN CAST({value} AS REAL) END"
    if kind == CustomField.Kind.YES_NO:
        return f"CASE WHEN {found} IN ('true', 'false') THEN {value} END"
    return f"CASE WHEN {found} = 'text' THEN {value} END"


def load_consents_frame(*, account_ids: Collection[int] | None = None, whole: bool = False) -> pl.DataFrame:
    """Return why the leads of all accounts or some may be contacted: columns of ``kernel.frames.CONSENTS``."""
    # A consent whose source gives no time counts from when it was recorded.
    sql = f"""SELECT c.lead_id, l.account_id, c.basis, COALESCE(c.given_at, c.created_at),
                     c.confirmed_at IS NOT NULL, c.expires_at, c.withdrawn_at
                FROM leads_consent c JOIN leads_lead l ON l.id = c.lead_id
               WHERE c.purpose = 'marketing_email' AND l.voided_at IS NULL
                 AND {reads.among("l.account_id", account_ids)}"""
    return reads.read_frame(sql, schema=frames.CONSENTS, whole=whole)
