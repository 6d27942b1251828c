"""Assessing the base and keeping what changed; the only place that changes a status."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from coldframe.kernel import cycle as kernel
from coldframe.kernel.assessment.needs import needs
from coldframe.kernel.vocabulary import Refusal
from coldframe.library import operations as library
from coldframe.nurture import frames, history, storing
from coldframe.nurture.models import AccountStanding, Assessment, Cycle, Standing, Transition
from coldframe.storage import adbc, background, indexes, links, memory

if TYPE_CHECKING:
    import polars as pl

    from coldframe.kernel.frames import Facts
    from coldframe.kernel.playbook.model import Playbook

TABLES = (Assessment, Transition, Standing, AccountStanding)


class AlreadyLater(Refusal):
    """Leads have been assessed for a later instant already."""


@dataclass(kw_only=True)
class CycleCounts:
    """What one run found and wrote."""

    as_of: datetime
    #: Number of the playbook version.
    playbook_version: int
    #: None: nothing had changed, so nothing was written.
    cycle_id: int | None = None
    leads: int = 0
    accounts: int = 0
    events: int = 0
    #: Leads of which something was written, and those of them whose status moved.
    changed: int = 0
    moved: int = 0
    by_status: Counter[str] = field(default_factory=Counter)
    #: TO_SALES is what goes to sales now; WITH_SALES is there already.
    by_disposition: Counter[str] = field(default_factory=Counter)
    by_path: Counter[str] = field(default_factory=Counter)
    by_reason: Counter[str] = field(default_factory=Counter)

    def as_json(self) -> dict[str, Any]:
        """Return the counts as plain values, the most frequent first."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: dict(v.most_common()) if isinstance(v, Counter) else v for name, v in plain.items()}

    def add(self, part: PartCounts) -> None:
        """Count one more part."""
        for name in ("leads", "accounts", "events", "changed", "moved"):
            setattr(self, name, getattr(self, name) + getattr(part, name))
        for name, found in part.by.items():
            getattr(self, f"by_{name}").update(found)


@dataclass(frozen=True, kw_only=True)
class PartCounts:
    """What was found and written of some accounts."""

    leads: int
    accounts: int
    events: int
    changed: int
    moved: int
    by: dict[str, dict[str, int]]


@dataclass(frozen=True, kw_only=True)
class Run:
    """One call of ``assess_all``: its policy and its instant."""

    as_of: datetime
    playbook: Playbook
    cycle: storing.CycleKey
    whole: bool
    on_progress: Callable[[int], None]


def assess_all(
    *,
    as_of: datetime,
    on_progress: Callable[[int], None] | None = None,
    account_ids: Collection[int] | None = None,
    whole: bool = False,
) -> CycleCounts:
    """
    Assess all accounts, or some, at an instant, and keep what changed; ``frames`` says what that means.

    Nobody is put before sales here: who should be waits where it is, and its account is due, so that a cycle, which
    knows the room at sales, decides. So does every account of which something changed.
    Doing it again at the same instant writes nothing; after a kill it writes what was left. Each
    transaction keeps whole accounts. ``on_progress`` is told how many leads more are done. ``whole`` is
    for a command of its own, outside any transaction (``storage.reads``). Raises ``AlreadyLater``.
    """
    began = time.monotonic()
    version = library.ensure_active_playbook(at=as_of)
    refuse_earlier(as_of)
    cycle = storing.CycleKey(as_of=as_of, version_id=version.version_id)
    run = Run(
        as_of=as_of, playbook=version.playbook, cycle=cycle, whole=whole, on_progress=on_progress or ignore
    )
    counts = CycleCounts(as_of=as_of, playbook_version=version.number)
    with for_whole_base() if whole else nullcontext():
        for accounts in frames.passes(account_ids, whole=whole):
            for part in assess_accounts(run, accounts):
                counts.add(part)
    finish(counts, cycle, after=timedelta(seconds=time.monotonic() - began))
    return counts


@contextmanager
def for_whole_base() -> Iterator[None]:
    """Spare what is dear when done again and again: connections opened, indexes kept in order, garbage looked for."""
    indexes.drop_if_empty(*TABLES)
    with adbc.kept_open(), memory.frozen():
        yield
        indexes.ensure(*TABLES)


def ignore(leads: int) -> None:
    """Nobody watches the progress."""


def refuse_earlier(as_of: datetime) -> None:
    """Raise ``AlreadyLater`` where decisions of a later instant stand: a status cannot be set back in time."""
    last = Cycle.objects.order_by("-as_of").values_list("as_of", flat=True).first()
    if last and last > as_of:
        raise AlreadyLater(
            "Leads have been assessed for a later instant already.",
            expected=f"an instant from {last.isoformat()} on",
            got=as_of.isoformat(),
            advice="Use coldframe explain to see what an earlier instant would have said.",
        )


def assess_accounts(run: Run, account_ids: Collection[int] | None) -> Iterator[PartCounts]:
    """Load some accounts, then assess and keep them part by part."""
    some: dict[str, Any] = {"account_ids": account_ids, "whole": run.whole}
    facts, statuses = frames.load_with_statuses(needs(run.playbook), as_of=run.as_of, **some)
    facts = history.with_sales(facts, as_of=run.as_of, **some)
    yield from background.in_parts(frames.parts(facts, statuses), partial(assess_part, run), whole=run.whole)


def assess_part(run: Run, part: tuple[Facts, pl.DataFrame]) -> PartCounts:
    """Assess some accounts and write what changed, in one transaction; a cycle goes on from there."""
    facts, statuses = part
    assessed, for_sales = kernel.settle(facts, playbook=run.playbook, as_of=run.as_of)
    standing = frames.held_against(facts, statuses, whole=run.whole)
    changed = frames.changes(assessed, standing, as_of=run.as_of)
    run.on_progress(assessed.height - changed.height)
    if not changed.is_empty():
        due_ids = {*changed["account_id"].unique().to_list(), *for_sales.to_list()}
        with links.open_link(whole=run.whole) as link:
            storing.store(link, changed, run.cycle, due_ids=due_ids, are_all=standing.is_empty())
        run.on_progress(changed.height)
    return PartCounts(
        leads=assessed.height,
        accounts=facts.accounts.height,
        events=facts.events.height,
        changed=changed.height,
        moved=int(changed["is_moved"].sum()),
        by=frames.counts(assessed),
    )


def finish(counts: CycleCounts, cycle: storing.CycleKey, *, after: timedelta) -> None:
    """Close the cycle, if there was anything to write; one left open by a kill is closed all the same."""
    opened = Cycle.objects.filter(
        as_of=cycle.as_of, playbook_version_id=cycle.version_id, finished_at=None
    ).last()
    if opened:
        counts.cycle_id = opened.pk
        opened.finished_at = cycle.as_of + after
        opened.counts = {
            name: value for name, value in counts.as_json().items() if name not in {"as_of", "cycle_id"}
        }
        opened.save()
