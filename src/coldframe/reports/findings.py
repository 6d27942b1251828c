"""
What an audit says, as frozen values. Terminal, JSON, the printed page and the Audit page show these alone.

A count always stands beside the rows behind it: ``leads`` is the query string that makes the Leads page
(and ``coldframe export leads``) list exactly those rows; ``None`` means that no such list exists.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Figure:
    """So many leads, of how many, and where to see them."""

    #: Stable name, such as ``TO_SALES``, ``webinar`` or ``2026-03``; empty text where the value is missing.
    key: str
    #: For a person.
    label: str
    count: int
    #: What ``share`` is a share of.
    of: int
    leads: str | None = None

    @property
    def share(self) -> float:
        """Return ``count / of``, 0 where there is nothing to share."""
        return self.count / self.of if self.of else 0.0


@dataclass(frozen=True, kw_only=True)
class Chart:
    """Figures of one question, in the order they are to be shown."""

    #: Stable name, such as ``disposition`` or ``fit_verdict``.
    key: str
    title: str
    figures: tuple[Figure, ...]
    #: One sentence that says what the picture means; empty where it speaks for itself.
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Source:
    """One source of leads and what it brings. Shares carry a 95 % Wilson interval."""

    key: str
    label: str
    count: int
    good_count: int
    good_low: float
    good_high: float
    #: Fit not decided yet for want of fields.
    undetermined_count: int
    #: To sales now, or already with sales.
    to_sales_count: int
    leads: str | None
    good_leads: str | None

    @property
    def good_share(self) -> float:
        """Return the share of good fits among this source's leads."""
        return self.good_count / self.count if self.count else 0.0

    @property
    def to_sales_share(self) -> float:
        """Return the share that goes, or has gone, to sales."""
        return self.to_sales_count / self.count if self.count else 0.0


@dataclass(frozen=True, kw_only=True)
class Interaction:
    """One kind of event: how many, of how many leads, the last one."""

    key: str
    label: str
    event_count: int
    lead_count: int
    last_at: datetime | None
    #: Passive kinds (a send, an open) never count as interest.
    is_passive: bool
    leads: str | None


@dataclass(frozen=True, kw_only=True)
class MissingField:
    """One field of the record, and how many leads lack it."""

    #: As the playbook names it: ``account.employees``.
    field: str
    label: str
    missing: int
    of: int
    #: The playbook's ``sales_needs`` names it.
    is_needed_by_sales: bool
    #: Undetermined fits that this field alone would settle, whatever its value turns out to be.
    settles: int
    leads: str | None

    @property
    def share(self) -> float:
        """Return the share of leads that lack the field."""
        return self.missing / self.of if self.of else 0.0


@dataclass(frozen=True, kw_only=True)
class Person:
    """A lead as the list of duplicates shows it."""

    lead_id: int
    public_id: str
    name: str
    email: str
    company: str


@dataclass(frozen=True, kw_only=True)
class DuplicateGroup:
    """Leads that are likely one person."""

    people: tuple[Person, ...]
    #: Why they were put together, strongest first: "same phone and similar name".
    why: tuple[str, ...]
    leads: str


@dataclass(frozen=True, kw_only=True)
class Duplicates:
    """How many records are likely a second entry of a person already there."""

    group_count: int
    #: Leads in those groups.
    lead_count: int
    #: Records there would be fewer if each group were one person.
    surplus_count: int
    #: Pairs by the rule that found them.
    rules: tuple[tuple[str, int], ...]
    #: The largest groups, at most fifty.
    groups: tuple[DuplicateGroup, ...]
    #: Blocks too large to compare pair by pair; named so that nobody takes silence for absence.
    skipped_blocks: int = 0


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something that stands in the way, how big it is, and what to do about it."""

    key: str
    text: str
    advice: str
    #: Leads that would gain.
    count: int
    leads: str | None


@dataclass(frozen=True, kw_only=True)
class Audit:
    """What a database of leads is worth, and what stands in the way."""

    as_of: datetime
    #: Name of the playbook and its version.
    playbook: str
    playbook_version: int
    #: True: the figures are those stored by the last assessment. False: assessed just now, in memory.
    is_stored: bool
    #: When the stored assessment was made.
    assessed_at: datetime | None
    #: The whole audit in one sentence.
    sentence: str
    #: What a reader must know about the figures.
    notes: tuple[str, ...]
    lead_count: int
    account_count: int
    event_count: int
    #: To sales now, with sales already, nurture, let go: adds up to ``lead_count``.
    worth: Chart
    #: Biggest first.
    problems: tuple[Problem, ...]
    statuses: Chart
    entries: Chart
    #: Deciding rules: which trigger, path, exit or disqualification.
    reasons: Chart
    sources: tuple[Source, ...]
    interactions: tuple[Interaction, ...]
    without_interaction: Figure
    #: Events by who stands behind them: human, unsure, machine.
    evidence: Chart
    missing: tuple[MissingField, ...]
    duplicates: Duplicates
    #: Business, free-mail, disposable, academic, none; role addresses beside them.
    addresses: Chart
    #: Mailable, and each reason why not; adds up to ``lead_count``.
    mailing: Chart
    suppressed: Chart
    #: Good fit (verdict GOOD or level A or B), silent for 90 days, not let go, not with sales.
    dormant: Figure
    #: Of those: by fit level.
    dormant_by_fit: Chart
    #: One chart for each axis: fit level, fit verdict, intent, stage, timing, completeness, segment, path.
    axes: tuple[Chart, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the audit as plain values, shares included; instants stay ``datetime``."""
        document: dict[str, Any] = with_shares(self)
        return document


def with_shares(value: Any) -> Any:
    """Return dataclasses as dicts, deeply, with the computed shares beside the counts they come from."""
    if isinstance(value, tuple):
        return [with_shares(each) for each in value]
    if not hasattr(value, "__dataclass_fields__"):
        return value
    plain = {name: with_shares(getattr(value, name)) for name in value.__dataclass_fields__}
    shares = [name for name in ("share", "good_share", "to_sales_share") if hasattr(type(value), name)]
    return plain | {name: round(getattr(value, name), 4) for name in shares}
