"""Every write to accounts, leads and what is known of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from coldframe.kernel.vocabulary import SuppressionReason
from coldframe.leads import consent, merging, parting, suppression, tracking
from coldframe.leads.consent import Given, Permission
from coldframe.leads.importing import applying, permissions, undoing
from coldframe.leads.importing.accountrows import AccountIntake
from coldframe.leads.importing.applying import Clock, Intake, Progress, Result
from coldframe.leads.importing.dealrows import DealIntake
from coldframe.leads.importing.leadrows import UNNAMED
from coldframe.leads.importing.options import Options
from coldframe.leads.importing.plan import Plan, prepare
from coldframe.leads.importing.undoing import Foreseen, Undone
from coldframe.leads.left_out import CarefulIntake
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


def find_finished_import(plan: Plan, batch_id: int) -> Result | None:
    """Return what came of an import of this file that has finished; None where it has not."""
    batch = ImportBatch.objects.filter(
        pk=batch_id, file_hash=plan.file_hash, kind=plan.options.kind, state=ImportBatch.State.DONE
    ).first()
    if batch is None:
        return None
    return Result(plan=plan, outcome=applying.restored(batch), is_dry_run=False, batch=batch)


def undo_import(batch_id: int, *, at: datetime) -> Undone:
    """
    Take an import back: void what it made, restore what it changed and nobody changed since. Opt-outs stay.

    Raises NoSuchImport, AlreadyUndone, StillRunning.
    """
    return undoing.undo(batch_id, at=at)


def foresee_undo(batch_id: int, *, at: datetime) -> Foreseen:
    """
    Return what taking an import back would do, at most; writes nothing.

    Raises NoSuchImport, AlreadyUndone, StillRunning.
    """
    return undoing.foresee(batch_id, at=at)


def suppress(
    *,
    reason: SuppressionReason,
    source: str,
    at: datetime,
    lead_ids: Iterable[int] = (),
    emails: Iterable[str] = (),
) -> None:
    """Never mail these people and these addresses again, under their locks."""
    suppression.suppress(reason=reason, source=source, at=at, lead_ids=lead_ids, emails=emails)


def give_consent(*, lead_id: int, permission: Permission, at: datetime) -> Given:
    """
    Put a permission on file. A consent that the person confirmed lifts their earlier no; nothing else does.

    Raises NoSuchLead, NothingSaid.
    """
    return consent.give(lead_id=lead_id, permission=permission, at=at)


def withdraw_consent(*, lead_id: int, at: datetime, purpose: str = consent.MARKETING) -> int:
    """Take back every permission for a purpose; return how many held. Raises NoSuchLead."""
    return consent.withdraw(lead_id=lead_id, at=at, purpose=purpose)


def unsubscribe(
    *,
    lead_id: int,
    source: str,
    at: datetime,
    emails: tuple[str, ...] = (),
    purpose: str = consent.MARKETING,
) -> None:
    """End the mail to a person for a purpose, and to the addresses their messages went to. Raises NoSuchLead."""
    consent.unsubscribe(lead_id=lead_id, source=source, at=at, emails=emails, purpose=purpose)


def object_to_tracking(*, lead_id: int, source: str, at: datetime) -> None:
    """Note no more what a person opens, clicks and looks at. Raises NoSuchLead."""
    tracking.object_to(lead_id=lead_id, source=source, at=at)


def pause(*, lead_id: int, until: datetime, source: str, at: datetime) -> None:
    """Leave a person in peace until an instant. Raises NoSuchLead."""
    consent.pause(lead_id=lead_id, until=until, source=source, at=at)


def end_pause(*, lead_id: int, at: datetime) -> None:
    """End the quiet that a person asked for. Raises NoSuchLead."""
    consent.end_pause(lead_id=lead_id, at=at)


def merge_leads(*, lead_id: int, into_id: int, by: str, reason: str, at: datetime) -> int:
    """Have one lead be another one from now on; return the merge's number. Raises CannotMerge."""
    return merging.merge(lead_id=lead_id, into_id=into_id, by=by, reason=reason, at=at).pk


def unmerge_lead(*, lead_id: int, by: str, at: datetime) -> None:
    """Have a lead that was merged be its own again. Raises NotMerged."""
    parting.unmerge(lead_id=lead_id, by=by, at=at)


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
    return CarefulIntake(
        source=identity, permissions=allowed, rules=plan.rules("lead"), is_unnamed=is_unnamed
    )
