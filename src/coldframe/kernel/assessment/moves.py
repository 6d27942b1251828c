"""
What would move a lead: the smallest sets of changes after which the playbook disposes of it differently.

The search tries changes on copies of the lead's account and runs the real assessment over all copies at once: first every
single change, then pairs and triples of those that had some effect without deciding, and where even these do not do,
everything together, from which whatever is not needed is taken away again. So a printed set is true when applied, and
with any part of it left out it is not: no smaller set and no lower count is ever a move.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

import polars as pl

from coldframe.kernel.assessment import assess as assessing
from coldframe.kernel.assessment import changes
from coldframe.kernel.assessment.card import Change, Move
from coldframe.kernel.assessment.changes import Candidate
from coldframe.kernel.assessment.variations import Variation, vary
from coldframe.kernel.frames import Facts
from coldframe.kernel.playbook.model import Playbook
from coldframe.kernel.vocabulary import Disposition

#: Moves shown at most.
SHOWN = 5
#: How many of the changes that had an effect are combined in pairs and in triples.
IN_PAIRS = 24
IN_TRIPLES = 12
#: Days ahead at which a move is tried again, to say until when it works.
AHEAD = (1, 2, 3, 5, 7, 10, 14, 21, 30, 45, 60, 90, 120, 180, 270, 365)
#: Columns that tell whether a change had any effect on what decides.
EFFECT = (
    "fit_low", "fit_high", "intent_points", "missing", "timing", "timing_at", "stage",
    "fit_held", "fit_unknown", "triggers_held", "exits_held", "disqualify_held",
)  # fmt: skip
#: Where a lead that is now here would rather go; shown first.
ONWARD = {
    Disposition.NURTURE: (Disposition.TO_SALES, Disposition.LET_GO),
    Disposition.LET_GO: (Disposition.TO_SALES, Disposition.NURTURE),
    Disposition.TO_SALES: (Disposition.NURTURE, Disposition.LET_GO),
}

Set = tuple[Candidate, ...]
Outcome = dict[str, Any]
Try = Callable[[Sequence[Variation]], list[Outcome]]


@dataclass(frozen=True, kw_only=True)
class Winner:
    """A set of changes that moves the lead, and what follows."""

    changes: Set
    disposition: str
    reason: str

    @property
    def cost(self) -> float:
        return sum(each.cost for each in self.changes)


def find_moves(facts: Facts, *, playbook: Playbook, as_of: datetime, lead_id: int) -> tuple[Move, ...]:
    """
    Return the smallest changes that would give the lead another disposition, simplest first; at most five.

    ``facts`` must hold the lead's whole account. Sets of one are complete over the changes that the playbook names; sets of
    two and three over those that had the most effect at the least cost.
    """

    def attempt(variations: Sequence[Variation]) -> list[Outcome]:
        return outcomes(facts, variations, playbook=playbook, as_of=as_of)

    options = changes.candidates(playbook, as_of=as_of)
    base, *singles = attempt(
        [Variation(lead_id=lead_id), *(Variation(lead_id=lead_id, candidates=(c,)) for c in options)]
    )
    winners = [
        won((option,), after) for option, after in zip(options, singles, strict=True) if moves(base, after)
    ]
    useful = [o for o, after in zip(options, singles, strict=True) if is_useful(o, base, after)]
    winners = smallest(winners)
    for size, most in ((2, IN_PAIRS), (3, IN_TRIPLES)):
        if not any(is_onward(base, each) for each in winners):
            sets = [
                each
                for each in combined(useful[:most], size)
                if not any(contains(each, w.changes) for w in winners)
            ]
            after = attempt([Variation(lead_id=lead_id, candidates=each) for each in sets])
            winners += [won(each, then) for each, then in zip(sets, after, strict=True) if moves(base, then)]
            winners = smallest(winners)
    if not any(is_onward(base, each) for each in winners):
        winners += reduced(useful, lead_id=lead_id, base=base, attempt=attempt)
    chosen = choose(base, winners)
    return tuple(with_dates(chosen, lead_id=lead_id, attempt=attempt, as_of=as_of))


def outcomes(
    facts: Facts, variations: Sequence[Variation], *, playbook: Playbook, as_of: datetime
) -> list[Outcome]:
    """Return what the assessment makes of each variation's lead, in order."""
    if not variations:
        return []
    varied = vary(facts, variations, as_of=as_of)
    assessed = assessing.assess(varied.facts, playbook=playbook, as_of=as_of)
    wanted = pl.DataFrame({"lead_id": pl.Series(varied.lead_ids, dtype=pl.Int64)})
    columns = ["lead_id", "disposition", "reason", *EFFECT]
    return (
        wanted.join(assessed.select(columns), on="lead_id", how="left", maintain_order="left")
        .drop("lead_id")
        .to_dicts()
    )


def moves(base: Outcome, after: Outcome) -> bool:
    return bool(base["disposition"] != after["disposition"])


def had_effect(base: Outcome, after: Outcome) -> bool:
    return any(base[name] != after[name] for name in EFFECT)


def is_useful(option: Candidate, base: Outcome, after: Outcome) -> bool:
    """Return whether an option that does not decide alone is worth combining with others."""
    return not moves(base, after) and (option.is_decisive or had_effect(base, after))


def won(changed: Set, after: Outcome) -> Winner:
    return Winner(changes=changed, disposition=after["disposition"], reason=after["reason"])


def is_onward(base: Outcome, winner: Winner) -> bool:
    """Return whether the winner goes where such a lead would rather go."""
    onward = ONWARD[Disposition(base["disposition"])]
    return winner.disposition in (onward if base["disposition"] == Disposition.LET_GO else onward[:1])


def combined(useful: Sequence[Candidate], size: int) -> Iterator[Set]:
    """Yield the sets of that size whose changes do not exclude each other."""
    for each in combinations(useful, size):
        if len({candidate.group for candidate in each}) == size:
            yield each


def contains(whole: Set, part: Set) -> bool:
    """Return whether ``whole`` includes ``part``: each change of it, or more of the same."""
    return all(any(covers(mine, theirs) for mine in whole) for theirs in part)


def covers(mine: Candidate, theirs: Candidate) -> bool:
    if mine.group != theirs.group:
        return False
    if mine.change.kind in {"signal", "colleagues"}:
        return bool(mine.change.value >= theirs.change.value)
    return bool(mine.change.value == theirs.change.value)


def smallest(winners: Sequence[Winner]) -> list[Winner]:
    """Return the winners of which no other is a part, smallest and simplest first."""
    kept: list[Winner] = []
    for each in sorted(winners, key=lambda w: (len(w.changes), w.cost)):
        if not any(contains(each.changes, other.changes) for other in kept):
            kept.append(each)
    return kept


def reduced(useful: Sequence[Candidate], *, lead_id: int, base: Outcome, attempt: Try) -> list[Winner]:
    """Return at most one winner: everything at once, with whatever is not needed taken away again."""
    whole = tuple({each.group: each for each in useful}.values())
    (after,) = attempt([Variation(lead_id=lead_id, candidates=whole)])
    if not moves(base, after):
        return []
    while True:
        fewer = [without(whole, index, useful) for index in range(len(whole))]
        tried = attempt([Variation(lead_id=lead_id, candidates=each) for each in fewer])
        still = [(each, then) for each, then in zip(fewer, tried, strict=True) if moves(base, then)]
        if not still:
            return [won(whole, after)]
        whole, after = min(still, key=lambda pair: sum(each.cost for each in pair[0]))


def without(whole: Set, index: int, useful: Sequence[Candidate]) -> Set:
    """Return the set with one change left out, or, where there is one, replaced by less of the same."""
    dropped = whole[index]
    less = [
        each
        for each in useful
        if each.group == dropped.group
        and dropped.change.kind in {"signal", "colleagues"}
        and each.change.value == dropped.change.value - 1
    ]
    return (*whole[:index], *less, *whole[index + 1 :])


def choose(base: Outcome, winners: Sequence[Winner]) -> list[Winner]:
    """Return the winners to show: onward ones first, simplest first, and at most one that leads back."""
    order = {disposition: rank for rank, disposition in enumerate(ONWARD[Disposition(base["disposition"])])}
    chosen: list[Winner] = []
    seen: set[tuple[frozenset[str], str]] = set()
    for each in sorted(winners, key=lambda w: (order[Disposition(w.disposition)], len(w.changes), w.cost)):
        key = (frozenset(candidate.group for candidate in each.changes), each.disposition)
        backward = sum(order[Disposition(other.disposition)] == 1 for other in chosen)
        if key not in seen and not (order[Disposition(each.disposition)] == 1 and backward):
            seen.add(key)
            chosen.append(each)
    return chosen[:SHOWN]


def with_dates(winners: Sequence[Winner], *, lead_id: int, attempt: Try, as_of: datetime) -> list[Move]:
    """Return the moves, each with the last day on which it would still work."""
    found = [as_move(each) for each in winners]
    if not found:
        return []
    grid = works(winners, [AHEAD] * len(winners), lead_id=lead_id, attempt=attempt)
    spans = [between(flags) for flags in grid]
    finer = works(
        winners, [tuple(range(low + 1, high)) for low, high in spans], lead_id=lead_id, attempt=attempt
    )
    return [
        replace(move, until=as_of + timedelta(days=last_day(span, flags)) if span != NEVER else None)
        for move, span, flags in zip(found, spans, finer, strict=True)
    ]


#: No day to look for: the move works on every day that was tried.
NEVER = (0, 0)


def works(
    winners: Sequence[Winner], days: Sequence[Sequence[int]], *, lead_id: int, attempt: Try
) -> list[dict[int, bool]]:
    """Return for each winner whether it would still lead where it leads now, so many days later."""
    variations = [
        Variation(lead_id=lead_id, candidates=winner.changes, days_later=day)
        for winner, ahead in zip(winners, days, strict=True)
        for day in ahead
    ]
    after = iter(attempt(variations))
    return [
        {day: next(after)["disposition"] == winner.disposition for day in ahead}
        for winner, ahead in zip(winners, days, strict=True)
    ]


def between(flags: dict[int, bool]) -> tuple[int, int]:
    """Return the last day that works before the first that does not, and that first one."""
    good = 0
    for day, is_good in flags.items():
        if not is_good:
            return good, day
        good = day
    return NEVER


def last_day(span: tuple[int, int], flags: dict[int, bool]) -> int:
    low, _ = span
    for day, is_good in flags.items():
        if not is_good:
            break
        low = day
    return low


def as_move(winner: Winner) -> Move:
    return Move(
        changes=tuple(each.change for each in winner.changes),
        disposition=winner.disposition,
        reason=winner.reason,
        text=sentence([each.change for each in winner.changes]),
    )


def sentence(changed: Sequence[Change]) -> str:
    """Return the changes as one clause."""
    return " and ".join(each.text for each in changed)
