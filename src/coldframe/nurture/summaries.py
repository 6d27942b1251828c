"""
Counts over the whole base, as the first page and the filters show them.

They are counted again when something was assessed or imported since, and at the latest after half a
minute; in between they are remembered, for counting reads every lead.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Count, F, QuerySet, Value
from django.db.models.functions import Coalesce, Concat

from coldframe.leads.models import Lead
from coldframe.nurture import grouping, listing, remembering

#: What is remembered is never older than so many seconds, and lives for at least so many times of what it cost: of the
#: time of a processor no more than a tenth goes into counting, however large the base and however often cycles run.
FRESH_FOR, PATIENCE = 30.0, 10.0
#: What the leads' own rows say of themselves changes slowly, and costs a reading of the widest table.
CHOICES_PATIENCE = 100.0
#: Stands between the parts of a key; in no value, for none holds control characters.
BREAK = "\x1f"


@dataclass(frozen=True, kw_only=True)
class ReasonCount:
    """How many leads stand in a group for one reason."""

    group: str
    reason: str
    count: int


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The whole base in numbers."""

    lead_count: int
    #: By ``grouping.Group``.
    groups: dict[str, int]
    #: Most frequent first.
    reasons: tuple[ReasonCount, ...]
    #: The values in use of some filters that have no fixed set, most frequent first.
    choices: dict[str, tuple[str, ...]]


def get_summary() -> Summary:
    """Return the counts, remembered or new."""
    return remembering.remember("summary", count, seconds=FRESH_FOR, patience=PATIENCE)


def get_choices() -> dict[str, tuple[str, ...]]:
    """Return the values in use of each filter that has no fixed set, most frequent first; remembered or new."""
    own = remembering.remember("choices", count_choices, seconds=FRESH_FOR, patience=CHOICES_PATIENCE)
    return get_summary().choices | own


def count() -> Summary:
    """Return the counts of this moment."""
    standings = Counter(
        dict(counted(listing.standings(), "disposition", "status", "reason", "path", "segment"))
    )
    # All of them are told by an index, and so are the few that do not count.
    lead_count = Lead.objects.count() - Lead.objects.filter(voided_at__isnull=False).count()
    reasons = reasons_of(standings)
    groups = dict.fromkeys(map(str, grouping.Group), 0)
    for each in reasons:
        groups[each.group] += each.count
    groups[grouping.Group.NEW] = lead_count - sum(groups.values())
    return Summary(
        lead_count=lead_count,
        groups=groups,
        reasons=reasons,
        choices={
            name: most_frequent(standings, place)
            for place, name in enumerate(("reason", "path", "segment"), start=2)
        },
    )


def count_choices() -> dict[str, tuple[str, ...]]:
    """Return the values in use of the filters over what leads and accounts say of themselves, of this moment."""
    columns = {"source": "source", "country": "account__country"}
    return {
        name: most_frequent(Counter(dict(counted(listing.leads(), column))), 0)
        for name, column in columns.items()
    }


def counted(found: QuerySet[Any], *columns: str) -> list[tuple[tuple[str, ...], int]]:
    """Return each combination of values with its count; a missing value is the empty text."""
    parts: list[Any] = []
    for column in columns:
        parts += [Coalesce(F(column), Value("")), Value(BREAK)]
    # Grouping by one text is several times faster on SQLite than by as many columns.
    key = Concat(*parts, output_field=CharField())
    rows = found.order_by().annotate(key=key).values_list("key").annotate(count=Count("pk"))
    # From the right: only the first column may hold text of strangers, and so anything.
    return [(tuple(key.rsplit(BREAK, len(columns))[:-1]), count) for key, count in rows]


def most_frequent(counts: Counter[tuple[str, ...]], part: int) -> tuple[str, ...]:
    """Return the values of one part of the keys, most frequent first; the empty text is no value."""
    totals: Counter[str] = Counter()
    for key, number in counts.items():
        totals[key[part]] += number
    return tuple(value for value, _ in sorted(totals.items(), key=lambda each: (-each[1], each[0])) if value)


def reasons_of(standings: Counter[tuple[str, ...]]) -> tuple[ReasonCount, ...]:
    """Return the reasons of every group, most frequent first."""
    counts: Counter[tuple[str, str]] = Counter()
    for (disposition, status, reason, *_), number in standings.items():
        counts[(grouping.group_of(disposition=disposition, status=status), reason)] += number
    reasons = [
        ReasonCount(group=group, reason=reason, count=number) for (group, reason), number in counts.items()
    ]
    return tuple(sorted(reasons, key=lambda each: (-each.count, each.reason)))
