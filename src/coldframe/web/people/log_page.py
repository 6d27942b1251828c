"""What the page of the log shows: who did what, and when; and the same as a file."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode

from django.urls import reverse

from coldframe.leads.importing import formulas
from coldframe.team import queries
from coldframe.team.queries import LogFilter, LogLine
from coldframe.team.rights import AT_THIS_MACHINE
from coldframe.web import phrases
from coldframe.web.pages import parts

#: Lines of a page.
PAGE = 50
#: The largest id that a database keeps.
LARGEST = 2**63 - 1
#: No word, name or subject that is kept is longer.
LONGEST = 255
COLUMNS = ("at", "by", "what", "subject", "details")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One thing that was done."""

    at: parts.Instant
    by: parts.Link
    what: parts.Link
    subject: str
    #: All that was done to the same.
    subject_href: str
    details: str


@dataclass(frozen=True, kw_only=True)
class LogPage:
    """The page."""

    frame: parts.Frame
    rows: tuple[Row, ...]
    asked: LogFilter
    #: Who did anything: the name that the log has, and what they are called.
    names: tuple[tuple[str, str], ...]
    words: tuple[str, ...]
    #: The day that is asked for, as a form writes it.
    day: str
    is_filtered: bool
    is_continued: bool
    older_href: str
    first_href: str
    file_href: str


def parse(query: Mapping[str, str]) -> LogFilter:
    """Return what an address asks for; what makes no sense is not asked."""
    given = {
        name: query.get(name, "").replace("\0", "").strip()[:LONGEST] for name in ("by", "what", "subject")
    }
    before = query.get("before", "")[:20]
    is_number = before.isascii() and before.isdigit()
    return LogFilter(
        **given, on=day_of(query.get("day", "")), before=min(int(before), LARGEST) if is_number else None
    )


def day_of(text: str) -> date | None:
    """Return a day that was typed, or None."""
    try:
        found = date.fromisoformat(text[:10])
    except ValueError:
        return None
    return found if date.min < found < date.max else None


def build(asked: LogFilter, *, now: datetime) -> LogPage:
    """Return the page."""
    found = queries.list_log(asked, limit=PAGE + 1)
    more = found[PAGE - 1].id if len(found) > PAGE else None
    return LogPage(
        frame=parts.build_frame(section="log", now=now),
        rows=tuple(as_row(line, now=now) for line in found[:PAGE]),
        asked=asked,
        names=tuple((name, name_of(name)) for name in queries.list_log_names()),
        words=tuple(queries.list_log_words()),
        day=asked.on.isoformat() if asked.on else "",
        is_filtered=bool(asked.by or asked.what or asked.subject or asked.on),
        is_continued=asked.before is not None,
        older_href=href(asked, before=more) if more else "",
        first_href=href(asked),
        file_href=href(asked, route="web:log-file"),
    )


def as_row(line: LogLine, *, now: datetime) -> Row:
    """Return an entry as a row."""
    return Row(
        at=parts.recent(line.at, now=now),
        by=parts.Link(label=name_of(line.by), href=href(LogFilter(by=line.by))),
        what=parts.Link(label=line.what, href=href(LogFilter(what=line.what))),
        subject=line.subject,
        subject_href=href(LogFilter(subject=line.subject)) if line.subject else "",
        details=as_text(line.details),
    )


def name_of(by: str) -> str:
    """Return who did something; whoever sits at the machine has no name, and is told of in words."""
    return phrases.said(by) if by == AT_THIS_MACHINE.name else by


def as_text(details: Mapping[str, object]) -> str:
    """Return details in a line."""
    return ", ".join(
        f"{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for name, value in details.items()
    )


def href(asked: LogFilter, *, before: int | None = None, route: str = "web:log") -> str:
    """Return the address of what is asked for."""
    said = {
        "by": asked.by,
        "what": asked.what,
        "subject": asked.subject,
        "day": asked.on.isoformat() if asked.on else "",
        "before": str(before) if before else "",
    }
    given = {name: value for name, value in said.items() if value}
    return reverse(route) + (f"?{urlencode(given)}" if given else "")


class Line:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        """Return the text."""
        return text


def lines(asked: LogFilter) -> Iterator[str]:
    """Yield the log as lines of a CSV file that no spreadsheet runs."""
    writer = csv.writer(Line())
    yield writer.writerow(COLUMNS)
    for line in queries.iterate_log(asked):
        texts = (line.by, line.what, line.subject, as_text(line.details))
        yield writer.writerow([line.at.isoformat(), *(formulas.guard(text) for text in texts)])
