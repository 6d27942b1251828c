"""
Changes of many leads at once: looked at first, made part by part, and taken back.

A change names its leads by a query, which whoever reads queries gives as a condition. It goes through them by id, a
part in a transaction of its own, and notes how far it came: a process that dies leaves nothing half done, and the
next call goes on, whoever makes it: the page that shows it, or a worker. What it set bears its mark, so that taking it
back lifts exactly that; what somebody changed since stays.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from coldframe.kernel.vocabulary import LeadStatus, Refusal
from coldframe.leads.due import mark_due
from coldframe.leads.models import Lead, Suppression
from coldframe.nurture import overrides, stopping
from coldframe.nurture.models import BulkChange, Override
from coldframe.storage import locks, turns

LOG = logging.getLogger(__name__)
#: Leads changed in one transaction.
PART_LEADS = 1_000
State = BulkChange.State


class What(StrEnum):
    """What can be done to many leads at once."""

    #: Nothing is sent until a day.
    PAUSE = "PAUSE"
    #: On a path until a day.
    PATH = "PATH"
    #: Disqualified until a day.
    LET_GO = "LET_GO"
    #: What people set is lifted: the rules decide again.
    RESET = "RESET"
    #: Never mailed again. Nobody takes that back but the person.
    SUPPRESS = "SUPPRESS"


class NothingToChange(Refusal):
    """No lead of the list would change."""


class NoSuchChange(Refusal):
    """There is no such change of many leads."""


class CannotUndo(Refusal):
    """A change cannot be taken back."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """What is to be done, and why."""

    what: What
    path: str | None = None
    #: Until when it holds; None where it has no end.
    until: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """Leads that a change leaves as they are."""

    #: A word such as ``let-go``.
    why: str
    count: int


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What a change would do."""

    lead_count: int
    change_count: int
    #: In the order in which the reasons are asked.
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True, kw_only=True)
class Line:
    """A change of many leads, as it stands."""

    public_id: UUID
    change: Change
    query: str
    made_by: str
    made_at: datetime
    state: str
    lead_count: int
    changed_count: int
    undone_by: str
    undone_at: datetime | None
    undone_count: int

    @property
    def is_under_way(self) -> bool:
        """Whether leads are left to be changed, or to be given back."""
        return self.state in {State.RUNNING, State.UNDOING}

    @property
    def can_be_undone(self) -> bool:
        """Whether it can be taken back."""
        return self.state in {State.RUNNING, State.DONE} and self.change.what is not What.SUPPRESS


def in_force(at: datetime) -> QuerySet[Override]:
    """Return what people have set for the lead of an outer query."""
    return Override.objects.filter(lead=OuterRef("pk"), lifted_at=None, until__gt=at)


def reasons_against(change: Change, *, at: datetime) -> dict[str, Q]:
    """Return why a lead would be left as it is -> which leads those are."""
    is_let_go = Q(standing__status=LeadStatus.DISQUALIFIED)
    accepted = Q(standing__status=LeadStatus.SALES_ACCEPTED)
    at_sales = accepted | Q(standing__status=LeadStatus.SALES_REVIEW)
    if change.what is What.PAUSE:
        longer = in_force(at).filter(is_paused=True, until__gte=change.until)
        return {"let-go": is_let_go, "paused": Q(Exists(longer))}
    if change.what is What.PATH:
        on_it = Q(standing__path=change.path)
        return {
            "new": Q(standing__isnull=True),
            "let-go": is_let_go,
            "with-sales": at_sales,
            "on-path": on_it,
        }
    if change.what is What.LET_GO:
        return {"let-go": is_let_go, "accepted": accepted}
    if change.what is What.RESET:
        return {"nothing-set": ~Q(Exists(in_force(at)))}
    return {"suppressed": Q(Exists(Suppression.objects.filter(lead=OuterRef("pk"))))}


def look(*, where: Q, change: Change, at: datetime) -> Preview:
    """Return what a change would do to the leads under a condition. Raises ``BadOverride``."""
    check(change, at=at)
    counts: dict[str, Count] = {}
    others = Q()
    for why, condition in reasons_against(change, at=at).items():
        counts[why] = Count("pk", filter=condition & others if others else condition)
        others = ~condition & others if others else ~condition
    named = {why.replace("-", "_"): count for why, count in counts.items()}
    row = Lead.objects.filter(where, voided_at=None).aggregate(everybody=Count("pk"), **named)
    left_out = [LeftOut(why=why, count=row[why.replace("-", "_")]) for why in counts]
    return Preview(
        lead_count=row["everybody"],
        change_count=row["everybody"] - sum(each.count for each in left_out),
        left_out=tuple(each for each in left_out if each.count),
    )


def check(change: Change, *, at: datetime) -> None:
    """Raise ``BadOverride`` for a change that has no reason, no end, or names a path that there is not."""
    if change.what in {What.RESET, What.SUPPRESS}:
        overrides.require_reason(change.reason)
        return
    if change.until is None:
        raise overrides.BadOverride(
            "A person's decision holds for a limited time.", expected="a day until when it holds"
        )
    overrides.check(setting_of(change), reason=change.reason, at=at, until=change.until)


def setting_of(change: Change) -> overrides.Setting:
    """Return what a change sets for each lead. Raises ``BadOverride`` for a path without a name."""
    if change.what is What.PATH and not change.path:
        raise overrides.BadOverride("No path is chosen.", expected="a path of the playbook")
    return overrides.Setting(
        status=LeadStatus.DISQUALIFIED if change.what is What.LET_GO else None,
        path=change.path if change.what is What.PATH else None,
        is_paused=change.what is What.PAUSE,
    )


def start(*, where: Q, query: str, change: Change, by: str, at: datetime) -> UUID:
    """
    Begin a change of the leads that ``query`` names, which is what ``where`` says; ``go_on`` makes it.

    Raises ``BadOverride`` and ``NothingToChange``.
    """
    found = look(where=where, change=change, at=at)
    if not found.change_count:
        raise NothingToChange(
            "No lead would change.",
            expected="at least one that can be changed",
            got=f"{found.lead_count} leads",
        )
    made = BulkChange.objects.create(
        what=change.what.value,
        query=query,
        path=change.path,
        until=change.until,
        reason=change.reason.strip()[:255],
        made_by=by,
        made_at=at,
        lead_count=found.change_count,
    )
    return made.public_id


def go_on(*, public_id: UUID, where: Q, at: datetime, seconds: float) -> Line:
    """
    Change, or give back, more leads of a change that is under way, for about so long; return how it stands.

    ``where`` is what its query says as of when it was made. Raises ``NoSuchChange``.
    """
    began = time.monotonic()
    while True:
        line = step(public_id, where=where, at=at)
        if not line.is_under_way or time.monotonic() - began > seconds:
            return line


def carry_on(*, where_of: Callable[[Line], Q], at: datetime, seconds: float) -> None:
    """
    Go on with the changes that are under way, the oldest first, for about so long.

    ``where_of`` says what the query of a change means, as of when it was made. A change whose query means nothing any
    more is left as it is: it can still be taken back by whoever sees it.
    """
    began = time.monotonic()
    under_way = BulkChange.objects.filter(state__in=[State.RUNNING, State.UNDOING]).order_by("made_at", "id")
    with turns.taken():
        waiting = list(under_way)
    for row in waiting:
        line, left = line_of(row), seconds - (time.monotonic() - began)
        try:
            where = where_of(line) if row.state == State.RUNNING else Q()
        except Refusal as refusal:
            complain(line.public_id, refusal.what)
            continue
        go_on(public_id=line.public_id, where=where, at=at, seconds=left)
        if time.monotonic() - began > seconds:
            return


@cache
def complain(public_id: UUID, why: str) -> None:
    """Write down that a change does not go on; once in a process."""
    LOG.warning("a change of many leads does not go on", extra={"change": str(public_id), "because": why})


def step(public_id: UUID, *, where: Q, at: datetime) -> Line:
    """Change or give back one part, in a transaction of its own."""
    with transaction.atomic():
        row = BulkChange.objects.select_for_update().filter(public_id=public_id).first()
        if row is None:
            raise no_such_change()
        if row.state == State.RUNNING:
            make_part(row, where=where, at=at)
        elif row.state == State.UNDOING:
            give_part_back(row, at=at)
        row.save()
    return line_of(row)


def make_part(row: BulkChange, *, where: Q, at: datetime) -> None:
    """Change the next leads of a change."""
    change = change_of(row)
    against = reasons_against(change, at=row.made_at).values()
    found = Lead.objects.filter(where, voided_at=None, pk__gt=row.position)
    for condition in against:
        found = found.filter(~condition)
    part = list(found.order_by("pk").values_list("pk", "account_id")[:PART_LEADS])
    if part:
        left = dict(part if change.what is What.SUPPRESS else still(found, dict(part)))
        apply(row, change, left, at=at)
        row.position = part[-1][0]
        row.changed_count += len(left)
    if len(part) < PART_LEADS:
        row.state = State.DONE


def still(found: QuerySet[Lead], accounts: dict[int, int]) -> list[tuple[int, int]]:
    """Hold leads, given with their accounts, and return those that are to be changed: somebody may have decided meanwhile."""
    hold(accounts)
    return list(found.filter(pk__in=accounts).values_list("pk", "account_id"))


def hold(lead_ids: Iterable[int]) -> None:
    """Hold leads to the end of the transaction."""
    locks.hold(map(locks.of_lead, lead_ids))


def apply(row: BulkChange, change: Change, accounts: dict[int, int], *, at: datetime) -> None:
    """Make a change of some leads, given with their accounts, in the open transaction."""
    if change.what is What.SUPPRESS:
        stopping.opt_out_all(lead_ids=list(accounts), said=change.reason, by=row.made_by, at=at)
        return
    if change.what is What.RESET:
        # What somebody sets after it was asked for is not what was looked at.
        set_for_them = Override.objects.filter(
            lead_id__in=list(accounts), lifted_at=None, until__gt=at, set_at__lte=row.made_at
        )
        set_for_them.update(lifted_at=at, lifted_in=row)
    else:
        Override.objects.bulk_create(overrides_of(row, change, accounts, at=at))
    mark_due(account_ids=set(accounts.values()), at=at)


def overrides_of(
    row: BulkChange, change: Change, accounts: dict[int, int], *, at: datetime
) -> list[Override]:
    """Return what a change sets for some leads."""
    setting = setting_of(change)
    return [
        Override(
            lead_id=lead_id,
            account_id=account_id,
            status=setting.status.value if setting.status else None,
            path=setting.path,
            is_paused=setting.is_paused,
            reason=row.reason,
            set_by=row.made_by,
            set_at=at,
            until=row.until,
            set_in=row,
        )
        for lead_id, account_id in accounts.items()
    ]


def undo(*, public_id: UUID, by: str, at: datetime) -> None:
    """
    Begin to take a change back; ``go_on`` does it. What somebody has changed of these leads since stays.

    Raises ``NoSuchChange`` and ``CannotUndo``.
    """
    with transaction.atomic():
        row = BulkChange.objects.select_for_update().filter(public_id=public_id).first()
        if row is None:
            raise no_such_change()
        if row.what == What.SUPPRESS:
            raise CannotUndo(
                "A no holds until the person says yes again.",
                advice="Only a new consent of the person's own lifts it.",
            )
        if row.state in {State.UNDOING, State.UNDONE}:
            raise CannotUndo("This change has been taken back already.", got=f"by {row.undone_by}")
        row.state, row.undone_by, row.undone_at = State.UNDOING, by, at
        row.save()


def give_part_back(row: BulkChange, *, at: datetime) -> None:
    """Take the next part of a change back."""
    found = given_back(row, at=at).order_by("pk")[:PART_LEADS]
    part = list(found.values_list("pk", "lead_id", "account_id"))
    hold([lead_id for _, lead_id, _ in part])
    # Asked again now that nobody else decides about them.
    kept = list(given_back(row, at=at).filter(pk__in=[pk for pk, _, _ in part]).values_list("pk", flat=True))
    rows = Override.objects.filter(pk__in=kept)
    if row.what == What.RESET:
        rows.update(lifted_at=None, lifted_in=None)
    else:
        rows.update(lifted_at=at)
    mark_due(account_ids={account_id for _, _, account_id in part}, at=at)
    row.undone_count += len(kept)
    if len(part) < PART_LEADS:
        row.state = State.UNDONE


def given_back(row: BulkChange, *, at: datetime) -> QuerySet[Override]:
    """Return what is lifted, or set again, when a change is taken back."""
    if row.what != What.RESET:
        return Override.objects.filter(set_in=row, lifted_at=None, until__gt=at)
    # What somebody has set for the lead since is what they want now.
    later = Override.objects.filter(
        lead=OuterRef("lead"), lifted_at=None, set_at__gte=row.made_at, until__gt=at
    ).exclude(pk=OuterRef("pk"))
    return Override.objects.filter(~Exists(later), lifted_in=row, until__gt=at)


def get_change(*, public_id: UUID) -> Line:
    """Return how a change stands. Raises ``NoSuchChange``."""
    row = BulkChange.objects.filter(public_id=public_id).first()
    if row is None:
        raise no_such_change()
    return line_of(row)


def list_changes(*, limit: int | None) -> list[Line]:
    """Return the latest changes, the latest first; without a limit all of them."""
    return [line_of(row) for row in BulkChange.objects.order_by("-made_at", "-id")[:limit]]


def no_such_change() -> NoSuchChange:
    return NoSuchChange("There is no such change of leads.", advice="The Leads page lists the latest ones.")


def change_of(row: BulkChange) -> Change:
    return Change(what=What(row.what), path=row.path, until=row.until, reason=row.reason)


def line_of(row: BulkChange) -> Line:
    names = (
        "public_id",
        "query",
        "made_by",
        "made_at",
        "state",
        "lead_count",
        "changed_count",
        "undone_by",
        "undone_at",
        "undone_count",
    )
    return Line(change=change_of(row), **{name: getattr(row, name) for name in names})
