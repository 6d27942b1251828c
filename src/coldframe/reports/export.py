"""Every lead with its whole record, what the playbook makes of it, and why: into a file that comes back unchanged."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from coldframe.kernel.vocabulary import LeadStatus, Refusal
from coldframe.library import queries as library
from coldframe.reports import because, columns, filters, records, sheets

#: Leads held in memory at once, unless an account has more.
PART_LEADS = 1_000
STDOUT = "-"
#: Names and values of filters, see ``filters``.
Wanted = Sequence[tuple[str, str]]


class CannotWrite(Refusal):
    """The file cannot be written."""


@dataclass(frozen=True, kw_only=True)
class Exported:
    """What an export wrote."""

    file: str
    format: str
    leads: int
    columns: int

    def as_json(self) -> dict[str, Any]:
        """Return the counts as plain values."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def count_leads(*, wanted: Wanted, as_of: datetime) -> int:
    """Return how many leads an export of the wanted leads holds."""
    return filters.leads(wanted, as_of=as_of).count()


def export_leads(
    *,
    file: str,
    wanted: Wanted,
    as_of: datetime,
    with_moves: bool = True,
    on_progress: Callable[[int], None] | None = None,
) -> Exported:
    """
    Write the wanted leads to a .csv, .xlsx or .json file; ``-`` is CSV on standard output.

    A file appears whole or not at all. ``with_moves`` adds what would move each lead, by far the longest part of
    the work. ``on_progress`` is told how many leads more are done. Raises ``UnknownFormat``,
    ``UnknownFilter``, ``CannotWrite``, ``TooManyRows``.
    """
    form = sheets.format_of(file)
    shown = (*columns.COLUMNS, *records.own_columns())
    keys = [each.key for each in shown]
    rows = leads(wanted=wanted, as_of=as_of, with_moves=with_moves)
    count = 0
    with target(file) as stream, sheets.WRITERS[form](stream, shown) as write:
        for row in rows:
            write([row.get(key) for key in keys])
            count += 1
            if on_progress:
                on_progress(1)
    return Exported(file=file, format=form, leads=count, columns=len(shown))


def leads(*, wanted: Wanted, as_of: datetime, with_moves: bool) -> Iterator[dict[str, Any]]:
    """Yield each wanted lead as key -> value, account by account."""
    playbook = library.get_active_playbook().playbook
    for part in parts(wanted=wanted, as_of=as_of):
        lead_ids, account_ids = (
            [lead for lead, _ in part],
            list(dict.fromkeys(account for _, account in part)),
        )
        kept = records.load(lead_ids, account_ids=account_ids, as_of=as_of)
        made = because.cards(
            account_ids, wanted=lead_ids, playbook=playbook, as_of=as_of, with_moves=with_moves
        )
        for lead_id, computed in made:
            yield {"status": LeadStatus.NEW.value} | computed | kept[lead_id]


def parts(*, wanted: Wanted, as_of: datetime) -> Iterator[list[tuple[int, int]]]:
    """Yield (lead, account) of the wanted leads in parts of about ``PART_LEADS``; an account is never divided."""
    part: list[tuple[int, int]] = []
    found = filters.leads(wanted, as_of=as_of).order_by("account_id", "id").values_list("id", "account_id")
    for lead_id, account_id in list(found):
        if len(part) >= PART_LEADS and part[-1][1] != account_id:
            yield part
            part = []
        part.append((lead_id, account_id))
    if part:
        yield part


@contextmanager
def target(file: str) -> Iterator[Path | TextIO]:
    """Yield what to write to: standard output, or a file beside the one named, which takes its place when whole."""
    if file == STDOUT:
        yield sys.stdout
        return
    path = Path(file)
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield draft
        draft.replace(path)
    except OSError as error:
        raise CannotWrite(
            "The file cannot be written.",
            where=file,
            got=error.strerror or str(error),
            advice="Name another place.",
        ) from error
    finally:
        draft.unlink(missing_ok=True)
