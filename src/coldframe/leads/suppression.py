"""
Opt-outs: recorded for the person and for the address, and never lifted here.

An address with a plus tag reaches the mailbox without it, so an opt-out of one holds for both.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db.models import Q

from coldframe.kernel.vocabulary import SuppressionReason
from coldframe.leads.models import Lead, Suppression


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
    """Never mail these people and these (normalized) addresses again; what is suppressed already stays so."""
    leads = dict(
        Lead.objects.filter(Q(pk__in=list(lead_ids)) | Q(email__in=list(emails))).values_list("pk", "email")
    )
    keys = {key for email in (*emails, *leads.values()) for key in email_keys(email)}
    rows = [Suppression(lead_id=pk) for pk in sorted(leads)] + [
        Suppression(email=key) for key in sorted(keys)
    ]
    for row in rows:
        row.reason, row.source, row.suppressed_at, row.created_at = reason, source, at, at
    Suppression.objects.bulk_create(rows, ignore_conflicts=True)
    link_addresses(keys, source=source, at=at)
    link_plus_tags(source=source, at=at)


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
