"""Paths: for whom each is, toward what, how many are on it, and how they leave."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coldframe.kernel.playbook.model import Path, Playbook
from coldframe.library import queries
from coldframe.reports import paths as reports
from coldframe.reports.columns import Column
from coldframe.reports.content_filters import EXITS_SINCE
from coldframe.web import wording
from coldframe.web.pages import parts
from coldframe.web.paths import words

#: Reasons of exits shown in the list; the page of the path shows all.
REASONS = 3
FILE = (
    Column("path", "Path"),
    Column("is_in_playbook", "In the playbook"),
    Column("count", "Leads on it"),
    Column("exhausted", "Leads that had everything"),
    Column("ended", f"Left in {EXITS_SINCE.days} days"),
    Column("exits", "Why they left"),
    Column("median_stay", "Median stay in days"),
)


@dataclass(frozen=True, kw_only=True)
class Exit:
    """How many left a path for one reason."""

    reason: str
    number: parts.Link


@dataclass(frozen=True, kw_only=True)
class PathRow:
    """One path."""

    name: str
    href: str
    whom: str
    goals: tuple[tuple[str, str], ...]
    pool: str
    cadence: str
    number: parts.Link
    #: Width of the bar, 0 to 100, as a share of everybody on a path.
    width: int
    exhausted: parts.Link | None
    exits: tuple[Exit, ...]
    left: parts.Link
    median_stay: str
    #: Whether the playbook still has it.
    is_in_playbook: bool


@dataclass(frozen=True, kw_only=True)
class PathsPage:
    """All paths."""

    frame: parts.Frame
    sentence: str
    rows: tuple[PathRow, ...]
    days: int


def file_rows(*, now: datetime) -> Iterator[list[Any]]:
    """Yield the paths in the order of the columns of a file. Raises ``NoActivePlaybook``."""
    playbook, uses = queries.get_active_playbook().playbook, reports.load(as_of=now)
    named = [path.name for path in playbook.paths]
    strays = [name for name, use in uses.items() if name not in named and use.count]
    for name in (*named, *strays):
        use = use_of(uses, name)
        stay = use.median_stay
        yield [
            name,
            name in named,
            use.count,
            use.exhausted_count,
            use.ended_count,
            [f"{reason}: {count}" for reason, count in use.exits.items()],
            None if stay is None else max(0, round(stay / timedelta(days=1))),
        ]


def build(*, now: datetime) -> PathsPage:
    """Return the page. Raises ``NoActivePlaybook``."""
    playbook = queries.get_active_playbook().playbook
    uses = reports.load(as_of=now)
    total = sum(use.count for use in uses.values())
    named = {path.name for path in playbook.paths}
    strays = [use for name, use in uses.items() if name not in named and use.count]
    return PathsPage(
        frame=parts.build_frame(section="paths", now=now),
        sentence=sentence(list(uses.values()), total),
        rows=(
            *(row(use_of(uses, path.name), path, playbook, total=total) for path in playbook.paths),
            *(row(use, None, playbook, total=total) for use in strays),
        ),
        days=EXITS_SINCE.days,
    )


def use_of(uses: dict[str, reports.PathUse], name: str) -> reports.PathUse:
    """Return the use of a path; of one that nobody is on, an empty one."""
    return uses.get(name) or reports.PathUse(path=name)


def sentence(uses: Sequence[reports.PathUse], total: int) -> str:
    """Return the answer of the page in one sentence."""
    if not total:
        return _("Nobody is on a path yet. Leads come onto one when the worker has looked at them.")
    count = sum(bool(use.count) for use in uses)
    paths = ngettext("%(count)s path", "%(count)s paths", count) % {"count": wording.number(count)}
    said = ngettext("%(count)s lead is on %(paths)s", "%(count)s leads are on %(paths)s", total)
    said = said % {"count": wording.number(total), "paths": paths}
    if exhausted := sum(use.exhausted_count for use in uses):
        more = ngettext(
            "%(count)s of them has had everything there is",
            "%(count)s of them have had everything there is",
            exhausted,
        )
        return f"{said}; {more % {'count': wording.number(exhausted)}}."
    return f"{said}."


def row(use: reports.PathUse, path: Path | None, playbook: Playbook, *, total: int) -> PathRow:
    """Return one path as the list shows it."""
    name = use.path
    return PathRow(
        name=name,
        href=reverse("web:path", args=[name]),
        whom=words.whom(path, playbook) if path else _("The playbook does not have it any more"),
        goals=tuple(words.goals(path)) if path else (),
        pool=words.pool(path, playbook) if path else "",
        cadence=words.cadence(path, playbook) if path else "",
        number=number(use.count, on=name),
        width=round(100 * use.count / total) if total else 0,
        exhausted=number(use.exhausted_count, on=name, stay="EXHAUSTED") if use.exhausted_count else None,
        exits=exits(use)[:REASONS],
        left=number(use.ended_count, exited=name),
        median_stay=days(use.median_stay),
        is_in_playbook=path is not None,
    )


def exits(use: reports.PathUse) -> tuple[Exit, ...]:
    """Return why people left, the most frequent reason first."""
    return tuple(
        Exit(reason=wording.exit_of(reason), number=number(count, exited=f"{use.path}|{reason}"))
        for reason, count in use.exits.items()
    )


def number(count: int, **filters: Any) -> parts.Link:
    """Return a number, and the way to the leads behind it."""
    return parts.Link(label=wording.number(count), href=parts.leads_url(**filters) if count else "")


def days(span: timedelta | None) -> str:
    """Return a length of stay in days; a dash where nobody's has ended."""
    if span is None:
        return wording.DASH
    count = max(0, round(span / timedelta(days=1)))
    return ngettext("%(count)s day", "%(count)s days", count) % {"count": wording.number(count)}
