"""People who have left their company: the company stays an account, the person is no longer to be reached there."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from coldframe.leads import consent, due, merged
from coldframe.leads.models import Lead


def mark_left(*, lead_id: int, at: datetime) -> bool:
    """Note that a person no longer works there; return whether that was news. Raises NoSuchLead."""
    lead_id = merged.root_of(lead_id)
    with transaction.atomic():
        account_id = consent.held(lead_id)
        changed = Lead.objects.filter(pk=lead_id).exclude(left_company=True).update(left_company=True)
        due.mark_due(account_ids=[account_id], at=at)
    return bool(changed)
