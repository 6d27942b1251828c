"""
What the standings of an account's leads come to, kept beside them for lists of accounts.

The same SQL in the transaction that decides, and where an account lost a lead otherwise.
"""

from __future__ import annotations

from collections.abc import Collection

from django.db import connection

from coldframe.kernel.vocabulary import IntentLevel, LeadStatus
from coldframe.storage import reads

#: Column -> what it is of the standings ``s`` of an account.
FIGURES = {
    "intent_points": "MAX(s.account_intent_points)",
    "fit_level": "MIN(s.fit_level)",
    "last_meaningful_at": "MAX(s.last_meaningful_at)",
    "lead_count": "COUNT(*)",
    "engaged_count": f"SUM(CASE WHEN s.intent_level IN ('{IntentLevel.HIGH}', '{IntentLevel.MEDIUM}') THEN 1 ELSE 0 END)",
    "with_sales_count": f"SUM(CASE WHEN s.status IN ('{LeadStatus.SALES_REVIEW}', '{LeadStatus.SALES_ACCEPTED}') THEN 1 ELSE 0 END)",
    "nurture_count": f"SUM(CASE WHEN s.status IN ('{LeadStatus.NURTURE}', '{LeadStatus.RE_ENGAGED}') THEN 1 ELSE 0 END)",
}


def keeping(among: str) -> str:
    """Return the SQL that keeps the figures of the accounts that a condition over ``l.account_id`` names."""
    return f"""{inserting("l.account_id")}
                 FROM leads_lead l JOIN nurture_standing s ON s.lead_id = l.id
                WHERE l.voided_at IS NULL AND {among}
                GROUP BY l.account_id
               {renewing()}"""


def keeping_all_of(standings: str) -> str:
    """Return the SQL that keeps the figures of accounts of which every assessed lead is in a table of standings."""
    return (
        f"""{inserting("s.account_id")} FROM {standings} s WHERE 1 = 1 GROUP BY s.account_id {renewing()}"""
    )


def inserting(account_id: str) -> str:
    return f"""INSERT INTO nurture_accountstanding (account_id, {", ".join(FIGURES)})
               SELECT {account_id}, {", ".join(FIGURES.values())}"""


def renewing() -> str:
    renewed = ", ".join(f"{name} = excluded.{name}" for name in FIGURES)
    return f"ON CONFLICT (account_id) DO UPDATE SET {renewed}"


def renew(account_ids: Collection[int]) -> None:
    """Count these accounts anew, in the caller's transaction; one without an assessed lead has no figures."""
    if not account_ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM nurture_accountstanding WHERE {reads.among('account_id', sorted(account_ids))}"
        )
        cursor.execute(keeping(reads.among("l.account_id", sorted(account_ids))))
