"""
What an export of leads holds: a column for each field of the record, of the assessment and of the because card.

Columns of the record carry the names that an import recognizes; what is computed begins with ``Coldframe``,
and an import leaves it alone.
"""

from __future__ import annotations

from dataclasses import dataclass

#: The header that tells such a file from others, and the lead's id in it.
ID_HEADER = "Coldframe id"
PREFIX = "Coldframe "


@dataclass(frozen=True)
class Column:
    """One column: its key in JSON, its header in tables."""

    key: str
    header: str


def record(key: str, header: str) -> Column:
    """Return a column of the record, as it was given."""
    return Column(key, header)


def computed(key: str, name: str) -> Column:
    """Return a column that was computed."""
    return Column(key, PREFIX + name)


RECORD = (
    record("id", ID_HEADER),
    record("email", "Email"),
    record("first_name", "First name"),
    record("last_name", "Last name"),
    record("job_title", "Job title"),
    record("department", "Department"),
    record("phone", "Phone"),
    record("country", "Country"),
    record("city", "City"),
    record("time_zone", "Time zone"),
    record("language", "Language"),
    record("source", "Lead source"),
    record("campaign", "Campaign"),
    record("landing_page", "Landing page"),
    record("offer", "Offer"),
    record("form", "Form"),
    record("message", "Message"),
    record("known_problem", "Known problem"),
    record("timeline", "Timeline"),
    record("owner", "Lead owner"),
    record("source_status", "Lead status"),
    record("left_company", "Left company"),
    record("entered_at", "Entered at"),
    record("company", "Company"),
    record("company_domain", "Company domain"),
    record("industry", "Industry"),
    record("employees", "Number of employees"),
    record("annual_revenue", "Annual revenue"),
)
#: Of the record too, but no column of a file of leads brings them in.
SHOWN = (
    computed("role", "role in the decision"),
    computed("company_country", "company country"),
    computed("company_city", "company city"),
    computed("technologies", "technologies"),
    computed("renewal_on", "renewal date"),
    computed("company_owner", "company owner"),
    computed("external_ids", "ids elsewhere"),
    computed("consents", "consent"),
    computed("suppressed_by", "may not be mailed"),
    computed("status", "status"),
    computed("status_since", "status since"),
)
ASSESSED = (
    computed("disposition", "disposition"),
    computed("reason", "reason"),
    computed("disqualification_reason", "disqualification reason"),
    computed("fit_level", "fit level"),
    computed("fit_level_best", "fit level at best"),
    computed("fit_score", "fit score"),
    computed("fit_verdict", "fit verdict"),
    computed("intent_level", "intent level"),
    computed("intent_points", "intent points"),
    computed("account_intent_points", "account intent points"),
    computed("stage", "buyer stage"),
    computed("timing", "timing"),
    computed("timing_at", "timing date"),
    computed("segment", "segment"),
    computed("path", "nurture path"),
    computed("missing_count", "facts missing for sales"),
    computed("last_meaningful_action", "last meaningful action"),
    computed("last_meaningful_at", "last meaningful action at"),
)
CARD = (
    computed("why", "why"),
    computed("because", "because"),
    computed("decided_at", "decided at"),
    computed("playbook", "playbook"),
    computed("playbook_version", "playbook version"),
    computed("would_move_it", "would move it"),
    computed("would_settle_fit", "would settle fit"),
    computed("leaves_at", "leaves at"),
    computed("leaves", "when it leaves"),
    computed("next_touch", "next touch"),
    computed("held_for", "held for"),
    computed("held_until", "held until"),
    computed("comes_next", "comes next"),
)
COLUMNS = (*RECORD, *SHOWN, *ASSESSED, *CARD)


def custom(entity: str, name: str) -> Column:
    """Return the column of a field of one's own."""
    return computed(f"{entity}.custom.{name}", f"{entity}.custom.{name}")
