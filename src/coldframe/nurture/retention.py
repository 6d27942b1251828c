"""
For how long people are kept who do nothing, and events: a list to look at first, and erasure after it.

A lead is listed once nothing has come from it for so many months, and erased when it has been on the list for so many
days, unless somebody keeps it, or something comes from it after all. What goes out to a lead is no sign of life.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.db import connection, transaction

from coldframe.activity import pruning
from coldframe.activity.models import Event
from coldframe.kernel.vocabulary import LeadStatus, OpportunityState, Refusal
from coldframe.leads import suppression
from coldframe.leads.models import RetentionReview
from coldframe.nurture import erasure
from coldframe.outbox.erasure import OnItsWay
from coldframe.storage import reads

LOG = logging.getLogger(__name__)

#: People erased in one day, so that a list that was long overdue does not stop everything else.
MOST_A_DAY = 500
MONTHS_A_YEAR = 12


class NotListed(Refusal):
    """Somebody is to be kept who is not about to be erased."""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """For how long what is kept. 0 months: for ever."""

    lead_months: int = 24
    #: How long a lead is on the list before it is erased.
    review_days: int = 30
    event_months: int = 36


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What one look at everybody came to."""

    listed: int = 0
    #: Taken off the list again, by what came from them, or because what somebody decided is long ago.
    taken_off: int = 0
    erased: int = 0
    events_forgotten: int = 0


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A lead on the list."""

    lead_id: int
    name: str
    email: str | None
    company: str | None
    listed_at: datetime
    #: None: somebody keeps it.
    erased_from: datetime | None
    kept_by: str


def months_before(at: datetime, months: int) -> datetime:
    """
    Return the instant so many calendar months before; a day that the month has not is its last one.

    >>> from datetime import UTC
    >>> months_before(datetime(2026, 3, 31, tzinfo=UTC), 1).date().isoformat()
    '2026-02-28'
    """
    year, month = divmod(at.year * MONTHS_A_YEAR + at.month - 1 - months, MONTHS_A_YEAR)
    first = at.replace(year=year, month=month + 1, day=1)
    following = first.replace(year=year + month // 11, month=(month + 1) % MONTHS_A_YEAR + 1)
    return first.replace(day=min(at.day, (following - first).days))


def keep_to(*, terms: Terms, home: Path, at: datetime) -> Kept:
    """List, take off, erase and forget what the terms say as of an instant."""
    listed = taken_off = erased = forgotten = 0
    if terms.lead_months:
        since = months_before(at, terms.lead_months)
        with transaction.atomic():
            taken_off = take_off(since=since)
            listed = list_quiet(since=since, at=at)
        erased = erase_listed(terms=terms, since=since, home=home, at=at)
    if terms.event_months:
        forgotten = pruning.forget_old(before=months_before(at, terms.event_months))
    if listed or erased:
        LOG.warning(
            "%d leads are new on the list of those to be erased, %d were erased: coldframe person retention",
            listed,
            erased,
        )
    return Kept(listed=listed, taken_off=taken_off, erased=erased, events_forgotten=forgotten)


def sign_of_life(since: datetime) -> str:
    """Return the SQL that says of a lead ``l`` that something has come from it since, or that sales is at work on it."""
    at = reads.instant(since)
    with_sales = f"('{LeadStatus.SALES_REVIEW.value}', '{LeadStatus.SALES_ACCEPTED.value}')"
    lasting = f"('{OpportunityState.OPEN.value}', '{OpportunityState.WON.value}')"
    return f"""(
        l.created_at >= {at} OR COALESCE(l.entered_at >= {at}, FALSE)
        OR EXISTS (SELECT 1 FROM activity_event e WHERE e.lead_id = l.id AND e.occurred_at >= {at}
                    AND e.evidence <> {Event.EvidenceCode.MACHINE.value})
        OR EXISTS (SELECT 1 FROM leads_consent c WHERE c.lead_id = l.id
                    AND (c.given_at >= {at} OR c.confirmed_at >= {at}))
        OR EXISTS (SELECT 1 FROM leads_pause p WHERE p.lead_id = l.id AND p.asked_at >= {at})
        OR EXISTS (SELECT 1 FROM handoff_handoff h WHERE h.lead_id = l.id AND h.opened_at >= {at})
        OR EXISTS (SELECT 1 FROM nurture_standing s WHERE s.lead_id = l.id AND s.status IN {with_sales})
        OR EXISTS (SELECT 1 FROM leads_opportunity o WHERE o.account_id = l.account_id AND o.voided_at IS NULL
                    AND (o.state IN {lasting} OR o.opened_at >= {at} OR o.closed_at >= {at})))"""


def list_quiet(*, since: datetime, at: datetime) -> int:
    """Put those on the list from whom nothing has come since an instant; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO leads_retentionreview (lead_id, listed_at, kept_by)
                SELECT l.id, {reads.instant(at)}, '' FROM leads_lead l
                 WHERE l.voided_at IS NULL AND l.merged_into_id IS NULL AND NOT {sign_of_life(since)}
                   AND NOT EXISTS (SELECT 1 FROM leads_retentionreview r WHERE r.lead_id = l.id)"""
        )
        return int(cursor.rowcount)


def take_off(*, since: datetime) -> int:
    """Take those off the list from whom something has come, who were kept before an instant, or who are gone."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""DELETE FROM leads_retentionreview WHERE kept_at < {reads.instant(since)}
                 OR lead_id IN (SELECT l.id FROM leads_lead l JOIN leads_retentionreview r ON r.lead_id = l.id
                     WHERE l.voided_at IS NOT NULL OR r.kept_at IS NULL AND {sign_of_life(since)})"""
        )
        return int(cursor.rowcount)


def erase_listed(*, terms: Terms, since: datetime, home: Path, at: datetime) -> int:
    """Erase whom the list has named for long enough; return how many. Who cannot be erased today is tried tomorrow."""
    ripe = RetentionReview.objects.filter(kept_at=None, listed_at__lte=at - timedelta(days=terms.review_days))
    erased = 0
    for lead_id in list(ripe.order_by("listed_at", "pk").values_list("lead_id", flat=True)[:MOST_A_DAY]):
        if is_somebody_elses_too(lead_id, since=since):
            continue
        try:
            erasure.erase_person(lead_id, home=home, at=at)
        except OnItsWay:
            continue
        erased += 1
    return erased


def is_somebody_elses_too(lead_id: int, *, since: datetime) -> bool:
    """Return whether erasing a lead would erase another record of the same person that shows life, or is kept."""
    ids = [each.lead_id for each in suppression.behind([lead_id], [])]
    kept = RetentionReview.objects.filter(lead_id__in=ids, kept_at__isnull=False)
    return kept.exists() or bool(alive(ids, since=since))


def alive(lead_ids: Collection[int], *, since: datetime) -> set[int]:
    """Return which of some leads show life since an instant."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT l.id FROM leads_lead l WHERE {reads.among("l.id", sorted(lead_ids))}
                   AND l.voided_at IS NULL AND {sign_of_life(since)}"""
        )
        return {row[0] for row in cursor.fetchall()}


def keep(lead_id: int, *, by: str, at: datetime) -> None:
    """Keep somebody who is on the list, for as long again as anybody is kept. Raises ``NotListed``."""
    if not RetentionReview.objects.filter(lead_id=lead_id).update(kept_at=at, kept_by=by[:150]):
        raise NotListed(
            "The lead is not on the list of those to be erased.",
            got=str(lead_id),
            advice="`coldframe person retention` shows who is.",
        )


def list_reviewed(*, terms: Terms, limit: int) -> tuple[list[Listed], int]:
    """Return who is on the list, who is erased soonest first, and how many there are."""
    rows = RetentionReview.objects.order_by("kept_at", "listed_at", "pk")
    columns = ("lead_id", "lead__first_name", "lead__last_name", "lead__email", "lead__account__name")
    found = [
        Listed(
            lead_id=row[0],
            name=" ".join(filter(None, row[1:3])),
            email=row[3],
            company=row[4],
            listed_at=row[5],
            erased_from=None if row[6] else row[5] + timedelta(days=terms.review_days),
            kept_by=row[7],
        )
        for row in rows.values_list(*columns, "listed_at", "kept_at", "kept_by")[:limit]
    ]
    found.sort(key=lambda each: (each.erased_from is None, each.listed_at, each.lead_id))
    return found, rows.count()
