"""The pages of settings, as each of them shows the others."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from coldframe.team.rights import Person, Right
from coldframe.web.pages import parts


def build(current: str, *, person: Person) -> tuple[parts.Link, ...]:
    """Return the pages that are open to somebody."""
    pages = (
        ("health", _("Health"), Right.SEE),
        ("sending", _("Sending"), Right.SEE),
        ("sources", _("Sources"), Right.SEE),
        ("in-force", _("Settings in force"), Right.MANAGE),
    )
    return tuple(
        parts.Link(label=label, href=reverse(f"web:{name}"), is_current=name == current)
        for name, label, right in pages
        if person.may(right)
    )
