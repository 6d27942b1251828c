"""The menu: every page that somebody may open, by what it is for, in the order of the working day."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from coldframe.team import access
from coldframe.team.rights import Person, Right

#: Group -> what stands above its pages; in this order.
GROUPS = {
    "work": _("Work"),
    "nurture": _("Nurture"),
    "data": _("Data"),
    "sending": _("Sending"),
    "house": _("House"),
}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One page of the menu."""

    section: str
    label: str | Promise
    icon: str
    route: str
    right: Right = Right.SEE
    group: str = "work"
    #: The key that opens the page after ``g``, on every page; empty: none.
    key: str = ""


ENTRIES = (
    Entry(section="today", label=_("Today"), icon="home", route="web:today", key="t"),
    Entry(section="desk", label=_("Desk"), icon="briefcase", route="web:desk", key="d"),
    Entry(section="leads", label=_("Leads"), icon="users", route="web:leads", key="l"),
    Entry(section="accounts", label=_("Accounts"), icon="building", route="web:accounts", key="a"),
    Entry(
        section="content", label=_("Content"), icon="puzzle", route="web:content", group="nurture", key="c"
    ),
    Entry(section="paths", label=_("Paths"), icon="route", route="web:paths", group="nurture", key="p"),
    Entry(
        section="playbook", label=_("Playbook"), icon="book", route="web:playbook", group="nurture", key="b"
    ),
    Entry(
        section="results",
        label=_("Results"),
        icon="chart-bar",
        route="web:results",
        group="nurture",
        key="r",
    ),
    Entry(
        section="imports",
        label=_("Import"),
        icon="file-import",
        route="web:imports",
        group="data",
        key="i",
        right=Right.IMPORT,
    ),
    Entry(
        section="audit", label=_("Audit"), icon="report-analytics", route="web:audit", group="data", key="q"
    ),
    Entry(section="outbox", label=_("Outbox"), icon="send", route="web:outbox", group="sending", key="o"),
    Entry(section="mail", label=_("Mail"), icon="inbox", route="web:mail", group="sending", key="m"),
    Entry(
        section="people",
        label=_("People"),
        icon="users-group",
        route="web:people",
        right=Right.MANAGE,
        group="house",
    ),
    Entry(section="log", label=_("Log"), icon="history", route="web:log", right=Right.MANAGE, group="house"),
    Entry(section="health", label=_("Settings"), icon="settings", route="web:health", group="house", key="s"),
)


@dataclass(frozen=True, kw_only=True)
class Item:
    """One entry as the page shows it."""

    section: str
    label: str | Promise
    icon: str
    href: str
    key: str


@dataclass(frozen=True, kw_only=True)
class Group:
    """The pages that stand together."""

    key: str
    label: str | Promise
    items: tuple[Item, ...]


def for_request(request: HttpRequest) -> dict[str, object]:
    """
    Return what every template knows of who asks: the person, and the pages that are open to them.

    Neither is looked up before a template shows it: pages behind links in mail show neither, and need no database.
    """
    person = access.person_of(request)
    return {"person": person, "menu": SimpleLazyObject(lambda: groups_for(person))}


def groups_for(person: Person) -> list[Group]:
    """Return the pages that are open to somebody, in their groups."""
    groups = [
        Group(key=key, label=label, items=tuple(items_for(person, group=key)))
        for key, label in GROUPS.items()
    ]
    return [group for group in groups if group.items]


def items_for(person: Person, *, group: str = "") -> list[Item]:
    """Return the pages that are open to somebody: all, or those of one group."""
    return [
        Item(
            section=each.section,
            label=each.label,
            icon=each.icon,
            href=reverse(each.route),
            key=each.key,
        )
        for each in ENTRIES
        if person.may(each.right) and group in ("", each.group)
    ]
