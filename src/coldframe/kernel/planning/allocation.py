"""
Who of the leads that sales should have now gets the room that sales has, and from whom.

The one place that looks across accounts. Hand raises count against capacity and never wait; all others are ranked, and
never exceed what is left in the rolling windows of the team and of each of its people.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from coldframe.kernel.frames import INSTANT, WAITING, RepTerms, empty
from coldframe.kernel.playbook.model import Playbook
from coldframe.kernel.playbook.units import Rate

DEFAULT_TEAM = "sales"
#: Ways to find an owner by which the reps take turns.
TAKES_TURNS = ("round_robin", "territory")
#: One row per lead that sales should have now.
PROPOSALS: dict[str, pl.DataType | type[pl.DataType]] = {
    "lead_id": pl.Int64,
    "account_id": pl.Int64,
    "trigger": pl.String,  # the reason that sales reads
    "is_hand_raise": pl.Boolean,  # never waits
    "fit_level": pl.String,
    "account_intent_points": pl.Float64,
    "intent_points": pl.Float64,
    "waits_since": INSTANT,  # since when it waits for room; now for a new one
    "account_owner": pl.String,  # ?
    "lead_owner": pl.String,  # ?
    "colleague_owner": pl.String,  # ? who has a colleague of the account before them now
    "cool_owners": pl.List(pl.String),  # ? who returned it lately
    "country": pl.String,  # ? the lead's, else the account's: whose territory it lies in
}
#: Proposals that sales gets, in the order in which they were given.
GRANTED: dict[str, pl.DataType | type[pl.DataType]] = {
    "lead_id": pl.Int64,
    "team": pl.String,
    "owner": pl.String,  # ?
    "owner_from": pl.String,  # ?
}


@dataclass(frozen=True, kw_only=True)
class Allocated:
    """What came of a round of proposals."""

    granted: pl.DataFrame  # GRANTED
    waiting: pl.DataFrame  # frames.WAITING
    #: When room may next appear; None: nobody waits.
    room_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Room:
    """How much of a rolling window is taken, for people."""

    #: None: the team.
    name: str | None
    rate: Rate
    taken: int
    #: When one more fits; None: one does now.
    free_at: datetime | None
    away_until: datetime | None = None

    @property
    def left(self) -> int:
        """How many more fit; hand raises may have taken more than there was."""
        return max(0, self.rate.count - self.taken)


@dataclass
class _Room:
    """What is taken of a rolling window: the instants at which it was, oldest first."""

    rate: Rate
    span: timedelta
    taken: list[datetime] = field(default_factory=list)
    #: Nothing fits before, however little is taken.
    shut_until: datetime | None = None

    def is_free(self) -> bool:
        return self.shut_until is None and len(self.taken) < self.rate.count

    def told(self, name: str | None, now: datetime) -> Room:
        return Room(
            name=name,
            rate=self.rate,
            taken=len(self.taken),
            free_at=None if self.is_free() else self.free_at(now),
            away_until=self.shut_until,
        )

    def free_at(self, now: datetime) -> datetime:
        """When one more fits, if nothing else is taken meanwhile; only for a window that is full or shut."""
        at = self.shut_until or now
        if len(self.taken) < self.rate.count:
            return at
        # Of a window that takes none, nobody can say when it will.
        place = len(self.taken) - max(self.rate.count, 1)
        return max(at, (self.taken[place] if self.taken else now) + self.span)


def allocate(
    proposals: pl.DataFrame,
    *,
    sales_load: pl.DataFrame,
    reps: Sequence[tuple[str, str]],
    playbook: Playbook,
    as_of: datetime,
    elsewhere: pl.DataFrame | None = None,
    terms: Sequence[RepTerms] = (),
) -> Allocated:
    """
    Give the room that sales has to those who should have it most; hand raises get it in any case.

    Parameters
    ----------
    proposals
        ``PROPOSALS``.
    sales_load
        ``frames.SALES_LOAD``: what sales has taken on. What was opened longer ago than a window counts no more.
    reps
        Who takes leads: (team, name), in the order of the round robin. None: the team as a whole; then an owner
        named by the account or the lead gets it, under the limit for one person.
    elsewhere
        ``frames.WAITING``: leads that wait at other accounts. Room that a better one of them is to have is not given
        to a worse one here.
    terms
        What is agreed with some of the reps: who takes fewer, who is away (and is passed over, unless an owner that is
        away is the only one who could take a hand raise), whose territory is where.

    Order among those that wait for room: fit level, intent of the account, own intent, who has waited longest, lead.
    An owner is found by the ways of ``playbook.sales.owner``, in order, passing over whoever has no room or returned
    the lead within the cool-off; where another rep already has a colleague of the account, they come first. A hand
    raise that nobody may take belongs to the team, without an owner.
    """
    if proposals.is_empty():
        return Allocated(granted=empty(GRANTED), waiting=empty(WAITING), room_at=None)
    desk = _Desk(sales_load, reps, playbook, as_of, terms)
    granted = [desk.give(row) for row in _in_order(proposals.filter("is_hand_raise"))]
    waiting: list[dict[str, Any]] = []
    rank = 0
    for row in _queue(proposals.filter(~pl.col("is_hand_raise")), elsewhere):
        found = desk.find(row) if desk.team.is_free() else None
        if found is None:
            rank += 1
            if row["is_here"]:
                waiting.append({**row, "rank": rank, **desk.why(row)})
        elif row["is_here"]:
            granted.append(desk.give(row))
        else:
            desk.reserve(found)
    room_at = min((row["room_at"] for row in waiting), default=None)
    return Allocated(
        granted=pl.DataFrame(granted, schema=GRANTED, orient="row"),
        waiting=_framed(waiting),
        room_at=room_at,
    )


def rooms(
    *,
    sales_load: pl.DataFrame,
    reps: Sequence[tuple[str, str]],
    playbook: Playbook,
    as_of: datetime,
    terms: Sequence[RepTerms] = (),
) -> list[Room]:
    """Return how much sales has taken on: the team first, then each of its people in the order of the round robin."""
    desk = _Desk(sales_load, reps, playbook, as_of, terms)
    named = [*desk.reps, *sorted(set(desk.people) - set(desk.reps))]
    return [desk.team.told(None, as_of), *(desk.room_of(each).told(each, as_of) for each in named)]


def _in_order(proposals: pl.DataFrame) -> Iterator[dict[str, Any]]:
    keys = ["fit_level", "account_intent_points", "intent_points", "waits_since", "lead_id"]
    return proposals.sort(keys, descending=[False, True, True, False, False]).iter_rows(named=True)


def _queue(proposals: pl.DataFrame, elsewhere: pl.DataFrame | None) -> Iterator[dict[str, Any]]:
    here = proposals.with_columns(pl.lit(True).alias("is_here"))
    if elsewhere is None or elsewhere.is_empty():
        return _in_order(here)
    others = elsewhere.join(here, on="lead_id", how="anti").with_columns(pl.lit(False).alias("is_here"))
    shared = [
        "lead_id",
        "account_id",
        "fit_level",
        "account_intent_points",
        "intent_points",
        "waits_since",
        "is_here",
    ]
    return _in_order(pl.concat([here, others.select(shared)], how="diagonal"))


def _framed(waiting: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame([{name: row[name] for name in WAITING} for row in waiting], schema=WAITING)


class _Desk:
    """The room of a team and of each of its people, as it is given away."""

    def __init__(
        self,
        load: pl.DataFrame,
        reps: Sequence[tuple[str, str]],
        playbook: Playbook,
        as_of: datetime,
        terms: Sequence[RepTerms] = (),
    ) -> None:
        capacity, cycle = playbook.sales.capacity, playbook.cycle
        self.now = as_of
        self.name = reps[0][0] if reps else DEFAULT_TEAM
        self.reps = list(dict.fromkeys(rep for team, rep in reps if team == self.name))
        self.ways = playbook.sales.owner.by
        self.per_rep = capacity.per_rep, capacity.per_rep.per.delta(cycle=cycle)
        self.cool_off = playbook.sales.cool_off.delta(cycle=cycle)
        mine = load.filter(pl.col("team") == self.name).sort("opened_at").select("owner", "opened_at")
        self.team = _Room(capacity.team, capacity.team.per.delta(cycle=cycle))
        self.people: dict[str, _Room] = {}
        self.terms = {each.name: each for each in terms}
        for owner, opened_at in mine.iter_rows():
            self._take(owner, opened_at)
        self.turn = self._first_turn(mine)

    def _first_turn(self, mine: pl.DataFrame) -> int:
        """The round robin goes on after the rep who was given a lead last."""
        last = mine.filter(pl.col("owner").is_in(self.reps))["owner"]
        return self.reps.index(last[-1]) + 1 if len(last) else 0

    def _take(self, owner: str | None, at: datetime) -> None:
        if at > self.now - self.team.span:
            self.team.taken.append(at)
        if owner is not None and at > self.now - self.per_rep[1]:
            self.room_of(owner).taken.append(at)

    def room_of(self, owner: str) -> _Room:
        if owner not in self.people:
            self.people[owner] = self._new_room(self.terms.get(owner, RepTerms(name=owner)))
        return self.people[owner]

    def _new_room(self, terms: RepTerms) -> _Room:
        """What a rep agreed to take only ever narrows what the playbook allows."""
        rate, span = self.per_rep
        if terms.most is not None and terms.most < rate.count:
            rate = replace(rate, count=terms.most)
        away = terms.away_until if terms.away_until and terms.away_until > self.now else None
        return _Room(rate, span, shut_until=away)

    def give(self, row: dict[str, Any]) -> tuple[int, str, str | None, str | None]:
        """Take room for a lead that gets it; a hand raise takes it even where there is none."""
        found = self.find(row) or (self.find(row, in_any_case=True) if row["is_hand_raise"] else None)
        owner, way = found or (None, None)
        self._take(owner, self.now)
        if way in TAKES_TURNS and owner is not None:
            self.turn = self.reps.index(owner) + 1
        return row["lead_id"], self.name, owner, way

    def reserve(self, found: tuple[str | None, str | None]) -> None:
        """Keep room for a lead elsewhere."""
        self._take(found[0], self.now)

    def find(self, row: dict[str, Any], *, in_any_case: bool = False) -> tuple[str | None, str | None] | None:
        """
        Return who takes a lead and how they were found, None for nobody.

        A team without named people takes what nobody in particular should have: (None, None).
        """
        able = self._able(row)
        for owner, way in able:
            if in_any_case or self.room_of(owner).is_free():
                return owner, way
        return None if self.reps or able else (None, None)

    def _able(self, row: dict[str, Any]) -> list[tuple[str, str]]:
        """Return who may take a lead, those who are away last: a hand raise goes to one of them if to nobody else."""
        cool = row["cool_owners"] or ()
        able = [(owner, way) for owner, way in self._candidates(row) if owner not in cool]
        return sorted(able, key=lambda each: self.room_of(each[0]).shut_until is not None)

    def _candidates(self, row: dict[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield who may take a lead, best first. Without reps any named owner may; with reps only one of them."""
        named = [("account.owner", row["account_owner"]), ("lead.owner", row["lead_owner"])]
        for way in self.ways:
            if way == "round_robin":
                if row["colleague_owner"] in self.reps:
                    yield row["colleague_owner"], "colleague"
                yield from ((rep, way) for rep in self._in_turn())
            if way == "territory" and row["country"] is not None:
                yield from ((rep, way) for rep in self._in_turn() if row["country"] in self._lands_of(rep))
            yield from (
                (owner, way)
                for name, owner in named
                if name == way and owner is not None and (not self.reps or owner in self.reps)
            )

    def _in_turn(self) -> list[str]:
        return self.reps[self.turn :] + self.reps[: self.turn]

    def _lands_of(self, rep: str) -> frozenset[str]:
        return self.terms[rep].countries if rep in self.terms else frozenset()

    def why(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return the reason for which a lead waits, and when that may end."""
        if not self.team.is_free():
            rate = self.team.rate
            return {"reason": f"the team takes {rate}, and has them", "room_at": self.team.free_at(self.now)}
        able = [owner for owner, _ in self._able(row)]
        if not able:
            return {
                "reason": "only those who returned it lately could take it",
                "room_at": self.now + self.cool_off,
            }
        free_at = min(self.room_of(owner).free_at(self.now) for owner in able)
        if all(self.room_of(owner).shut_until for owner in able):
            return {"reason": "everybody who could take it is away", "room_at": free_at}
        return {"reason": f"everybody who could take it has {self.per_rep[0]}", "room_at": free_at}


def owners_of_colleagues(handoffs: pl.DataFrame, *, as_of: datetime) -> pl.DataFrame:
    """Return ``account_id`` and ``colleague_owner``: who has a lead of the account before them at the instant."""
    is_open = (pl.col("state") == "OPEN") & (pl.col("deadline_at") > as_of) & pl.col("owner").is_not_null()
    return (
        handoffs.filter(is_open)
        .sort("opened_at")
        .group_by("account_id")
        .agg(pl.col("owner").last().alias("colleague_owner"))
    )
