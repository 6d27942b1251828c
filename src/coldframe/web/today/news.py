"""What happened since somebody's last visit, and what waits for a person: each a number, a word and the way to its rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coldframe.activity import mail_queries
from coldframe.activity.identity import contested
from coldframe.handoff import queries as handoffs
from coldframe.outbox import queries as outbox
from coldframe.reports import changes
from coldframe.team import visits
from coldframe.web import wording
from coldframe.web.pages import parts

#: Moves of leads that are counted: assessed first, re-engaged, let go.
STATUSES = ("NEW", "RE_ENGAGED", "DISQUALIFIED")


@dataclass(frozen=True, kw_only=True)
class Item:
    """One number with its word; it leads to its rows."""

    count: str
    text: str
    href: str
    icon: str
    #: Whether somebody waits for it already.
    is_urgent: bool = False


def changed(*, since: datetime, now: datetime) -> tuple[Item, ...]:
    """Return what happened since an instant; what did not happen is left out."""
    found = changes.load_changes(since=since, as_of=now)
    moved = changes.count_moved(STATUSES, since=since, as_of=now)
    entered, back, gone = (moved[each] for each in STATUSES)
    desk, ended = reverse("web:desk") + "?tab=team", reverse("web:desk") + "?tab=answered"
    sent = reverse("web:outbox") + "?state=sent"
    rows = [
        (entered, ngettext("new lead", "new leads", entered), moved_url("NEW", since), "user-plus"),
        (found.opened, _("put before sales"), desk, "briefcase"),
        (found.accepted, _("accepted by sales"), ended, "circle-check"),
        (found.returned, _("returned by sales"), ended, "arrow-back-up"),
        (found.lapsed, _("not answered in time"), ended, "clock"),
        (back, _("re-engaged"), moved_url("RE_ENGAGED", since), "flame"),
        (gone, _("let go"), moved_url("DISQUALIFIED", since), "door-exit"),
        (found.replies, ngettext("reply", "replies", found.replies), reverse("web:mail"), "message-circle"),
        (found.sent, ngettext("touch sent", "touches sent", found.sent), sent, "send"),
    ]
    return tuple(
        Item(count=wording.number(count), text=text, href=href, icon=icon)
        for count, text, href, icon in rows
        if count
    )


def moved_url(status: str, since: datetime) -> str:
    """Return the way to the leads that moved into a status since an instant."""
    return parts.leads_url(moved_since=f"{status}.{since:%Y-%m-%dT%H:%M:%SZ}")


def heading(visit: visits.Visit) -> str:
    """Return since when, in words."""
    if visit.is_first:
        return _("Since yesterday")
    return _("In the last 14 days") if visit.is_cut else _("Since your last visit")


def waits(*, new: int, now: datetime) -> tuple[Item, ...]:
    """Return what waits for a person; what does not is left out."""
    desk = reverse("web:desk") + "?tab=team"
    counts = handoffs.count_queue(at=now)
    waiting, late = counts.open + counts.escalated, counts.late + counts.escalated
    in_question = len(contested.list_open())
    uncertain, mail = outbox.count_uncertain(), mail_queries.count_open()
    behind = ngettext(", %(count)s of them late", ", %(count)s of them late", late) % {"count": late}
    answers = ngettext("lead waits for an answer of sales", "leads wait for an answer of sales", waiting)
    rows = [
        (waiting, answers + (behind if late else ""), desk, "briefcase", late > 0),
        (counts.unassigned, _("of them nobody’s yet"), desk, "user", False),
        (in_question, ngettext("pair of leads that may be one person", "pairs of leads that may be one person", in_question), reverse("web:leads-doubles"), "users", False),
        (mail, ngettext("mail to answer or to tell apart", "mails to answer or to tell apart", mail), reverse("web:mail"), "inbox", False),
        (
            uncertain,
            ngettext("message of which nobody knows whether it arrived", "messages of which nobody knows whether they arrived", uncertain),
            reverse("web:outbox") + "?state=uncertain",
            "help",
            True,
        ),
        (new, ngettext("lead not assessed yet: a worker does it, or ./coldframe assess", "leads not assessed yet: a worker does it, or ./coldframe assess", new), parts.group_url("new"), "refresh", False),
    ]  # fmt: skip
    return tuple(
        Item(count=wording.number(count), text=text, href=href, icon=icon, is_urgent=urgent)
        for count, text, href, icon, urgent in rows
        if count
    )
