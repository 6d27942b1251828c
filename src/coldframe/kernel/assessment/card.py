"""The because card: why a lead is where it is, what would move it, and when it leaves."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from coldframe.kernel.vocabulary import Disposition


@dataclass(frozen=True, kw_only=True)
class Reason:
    """A rule that held (or is unknown), in words, with what stands behind it."""

    #: Key of the rule, such as ``fit:Core industry``, ``signal:pricing_page``, ``trigger:Ready``.
    rule: str
    #: One sentence for a person.
    text: str
    #: True: held. False: did not hold. None: unknown, for want of a field.
    held: bool | None
    points: float | None = None
    #: Last time the thing behind it happened.
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Change:
    """One thing that could happen or become known."""

    #: ``field`` (a value becomes known or changes), ``signal`` (events happen), ``colleagues``, ``opportunity`` or
    #: ``verdict`` (what sales says).
    kind: str
    #: The field or signal.
    name: str
    #: The new value, or how many times.
    value: Any
    #: "company size becomes 50 or more", "1 visit to the pricing page".
    text: str


@dataclass(frozen=True, kw_only=True)
class Move:
    """A smallest set of changes that puts the lead elsewhere: all of them do, any fewer do not."""

    changes: tuple[Change, ...]
    #: Where the lead is then (as ``Card.place``), and what then decides: a rule, or a conclusion.
    disposition: str
    reason: str
    text: str
    #: Works only until then, because points decay: to the day within a month, to the week within half a year.
    #: None: no limit within half a year.
    until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Hold:
    """What keeps a lead where it is, whatever becomes known of it or happens."""

    #: ``override``, ``waits_for_room``, ``awaiting_verdict``, ``verdict``: a person, sales' room, or its answer.
    by: str
    #: One sentence for a person.
    text: str
    #: None: no date is known.
    until: datetime | None = None
    #: Only for ``waits_for_room``: the place in line, from 1.
    rank: int | None = None


@dataclass(frozen=True, kw_only=True)
class Axis:
    """One of the separate axes: its value in words, and the reasons behind it."""

    #: Such as "A", "MEDIUM", "COMPARISON", "NOW".
    value: str
    text: str
    points: float | None = None
    #: Only for fit: worst and best case.
    low: float | None = None
    high: float | None = None
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Card:
    """The computed answer to: why here, what would move it, when does it leave."""

    lead_id: int
    as_of: datetime
    #: What the playbook makes of it, as stored, and the rule that decided (``trigger:Ready``).
    disposition: str
    reason: str
    #: Where it is, once sales and people are heard: a word of ``Disposition``; and why, in a sentence.
    place: str
    headline: str
    status: str
    #: Why that status: a rule, or a word of ``lifecycle.CONCLUSIONS`` or ``lifecycle.REASONS``.
    status_reason: str
    path: str | None
    segment: str | None
    fit: Axis
    intent: Axis
    stage: Axis
    timing: Axis
    completeness: Axis
    #: The rules that decided, most decisive first.
    why: tuple[Reason, ...]
    #: Smallest changes that would move it, simplest first.
    advance_if: tuple[Move, ...] = ()
    #: What keeps it where it is; None: what happens or becomes known can move it.
    hold: Hold | None = None
    leaves_at: datetime | None = None
    leaves_by: str | None = None
    leaves_text: str = ""
    #: Fields that would settle an undetermined fit, most decisive first.
    deciding_fields: tuple[str, ...] = field(default=())

    @property
    def let_go_by(self) -> str | None:
        """By what it was let go: a rule, what sales said of it, or a person; None: it was not."""
        return self.status_reason if self.place == Disposition.LET_GO else None

    def as_json(self) -> dict[str, Any]:
        """Return the card as plain values; instants stay ``datetime``."""
        return asdict(self)
