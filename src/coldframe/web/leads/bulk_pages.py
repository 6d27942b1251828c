"""Changes of many leads: what is asked, what it would do, and how it stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from coldframe.kernel.vocabulary import Refusal
from coldframe.library import queries as library
from coldframe.nurture import bulk, remembering
from coldframe.nurture.bulk import Change, What
from coldframe.reports import lead_lists
from coldframe.reports.columns import Column
from coldframe.web import wording
from coldframe.web.leads import asking
from coldframe.web.pages import leads as leads_page
from coldframe.web.pages import parts

#: Fields of the form; everything else of the address says which leads.
OWN = ("do", "do-path", "do-until", "do-why", "chosen", "query", "csrfmiddlewaretoken", "sort", "page")
ACTS: dict[What, tuple[str | Promise, str | Promise, str]] = {
    What.PAUSE: (lazy("Pause"), lazy("Nothing is sent until a day."), "clock"),
    What.PATH: (lazy("Set the path"), lazy("They stay on one path until a day."), "stairs"),
    What.LET_GO: (lazy("Let go"), lazy("They are disqualified until a day."), "door-exit"),
    What.RESET: (lazy("Leave to the rules"), lazy("What people set is lifted."), "refresh"),
    What.SUPPRESS: (
        lazy("Never mail again"),
        lazy("They opted out. This cannot be undone."),
        "alert-triangle",
    ),
}
#: Of a change in a file: what it is, and how it stands.
OF_CHANGE = (
    Column("what", "What"),
    Column("path", "Path"),
    Column("until", "Until"),
    Column("reason", "Why"),
)
OF_LINE = (
    Column("public_id", "Change id"),
    Column("query", "Which leads"),
    Column("lead_count", "Leads"),
    Column("changed_count", "Leads changed"),
    Column("made_by", "By"),
    Column("made_at", "Made at"),
    Column("state", "State"),
    Column("undone_by", "Taken back by"),
    Column("undone_at", "Taken back at"),
    Column("undone_count", "Settings lifted"),
)
FILE = (*OF_CHANGE, *OF_LINE)
#: Why a lead is left as it is.
LEFT_OUT: dict[str, str | Promise] = {
    "let-go": lazy("let go already"),
    "paused": lazy("paused until then or longer"),
    "new": lazy("not assessed yet"),
    "with-sales": lazy("with sales, where nurture keeps silent"),
    "accepted": lazy("accepted by sales"),
    "on-path": lazy("on that path already"),
    "nothing-set": lazy("nothing is set by anybody"),
    "suppressed": lazy("never mailed already"),
}
#: So many leads chosen one by one fit into it many times over.
LONGEST_QUERY = 20_000
#: How many days ahead the quick choices of an end lie.
QUICK_DAYS = (30, 90, 180)


@dataclass(frozen=True, kw_only=True)
class Act:
    """One thing that can be done."""

    key: str
    label: str | Promise
    text: str | Promise
    icon: str
    is_chosen: bool


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What a change would do, in words."""

    sentence: str
    left_out: tuple[parts.Link, ...]
    is_possible: bool


@dataclass(frozen=True, kw_only=True)
class ChangePage:
    """The form for a change of many leads."""

    frame: parts.Frame
    sentence: str
    query: str
    list_href: str
    chips: tuple[parts.Link, ...]
    acts: tuple[Act, ...]
    what: str
    needs_path: bool
    needs_end: bool
    cannot_be_undone: bool
    paths: tuple[leads_page.Option, ...]
    until: str
    earliest: str
    why: str
    preview: Preview | None
    refusal: Refusal | None


@dataclass(frozen=True, kw_only=True)
class MadePage:
    """A change of many leads, as it stands."""

    frame: parts.Frame
    href: str
    title: str
    sentence: str
    why: str
    by: str
    details: tuple[tuple[str, str], ...]
    at: parts.Instant
    is_under_way: bool
    done: int
    of: int
    on_href: str
    undo_href: str
    list_href: str
    undone: str
    may_change: bool


@dataclass(frozen=True, kw_only=True)
class ChangesPage:
    """The latest changes of many leads."""

    frame: parts.Frame
    changes: tuple[MadePage, ...]


def wanted_of(query: QueryDict) -> lead_lists.Wanted:
    """Return which leads an address or a form asks for: in its own fields, or in one that holds the whole query."""
    if "query" in query:
        return lead_lists.parsed(asking.typed(query, "query", longest=LONGEST_QUERY))
    pairs = [(name, value) for name, values in query.lists() for value in values if name not in OWN]
    return lead_lists.Wanted(
        pairs=tuple((name, value) for name, value in pairs if name != lead_lists.SEARCH and value),
        text=query.get(lead_lists.SEARCH, "").replace("\0", " ").strip()[:200],
    )


def change_of(given: QueryDict) -> Change | None:
    """Return what a form asks for; None where nothing is chosen yet. Raises ``BadDay``."""
    what = asking.typed(given, "do")
    if what not in What.__members__:
        return None
    act = What(what)
    return Change(
        what=act,
        path=asking.typed(given, "do-path", longest=80) or None if act is What.PATH else None,
        until=asking.day(given, "do-until") if act in {What.PAUSE, What.PATH, What.LET_GO} else None,
        reason=asking.typed(given, "do-why"),
    )


def count(wanted: lead_lists.Wanted, *, now: datetime) -> int:
    """Return how many leads are asked for; where counting takes long, as of a moment ago. Raises ``remembering.BeingMade``."""
    name = f"asked for: {wanted.query}"
    make = partial(lead_lists.count, wanted, as_of=now)
    return remembering.remember(
        name, make, seconds=0.0, patience=leads_page.PATIENCE, oldest=leads_page.OLDEST
    )


def build(
    wanted: lead_lists.Wanted, given: QueryDict, *, now: datetime, refusal: Refusal | None
) -> ChangePage:
    """Return the form; with what the change would do as soon as all is said that it needs."""
    what = asking.typed(given, "do")
    preview = None
    if refusal is None and what in What.__members__ and is_said(what, given):
        try:
            preview = look(wanted, given, now=now)
        except Refusal as found:
            refusal = found
    total = count(wanted, now=now)
    chosen = asking.typed(given, "do-path", longest=80)
    return ChangePage(
        frame=parts.build_frame(section="leads", now=now),
        sentence=ngettext("%(count)s lead is asked for.", "%(count)s leads are asked for.", total)
        % {"count": wording.number(total)},
        query=wanted.query,
        list_href=reverse("web:leads") + (f"?{wanted.query}" if wanted.query else ""),
        chips=chips(wanted),
        acts=tuple(
            Act(key=key.value, label=label, text=text, icon=icon, is_chosen=key.value == what)
            for key, (label, text, icon) in ACTS.items()
        ),
        what=what,
        needs_path=what == What.PATH,
        needs_end=what in {What.PAUSE, What.PATH, What.LET_GO},
        cannot_be_undone=what == What.SUPPRESS,
        paths=tuple(
            leads_page.Option(value=each.name, label=each.name, is_chosen=each.name == chosen)
            for each in library.get_active_playbook().playbook.paths
        ),
        until=asking.typed(given, "do-until", longest=10)
        or f"{now + timedelta(days=QUICK_DAYS[0]):%Y-%m-%d}",
        earliest=f"{now + timedelta(days=1):%Y-%m-%d}",
        why=asking.typed(given, "do-why"),
        preview=preview,
        refusal=refusal,
    )


def is_said(what: str, given: QueryDict) -> bool:
    """Return whether enough is said to look at what the change would do: the reason can still be missing."""
    if what == What.PATH and not asking.typed(given, "do-path"):
        return False
    return what in {What.RESET, What.SUPPRESS} or bool(asking.typed(given, "do-until"))


def look(wanted: lead_lists.Wanted, given: QueryDict, *, now: datetime) -> Preview:
    """Return what a change would do. Raises what it would be refused for, but for a missing reason."""
    change = change_of(given) or Change(what=What.RESET)
    shown = Change(what=change.what, path=change.path, until=change.until, reason=change.reason or "?")
    found = bulk.look(where=lead_lists.where(wanted, as_of=now), change=shown, at=now)
    return Preview(
        sentence=ngettext("%(count)s lead would change.", "%(count)s leads would change.", found.change_count)
        % {"count": wording.number(found.change_count)},
        left_out=tuple(
            parts.Link(label=str(LEFT_OUT[each.why]), href="", count=wording.number(each.count))
            for each in found.left_out
        ),
        is_possible=found.change_count > 0,
    )


def chips(wanted: lead_lists.Wanted) -> tuple[parts.Link, ...]:
    """Return what narrows the list, in words; leads that were chosen one by one are not named."""
    found = [
        parts.Link(label=f"{wording.filter_name(name)}: {wording.filter_value(name, value)}", href="")
        for name, value in wanted.pairs
        if name != "id"
    ]
    if wanted.text:
        found.append(parts.Link(label=_("Search: %(text)s") % {"text": wanted.text}, href=""))
    return tuple(found)


def file_row(line: bulk.Line) -> list[Any]:
    """Return a change in the order of the columns of a file."""
    return [
        *(getattr(line.change, each.key) for each in OF_CHANGE),
        *(getattr(line, each.key) for each in OF_LINE),
    ]


def made_page(line: bulk.Line, *, may_change: bool, now: datetime) -> MadePage:
    """Return a change as it stands."""
    label, _text, _icon = ACTS[line.change.what]
    until = wording.day(line.change.until) if line.change.until else ""
    given = {
        _("Path"): line.change.path or "",
        _("Until"): until,
        _("Why"): line.change.reason,
        _("By"): line.made_by,
    }
    is_back = line.state in {bulk.State.UNDOING, bulk.State.UNDONE}
    undone = ""
    if is_back:
        undone = ngettext(
            "Taken back by %(who)s: %(count)s setting lifted.",
            "Taken back by %(who)s: %(count)s settings lifted.",
            line.undone_count,
        ) % {"count": wording.number(line.undone_count), "who": line.undone_by}
    return MadePage(
        frame=parts.build_frame(section="leads", now=now),
        href=reverse("web:leads-made", args=[line.public_id]),
        title=str(label),
        why=line.change.reason,
        by=line.made_by,
        sentence=ngettext(
            "%(count)s lead has been changed.", "%(count)s leads have been changed.", line.changed_count
        )
        % {"count": wording.number(line.changed_count)},
        details=tuple((name, value) for name, value in given.items() if value),
        at=parts.instant(line.made_at, now=now),
        is_under_way=line.is_under_way,
        done=line.undone_count if is_back else line.changed_count,
        of=line.changed_count if is_back else line.lead_count,
        on_href=reverse("web:leads-go-on", args=[line.public_id]),
        undo_href=reverse("web:leads-undo", args=[line.public_id])
        if line.can_be_undone and may_change
        else "",
        list_href=reverse("web:leads") + (f"?{line.query}" if line.query else ""),
        undone=undone,
        may_change=may_change,
    )
