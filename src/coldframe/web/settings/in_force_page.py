"""The settings in force, and where each comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coldframe.environment import Setting
from coldframe.team.rights import Person
from coldframe.web import phrases, wording
from coldframe.web.pages import parts
from coldframe.web.settings import tabs


@dataclass(frozen=True, kw_only=True)
class InForcePage:
    """The page."""

    frame: parts.Frame
    tabs: tuple[parts.Link, ...]
    sentence: str
    settings: tuple[Setting, ...]


def build(found: Sequence[Setting], *, person: Person, now: datetime) -> InForcePage:
    """Return the settings in force."""
    changed = sum(1 for each in found if each.origin != "default")
    said = ngettext(
        "%(count)s setting comes from the environment; all others are as they come.",
        "%(count)s settings come from the environment; all others are as they come.",
        changed,
    )
    return InForcePage(
        frame=parts.build_frame(section="health", now=now),
        tabs=tabs.build("in-force", person=person),
        sentence=said % {"count": wording.number(changed)} if changed else _("Every setting is as it comes."),
        settings=tuple(
            replace(each, value=phrases.said(each.value), origin=phrases.said(each.origin)) for each in found
        ),
    )
