"""What holds and channels are called, and the numbers behind them, in words for people."""

from __future__ import annotations

import re
from datetime import date

from django.utils.translation import gettext_noop as _

from coldframe.kernel.assessment.wording import label
from coldframe.kernel.playbook import templates
from coldframe.kernel.playbook.model import Playbook
from coldframe.kernel.vocabulary import Channel, HoldReason, TouchState
from coldframe.languages import Words

#: Why a touch was not made, as a list or a filter names it.
HOLDS = Words(
    {
        HoldReason.CADENCE: _("Contacted recently"),
        HoldReason.CEILING: _("Contacted often enough"),
        HoldReason.COLLEAGUE: _("A colleague comes first"),
        HoldReason.QUIET_HOURS: _("Outside working hours"),
        HoldReason.SALES_ACTIVE: _("Sales is at work"),
        HoldReason.HOLDOUT: _("Kept out to measure"),
        HoldReason.NO_CONSENT: _("No permission"),
        HoldReason.SUPPRESSED: _("Opted out"),
        HoldReason.NO_ADDRESS: _("No address"),
        HoldReason.EXHAUSTED: _("Nothing new to send"),
        HoldReason.WAVE: _("Waits for its wave"),
        HoldReason.PAUSED: _("Paused"),
        HoldReason.PATH_LIMIT: _("Limit of the path"),
        HoldReason.EXITED: _("Out of nurture"),
        HoldReason.EMPTY_FIELD: _("An empty field"),
        HoldReason.STALE: _("Too late to be of use"),
        HoldReason.RATE_LIMIT: _("No room in the mailbox"),
        HoldReason.SENDING_STOPPED: _("Sending is stopped"),
        HoldReason.NOT_READY: _("Sending is not set up"),
    }
)
#: The same as a sentence of its own.
SENTENCES = Words(
    {
        HoldReason.CADENCE: _(
            "Nothing goes out now: the last contact was recent, and the path leaves a pause between two."
        ),
        HoldReason.CEILING: _("Nothing goes out now: it has had as many contacts as anybody may have."),
        HoldReason.COLLEAGUE: _("Nothing goes out now: a colleague at the same company comes first."),
        HoldReason.QUIET_HOURS: _("The next touch waits for the lead’s own working hours."),
        HoldReason.SALES_ACTIVE: _(
            "Nothing goes out: sales is at work on the lead or its company, and nurture keeps silent."
        ),
        HoldReason.HOLDOUT: _(
            "Nothing goes out: the company is kept out of nurture, to measure what nurture does."
        ),
        HoldReason.NO_CONSENT: _(
            "Nothing goes out: there is no permission that holds for this person and country."
        ),
        HoldReason.SUPPRESSED: _("Nothing goes out: the person opted out, or the address is dead."),
        HoldReason.NO_ADDRESS: _("Nothing goes out: there is no address to write to."),
        HoldReason.EXHAUSTED: _("Nothing goes out: the lead has had everything that its path has for it."),
        HoldReason.WAVE: _(
            "The next touch waits for its wave: those who have been quiet are woken a few at a time."
        ),
        HoldReason.PAUSED: _("Nothing goes out now: somebody asked for patience."),
        HoldReason.PATH_LIMIT: _("Nothing goes out now: the path has sent as many as it may for the time."),
        HoldReason.EXITED: _("Nothing goes out: the lead has left nurture, or waits for sales alone."),
        HoldReason.EMPTY_FIELD: _("Nothing goes out: the message would show an empty field."),
        HoldReason.STALE: _("Nothing went out: it was too late to be of use, and is planned anew."),
        HoldReason.RATE_LIMIT: _("Nothing goes out now: the mailbox or the recipient’s domain has no room."),
        HoldReason.SENDING_STOPPED: _("Nothing goes out now: sending is stopped."),
        HoldReason.NOT_READY: _(
            "Nothing goes out: sending is not set up, or the message cannot be composed."
        ),
    }
)
CHANNELS = Words(
    {
        Channel.EMAIL: _("by e-mail"),
        Channel.AUDIENCE: _("by a retargeting list"),
        Channel.TASK: _("as a task for the owner"),
        Channel.WEBHOOK: _("by a call to another system"),
    }
)
#: What became of a touch, before the name of what was sent.
TOUCHES = Words(
    {
        TouchState.PLANNED: _("On its way:"),
        TouchState.SENT: _("Sent"),
        TouchState.FAILED: _("Could not be delivered:"),
        TouchState.UNCERTAIN: _("Handed over, and no answer came:"),
        TouchState.WITHDRAWN: _("Not sent after all:"),
    }
)
#: Where a lead's stay on a path stands.
STAYS = Words(
    {
        "ACTIVE": _("Active"),
        "WAITING": _("Waits for its wave"),
        "PAUSED": _("Paused"),
        "EXHAUSTED": _("Has had everything"),
        "ENDED": _("Ended"),
    }
)
DAY = re.compile(r"\b(\d{4}-\d{2}-\d{2})\b")
FIELD = re.compile(r"\b(?:lead|account)\.[a-z_.]*[a-z_]\b")
PLACES = {"ahead": "ahead of", "behind": "behind"}
STEPS = re.compile(r", (\d+) (ahead|behind)\b")
#: Said apart, from the lead's own record.
ZONE = re.compile(r"; zone [^;]*$")


def plain(text: str) -> str:
    """
    Return what stands behind a touch or a hold as a sentence: days and fields as people call them.

    >>> plain("asks for lead.role, since 2026-06-01")
    'Asks for role in the decision, since 1 Jun 2026.'
    """
    said = FIELD.sub(lambda found: label(found[0]), DAY.sub(lambda found: day(found[1]), ZONE.sub("", text)))
    said = STEPS.sub(lambda found: f", {steps(found[1])} {PLACES[found[2]]} theirs", said).replace(
        " re engagement", " re-engagement"
    )
    if not said:
        return ""
    return said[:1].upper() + said[1:] + ("" if said.endswith((".", "!", "?")) else ".")


def steps(count: str) -> str:
    """Return how far apart two stages are."""
    return "one stage" if count == "1" else f"{count} stages"


def day(iso: str) -> str:
    """Return an ISO day in words; text that is none stays as it is."""
    try:
        found = date.fromisoformat(iso)
    except ValueError:
        return iso
    return f"{found.day} {found:%b %Y}"


def title_of(playbook: Playbook, content_key: str) -> str:
    """Return what a content is called; one that the playbook no longer has goes by its key."""
    sort, rest = templates.sort_of(content_key)
    asset = templates.find_asset(playbook, content_key)
    if asset is not None:
        return f"“{asset.title}”"
    if sort == templates.QUESTION:
        return f"a question: {label(rest)}"
    return f"the follow-up of {day(rest)}" if sort == templates.FOLLOW_UP else rest


def why_content(playbook: Playbook, content_key: str) -> str:
    """Return why a content comes next, for a lead that has not had it; empty where the playbook no longer says."""
    sort, rest = templates.sort_of(content_key)
    asset = templates.find_asset(playbook, content_key)
    if asset is not None:
        stage = asset.stage.value.lower().replace("re_", "re-").replace("_", " ")
        return f"It answers “{asset.answers}”, the question of {stage}, and this lead has not had it."
    if sort == templates.QUESTION:
        return f"It asks for the {label(rest)}, whose answer would change most of where the lead goes."
    return "The lead, or sales, named this day." if sort == templates.FOLLOW_UP else ""
