"""The handoffs behind one number of the results."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coldframe.handoff import queries as handoffs
from coldframe.nurture import listing
from coldframe.reports import acceptance as reports
from coldframe.reports.acceptance import Asked, Dimension
from coldframe.web import wording
from coldframe.web.desk.pages import waiting
from coldframe.web.pages import parts
from coldframe.web.results import acceptance_page, words

#: Rows of one page.
ROWS = 50
KEY_LENGTH, MOST_PAGES = 200, 100_000


@dataclass(frozen=True, kw_only=True)
class RowsPage:
    """The handoffs behind one number."""

    frame: parts.Frame
    title: str
    sentence: str
    back: str
    rows: tuple[waiting.AnsweredRow, ...]
    #: The same rows as a file; empty: this person may not have it.
    file: str
    newer: str
    older: str


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which rows, and which page of them, counted from 1."""

    asked: Asked
    page: int = 1


def parse(query: QueryDict) -> Wanted:
    """Return what is asked for. Raises ``NoSuchFigure``."""
    given, key = query.get("by", ""), query.get("key", "")
    if given and given not in set(Dimension):
        raise reports.NoSuchFigure(
            _("There is no such figure."), where="by", expected=", ".join(Dimension), got=given[:80]
        )
    return Wanted(
        asked=Asked(
            what=query.get("what", "opened"),
            by=Dimension(given) if given else None,
            key=None if key == listing.NONE else key[:KEY_LENGTH].replace("\0", ""),
            days=whole(query.get("days", ""), otherwise=reports.DAYS),
        ),
        page=min(max(1, whole(query.get("page", ""), otherwise=1)), MOST_PAGES),
    )


def whole(text: str, *, otherwise: int) -> int:
    """Return a whole number that was typed; another where it is none, or no such number is meant here."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else otherwise


def build(wanted: Wanted, *, may_export: bool, now: datetime) -> RowsPage:
    """Return the page. Raises ``NoSuchFigure``."""
    asked = wanted.asked
    ids = reports.find_ids(asked, as_of=now)
    first = (wanted.page - 1) * ROWS
    found = handoffs.list_these(ids[first : first + ROWS])
    return RowsPage(
        frame=parts.build_frame(section="results", now=now),
        title=title(asked),
        sentence=sentence(len(ids), asked),
        back=f"{reverse('web:results')}?days={asked.days}",
        rows=tuple(waiting.answered_row(each, now=now) for each in found),
        file=f"{reverse('web:results-handoffs-file')}?{asked.query}" if may_export and ids else "",
        newer=page_url(wanted, wanted.page - 1) if wanted.page > 1 else "",
        older=page_url(wanted, wanted.page + 1) if first + ROWS < len(ids) else "",
    )


def title(asked: Asked) -> str:
    """Return what the rows are."""
    what = str(words.COUNTS[asked.what])
    if asked.by is None:
        return what
    group = f"{words.GROUPS[asked.by]}: {words.group(asked.by, asked.key)}"
    return f"{what} · {group}"


def sentence(count: int, asked: Asked) -> str:
    """Return how many there are, and from when."""
    said = ngettext(
        "%(count)s handoff opened %(within)s, the latest first.",
        "%(count)s handoffs opened %(within)s, the latest first.",
        count,
    )
    return said % {"count": wording.number(count), "within": words.within(asked.days)}


def page_url(wanted: Wanted, page: int) -> str:
    """Return the address of another page of the same rows."""
    return f"{acceptance_page.rows_url(replace(wanted, page=page).asked)}&page={page}"
