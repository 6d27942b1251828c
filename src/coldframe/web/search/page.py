"""What is found for some words, by what it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from coldframe.leads import finding
from coldframe.library import queries as library
from coldframe.outbox import queries as outbox
from coldframe.team.rights import Person
from coldframe.web import menu, wording
from coldframe.web.pages import parts

#: Longest text that is searched for.
LONGEST = 200
#: Hits of each kind that are shown.
MOST = 6
#: Numbers with more digits name no message.
MOST_DIGITS = 19


@dataclass(frozen=True, kw_only=True)
class Hit:
    """One thing that was found."""

    label: str | Promise
    href: str
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """Things of one kind that were found, the best first."""

    label: str
    icon: str
    hits: tuple[Hit, ...]
    #: Where all of them are; empty: these are all.
    more: str = ""


@dataclass(frozen=True, kw_only=True)
class SearchPage:
    """The page."""

    frame: parts.Frame
    searched: str
    kinds: tuple[Kind, ...]


def parse(query: QueryDict) -> str:
    """Return what is searched for."""
    return query.get("q", "").replace("\0", " ").strip()[:LONGEST]


def build(searched: str, *, person: Person, now: datetime) -> SearchPage:
    """Return what is found for some words."""
    kinds = [look(searched) for look in KINDS] + [pages(searched, person=person)] if searched else []
    return SearchPage(
        frame=parts.build_frame(section="search", now=now),
        searched=searched,
        kinds=tuple(kind for kind in kinds if kind.hits),
    )


def people(searched: str) -> Kind:
    """Return the leads whose name, address or company’s domain begins so."""
    found = finding.find_leads(searched, limit=MOST + 1)
    hits = [
        Hit(
            label=wording.person(first_name=each.first_name, last_name=each.last_name, email=each.email),
            note=" · ".join(filter(None, [each.company, each.email])),
            href=reverse("web:lead", args=[each.public_id]),
        )
        for each in found[:MOST]
    ]
    more = parts.leads_url(q=searched) if len(found) > MOST else ""
    return Kind(label=_("Leads"), icon="users", hits=tuple(hits), more=more)


def companies(searched: str) -> Kind:
    """Return the accounts whose name or domain begins so."""
    found = finding.find_accounts(searched, limit=MOST + 1)
    hits = [
        Hit(
            label=each.name or each.domain or wording.DASH,
            note=(each.domain or "") if each.name else "",
            href=reverse("web:account", args=[each.public_id]),
        )
        for each in found[:MOST]
    ]
    more = f"{reverse('web:accounts')}?{urlencode({'q': searched})}" if len(found) > MOST else ""
    return Kind(label=_("Accounts"), icon="building", hits=tuple(hits), more=more)


def content(searched: str) -> Kind:
    """Return the assets whose title or key holds what is searched for."""
    assets = library.get_active_playbook().playbook.assets
    found = [(each.key, each.title) for each in assets if holds(searched, each.title, each.key)]
    hits = [Hit(label=title, href=reverse("web:asset", args=[f"asset:{key}"])) for key, title in found[:MOST]]
    return Kind(label=_("Content"), icon="puzzle", hits=tuple(hits), more=all_of("web:content", found))


def paths(searched: str) -> Kind:
    """Return the paths whose name holds what is searched for."""
    names = [each.name for each in library.get_active_playbook().playbook.paths]
    found = [name for name in names if holds(searched, name)]
    hits = [Hit(label=wording.plain(name), href=reverse("web:path", args=[name])) for name in found[:MOST]]
    return Kind(label=_("Paths"), icon="route", hits=tuple(hits), more=all_of("web:paths", found))


def letters(searched: str) -> Kind:
    """Return the message of that number, and the way to those to an address that holds what is searched for."""
    hits = []
    if searched.isascii() and searched.isdigit() and len(searched) < MOST_DIGITS:
        message = outbox.find_message(int(searched))
        if message is not None:
            said = _("Message %(number)s") % {"number": searched}
            hits.append(
                Hit(label=said, note=message.recipient or "", href=reverse("web:message", args=[message.id]))
            )
    if "@" in searched:
        said = _("Messages to %(address)s") % {"address": searched}
        hits.append(Hit(label=said, href=f"{reverse('web:outbox')}?{urlencode({'q': searched})}"))
    return Kind(label=_("Messages"), icon="send", hits=tuple(hits))


def holds(searched: str, *texts: str) -> bool:
    """Say whether every word that is searched for is in one of some texts, whatever the case."""
    text = " ".join(texts).casefold()
    return all(word in text for word in searched.casefold().split())


def all_of(route: str, found: Sequence[object]) -> str:
    """Return where all of some things are, where there are more than are shown."""
    return reverse(route) if len(found) > MOST else ""


def pages(searched: str, *, person: Person) -> Kind:
    """Return the pages of the menu whose names begin with what is searched for."""
    word = searched.casefold()
    hits = [
        Hit(label=item.label, href=item.href)
        for item in menu.items_for(person)
        if any(part.startswith(word) for part in (str(item.label).casefold(), item.section))
    ]
    return Kind(label=_("Pages"), icon="layout-grid", hits=tuple(hits))


#: What is looked through, in the order in which it is shown.
KINDS: tuple[Callable[[str], Kind], ...] = (people, companies, content, paths, letters)
