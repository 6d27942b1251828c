"""How the house runs: what is wrong, who works, what waits, and where it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coldframe import __version__
from coldframe.reports import condition
from coldframe.storage import health
from coldframe.team.rights import Person
from coldframe.web import wording
from coldframe.web.pages import parts
from coldframe.web.settings import tabs

MEBIBYTE = 2**20


@dataclass(frozen=True, kw_only=True)
class Worker:
    """One worker."""

    name: str
    host: str
    state: parts.Badge
    seen: parts.Instant


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One thing that is known of how it runs; ``href`` leads to what is behind it."""

    label: str
    value: str
    href: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class HealthPage:
    """The page."""

    frame: parts.Frame
    tabs: tuple[parts.Link, ...]
    sentence: str
    problems: tuple[str, ...]
    workers: tuple[Worker, ...]
    work: tuple[Fact, ...]
    house: tuple[Fact, ...]


def build(*, person: Person, now: datetime) -> HealthPage:
    """Return how it runs now."""
    seen, database = condition.look(at=now), health.look()
    problems = [
        *condition.problems_of_disk(),
        *(health.problems_of(database) if database else ()),
        *condition.problems_of(seen),
    ]
    frame = parts.build_frame(section="health", now=now)
    return HealthPage(
        frame=frame,
        tabs=tabs.build("health", person=person),
        sentence=sentence(problems, seen),
        problems=tuple(wording.sentence(each) for each in problems),
        workers=tuple(worker(each, now=now) for each in seen.workers),
        work=work(seen, frame),
        house=house(seen, database, now=now),
    )


def sentence(problems: list[str], seen: condition.Condition) -> str:
    """Return the answer of the page in one sentence."""
    if problems:
        said = ngettext("%(count)s thing is wrong.", "%(count)s things are wrong.", len(problems))
        return said % {"count": wording.number(len(problems))}
    if not any(each["is_alive"] for each in seen.workers):
        return _(
            "Nothing is wrong, and no worker runs: nothing is decided or sent. ./coldframe run keeps one running."
        )
    return _("Nothing is missing or wrong.")


def worker(seen: Mapping[str, Any], *, now: datetime) -> Worker:
    """Return one worker."""
    alive = seen["is_alive"]
    return Worker(
        name=seen["name"],
        host=seen["host"],
        state=parts.Badge(
            text=_("Works") if alive else _("Not seen lately"), tone="green" if alive else "yellow"
        ),
        seen=parts.instant(seen["seen_at"], now=now),
    )


def work(seen: condition.Condition, frame: parts.Frame) -> tuple[Fact, ...]:
    """Return what waits."""
    oldest = timedelta(seconds=seen.oldest_due_seconds)
    waits = (
        _("the oldest for %(span)s") % {"span": wording.amount(oldest)}
        if seen.oldest_due_seconds >= 1
        else ""
    )
    return (
        Fact(label=_("Last assessed"), value=frame.assessed.text if frame.assessed else _("never")),
        Fact(label=_("Accounts due"), value=wording.number(seen.due_accounts), note=waits),
        Fact(
            label=_("Messages due"),
            value=wording.number(seen.due_messages),
            href=f"{reverse('web:outbox')}?state=waiting",
        ),
        Fact(
            label=_("Messages in doubt"),
            value=wording.number(seen.uncertain_messages),
            href=f"{reverse('web:outbox')}?state=uncertain",
        ),
        Fact(
            label=_("Set aside, not understood"),
            value=wording.number(seen.set_aside),
            href=reverse("web:sources"),
        ),
    )


def house(seen: condition.Condition, database: health.Health | None, *, now: datetime) -> tuple[Fact, ...]:
    """Return where everything is kept."""
    last = seen.last_backup_at
    facts = [
        Fact(label=_("Version"), value=__version__),
        Fact(label=_("Free on the disk"), value=mebibytes(seen.disk_free_bytes)),
        Fact(
            label=_("Last backup"),
            value=wording.distance(last, now=now) if last else _("none in the data folder"),
        ),
    ]
    if database:
        facts += [
            Fact(label=_("Database"), value=f"{database.kind} {database.version}"),
            Fact(label=_("Its size"), value=mebibytes(database.size_bytes)),
        ]
    return tuple(facts)


def mebibytes(size: int) -> str:
    """Return a number of bytes as people say it."""
    return f"{wording.number(size // MEBIBYTE)} MiB"
