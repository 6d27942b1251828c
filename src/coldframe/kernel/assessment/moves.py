"""
What would move a lead: the smallest sets of changes after which the playbook disposes of it differently.

The search tries changes on copies of the lead's account and runs the real assessment over all copies at once: first every
single change, then pairs and triples of those that had some effect without deciding, and where even these do not do,
everything together, from which whatever is not needed is taken away again. So a printed set is true when applied, and
with any part of it left out it is not: no smaller set and no lower count is ever a move.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

import polars as pl

from coldframe.kernel.assessment import assess as assessing
from coldframe.kernel.assessment import changes
from coldframe.kernel.assessment.card import Change, Move
from coldframe.kernel.assessment.changes import Candidate
from coldframe.kernel.assessment.policy import is_hand_raise
from coldframe.kernel.assessment.variations import Variation, vary
from coldframe.kernel.frames import Facts
from coldframe.kernel.playbook.model import Playbook
from coldframe.kernel.vocabulary import Disposition

#: Moves shown at most.
SHOWN = 5
#: By so many different rules should the moves lead onward; fewer, and pairs are looked for.
ENOUGH = 2
#: How many of the changes that had an effect are combined in pairs and in triples.
IN_PAIRS = 24
IN_TRIPLES = 12
#: Days ahead at which a move is tried again, to say until when it works.
AHEAD = (1, 2, 3, 5, 7, 10, 14, 21, 30, 45, 60, 90, 120, 180)
#: Columns that tell whether a change had any effect on what decides.
EFFECT = (
    "fit_low", "fit_high", "intent_points", "missing", "timing", "timing_at", "stage",
    "fit_held", "fit_unknown", "triggers_held", "exits_held", "disqualify_held",
)  # fmt: skip
DECIDED = ("disposition", "reason", *EFFECT)
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


@dataclass(frozen=True, kw_only=True)
class FirstLook:
    """The lead as it is, and after every single change, now and on days ahead: one assessment for all of it."""

    #: The lead's own row, with detail.
    row: Outcome
    options: tuple[Candidate, ...] = ()
    #: For each option, what follows now and after each of ``AHEAD`` days.
    after: tuple[dict[int, Outcome], ...] = ()


def look(facts: Facts, *, playbook: Playbook, as_of: datetime, lead_id: int, with_moves: bool) -> FirstLook:
    """
    Assess the lead, and with it every single change to it, on each day of ``AHEAD``.

    ``facts`` must hold the lead's whole account.
    """
    offered = changes.candidates(playbook, as_of=as_of) if with_moves else []
    options = [
        each for each in offered if not each.only_if_missing or is_missing(facts, each, lead_id=lead_id)
    ]
    days = (0, *AHEAD)
    variations = [Variation(lead_id=lead_id)] + [
        Variation(lead_id=lead_id, candidates=(option,), days_later=day) for option in options for day in days
    ]
    varied = vary(facts, variations, as_of=as_of)
    assessed = assessing.assess(varied.facts, playbook=playbook, as_of=as_of, detail=True)
    row = in_order(assessed, varied.lead_ids[:1])[0]
    after = in_order(assessed.select("lead_id", *DECIDED), varied.lead_ids[1:])
    grid = [
        dict(zip(days, after[at : at + len(days)], strict=True)) for at in range(0, len(after), len(days))
    ]
    return FirstLook(row=row, options=tuple(options), after=tuple(grid))


def is_missing(facts: Facts, candidate: Candidate, *, lead_id: int) -> bool:
    """Return whether the field that a candidate makes known is missing for the lead."""
    entity, _, column = candidate.change.name.partition(".")
    frame = facts.leads.filter(pl.col("lead_id") == lead_id)
    if entity == "account":
        frame = facts.accounts.filter(pl.col("account_id") == frame["account_id"][0])
    return column not in frame.columns or frame[column].null_count() == frame.height


def find_moves(
    facts: Facts, first: FirstLook, *, playbook: Playbook, as_of: datetime, lead_id: int
) -> tuple[Move, ...]:
    """
    Return the smallest changes that would give the lead another disposition, simplest first; at most five.

    Sets of one are complete over the changes that the playbook names; sets of two and three over those that had
    an effect, at the least cost.
    """

    def attempt(variations: Sequence[Variation]) -> list[Outcome]:
        return outcomes(facts, variations, playbook=playbook, as_of=as_of)

    base = first.row
    now = [each[0] for each in first.after]
    winners = smallest(
        [won((o,), after) for o, after in zip(first.options, now, strict=True) if moves(base, after)]
    )
    useful = most_useful(first.options, now, base)
    for size, most, enough in ((2, IN_PAIRS, ENOUGH), (3, IN_TRIPLES, 1)):
        if variety(base, winners, playbook) < enough:
            winners = smallest(
                [*winners, *combinations_that_move(useful[:most], size, winners, base, lead_id, attempt)]
            )
    if not any(is_onward(base, each) for each in winners):
        winners += reduced(useful, lead_id=lead_id, base=base, attempt=attempt)
    chosen = choose(base, winners)
    return tuple(with_dates(chosen, first, lead_id=lead_id, attempt=attempt, as_of=as_of))


def combinations_that_move(
    useful: Sequence[Candidate],
    size: int,
    winners: Sequence[Winner],
    base: Outcome,
    lead_id: int,
    attempt: Try,
) -> list[Winner]:
    """Return the sets of that size that move the lead, leaving out those of which a winner is a part."""
    sets = [each for each in combined(useful, size) if not any(contains(each, w.changes) for w in winners)]
    after = attempt([Variation(lead_id=lead_id, candidates=each) for each in sets])
    return [won(each, then) for each, then in zip(sets, after, strict=True) if moves(base, then)]


def variety(base: Outcome, winners: Sequence[Winner], playbook: Playbook) -> int:
    """Return by how many different rules the winners lead onward, not counting that the buyer asks for sales."""
    asked = {f"trigger:{each.name}" for each in playbook.triggers if is_hand_raise(each)}
    return len({each.reason for each in winners if is_onward(base, each)} - asked)


def outcomes(
    facts: Facts, variations: Sequence[Variation], *, playbook: Playbook, as_of: datetime
) -> list[Outcome]:
    """Return what would be decided for each variation's lead, in order."""
    if not variations:
        return []
    varied = vary(facts, variations, as_of=as_of)
    decided = assessing.decide(varied.facts, playbook=playbook, as_of=as_of)
    return in_order(decided.select("lead_id", *DECIDED), varied.lead_ids)


def in_order(frame: pl.DataFrame, lead_ids: Sequence[int]) -> list[Outcome]:
    """Return the rows of these leads as dictionaries, in the order asked for."""
    wanted = pl.DataFrame({"lead_id": pl.Series(lead_ids, dtype=pl.Int64)})
    return wanted.join(frame, on="lead_id", how="left", maintain_order="left").to_dicts()


def moves(base: Outcome, after: Outcome) -> bool:
    return bool(base["disposition"] != after["disposition"])


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
    if base["reason"] != after["reason"]:
        return 0
    if any(base[name] != after[name] for name in ("triggers_held", "exits_held", "disqualify_held")):
        return 1
    return 2 if had_effect(base, after) else 3


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
    """
    Return the winners to show: onward ones first, simplest first, one for each rule.

    At most one leads back, and none by what cannot happen any more, such as the form that was filled.
    """
    order = {disposition: rank for rank, disposition in enumerate(ONWARD[Disposition(base["disposition"])])}
    ranked = sorted(winners, key=lambda w: (order[Disposition(w.disposition)], len(w.changes), w.cost))
    chosen: list[Winner] = []
    for each in ranked:
        is_back = order[Disposition(each.disposition)] == 1 and base["disposition"] != Disposition.LET_GO
        if is_back and each.cost >= changes.HISTORY_COSTS:
            continue
        said = any(
            other.reason == each.reason or (is_back and other.disposition == each.disposition)
            for other in chosen
        )
        if not said:
            chosen.append(each)
    return chosen[:SHOWN]


def with_dates(
    winners: Sequence[Winner], first: FirstLook, *, lead_id: int, attempt: Try, as_of: datetime
) -> list[Move]:
    """Return the moves, each with the last day on which it would still work."""
    grid = on_days_ahead(winners, first, lead_id=lead_id, attempt=attempt)
    spans = [between(flags) for flags in grid]
    finer = works(winners, [range(low + 1, high) for low, high in spans], lead_id=lead_id, attempt=attempt)
    return [
        as_move(winner, until=as_of + timedelta(days=last_day(span, flags)) if span != NEVER else None)
        for winner, span, flags in zip(winners, spans, finer, strict=True)
    ]


def on_days_ahead(
    winners: Sequence[Winner], first: FirstLook, *, lead_id: int, attempt: Try
) -> list[dict[int, bool]]:
    """Return for each winner whether it works on each day of ``AHEAD``; single changes have been tried already."""
    known = {
        option: {day: outcome["disposition"] for day, outcome in after.items() if day}
        for option, after in zip(map(key_of, first.options), first.after, strict=True)
    }
    missing = [each for each in winners if len(each.changes) > 1]
    tried = iter(works(missing, [AHEAD] * len(missing), lead_id=lead_id, attempt=attempt))
    return [
        next(tried)
        if len(each.changes) > 1
        else {day: found == each.disposition for day, found in known[key_of(each.changes[0])].items()}
        for each in winners
    ]


def key_of(candidate: Candidate) -> tuple[str, str, str]:
    return candidate.change.kind, candidate.change.name, str(candidate.change.value)


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


def as_move(winner: Winner, *, until: datetime | None) -> Move:
    return Move(
        changes=tuple(each.change for each in winner.changes),
        disposition=winner.disposition,
        reason=winner.reason,
        text=sentence([each.change for each in winner.changes]),
        until=until,
    )


def sentence(changed: Sequence[Change]) -> str:
    """Return the changes as one clause."""
    return " and ".join(each.text for each in changed)
