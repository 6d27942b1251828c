"""The playbook in words, and the draft of the next version."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from coldframe.kernel.playbook.model import Playbook
from coldframe.library import queries
from coldframe.nurture import line
from coldframe.reports import standing_counts
from coldframe.web.desk.pages import waiting
from coldframe.web.pages import parts
from coldframe.web.playbook.pages import drafts
from coldframe.web.playbook.pages.cards import CARDS, Card, Setting


@dataclass(frozen=True, kw_only=True)
class OverviewPage:
    """One version in words."""

    frame: parts.Frame
    number: int
    name: str
    about: str
    sentence: str
    is_active: bool
    may_edit: bool
    active_number: int
    cards: tuple[Card, ...]
    draft: drafts.Box | None
    has_set_aside: bool
    #: The last lead that sales had room for, and the first for whom there was none.
    sides: tuple[waiting.Side, ...]


def build(*, number: int | None, may_edit: bool, now: datetime) -> OverviewPage:
    """Return the page of the active version, or of another. Raises ``NoActivePlaybook``, ``NoSuchVersion``."""
    active = queries.get_active_playbook()
    version = active if number is None else queries.get_version(number=number)
    is_active = version.number == active.number
    setting = Setting(version.playbook, standing_counts.get_counts() if is_active else {})
    return OverviewPage(
        frame=parts.build_frame(section="playbook", now=now),
        number=version.number,
        name=version.name,
        about=version.playbook.about or "",
        sentence=sentence(version.playbook),
        is_active=is_active,
        may_edit=may_edit,
        active_number=active.number,
        cards=tuple(card(setting) for card in CARDS),
        draft=drafts.find(active_number=active.number, now=now) if is_active else None,
        has_set_aside=is_active and may_edit and queries.has_set_aside(),
        sides=waiting.sides(line.margin(playbook=active.playbook, at=now), now=now) if is_active else (),
    )


def sentence(playbook: Playbook) -> str:
    """Return the whole policy in one sentence."""
    return _(
        "%(signals)s signals say who behaves like a buyer, %(triggers)s triggers bring leads to sales, "
        "%(paths)s paths nurture the others, and %(reasons)s reasons let a lead go."
    ) % {
        "signals": len(playbook.signals),
        "triggers": len(playbook.triggers),
        "paths": len(playbook.paths),
        "reasons": len(playbook.disqualify) + len(playbook.exits),
    }
