"""
What would move a lead: the smallest sets of changes after which the playbook disposes of it differently.

The search tries changes on copies of the lead's account and runs the real assessment over all copies at once: first
every single change, then pairs and triples of those that had some effect without deciding, and where even these do
not do, everything together, from which whatever is not needed is taken away again. So a printed set is true when
applied, and with any part of it left out it is not: no smaller set and no lower count is ever a move.

A search is a generator: it yields the variations it wants assessed and is sent what follows. So one assessment
serves the same step of many searches.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from coldframe.kernel.assessment import assess as assessing
from coldframe.kernel.assessment import candidates, changes
from coldframe.kernel.assessment.candidates import DECIDED, Outcome, Set, Winner
from coldframe.kernel.assessment.card import Change, Move
from coldframe.kernel.assessment.changes import Candidate
from coldframe.kernel.assessment.variations import Variation, vary
from coldframe.kernel.frames import Facts
from coldframe.kernel.playbook.model import Playbook
from coldframe.kernel.vocabulary import Disposition

#: By so many different rules, not counting hand raises, should the moves lead onward; fewer, and pairs are looked for.
ENOUGH = 1
#: How many of the changes that had an effect are combined in pairs and in triples.
IN_PAIRS = 24
IN_TRIPLES = 12
#: Days ahead on which a move is tried again, to say until when it works: each day of a month, then each week.
AHEAD = (*range(1, 31), *range(35, 183, 7))
#: Leads whose searches share their assessments; bounds memory.
TOGETHER = 100

#: Yields what it wants assessed, is sent what follows in the same order, returns the moves.
Search = Generator[list[Variation], list[Outcome], tuple[Move, ...]]
Step = Generator[list[Variation], list[Outcome], list[Winner]]
Flags = Generator[list[Variation], list[Outcome], list[dict[int, bool]]]


@dataclass(frozen=True, kw_only=True)
class Look:
    """A lead's own row, with detail, and what would move it."""

    row: Outcome
    moves: tuple[Move, ...] = ()


def look_at(
    facts: Facts, *, playbook: Playbook, as_of: datetime, lead_ids: Sequence[int], with_moves: bool = True
) -> Iterator[tuple[int, Look]]:
    """
    Yield each lead with its own row and the smallest changes that would give it another disposition.

    At most five moves, simplest first. Sets of one are complete over the changes that the playbook names; sets of two
    and three over those that had an effect, at the least cost. ``facts`` must hold the leads' whole accounts.
    """
    offered = changes.candidates(playbook, as_of=as_of) if with_moves else []
    for at in range(0, len(lead_ids), TOGETHER):
        searches = {
            lead_id: search(lead_id, options_for(facts, offered, lead_id), playbook=playbook, as_of=as_of)
            for lead_id in lead_ids[at : at + TOGETHER]
        }
        yield from together(facts, searches, playbook=playbook, as_of=as_of)


def options_for(facts: Facts, offered: Sequence[Candidate], lead_id: int) -> list[Candidate]:
    """Return the changes that can be tried on a lead."""
    if not offered:
        return []
    lead = facts.leads.filter(pl.col("lead_id") == lead_id)
    account = facts.accounts.filter(pl.col("account_id") == lead["account_id"][0])
    return [each for each in offered if not each.only_if_missing or is_missing(each, lead, account)]


def is_missing(candidate: Candidate, lead: pl.DataFrame, account: pl.DataFrame) -> bool:
    """Return whether the field that a candidate makes known is missing."""
    entity, _, column = candidate.change.name.partition(".")
    frame = account if entity == "account" else lead
    return column not in frame.columns or frame[column].null_count() == frame.height


def together(
    facts: Facts, searches: dict[int, Search], *, playbook: Playbook, as_of: datetime
) -> Iterator[tuple[int, Look]]:
    """Run searches step by step side by side, and yield each lead's result in the order given."""
    wanted = {lead_id: next(each) for lead_id, each in searches.items()}
    rows, after = first_outcomes(facts, wanted, playbook=playbook, as_of=as_of)
    found: dict[int, tuple[Move, ...]] = {}
    while after:
        wanted = {}
        for lead_id, outcome in after.items():
            try:
                wanted[lead_id] = searches[lead_id].send(outcome)
            except StopIteration as end:
                found[lead_id] = end.value
        after = outcomes(facts, wanted, playbook=playbook, as_of=as_of)
    yield from ((lead_id, Look(row=rows[lead_id], moves=found[lead_id])) for lead_id in searches)


def first_outcomes(
    facts: Facts, wanted: dict[int, list[Variation]], *, playbook: Playbook, as_of: datetime
) -> tuple[dict[int, Outcome], dict[int, list[Outcome]]]:
    """Return each lead's own row with detail (its first variation is itself), and what follows from the others."""
    varied = vary(facts, [each for every in wanted.values() for each in every], as_of=as_of)
    assessed = assessing.assess(varied.facts, playbook=playbook, as_of=as_of, detail=True)
    after = shared_out(in_order(assessed.select("lead_id", *DECIDED), varied.lead_ids), wanted)
    own = in_order(assessed, [each[0]["lead_id"] for each in after.values()])
    return dict(zip(wanted, own, strict=True)), after


def outcomes(
    facts: Facts, wanted: dict[int, list[Variation]], *, playbook: Playbook, as_of: datetime
) -> dict[int, list[Outcome]]:
    """Return what would be decided for each search's variations, in order."""
    variations = [each for every in wanted.values() for each in every]
    if not variations:
        return {lead_id: [] for lead_id in wanted}
    varied = vary(facts, variations, as_of=as_of)
    decided = assessing.decide(varied.facts, playbook=playbook, as_of=as_of)
    return shared_out(in_order(decided.select("lead_id", *DECIDED), varied.lead_ids), wanted)


def shared_out(after: Sequence[Outcome], wanted: dict[int, list[Variation]]) -> dict[int, list[Outcome]]:
    """Return to each search what it asked for."""
    following = iter(after)
    return {lead_id: [next(following) for _ in asked] for lead_id, asked in wanted.items()}


def in_order(frame: pl.DataFrame, lead_ids: Sequence[int]) -> list[Outcome]:
    """Return the rows of these leads as dictionaries, in the order asked for."""
    wanted = pl.DataFrame({"lead_id": pl.Series(lead_ids, dtype=pl.Int64)})
    return wanted.join(frame, on="lead_id", how="left", maintain_order="left").to_dicts()


def search(lead_id: int, options: Sequence[Candidate], *, playbook: Playbook, as_of: datetime) -> Search:
    """
    Search what would move one lead; its first variation is the lead as it is.

    Of a lead that is for sales only single changes are tried: what moves it on is what sales says.
    """
    base, *now = yield [
        Variation(lead_id=lead_id),
        *(Variation(lead_id=lead_id, candidates=(o,)) for o in options),
    ]
    found = [
        candidates.won((option,), after)
        for option, after in zip(options, now, strict=True)
        if candidates.moves(base, after)
    ]
    winners = candidates.smallest(found)
    if base["disposition"] != Disposition.TO_SALES:
        winners = yield from search_further(
            lead_id, candidates.most_useful(options, now, base), winners, base, playbook
        )
    return (yield from with_dates(lead_id, candidates.choose(base, winners), as_of))


def search_further(
    lead_id: int, useful: Sequence[Candidate], winners: list[Winner], base: Outcome, playbook: Playbook
) -> Step:
    """Return the winners with pairs, triples and larger sets beside them, as far as single changes are too few."""
    for size, most in ((2, IN_PAIRS), (3, IN_TRIPLES)):
        if candidates.variety(base, winners, playbook) < ENOUGH:
            more = yield from combinations_that_move(lead_id, useful[:most], size, winners, base)
            winners = candidates.smallest([*winners, *more])
    if not any(candidates.is_onward(base, each) for each in winners):
        winners += yield from reduced(lead_id, useful, base)
    return winners


def combinations_that_move(
    lead_id: int, useful: Sequence[Candidate], size: int, winners: Sequence[Winner], base: Outcome
) -> Step:
    """Return the sets of that size that move the lead, leaving out those of which a winner is a part."""
    alone = [winner.changes for winner in winners if len(winner.changes) == 1]
    several = [winner.changes for winner in winners if len(winner.changes) > 1]
    open_still = [each for each in useful if not any(candidates.contains((each,), part) for part in alone)]
    sets = [
        each
        for each in candidates.combined(open_still, size)
        if not any(candidates.contains(each, part) for part in several)
    ]
    after = yield [Variation(lead_id=lead_id, candidates=each) for each in sets]
    return [
        candidates.won(each, then)
        for each, then in zip(sets, after, strict=True)
        if candidates.moves(base, then)
    ]


def reduced(lead_id: int, useful: Sequence[Candidate], base: Outcome) -> Step:
    """
    Return at most one winner: everything at once, with whatever is not needed taken away again.

    The shortest beginning that moves the lead ends in a change that is needed; with that one kept, the next is found
    among those before it, until what is kept moves the lead alone.
    """
    before: Set = tuple({each.group: each for each in reversed(useful)}.values())[::-1]
    kept: Set = ()
    while True:
        beginnings = [(*before[:length], *kept) for length in range(len(before) + 1)]
        after = yield [Variation(lead_id=lead_id, candidates=each) for each in beginnings]
        moving = [length for length, then in enumerate(after) if candidates.moves(base, then)]
        if not moving:
            return []
        if moving[0] == 0:
            return (yield from trimmed(lead_id, candidates.won(kept, after[0]), useful, base))
        before, kept = before[: moving[0] - 1], (before[moving[0] - 1], *kept)


def trimmed(lead_id: int, winner: Winner, useful: Sequence[Candidate], base: Outcome) -> Step:
    """Return the winner with less of each change, and without it, as far as it still moves the lead."""
    while True:
        whole = winner.changes
        fewer = [candidates.without(whole, index, useful) for index in range(len(whole))]
        tried = yield [Variation(lead_id=lead_id, candidates=each) for each in fewer]
        still = [
            candidates.won(each, then)
            for each, then in zip(fewer, tried, strict=True)
            if candidates.moves(base, then)
        ]
        if not still:
            return [winner]
        winner = min(still, key=lambda each: each.cost)


def with_dates(lead_id: int, winners: Sequence[Winner], as_of: datetime) -> Search:
    """Return the moves, each with the last of the days ahead on which it would still work."""
    flags = yield from works(lead_id, winners)
    return tuple(as_move(winner, last_day(each), as_of) for winner, each in zip(winners, flags, strict=True))


def works(lead_id: int, winners: Sequence[Winner]) -> Flags:
    """Return for each winner whether it would still lead where it leads now, for each day of ``AHEAD``."""
    if not winners:
        return []
    after = yield [
        Variation(lead_id=lead_id, candidates=winner.changes, days_later=day)
        for winner in winners
        for day in AHEAD
    ]
    following = iter(after)
    return [
        {day: next(following)["disposition"] == winner.disposition for day in AHEAD} for winner in winners
    ]


def last_day(works_on: dict[int, bool]) -> int | None:
    """Return the last day before the first that does not work, or None where all do."""
    last = 0
    for day, is_good in works_on.items():
        if not is_good:
            return last
        last = day
    return None


def as_move(winner: Winner, days: int | None, as_of: datetime) -> Move:
    return Move(
        changes=tuple(each.change for each in winner.changes),
        disposition=winner.disposition,
        reason=winner.reason,
        text=sentence([each.change for each in winner.changes]),
        until=None if days is None else as_of + timedelta(days=days),
    )


def sentence(changed: Sequence[Change]) -> str:
    """Return the changes as one clause."""
    return " and ".join(each.text for each in changed)
