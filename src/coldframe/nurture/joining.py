"""
How decisions follow when leads become one.

What was assessed of the one stays with it, for it was true of it. Contacts, holds and what people set are the
other's, and so is being with sales: the one that stays takes that over.
"""

from __future__ import annotations

from datetime import datetime

from coldframe.delivery.channels.audience.models import Membership
from coldframe.delivery.channels.task.models import Task
from coldframe.handoff import joining as handoffs
from coldframe.kernel.vocabulary import EnrollmentState, LeadStatus
from coldframe.leads import merging
from coldframe.leads.models import Merge
from coldframe.nurture.models import Enrollment, Hold, Override, Standing, Touch, Transition

#: How the stay on a path of somebody ends who turned out to be somebody else, or who went to sales as such.
EXIT = "merged"
#: Sales works these; the later one weighs more.
WITH_SALES = (LeadStatus.SALES_REVIEW.value, LeadStatus.SALES_ACCEPTED.value)
REASON, REASON_BACK = "merged", "unmerged"


def join(journal: merging.Journal) -> None:
    """Have what was decided of the one, as far as it goes on, be the other's."""
    lead, into = journal.lead, journal.into
    takes_over = take_over_status(journal)
    handoffs.join(journal, keeps_open=takes_over)
    stays = Enrollment.objects.filter(lead=lead, ended_at=None)
    if takes_over:
        stays |= Enrollment.objects.filter(lead=into, ended_at=None)
    ended = {
        "state": EnrollmentState.ENDED.value,
        "ended_at": journal.at,
        "exit_reason": EXIT,
        "wave_rank": None,
    }
    journal.change(stays, **ended)
    had = Touch.objects.filter(lead=into).values_list("content_key", flat=True)
    # What both have had stays where it is: a content is one lead's once. It is read with the other's.
    journal.move(Touch.objects.filter(lead=lead).exclude(content_key__in=list(had)))
    journal.move(Hold.objects.filter(lead=lead))
    journal.move(Override.objects.filter(lead=lead))
    journal.change(Membership.objects.filter(lead_id=lead.pk, left_at=None), left_at=journal.at)
    journal.move(Task.objects.filter(lead_id=lead.pk))


def take_over_status(journal: merging.Journal) -> bool:
    """Have the lead that stays be with sales if the other one is, and say whether it is now."""
    standings = {
        each.lead_id: each for each in Standing.objects.filter(lead__in=[journal.lead, journal.into])
    }
    theirs, ours = standings.get(journal.lead.pk), standings.get(journal.into.pk)
    if theirs is None or theirs.status not in WITH_SALES or (ours and ours.status in WITH_SALES):
        return False
    if ours is None:
        names = [each.attname for each in Standing._meta.concrete_fields if not each.generated]
        made = Standing(**{name: getattr(theirs, name) for name in names})
        made.lead_id, made.account_id = journal.into.pk, journal.into.account_id
        journal.make([made])
    else:
        since = max(theirs.status_since, ours.status_since)
        rows = Standing.objects.filter(pk=journal.into.pk)
        journal.change(rows, status=theirs.status, status_since=since)
    moved(
        journal.into.pk,
        before=ours.status if ours else LeadStatus.NEW.value,
        after=theirs.status,
        reason=REASON,
        by=journal.merge.decided_by,
        at=journal.noted_at,
    )
    return True


def moved(lead_id: int, *, before: str, after: str, reason: str, by: str, at: datetime) -> None:
    """Record a change of status."""
    account_id = merging.account_of(lead_id)
    Transition.objects.create(
        lead_id=lead_id,
        account_id=account_id,
        from_status=before,
        to_status=after,
        reason=reason,
        decided_by=by[:64],
        occurred_at=at,
    )


def part(merge: Merge, at: datetime) -> None:
    """Record that a status that was taken over is given back."""
    for step in merge.steps.filter(model=Standing._meta.label, before__has_key="status"):
        now = Standing.objects.filter(pk=step.rows[0]).values_list("status", flat=True).first()
        if now is not None and now == step.before["status"]:
            moved(
                step.rows[0],
                before=step.after["status"],
                after=now,
                reason=REASON_BACK,
                by=merge.decided_by,
                at=at,
            )


FOLLOWER = merging.Follower(
    name="nurture",
    tables=(Touch, Enrollment, Hold, Override, Standing),
    join=join,
    part=part,
)
