"""Who waits for room at sales, into a file: at which rank, by what, why, and when room may come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from coldframe.library import queries as library
from coldframe.nurture import line
from coldframe.reports import listed
from coldframe.reports.columns import ID_HEADER, Column

NAME = "name"
COLUMNS = (
    Column("rank", "Rank"),
    Column("lead_public_id", ID_HEADER),
    Column(NAME, "Name"),
    Column("email", "Email"),
    Column("company", "Company"),
    Column("domain", "Company domain"),
    Column("trigger", "Trigger"),
    Column("fit_level", "Fit level"),
    Column("account_intent_points", "Account intent points"),
    Column("intent_points", "Intent points"),
    Column("waits_since", "Waits since"),
    Column("why", "Waits for"),
    Column("room_at", "Room may come at"),
)


def as_csv(*, at: datetime) -> Iterator[str]:
    """Yield everybody who waits as CSV, the best first; no cell runs in a spreadsheet. Raises ``NoActivePlaybook``."""
    found = line.load(playbook=library.get_active_playbook().playbook, at=at, limit=None)
    return listed.as_csv(COLUMNS, map(cells, found))


def cells(each: line.InLine) -> list[Any]:
    """Return one who waits in the order of the columns."""
    name = " ".join(filter(None, [each.first_name, each.last_name]))
    return [name if column.key == NAME else getattr(each, column.key) for column in COLUMNS]
