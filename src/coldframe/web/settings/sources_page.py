"""The ways in: what each brought, what was refused of it, and what could not be understood."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from coldframe.activity import mail_queries, strangers
from coldframe.activity import queries as activity
from coldframe.team.rights import Person
from coldframe.web import wording
from coldframe.web.pages import parts
from coldframe.web.settings import tabs

#: Arrivals that are named one by one.
SHOWN = 50
KINDS: dict[str, str | Promise] = {
    "API": gettext_lazy("Event API"),
    "FORMS": gettext_lazy("Form"),
    "MAILBOX": gettext_lazy("Mailbox"),
    "SITE": gettext_lazy("Own site"),
    "PROVIDER": gettext_lazy("Mail provider"),
    "WEBHOOK": gettext_lazy("Webhook"),
}


@dataclass(frozen=True, kw_only=True)
class SourceRow:
    """One way in."""

    name: str
    kind: str
    state: parts.Badge
    last: parts.Instant | None
    waiting: str
    set_aside: str
    refused: str


@dataclass(frozen=True, kw_only=True)
class StrangerRow:
    """Calls of which nobody knows whose they are."""

    text: str
    last: parts.Instant


@dataclass(frozen=True, kw_only=True)
class MailboxRow:
    """One folder of a mailbox."""

    name: str
    folder: str
    looked: parts.Instant | None
    failure: str


@dataclass(frozen=True, kw_only=True)
class AsideRow:
    """One arrival that could not be understood; what came is left out, for it is personal."""

    number: int
    source: str
    reason: str
    at: parts.Instant


@dataclass(frozen=True, kw_only=True)
class SourcesPage:
    """The page."""

    frame: parts.Frame
    tabs: tuple[parts.Link, ...]
    sentence: str
    rows: tuple[SourceRow, ...]
    #: Calls that are no source's, each reason in a sentence.
    strangers: tuple[StrangerRow, ...]
    mailboxes: tuple[MailboxRow, ...]
    aside: tuple[AsideRow, ...]


def build(*, person: Person, now: datetime) -> SourcesPage:
    """Return the ways in."""
    found = activity.list_sources()
    said = ngettext("%(count)s way in.", "%(count)s ways in.", len(found))
    return SourcesPage(
        frame=parts.build_frame(section="health", now=now),
        tabs=tabs.build("sources", person=person),
        sentence=said % {"count": wording.number(len(found))}
        if found
        else _(
            "Nothing comes in by itself yet. Imports and the tracked links of your own messages still do."
        ),
        rows=tuple(source_row(each, now=now) for each in found),
        strangers=tuple(
            StrangerRow(text=said_of(each), last=parts.instant(each.last_at, now=now))
            for each in strangers.list_all()
        ),
        mailboxes=tuple(
            MailboxRow(
                name=each.source,
                folder=each.folder,
                looked=parts.maybe_instant(each.looked_at, now=now),
                failure=each.failure,
            )
            for each in mail_queries.list_mailboxes()
        ),
        aside=tuple(
            AsideRow(
                number=each.arrival_id,
                source=each.source,
                reason=each.reason,
                at=parts.instant(each.received_at, now=now),
            )
            for each in activity.list_set_aside(limit=SHOWN)
        ),
    )


def said_of(found: strangers.Strangers) -> str:
    """Return in words what came of nobody who is known here."""
    count = {"count": wording.number(found.count)}
    if found.word == strangers.UNKNOWN_KEY:
        said = ngettext(
            "%(count)s call with a write key that no source has.",
            "%(count)s calls with a write key that no source has.",
            found.count,
        )
    elif found.word == strangers.NO_KEY:
        said = ngettext(
            "%(count)s call without a write key.", "%(count)s calls without a write key.", found.count
        )
    else:
        said = ngettext(
            "%(count)s call to an address that is no source's.",
            "%(count)s calls to an address that is no source's.",
            found.count,
        )
    return said % count


def source_row(line: activity.SourceLine, *, now: datetime) -> SourceRow:
    """Return one way in."""
    is_off = line.disabled_at is not None
    return SourceRow(
        name=line.name,
        kind=str(KINDS.get(line.kind, wording.plain(line.kind.lower()))),
        state=parts.Badge(text=_("Off") if is_off else _("On"), tone="gray" if is_off else "green"),
        last=parts.maybe_instant(line.last_at, now=now),
        waiting=wording.number(line.waiting),
        set_aside=wording.number(line.set_aside),
        refused=", ".join(f"{wording.number(count)} {word}" for word, count in sorted(line.refused.items())),
    )
