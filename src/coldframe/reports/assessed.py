"""Where the assessments that a report reads come from: stored by the last run, or made just now in memory."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from coldframe.kernel.assessment import assess
from coldframe.kernel.assessment.needs import needs
from coldframe.kernel.playbook.model import Playbook
from coldframe.library import queries as library
from coldframe.nurture import facts as nurture
from coldframe.nurture import listing
from coldframe.reports import frames


@dataclass(frozen=True, kw_only=True)
class Assessed:
    """One row per lead, columns of ``frames.ASSESSED``, and what they were made with."""

    frame: pl.DataFrame
    playbook: Playbook
    version: int
    is_stored: bool
    assessed_at: datetime | None
    #: What a reader must know of them.
    notes: tuple[str, ...]


def find(people: pl.DataFrame, *, as_of: datetime, whole: bool = False) -> Assessed:
    """Return the stored assessments where every lead has one; else assess every lead, and store nothing."""
    active = library.get_active_playbook()
    last = listing.find_last_cycle()
    stored = frames.standings(whole=whole)
    if last is None or stored.height < people.height:
        facts = nurture.load_facts(needs(active.playbook), as_of=as_of, whole=whole)
        made = assess.assess(facts, playbook=active.playbook, as_of=as_of)
        return Assessed(
            frame=made.select(*frames.ASSESSED),
            playbook=active.playbook,
            version=active.number,
            is_stored=False,
            assessed_at=None,
            notes=unstored(people.height - stored.height) if people.height else (),
        )
    return Assessed(
        frame=stored,
        playbook=active.playbook,
        version=active.number,
        is_stored=True,
        assessed_at=last.as_of,
        notes=outdated(last, number=active.number),
    )


def unstored(count: int) -> tuple[str, ...]:
    """Return what to know where leads were assessed in memory alone."""
    leads = "One lead has" if count == 1 else f"{count:,} leads have"
    what = f"{leads} not been assessed yet, so all were assessed just now, in memory; nothing was stored."
    return (f"{what} To store it: coldframe assess.",)


def outdated(last: listing.LastCycle, *, number: int) -> tuple[str, ...]:
    """Return what to know where the stored assessment is not by the active playbook."""
    if last.playbook_number == number:
        return ()
    what = f"The stored assessment is by version {last.playbook_number} of the playbook; version {number} is active."
    return (f"{what} To bring it up to date: coldframe assess.",)
