"""Words for codes, instants and numbers: a page shows none of the codes that the house works with."""

from __future__ import annotations

import gettext as gettext_module
import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils import dateformat, formats, timezone
from django.utils.translation import get_language, gettext_lazy, ngettext, pgettext
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from coldframe.kernel.vocabulary import EmailKind, StakeholderRole
from coldframe.languages import Words
from coldframe.nurture import listing, words
from coldframe.web import lengths, phrases

DASH = "–"
#: Words that are written in capitals.
SHORT = {"it", "hr", "pr", "faq"}
UNKNOWN = gettext_lazy("Not known")

GROUPS = Words(
    {
        "to-sales": noop("To sales now"),
        "nurture": noop("In nurture"),
        "let-go": noop("Let go"),
        "with-sales": noop("Already with sales"),
        "new": noop("Not assessed yet"),
    }
)
STATUSES = Words(
    {
        "NEW": noop("New"),
        "SALES_REVIEW": noop("Sales review"),
        "NURTURE": noop("Nurture"),
        "RE_ENGAGED": noop("Re-engaged"),
        "SALES_ACCEPTED": noop("Sales accepted"),
        "DISQUALIFIED": noop("Disqualified"),
    }
)
INTENTS = Words({"HIGH": noop("High"), "MEDIUM": noop("Medium"), "LOW": noop("Low"), "NONE": noop("None")})
FITS = {"A": "A", "B": "B", "C": "C", "D": "D"}
VERDICTS = Words({"GOOD": noop("Good fit"), "UNDETERMINED": noop("Undetermined"), "POOR": noop("Poor fit")})
STAGES = Words(
    {
        "PROBLEM_AWARENESS": noop("Problem awareness"),
        "RESEARCH": noop("Research"),
        "COMPARISON": noop("Comparison"),
        "EVALUATION": noop("Evaluation"),
        "INTERNAL_ALIGNMENT": noop("Internal alignment"),
        "RE_ENGAGEMENT": noop("Re-engagement"),
    }
)
TIMINGS = Words({"NOW": noop("Now"), "LATER": noop("Later"), "UNKNOWN": noop("Not known")})
ROLES = Words(
    {
        StakeholderRole.ECONOMIC_BUYER.value: noop("Economic buyer"),
        StakeholderRole.CHAMPION.value: noop("Champion"),
        StakeholderRole.USER.value: noop("User"),
        StakeholderRole.TECHNICAL_EVALUATOR.value: noop("Technical evaluator"),
        StakeholderRole.PROCUREMENT.value: noop("Procurement"),
        StakeholderRole.UNKNOWN.value: noop("Not known"),
    }
)
EMAIL_KINDS = Words(
    {
        EmailKind.BUSINESS: noop("Business address"),
        EmailKind.FREE: noop("Free-mail address"),
        EmailKind.DISPOSABLE: noop("Throw-away address"),
        EmailKind.ACADEMIC: noop("Academic address"),
    }
)
DEALS = Words({"open": noop("Open deal"), "won": noop("Customer")})

FIELDS = Words(
    {
        "lead.email": noop("E-mail address"),
        "lead.job_title": noop("Job title"),
        "lead.role": noop("Decision role"),
        "lead.source": noop("Source"),
        "lead.known_problem": noop("Known problem"),
        "lead.timeline": noop("Timeline"),
        "account.name": noop("Company"),
        "account.industry": noop("Industry"),
        "account.employees": noop("Company size"),
        "account.country": noop("Country"),
        "account.annual_revenue": noop("Yearly revenue"),
        "account.renewal_on": noop("Contract renewal"),
    }
)
FILTERS = Words(
    {
        "group": noop("Where it stands"),
        "status": noop("Status"),
        "reason": noop("Why"),
        "path": noop("Path"),
        "segment": noop("Segment"),
        "fit": noop("Fit"),
        "fit_best": noop("Best-case fit"),
        "verdict": noop("Fit verdict"),
        "intent": noop("Intent"),
        "stage": noop("Buyer stage"),
        "timing": noop("Timing"),
        "source": noop("Source"),
        "country": noop("Country"),
        "missing": noop("Missing"),
        "missing_count": noop("Missing facts"),
        "hold": noop("Not contacted now"),
        "stay": noop("Stay on the path"),
        "moved": noop("Since yesterday"),
        "moved_since": noop("Since then"),
        "on": noop("On the path"),
        "exited": noop("Left in the last 90 days"),
        "next": noop("Next touch"),
        "runs_out": noop("Will have had everything"),
        "had": noop("Was sent"),
        "getting": noop("On its way to them"),
        "coming": noop("Would get next"),
        "found": noop("Found by themselves"),
        "clicked": noop("Clicked in a mail with"),
        "replied": noop("Replied to a mail with"),
        "left_after": noop("Unsubscribed by a mail with"),
        "complained": noop("Complained of a mail with"),
        "bounced": noop("Address dead by a mail with"),
        "undelivered": noop("Could not be delivered"),
        "uncertain": noop("Uncertain whether they got"),
        "forward": noop("A stage further after"),
        "handed": noop("Before sales after"),
        "floor": noop("Waits beyond its floor"),
        "problem": noop("Known problem"),
        "import": noop("Import"),
        "id": noop("Lead"),
        "q": noop("Search"),
    }
)
#: Filter -> words of its values, where it has a closed set.
VALUES: Mapping[str, Mapping[str, str]] = {
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
    "hold": words.HOLDS,
    "stay": words.STAYS,
    "floor": Words({"any": noop("For any reason")}) | words.HOLDS,
    "moved": STATUSES | {"NEW": noop("Assessed first")},
    "disposition": Words(
        {"TO_SALES": noop("To sales"), "NURTURE": noop("Nurture"), "LET_GO": noop("Let go")}
    ),
}
#: What an import did to leads.
IMPORTED = Words(
    {
        "new": noop("new by it"),
        "updated": noop("changed by it"),
        "parents": noop("known by it only as somebody’s parent"),
        "events": noop("did what it told of"),
    }
)
CHANNELS = Words(
    {
        "EMAIL": noop("E-mail"),
        "AUDIENCE": noop("Retargeting list"),
        "TASK": noop("Task for the owner"),
        "WEBHOOK": noop("Call to another system"),
    }
)
#: What became of a message.
MESSAGES = Words(
    {
        "QUEUED": noop("Waits"),
        "CLAIMED": noop("Being sent"),
        "HANDING_OFF": noop("Being sent"),
        "SENT": noop("Sent"),
        "HELD": noop("Held"),
        "FAILED": noop("Failed"),
        "UNCERTAIN": noop("Uncertain"),
    }
)
#: Kind of connection -> what it is, and what goes through it.
CONNECTIONS = Words(
    {
        "LOCAL": noop("Local outbox"),
        "SMTP": noop("Mail server"),
        "PROVIDER": noop("Mail provider"),
        "WEBHOOK": noop("Webhook"),
        "AUDIENCE": noop("Retargeting list"),
        "TASK": noop("Tasks"),
    }
)
#: Field by which a time zone is known -> what makes it a guess.
ZONES = Words(
    {
        "lead.country": noop("guessed from the lead’s country"),
        "account.country": noop("guessed from the company’s country"),
        "otherwise": noop("the playbook’s, because nobody knows the lead’s own"),
    }
)
VERDICT_ANSWERS = Words(
    {
        "ACCEPTED": noop("accepted"),
        "NOT_NOW": noop("not now"),
        "WRONG_PERSON": noop("wrong person"),
        "NEEDS_EDUCATION": noop("needs education first"),
        "NOT_A_FIT": noop("not a fit"),
    }
)
EXITS = Words({"to_sales": noop("Went to sales"), "disqualified": noop("Let go")})
#: Event kind -> what happened, before what it was about.
ACTIONS = Words(
    {
        "page": noop("Visited"),
        "form_submitted": noop("Submitted the form"),
        "asset_downloaded": noop("Downloaded"),
        "webinar_attended": noop("Attended a webinar:"),
        "webinar_registered": noop("Registered for a webinar:"),
        "link_clicked": noop("Clicked a link:"),
        "replied": noop("Replied:"),
        "declined": noop("Said no:"),
        "call": noop("Call:"),
        "meeting_booked": noop("Booked a meeting:"),
        "answered": noop("Answered a question:"),
        "email_sent": noop("Was sent an e-mail:"),
        "email_delivered": noop("Received an e-mail:"),
        "email_opened": noop("Opened an e-mail:"),
        "email_bounced": noop("An e-mail bounced:"),
        "unsubscribed": noop("Unsubscribed:"),
        "complained": noop("Complained of spam:"),
    }
)


def plain(code: str) -> str:
    """Return a code as words: ``poor_fit`` becomes ``Poor fit``; text written for people stays as it is."""
    if code in SHORT:
        return code.upper()
    is_code = re.fullmatch(r"[a-z0-9_.]+", code) is not None
    said = phrases.said(re.sub(r"[_.]+", " ", code)) if is_code else code
    return said[:1].upper() + said[1:]


def sentence(text: str) -> str:
    """Return a text with a capital at its start, the rest untouched."""
    return text[:1].upper() + text[1:]


def reason(code: str | None) -> str:
    """Return the rule that decided as words, without the kind of rule it is."""
    if not code:
        return DASH
    kind, _colon, name = code.partition(":")
    if kind == "opportunity":
        return DEALS.get(name) or _("Deal %(state)s") % {"state": name}
    if kind == "path":
        return _("Path: %(path)s") % {"path": name}
    return plain(name or kind)


def exit_of(code: str | None) -> str:
    """Return why a stay on a path ended as words: ``path:wake up`` becomes ``Moved to the path wake up``."""
    kind, _colon, name = (code or "").partition(":")
    if kind == "path":
        return _("Moved to the path %(path)s") % {"path": name}
    return EXITS.get(kind) or plain(name or kind)


def said_of_message(code: str) -> str:
    """Return why a message is held, failed or uncertain as words."""
    return words.HOLDS.get(code) or plain(code.lower())


def in_zone(instant: datetime, zone: str) -> str:
    """Return the instant by the clocks of a time zone: ``Tue 8 Dec 2026, 15:00``; of an unknown one, the reader's."""
    try:
        local = instant.astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return moment(instant)
    return f"{dateformat.format(local, 'D')} {day(local)}, {local:%H:%M}"


def field(name: str) -> str:
    """Return the playbook's name of a field as words: ``account.employees`` becomes ``Company size``."""
    return FIELDS.get(name) or plain(
        name.removeprefix("lead.").removeprefix("account.").removeprefix("custom.")
    )


def filter_value(name: str, value: str) -> str:
    """Return the value of a filter as words."""
    if value == listing.NONE:
        return _("None")
    if name in VALUES:
        return VALUES[name].get(value) or (field(value) if name == "missing" else plain(value))
    if name in {"reason"}:
        return reason(value)
    if name in {"exited", "runs_out"} and "|" in value:
        path, _bar, rest = value.partition("|") if name == "exited" else value.rpartition("|")
        return f"{path}, {exit_of(rest) if name == 'exited' else rest}"
    if name == "moved_since":
        return moved_since(value)
    if name == "import":
        number, _dot, part = value.partition(".")
        return f"{number}, {IMPORTED[part]}" if part in IMPORTED else value
    return country(value) if name == "country" else value


def moved_since(value: str) -> str:
    """Return where leads moved to, and since when: ``NURTURE.2026-03-02T08:15:00Z``."""
    status, _dot, instant = value.partition(".")
    word = VALUES["moved"].get(status)
    try:
        since = datetime.fromisoformat(instant)
        return _("%(what)s, since %(instant)s") % {"what": word, "instant": moment(since)} if word else value
    except (ValueError, OverflowError):
        return value


def filter_name(name: str) -> str:
    """Return the name of a filter as words."""
    return FILTERS.get(name) or plain(name)


def action(kind: str, about: str) -> str:
    """Return what happened as words: ``Visited /pricing``."""
    what = ACTIONS.get(kind, plain(kind) + ":")
    return f"{what} {about}" if about else what.removesuffix(":")


def country(code: str | None) -> str:
    """Return the name of the country with an ISO 3166 code in the reader's language; the code where there is none."""
    return country_in(get_language() or "en", code) if code else DASH


@cache
def country_in(language: str, code: str) -> str:
    """Return the name of a country in a language, from Debian's iso-codes, which pycountry brings along."""
    import pycountry

    found = pycountry.countries.get(alpha_2=code)
    if found is None:
        return code
    name: str = getattr(found, "common_name", None) or found.name
    words = gettext_module.translation("iso3166-1", pycountry.LOCALES_DIR, [language], fallback=True)
    return words.gettext(name)


def day(instant: date) -> str:
    """Return the day, by the clock that the instant is told by: ``22 Nov 2026``."""
    return str(dateformat.format(instant, pgettext("how a day is written", "j M Y")))


def day_here(instant: datetime) -> str:
    """Return the day in the zone of whoever reads: of what somebody named as a day, whose beginning is kept."""
    return day(timezone.localtime(instant))


def moment(instant: datetime) -> str:
    """Return the instant to the minute in the zone of whoever reads: ``22 Nov 2026, 06:52 UTC``."""
    local = timezone.localtime(instant)
    return f"{day(local)}, {local:%H:%M} {local:%Z}"


def distance(instant: datetime, *, now: datetime) -> str:
    """Return how far an instant lies from ``now``: ``3 days ago``, ``in 2 months``."""
    found = lengths.in_whole_units(abs(instant - now))
    if found is None:
        return _("just now")
    unit, count = found
    return ngettext(*(unit.ago if instant < now else unit.ahead), count) % {"count": count}


def amount(span: timedelta) -> str:
    """Return a length of time in its largest whole unit; empty below a minute."""
    found = lengths.in_whole_units(span)
    return ngettext(*found[0].length, found[1]) % {"count": found[1]} if found else ""


def number(value: int) -> str:
    """Return a whole number with its thousands apart: ``12,345``."""
    return str(formats.number_format(value, force_grouping=True))


def how_many(count: int, one: str, many: str) -> str:
    """
    Return how many there are: ``1 lead``, ``1,204 leads``.

    ``one`` and ``many`` are a message with ``%(count)s``, gathered from the call.
    """
    return ngettext(one, many, count) % {"count": number(count)}


def percent(share: float) -> str:
    """Return a share as whole percent; something never becomes nothing, nor less than all become all."""
    if 0 < share < 0.01:
        return _("under 1 %")
    return f"{min(round(share * 100), 99) if share < 1 else 100} %"


def person(*, first_name: str | None, last_name: str | None, email: str | None) -> str:
    """Return what a lead is called: the name, else the address."""
    return " ".join(filter(None, [first_name, last_name])) or email or _("Unnamed lead")


def without_marks(text: str) -> str:
    """Return a text without invisible marks, such as those that change the direction of writing."""
    return "".join(each for each in text if unicodedata.category(each) not in {"Cf", "Cc"})


def initials(name: str) -> str:
    """Return the first letters of the first and the last word."""
    letters = [word[0] for word in name.replace("@", " ").split() if word[0].isalnum()]
    return "".join(letters[:1] + letters[1:][-1:]).upper() or "?"
