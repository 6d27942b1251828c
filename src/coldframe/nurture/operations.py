"""Assessing the base and keeping what changed; the only place that changes a status."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from coldframe.kernel import KERNEL_VERSION
from coldframe.kernel.assessment import assess
from coldframe.kernel.assessment.needs import needs
from coldframe.kernel.vocabulary import Refusal
from coldframe.library import operations as library
from coldframe.nurture import frames, storing
from coldframe.nurture.models import Assessment, Cycle, Standing, Transition
from coldframe.storage import indexes, links

if TYPE_CHECKING:
    import polars as pl

    from coldframe.kernel.frames import Facts
    from coldframe.kernel.playbook.model import Playbook

TABLES = (Assessment, Transition, Standing)


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

    def add(self, facts: Facts, assessed: pl.DataFrame) -> None:
        """Count what was assessed."""
        self.leads += facts.leads.height
        self.accounts += facts.accounts.height
        self.events += facts.events.height
        for name, found in frames.counts(assessed).items():
            getattr(self, f"by_{name}").update(found)


@dataclass(kw_only=True)
class Run:
    """One call of ``assess_all``: its policy, its instant, and what it has done so far."""

    as_of: datetime
    version_id: int
    playbook: Playbook
    whole: bool
    counts: CycleCounts
    on_progress: Callable[[int], None]

    def cycle_id(self) -> int:
        """Return the cycle under which this run writes; one that was killed at the same instant is gone on with."""
        if self.counts.cycle_id is None:
            cycle, _ = Cycle.objects.get_or_create(
                as_of=self.as_of,
                playbook_version_id=self.version_id,
                finished_at=None,
                defaults={"kernel_version": KERNEL_VERSION, "started_at": self.as_of},
            )
            self.counts.cycle_id = cycle.id
        return self.counts.cycle_id


def assess_all(
    *,
    as_of: datetime,
    on_progress: Callable[[int], None] | None = None,
    account_ids: Collection[int] | None = None,
    whole: bool = False,
) -> CycleCounts:
    """
    Assess all accounts, or some, at an instant, and keep what changed; ``frames`` says what that means.

    Doing it again at the same instant writes nothing; after a kill it writes what was left. Each
    transaction keeps whole accounts. ``on_progress`` is told how many leads more are done. ``whole`` is
    for a command of its own, outside any transaction (``storage.reads``). Raises ``AlreadyLater``.
    """
    began = time.monotonic()
    version = library.ensure_active_playbook(at=as_of)
    refuse_earlier(as_of)
    run = Run(
        as_of=as_of, version_id=version.version_id, playbook=version.playbook, whole=whole,
        counts=CycleCounts(as_of=as_of, playbook_version=version.number), on_progress=on_progress or ignore,
    )  # fmt: skip
    if whole:
        indexes.drop_if_empty(*TABLES)
    for part in frames.passes(account_ids, whole=whole):
        assess_part(run, part)
    if whole:
        indexes.ensure(*TABLES)
    finish(run, after=timedelta(seconds=time.monotonic() - began))
    return run.counts


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


def assess_part(run: Run, account_ids: Collection[int] | None) -> None:
    """Load, assess and keep some accounts."""
    some = {"account_ids": account_ids, "whole": run.whole}
    facts = frames.load_facts(needs(run.playbook), as_of=run.as_of, **some)
    standing = frames.load_standing(**some)
    assessed = assess.assess(facts, playbook=run.playbook, as_of=run.as_of)
    run.counts.add(facts, assessed)
    del facts
    changed = frames.changes(assessed, standing, as_of=run.as_of)
    run.on_progress(assessed.height - changed.height)
    if not changed.is_empty():
        keep(run, changed)


def keep(run: Run, changed: pl.DataFrame) -> None:
    """Write the changes, a transaction for each slice."""
    cycle_id = run.cycle_id()
    with links.open_link(whole=run.whole) as link:
        for part in frames.slices(changed):
            storing.store(link, part, cycle_id=cycle_id, as_of=run.as_of)
            run.counts.changed += part.height
            run.counts.moved += int(part["is_moved"].sum())
            run.on_progress(part.height)


def finish(run: Run, *, after: timedelta) -> None:
    """Close the cycle, if there was anything to write; one left open by a kill is closed all the same."""
    Cycle.objects.filter(as_of=run.as_of, playbook_version_id=run.version_id, finished_at=None).update(
        finished_at=run.as_of + after, counts=stored(run.counts)
    )


def stored(counts: CycleCounts) -> dict[str, Any]:
    """Return the counts as ``Cycle.counts`` keeps them."""
    return {name: value for name, value in counts.as_json().items() if name not in {"as_of", "cycle_id"}}
