"""
Facts for plans, and life under a playbook: cycle after cycle at the instants that each one named.

A life is an in-memory simulation: touches are taken to be handed over at once, and nothing happens but what a test says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from coldframe.kernel import cycle
from coldframe.kernel.cycle import CycleResult
from coldframe.kernel.frames import (
    ACCOUNTS,
    CONSENTS,
    ENROLLMENTS,
    HANDOFFS,
    LEADS,
    OPPORTUNITIES,
    OVERRIDES,
    TOUCHES,
    Facts,
    Surroundings,
)
from coldframe.kernel.playbook.model import Playbook
from coldframe.kernel.vocabulary import TouchState
from tests.kernel import cast
from tests.kernel.cast import Deed

#: A Monday, before anybody's first working hour in Warsaw.
MONDAY = datetime(2026, 6, 1, 5, 0, tzinfo=UTC)
NOBODY_OUT = "experiment: {holdout: 0%}"
WARSAW = """
calendar:
  working_hours: Mon-Fri 08:30-17:30
  time_zone: {from: [lead.time_zone, account.country], otherwise: Europe/Warsaw}
"""
ASSETS = """
assets:
  - {key: why, title: Why leads stall, kind: problem_explainer, stage: problem_awareness, answers: "What is causing this issue?", url: https://example.com/why}
  - {key: check, title: Ten signs, kind: diagnostic_checklist, stage: problem_awareness, answers: "What is causing this issue?", url: https://example.com/check}
  - {key: guide, title: A guide, kind: educational_guide, stage: research, answers: "What options exist?", url: https://example.com/guide}
  - {key: versus, title: Build or buy, kind: trade_off_table, stage: comparison, answers: "Which approach is better?", url: https://example.com/versus}
  - {key: steps, title: Step by step, kind: process_breakdown, stage: evaluation, answers: "What would implementation involve?", url: https://example.com/steps}
  - {key: board, title: For your board, kind: stakeholder_summary, stage: internal_alignment, answers: "How do I explain this internally?", url: https://example.com/board}
  - {key: still, title: What is new, kind: updated_problem_framing, stage: re_engagement, answers: "Is this still relevant?", url: https://example.com/still}
"""
PATHS = """
paths:
  - {name: wake-up, for: {all: [{field: stage, is: re_engagement}]}, pool: {stages: [re_engagement]}, cadence: {between: 14 to 28 days, floor: 90 days}, at_most: "3 touches in 8 weeks, then 1 a quarter"}
  - {name: educate, for: {all: [{field: fit.level, in: [A, B]}]}, pool: {stages: all}, cadence: {between: 7 to 14 days, floor: 30 days}}
  - {name: get-to-know, for: {all: []}, pool: {stages: all}}
"""


def nurturing(**sections: str) -> Playbook:
    """Return the small playbook with seven assets, three paths, Warsaw's working hours, and nobody held out."""
    usual = {
        "calendar": WARSAW,
        "assets": ASSETS,
        "paths": PATHS,
        "experiment": NOBODY_OUT,
        "disqualify": "disqualify: []",
    }
    return cast.playbook(**{**usual, **sections})


def rows(contract: dict[str, Any], *found: dict[str, Any]) -> pl.DataFrame:
    return cast.frame(list(found), contract)


def lead(lead_id: int, account_id: int | None = None, **about: Any) -> dict[str, Any]:
    """A lead at a company of its own, mailable, that entered at noon of the day before."""
    usual = {
        "lead_id": lead_id, "account_id": account_id or lead_id, "email_kind": "BUSINESS", "has_address": True,
        "role": "CHAMPION", "country": "PL", "entered_at": MONDAY - timedelta(days=1),
    }  # fmt: skip
    return {**usual, **about}


def touch(lead_id: int, content_key: str, at: datetime, **about: Any) -> dict[str, Any]:
    usual = {
        "lead_id": lead_id, "account_id": lead_id, "content_key": content_key, "channel": "EMAIL", "state": "SENT",
        "at": at, "path": "educate", "lap": 1,
    }  # fmt: skip
    return {**usual, **about}


def known(
    *leads: dict[str, Any],
    deeds: tuple[Deed, ...] = (),
    accounts: dict[int, dict[str, Any]] | None = None,
    consents: tuple[dict[str, Any], ...] | None = None,
    **others: tuple[dict[str, Any], ...],
) -> Facts:
    """Return facts of some leads; every one has given its consent, and its company is a software company of 120."""
    ids = list(dict.fromkeys(each["account_id"] for each in leads))
    company = {"industry": "software", "employees": 120, "country": "PL"}
    events, shapes = cast.told(deeds)
    given = [consent(each["lead_id"], each["account_id"]) for each in leads] if consents is None else consents
    contracts = {
        "touches": TOUCHES, "enrollments": ENROLLMENTS, "handoffs": HANDOFFS, "overrides": OVERRIDES,
        "opportunities": OPPORTUNITIES,
    }  # fmt: skip
    return Facts(
        leads=rows(LEADS, *leads),
        accounts=rows(ACCOUNTS, *({"account_id": i, **company, **(accounts or {}).get(i, {})} for i in ids)),
        events=events,
        shapes=shapes,
        consents=rows(CONSENTS, *given),
        **{name: rows(contract, *others.get(name, ())) for name, contract in contracts.items()},
    )


def consent(lead_id: int, account_id: int, **about: Any) -> dict[str, Any]:
    usual = {"basis": "CONSENT", "given_at": MONDAY - timedelta(days=30), "is_confirmed": True}
    return {"lead_id": lead_id, "account_id": account_id, **usual, **about}


def deed(lead_id: int, kind: str, at: datetime, **about: str) -> Deed:
    return Deed(lead_id, kind, at, 1.0, tuple(sorted(about.items())))


def ran(facts: Facts, at: datetime = MONDAY, *, by: Playbook | None = None, **about: Any) -> CycleResult:
    return cycle.run(facts, surroundings=Surroundings(**about), playbook=by or nurturing(), as_of=at)


def plans(result: CycleResult) -> dict[int, dict[str, Any]]:
    """Return the plan of each candidate, by lead."""
    return {row["lead_id"]: row for row in result.plans.to_dicts()}


def statuses(result: CycleResult) -> dict[int, tuple[str, str]]:
    return {row["lead_id"]: (row["status"], row["status_reason"]) for row in result.assessed.to_dicts()}


@dataclass
class Life:
    """Cycle after cycle, each at the instant that the last one named."""

    facts: Facts
    playbook: Playbook = field(default_factory=nurturing)
    at: datetime = MONDAY
    surroundings: Surroundings = field(default_factory=Surroundings)
    #: What happens, by instant: changes the facts when its time comes.
    happens: list[tuple[datetime, Callable[[Facts], Facts]]] = field(default_factory=list)
    results: list[CycleResult] = field(default_factory=list)
    #: What was known after each of them.
    stood: list[Facts] = field(default_factory=list)
    due: dict[int, datetime] = field(default_factory=dict)

    def step(self) -> CycleResult:
        """Run a cycle over everybody, and take what it planned as sent."""
        load = self.facts.handoffs.select(
            pl.lit("sales").alias("team"), "owner", "opened_at", "is_hand_raise"
        )
        surroundings = replace(self.surroundings, sales_load=load)
        result = cycle.run(self.facts, surroundings=surroundings, playbook=self.playbook, as_of=self.at)
        self.facts = cycle.next_state(self.facts, result, touched=TouchState.SENT)
        self.results.append(result)
        self.stood.append(self.facts)
        self.due = dict(result.due.iter_rows())
        return result

    def until(self, end: datetime, *, most: int = 2_000) -> Iterator[CycleResult]:
        """Yield the cycles up to an instant."""
        for _ in range(most):
            for at, change in [each for each in self.happens if each[0] <= self.at]:
                self.facts = change(self.facts)
                self.happens.remove((at, change))
            yield self.step()
            ahead = [*self.due.values(), *(at for at, _ in self.happens)]
            if not ahead or min(ahead) > end:
                return
            self.at = max(min(ahead), self.at + timedelta(microseconds=1))
        raise AssertionError("too many cycles: something is due again and again")

    def live(self, end: datetime) -> Life:
        for _ in self.until(end):
            pass
        return self

    def as_it_stood(self, at: datetime) -> Life:
        """Return a life that begins where this one stood after its last cycle up to an instant; nothing happens in it."""
        last = max(number for number, each in enumerate(self.results) if each.as_of <= at)
        result = self.results[last]
        return Life(self.stood[last], self.playbook, result.as_of, self.surroundings, results=[result])

    @property
    def touches(self) -> list[dict[str, Any]]:
        return self.facts.touches.sort("at", "lead_id").to_dicts()
