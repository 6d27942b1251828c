"""What the outbox does not hold yet: what is planned for which day, and what holds the others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coldframe.nurture import ledger, listing, words
from coldframe.reports import coming
from coldframe.reports.paths import Day
from coldframe.web import wording
from coldframe.web.pages import parts


@dataclass(frozen=True, kw_only=True)
class Bar:
    """How many leads there are of something, and where they are."""

    label: str
    href: str
    count: str
    value: int


@dataclass(frozen=True, kw_only=True)
class Coming:
    """What comes next for everybody on a path."""

    sentence: str
    days: tuple[Bar, ...]
    most: int
    holds: tuple[Bar, ...]
    #: What became of the candidates of the last cycle; empty: there was none.
    books: str


def build(*, now: datetime) -> Coming:
    """Return what comes next."""
    found = coming.load(today=now.date())
    days = tuple(day_bar(each) for each in found.days if each.count)
    return Coming(
        sentence=sentence(found),
        days=days,
        most=max((each.value for each in days), default=1),
        holds=tuple(
            Bar(
                label=str(words.HOLDS.get(reason, wording.plain(reason))),
                href=parts.leads_url(hold=reason),
                count=wording.number(count),
                value=count,
            )
            for reason, count in found.holds.items()
        ),
        books=books(),
    )


def sentence(found: coming.Coming) -> str:
    """Return in one sentence how many are on a path and what comes next for them."""
    values = {
        "leads": wording.number(found.lead_count),
        "planned": wording.number(found.planned_count),
        "held": wording.number(sum(found.holds.values())),
    }
    return (
        ngettext(
            "%(leads)s lead is on a path: %(planned)s with a touch on its way, %(held)s held, each for a reason.",
            "%(leads)s leads are on a path: %(planned)s with a touch on its way, %(held)s held, each for a reason.",
            found.lead_count,
        )
        % values
    )


def day_bar(day: Day) -> Bar:
    """Return a day with the leads whose next touch falls on it."""
    label, asked = described(day)
    return Bar(
        label=label, href=parts.leads_url(next=asked), count=wording.number(day.count), value=day.count
    )


def described(day: Day) -> tuple[str, str]:
    """Return what a day is called, and how the list of leads is asked for it."""
    if day.day is None:
        return _("No day: only a fact ends the hold"), listing.NONE
    if day.is_up_to:
        return _("Today, or as soon as it can be"), f"..{day.day}"
    if day.is_from:
        return _("From %(day)s on") % {"day": in_words(day.day)}, f"{day.day}.."
    return in_words(day.day), day.day.isoformat()


def in_words(day: date) -> str:
    """Return a day with the name of its weekday."""
    return formats.date_format(day, "D j M")


def books() -> str:
    """Return what became of the candidates of the latest cycle that had some, which adds up."""
    number = ledger.find_last_with_candidates()
    if number is None:
        return ""
    found = ledger.account_for(cycle_id=number)
    values = {
        name: wording.number(getattr(found, name))
        for name in ("candidates", "planned", "sent", "held", "failed", "uncertain")
    }
    return (
        _(
            "The latest cycle: %(candidates)s looked at = %(planned)s planned + %(sent)s sent + %(held)s held "
            "+ %(failed)s failed + %(uncertain)s uncertain."
        )
        % values
    )
