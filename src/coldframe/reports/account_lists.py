"""Accounts of a list into a file: what each company is, who is known there, and whether nurture is silent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from coldframe.nurture import accounts
from coldframe.reports import listed
from coldframe.reports.columns import Column

#: Accounts read at a time.
CHUNK = 500
COLUMNS = (
    Column("public_id", "Account id"),
    Column("name", "Company"),
    Column("domain", "Company domain"),
    Column("industry", "Industry"),
    Column("employees", "Number of employees"),
    Column("country", "Country"),
    Column("owner", "Owner"),
    Column("fit_level", "Fit level"),
    Column("intent_points", "Intent points"),
    Column("lead_count", "People"),
    Column("active_count", "People active"),
    Column("nurture_count", "People in nurture"),
    Column("with_sales_count", "People with sales"),
    Column("roles", "Roles known"),
    Column("missing", "Roles nobody is known in"),
    Column("surge", "Surge"),
    Column("has_deal", "Open deal"),
    Column("last_meaningful_at", "Last active at"),
)


def as_csv(asked: accounts.Asked, *, as_of: datetime) -> Iterator[str]:
    """Yield the accounts that are asked for as CSV, some lines at a time; no cell runs in a spreadsheet."""
    pages = accounts.iterate_pages(asked, size=CHUNK, as_of=as_of)
    return listed.as_csv(COLUMNS, (cells(row, page) for page in pages for row in page.rows))


def cells(row: accounts.AccountRow, page: accounts.Page) -> list[Any]:
    """Return one account in the order of the columns."""
    people = page.people[row.id]
    counted = {
        "lead_count": people.lead_count,
        "active_count": people.active_count,
        "nurture_count": people.nurture_count,
        "with_sales_count": people.with_sales_count,
        "roles": [role for role in accounts.BUYING_ROLES if role in people.roles],
        "missing": [role for role in accounts.BUYING_ROLES if role not in people.roles],
        "surge": people.active_count >= page.surge.people,
        "has_deal": row.id in page.has_deal,
    }
    return [counted[each.key] if each.key in counted else getattr(row, each.key) for each in COLUMNS]
