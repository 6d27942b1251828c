"""What a person sets for a lead: its status, path or stage, or that nothing is sent; with a reason, and until a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from coldframe.kernel.vocabulary import BuyerStage, LeadStatus, Refusal
from coldframe.leads.due import mark_due
from coldframe.leads.models import Lead
from coldframe.library import queries as library
from coldframe.nurture.models import Override
from coldframe.storage import locks

#: Nobody decides by hand for longer: the rules would never be heard again.
LONGEST = timedelta(days=400)
#: No lead becomes new again, and what sales accepts is sales' to say.
SETTABLE = tuple(each for each in LeadStatus if each not in {LeadStatus.NEW, LeadStatus.SALES_ACCEPTED})


class BadOverride(Refusal):
    """What was to be set for a lead makes no sense."""


class NothingSet(Refusal):
    """Nothing is set for the lead."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What is set for a lead; what is None is left to the rules."""

    status: LeadStatus | None = None
    path: str | None = None
    stage: BuyerStage | None = None
    is_paused: bool = False


def set_override(
    *, lead_id: int, setting: Setting, reason: str, by: str, at: datetime, until: datetime
) -> int:
    """
    Set something for a lead until an instant, and make its account due; return the override's id.

    The next cycle obeys, and says so with the reason. Of several that name the same thing the latest counts.
    Raises ``BadOverride``.
    """
    check(setting, reason=reason, at=at, until=until)
    account_id = Lead.objects.values_list("account_id", flat=True).get(pk=lead_id)
    with transaction.atomic():
        locks.hold([locks.of_lead(lead_id)])
        made = Override.objects.create(
            lead_id=lead_id,
            account_id=account_id,
            status=setting.status.value if setting.status else None,
            path=setting.path,
            stage=setting.stage.value if setting.stage else None,
            is_paused=setting.is_paused,
            reason=reason.strip()[:255],
            set_by=by,
            set_at=at,
            until=until,
        )
        mark_due(account_ids=[account_id], at=at)
    return made.pk


def lift_overrides(*, lead_id: int, at: datetime) -> int:
    """Leave the lead to the rules again; return how many settings were lifted. Raises ``NothingSet``."""
    with transaction.atomic():
        locks.hold([locks.of_lead(lead_id)])
        in_force = Override.objects.filter(lead_id=lead_id, lifted_at=None, until__gt=at)
        account_ids = set(in_force.values_list("account_id", flat=True))
        lifted = in_force.update(lifted_at=at)
        mark_due(account_ids=account_ids, at=at)
    if not lifted:
        raise NothingSet("Nothing is set for this lead; the rules decide already.")
    return lifted


def check(setting: Setting, *, reason: str, at: datetime, until: datetime) -> None:
    """Raise ``BadOverride`` for a setting that says nothing, has no reason or no end, or names what there is not."""
    if setting == Setting():
        raise BadOverride("Nothing is set.", expected="a status, a path, a stage, or a pause")
    require_reason(reason)
    if not at < until <= at + LONGEST:
        raise BadOverride(
            "A person's decision holds for a limited time.",
            expected=f"a day after {at:%Y-%m-%d} and before {at + LONGEST:%Y-%m-%d}",
            got=f"{until:%Y-%m-%d}",
        )
    if setting.status is not None and setting.status not in SETTABLE:
        raise BadOverride(
            "This status cannot be set by hand.",
            expected=", ".join(each.value.lower() for each in SETTABLE),
            got=setting.status.value.lower(),
        )
    paths = [path.name for path in library.get_active_playbook().playbook.paths]
    if setting.path is not None and setting.path not in paths:
        raise BadOverride("The playbook has no such path.", expected=", ".join(paths), got=setting.path)


def require_reason(reason: str) -> None:
    """Raise ``BadOverride`` where nothing is said."""
    if not reason.strip():
        raise BadOverride(
            "A person's decision needs a reason.", advice="It is told wherever the lead is explained."
        )


@dataclass(frozen=True, kw_only=True)
class InForce:
    """Something that a person has set for a lead, and that holds now."""

    id: int
    setting: Setting
    reason: str
    set_by: str
    set_at: datetime
    until: datetime


def list_in_force(*, lead_id: int, at: datetime) -> list[InForce]:
    """Return what people have set for a lead, the latest first; of two that name the same thing the first counts."""
    found = Override.objects.filter(lead_id=lead_id, lifted_at=None, set_at__lte=at, until__gt=at)
    return [
        InForce(
            id=row.pk,
            setting=Setting(
                status=LeadStatus(row.status) if row.status else None,
                path=row.path,
                stage=BuyerStage(row.stage) if row.stage else None,
                is_paused=row.is_paused,
            ),
            reason=row.reason,
            set_by=row.set_by,
            set_at=row.set_at,
            until=row.until,
        )
        for row in found.order_by("-set_at", "-id")
    ]


def lift_override(*, lead_id: int, override_id: int, at: datetime) -> None:
    """Lift one thing that was set for a lead. Raises ``NothingSet`` where it does not hold any more."""
    with transaction.atomic():
        locks.hold([locks.of_lead(lead_id)])
        found = Override.objects.filter(pk=override_id, lead_id=lead_id, lifted_at=None, until__gt=at)
        account_ids = set(found.values_list("account_id", flat=True))
        lifted = found.update(lifted_at=at)
        mark_due(account_ids=account_ids, at=at)
    if not lifted:
        raise NothingSet("This does not hold any more; the rules decide already.")
