"""
Marks: whether anything has changed since a page was made, at the price of a few rows of indexes.

A mark is a text without meaning; equal marks say that what the page shows of facts and decisions is the same.
"""

from __future__ import annotations

import hashlib
from uuid import UUID

from django.db import connection

from coldframe.leads.models import Lead

#: Of everything that was decided: what the first page and lists show.
EVERYTHING = (
    "SELECT MAX(id) FROM nurture_transition",
    "SELECT MAX(id) FROM nurture_assessment",
    "SELECT MAX(id) FROM handoff_handoff",
    "SELECT MAX(id) FROM handoff_verdict",
    "SELECT MAX(ended_at) FROM handoff_handoff",
    "SELECT COUNT(*) FROM activity_receivedmail WHERE state = 'OPEN'",
    "SELECT MAX(id) FROM nurture_touch",
    "SELECT MAX(id) FROM leads_suppression",
    "SELECT MAX(id) FROM nurture_override",
)
#: Of what lies before sales, and who waits for room.
OF_THE_DESK = (
    "SELECT MAX(id) FROM handoff_handoff",
    "SELECT MAX(id) FROM handoff_verdict",
    "SELECT MAX(ended_at) FROM handoff_handoff",
    "SELECT MAX(id) FROM handoff_notification",
    "SELECT MAX(id) FROM nurture_transition",
)
#: Of one lead and its account: what happened, what was decided, what went out.
OF_A_LEAD = (
    "SELECT COUNT(*) FROM activity_event WHERE account_id = {account}",
    "SELECT SUM(evidence) FROM activity_event WHERE account_id = {account}",
    "SELECT COUNT(*) FROM nurture_assessment WHERE lead_id = {lead}",
    "SELECT COUNT(*) FROM nurture_transition WHERE lead_id = {lead}",
    "SELECT MAX(cycle_id) FROM nurture_touch WHERE lead_id = {lead}",
    "SELECT MAX(settled_at) FROM nurture_touch WHERE lead_id = {lead}",
    "SELECT COUNT(*) FROM nurture_hold WHERE lead_id = {lead}",
    "SELECT COUNT(*) FROM handoff_handoff WHERE lead_id = {lead}",
    "SELECT MAX(ended_at) FROM handoff_handoff WHERE lead_id = {lead}",
    "SELECT COUNT(*) FROM nurture_enrollment WHERE lead_id = {lead}",
    "SELECT MAX(ended_at) FROM nurture_enrollment WHERE lead_id = {lead}",
    "SELECT COUNT(*) FROM leads_suppression WHERE lead_id = {lead}",
    "SELECT COUNT(*) FROM leads_liftedsuppression WHERE lead_id = {lead}",
    "SELECT COUNT(*) FROM leads_consent WHERE lead_id = {lead}",
    "SELECT MAX(withdrawn_at) FROM leads_consent WHERE lead_id = {lead}",
    "SELECT MAX(asked_at) FROM leads_pause WHERE lead_id = {lead}",
    "SELECT MAX(ended_at) FROM leads_pause WHERE lead_id = {lead}",
    "SELECT COUNT(*) FROM nurture_override WHERE lead_id = {lead}",
    "SELECT MAX(lifted_at) FROM nurture_override WHERE lead_id = {lead}",
)
LETTERS = 16


def of_everything() -> str:
    """Return the mark of all decisions."""
    return marked(EVERYTHING)


def of_desk() -> str:
    """Return the mark of what lies before sales."""
    return marked(OF_THE_DESK)


def of_lead(public_id: UUID) -> str | None:
    """Return the mark of a lead; None where there is none."""
    found = Lead.objects.filter(public_id=public_id).values_list("pk", "account_id").first()
    if found is None:
        return None
    lead, account = map(int, found)
    return marked(tuple(each.format(lead=lead, account=account) for each in OF_A_LEAD))


def marked(scalars: tuple[str, ...]) -> str:
    """Return the mark of some values, each a statement that finds one."""
    sql = "SELECT " + ", ".join(f"({each})" for each in scalars)
    with connection.cursor() as cursor:
        cursor.execute(sql)
        row = cursor.fetchone()
    return hashlib.blake2b(repr(tuple(map(str, row))).encode()).hexdigest()[:LETTERS]
