"""
What would move a lead: the smallest sets of changes after which a cycle puts it elsewhere.

The search tries changes on copies of the lead's account and runs the real cycle over all copies at once, as far as it
settles where a lead stands: what sales and people said is heard there as it is anywhere. Sales has room, except for a
lead that waits for it: there it has none, and only what never waits leads on. First
every single change, then pairs and triples of those that had some effect without deciding, and where even these do
not do, everything together, from which whatever is not needed is taken away again. So a printed set is true when
applied, and with any part of it left out it is not: no smaller set and no lower count is ever a move.

A search is a generator: it yields the variations it wants assessed and is sent what follows. So one run
serves the same step of many searches.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import polars as pl

from coldframe.kernel import cycle, lifecycle
from coldframe.kernel.assessment import candidates, changes
from coldframe.kernel.assessment.candidates import DECIDED, Outcome, Set, Winner
from coldframe.kernel.assessment.card import Change, Move
from coldframe.kernel.assessment.changes import Candidate
from coldframe.kernel.assessment.variations import Variation, vary
from coldframe.kernel.frames import Facts
from coldframe.kernel.playbook.model import Playbook
from coldframe.kernel.vocabulary import Disposition, HandoffState

#: By so many different rules, not counting hand raises, should the moves lead onward; fewer, and pairs are looked for.
ENOUGH = 1
#: How many of the changes that had an effect are combined in pairs and in triples.
IN_PAIRS = 24
IN_TRIPLES = 12
#: Days ahead on which a move is tried again, to say until when it works: each day of a month, then each week.
AHEAD = (*range(1, 31), *range(35, 183, 7))
#: Leads whose searches share their assessments; bounds memory.
TOGETHER = 50

#: Yields what it wants assessed, is sent what follows in the same order, returns the moves.
Search = Generator[list[Variation], list[Outcome], tuple[Move, ...]]
Step = Generator[list[Variation], list[Outcome], list[Winner]]
Combined = Generator[list[Variation], list[Outcome], list[list[Winner]]]
Flags = Generator[list[Variation], list[Outcome], list[dict[int, bool]]]


#: What decides: the rule of the assessment, unless sales or a person was heard instead.
BY = (
    pl.when(pl.col("status_reason").is_in(lifecycle.CONCLUSIONS))
    .then("status_reason")
    .otherwise("reason")
    .alias("by")
)


def look_for(
    facts: Facts,
    *,
    playbook: Playbook,
    as_of: datetime,
    lead_ids: Sequence[int],
    waiting: Collection[int] = (),
) -> Iterator[tuple[Move, ...]]:
    """
    Yield the smallest changes that would put each lead elsewhere.

    At most five moves, simplest first. Sets of one are complete over the changes that the playbook names; sets of two
    and three over those that had an effect, at the least cost. ``facts`` must hold the leads' whole accounts;
    ``waiting``: leads for which sales has no room.
    """
    offered = changes.candidates(playbook, as_of=as_of)
    for at in range(0, len(lead_ids), TOGETHER):
        searches = {
            lead_id: search(lead_id, options_for(facts, offered, lead_id), playbook=playbook, as_of=as_of)
            for lead_id in lead_ids[at : at + TOGETHER]
        }
        yield from together(facts, searches, playbook=playbook, as_of=as_of, waiting=waiting)


def options_for(facts: Facts, offered: Sequence[Candidate], lead_id: int) -> list[Candidate]:
    """Return the changes that can be tried on a lead."""
    lead = facts.leads.filter(pl.col("lead_id") == lead_id)
    account = facts.accounts.filter(pl.col("account_id") == lead["account_id"][0])
    is_open = (pl.col("lead_id") == lead_id) & (pl.col("state") == HandoffState.OPEN.value)
    is_before_sales = not facts.handoffs.is_empty() and not facts.handoffs.filter(is_open).is_empty()
    return [
        each
        for each in offered
        if (is_missing(each, lead, account) if each.only_if_missing else True)
        and (is_before_sales or each.change.kind != "verdict")
    ]


def is_missing(candidate: Candidate, lead: pl.DataFrame, account: pl.DataFrame) -> bool:
    """Return whether the field that a candidate makes known is missing."""
    entity, _, column = candidate.change.name.partition(".")
    frame = account if entity == "account" else lead
    return column not in frame.columns or frame[column].null_count() == frame.height


def together(
    facts: Facts,
    searches: dict[int, Search],
    *,
    playbook: Playbook,
    as_of: datetime,
    waiting: Collection[int],
) -> Iterator[tuple[Move, ...]]:
    """Run searches step by step side by side, and yield each lead's result in the order given."""
    wanted = {lead_id: next(each) for lead_id, each in searches.items()}
    found: dict[int, tuple[Move, ...]] = {}
    while wanted:
        after = outcomes(facts, wanted, playbook=playbook, as_of=as_of, waiting=waiting)
        wanted = {}
        for lead_id, outcome in after.items():
            try:
                wanted[lead_id] = searches[lead_id].send(outcome)
            except StopIteration as end:
                found[lead_id] = end.value
    yield from (found[lead_id] for lead_id in searches)


def outcomes(
    facts: Facts,
    wanted: dict[int, list[Variation]],
    *,
    playbook: Playbook,
    as_of: datetime,
    waiting: Collection[int],
) -> dict[int, list[Outcome]]:
    """Return what would be decided for each search's variations, in order."""
    variations = [each for every in wanted.values() for each in every]
    if not variations:
        return {lead_id: [] for lead_id in wanted}
    varied = vary(facts, variations, as_of=as_of)
    is_full = pl.Series("is_full", [each.lead_id in waiting for each in variations], dtype=pl.Boolean)
    decided = cycle.decide(
        varied.facts, playbook=playbook, as_of=as_of, only=varied.targets.with_columns(is_full)
    )
    found = decided.with_columns(lifecycle.place(), BY).select("lead_id", *DECIDED)
    return shared_out(in_order(found, varied.lead_ids), wanted)


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
    if base["place"] != Disposition.TO_SALES:
        winners = yield from search_further(
            lead_id, candidates.most_useful(options, now, base), winners, base, playbook
        )
    return (yield from with_dates(lead_id, candidates.choose(base, winners), as_of))


def search_further(
    lead_id: int, useful: Sequence[Candidate], winners: list[Winner], base: Outcome, playbook: Playbook
) -> Step:
    """Return the winners with pairs, triples and larger sets beside them, as far as single changes are too few."""
    if candidates.variety(base, winners, playbook) < ENOUGH:
        found = yield from combinations_that_move(lead_id, useful, winners, base)
        for more in found:
            if candidates.variety(base, winners, playbook) < ENOUGH:
                winners = candidates.smallest([*winners, *more])
    if not any(candidates.is_onward(base, each) for each in winners):
        winners += yield from reduced(lead_id, useful, base)
    return winners


def combinations_that_move(
    lead_id: int, useful: Sequence[Candidate], winners: Sequence[Winner], base: Outcome
) -> Combined:
    """
    Return the pairs and the triples that move the lead, leaving out those of which a winner is a part.

    Both are tried at once: a few hundred variations more take less time than another run.
    """
    alone = [winner.changes for winner in winners]
    open_still = [
        [each for each in useful[:most] if not any(candidates.contains((each,), part) for part in alone)]
        for most in (IN_PAIRS, IN_TRIPLES)
    ]
    pairs, triples = (list(candidates.combined(each, size)) for size, each in enumerate(open_still, start=2))
    after = yield [Variation(lead_id=lead_id, candidates=each) for each in (*pairs, *triples)]
    following = iter(after)
    return [
        [
            candidates.won(each, then)
            for each, then in zip(sets, following, strict=False)
            if candidates.moves(base, then)
        ]
        for sets in (pairs, triples)
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
    return [{day: next(following)["place"] == winner.place for day in AHEAD} for winner in winners]


def last_day(works_on: dict[int, bool]) -> int | None:
    """Return the last day before the first that does not work, or None where all do."""
    last = 0
    for day, is_good in works_on.items():
        if not is_good:
            return last
        last = day
    return None


def as_move(winner: Winner, days: int | None, as_of: datetime) -> Move:
    changed = tuple(as_said(each, winner.place) for each in winner.changes)
    return Move(
        changes=changed,
        disposition=winner.place,
        reason=winner.reason,
        text=sentence(changed),
        until=None if days is None else as_of + timedelta(days=days),
    )


def as_said(candidate: Candidate, place: str) -> Change:
    """Return a change in the words that are true where it leads."""
    if place == Disposition.LET_GO and candidate.text_if_let_go:
        return replace(candidate.change, text=candidate.text_if_let_go)
    return candidate.change


def sentence(changed: Sequence[Change]) -> str:
    """Return the changes as one clause."""
    return " and ".join(each.text for each in changed)
