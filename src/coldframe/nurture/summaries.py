"""
Counts over the whole base, as the first page and the filters show them.

They are counted again when something was assessed or imported since, and at the latest after half a
minute; in between they are remembered, for counting reads every lead.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Count, F, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Concat

from coldframe.kernel.vocabulary import FitVerdict
from coldframe.nurture import listing, remembering

#: Facts whose lack is counted, by the playbook's name of the field.
MISSING_CONDITIONS: dict[str, Q] = {
    "lead.email": Q(email__isnull=True),
    "lead.job_title": Q(job_title__isnull=True),
    "lead.role": Q(role__isnull=True) | Q(role="UNKNOWN"),
    "lead.source": Q(source__isnull=True),
    "lead.known_problem": Q(known_problem__isnull=True),
    "lead.timeline": Q(timeline__isnull=True),
    "account.name": Q(account__name__isnull=True),
    "account.industry": Q(account__industry__isnull=True),
    "account.employees": Q(account__employees__isnull=True),
    "account.country": Q(account__country__isnull=True),
}

#: What is remembered is never older than so many seconds.
FRESH_FOR = 30.0
#: Stands between the parts of a key; in no value, for none holds control characters.
BREAK = "\x1f"


@dataclass(frozen=True, kw_only=True)
class ReasonCount:
    """How many leads stand in a group for one reason."""

    group: str
    reason: str
    count: int


@dataclass(frozen=True, kw_only=True)
class SourceCount:
    """What one source brought, by fit; ``source`` is None for leads that name none."""

    source: str | None
    total: int
    good: int
    undetermined: int
    poor: int


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The whole base in numbers."""

    lead_count: int
    #: By ``listing.Group``.
    groups: dict[str, int]
    #: Most frequent first.
    reasons: tuple[ReasonCount, ...]
    #: Those with most good fits first.
    sources: tuple[SourceCount, ...]
    #: Leads that lack a fact, by the playbook's name of the field.
    missing: dict[str, int]
    #: The values in use of each filter that has no fixed set, most frequent first.
    choices: dict[str, tuple[str, ...]]


def get_summary() -> Summary:
    """Return the counts, remembered or new."""
    return remembering.remember("summary", count, seconds=FRESH_FOR)


def count() -> Summary:
    """Return the counts of this moment."""
    standings = Counter(
        dict(counted(listing.standings(), "disposition", "status", "reason", "path", "segment"))
    )
    sources = count_sources()
    lead_count = sum(source.total for source in sources)
    reasons = reasons_of(standings)
    groups = dict.fromkeys(map(str, listing.Group), 0)
    for each in reasons:
        groups[each.group] += each.count
    groups[listing.Group.NEW] = lead_count - sum(groups.values())
    return Summary(
        lead_count=lead_count,
        groups=groups,
        reasons=reasons,
        sources=sources,
        missing=count_missing(),
        choices={
            "reason": most_frequent(standings, 2),
            "path": most_frequent(standings, 3),
            "segment": most_frequent(standings, 4),
            "source": tuple(
                each.source for each in sorted(sources, key=lambda one: -one.total) if each.source
            ),
            "country": most_frequent(Counter(dict(counted(listing.leads(), "account__country"))), 0),
        },
    )


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
        counts[(listing.group_of(disposition=disposition, status=status), reason)] += number
    reasons = [
        ReasonCount(group=group, reason=reason, count=number) for (group, reason), number in counts.items()
    ]
    return tuple(sorted(reasons, key=lambda each: (-each.count, each.reason)))


def count_sources() -> tuple[SourceCount, ...]:
    """Return what each source brought, those with most good fits first."""
    counts: dict[str, dict[str, int]] = {}
    for (source, verdict), number in counted(listing.leads(), "source", "standing__fit_verdict"):
        counts.setdefault(source, {})[verdict] = number
    sources = [
        SourceCount(
            source=source or None,
            total=sum(by_verdict.values()),
            good=by_verdict.get(FitVerdict.GOOD, 0),
            undetermined=by_verdict.get(FitVerdict.UNDETERMINED, 0),
            poor=by_verdict.get(FitVerdict.POOR, 0),
        )
        for source, by_verdict in counts.items()
    ]
    return tuple(sorted(sources, key=lambda each: (-each.good, -each.total, each.source or "")))


def count_missing() -> dict[str, int]:
    """Return for each fact how many leads lack it."""
    names = {name: "lacks_" + name.replace(".", "_") for name in MISSING_CONDITIONS}
    row = listing.leads().aggregate(
        **{names[name]: Count("id", filter=condition) for name, condition in MISSING_CONDITIONS.items()}
    )
    return {name: row[key] for name, key in names.items()}
