"""What the form of a connection says, and what is done with it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from coldframe.delivery import setup, trying
from coldframe.delivery.queries import Way
from coldframe.kernel.vocabulary import Refusal
from coldframe.leads import tokens
from coldframe.team import operations as team
from coldframe.team.rights import Person

#: Kind, as the address names it -> its settings that the form asks for.
SETTINGS = {
    "smtp": ("host", "port", "security", "user", "dkim_selector", "spf_include"),
    "webhook": ("url",),
}
#: What every mail server has beside its settings.
VALUES = ("sender_address", "sender_name", "reply_to", "postal_address")
NUMBERS = ("per_minute", "per_domain_minute", "per_day")
#: Longest text of one field; longest password.
LONGEST, LONGEST_SECRET = 500, 4_000
MOST = 10**9


class NoSuchKind(Refusal):
    """A connection of that kind is not set up here."""


class NoNumber(Refusal):
    """A limit is no whole number."""


@dataclass(frozen=True, kw_only=True)
class Form:
    """What was said of a connection."""

    kind: str
    name: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)
    #: Goes in and is never shown again.
    secret: str = ""


def parse(form: QueryDict, *, kind: str, name: str = "") -> Form:
    """Return what a form says. Raises NoSuchKind."""
    if kind not in SETTINGS:
        raise NoSuchKind(
            _("Connections of this kind are set up on the command line."),
            got=kind,
            expected=" or ".join(SETTINGS),
            advice="coldframe connections add --help",
        )
    names = (*SETTINGS[kind], *(VALUES + NUMBERS if kind == "smtp" else ()))
    return Form(
        kind=kind,
        name=name or form.get("name", "").strip()[:LONGEST],
        texts={each: form.get(each, "").replace("\0", " ").strip()[:LONGEST] for each in names},
        secret=form.get("secret", "").strip()[:LONGEST_SECRET],
    )


def form_of(way: Way) -> Form:
    """Return a connection as its form; its secret is not in it."""
    kind = way.kind.lower()
    names = SETTINGS.get(kind, ())
    texts = {each: str(way.settings.get(each, "")) for each in names}
    if kind == "smtp":
        texts |= {each: str(getattr(way, each)) for each in (*VALUES, *NUMBERS)}
    return Form(kind=kind, name=way.name, texts=texts)


def settings_of(form: Form) -> dict[str, str]:
    """Return the settings that a form gives; an empty one removes what was there."""
    return {name: form.texts.get(name, "") for name in SETTINGS[form.kind]}


def values_of(form: Form) -> dict[str, Any]:
    """Return sender, addresses and limits. Raises NoNumber."""
    values: dict[str, Any] = {name: form.texts[name] for name in VALUES if name in form.texts}
    for name in NUMBERS:
        if text := form.texts.get(name, ""):
            if not (text.isascii() and text.isdigit() and len(text) < 10):
                raise NoNumber(
                    _("A limit is a whole number."), where=name.replace("_", " "), got=f'"{text[:40]}"'
                )
            values[name] = int(text)
    return values


def add(form: Form, *, person: Person, at: datetime) -> str | None:
    """Add a way out; return a signing secret that was made, to be shown this once. Raises BadConnection."""
    settings = {name: value for name, value in settings_of(form).items() if value}
    made = setup.add(
        name=form.name,
        kind=form.kind.upper(),
        settings=settings,
        secret=form.secret,
        at=at,
        **values_of(form),
    )
    team.note(by=person, what="connection.added", at=at, subject=form.name, details={"kind": form.kind})
    return made


def change(form: Form, *, person: Person, at: datetime) -> str:
    """Change a way out; return what to say of it. Raises BadConnection."""
    done = setup.change(form.name, settings=settings_of(form), secret=form.secret, **values_of(form))
    team.note(by=person, what="connection.changed", at=at, subject=form.name)
    said = [_("Changed.")]
    if done.has_lost_secret:
        said.append(_("Its password was cleared, for it went elsewhere: give it again."))
    if done.went_home:
        said.append(_("It was switched off until it is checked again."))
    return " ".join(said)


def try_out(name: str, *, recipient: str, person: Person, at: datetime) -> str:
    """Send one message to try a connection; return what came of it. Raises NoTrial."""
    answer = trying.try_out(name, recipient=recipient, at=at)
    team.note(by=person, what="connection.tried", at=at, subject=name)
    text = " ".join(each for each in (str(answer.code or ""), answer.text) if each)
    return _("The other side said: %(text)s") % {"text": text[:300] or answer.result.value}


def leaving_url() -> str:
    """Return a page for leaving that this installation made, for nobody."""
    return tokens.unsubscribe_url(lead=uuid.uuid4())
