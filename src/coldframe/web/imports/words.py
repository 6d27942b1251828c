"""Words for what an import knows by names of its own."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from coldframe.web import wording

KINDS: dict[str, str | Promise] = {
    "leads": _("People"),
    "accounts": _("Companies"),
    "opportunities": _("Deals"),
    "events": _("What people did"),
}
RULES: dict[str, str | Promise] = {
    "replace": _("the file wins"),
    "fill": _("fill what is empty"),
    "keep": _("keep what is known"),
}
ORDERS: dict[str, str | Promise] = {
    "day-first": _("day first: 31/12"),
    "month-first": _("month first: 12/31"),
}
BASES: dict[str, str | Promise] = {
    "": _("Nothing says that they may be mailed"),
    "consent": _("They agreed to be contacted (consent)"),
    "legitimate_interest": _("Legitimate interest"),
    "contract": _("A contract with them"),
}
STATES: dict[str, tuple[str | Promise, str]] = {
    "DONE": (_("Taken in"), "green"),
    "UNDONE": (_("Taken back"), "gray"),
    "RUNNING": (_("Under way"), "blue"),
    "INTERRUPTED": (_("Stopped half-way"), "yellow"),
}
COUNTS: dict[str, str | Promise] = {
    "new": _("New"),
    "updated": _("Updated"),
    "unchanged": _("Unchanged"),
    "merged": _("Same as another row"),
    "conflicting": _("Conflicting"),
    "refused": _("Refused"),
}
#: What else came of the rows; how many they are goes in at ``count``.
ALSO: dict[str, Callable[[int], str]] = {
    "accounts_new": lambda n: wording.how_many(n, "%(count)s new company", "%(count)s new companies"),
    "accounts_made_as_parents": lambda n: wording.how_many(
        n,
        "%(count)s company known only as somebody’s parent",
        "%(count)s companies known only as somebody’s parent",
    ),
    "accounts_joined": lambda n: wording.how_many(
        n,
        "%(count)s company turned out to be another one and is joined with it",
        "%(count)s companies turned out to be another one and are joined with it",
    ),
    "without_account": lambda n: wording.how_many(
        n, "%(count)s deal that names no company", "%(count)s deals that name no company"
    ),
    "person_unknown": lambda n: wording.how_many(
        n, "%(count)s row whose person is not known here", "%(count)s rows whose person is not known here"
    ),
    "account_unknown": lambda n: wording.how_many(
        n, "%(count)s row whose company is not known here", "%(count)s rows whose company is not known here"
    ),
    "events_of_companies": lambda n: wording.how_many(
        n,
        "%(count)s event of a company, of nobody in particular",
        "%(count)s events of companies, of nobody in particular",
    ),
    "events_known": lambda n: wording.how_many(
        n, "%(count)s event that is known already", "%(count)s events that are known already"
    ),
    "erased_before": lambda n: wording.how_many(
        n, "%(count)s row skipped: earlier erasure", "%(count)s rows skipped: earlier erasure"
    ),
}
FIELDS: dict[str, str | Promise] = {
    "account": _("Company"),
    "account_external_id": _("Company’s id in the source"),
    "amount": _("Amount"),
    "annual_revenue": _("Yearly revenue"),
    "asset": _("Content"),
    "bounced": _("Address bounced: never mail"),
    "campaign": _("Campaign"),
    "city": _("City"),
    "closed_at": _("Closed on"),
    "company": _("Company"),
    "company_domain": _("Company’s domain"),
    "consent_basis": _("Basis for contact"),
    "consent_given_at": _("Consent given on"),
    "consent_source": _("Source of the consent"),
    "consent_wording": _("Wording of the consent"),
    "contact_external_id": _("Contact’s id in the source"),
    "country": _("Country"),
    "currency": _("Currency"),
    "department": _("Department"),
    "domain": _("Domain"),
    "email": _("E-mail address"),
    "employees": _("Company size"),
    "entered_at": _("Became a lead on"),
    "external_id": _("Id in the source"),
    "first_name": _("First name"),
    "form": _("Form"),
    "full_name": _("Full name"),
    "industry": _("Industry"),
    "is_closed": _("Is closed"),
    "is_won": _("Is won"),
    "job_title": _("Job title"),
    "kind": _("What happened"),
    "known_problem": _("Known problem"),
    "landing_page": _("Landing page"),
    "language": _("Language"),
    "last_name": _("Last name"),
    "lead_email": _("Person’s e-mail address"),
    "lead_external_id": _("Person’s id in the source"),
    "lead_first_name": _("Person’s first name"),
    "lead_full_name": _("Person’s full name"),
    "lead_last_name": _("Person’s last name"),
    "left_company": _("Has left the company"),
    "lost_reason": _("Reason of the loss"),
    "message": _("Message"),
    "name": _("Name"),
    "occurred_at": _("When it happened"),
    "offer": _("Offer"),
    "opened_at": _("Opened on"),
    "opt_out": _("Opted out: never mail"),
    "owner": _("Owner in sales"),
    "parent": _("Parent company"),
    "path": _("Page"),
    "phone": _("Phone"),
    "product": _("Product"),
    "renewal_on": _("Contract renews on"),
    "role": _("Role in the decision"),
    "source": _("Where the lead came from"),
    "source_status": _("Status in the source"),
    "stage": _("Stage"),
    "state": _("Open, won or lost"),
    "technologies": _("Technologies"),
    "time_zone": _("Time zone"),
    "timeline": _("Timeline"),
    "topic": _("Topic"),
    "website": _("Website"),
}


def field(name: str) -> str:
    """Return what a field is called."""
    if name.startswith("custom."):
        return name.removeprefix("custom.").partition(":")[0].replace("_", " ").capitalize()
    return str(FIELDS.get(name, name.replace("_", " ").capitalize()))
