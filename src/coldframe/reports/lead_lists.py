"""The leads of a list as a query string names them: as a condition, in order, and into a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q

from coldframe.nurture import listing, paging
from coldframe.reports import filters, sheets
from coldframe.reports.columns import Column

#: What narrows a list beside its filters.
SEARCH = "q"
#: Leads read at a time.
CHUNK = 2_000
#: A column of a file, and what it takes of a lead.
Taken = tuple[Column, Callable[[listing.LeadRow], Any]]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which leads: filters and a search."""

    pairs: tuple[tuple[str, str], ...] = ()
    text: str = ""

    @property
    def query(self) -> str:
        """The query string that says the same."""
        return urlencode([*self.pairs, *([(SEARCH, self.text)] if self.text else [])])


def parsed(query: str) -> Wanted:
    """Return what a query string asks for."""
    pairs = filters.parsed(query)
    return Wanted(
        pairs=tuple((name, value) for name, value in pairs if name != SEARCH and value),
        text=next((value for name, value in pairs if name == SEARCH), "").replace("\0", " ").strip()[:200],
    )


def where(wanted: Wanted, *, as_of: datetime) -> Q:
    """Return the condition over leads; raise ``filters.UnknownFilter``."""
    conditions = filters.where(wanted.pairs, as_of=as_of)
    found = listing.mentioning(wanted.text)
    return conditions & found if conditions and found else conditions or found


def count(wanted: Wanted, *, as_of: datetime) -> int:
    """Return how many leads are asked for; raise ``filters.UnknownFilter``."""
    return listing.leads().filter(where(wanted, as_of=as_of)).count()


def read(wanted: Wanted, *, order: str, as_of: datetime) -> Iterator[listing.LeadRow]:
    """Yield the leads in order, some at a time; raise ``filters.UnknownFilter`` before the first."""
    columns = listing.ORDERS.get(order, listing.ORDERS["intent"])
    ids = list(paging.ids_of_leads(where(wanted, as_of=as_of), columns))
    return (row for start in range(0, len(ids), CHUNK) for row in paging.in_order(ids[start : start + CHUNK]))


def as_csv(leads: Iterator[listing.LeadRow], columns: Sequence[Taken]) -> Iterator[str]:
    """Yield the leads as CSV, line by line; no cell of it runs in a spreadsheet."""
    stream = StringIO()
    # Marked as UTF-8, so that Excel reads it right.
    stream.write("\ufeff")
    with sheets.csv_rows(stream, [column for column, _ in columns]) as write:
        yield taken(stream)
        for lead in leads:
            write([value(lead) for _, value in columns])
            yield taken(stream)


def taken(stream: StringIO) -> str:
    """Return what stands in a stream, and empty it."""
    text = stream.getvalue()
    stream.seek(0)
    stream.truncate()
    return text


def write_workbook(file: Path, leads: Iterator[listing.LeadRow], columns: Sequence[Taken]) -> None:
    """Write the leads into a workbook; raises ``TooManyRows``."""
    with sheets.xlsx_rows(file, [column for column, _ in columns]) as write:
        for lead in leads:
            write([plain(value(lead)) for _, value in columns])


def plain(value: Any) -> Any:
    """Return a value as a cell takes it."""
    return value if isinstance(value, (int, float)) else sheets.text(value)
