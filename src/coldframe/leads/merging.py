"""
Two leads that turned out to be one.

What was known of the one belongs to the other from then on. Every row that a merge changes is noted with what it
held before, so that exactly this is taken back. Ids, addresses and browsers stay with the lead that they were of:
they lead to the other one as long as the merge lasts, and what comes in by them meanwhile goes back with them
(``parting``).

Other apps bring their own tables: ``register``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import models, transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from coldframe.kernel.vocabulary import Refusal
from coldframe.leads import due, suppression
from coldframe.leads.models import (
    Consent,
    FormerAddress,
    Identity,
    Lead,
    LiftedSuppression,
    Merge,
    MergeStep,
    Opportunity,
    Pause,
    Suppression,
)

#: Keys in one statement.
KEYS_A_STATEMENT = 5_000
#: Columns of the lead that its address fills.
ADDRESS = ("email", "email_as_given", "email_kind", "is_role_address")
#: Columns of a lead that are no value of the person's.
BOOKKEEPING = frozenset(
    {"id", "public_id", "account_id", "batch_id", "is_made_by_calls", "merged_into_id", "voided_at", "created_at",
     "custom", *ADDRESS}
)  # fmt: skip


class CannotMerge(Refusal):
    """Two leads cannot become one."""


@dataclass(frozen=True, kw_only=True)
class Journal:
    """A merge under way; what it changes is noted."""

    merge: Merge
    #: The one that is no more.
    lead: Lead
    into: Lead
    at: datetime
    #: When it is written down; later than ``at`` where a merge is gone through again.
    noted_at: datetime
    #: Calls conclude what the lead that stays holds; no value of the other's is passed on.
    is_concluded: bool = False

    def move(self, rows: QuerySet[Any], *, and_account: bool = True) -> None:
        """Have rows belong to the lead that stays, and to its account."""
        after = {"lead_id": self.into.pk}
        if and_account and "account" in {each.name for each in rows.model._meta.concrete_fields}:
            after["account_id"] = self.into.account_id
        self.change(rows, **after)

    def change(self, rows: QuerySet[Any], **after: Any) -> None:
        """Change columns of rows, and note what they held."""
        held: dict[str, tuple[list[Any], list[int]]] = {}
        for pk, *before in rows.order_by("pk").values_list("pk", *after):
            held.setdefault(repr(before), (before, []))[1].append(pk)
        for before, ids in held.values():
            if before != list(after.values()):
                note(self.merge, rows.model, ids, dict(zip(after, before, strict=True)), after)
                for some in runs(ids):
                    rows.model._default_manager.filter(pk__in=some).update(**after)

    def make(self, rows: Sequence[Any]) -> None:
        """Insert rows that are gone when the merge is undone."""
        if rows:
            made = type(rows[0])._default_manager.bulk_create(rows)
            note(self.merge, type(rows[0]), [each.pk for each in made], {}, {})


@dataclass(frozen=True, kw_only=True)
class Follower:
    """What an app brings: how its tables follow when leads become one, or move to another account."""

    name: str
    #: With columns ``lead`` and ``account``, the latter to be kept in step with the lead's.
    tables: tuple[type[models.Model], ...] = ()
    join: Callable[[Journal], None] = field(default=lambda journal: None)
    #: After the rows of a merge are what they were.
    part: Callable[[Merge, datetime], None] = field(default=lambda merge, at: None)
    #: Has what calls concluded of a lead hold for good, for a person has looked at it.
    confirm: Callable[[int], None] = field(default=lambda lead_id: None)
    #: Takes the locks that come before those of people.
    hold: Callable[[], None] = field(default=lambda: None)
    #: Once two that were one are two for good, and before they are confirmed.
    settle: Callable[[Merge, datetime], None] = field(default=lambda merge, at: None)


FOLLOWERS: dict[str, Follower] = {}


def register(follower: Follower) -> None:
    """Have an app's tables follow; once, when the app starts."""
    FOLLOWERS[follower.name] = follower


def merge(
    *, lead_id: int, into_id: int, by: str, reason: str, at: datetime, is_concluded: bool = False
) -> Merge:
    """
    Have one lead be another one from now on; the first is no more, and everything of it is the other's.

    ``is_concluded``: whoever asks says what the other's fields and account are.

    Under the locks of both people and their addresses. Raises CannotMerge.
    """
    with transaction.atomic():
        suppression.hold(lead_ids=[lead_id, into_id])
        lead, into = locked(lead_id, into_id)
        made = Merge.objects.create(
            lead=lead,
            into=into,
            reason=reason[:255],
            decided_by=by[:150],
            is_concluded=is_concluded,
            merged_at=at,
        )
        perform(made, lead, into, noted_at=at)
    return made


def perform(made: Merge, lead: Lead, into: Lead, *, noted_at: datetime) -> None:
    """Change what a merge changes, and note it; the caller holds the locks."""
    journal = Journal(
        merge=made,
        lead=lead,
        into=into,
        at=made.merged_at,
        noted_at=noted_at,
        is_concluded=made.is_concluded,
    )
    if not made.is_concluded and into.account.is_personal and not lead.account.is_personal:
        journal.change(Lead.objects.filter(pk=into.pk), account_id=lead.account_id)
        into.refresh_from_db()
        follow([into.pk], account_ids=[journal_account(made, into), lead.account_id])
    journal.change(Lead.objects.filter(merged_into=lead), merged_into_id=into.pk)
    journal.change(Lead.objects.filter(pk=lead.pk), merged_into_id=into.pk, voided_at=made.merged_at)
    join(journal)
    for follower in FOLLOWERS.values():
        follower.join(journal)
    follow([lead.pk], account_ids=[lead.account_id])
    due.mark_due(account_ids={lead.account_id, into.account_id}, at=noted_at)


def account_of(lead_id: int) -> int:
    """Return the account that a lead belongs to."""
    return Lead.objects.values_list("account_id", flat=True).get(pk=lead_id)


def journal_account(made: Merge, into: Lead) -> int:
    """Return the account that the lead that stays had before."""
    step = made.steps.filter(model=Lead._meta.label, before__has_key="account_id").order_by("id").first()
    return int(step.before["account_id"]) if step else into.account_id


def locked(lead_id: int, into_id: int) -> tuple[Lead, Lead]:
    """Return both leads, locked; refuse where they cannot be one."""
    found = Lead.objects.select_for_update(of=("self",)).filter(pk__in=[lead_id, into_id])
    by_id = {each.pk: each for each in found.select_related("account").order_by("pk")}
    if lead_id == into_id:
        raise CannotMerge("A lead is itself already.", expected="two leads", got="one")
    for pk in (lead_id, into_id):
        lead = by_id.get(pk)
        if lead is None or (lead.voided_at is not None and lead.merged_into_id is None):
            raise CannotMerge("There is no such lead.", got=str(pk))
        if lead.merged_into_id is not None:
            raise CannotMerge(
                "A lead was merged before.",
                got=f"{pk}, which is {lead.merged_into_id}",
                advice=f"Name {lead.merged_into_id}, or take the earlier merge back first.",
            )
    return by_id[lead_id], by_id[into_id]


def hold() -> None:
    """Take the locks that come before those of the people who are parted."""
    for follower in FOLLOWERS.values():
        follower.hold()


def confirm(lead_id: int) -> None:
    """Have a lead that calls made, and the keys that it is known by, be known for good."""
    Lead.objects.filter(pk=lead_id).update(is_made_by_calls=False)
    Identity.objects.filter(lead=lead_id).update(is_derived=False)
    FormerAddress.objects.filter(lead=lead_id).update(is_derived=False)
    for follower in FOLLOWERS.values():
        follower.confirm(lead_id)


def note(
    made: Merge, model: type[models.Model], ids: Sequence[int], before: dict[str, Any], after: dict[str, Any]
) -> None:
    """Note what a merge changed, or made."""
    MergeStep.objects.create(
        merge=made,
        model=model._meta.label,
        rows=list(ids),
        before={name: plain(value) for name, value in before.items()},
        after={name: plain(value) for name, value in after.items()},
    )


def note_arrived(model: type[models.Model], rows_by_lead: dict[int, list[int]]) -> None:
    """Note rows that came in by merged leads and were recorded of those they are by now, to go back with them."""
    open_ones = Merge.objects.filter(lead_id__in=rows_by_lead, unmerged_at=None).select_related("lead")
    for made in open_ones:
        before: dict[str, Any] = {"lead_id": made.lead_id}
        after: dict[str, Any] = {"lead_id": made.into_id}
        if "account" in {each.name for each in model._meta.concrete_fields}:
            before["account_id"], after["account_id"] = made.lead.account_id, None
        note(made, model, rows_by_lead[made.lead_id], before, after)


def follow(lead_ids: Iterable[int], *, account_ids: Iterable[int]) -> None:
    """
    Have all that names leads and, so far, one of these accounts name the account that the leads belong to now.

    Of a merged lead: the account of the one that it is.
    """
    ids, accounts = sorted(set(lead_ids)), sorted(set(account_ids))
    account = Lead.objects.filter(pk=OuterRef("lead_id")).values(
        now=Coalesce("merged_into__account_id", "account_id")
    )[:1]
    for follower in FOLLOWERS.values():
        for model in follower.tables:
            for some in runs(ids):
                rows = model._default_manager.filter(lead_id__in=some, account_id__in=accounts)
                rows.update(account_id=Subquery(account))


def join(journal: Journal) -> None:
    """Have what the tables of leads know of the one be the other's."""
    lead, into = journal.lead, journal.into
    join_permissions(journal)
    join_suppressions(journal)
    join_pauses(journal)
    journal.move(LiftedSuppression.objects.filter(lead=lead))
    deals = Opportunity.objects.filter(lead=lead)
    journal.move(deals, and_account=False)
    if lead.account.is_personal:
        journal.change(Opportunity.objects.filter(account=lead.account), account_id=into.account_id)
    if not journal.is_concluded:
        fill(journal)


def fill(journal: Journal) -> None:
    """Give the lead that stays what only the other one knew; a value of its own is never changed."""
    lead, into = journal.lead, journal.into
    names = [each.attname for each in Lead._meta.concrete_fields if each.attname not in BOOKKEEPING]
    values = {
        name: getattr(lead, name)
        for name in names
        if getattr(into, name) is None and getattr(lead, name) is not None
    }
    if into.email is None and lead.email is not None:
        values |= {name: getattr(lead, name) for name in ADDRESS}
    if lead.entered_at and into.entered_at and lead.entered_at < into.entered_at:
        values["entered_at"] = lead.entered_at
    if missing := {name: value for name, value in lead.custom.items() if name not in into.custom}:
        values["custom"] = {**into.custom, **missing}
    if values:
        journal.change(Lead.objects.filter(pk=into.pk), **values)


def join_permissions(journal: Journal) -> None:
    """Move permissions; one that was given before the person took it back elsewhere is taken back, too."""
    lead, into = journal.lead, journal.into
    for one, other in ((lead, into), (into, lead)):
        taken_back = Consent.objects.filter(lead=other, withdrawn_at__isnull=False)
        last: dict[str, datetime] = {}
        for purpose, withdrawn_at in taken_back.values_list("purpose", "withdrawn_at"):
            if withdrawn_at is not None:
                last[purpose] = max(last.get(purpose, withdrawn_at), withdrawn_at)
        for purpose, withdrawn_at in sorted(last.items()):
            given = Consent.objects.filter(lead=one, purpose=purpose, withdrawn_at=None)
            earlier = given.filter(given_at__lte=withdrawn_at) | given.filter(
                given_at=None, created_at__lte=withdrawn_at
            )
            journal.change(earlier, withdrawn_at=withdrawn_at)
    keys = ("purpose", "basis", "source", "given_at")
    held = set(Consent.objects.filter(lead=into, withdrawn_at=None).values_list(*keys))
    rows = Consent.objects.filter(lead=lead).order_by("id").values_list("pk", "withdrawn_at", *keys)
    same = [pk for pk, withdrawn_at, *key in rows if withdrawn_at is None and tuple(key) in held]
    journal.move(Consent.objects.filter(lead=lead).exclude(pk__in=same))


def join_suppressions(journal: Journal) -> None:
    """Have every no of the one, and of its addresses, be a no of the person."""
    lead, into = journal.lead, journal.into
    held = set(Suppression.objects.filter(lead=into).values_list("reason", flat=True))
    journal.move(Suppression.objects.filter(lead=lead).exclude(reason__in=held))
    held |= set(Suppression.objects.filter(lead=into).values_list("reason", flat=True))
    addresses = [lead.email, *FormerAddress.objects.filter(lead=lead).values_list("email", flat=True)]
    keys = {key for email in addresses for key in suppression.email_keys(email)}
    said = Suppression.objects.filter(email__in=keys).exclude(reason__in=held).order_by("id")
    first = {row.reason: row for row in reversed(said)}
    journal.make(
        [
            Suppression(
                lead=into,
                reason=reason,
                source=row.source,
                suppressed_at=row.suppressed_at,
                created_at=journal.at,
            )
            for reason, row in sorted(first.items())
        ]
    )


def join_pauses(journal: Journal) -> None:
    """Move pauses; of two that run, the longer one runs on."""
    running = {
        each.lead_id: each
        for each in Pause.objects.filter(lead__in=[journal.lead, journal.into], ended_at=None)
    }
    if len(running) == 2:
        shorter = min(running.values(), key=lambda each: (each.until, each.lead_id == journal.into.pk))
        journal.change(Pause.objects.filter(pk=shorter.pk), ended_at=journal.at)
    journal.move(Pause.objects.filter(lead=journal.lead))


def plain(value: Any) -> Any:
    """Return a value as JSON holds it."""
    return value.isoformat() if isinstance(value, date) else value


def runs(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    """Yield the ids in parts of one statement."""
    for start in range(0, len(ids), KEYS_A_STATEMENT):
        yield ids[start : start + KEYS_A_STATEMENT]
