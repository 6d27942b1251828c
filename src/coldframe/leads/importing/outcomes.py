"""What came of rows: counted, and where it matters named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from coldframe.leads.importing.collisions import Conflict
from coldframe.leads.importing.rows import Row

#: Single cases that a summary names; all are counted.
NAMED = 200


@dataclass(slots=True)
class Outcome:
    """What came of some rows. ``new + updated + unchanged + merged + refused`` is the number of rows."""

    #: rows, new, updated, unchanged, merged, refused, conflicting; accounts_new, mailable, suppressed …
    counts: Counter[str] = field(default_factory=Counter)
    refused: list[tuple[Row, str]] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    #: Rows of people who had opted out before this import: (line, who, reasons).
    suppressed_before: list[tuple[int, str, str]] = field(default_factory=list)
    #: Rows that speak of a record that an earlier row speaks of: (line, line of the earlier row).
    merged: list[tuple[int, int]] = field(default_factory=list)
    #: (column, text) -> rows.
    unrecognized: Counter[tuple[str, str]] = field(default_factory=Counter)
    #: (column, text) -> rows that count as opt-outs because nobody can be sure.
    doubted: Counter[tuple[str, str]] = field(default_factory=Counter)
    #: Reason of refusal, without the value -> rows.
    reasons: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def refuse(self, refused: Iterable[tuple[Row, str]], *, counted_as: str | None = None) -> None:
        """Count refused rows; ``counted_as`` is the reason without the value, where the reason has one in it."""
        for row, reason in refused:
            self.counts["refused"] += 1
            self.reasons[counted_as or reason] += 1
            self.refused.append((row, reason))

    def differ(self, line: int, entity: str, differences: Sequence[tuple[str, Any, Any, bool]]) -> bool:
        """Record differences between file and database; return whether there were any."""
        if not differences:
            return False
        self.conflicts += [Conflict(line, entity, *each) for each in differences]
        return True

    def add(self, other: Outcome) -> None:
        """Add what came of further rows; of single cases the first ones are kept."""
        self.counts += other.counts
        self.unrecognized += other.unrecognized
        self.doubted += other.doubted
        self.reasons += other.reasons
        self.refused = (self.refused + other.refused)[:NAMED]
        self.conflicts = (self.conflicts + other.conflicts)[:NAMED]
        self.merged = (self.merged + other.merged)[:NAMED]
        self.suppressed_before = (self.suppressed_before + other.suppressed_before)[:NAMED]
        self.notes += [note for note in other.notes if note not in self.notes]
