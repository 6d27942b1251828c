"""
The engine in memory: ``kernel.cycle`` over the accounts that are due, and the plainest keeping of what it decided.

What there is much of is kept in frames, the rest as rows of plain values. What is handed over is answered by the world at
once.
"""

from __future__ import annotations

import heapq
from bisect import insort
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from itertools import chain
from typing import Any

import polars as pl

from coldframe.kernel import cycle
from coldframe.kernel.cycle import CycleResult
from coldframe.kernel.frames import (
    ACCOUNTS,
    CONSENTS,
    ENROLLMENTS,
    EVENTS,
    HANDOFFS,
    HOLIDAYS,
    INSTANT,
    LEADS,
    OPPORTUNITIES,
    OVERRIDES,
    SALES_LOAD,
    SHAPES,
    TOUCHES,
    Facts,
    Surroundings,
    empty,
)
from coldframe.kernel.playbook import parsing
from coldframe.kernel.playbook.expressions import microseconds
from coldframe.kernel.playbook.model import Playbook
from coldframe.library import starters
from coldframe.nurture import planned
from coldframe.nurture.cycle import STOPPED_FOR
from tests.lived.oracle import OF_THE_OUTBOX
from tests.lived.people import HOUSE, Happening, Person, World

Row = dict[str, Any]
LOAD_KEPT = timedelta(days=92)
SUPPRESSED = {"opted_out": "unsubscribe", "complained": "complaint", "bounced": "hard_bounce"}
MOMENT = timedelta(microseconds=1)
#: Of a row that is replaced, so many versions are kept on average before those that no longer count are let go.
MOST_VERSIONS = 6
REPS = tuple(("sales", name) for name in ("eva", "max", "ida"))


@cache
def playbook() -> Playbook:
    """Return the default playbook: its rules are what the oracle knows."""
    return parsing.parse(starters.read(starters.DEFAULT), file="default.yaml")


@dataclass
class Kept:
    """What is known of one account and does not stand in a ``Table``: there is little of it."""

    leads: list[int] = field(default_factory=list)
    handoffs: list[Row] = field(default_factory=list)
    overrides: list[Row] = field(default_factory=list)
    opportunities: list[Row] = field(default_factory=list)


class Table:
    """
    Rows of everybody, as a frame: what came or changed since it was last asked for becomes part of it then.

    A row that replaces another is added too, and found in its place: of a few of many, rows are taken by where they
    stand, and the frame is not gone through.
    """

    def __init__(self, contract: dict[str, Any], *, key: str = "") -> None:
        """``key``: the column by which a row replaces an earlier one; none: rows are of a lead, and never change."""
        self.contract, self.key = contract, key
        self.frame = empty(contract).clone()
        #: Where the rows of each owner stand.
        self.places: dict[int, list[int]] = {}
        self.added: list[Row] = []
        self.rows: dict[int, Row] = {}
        self.changed: set[int] = set()

    def add(self, row: Row) -> None:
        self.added.append(row)

    def change(self, key: int, **values: Any) -> Row:
        """Write some values into a row, which may be new; return it."""
        self.changed.add(key)
        row = self.rows.setdefault(key, {self.key: key})
        row.update(values)
        return row

    def grow(self, new: pl.DataFrame) -> None:
        """Add whole rows; of several with one key the last counts."""
        first = self.frame.height
        self.frame.extend(new.select(*self.contract))
        for place, owner in enumerate(new[self.key or "lead_id"].to_list(), first):
            if self.key:
                self.places[owner] = [place]
            else:
                self.places.setdefault(owner, []).append(place)
        if self.key and self.frame.height > MOST_VERSIONS * len(self.places):
            self.frame = self.of(list(self.places))
            self.places = {owner: [place] for place, owner in enumerate(self.places)}

    def of(self, wanted: list[int]) -> pl.DataFrame:
        """Return the rows of some leads, or accounts."""
        added, changed = self.added, [self.rows[key] for key in sorted(self.changed)]
        self.added, self.changed = [], set()
        if rows := added or changed:
            self.grow(frame(rows, self.contract))
        return self.frame[list(chain.from_iterable(self.places.get(each, ()) for each in wanted))]


class Engine:
    """Accounts of several worlds, decided together."""

    unknown = OF_THE_OUTBOX

    def __init__(self, worlds: Iterable[World]) -> None:
        self.worlds = list(worlds)
        self.of_lead = {lead: world for world in self.worlds for lead in world.people}
        self.accounts: dict[int, Kept] = {}
        self.due: dict[int, datetime] = {}
        #: The instants of ``due`` in order, and some at which an account is no longer due.
        self.ahead: list[tuple[datetime, int]] = []
        self.events, self.touches = Table(EVENTS), Table(TOUCHES)
        self.companies, self.leads = Table(ACCOUNTS, key="account_id"), Table(LEADS, key="lead_id")
        self.enrollments, self.consents = Table(ENROLLMENTS, key="lead_id"), Table(CONSENTS, key="lead_id")
        self.shapes: dict[tuple[str, ...], int] = {}
        self.shape_frame = empty(SHAPES)
        #: What sales has taken on lately: account, how many it had had, and the row; and the same as a frame.
        self.load: list[tuple[int, int, Row]] = []
        self.load_frame = empty(SALES_LOAD)
        self.books: list[str] = []
        self.cycles = 0
        #: Who holds sending, by what.
        self.held: set[str] = set()
        for world in self.worlds:
            for person in world.people.values():
                self.settle(person)

    def settle(self, person: Person) -> None:
        self.accounts.setdefault(person.account_id, Kept()).leads.append(person.lead_id)
        self.companies.change(
            person.account_id, industry=person.industry, employees=120, country=person.country
        )
        self.leads.change(
            person.lead_id, account_id=person.account_id, email_kind="BUSINESS", has_address=True, is_role_address=False,
            role=person.role, country=person.country, entered_at=person.entered_at,
        )  # fmt: skip
        if person.basis:
            self.consents.change(
                person.lead_id, account_id=person.account_id, basis=person.basis, given_at=person.entered_at,
                is_confirmed=True, expires_at=person.expires_at,
            )  # fmt: skip
        self.make_due(person.account_id, person.entered_at)

    def make_due(self, account_id: int, at: datetime) -> None:
        self.due[account_id] = at
        heapq.heappush(self.ahead, (at, account_id))

    def next_at(self) -> datetime | None:
        while self.ahead and self.due.get(self.ahead[0][1]) != self.ahead[0][0]:
            heapq.heappop(self.ahead)
        return None if "clock" in self.held or not self.ahead else self.ahead[0][0]

    def due_at(self, at: datetime) -> list[int]:
        """Return the accounts that are due, in order."""
        found = set()
        while self.ahead and self.ahead[0][0] <= at:
            due_at, account = heapq.heappop(self.ahead)
            if self.due.get(account) == due_at:
                found.add(account)
        return sorted(found)

    def soon_at(self) -> datetime | None:
        return None

    def happen(self, found: Happening) -> bool:
        """Keep what happened, as whoever records facts does, and make the account due; return whether it was taken."""
        if found.lead_id == HOUSE:
            # In memory the machine's clock is looked at by nobody but this: while it is wrong, nothing goes on.
            {"hold": self.held.add, "lift": self.held.discard}.get(found.kind, str)("person")
            {"clock_wrong": self.held.add, "clock_right": self.held.discard}.get(found.kind, str)("clock")
            return True
        is_taken = True
        person = self.of_lead[found.lead_id].people[found.lead_id]
        kept, about = self.accounts[person.account_id], found.about
        owner = {"lead_id": found.lead_id, "account_id": person.account_id}
        if found.kind == "event":
            self.events.add(
                {
                    "lead_id": found.lead_id, "shape_id": self.shape(about), "occurred_at": found.at,
                    "p_human": 0.0 if about.get("is_machine") else 1.0,
                }
            )  # fmt: skip
        elif found.kind in SUPPRESSED:
            self.suppress(found.lead_id, SUPPRESSED[found.kind])
        elif found.kind == "left_company":
            self.leads.change(found.lead_id, left_company=True)
        elif found.kind == "withdrew":
            if person.basis:
                self.consents.change(found.lead_id, withdrawn_at=found.at)
        elif found.kind == "paused":
            kept.overrides.append(
                owner | {"is_paused": True, "reason": "asked", "set_at": found.at, "until": about["until"]}
            )
        elif found.kind == "verdict":
            is_taken = self.answer(kept, found)
        elif found.kind == "deal_opened":
            kept.opportunities.append(owner | {"state": "OPEN", "opened_at": found.at})
        elif found.kind == "deal_closed":
            kept.opportunities[-1] |= {"state": about["state"], "closed_at": found.at}
        self.make_due(person.account_id, min(found.at, self.due.get(person.account_id, found.at)))
        return is_taken

    def suppress(self, lead_id: int, reason: str) -> None:
        self.leads.change(lead_id, suppressed_by=self.leads.rows[lead_id].get("suppressed_by") or reason)

    def shape(self, about: Row) -> int:
        key = (about["kind"], about.get("path", ""), about.get("form", ""), about.get("asset", ""))
        return self.shapes.setdefault(key, len(self.shapes) + 1)

    def answer(self, kept: Kept, found: Happening) -> bool:
        last = [each for each in kept.handoffs if each["lead_id"] == found.lead_id][-1]
        if last["state"] not in ("OPEN", "LAPSED"):
            return False
        last |= {
            "state": "ANSWERED", "verdict": found.about["answer"], "verdict_at": found.at, "verdict_reason": "said so",
            "verdict_until": found.about["until"],
        }  # fmt: skip
        return True

    def run(self, at: datetime) -> None:
        """Decide about every account that is due, and do what was decided."""
        if "clock" in self.held or not (wanted := self.due_at(at)):
            return
        self.cycles += 1
        result = decide(self.facts(wanted), surroundings=self.surroundings(at), as_of=at)
        if self.held:
            result = hold_back(result, why="held by a person", until=at + STOPPED_FOR)
        self.check_books(result)
        for account in wanted:
            del self.due[account]
        for account, due_at in result.due.iter_rows():
            self.make_due(account, max(due_at, at + MOMENT))
        self.keep(result, at)

    def facts(self, wanted: list[int]) -> Facts:
        kept = [self.accounts[each] for each in wanted]
        leads = [lead for each in kept for lead in each.leads]
        if len(self.shapes) > self.shape_frame.height:
            self.shape_frame = frame(
                [
                    dict(zip(("kind", "path", "form", "asset"), key, strict=True))
                    | {"shape_id": number, "topic": "", "campaign": ""}
                    for key, number in self.shapes.items()
                ],
                SHAPES,
            )
        return Facts(
            accounts=self.companies.of(wanted),
            leads=self.leads.of(leads),
            events=self.events.of(leads),
            shapes=self.shape_frame,
            touches=self.touches.of(leads),
            enrollments=self.enrollments.of(leads),
            handoffs=frame([row for each in kept for row in each.handoffs], HANDOFFS),
            consents=self.consents.of(leads),
            overrides=frame([row for each in kept for row in each.overrides], OVERRIDES),
            opportunities=frame([row for each in kept for row in each.opportunities], OPPORTUNITIES),
        )

    def surroundings(self, at: datetime) -> Surroundings:
        kept = [each for each in self.load if each[2]["opened_at"] > at - LOAD_KEPT]
        if len(kept) < len(self.load) or len(kept) != self.load_frame.height:
            self.load = kept
            self.load_frame = frame([row for _, _, row in kept], SALES_LOAD)
        return Surroundings(
            holidays=holidays_of(at.year), sales_load=self.load_frame, reps=REPS, wave_room=50
        )

    def keep(self, result: CycleResult, at: datetime) -> None:
        """Keep decisions in plain rows, and hand over what is to be handed over."""
        for lead, status in result.assessed.select("lead_id", "status").iter_rows():
            old = self.leads.rows[lead].get("status")
            if old != status:
                self.of_lead[lead].note(at, "status", lead, old=old, new=status)
                self.leads.change(lead, status=status, status_since=at)
        self.enrollments.grow(result.enrollments)
        for row in result.ended_handoffs.iter_rows(named=True):
            for handoff in self.accounts[row["account_id"]].handoffs:
                if handoff["lead_id"] == row["lead_id"] and handoff["state"] == "OPEN":
                    handoff["state"] = row["state"]
        for row in result.handoffs.iter_rows(named=True):
            handoffs = self.accounts[row["account_id"]].handoffs
            handoffs.append({**{k: row.get(k) for k in HANDOFFS}, "state": "OPEN"})
            insort(self.load, (row["account_id"], len(handoffs), {**row, "team": "sales"}))
            self.of_lead[row["lead_id"]].handed(
                row["lead_id"], at=at, deadline_at=row["deadline_at"], is_hand_raise=row["is_hand_raise"]
            )
        for row in result.plans.filter("is_touch").iter_rows(named=True):
            self.hand_over(row, at)

    def hand_over(self, row: Row, at: datetime) -> None:
        """Hand over a touch; what came of it is what the outbox would record."""
        world, lead_id = self.of_lead[row["lead_id"]], row["lead_id"]
        answer = world.answer_of(lead_id)
        world.seen[f"answer_{answer}"] += 1
        self.make_due(row["account_id"], at + MOMENT)
        if answer == "later":
            return
        state = {"accepted": "SENT", "cut": "UNCERTAIN", "refused": "FAILED"}[answer]
        self.touches.add({**{name: row.get(name) for name in TOUCHES}, "state": state, "at": at})
        if answer == "refused":
            self.suppress(lead_id, "hard_bounce")
            world.note(at, "bounced", lead_id)
        else:
            world.mailed(lead_id, content=row["content_key"], at=at)

    def check_books(self, result: CycleResult) -> None:
        """Look whether every lead in nurture has one row, a touch or a hold with its reason."""
        in_nurture = set(result.assessed.filter(pl.col("status").is_in(["NURTURE", "RE_ENGAGED"]))["lead_id"])
        planned = result.plans["lead_id"].to_list()
        if sorted(planned) != sorted(in_nurture):
            self.books.append(f"{result.as_of}: {sorted(in_nurture ^ set(planned))[:5]}")
        if result.plans.filter(pl.col("reason").is_null()).height:
            self.books.append(f"{result.as_of}: a plan without a reason")


def decide(facts: Facts, *, surroundings: Surroundings, as_of: datetime) -> CycleResult:
    return cycle.run(facts, surroundings=surroundings, playbook=playbook(), as_of=as_of)


#: As it is, for whoever changes ``decide``.
ENGINE = decide
#: What becomes of touches while sending is held; for whoever changes it.
hold_back = planned.held_back


def frame(rows: list[Row], contract: dict[str, Any]) -> pl.DataFrame:
    if not rows:
        return empty(contract)
    told = set().union(*rows)
    return pl.DataFrame(
        [
            column(rows, name, dtype)
            if name in told
            else pl.repeat(None, len(rows), dtype=dtype, eager=True).alias(name)
            for name, dtype in contract.items()
        ]
    )


def column(rows: list[Row], name: str, dtype: Any) -> pl.Series:
    """Return the values of one name; instants as whole microseconds, which take a tenth of the time."""
    values = [row.get(name) for row in rows]
    if dtype != INSTANT:
        return pl.Series(name, values, dtype=dtype)
    micros = [None if value is None else microseconds(value) for value in values]
    return pl.Series(name, micros, dtype=pl.Int64).cast(INSTANT)


@cache
def holidays_of(year: int) -> pl.DataFrame:
    import holidays

    rows = [
        {"country": country, "day": day}
        for country in ("PL", "DE")
        for day in sorted(holidays.country_holidays(country, years=range(year - 1, year + 3)))
    ]
    return frame(rows, HOLIDAYS)
