"""The desk: what waits for an answer of sales, in the order in which to answer it, and how much sales has taken on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coldframe.handoff import queries as handoffs
from coldframe.nurture import ledger
from coldframe.team.rights import Person, Right
from coldframe.web import wording
from coldframe.web.desk.pages import load, rows, waiting
from coldframe.web.pages import parts

MINE, TEAM, WAITING, ANSWERED = "mine", "team", "waiting", "answered"
TABS = (MINE, TEAM, WAITING, ANSWERED)
#: Rows of a page, and pages that can be asked for.
ROWS, PAGES = 25, 99
NAME_LENGTH = 150


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Which part of the desk somebody looks at."""

    tab: str
    #: One rep's alone; empty: everybody's.
    rep: str = ""
    #: From 1.
    page: int = 1

    def href(self, route: str = "web:desk") -> str:
        """Return the address of this part."""
        given = {"tab": self.tab, "rep": self.rep, "page": str(self.page) if self.page > 1 else ""}
        return f"{reverse(route)}?{urlencode({name: value for name, value in given.items() if value})}"


@dataclass(frozen=True, kw_only=True)
class DeskPage:
    """The desk."""

    frame: parts.Frame
    title: str
    sentence: str
    href: str
    tabs: tuple[parts.Link, ...]
    tab: str
    #: Of the list, from 1.
    number: int
    #: Whose rows these are, where they are one rep's; the way back to everybody's.
    of_rep: parts.Link | None
    rows: tuple[rows.Row, ...]
    #: The ways to what comes before and after; empty where nothing does.
    previous: str
    next: str
    answered: tuple[waiting.AnsweredRow, ...]
    waiting: waiting.Waiting | None
    load: load.Load
    #: All rows of this part as a file; empty where there are none, or whoever looks may not take them.
    file: str
    #: What to do where there is nothing, and what is missing so that leads can be somebody's.
    empty: str
    hint: str
    may_run: bool


def parse(query: Mapping[str, str], *, person: Person) -> Asked:
    """Return which part of the desk an address names; one that names none is one's own, where one takes leads."""
    usual = MINE if person.rep else TEAM
    tab = query.get("tab", usual)
    rep = query.get("rep", "").replace("\0", "")[:NAME_LENGTH]
    if tab not in TABS or (tab == MINE and not person.rep):
        tab = usual
    page = query.get("page", "")
    number = int(page) if page.isdecimal() and page.isascii() and len(page) <= len(str(PAGES)) else 1
    return Asked(tab=tab, rep="" if tab in (MINE, WAITING) else rep, page=min(max(number, 1), PAGES))


def build(asked: Asked, *, person: Person, now: datetime) -> DeskPage:
    """Return the desk at an instant, as somebody sees it."""
    counts = handoffs.count_queue(at=now, for_rep=person.rep or None)
    waiting_count = ledger.get_waiting_count()
    asked, found = queue(asked, person=person, now=now)
    shown = found[:ROWS]
    answered = waiting.answered(rep=asked.rep or None, now=now) if asked.tab == ANSWERED else ()
    line = waiting.build(count=waiting_count, now=now) if asked.tab == WAITING else None
    return DeskPage(
        frame=parts.build_frame(section="desk", now=now),
        title=title(counts, person=person),
        sentence=sentence(counts, person=person),
        href=asked.href(),
        tabs=tabs(asked, counts, waiting_count=waiting_count, person=person),
        tab=asked.tab,
        number=asked.page,
        of_rep=of_rep(asked),
        rows=build_rows(shown, person=person, now=now),
        previous=replace(asked, page=asked.page - 1).href() if asked.page > 1 else "",
        next=replace(asked, page=asked.page + 1).href() if len(found) > ROWS else "",
        answered=answered,
        waiting=line,
        load=load.build(now=now, waiting_count=waiting_count),
        file=replace(asked, page=1).href("web:desk-file")
        if (shown or answered or (line and line.rows)) and person.may(Right.EXPORT)
        else "",
        empty=empty(asked, is_anybody_waiting=waiting_count > 0),
        hint=hint(person),
        may_run=person.may(Right.RUN_DESK),
    )


def queue(asked: Asked, *, person: Person, now: datetime) -> tuple[Asked, list[handoffs.HandoffRow]]:
    """
    Return what waits for an answer on this page of the desk, and one more where there is more.

    A page that has become empty, for its rows were answered, is the one before it.
    """
    if asked.tab not in (MINE, TEAM):
        return asked, []
    rep = person.rep if asked.tab == MINE else asked.rep or None
    found = handoffs.list_queue(at=now, for_rep=rep, offset=(asked.page - 1) * ROWS, limit=ROWS + 1)
    if asked.page > 1 and not found:
        return queue(replace(asked, page=asked.page - 1), person=person, now=now)
    return asked, found


def list_ids(asked: Asked, *, person: Person, now: datetime) -> list[int]:
    """Return the handoffs of all pages of a part of the desk; who waits for room has none yet."""
    rep = person.rep if asked.tab == MINE else asked.rep or None
    if asked.tab == ANSWERED:
        return handoffs.list_ended_ids(for_rep=rep)
    return handoffs.list_queue_ids(at=now, for_rep=rep) if asked.tab in (MINE, TEAM) else []


def build_rows(found: list[handoffs.HandoffRow], *, person: Person, now: datetime) -> tuple[rows.Row, ...]:
    """Return handoffs as the desk shows them."""
    known = rows.standings(found) if found else {}
    return tuple(rows.build(each, now=now, person=person, standing=known.get(each.lead_id)) for each in found)


def title(counts: handoffs.DeskCounts, *, person: Person) -> str:
    """Return the name of the window, with how much waits."""
    count = counts.mine if person.rep else counts.open
    return _("(%(count)s) Desk") % {"count": count} if count else _("Desk")


def sentence(counts: handoffs.DeskCounts, *, person: Person) -> str:
    """Return the answer of the page in one sentence."""
    if not counts.open and not counts.escalated:
        return _("Nothing waits for an answer.")
    total, late = counts.open + counts.escalated, counts.late + counts.escalated
    behind = (
        ngettext(", %(count)s of them late", ", %(count)s of them late", late) % {"count": late}
        if late
        else ""
    )
    if not person.rep:
        waits = ngettext("%(count)s lead waits for an answer", "%(count)s leads wait for an answer", total)
        return f"{waits % {'count': wording.number(total)}}{behind}."
    waits = ngettext(
        "%(count)s lead waits for your answer", "%(count)s leads wait for your answer", counts.mine
    )
    mine = (
        waits % {"count": wording.number(counts.mine)} if counts.mine else _("Nothing waits for your answer")
    )
    whole = _("%(count)s in the whole team") % {"count": wording.number(total)}
    return f"{mine}; {whole}{behind}."


def tabs(
    asked: Asked, counts: handoffs.DeskCounts, *, waiting_count: int, person: Person
) -> tuple[parts.Link, ...]:
    """Return the parts of the desk, with how much is in each."""
    named = [
        (MINE, _("Mine"), wording.number(counts.mine)),
        (TEAM, _("Team"), wording.number(counts.open + counts.escalated)),
        (WAITING, _("Waiting for room"), wording.number(waiting_count)),
        (ANSWERED, _("Answered"), ""),
    ]
    return tuple(
        parts.Link(label=label, count=count, href=Asked(tab=tab).href(), is_current=tab == asked.tab)
        for tab, label, count in named
        if tab != MINE or person.rep
    )


def of_rep(asked: Asked) -> parts.Link | None:
    """Return whose rows these are, with the way back to everybody's."""
    return parts.Link(label=asked.rep, href=Asked(tab=asked.tab).href()) if asked.rep else None


def empty(asked: Asked, *, is_anybody_waiting: bool) -> str:
    """Return what to do where nothing waits."""
    if asked.tab == MINE:
        return _(
            "Nothing waits for your answer. Leads come here by themselves as soon as a trigger of the playbook holds."
        )
    if is_anybody_waiting:
        return _("Nothing waits for an answer, but leads wait for room: look at “Waiting for room”.")
    return _(
        "Nothing waits for an answer. Leads come here by themselves as soon as a trigger of the playbook holds."
    )


def hint(person: Person) -> str:
    """Return what is missing so that leads can be this person's; empty where nothing is."""
    if person.rep or person.id is None or person.may(Right.RUN_DESK) or not person.may(Right.ANSWER):
        return ""
    return _("You have no name as a rep yet, so no lead can be yours. Whoever manages people can set it.")
