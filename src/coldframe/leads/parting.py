"""
The way back: a lead that was merged is its own again.

Exactly what a merge changed is put back, as far as nobody has changed it since. Where others were merged later on, on
what it had made, their merges are gone through again, for each of them took, ended and left out by what was there.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.apps import apps
from django.db import transaction

from coldframe.kernel.vocabulary import Refusal
from coldframe.leads import due, merging, suppression
from coldframe.leads.models import (
    FormerAddress,
    ImportBatch,
    Lead,
    LiftedSuppression,
    Merge,
    MergeStep,
    Suppression,
)


class NotMerged(Refusal):
    """A lead is not merged, or cannot become its own again."""


def unmerge(*, lead_id: int, by: str, at: datetime, stays_known: bool = True) -> Merge:
    """
    Have a lead that was merged be its own again, with all that was its own and what came in by its ids since.

    Whoever else is one person with it stays so, as if this one had never been among them: what was merged after it is
    taken back, too, and gone through again. ``stays_known``: no calls will merge them again, for from now on both are
    known. Raises NotMerged.
    """
    with transaction.atomic():
        if stays_known:
            merging.hold()
        made = Merge.objects.filter(lead_id=lead_id, unmerged_at=None).select_related("lead", "into").first()
        if made is None:
            raise NotMerged(
                "The lead is not merged into another.", got=str(lead_id), advice="`coldframe leads merges`"
            )
        later = later_than(made)
        everybody = {pk for each in (made, *later) for pk in (each.lead_id, each.into_id)}
        suppression.hold(lead_ids=sorted(everybody))
        accounts = accounts_of(everybody)
        for each in reversed(later):
            take_back(each, at=at)
            give_lifted_back(each)
        take_back(made, at=at)
        reinstate(made, at=at)
        if stays_known:
            for follower in merging.FOLLOWERS.values():
                follower.settle(made, at)
        for lead in (made.lead, made.into):
            if stays_known and lead.is_made_by_calls:
                merging.confirm(lead.pk)
        for each in later:
            go_through_again(each, at=at)
        accounts |= accounts_of(everybody)
        merging.follow(everybody, account_ids=accounts)
        due.mark_due(account_ids=accounts, at=at)
    return made


def accounts_of(lead_ids: Collection[int]) -> set[int]:
    """Return the accounts of leads."""
    return set(Lead.objects.filter(pk__in=lead_ids).values_list("account_id", flat=True))


def later_than(made: Merge) -> list[Merge]:
    """Return the merges that hold and were built on what a merge had made of somebody, the first first."""
    heads = [made.into_id]
    while above := Merge.objects.filter(lead_id=heads[-1], unmerged_at=None).first():
        heads.append(above.into_id)
    found = Merge.objects.filter(into__in=heads, unmerged_at=None, pk__gt=made.pk).order_by("id")
    return list(found.select_related("lead", "into"))


def go_through_again(made: Merge, *, at: datetime) -> None:
    """
    Have a merge that was taken back for the sake of another hold again, on what is by now.

    Not of somebody whose import was undone: nobody is left to be merged. Raises NotMerged.
    """
    if Lead.objects.filter(pk=made.lead_id).exclude(voided_at=None).exists():
        return
    try:
        lead, into = merging.locked(made.lead_id, made.into_id)
    except merging.CannotMerge as error:
        raise NotMerged(
            "A later merge hangs on this one, and cannot hold without it.",
            got=f"lead {made.lead_id}, which is {made.into_id}",
            advice="Take that one back first.",
        ) from error
    made.steps.all().delete()
    made.unmerged_at = None
    made.save(update_fields=["unmerged_at"])
    merging.perform(made, lead, into, noted_at=at)


def take_back(made: Merge, *, at: datetime) -> None:
    """Restore what a merge changed, the last first, in the caller's transaction and locks."""
    same = {made.into_id, *Lead.objects.filter(pk=made.into_id).values_list("merged_into_id", flat=True)}
    of_lead = made.steps.filter(model=Lead._meta.label)
    for step in made.steps.exclude(model=Lead._meta.label).order_by("-id"):
        restore(step, leads={each for each in same if each})
    for step in of_lead.order_by("-id"):
        if step.rows != [made.lead_id]:
            restore(step, leads=set())
    give_address_back(made.lead, {each for each in same if each})
    is_undone = made.lead.batch_id and made.lead.batch and made.lead.batch.state == ImportBatch.State.UNDONE
    Lead.objects.filter(pk=made.lead_id).update(
        merged_into=None, voided_at=made.lead.voided_at if is_undone else None
    )
    made.unmerged_at = at
    made.save(update_fields=["unmerged_at"])
    for follower in merging.FOLLOWERS.values():
        follower.part(made, at)


def give_address_back(lead: Lead, others: set[int]) -> None:
    """Have the address of a lead be free for it. Raises NotMerged where a third one has it by now."""
    if lead.email is None:
        return
    holder = Lead.objects.filter(email=lead.email, voided_at=None).exclude(pk=lead.pk).first()
    if holder is not None and holder.pk not in others:
        raise NotMerged(
            "The lead's address is another lead's by now.",
            got=f"lead {holder.pk}",
            advice="Merge into that one, or give it another address first.",
        )
    if holder is not None:
        Lead.objects.filter(pk=holder.pk).update(
            email=None, email_as_given=None, email_kind=None, is_role_address=False
        )
    FormerAddress.objects.filter(email=lead.email, is_derived=True).delete()


def restore(step: MergeStep, *, leads: set[int]) -> None:
    """Put back what rows held, of those that are still as the merge left them."""
    model = apps.get_model(step.model)
    if not step.before:
        for some in merging.runs(step.rows):
            model._default_manager.filter(pk__in=some).delete()
        return
    by_name = {each.attname: each for each in model._meta.concrete_fields}
    before = {name: by_name[name].to_python(value) for name, value in step.before.items()}
    after = {name: by_name[name].to_python(value) for name, value in step.after.items()}
    # The account's key is maintained: it says nothing of whether anybody changed the row.
    still = {name: value for name, value in after.items() if name != "account_id"}
    if model is not Lead and "lead_id" in still:
        del still["lead_id"]
        still["lead_id__in"] = leads
    for some in merging.runs(step.rows):
        model._default_manager.filter(pk__in=some, **still).update(**before)


def reinstate(made: Merge, *, at: datetime) -> None:
    """
    Have every no hold again that was lifted while two were one, by a consent of the other one.

    Whose consent it was is known by whom it is of, now that it went back. The lifting stays in the history.
    """
    again = [
        Suppression(
            # Under the number that it had, so that other merges find it again.
            pk=each.suppression_id,
            lead_id=None if each.email else each.lead_id,
            email=each.email,
            reason=each.reason,
            source=each.source,
            suppressed_at=each.suppressed_at,
            created_at=at,
        )
        for each in give_lifted_back(made)
        if each.consent and (each.consent.lead_id == made.lead_id) != (each.lead_id == made.lead_id)
    ]
    for some in (
        [each for each in again if each.pk is not None],
        [each for each in again if each.pk is None],
    ):
        Suppression.objects.bulk_create(some, ignore_conflicts=True)


def give_lifted_back(made: Merge) -> list[LiftedSuppression]:
    """Have what was lifted while two were one be of the one who had said it; return it."""
    leads = [made.lead_id, made.into_id]
    lifted = LiftedSuppression.objects.filter(lead__in=leads, lifted_at__gte=made.merged_at)
    moved = moved_opt_outs(made)
    own = {key for email in addresses_of(made.lead) for key in suppression.email_keys(email)}
    found = list(lifted.select_related("consent").order_by("id"))
    for each in found:
        is_theirs = each.email in own if each.email else each.suppression_id in moved
        owner = made.lead_id if is_theirs or each.lead_id == made.lead_id else made.into_id
        if each.lead_id != owner:
            LiftedSuppression.objects.filter(pk=each.pk).update(lead_id=owner)
            each.lead_id = owner
    return found


def moved_opt_outs(made: Merge) -> set[int]:
    """Return the numbers of the opt-outs that a merge had moved."""
    steps = made.steps.filter(model=Suppression._meta.label, before__has_key="lead_id")
    return {pk for step in steps for pk in step.rows if step.before["lead_id"] == made.lead_id}


def addresses_of(lead: Lead) -> list[str]:
    """Return the addresses of a lead, of today and of before."""
    former = FormerAddress.objects.filter(lead=lead).values_list("email", flat=True)
    return [each for each in (lead.email, *former) if each]
