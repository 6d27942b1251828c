"""
The cycle of accounts that are due: claim, load, decide, keep.

What is decided is ``kernel.cycle``'s alone. An account is held by one cycle at a time; what a cycle decided
about it is kept in one transaction, together with the instant of its next turn, or not at all.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from django.db import InterfaceError, OperationalError

from coldframe.handoff import operations as handoffs
from coldframe.kernel import cycle as kernel
from coldframe.leads import due
from coldframe.library import operations as library
from coldframe.library.queries import ActivePlaybook
from coldframe.nurture import applying, frames, history, planned, storing
from coldframe.nurture.surroundings import load_surroundings
from coldframe.outbox import holding
from coldframe.outbox.durable import durably
from coldframe.storage import turns

if TYPE_CHECKING:
    import polars as pl

LOG = logging.getLogger(__name__)

#: Accounts that are decided together: the more, the less each costs, and the longer others wait to write (a third of a
#: second at a time, where a base is decided for the first time).
ACCOUNTS_AT_A_TIME = 2_500
#: A cycle that has not ended by then is taken to be dead.
LEASE = timedelta(minutes=5)
#: While sending is held, a touch is looked at again after so long.
STOPPED_FOR = timedelta(days=1)
#: An account that cannot be decided is tried again after so long; the others go on.
POSTPONED = timedelta(hours=1)
#: Others may fill the room that a cycle has counted on; then it decides again.
TRIES = 3
#: Seconds for which a database that fails, or is busy, is asked again.
PATIENCE = 30.0


@dataclass(frozen=True, kw_only=True)
class Done:
    """What one turn of the cycle did."""

    accounts: int = 0
    counts: Counter[str] = field(default_factory=Counter)


def run_due(*, as_of: datetime, token: int, limit: int = ACCOUNTS_AT_A_TIME) -> Done:
    """
    Decide what is due at an instant, for up to so many accounts, and keep it; do nothing where nothing is due.

    ``token`` is a number never used before.
    """
    # One turn: where receivers store all the time, each is waited for.
    with turns.taken():
        if not due.is_any_due(at=as_of):
            return Done()
        version = library.ensure_active_playbook(at=as_of)
        claimed = durably(
            lambda: due.claim(at=as_of, token=token, lease_until=as_of + LEASE, limit=limit),
            patience=PATIENCE,
        )
    return run_claimed(claimed, version=version, as_of=as_of)


def run_accounts(*, account_ids: Collection[int], as_of: datetime, token: int) -> Done:
    """Decide about these accounts, due or not, but for those that another cycle holds."""
    version = library.ensure_active_playbook(at=as_of)
    claimed = due.claim_these(account_ids=account_ids, at=as_of, token=token, lease_until=as_of + LEASE)
    return run_claimed(claimed, version=version, as_of=as_of)


def run_claimed(claimed: due.Claim, *, version: ActivePlaybook, as_of: datetime) -> Done:
    """Decide about claimed accounts; one that cannot be decided is put off and does not hold up the others."""
    if not claimed.stamps:
        return Done()
    try:
        counts = decide(claimed, version=version, as_of=as_of)
    except due.TakenOver:
        return Done()
    except (OperationalError, InterfaceError):
        # The database, not the accounts: whoever comes next finds them due.
        due.give_back(claimed)
        raise
    except Exception:  # noqa: BLE001 - whatever one account does, the others go on; it is told of below.
        return run_apart(claimed, version=version, as_of=as_of)
    return Done(accounts=len(claimed.stamps), counts=counts)


def run_apart(claimed: due.Claim, *, version: ActivePlaybook, as_of: datetime) -> Done:
    """Decide about each half alone, down to the account that cannot be decided: it is put off, and told of."""
    if len(claimed.stamps) == 1:
        (account_id,) = claimed.stamps
        LOG.exception("account could not be decided", extra={"account_id": account_id})
        due.release(claimed, due=[(account_id, as_of + POSTPONED)])
        return Done(accounts=1, counts=Counter(postponed=1))
    accounts = claimed.account_ids
    halves = (accounts[: len(accounts) // 2], accounts[len(accounts) // 2 :])
    parts = [run_claimed(claimed.of(half), version=version, as_of=as_of) for half in halves]
    return Done(
        accounts=sum(part.accounts for part in parts),
        counts=sum((part.counts for part in parts), Counter()),
    )


def decide(claimed: due.Claim, *, version: ActivePlaybook, as_of: datetime) -> Counter[str]:
    """
    Load, decide and keep; again where others have filled the room at sales meanwhile, or assessed the same leads.

    After some tries the room is held from before it is counted, so that it always ends.
    """
    for _ in range(TRIES):
        decision, room = decided(claimed, version=version, as_of=as_of)
        try:
            return durably(partial(applying.apply, decision, room=room), patience=PATIENCE)
        except (applying.RoomTaken, storing.DecidedElsewhere):
            continue
    return durably(partial(decide_alone, claimed, version=version, as_of=as_of), patience=PATIENCE)


def decide_alone(claimed: due.Claim, *, version: ActivePlaybook, as_of: datetime) -> Counter[str]:
    """Load, decide and keep in the open transaction, while nobody else puts leads before sales."""
    handoffs.lock_capacity()
    decision, _ = decided(claimed, version=version, as_of=as_of)
    return applying.apply(decision, room=None)


def decided(
    claimed: due.Claim, *, version: ActivePlaybook, as_of: datetime
) -> tuple[applying.Decision, pl.DataFrame]:
    """Return what is to be done about the accounts, and what sales had taken on when that was decided."""
    accounts, playbook = claimed.account_ids, version.playbook
    with turns.taken():
        facts = history.load_all_facts(kernel.needs(playbook), as_of=as_of, account_ids=accounts)
        standing = frames.load_standing(account_ids=accounts)
    proposed = kernel.propose(facts, playbook=playbook, as_of=as_of)
    with turns.taken():
        surroundings = load_surroundings(
            facts, playbook=playbook, as_of=as_of, asks_for_room=not proposed.proposals.is_empty()
        )
    decision = applying.Decision(
        result=unless_stopped(kernel.conclude(proposed, surroundings=surroundings), as_of=as_of),
        standing=standing,
        claimed=claimed,
        version_id=version.version_id,
        playbook=playbook,
        as_of=as_of,
    )
    return decision, surroundings.sales_load


def unless_stopped(result: kernel.CycleResult, *, as_of: datetime) -> kernel.CycleResult:
    """Return the result; while sending is held, with a hold for each touch, so that none piles up."""
    stopped = holding.find_hold() if result.plans["is_touch"].any() else None
    if stopped is None:
        return result
    return planned.held_back(result, why=stopped.reason, until=as_of + STOPPED_FOR)


def next_due_at() -> datetime | None:
    """Return when the next account is due; None: none ever is."""
    return due.next_due_at()
