"""Who takes leads, in which order, and how many."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from coldframe.handoff import queries as handoffs
from coldframe.library import queries as library
from coldframe.nurture import ledger
from coldframe.web import phrases
from coldframe.web.desk.pages import load
from coldframe.web.pages import parts


@dataclass(frozen=True, kw_only=True)
class RepForm:
    """What is agreed with one rep, as a form holds it."""

    name: str
    #: Such as ``4 of 10 a week``; empty for somebody who takes none and has none.
    bar: load.Bar | None
    takes_leads: bool
    most: str
    away_until: str
    countries: str


@dataclass(frozen=True, kw_only=True)
class CapacityPage:
    """Who takes leads, in which order, and how many."""

    frame: parts.Frame
    load: load.Load
    #: One name a line, in the order of the round robin.
    names: str
    lines: int
    reps: tuple[RepForm, ...]
    per_rep: str
    ways: tuple[str, ...]
    version: str


def build(*, now: datetime) -> CapacityPage:
    """Return the page at an instant. Raises ``NoActivePlaybook``."""
    active = library.get_active_playbook()
    sales = active.playbook.sales
    taken = load.build(now=now, waiting_count=ledger.get_waiting_count())
    bars = {each.label: each for each in taken.reps}
    names = [name for _team, name in handoffs.list_reps()]
    return CapacityPage(
        frame=parts.build_frame(section="desk", now=now),
        load=taken,
        names="\n".join(names),
        lines=min(12, max(3, len(names) + 1)),
        reps=tuple(rep_form(each, bars.get(each.name)) for each in handoffs.list_rep_rows()),
        per_rep=phrases.said(str(sales.capacity.per_rep)),
        ways=tuple(way(each) for each in sales.owner.by),
        version=str(active.number),
    )


def rep_form(rep: handoffs.RepRow, bar: load.Bar | None) -> RepForm:
    """Return what is agreed with one rep."""
    return RepForm(
        name=rep.name,
        bar=bar,
        takes_leads=rep.takes_leads,
        most="" if rep.most is None else str(rep.most),
        away_until=timezone.localdate(rep.away_until).isoformat() if rep.away_until else "",
        countries=" ".join(rep.countries),
    )


def way(code: str) -> str:
    """Return one way to find the owner of a lead."""
    return {
        "account.owner": _("the owner of the account"),
        "lead.owner": _("the owner of the lead"),
        "territory": _("whose country it is"),
        "round_robin": _("whose turn it is"),
    }.get(code, code)
