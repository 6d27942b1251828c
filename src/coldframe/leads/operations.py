"""Every write to accounts, leads and what is known of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from coldframe.kernel.vocabulary import SuppressionReason
from coldframe.leads import suppression
from coldframe.leads.importing import applying, permissions, undoing
from coldframe.leads.importing.accountrows import AccountIntake
from coldframe.leads.importing.applying import Clock, Intake, Progress, Result
from coldframe.leads.importing.dealrows import DealIntake
from coldframe.leads.importing.leadrows import UNNAMED, LeadIntake
from coldframe.leads.importing.options import Options
from coldframe.leads.importing.plan import Plan, prepare
from coldframe.leads.importing.undoing import Undone
from coldframe.leads.models import ImportBatch

__all__ = ["Options", "Plan", "Result", "Undone", "prepare"]


def rehearse_import(plan: Plan, *, at: datetime, progress: Progress = lambda rows: None) -> Result:
    """Say what an import of accounts, leads or opportunities would do; writes nothing at all."""
    return applying.rehearse(plan, intake_of(plan), at=at, progress=progress)


def import_file(
    plan: Plan,
    *,
    clock: Clock,
    errors: Callable[[ImportBatch], Path],
    progress: Progress = lambda rows: None,
) -> Result:
    """
    Take a file of accounts, leads or opportunities in, or go on where an earlier attempt was stopped.

    The same file twice changes nothing. ``errors`` names the file for the refused rows. Raises AlreadyRunning.
    """
    return applying.apply(plan, intake_of(plan), errors=errors, clock=clock, progress=progress)


def undo_import(batch_id: int, *, at: datetime) -> Undone:
    """
    Take an import back: void what it made, restore what it changed and nobody changed since. Opt-outs stay.

    Raises NoSuchImport, AlreadyUndone, StillRunning.
    """
    return undoing.undo(batch_id, at=at)


def suppress(
    *,
    reason: SuppressionReason,
    source: str,
    at: datetime,
    lead_ids: Iterable[int] = (),
    emails: Iterable[str] = (),
) -> None:
    """Never mail these people and these addresses again."""
    suppression.suppress(reason=reason, source=source, at=at, lead_ids=lead_ids, emails=emails)


def intake_of(plan: Plan) -> Intake:
    """Return what takes the rows of the plan's kind."""
    options = plan.options
    if options.kind == "accounts":
        return AccountIntake(source=plan.source, rules=plan.rules("account"))
    if options.kind == "opportunities":
        return DealIntake(source=plan.source, source_of=plan.source_of, rules=plan.rules("opportunity"))
    allowed = permissions.Permissions(
        source=f"import:{plan.source}",
        basis=options.basis,
        basis_source=options.basis_source,
        basis_wording=options.basis_wording,
    )
    identity = plan.source_of.get("external_id", plan.source)
    is_unnamed = options.source is None and plan.source == UNNAMED
    return LeadIntake(source=identity, permissions=allowed, rules=plan.rules("lead"), is_unnamed=is_unnamed)
