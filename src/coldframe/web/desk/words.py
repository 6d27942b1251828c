"""What the desk calls answers, reasons and states, in the reader's language."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from coldframe.kernel.vocabulary import HandoffState, Verdict

ANSWERS: dict[str, Promise] = {
    Verdict.ACCEPTED: lazy("Accept"),
    Verdict.NOT_NOW: lazy("Not now"),
    Verdict.WRONG_PERSON: lazy("Wrong person"),
    Verdict.NEEDS_EDUCATION: lazy("Needs education"),
    Verdict.NOT_A_FIT: lazy("Not a fit"),
}
#: What an answer was, once it is given.
SAID: dict[str, Promise] = {
    Verdict.ACCEPTED: lazy("Accepted"),
    Verdict.NOT_NOW: lazy("Not now"),
    Verdict.WRONG_PERSON: lazy("Wrong person"),
    Verdict.NEEDS_EDUCATION: lazy("Needs education"),
    Verdict.NOT_A_FIT: lazy("Not a fit"),
}
#: What follows from an answer, as the shipped rules have it; said before it is given.
FOLLOWS: dict[str, Promise] = {
    Verdict.ACCEPTED: lazy("The lead is yours, and nurture keeps silent."),
    Verdict.NOT_NOW: lazy("The lead goes back to nurture, and comes again after the date."),
    Verdict.WRONG_PERSON: lazy("The lead goes back to nurture."),
    Verdict.NEEDS_EDUCATION: lazy("The lead goes back to nurture and learns about the problem first."),
    Verdict.NOT_A_FIT: lazy("The lead is let go."),
}
TONES: dict[str, str] = {
    Verdict.ACCEPTED: "green",
    Verdict.NOT_NOW: "blue",
    Verdict.WRONG_PERSON: "yellow",
    Verdict.NEEDS_EDUCATION: "teal",
    Verdict.NOT_A_FIT: "gray",
}
STATES: dict[str, Promise] = {
    HandoffState.OPEN: lazy("Waits for an answer"),
    HandoffState.ANSWERED: lazy("Answered"),
    HandoffState.LAPSED: lazy("Not answered in time"),
    HandoffState.CLOSED: lazy("Overtaken by events"),
}
#: Why somebody is not a fit, said by one press. Stored in these words, whatever the language of who says it.
REASONS: dict[str, Promise] = {
    "too small": lazy("Too small"),
    "too large": lazy("Too large"),
    "wrong industry": lazy("Wrong industry"),
    "outside our market": lazy("Outside our market"),
    "no budget": lazy("No budget"),
    "has another solution": lazy("Has another solution"),
    "competitor": lazy("Competitor"),
    "student or private": lazy("Student or private"),
}
#: How an owner was found.
WAYS: dict[str, Promise] = {
    "account.owner": lazy("owner of the account"),
    "lead.owner": lazy("owner of the lead"),
    "territory": lazy("by territory"),
    "colleague": lazy("has a colleague of theirs"),
    "round_robin": lazy("by turns"),
}
#: What clocks tell is no shorter.
MINUTE = timedelta(minutes=1)
#: What stands for a person who handed a lead over, in ``owner_from``.
BY_PERSON = "person:"


def owner_from(code: str) -> str:
    """Return how the owner of a handoff was found; empty where nobody said."""
    if code.startswith(BY_PERSON):
        return _("handed over by %(name)s") % {"name": code.removeprefix(BY_PERSON)}
    return str(WAYS.get(code, ""))


def reason(code: str) -> str:
    """Return why somebody is not a fit: one of ours in the reader's language, anything else as it was written."""
    return str(REASONS.get(code, code))


def span(length: timedelta) -> str:
    """Return a length of time in one or two units, the way a clock tells it: ``1 h 20 min``, ``3 days``."""
    minutes = max(0, int(length.total_seconds() // 60))
    days, hours = minutes // 1440, minutes // 60
    if days >= 2:
        return ngettext("%(count)s day", "%(count)s days", days) % {"count": days}
    if hours >= 1:
        return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes % 60}
    return _("%(minutes)s min") % {"minutes": minutes}


def clock(due: datetime, *, now: datetime) -> str:
    """Return how long there is until an instant, or how long ago it was; within a minute of it, that it has come."""
    if abs(due - now) < MINUTE:
        return _("due now")
    if due <= now:
        return _("%(span)s late") % {"span": span(now - due)}
    return _("%(span)s left") % {"span": span(due - now)}
