"""
Who is on each path, who left it and why, and how long they stayed: counted over indexes of the stays, for pages.

Exits and lengths of stay are of the last ``content_filters.EXITS_SINCE``; a stay that goes on has no length yet.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import polars as pl
from django.db.models import Count, QuerySet

from coldframe.kernel.frames import INSTANT
from coldframe.kernel.vocabulary import EnrollmentState, TouchState
from coldframe.leads.models import Lead
from coldframe.library.queries import ActivePlaybook
from coldframe.nurture import remembering
from coldframe.nurture.models import Enrollment, Touch
from coldframe.reports import exhaustion, outlooks
from coldframe.reports.content_filters import EXITS_SINCE
from coldframe.storage import reads

SECONDS, PATIENCE = 30.0, 100.0
#: Days that a page shows one by one.
DAYS_SHOWN = 14
#: Until when it is told how many will have had everything.
HORIZONS = (30, 90, 180)
ENDED = """
SELECT lead_id, path, exit_reason, entered_at, ended_at FROM nurture_enrollment
 WHERE ended_at > {since} AND ended_at <= {until}
   AND lead_id NOT IN (SELECT id FROM leads_lead WHERE voided_at IS NOT NULL)
"""
ENDED_SCHEMA: reads.Schema = {
    "lead_id": pl.Int64,
    "path": pl.String,
    "exit_reason": pl.String,
    "entered_at": INSTANT,
    "ended_at": INSTANT,
}


@dataclass(frozen=True, kw_only=True)
class PathUse:
    """Who is on a path, and who left it lately."""

    path: str
    #: By ``EnrollmentState``, of stays that go on.
    by_state: dict[str, int] = field(default_factory=dict)
    #: Exit reason -> leads, the most frequent first.
    exits: dict[str, int] = field(default_factory=dict)
    #: Of the stays that ended lately; None where none did.
    median_stay: timedelta | None = None
    ended_count: int = 0

    @property
    def count(self) -> int:
        """Leads on it now."""
        return sum(self.by_state.values())

    @property
    def exhausted_count(self) -> int:
        """Leads on it that have had everything."""
        return self.by_state.get(EnrollmentState.EXHAUSTED, 0)


def load(*, as_of: datetime) -> dict[str, PathUse]:
    """Return the use of every path that anybody is on or left lately, by name; remembered or new."""
    return remembering.remember("paths", lambda: load_now(as_of=as_of), seconds=SECONDS, patience=PATIENCE)


def load_now(*, as_of: datetime) -> dict[str, PathUse]:
    """Return the use of every path, of this moment."""
    states: dict[str, dict[str, int]] = {}
    for path, state, count in open_stays().values_list("path", "state").annotate(count=Count("id")):
        states.setdefault(path, {})[state] = count
    ended = ended_stays(as_of=as_of)
    exits, lengths = exits_of(ended), lengths_of(ended)
    return {
        path: PathUse(
            path=path,
            by_state=states.get(path, {}),
            exits=exits.get(path, {}),
            median_stay=lengths.get(path, (None, 0))[0],
            ended_count=lengths.get(path, (None, 0))[1],
        )
        for path in sorted({*states, *exits})
    }


def open_stays() -> QuerySet[Enrollment]:
    """Return the stays that go on, of leads that count."""
    voided = Lead.objects.filter(voided_at__isnull=False)
    return (
        Enrollment.objects.filter(ended_at__isnull=True).exclude(lead_id__in=voided.values("id")).order_by()
    )


def ended_stays(*, as_of: datetime) -> pl.DataFrame:
    """Return the stays that ended lately."""
    sql = ENDED.format(since=reads.instant(as_of - EXITS_SINCE), until=reads.instant(as_of))
    return reads.read_frame(sql, schema=ENDED_SCHEMA)


def exits_of(ended: pl.DataFrame) -> dict[str, dict[str, int]]:
    """Return path -> exit reason -> leads, the most frequent first."""
    leads = pl.col("lead_id").n_unique().alias("count")
    counted = ended.group_by("path", pl.col("exit_reason").fill_null("")).agg(leads)
    found: dict[str, dict[str, int]] = {}
    for path, reason, count in counted.sort("count", "exit_reason", descending=[True, False]).iter_rows():
        found.setdefault(path, {})[reason] = count
    return found


def lengths_of(ended: pl.DataFrame) -> dict[str, tuple[timedelta, int]]:
    """Return path -> the median length of the stays that ended, and how many did."""
    length = (pl.col("ended_at") - pl.col("entered_at")).median()
    rows = (
        ended.group_by("path")
        .agg(length.alias("length"), pl.col("lead_id").n_unique().alias("count"))
        .iter_rows()
    )
    return {path: (median, count) for path, median, count in rows}


@dataclass(frozen=True, kw_only=True)
class Day:
    """How many leads have their next touch on a day, or in what lies before, after or beyond all days."""

    #: None: on no day that is known.
    day: date | None
    #: Everything up to the day, or from it on, instead of the day itself.
    is_up_to: bool = False
    is_from: bool = False
    count: int


@dataclass(frozen=True, kw_only=True)
class Coming:
    """What comes next for the leads on one path."""

    days: tuple[Day, ...]
    planned_count: int
    #: Word of ``HoldReason`` -> leads, the most frequent first.
    holds: dict[str, int]
    #: Days from now -> leads that will have had everything by then; none where the playbook lacks the path.
    runs_out: dict[int, int]
    #: Leads of whom that can be told.
    forecast_count: int


def coming(path: str, *, active: ActivePlaybook, as_of: datetime) -> Coming:
    """Return what comes next on one path, from frames that are remembered; both are made at once."""
    remembering.ahead(
        {outlooks.NAME: outlooks.load_now, **exhaustion.making(path, active=active, as_of=as_of)}
    )
    frame = outlooks.on_path(path)
    held = frame.filter(pl.col("reason").is_not_null()).group_by("reason").len("count")
    out = exhaustion.forecast(path, active=active, as_of=as_of)
    return Coming(
        days=days_of(frame, today=as_of.date()),
        planned_count=int(frame["is_planned"].sum()),
        holds=dict(held.sort("count", "reason", descending=[True, False]).iter_rows()),
        runs_out={
            days: out.filter(pl.col("runs_out_at") <= end_of(as_of.date() + timedelta(days=days))).height
            for days in HORIZONS
        }
        if out.height
        else {},
        forecast_count=out.height,
    )


def end_of(day: date) -> datetime:
    """Return the last instant of a day, UTC: as filters read it."""
    return outlooks.span(day.isoformat())[1]


def days_of(frame: pl.DataFrame, *, today: date) -> tuple[Day, ...]:
    """Return the days of the next touches: up to today, the days after one by one, what lies beyond, and no day."""
    counts = dict(frame.group_by(pl.col("at").dt.date().alias("day")).len().iter_rows())
    last = today + timedelta(days=DAYS_SHOWN - 1)
    due = sum(count for day, count in counts.items() if day is not None and day <= today)
    beyond = sum(count for day, count in counts.items() if day is not None and day > last)
    between = [today + timedelta(days=number) for number in range(1, DAYS_SHOWN)]
    return (
        Day(day=today, is_up_to=True, count=due),
        *(Day(day=day, count=counts.get(day, 0)) for day in between),
        Day(day=last + timedelta(days=1), is_from=True, count=beyond),
        Day(day=None, count=counts.get(None, 0)),
    )


def count_stages(path: str) -> dict[tuple[str | None, str], int]:
    """Return (buyer stage, state of the stay) -> leads on a path; remembered or new."""

    def count() -> dict[tuple[str | None, str], int]:
        rows = open_stays().filter(path=path).values_list("lead__standing__stage", "state")
        return {(stage, state): number for stage, state, number in rows.annotate(count=Count("id"))}

    return remembering.remember(f"stages {path}", count, seconds=SECONDS, patience=PATIENCE)


def count_had(path: str) -> dict[str, int]:
    """Return content key -> how many of those on a path had it, on this path or another; remembered or new."""

    def count() -> dict[str, int]:
        on_it = Enrollment.objects.filter(path=path, ended_at__isnull=True).values("lead_id")
        sent = Touch.objects.filter(lead_id__in=on_it, state=TouchState.SENT.value).order_by()
        return dict(sent.values_list("content_key").annotate(count=Count("id")))

    return remembering.remember(f"had on {path}", count, seconds=SECONDS, patience=PATIENCE)
