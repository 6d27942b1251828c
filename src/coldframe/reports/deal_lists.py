"""Deals of an import into a file: what each is, how it stands, and whose it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from coldframe.leads import imported
from coldframe.leads.imported import Imported, ImportedDeal
from coldframe.reports import listed
from coldframe.reports.columns import ID_HEADER, Column

#: Deals read at a time.
CHUNK = 500
AMOUNT = "amount"
COLUMNS = (
    Column("external_id", "Deal id"),
    Column("name", "Deal"),
    Column("state", "State"),
    Column("stage", "Stage"),
    Column(AMOUNT, "Amount"),
    Column("currency", "Currency"),
    Column("company", "Company"),
    Column("domain", "Company domain"),
    Column("lead_public_id", ID_HEADER),
    Column("email", "Email"),
    Column("owner", "Owner"),
    Column("lost_reason", "Reason of the loss"),
    Column("opened_at", "Opened at"),
    Column("closed_at", "Closed at"),
    Column("source", "Source"),
)


def as_csv(asked: Imported) -> Iterator[str]:
    """Yield the deals that an import made or changed as CSV; no cell runs in a spreadsheet."""
    return listed.as_csv(COLUMNS, map(cells, deals(asked)))


def deals(asked: Imported) -> Iterator[ImportedDeal]:
    """Yield the deals, some at a time."""
    after = 0
    while found := imported.list_deals(asked, after=after, limit=CHUNK):
        yield from found
        after = found[-1].id


def cells(deal: ImportedDeal) -> list[Any]:
    """Return one deal in the order of the columns."""
    return [amount(deal) if each.key == AMOUNT else getattr(deal, each.key) for each in COLUMNS]


def amount(deal: ImportedDeal) -> str | None:
    """Return what a deal is worth, as a number with two decimals."""
    if deal.amount_cents is None:
        return None
    whole, cents = divmod(abs(deal.amount_cents), 100)
    return f"{'-' if deal.amount_cents < 0 else ''}{whole}.{cents:02}"
