"""Audit: what the database is worth working on, and what stands in the way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from coldframe.nurture import grouping, remembering
from coldframe.reports import apart, findings, sources
from coldframe.web import phrases, wording
from coldframe.web.pages import parts

#: Groups of likely duplicates shown; sources and fields beyond these fold away.
GROUPS = 10
#: An audit reads everything; what is remembered is never older than so many seconds.
FRESH_FOR = 600.0
TONES = {
    grouping.Group.TO_SALES: "good",
    grouping.Group.WITH_SALES: "blue",
    grouping.Group.NURTURE: "maybe",
    grouping.Group.LET_GO: "lack",
}


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One figure: its label, its count, and its share as a bar."""

    label: str
    href: str
    count: str
    share: str
    width: float
    tone: str = "good"


@dataclass(frozen=True, kw_only=True)
class Chart:
    """Figures of one question."""

    key: str
    title: str
    note: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, kw_only=True)
class Source:
    """A source and what it brings."""

    label: str
    href: str
    good_href: str
    total: str
    good: str
    share: str
    #: The interval of the share, such as "12 to 19 %".
    interval: str
    good_width: float
    open_width: float
    sales_share: str


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What stands in the way."""

    text: str
    advice: str
    count: str
    href: str


@dataclass(frozen=True, kw_only=True)
class Missing:
    """A field that leads lack."""

    label: str
    href: str
    count: str
    share: str
    width: float
    settles: str
    is_needed: bool


@dataclass(frozen=True, kw_only=True)
class Interaction:
    """One kind of event."""

    label: str
    href: str
    events: str
    people: str
    last: parts.Instant | None
    is_passive: bool


@dataclass(frozen=True, kw_only=True)
class Double:
    """Leads that are likely one person."""

    people: tuple[parts.Link, ...]
    why: str


@dataclass(frozen=True, kw_only=True)
class AuditPage:
    """The audit."""

    frame: parts.Frame
    sentence: str
    notes: tuple[str, ...]
    size: str
    worth: Chart
    problems: tuple[Problem, ...]
    sources: tuple[Source, ...]
    missing: tuple[Missing, ...]
    #: Fields that neither sales nor any fit asks for.
    missing_else: tuple[Missing, ...]
    axes: tuple[Chart, ...]
    reasons: Chart
    entries: Chart
    contact: tuple[Chart, ...]
    dormant: tuple[Bar, ...]
    interactions: tuple[Interaction, ...]
    silent: Bar
    doubles_text: str
    doubles: tuple[Double, ...]


def build(*, now: datetime) -> AuditPage:
    """Return the audit at an instant, of a base that has leads."""
    made = remembering.remember("audit", lambda: apart.audit(as_of=now), seconds=FRESH_FOR)
    return AuditPage(
        frame=parts.build_frame(section="audit", now=now),
        sentence=phrases.said(made.sentence),
        notes=tuple(map(phrases.said, made.notes)),
        size=size(made),
        worth=chart(made.worth),
        problems=tuple(map(problem, made.problems)),
        sources=tuple(map(source, made.sources)),
        missing=tuple(missing(each) for each in made.missing if each.missing and matters(each)),
        missing_else=tuple(missing(each) for each in made.missing if each.missing and not matters(each)),
        axes=tuple(map(chart, made.axes)),
        reasons=chart(made.reasons),
        entries=chart(made.entries),
        contact=(chart(made.mailing), chart(made.addresses), chart(made.suppressed)),
        dormant=(bar(made.dormant), *chart(made.dormant_by_fit).bars),
        interactions=tuple(interaction(each, now=now) for each in made.interactions),
        silent=bar(made.without_interaction),
        doubles_text=doubles_text(made.duplicates),
        doubles=tuple(map(double, made.duplicates.groups[:GROUPS])),
    )


def url(query: str | None) -> str:
    """Return the address of the list behind a figure; empty where there is none."""
    return f"{reverse('web:leads')}?{query}" if query else ""


def size(made: findings.Audit) -> str:
    """Return how much there is, and how it was looked at."""
    parts = [
        wording.how_many(made.lead_count, "%(count)s lead", "%(count)s leads"),
        wording.how_many(made.account_count, "%(count)s account", "%(count)s accounts"),
        wording.how_many(made.event_count, "%(count)s event", "%(count)s events"),
    ]
    return " · ".join(parts)


def bar(figure: findings.Figure) -> Bar:
    """Return one figure with its bar."""
    return Bar(
        label=phrases.said(figure.label),
        href=url(figure.leads) if figure.count else "",
        count=wording.number(figure.count),
        share=wording.percent(figure.share),
        width=round(100 * figure.share, 1),
        tone=TONES.get(figure.key, "good"),  # type: ignore[call-overload]
    )


def chart(made: findings.Chart) -> Chart:
    """Return a chart for the page."""
    return Chart(
        key=made.key,
        title=phrases.said(made.title),
        note=phrases.said(made.note),
        bars=tuple(map(bar, made.figures)),
    )


def problem(made: findings.Problem) -> Problem:
    """Return what stands in the way, with the way to the leads it concerns."""
    return Problem(
        text=phrases.said(made.text),
        advice=phrases.said(made.advice),
        count=wording.number(made.count),
        href=url(made.leads),
    )


def source(made: findings.Source) -> Source:
    """Return a source with its bar; the interval says how sure the share is."""
    undetermined = 100 * made.undetermined_count / made.count if made.count else 0.0
    return Source(
        label=phrases.said(made.label) if made.label == sources.NO_SOURCE else made.label,
        href=url(made.leads),
        good_href=url(made.good_leads) if made.good_count else "",
        total=wording.number(made.count),
        good=wording.number(made.good_count),
        share=wording.percent(made.good_share),
        interval=_("%(low)s to %(high)s %%")
        % {"low": f"{100 * made.good_low:.0f}", "high": f"{100 * made.good_high:.0f}"},
        good_width=round(100 * made.good_share, 1),
        open_width=round(undetermined, 1),
        sales_share=wording.percent(made.to_sales_share),
    )


def matters(made: findings.MissingField) -> bool:
    """Return whether sales or an undecided fit asks for the field."""
    return made.is_needed_by_sales or made.settles > 0 or made.field in wording.FIELDS


def missing(made: findings.MissingField) -> Missing:
    """Return a field that leads lack, and what knowing it would settle."""
    return Missing(
        label=wording.field(made.field),
        href=url(made.leads),
        count=wording.number(made.missing),
        share=wording.percent(made.share),
        width=round(100 * made.share, 1),
        settles=wording.how_many(made.settles, "%(count)s fit", "%(count)s fits") if made.settles else "",
        is_needed=made.is_needed_by_sales,
    )


def interaction(made: findings.Interaction, *, now: datetime) -> Interaction:
    """Return one kind of event in words."""
    return Interaction(
        label=phrases.said(made.label),
        href=url(made.leads),
        events=wording.number(made.event_count),
        people=wording.number(made.lead_count),
        last=parts.maybe_instant(made.last_at, now=now),
        is_passive=made.is_passive,
    )


def double(made: findings.DuplicateGroup) -> Double:
    """Return leads that are likely one person, each with the way to it."""
    people = tuple(
        parts.Link(
            label=" · ".join(filter(None, [each.name or each.email, each.company])),
            href=reverse("web:lead", args=[each.public_id]),
        )
        for each in made.people
    )
    return Double(people=people, why="; ".join(map(phrases.said, made.why)))


def doubles_text(made: findings.Duplicates) -> str:
    """Return in a sentence how many records are likely a second entry."""
    if not made.surplus_count:
        return _("No record looks like a second entry of somebody already there.")
    groups = wording.how_many(
        made.group_count,
        "%(count)s person seems to be in here more than once",
        "%(count)s people seem to be in here more than once",
    )
    records = wording.how_many(made.surplus_count, "%(count)s record too many", "%(count)s records too many")
    return f"{groups}, {records}."
