"""The because card for a page: why the lead is here, what would move it, when it leaves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import gettext_noop as noop

from coldframe.kernel.assessment.card import Axis, Card, Move, Reason
from coldframe.languages import Words
from coldframe.nurture import grouping
from coldframe.web import phrases, wording
from coldframe.web.pages import parts

#: State of a reason -> its icon and what the icon means.
STATES = {
    True: ("circle-check", lazy("Holds")),
    None: ("help", lazy("Not known")),
    False: ("x", lazy("Does not hold")),
}
AXES = Words(
    {
        "fit": noop("Fit"),
        "intent": noop("Intent"),
        "stage": noop("Buyer stage"),
        "timing": noop("Timing"),
        "completeness": noop("Completeness"),
    }
)
QUESTIONS = Words(
    {
        "fit": noop("Do company and role match the target market?"),
        "intent": noop("Does this person behave like a buyer?"),
        "stage": noop("Which question is the buyer asking?"),
        "timing": noop("When could this become real?"),
        "completeness": noop("Which facts does sales need and not have?"),
    }
)
ICONS = {
    "fit": "target",
    "intent": "flame",
    "stage": "stairs",
    "timing": "calendar-event",
    "completeness": "puzzle",
}


@dataclass(frozen=True, kw_only=True)
class ReasonLine:
    """A reason on a page."""

    text: str
    icon: str
    state: str
    is_open: bool
    #: Such as ``+20``; empty where points make no sense.
    points: str
    at: parts.Instant | None


@dataclass(frozen=True, kw_only=True)
class MoveLine:
    """A smallest set of changes and what follows from it."""

    changes: tuple[str, ...]
    text: str
    outcome: parts.Badge
    until: parts.Instant | None


@dataclass(frozen=True, kw_only=True)
class AxisBox:
    """One of the separate axes on a page."""

    key: str
    title: str
    question: str
    icon: str
    value: str
    tone: str
    text: str
    points: str
    #: Only for fit: worst case, and how far the best case lies above it, in 0..100.
    low: float | None
    span: float
    range_text: str
    reasons: tuple[ReasonLine, ...]


@dataclass(frozen=True, kw_only=True)
class Because:
    """The card, in words."""

    name: str
    href: str
    group: parts.Badge
    headline: str
    #: Rules that hold, and those that want of a field leaves open.
    reasons: tuple[ReasonLine, ...]
    unknown: tuple[ReasonLine, ...]
    moves: tuple[MoveLine, ...]
    #: What keeps it where it is, whatever happens; empty: nothing does.
    hold: str
    #: What comes next, in a sentence.
    next: str
    leaves: str
    leaves_at: parts.Instant | None
    axes: tuple[AxisBox, ...]
    deciding: tuple[str, ...]


def build(card: Card, *, name: str, href: str, next_text: str, now: datetime) -> Because:
    """Return the card of a lead as a page shows it."""
    lines = [reason_line(each, now=now) for each in card.why if each.text != card.headline]
    return Because(
        name=name,
        href=href,
        group=parts.group_badge(grouping.group_of(disposition=card.disposition, status=card.status)),
        headline=phrases.said(card.headline),
        reasons=tuple(line for line in lines if not line.is_open),
        unknown=tuple(line for line in lines if line.is_open),
        moves=tuple(map(move_line, card.advance_if)),
        hold=phrases.said(card.hold.text) if card.hold else "",
        next=next_text,
        leaves=phrases.said(card.leaves_text),
        leaves_at=parts.on_day(card.leaves_at) if card.leaves_at else None,
        axes=tuple(axis_box(each, getattr(card, each), now=now) for each in AXES),
        deciding=tuple(map(wording.field, card.deciding_fields)),
    )


def reason_line(reason: Reason, *, now: datetime) -> ReasonLine:
    """Return a reason in words, with what it is group and when it happened."""
    icon, state = STATES[reason.held]
    return ReasonLine(
        text=wording.sentence(phrases.said(reason.text)),
        icon=icon,
        state=str(state),
        is_open=reason.held is None,
        points=f"{reason.points:+.0f}".replace("-", "−") if reason.points else "",
        at=parts.maybe_instant(reason.at, now=now),
    )


def move_line(move: Move) -> MoveLine:
    """Return what would move the lead, and where to."""
    return MoveLine(
        changes=tuple(
            wording.sentence(phrases.said(change.text)) if not n else phrases.said(change.text)
            for n, change in enumerate(move.changes)
        ),
        text=phrases.said(move.text),
        outcome=parts.group_badge(grouping.group_of(disposition=move.disposition, status=None)),
        until=parts.on_day(move.until) if move.until else None,
    )


def axis_box(key: str, axis: Axis, *, now: datetime) -> AxisBox:
    """Return one axis in words, its interval as numbers for the bar."""
    has_range = axis.low is not None and axis.high is not None
    low, high = (axis.low or 0.0, axis.high or 0.0) if has_range else (0.0, 0.0)
    return AxisBox(
        key=key,
        title=AXES[key],
        question=QUESTIONS[key],
        icon=ICONS[key],
        value=axis_value(key, axis.value),
        tone=axis_tone(key, axis.value),
        text=wording.sentence(phrases.said(axis.text)),
        points=_("%(points)s points") % {"points": f"{axis.points:.0f}"} if axis.points is not None else "",
        low=round(low, 1) if has_range else None,
        span=round(high - low, 1),
        range_text=range_text(f"{low:.0f}", f"{high:.0f}"),
        reasons=tuple(reason_line(each, now=now) for each in axis.reasons),
    )


def range_text(low: str, high: str) -> str:
    """Return where a score lies."""
    if low == high:
        return _("%(score)s of 100") % {"score": low}
    return _("between %(low)s and %(high)s of 100") % {"low": low, "high": high}


def axis_value(key: str, value: str) -> str:
    """Return the value of an axis in words; a fit that is not settled reads ``D–C``."""
    words = {"intent": wording.INTENTS, "stage": wording.STAGES, "timing": wording.TIMINGS}
    return words[key].get(value, value) if key in words else phrases.said(value)


def axis_tone(key: str, value: str) -> str:
    """Return the color of an axis's value."""
    tones = {
        "fit": parts.FIT_TONES,
        "intent": {"HIGH": "green", "MEDIUM": "teal", "LOW": "yellow"},
        "stage": dict.fromkeys(wording.STAGES, "blue"),
        "timing": {"NOW": "green", "LATER": "blue"},
    }
    return tones.get(key, {}).get(value, "gray")
