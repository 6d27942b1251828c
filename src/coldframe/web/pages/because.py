"""The because card for a page: why the lead is here, what would move it, when it leaves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from coldframe.kernel.assessment.card import Axis, Card, Move, Reason
from coldframe.nurture import listing
from coldframe.web import wording
from coldframe.web.pages import parts

#: State of a reason -> its icon and what the icon means.
STATES = {True: ("circle-check", "Holds"), None: ("help", "Not known"), False: ("x", "Does not hold")}
AXES = {
    "fit": "Fit",
    "intent": "Intent",
    "stage": "Buyer stage",
    "timing": "Timing",
    "completeness": "Completeness",
}
QUESTIONS = {
    "fit": "Do company and role match the target market?",
    "intent": "Does this person behave like a buyer?",
    "stage": "Which question is the buyer asking?",
    "timing": "When could this become real?",
    "completeness": "Which facts does sales need and not have?",
}
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
    leaves: str
    leaves_at: parts.Instant | None
    axes: tuple[AxisBox, ...]
    deciding: tuple[str, ...]


def build(card: Card, *, name: str, href: str, now: datetime) -> Because:
    """Return the card of a lead as a page shows it."""
    lines = [reason_line(each, now=now) for each in card.why if each.text != card.headline]
    return Because(
        name=name,
        href=href,
        group=parts.group_badge(listing.group_of(disposition=card.disposition, status=card.status)),
        headline=card.headline,
        reasons=tuple(line for line in lines if not line.is_open),
        unknown=tuple(line for line in lines if line.is_open),
        moves=tuple(map(move_line, card.advance_if)),
        leaves=card.leaves_text,
        leaves_at=parts.on_day(card.leaves_at) if card.leaves_at else None,
        axes=tuple(axis_box(each, getattr(card, each), now=now) for each in AXES),
        deciding=tuple(map(wording.field, card.deciding_fields)),
    )


def reason_line(reason: Reason, *, now: datetime) -> ReasonLine:
    """Return a reason in words, with what it is group and when it happened."""
    icon, state = STATES[reason.held]
    return ReasonLine(
        text=wording.sentence(reason.text),
        icon=icon,
        state=state,
        is_open=reason.held is None,
        points=f"{reason.points:+.0f}".replace("-", "−") if reason.points else "",
        at=parts.maybe_instant(reason.at, now=now),
    )


def move_line(move: Move) -> MoveLine:
    """Return what would move the lead, and where to."""
    return MoveLine(
        changes=tuple(
            wording.sentence(change.text) if not n else change.text for n, change in enumerate(move.changes)
        ),
        text=move.text,
        outcome=parts.group_badge(listing.group_of(disposition=move.disposition, status=None)),
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
        text=wording.sentence(axis.text),
        points=f"{axis.points:.0f} points" if axis.points is not None else "",
        low=round(low, 1) if has_range else None,
        span=round(high - low, 1),
        range_text=f"{low:.0f} of 100" if low == high else f"between {low:.0f} and {high:.0f} of 100",
        reasons=tuple(reason_line(each, now=now) for each in axis.reasons),
    )


def axis_value(key: str, value: str) -> str:
    """Return the value of an axis in words; a fit that is not settled reads ``D–C``."""
    words = {"intent": wording.INTENTS, "stage": wording.STAGES, "timing": wording.TIMINGS}
    return words.get(key, {}).get(value, value)


def axis_tone(key: str, value: str) -> str:
    """Return the color of an axis's value."""
    tones = {
        "fit": parts.FIT_TONES,
        "intent": {"HIGH": "green", "MEDIUM": "teal", "LOW": "yellow"},
        "stage": dict.fromkeys(wording.STAGES, "blue"),
        "timing": {"NOW": "green", "LATER": "blue"},
    }
    return tones.get(key, {}).get(value, "gray")
