"""Sets of changes: which are worth trying, which are part of others, and which are shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from coldframe.kernel.assessment import changes
from coldframe.kernel.assessment.changes import Candidate
from coldframe.kernel.assessment.policy import is_hand_raise
from coldframe.kernel.playbook.model import Playbook
from coldframe.kernel.vocabulary import Disposition

#: Moves shown at most.
SHOWN = 5
#: Columns that tell whether a change had any effect on what decides.
EFFECT = (
    "fit_low", "fit_high", "intent_points", "missing", "timing", "timing_at", "stage",
    "fit_held", "fit_unknown", "triggers_held", "exits_held", "disqualify_held",
)  # fmt: skip
DECIDED = ("place", "by", *EFFECT)
#: Where a lead that is now here would rather go; shown first.
ONWARD = {
    Disposition.NURTURE: (Disposition.TO_SALES, Disposition.LET_GO),
    Disposition.LET_GO: (Disposition.TO_SALES, Disposition.NURTURE),
    Disposition.TO_SALES: (Disposition.NURTURE, Disposition.LET_GO),
}

Set = tuple[Candidate, ...]
Outcome = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Winner:
    """A set of changes that moves the lead, where it is then, and what then decides."""

    changes: Set
    place: str
    reason: str

    @property
    def cost(self) -> float:
        return sum(each.cost for each in self.changes)


def moves(base: Outcome, after: Outcome) -> bool:
    return bool(base["place"] != after["place"])


def had_effect(base: Outcome, after: Outcome) -> bool:
    return any(base[name] != after[name] for name in EFFECT)


def most_useful(options: Sequence[Candidate], now: Sequence[Outcome], base: Outcome) -> list[Candidate]:
    """
    Return the options that do not decide alone but are worth combining, the nearest to deciding first.

    Nearest is what makes another rule decide, then what makes other rules hold, then what else has an effect;
    within that the least of each group first, so that a few options cover many groups.
    """
    ranked: list[tuple[int, int, float, int]] = []
    seen: dict[str, int] = {}
    for index, (option, after) in enumerate(zip(options, now, strict=True)):
        if not moves(base, after) and (option.is_decisive or had_effect(base, after)):
            in_group = seen[option.group] = seen.get(option.group, -1) + 1
            ranked.append((nearness(base, after), in_group, option.cost, index))
    return [options[index] for *_, index in sorted(ranked)]


def nearness(base: Outcome, after: Outcome) -> int:
    if base["by"] != after["by"]:
        return 0
    if any(base[name] != after[name] for name in ("triggers_held", "exits_held", "disqualify_held")):
        return 1
    return 2 if had_effect(base, after) else 3


def won(changed: Set, after: Outcome) -> Winner:
    return Winner(changes=changed, place=after["place"], reason=after["by"])


def is_onward(base: Outcome, winner: Winner) -> bool:
    """Return whether the winner goes where such a lead would rather go."""
    onward = ONWARD[Disposition(base["place"])]
    return winner.place in (onward if base["place"] == Disposition.LET_GO else onward[:1])


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
    # A part has its first change in common with the whole, so only winners that begin in a group of it are looked at.
    beginning: dict[str, list[Winner]] = {}
    for each in sorted(winners, key=lambda w: (len(w.changes), w.cost)):
        parts = (other for change in each.changes for other in beginning.get(change.group, ()))
        if not any(contains(each.changes, other.changes) for other in parts):
            kept.append(each)
            beginning.setdefault(each.changes[0].group, []).append(each)
    return kept


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
    """
    Return the winners to show: onward ones first, simplest first, one for each rule.

    At most one leads back, and none by what cannot happen any more, such as the form that was filled.
    """
    order = {place: rank for rank, place in enumerate(ONWARD[Disposition(base["place"])])}
    ranked = sorted(winners, key=lambda w: (order[Disposition(w.place)], len(w.changes), w.cost))
    chosen: list[Winner] = []
    for each in ranked:
        is_back = order[Disposition(each.place)] == 1 and base["place"] != Disposition.LET_GO
        if is_back and each.cost >= changes.HISTORY_COSTS:
            continue
        said = any(other.reason == each.reason or (is_back and other.place == each.place) for other in chosen)
        if not said:
            chosen.append(each)
    return chosen[:SHOWN]


def variety(base: Outcome, winners: Sequence[Winner], playbook: Playbook) -> int:
    """Return by how many different rules the winners lead onward, not counting that the buyer asks for sales."""
    asked = {f"trigger:{each.name}" for each in playbook.triggers if is_hand_raise(each)}
    return len({each.reason for each in winners if is_onward(base, each)} - asked)
