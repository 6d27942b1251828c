"""What sales answered, in words: the sentence, the triggers to look at, and a table for each dimension."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coldframe.reports import acceptance as reports
from coldframe.reports.acceptance import Asked, Dimension, Figure
from coldframe.web import wording
from coldframe.web.pages import parts
from coldframe.web.results import words

#: The ways in which sales returns a lead.
RETURNS = ("not_now", "wrong_person", "needs_education", "not_a_fit")
#: What is no answer.
UNANSWERED = ("waiting", "lapsed", "overtaken")


@dataclass(frozen=True, kw_only=True)
class Share:
    """A share with its interval, as text and as a bar of 100."""

    text: str
    interval: str
    low: int
    width: int
    at: int
    #: ``good``, ``bad`` or empty: which way it leans.
    tone: str


@dataclass(frozen=True, kw_only=True)
class Row:
    """One group of handoffs."""

    label: str
    opened: parts.Link
    accepted: parts.Link
    answered: parts.Link
    #: None: nothing was answered.
    share: Share | None
    returned: tuple[parts.Link, ...]
    unanswered: tuple[parts.Link, ...]
    is_mostly_returned: bool


@dataclass(frozen=True, kw_only=True)
class Table:
    """All groups of one dimension."""

    key: str
    title: str
    note: str
    group: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, kw_only=True)
class ResultsPage:
    """What sales answered."""

    frame: parts.Frame
    sentence: str
    spans: tuple[parts.Link, ...]
    total: Row
    #: The triggers whose handoffs are mostly returned, each in one sentence.
    findings: tuple[parts.Link, ...]
    tables: tuple[Table, ...]
    is_empty: bool


def parse(query: QueryDict) -> int:
    """Return how many days are asked for: one of ``words.SPANS``."""
    given = query.get("days", "")
    return int(given) if given.isdecimal() and len(given) < 6 and int(given) in words.SPANS else reports.DAYS


def build(days: int, *, now: datetime) -> ResultsPage:
    """Return the page for the last so many days."""
    found = reports.load(as_of=now, days=days)
    return ResultsPage(
        frame=parts.build_frame(section="results", now=now),
        sentence=sentence(found),
        spans=tuple(
            parts.Link(
                label=str(label),
                href=f"{reverse('web:results')}?{urlencode({'days': span})}",
                is_current=span == days,
            )
            for span, label in words.SPANS.items()
        ),
        total=row(found.total, days=days),
        findings=tuple(finding(each, days=days) for each in found.returned_triggers),
        tables=tuple(table(dimension, found) for dimension in Dimension if found.by[dimension]),
        is_empty=not found.total.counts["opened"],
    )


def sentence(found: reports.Acceptance) -> str:
    """Return the answer of the page in one sentence."""
    counts, within = found.total.counts, words.within(found.days)
    if not counts["opened"]:
        return _("Nobody was put before sales %(within)s.") % {"within": within}
    if found.total.rate is None:
        said = ngettext(
            "%(count)s lead was put before sales %(within)s, and nothing is answered yet.",
            "%(count)s leads were put before sales %(within)s, and nothing is answered yet.",
            counts["opened"],
        )
        return said % {"count": wording.number(counts["opened"]), "within": within}
    return _("Sales accepted %(accepted)s of %(answered)s that it answered %(within)s: %(rate)s.") % {
        "accepted": wording.number(counts["accepted"]),
        "answered": wording.number(counts["answered"]),
        "within": within,
        "rate": wording.percent(found.total.rate),
    }


def finding(figure: Figure, *, days: int) -> parts.Link:
    """Return what is to be said of a trigger whose handoffs are mostly returned."""
    said = _("“%(trigger)s”: sales returned %(returned)s of %(answered)s.") % {
        "trigger": words.group(Dimension.TRIGGER, figure.key),
        "returned": wording.number(figure.counts["returned"]),
        "answered": wording.number(figure.counts["answered"]),
    }
    return parts.Link(
        label=said, href=rows_url(Asked(what="returned", by=Dimension.TRIGGER, key=figure.key, days=days))
    )


def table(dimension: Dimension, found: reports.Acceptance) -> Table:
    """Return all groups of one dimension."""
    return Table(
        key=dimension.value,
        title=str(words.TITLES[dimension]),
        note=str(words.NOTES[dimension]),
        group=str(words.GROUPS[dimension]),
        rows=tuple(row(each, days=found.days, by=dimension) for each in found.by[dimension]),
    )


def row(figure: Figure, *, days: int, by: Dimension | None = None) -> Row:
    """Return one group of handoffs, each number with the way to its rows."""

    def number(what: str, *, named: bool = False) -> parts.Link:
        count = figure.counts[what]
        href = rows_url(Asked(what=what, by=by, key=figure.key, days=days)) if count else ""
        label = wording.number(count)
        return parts.Link(label=str(words.COUNTS[what]) if named else label, href=href, count=label)

    return Row(
        label=words.group(by, figure.key) if by else _("All"),
        opened=number("opened"),
        accepted=number("accepted"),
        answered=number("answered"),
        share=share(figure),
        returned=tuple(number(what, named=True) for what in RETURNS if figure.counts[what]),
        unanswered=tuple(number(what, named=True) for what in UNANSWERED if figure.counts[what]),
        is_mostly_returned=figure.is_mostly_returned,
    )


def share(figure: Figure) -> Share | None:
    """Return the share of accepted ones with its interval; None where nothing was answered."""
    if figure.rate is None:
        return None
    low, high = round(100 * figure.low), round(100 * figure.high)
    return Share(
        text=wording.percent(figure.rate),
        interval=_("%(low)s to %(high)s")
        % {"low": wording.percent(figure.low), "high": wording.percent(figure.high)},
        low=low,
        width=max(1, high - low),
        at=min(99, round(100 * figure.rate)),
        tone={"ACCEPTED": "good", "RETURNED": "bad"}.get(figure.leaning.value, ""),
    )


def rows_url(asked: Asked) -> str:
    """Return the address of the handoffs behind a number."""
    return f"{reverse('web:results-handoffs')}?{asked.query}"
