"""Words for codes, instants and numbers: a page shows none of the codes that the house works with."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, timedelta
from functools import cache

from coldframe.kernel.vocabulary import EmailKind, StakeholderRole
from coldframe.nurture import listing

DASH = "–"
#: Words that are written in capitals.
SHORT = {"it", "hr", "pr"}
UNKNOWN = "Not known"

GROUPS = {
    "to-sales": "To sales now",
    "nurture": "In nurture",
    "let-go": "Let go",
    "with-sales": "Already with sales",
    "new": "Not assessed yet",
}
STATUSES = {
    "NEW": "New",
    "SALES_REVIEW": "Sales review",
    "NURTURE": "Nurture",
    "RE_ENGAGED": "Re-engaged",
    "SALES_ACCEPTED": "Sales accepted",
    "DISQUALIFIED": "Disqualified",
}
INTENTS = {"HIGH": "High", "MEDIUM": "Medium", "LOW": "Low", "NONE": "None"}
FITS = {"A": "A", "B": "B", "C": "C", "D": "D"}
VERDICTS = {"GOOD": "Good fit", "UNDETERMINED": "Undetermined", "POOR": "Poor fit"}
STAGES = {
    "PROBLEM_AWARENESS": "Problem awareness",
    "RESEARCH": "Research",
    "COMPARISON": "Comparison",
    "EVALUATION": "Evaluation",
    "INTERNAL_ALIGNMENT": "Internal alignment",
    "RE_ENGAGEMENT": "Re-engagement",
}
TIMINGS = {"NOW": "Now", "LATER": "Later", "UNKNOWN": UNKNOWN}
ROLES = {word.value: word.value.replace("_", " ").capitalize() for word in StakeholderRole} | {
    "UNKNOWN": UNKNOWN
}
EMAIL_KINDS = {
    EmailKind.BUSINESS: "Business address",
    EmailKind.FREE: "Free-mail address",
    EmailKind.DISPOSABLE: "Throw-away address",
    EmailKind.ACADEMIC: "Academic address",
}
DEALS = {"open": "Open deal", "won": "Customer"}

FIELDS = {
    "lead.email": "E-mail address",
    "lead.job_title": "Job title",
    "lead.role": "Decision role",
    "lead.source": "Source",
    "lead.known_problem": "Known problem",
    "lead.timeline": "Timeline",
    "account.name": "Company",
    "account.industry": "Industry",
    "account.employees": "Company size",
    "account.country": "Country",
    "account.annual_revenue": "Yearly revenue",
    "account.renewal_on": "Contract renewal",
}
FILTERS = {
    "group": "Where it stands",
    "status": "Status",
    "reason": "Why",
    "path": "Path",
    "segment": "Segment",
    "fit": "Fit",
    "fit_best": "Best-case fit",
    "verdict": "Fit verdict",
    "intent": "Intent",
    "stage": "Buyer stage",
    "timing": "Timing",
    "source": "Source",
    "country": "Country",
    "missing": "Missing",
    "missing_count": "Missing facts",
    "id": "Lead",
    "q": "Search",
}
#: Filter -> words of its values, where it has a closed set.
VALUES = {
    "group": GROUPS,
    "status": STATUSES,
    "fit": FITS,
    "fit_best": FITS,
    "verdict": VERDICTS,
    "intent": INTENTS,
    "stage": STAGES,
    "timing": TIMINGS,
    "role": ROLES,
    "missing": FIELDS,
    "disposition": {"TO_SALES": "To sales", "NURTURE": "Nurture", "LET_GO": "Let go"},
}
#: Event kind -> what happened, before what it was about.
ACTIONS = {
    "page": "Visited",
    "form_submitted": "Submitted the form",
    "asset_downloaded": "Downloaded",
    "webinar_attended": "Attended a webinar:",
    "webinar_registered": "Registered for a webinar:",
    "link_clicked": "Clicked a link:",
    "replied": "Replied:",
    "call": "Call:",
    "meeting_booked": "Booked a meeting:",
    "answered": "Answered a question:",
    "email_sent": "Was sent an e-mail:",
    "email_delivered": "Received an e-mail:",
    "email_opened": "Opened an e-mail:",
    "email_bounced": "An e-mail bounced:",
    "unsubscribed": "Unsubscribed:",
    "complained": "Complained of spam:",
}


def plain(code: str) -> str:
    """Return a code as words: ``poor_fit`` becomes ``Poor fit``; text written for people stays as it is."""
    if code in SHORT:
        return code.upper()
    words = re.sub(r"[_.]+", " ", code) if re.fullmatch(r"[a-z0-9_.]+", code) else code
    return words[:1].upper() + words[1:]


def sentence(text: str) -> str:
    """Return a text with a capital at its start, the rest untouched."""
    return text[:1].upper() + text[1:]


def reason(code: str | None) -> str:
    """Return the rule that decided as words, without the kind of rule it is."""
    if not code:
        return DASH
    kind, _, name = code.partition(":")
    if kind == "opportunity":
        return DEALS.get(name, "Deal " + name)
    if kind == "path":
        return f"Path: {name}"
    return plain(name or kind)


def field(name: str) -> str:
    """Return the playbook's name of a field as words: ``account.employees`` becomes ``Company size``."""
    return FIELDS.get(name) or plain(
        name.removeprefix("lead.").removeprefix("account.").removeprefix("custom.")
    )


def filter_value(name: str, value: str) -> str:
    """Return the value of a filter as words."""
    if value == listing.NONE:
        return "None"
    if name in VALUES:
        return VALUES[name].get(value) or (field(value) if name == "missing" else plain(value))
    if name in {"reason"}:
        return reason(value)
    return country(value) if name == "country" else value


def filter_name(name: str) -> str:
    """Return the name of a filter as words."""
    return FILTERS.get(name) or plain(name)


def action(kind: str, about: str) -> str:
    """Return what happened as words: ``Visited /pricing``."""
    what = ACTIONS.get(kind, plain(kind) + ":")
    return f"{what} {about}" if about else what.removesuffix(":")


@cache
def country(code: str | None) -> str:
    """Return the name of the country with an ISO 3166 code; the code itself when there is none."""
    import pycountry

    found = pycountry.countries.get(alpha_2=code) if code else None
    return getattr(found, "common_name", None) or found.name if found else code or DASH


def day(instant: datetime) -> str:
    """Return the UTC day: ``22 Nov 2026``."""
    return f"{instant.day} {instant:%b %Y}"


def moment(instant: datetime) -> str:
    """Return the UTC instant to the minute: ``22 Nov 2026, 06:52 UTC``."""
    return f"{day(instant)}, {instant:%H:%M} UTC"


def distance(instant: datetime, *, now: datetime) -> str:
    """Return how far an instant lies from ``now``: ``3 days ago``, ``in 2 months``."""
    length = amount(abs(instant - now))
    if length == "":
        return "just now"
    return f"{length} ago" if instant < now else f"in {length}"


def amount(span: timedelta) -> str:
    """Return a length of time in its largest whole unit; empty below a minute."""
    units = [("year", 365 * 86400), ("month", 30 * 86400), ("day", 86400), ("hour", 3600), ("minute", 60)]
    for name, seconds in units:
        count = int(span.total_seconds() // seconds)
        if count:
            return f"{count} {name}{'s' if count > 1 else ''}"
    return ""


def number(value: int) -> str:
    """Return a whole number with its thousands apart: ``12,345``."""
    return f"{value:,}"


def counted(count: int, one: str, many: str = "") -> str:
    """Return a number with its noun: ``1 lead``, ``1,204 leads``."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def percent(share: float) -> str:
    """Return a share as whole percent; something never becomes nothing, nor less than all become all."""
    if 0 < share < 0.01:
        return "under 1 %"
    return f"{min(round(share * 100), 99) if share < 1 else 100} %"


def person(*, first_name: str | None, last_name: str | None, email: str | None) -> str:
    """Return what a lead is called: the name, else the address."""
    return " ".join(filter(None, [first_name, last_name])) or email or "Unnamed lead"


def without_marks(text: str) -> str:
    """Return a text without invisible marks, such as those that change the direction of writing."""
    return "".join(each for each in text if unicodedata.category(each) not in {"Cf", "Cc"})


def initials(name: str) -> str:
    """Return the first letters of the first and the last word."""
    letters = [word[0] for word in name.replace("@", " ").split() if word[0].isalnum()]
    return "".join(letters[:1] + letters[1:][-1:]).upper() or "?"
