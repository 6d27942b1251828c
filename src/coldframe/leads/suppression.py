"""
Opt-outs: recorded for the person and for the address, lifted by the person's own new consent alone.

An address with a plus tag reaches the mailbox without it, so an opt-out of one holds for both. Whoever
records or lifts one first takes the locks of the people and addresses, which the marker of a hand-over takes
too: no message is marked after a no that is committed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from coldframe.kernel.vocabulary import SuppressionReason
from coldframe.leads import due, merged
from coldframe.leads.models import Consent, FormerAddress, Lead, LiftedSuppression, Suppression
from coldframe.storage import locks


class Reached(NamedTuple):
    """A lead whom an opt-out reaches."""

    lead_id: int
    account_id: int
    email: str | None


def email_keys(email: str | None) -> tuple[str, ...]:
    """
    Return the addresses under which an opt-out of this one holds: itself, and itself without a plus tag.

    >>> email_keys("anna+news@brightpath.example")
    ('anna+news@brightpath.example', 'anna@brightpath.example')
    """
    if email is None:
        return ()
    if "+" not in email:
        return (email,)
    local, _, host = email.rpartition("@")
    plain, plus, _ = local.partition("+")
    return (email, f"{plain}@{host}") if plus and plain else (email,)


def suppress(
    *,
    reason: SuppressionReason,
    source: str,
    at: datetime,
    lead_ids: Iterable[int] = (),
    emails: Iterable[str] = (),
) -> None:
    """
    Never mail these people and these (normalized) addresses again; what is suppressed already stays so.

    It reaches everybody behind the same mailboxes. In one transaction, under the locks of all of them.
    """
    with transaction.atomic(savepoint=False):
        reached = hold(lead_ids=lead_ids, emails=emails)
        known = (*emails, *(each.email for each in reached), *former_addresses(reached))
        keys = {key for email in known for key in email_keys(email)}
        rows = [Suppression(lead_id=each.lead_id) for each in reached]
        rows += [Suppression(email=key) for key in sorted(keys)]
        for row in rows:
            row.reason, row.source, row.suppressed_at, row.created_at = reason, source, at, at
        Suppression.objects.bulk_create(rows, ignore_conflicts=True)
        due.mark_due(account_ids={each.account_id for each in reached}, at=at)


def is_on_file(*, reason: SuppressionReason, lead_ids: Collection[int], emails: Collection[str]) -> bool:
    """Return whether suppressing these for this reason would change nothing."""
    reached = behind(lead_ids, emails)
    known = (*emails, *(each.email for each in reached), *former_addresses(reached))
    keys = {key for email in known for key in email_keys(email)}
    held = Suppression.objects.filter(reason=reason)
    ids = [each.lead_id for each in reached]
    return held.filter(lead_id__in=ids).count() == len(ids) and held.filter(email__in=keys).count() == len(
        keys
    )


def is_suppressed(*, lead_id: int, email: str) -> bool:
    """Return whether a person or an address may not be mailed."""
    keys = email_keys(email)
    return Suppression.objects.filter(Q(lead_id=lead_id) | Q(email__in=keys)).exists()


def has_come_back(*, lead_id: int, reason: SuppressionReason) -> bool:
    """Return whether a person said no for this reason once, and came back by a consent of their own."""
    return LiftedSuppression.objects.filter(lead__in=merged.group_of([lead_id]), reason=reason).exists()


def lift(*, lead_id: int, consent: Consent, at: datetime) -> tuple[str, ...]:
    """
    Let a person who consented anew, by an act of their own, be mailed again; return the reasons that held.

    Lifts what was said before that act, for the person and for the address. What was lifted is kept. The
    caller holds the locks (``hold``) in the open transaction.
    """
    if consent.confirmed_at is None:
        return ()
    found = list(said_of(lead_id).filter(suppressed_at__lte=consent.confirmed_at).order_by("id"))
    LiftedSuppression.objects.bulk_create(
        LiftedSuppression(
            lead_id=row.lead_id or lead_id,
            email=row.email,
            reason=row.reason,
            source=row.source,
            suppressed_at=row.suppressed_at,
            lifted_at=at,
            suppression_id=row.pk,
            consent=consent,
        )
        for row in found
    )
    Suppression.objects.filter(pk__in=[row.pk for row in found]).delete()
    return tuple(sorted({row.reason for row in found}))


def said_of(lead_id: int) -> QuerySet[Suppression]:
    """Return every no of a person, and of the address that they have."""
    keys = email_keys(Lead.objects.values_list("email", flat=True).get(pk=lead_id))
    return Suppression.objects.filter(Q(lead_id__in=merged.group_of([lead_id])) | Q(email__in=keys))


def former_addresses(reached: Iterable[Reached]) -> list[str]:
    """Return the addresses that these leads are known by besides their own."""
    found = FormerAddress.objects.filter(lead__in=[each.lead_id for each in reached])
    return list(found.order_by("email").values_list("email", flat=True))


def hold(*, lead_ids: Iterable[int] = (), emails: Iterable[str] = ()) -> list[Reached]:
    """
    Take the locks of these people and addresses, and of everybody behind the same mailboxes; return the leads.

    The locks last to the end of the open transaction. The leads are read again once the locks are held; SQLite's
    transaction keeps every other writer out from its beginning, so that what was read holds.
    """
    ids, addresses = list(lead_ids), list(emails)
    reached = behind(ids, addresses)
    named = {key for email in (*addresses, *(each.email for each in reached)) for key in email_keys(email)}
    locks.hold(
        [*(locks.of_lead(each.lead_id) for each in reached), *(locks.of_address(key) for key in named)]
    )
    return behind(ids, addresses) if connection.vendor == "postgresql" else reached


def behind(lead_ids: Collection[int], emails: Collection[str]) -> list[Reached]:
    """
    Return these leads, and the leads that have or had an address of the same mailboxes, ordered by id.

    With each lead come those that it was found to be one person with, and their addresses.
    """
    columns = ("pk", "account_id", "email")
    ids = merged.group_of({*lead_ids, *merged.find_by_former_addresses(emails).values()})
    found = {row[0]: Reached(*row) for row in Lead.objects.filter(pk__in=ids).values_list(*columns)}
    former = FormerAddress.objects.filter(lead__in=ids).values_list("email", flat=True)
    known = [*(each.email for each in found.values()), *former]
    mailboxes = sorted({email_keys(email)[-1] for email in (*emails, *known) if email})
    exact = {*mailboxes, *emails}
    # Two queries, for each has an index of its own. A voided lead may be brought back under another address.
    rows = list(Lead.objects.filter(email__in=exact, voided_at__isnull=True).values_list(*columns))
    rows += Lead.objects.filter(email__in=exact, voided_at__isnull=False).values_list(*columns)
    for mailbox in mailboxes:
        rows += plus_tagged(mailbox)
    found.update((row[0], Reached(*row)) for row in rows)
    return [found[pk] for pk in sorted(found)]


def plus_tagged(mailbox: str) -> list[tuple[int, int, str]]:
    """Return id, account and address of the leads that have a mailbox's address with a plus tag."""
    local, _, host = mailbox.rpartition("@")
    if connection.vendor == "postgresql":
        among, given = "email LIKE '%%+%%' AND email LIKE %s", [f"{escaped(local)}+%"]
    else:
        # A comma is what follows a plus: the addresses that begin so, by the index alone.
        among = "email LIKE '%%+%%' ESCAPE '\\' AND email >= %s AND email < %s"
        given = [f"{local}+", f"{local},"]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id, account_id, email FROM leads_lead WHERE {among}", given)
        rows = cursor.fetchall()
    return [row for row in rows if row[2].endswith(f"@{host}") and email_keys(row[2])[-1] == mailbox]


def escaped(text: str) -> str:
    """Return a text that LIKE takes by the letter."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def link_addresses(emails: Collection[str], *, source: str, at: datetime) -> None:
    """Suppress the people who have these suppressed addresses, so that it holds under their next one, too."""
    keys = sorted(emails)
    for start in range(0, len(keys), 5_000):
        some = keys[start : start + 5_000]
        reasons: dict[str | None, list[str]] = {}
        for email, reason in Suppression.objects.filter(email__in=some).values_list("email", "reason"):
            reasons.setdefault(email, []).append(reason)
        leads = Lead.objects.filter(email__in=some, voided_at=None).values_list("pk", "email")
        rows = [
            Suppression(lead_id=pk, reason=reason, source=source, suppressed_at=at, created_at=at)
            for pk, email in leads
            for reason in reasons.get(email, ())
        ]
        Suppression.objects.bulk_create(rows, ignore_conflicts=True)


def link_plus_tags(*, source: str, at: datetime) -> None:
    """Suppress the leads whose address is a suppressed one with a plus tag."""
    tagged = Lead.objects.filter(email__contains="+").values_list("pk", "email")
    by_plain: dict[str, list[int]] = {}
    for pk, email in tagged.iterator():
        for key in email_keys(email)[1:]:
            by_plain.setdefault(key, []).append(pk)
    plain = sorted(by_plain)
    for start in range(0, len(plain), 5_000):
        found = Suppression.objects.filter(email__in=plain[start : start + 5_000]).values_list(
            "email", "reason"
        )
        rows = [
            Suppression(lead_id=pk, reason=reason, source=source, suppressed_at=at, created_at=at)
            for email, reason in found
            for pk in by_plain[email or ""]
        ]
        Suppression.objects.bulk_create(rows, ignore_conflicts=True)
