"""One connection as a form, and what the checks before sending found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coldframe.delivery.findings import Finding, Weight
from coldframe.delivery.queries import Way
from coldframe.kernel.vocabulary import Refusal
from coldframe.team.rights import Person
from coldframe.web.pages import parts, sending
from coldframe.web.settings import connecting, tabs
from coldframe.web.settings.connecting import Form

LABELS: dict[str, str | Promise] = {
    "host": gettext_lazy("Mail server"),
    "port": gettext_lazy("Port"),
    "security": gettext_lazy("Security"),
    "user": gettext_lazy("User"),
    "dkim_selector": gettext_lazy("DKIM selector"),
    "spf_include": gettext_lazy("SPF include of the mail service"),
    "url": gettext_lazy("Address that is called"),
    "sender_address": gettext_lazy("Messages come from"),
    "sender_name": gettext_lazy("Sender’s name"),
    "reply_to": gettext_lazy("Answers go to, if elsewhere"),
    "postal_address": gettext_lazy("Postal address"),
    "per_minute": gettext_lazy("Most in a minute"),
    "per_domain_minute": gettext_lazy("Most to one domain in a minute"),
    "per_day": gettext_lazy("Most in 24 hours"),
}
EXAMPLES = {
    "host": "mail.company.example",
    "port": "587",
    "url": "https://hooks.company.example/coldframe",
    "per_minute": "60",
}
SECURITIES = ("starttls", "tls", "none")
WEIGHTS: dict[Weight, tuple[str | Promise, str]] = {
    Weight.BLOCKS: (gettext_lazy("Missing"), "yellow"),
    Weight.WARNS: (gettext_lazy("Worth mending"), "blue"),
    Weight.PASSED: (gettext_lazy("In place"), "green"),
}


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of the form."""

    name: str
    label: str | Promise
    value: str
    example: str = ""
    #: Empty: any text.
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ConnectionPage:
    """The form of a connection."""

    frame: parts.Frame
    tabs: tuple[parts.Link, ...]
    is_new: bool
    kind: str
    name: str
    title: str
    state: parts.Badge | None
    text: str
    is_live: bool
    #: Whether the form can change it; others are set up on the command line.
    is_here: bool
    has_secret: bool
    fields: tuple[Field, ...]
    problem: Refusal | None


@dataclass(frozen=True, kw_only=True)
class FindingRow:
    """What one check found."""

    state: parts.Badge
    text: str
    advice: str


@dataclass(frozen=True, kw_only=True)
class FindingsPage:
    """What the checks found, what is in the way first."""

    frame: parts.Frame
    tabs: tuple[parts.Link, ...]
    name: str
    sentence: str
    is_ready: bool
    rows: tuple[FindingRow, ...]


def build_new(form: Form, *, problem: Refusal | None, person: Person, now: datetime) -> ConnectionPage:
    """Return the form of a connection that is to be added."""
    return ConnectionPage(
        frame=parts.build_frame(section="health", now=now),
        tabs=tabs.build("sending", person=person),
        is_new=True,
        kind=form.kind,
        name=form.name,
        title=_("A mail server") if form.kind == "smtp" else _("A webhook"),
        state=None,
        text=_("It sends nothing before it is checked and switched on."),
        is_live=False,
        is_here=True,
        has_secret=False,
        fields=fields_of(form.texts, form.kind),
        problem=problem,
    )


def build(way: Way, form: Form, *, problem: Refusal | None, person: Person, now: datetime) -> ConnectionPage:
    """Return the form of a connection there is."""
    state, text = sending.standing(way, now=now)
    return ConnectionPage(
        frame=parts.build_frame(section="health", now=now),
        tabs=tabs.build("sending", person=person),
        is_new=False,
        kind=form.kind,
        name=way.name,
        title=way.name,
        state=state,
        text=text,
        is_live=way.live_since is not None,
        is_here=form.kind in connecting.SETTINGS,
        has_secret=way.has_secret,
        fields=fields_of(form.texts, form.kind),
        problem=problem,
    )


def fields_of(texts: Mapping[str, str], kind: str) -> tuple[Field, ...]:
    """Return the fields of a form with what was said in them."""
    names = connecting.SETTINGS.get(kind, ())
    if kind == "smtp":
        names = (*names, *connecting.VALUES, *connecting.NUMBERS)
    return tuple(
        Field(
            name=name,
            label=LABELS[name],
            value=texts.get(name, ""),
            example=EXAMPLES.get(name, ""),
            choices=SECURITIES if name == "security" else (),
        )
        for name in names
    )


def build_findings(name: str, found: Sequence[Finding], *, person: Person, now: datetime) -> FindingsPage:
    """Return what the checks of a connection found."""
    order = list(WEIGHTS)
    is_ready = all(each.weight is not Weight.BLOCKS for each in found)
    return FindingsPage(
        frame=parts.build_frame(section="health", now=now),
        tabs=tabs.build("sending", person=person),
        name=name,
        sentence=_("Everything is in place: it can be switched on.")
        if is_ready
        else _("Something is missing before anything may leave by it."),
        is_ready=is_ready,
        rows=tuple(
            FindingRow(
                state=parts.Badge(text=str(WEIGHTS[each.weight][0]), tone=WEIGHTS[each.weight][1]),
                text=each.what,
                advice=each.advice,
            )
            for each in sorted(found, key=lambda each: order.index(each.weight))
        ),
    )
