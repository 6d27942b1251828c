"""What comes next on a path: when its leads hear from you, why the others do not, and when its content is used up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coldframe.library import queries
from coldframe.nurture import words as nurture_words
from coldframe.reports import paths as reports
from coldframe.web import wording
from coldframe.web.pages import parts
from coldframe.web.paths import list_page


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A count with a bar."""

    label: str
    number: parts.Link
    #: 0 to 100, as a share of the longest.
    width: int
    is_quiet: bool = False


@dataclass(frozen=True, kw_only=True)
class ComingPart:
    """What comes next on one path."""

    frame: parts.Frame
    name: str
    window_title: str
    href: str
    days: tuple[Bar, ...]
    holds: tuple[Bar, ...]
    runs_out: tuple[Bar, ...]
    forecast: str


def build(name: str, *, now: datetime) -> ComingPart:
    """Return the part. Raises ``NoActivePlaybook``."""
    coming = reports.coming(name, active=queries.get_active_playbook(), as_of=now)
    return ComingPart(
        frame=parts.build_frame(section="paths", now=now),
        name=name,
        window_title=wording.without_marks(name),
        href=reverse("web:path", args=[name]),
        days=day_bars(name, coming.days),
        holds=bars(
            [
                (str(nurture_words.HOLDS.get(reason, wording.plain(reason.lower()))), list_page.number(count, on=name, hold=reason), count)
                for reason, count in coming.holds.items()
            ]
        ),
        runs_out=bars(
            [
                (in_days(days), list_page.number(count, runs_out=f"{name}|..{now.date() + timedelta(days=days)}"), count)
                for days, count in coming.runs_out.items()
            ],
            of=coming.forecast_count,
        ),
        forecast=forecast(coming.forecast_count) if coming.runs_out else "",
    )  # fmt: skip


def in_days(days: int) -> str:
    """Return until when."""
    return ngettext("in %(count)s day", "in %(count)s days", days) % {"count": days}


def forecast(count: int) -> str:
    """Return of how many leads the forecast speaks, and what it assumes."""
    return ngettext(
        "Of %(count)s lead, if it stays where it is, gets one content after the other at the pace of the path and finds none by itself.",
        "Of %(count)s leads, if they stay where they are, get one content after the other at the pace of the path and find none by themselves.",
        count,
    ) % {"count": wording.number(count)}


def day_bars(name: str, days: tuple[reports.Day, ...]) -> tuple[Bar, ...]:
    """Return the days of the next touches as bars."""
    rows = [
        (day_name(each), list_page.number(each.count, on=name, next=day_filter(each)), each.count)
        for each in days
    ]
    return bars(rows)


def day_name(day: reports.Day) -> str:
    """Return a day, or what lies before, after or beyond all days."""
    if day.day is None:
        return _("On no day: a fact must end it")
    if day.is_up_to:
        return _("Today or before")
    said = formats.date_format(day.day, "D j M")
    return _("%(day)s or later") % {"day": said} if day.is_from else said


def day_filter(day: reports.Day) -> str | None:
    """Return the value of the filter that finds the leads of a day; None: those of none."""
    if day.day is None:
        return None
    iso = day.day.isoformat()
    return f"..{iso}" if day.is_up_to else f"{iso}.." if day.is_from else iso


def bars(rows: list[tuple[str, parts.Link, int]], *, of: int = 0) -> tuple[Bar, ...]:
    """Return counts as bars, as shares of a whole or of the longest."""
    most = of or max((count for *_, count in rows), default=0)
    return tuple(
        Bar(label=label, number=number, width=round(100 * count / most) if most else 0, is_quiet=not count)
        for label, number, count in rows
    )
