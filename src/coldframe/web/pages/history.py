"""The history of a lead: what it did, what was decided, what was sent, what was held and why, what sales said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from coldframe.activity.engagement import Engagement
from coldframe.handoff.queries import HandoffRow
from coldframe.kernel.playbook.model import Playbook
from coldframe.languages import Words
from coldframe.nurture import ledger, queries, words
from coldframe.web import phrases, wording
from coldframe.web.pages import engagement, parts

#: Event kind -> icon of the timeline.
ICONS = {
    "page": "eye",
    "form_submitted": "database-import",
    "asset_downloaded": "arrow-right",
    "webinar_attended": "users",
    "webinar_registered": "calendar-event",
    "link_clicked": "arrow-up-right",
    "call": "phone",
    "meeting_booked": "calendar-event",
    "unsubscribed": "door-exit",
    "complained": "alert-triangle",
}
EVIDENCE = Words({"MACHINE": noop("most likely a machine"), "UNSURE": noop("perhaps a machine"), "HUMAN": ""})
TOUCH_ICONS = {"UNCERTAIN": "help", "FAILED": "alert-triangle"}
#: When something happened, and how it reads.
Line = tuple[datetime, "Moment"]


@dataclass(frozen=True, kw_only=True)
class Moment:
    """One entry of the timeline."""

    text: str
    #: Who stands behind an engagement, where that is not plainly the person; clicks on a mail; how often a hold came.
    note: str = ""
    #: Why, in smaller letters.
    detail: str = ""
    #: The message that was sent.
    href: str = ""
    icon: str
    tone: str
    at: parts.Instant


@dataclass(frozen=True, kw_only=True)
class StayLine:
    """One stay on a path, and how it ended."""

    path: str
    lap: str
    state: parts.Badge
    text: str


def build(
    found: queries.ExplainedLead,
    *,
    entries: Iterable[ledger.Entry],
    messages: Mapping[int, int],
    handoffs: Iterable[HandoffRow],
    seen: Mapping[UUID, Engagement],
    playbook: Playbook,
    now: datetime,
) -> tuple[Moment, ...]:
    """
    Return the whole history, newest first; ``messages`` names the message of each touch.

    ``seen``: the clicks on each touch's mail. Those that are not known to be a person's are told beside the mail alone.
    """
    lines = [(each.occurred_at, happened(each, now=now)) for each in found.timeline]
    lines += [(each.occurred_at, moved(each, now=now)) for each in found.transitions]
    lines += folded(entries, messages=messages, seen=seen, playbook=playbook, now=now)
    lines += [line for each in handoffs for line in offered(each, now=now)]
    return tuple(moment for _at, moment in sorted(lines, key=lambda each: each[0], reverse=True))


def happened(event: queries.Happening, *, now: datetime) -> Moment:
    """Return an event as an entry of the timeline."""
    about = event.form or event.asset or event.path or event.topic
    is_mail = event.kind.startswith("email") or event.kind == "replied"
    return Moment(
        text=wording.action(event.kind, about),
        note=EVIDENCE[event.evidence],
        icon="mail" if is_mail else ICONS.get(event.kind, "point"),
        tone="event",
        at=parts.recent(event.occurred_at, now=now),
    )


def moved(change: queries.StatusChange, *, now: datetime) -> Moment:
    """Return a change of status as an entry of the timeline."""
    before, after = (
        wording.STATUSES.get(each, wording.plain(each)) for each in (change.from_status, change.to_status)
    )
    return Moment(
        text=_("Moved from %(before)s to %(after)s: %(reason)s")
        % {"before": before, "after": after, "reason": wording.reason(change.reason)},
        note="" if change.decided_by == "policy" else _("by %(name)s") % {"name": change.decided_by},
        icon="stairs",
        tone="decision",
        at=parts.recent(change.occurred_at, now=now),
    )


def folded(
    entries: Iterable[ledger.Entry],
    *,
    messages: Mapping[int, int],
    seen: Mapping[UUID, Engagement],
    playbook: Playbook,
    now: datetime,
) -> list[Line]:
    """Return touches, and holds with those of one reason in a row folded into the latest."""
    lines = []
    for _key, run in groupby(entries, key=lambda each: each.touch_id or each.word):
        group = list(run)
        latest = group[0]
        if latest.is_touch:
            lines += [
                (each.at, touched(each, messages=messages, seen=seen, playbook=playbook, now=now))
                for each in group
            ]
        else:
            lines.append((latest.at, held(latest, first=group[-1].at, times=len(group), now=now)))
    return lines


def touched(
    entry: ledger.Entry,
    *,
    messages: Mapping[int, int],
    seen: Mapping[UUID, Engagement],
    playbook: Playbook,
    now: datetime,
) -> Moment:
    """Return a touch as an entry of the timeline, with what was seen of its mail afterwards."""
    found = (
        engagement.NOTHING
        if entry.touch_public_id is None
        else seen.get(entry.touch_public_id, engagement.NOTHING)
    )
    title = phrases.said(words.title_of(playbook, entry.content_key or ""))
    message_id = messages.get(entry.touch_id or 0)
    return Moment(
        text=f"{words.TOUCHES[entry.word]} {title} {words.CHANNELS.get(entry.channel or '', '')}".strip(),
        note=engagement.note(found),
        detail=" ".join(filter(None, [phrases.said(words.plain(entry.detail)), engagement.opens(found)])),
        href=reverse("web:message", args=[message_id]) if message_id else "",
        icon=TOUCH_ICONS.get(entry.word, "mail"),
        tone="decision" if entry.word == "SENT" else "event",
        at=parts.recent(entry.at, now=now),
    )


def held(entry: ledger.Entry, *, first: datetime, times: int, now: datetime) -> Moment:
    """Return holds of one reason in a row as one entry of the timeline."""
    again = (
        _("%(count)s times since %(day)s") % {"count": times, "day": wording.day(first)} if times > 1 else ""
    )
    return Moment(
        text=_("Not contacted: %(reason)s") % {"reason": words.HOLDS[entry.word]},
        note=again,
        detail=phrases.said(words.plain(entry.detail)),
        icon="clock",
        tone="hold",
        at=parts.recent(entry.at, now=now),
    )


def offered(row: HandoffRow, *, now: datetime) -> Iterable[Line]:
    """Yield what became of a handoff: put before sales, and the answer or its lack."""
    given = {"owner": row.owner, "trigger": wording.reason(row.trigger)}
    put = _("Put before sales of %(owner)s: %(trigger)s") if row.owner else _("Put before sales: %(trigger)s")
    due = _("An answer is due by %(moment)s.") % {"moment": wording.moment(row.deadline_at)}
    yield row.opened_at, sales(put % given, due, row.opened_at, now)
    if row.answer and row.said_at:
        yield row.said_at, sales(said_by_sales(row), who_said(row), row.said_at, now)
    elif row.state == "LAPSED":
        yield row.deadline_at, sales(_("Sales did not answer in time"), "", row.deadline_at, now)


def said_by_sales(row: HandoffRow) -> str:
    """Return the answer of sales, with the day that it named."""
    given = {"answer": wording.VERDICT_ANSWERS.get(row.answer or "", row.answer)}
    if row.until is None:
        return _("Sales said: %(answer)s") % given
    return _("Sales said: %(answer)s until %(day)s") % (given | {"day": wording.day_here(row.until)})


def who_said(row: HandoffRow) -> str:
    """Return who answered, and why."""
    if not row.answer_reason:
        return _("Said by %(name)s.") % {"name": row.said_by}
    given = {"reason": wording.sentence(row.answer_reason), "name": row.said_by}
    return _("%(reason)s, said %(name)s.") % given


def sales(text: str, detail: str, at: datetime, now: datetime) -> Moment:
    return Moment(text=text, detail=detail, icon="briefcase", tone="decision", at=parts.recent(at, now=now))


STAY_TONES = {"ACTIVE": "teal", "WAITING": "blue", "PAUSED": "yellow", "EXHAUSTED": "yellow", "ENDED": "gray"}


def stay_line(stay: ledger.Stay) -> StayLine:
    """Return a stay on a path in words."""
    text = _("Since %(day)s") % {"day": wording.day(stay.entered_at)}
    if stay.ended_at:
        text = _("%(first)s to %(last)s. %(exit)s") % {
            "first": wording.day(stay.entered_at),
            "last": wording.day(stay.ended_at),
            "exit": wording.exit_of(stay.exit_reason),
        }
    elif stay.not_before:
        text = _("%(since)s, nothing before %(day)s") % {"since": text, "day": wording.day(stay.not_before)}
    return StayLine(
        path=stay.path,
        lap=_("lap %(number)s") % {"number": stay.lap},
        state=parts.Badge(text=words.STAYS[stay.state], tone=STAY_TONES[stay.state]),
        text=text,
    )
