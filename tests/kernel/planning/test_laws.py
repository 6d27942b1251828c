"""The laws of planning, over months of random lives: what was sent is held against rules written down apart."""

from __future__ import annotations

import itertools
import os
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coldframe.kernel import cycle, lifecycle
from coldframe.kernel.cycle import CycleResult
from coldframe.kernel.frames import HOLIDAYS, Facts, Surroundings
from coldframe.kernel.planning import holdout
from coldframe.kernel.vocabulary import LeadStatus
from tests.kernel.cast import Deed
from tests.kernel.planning.life import MONDAY, Life, known, lead, nurturing

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
END = MONDAY + 90 * DAY
ZONES = ("Europe/Warsaw", "America/Santiago", "Australia/Lord_Howe", "Asia/Kolkata", "America/St_Johns")
DEEDS = (
    ("page", {"path": "/pricing"}), ("page", {"path": "/k3"}), ("asset_downloaded", {"asset": "k1"}),
    ("webinar_attended", {}), ("form_submitted", {"form": "demo"}), ("page", {"path": "/x"}),
)  # fmt: skip
SALES = """
sales:
  capacity: {per_rep: 1 a week, team: 1 a week}
  owner: {by: [round_robin]}
  verdicts:
    not_now: {back_to: nurture, wait_until: given date, path: educate}
    needs_education: {back_to: nurture, wait: 20 days, path: educate}
"""
ANSWERS = (None, "ACCEPTED", "NOT_NOW", "NEEDS_EDUCATION", "WRONG_PERSON", "NOT_A_FIT")
#: Quick paths, short hours and many contents, so that ceilings, limits and colleagues bind.
PATHS = """
paths:
  - {name: wake-up, for: {all: [{field: stage, is: re_engagement}]}, pool: {stages: [re_engagement]}, cadence: {between: 2 to 3 days, floor: 90 days}, at_most: "3 touches in 8 weeks, then 1 a quarter"}
  - {name: educate, for: {all: [{field: fit.level, in: [A, B]}]}, pool: {stages: all}, cadence: {between: 1 to 5 days, floor: 12 days}}
  - {name: get-to-know, for: {all: []}, pool: {stages: all}, cadence: {between: 2 to 6 days, floor: 15 days}}
"""
STAGES = ("problem_awareness", "research", "comparison", "evaluation", "re_engagement")
ASSETS = "\n".join(
    f"  - {{key: k{n}, title: T, kind: faq, stage: {STAGES[n % 5]}, answers: Q{n % 7}, url: https://example.com/k{n}}}"
    for n in range(40)
)
CALENDAR = """
calendar:
  working_hours: Mon-Fri 09:00-11:30
  time_zone: {from: [lead.time_zone, account.country], otherwise: Europe/Warsaw}
"""
PLAYBOOK = nurturing(sales=SALES, paths=PATHS, assets=f"assets:\n{ASSETS}", calendar=CALENDAR)
#: What only a fact ends.
WITHOUT_A_DATE = {"SALES_ACTIVE", "HOLDOUT", "NO_CONSENT", "SUPPRESSED", "NO_ADDRESS", "WAVE"}


#: The lives that are looked at; whoever explores looks at others. Months of a life take seconds, so each is lived once.
SEEDS = (0, 1, 2, 11)
ANY_LIFE = st.integers(0, 10_000) if os.environ.get("COLDFRAME_EXPLORE") == "yes" else st.sampled_from(SEEDS)


def world(seed: int) -> Life:
    """A few companies with a few people each, who do things at random; sales answers at random, or not at all."""
    chance = random.Random(seed)
    count = chance.randint(2, 8)
    leads = [
        lead(
            n, chance.randint(1, 2), time_zone=chance.choice(ZONES), role=chance.choice(["CHAMPION", "USER", None]),
            entered_at=MONDAY - chance.randint(1, 200) * DAY,
        )
        for n in range(1, count + 1)
    ]  # fmt: skip
    deeds = tuple(deeds_of(chance, count))
    life = Life(
        known(*leads, deeds=deeds),
        PLAYBOOK,
        surroundings=Surroundings(reps=(("sales", "kim"), ("sales", "lee")), wave_room=2),
    )
    life.happens = [(each.at, lambda facts: facts) for each in deeds if each.at > MONDAY]
    life.answers = chance  # type: ignore[attr-defined]
    return life


def deeds_of(chance: random.Random, count: int) -> Iterator[Deed]:
    """Bursts: somebody does a few things within some days."""
    for _ in range(chance.randint(0, 6)):
        lead_id, begins = chance.randint(1, count), MONDAY + chance.uniform(-60, 80) * DAY
        for kind, about in chance.choices(DEEDS, k=chance.randint(1, 5)):
            at = begins + chance.uniform(0, 4) * DAY
            yield Deed(lead_id, kind, at, chance.choice([1.0, 1.0, 0.3, 0.0]), tuple(sorted(about.items())))


@lru_cache
def lived(seed: int) -> Life:
    """Live through the months; sales answers what was opened, a few hours later."""
    life = world(seed)
    chance: random.Random = life.answers  # type: ignore[attr-defined]
    for result in life.until(END):
        for row in result.handoffs.iter_rows(named=True):
            word, at = chance.choice(ANSWERS), result.as_of + chance.uniform(1, 20) * HOUR
            if word:
                life.happens.append((at, answer(row["lead_id"], word, at)))
    return life


def known_after_weeks(seed: int) -> tuple[Facts, datetime]:
    """Return what is known after some weeks of a life, and when that is."""
    life = lived(seed).as_it_stood(MONDAY + 40 * DAY)
    return life.facts, life.at


def answer(lead_id: int, word: str, at: datetime) -> Any:
    def change(facts: Facts) -> Facts:
        mine = (pl.col("lead_id") == lead_id) & (pl.col("state") == "OPEN")
        until = at + 30 * DAY if word == "NOT_NOW" else None
        values = {
            "state": "ANSWERED",
            "verdict": word,
            "verdict_reason": "r",
            "verdict_at": at,
            "verdict_until": until,
        }
        dtypes = facts.handoffs.schema
        return replace(facts, handoffs=facts.handoffs.with_columns(
            pl.when(mine).then(pl.lit(value, dtype=dtypes[name])).otherwise(name).alias(name) for name, value in values.items()
        ))  # fmt: skip

    return change


def broken(life: Life) -> list[str]:
    """Every law that a life broke."""
    return [
        *rates(life),
        *hours(life),
        *holds(life),
        *floor(life),
        *machine(life),
        *room(life),
        *silence(life),
        *re_engaging(life),
    ]


def rates(life: Life) -> list[str]:
    by_lead, by_account, wrong = defaultdict(list), defaultdict(list), []
    for each in life.touches:
        by_lead[each["lead_id"]].append(each)
        by_account[each["account_id"]].append(each["at"])
    for mine in by_lead.values():
        ats, keys = [each["at"] for each in mine], [each["content_key"] for each in mine]
        wrong += ["content twice"] if len(keys) != len(set(keys)) else []
        wrong += ["1 in 5 days"] if any(b - a < 5 * DAY for a, b in itertools.pairwise(ats)) else []
        wrong += ["5 in 30 days"] if any(b - a < 30 * DAY for a, b in zip(ats, ats[5:], strict=False)) else []
        woken = [each["at"] for each in mine if each["path"] == "wake-up"]
        wrong += (
            ["3 in 8 weeks"] if any(b - a < 56 * DAY for a, b in zip(woken, woken[3:], strict=False)) else []
        )
    wrong += ["colleagues"] * sum(
        b - a < DAY for ats in by_account.values() for a, b in itertools.pairwise(ats)
    )
    return wrong


def hours(life: Life) -> list[str]:
    zones = dict(life.facts.leads.select("lead_id", "time_zone").iter_rows())
    walls = [each["at"].astimezone(ZoneInfo(zones[each["lead_id"]])) for each in life.touches]
    return [
        f"hours {wall}"
        for wall in walls
        if wall.weekday() > 4 or not (9, 0) <= (wall.hour, wall.minute) < (11, 30)
    ]


def holds(life: Life) -> list[str]:
    wrong = []
    for result in life.results:
        nurtured = set(result.assessed.filter(pl.col("status").is_in(["NURTURE", "RE_ENGAGED"]))["lead_id"])
        wrong += [] if set(result.plans["lead_id"]) == nurtured else ["somebody is neither touched nor held"]
        for row in result.plans.iter_rows(named=True):
            dated = row["until"] is not None and row["until"] > result.as_of
            wrong += (
                []
                if row["is_touch"] or dated or row["reason"] in WITHOUT_A_DATE
                else [f"dropped {row['reason']}"]
            )
            wrong += [] if row["reason"] and (row["is_touch"] or row["detail"]) else ["no reason"]
    return wrong


def floor(life: Life) -> list[str]:
    """Nobody waits beyond the floor unless a hold that reached beyond it was named before."""
    excused: dict[int, set[datetime]] = defaultdict(set)
    wrong = []
    for result in life.results:
        for row in result.plans.iter_rows(named=True):
            if row["floor_excuse"]:
                excused[row["lead_id"]].add(row["floor_at"])
            late = result.as_of > row["floor_at"] + timedelta(minutes=1)
            if late and row["floor_at"] not in excused[row["lead_id"]]:
                wrong.append(f"floor {row['lead_id']} {result.as_of}")
    return wrong


def machine(life: Life) -> list[str]:
    stood: dict[int, str] = {}
    wrong = []
    for result in life.results:
        opened = set(result.handoffs["lead_id"])
        for row in result.assessed.iter_rows(named=True):
            before, after = stood.get(row["lead_id"], "NEW"), row["status"]
            wrong += (
                []
                if lifecycle.may_follow(LeadStatus(before), LeadStatus(after))
                else [f"{before} to {after}"]
            )
            entered = after == "SALES_REVIEW" and before != after
            wrong += [] if entered == (row["lead_id"] in opened) else ["handoff and review differ"]
            wrong += [] if row["status_reason"] else ["no reason"]
            dated = row["leaves_at"] is not None and row["leaves_at"] > result.as_of
            wrong += [] if dated or after == "DISQUALIFIED" else [f"{after} without a way out"]
            stood[row["lead_id"]] = after
        wrong += [] if (result.due["due_at"] > result.as_of).all() else ["due in the past"]
    return wrong


def room(life: Life) -> list[str]:
    """Whoever does not raise a hand is given room only where nobody was given any within a week."""
    found = life.facts.handoffs.sort("opened_at").to_dicts()
    return [
        "capacity"
        for each in found
        if not each["is_hand_raise"]
        for other in found
        if other is not each and each["opened_at"] - 7 * DAY < other["opened_at"] <= each["opened_at"]
    ]


def silence(life: Life) -> list[str]:
    wrong = []
    for result in life.results:
        at_work = set(
            result.assessed.filter(pl.col("status").is_in(["SALES_REVIEW", "SALES_ACCEPTED"]))["account_id"]
        )
        touched = set(result.plans.filter("is_touch")["account_id"])
        wrong += ["sales was at work"] if at_work & touched else []
    return wrong


def re_engaging(life: Life) -> list[str]:
    """Nobody re-engages but by something done since nurture began, whatever time or another look brings."""
    stood: dict[int, tuple[str, datetime]] = {}
    wrong = []
    for result in life.results:
        for lead_id, after in result.assessed.select("lead_id", "status").iter_rows():
            before, since = stood.get(lead_id, ("NEW", result.as_of))
            if (before, after) == ("NURTURE", "RE_ENGAGED"):
                done = (pl.col("lead_id") == lead_id) & (pl.col("p_human") > 0)
                now = pl.col("occurred_at").is_between(since, result.as_of, closed="right")
                wrong += (
                    [] if life.facts.events.filter(done, now).height else [f"{lead_id} re-engaged by nothing"]
                )
            if before != after:
                stood[lead_id] = (after, result.as_of)
    return wrong


@settings(max_examples=4, deadline=None)
@given(ANY_LIFE, st.integers(0, 90))
def test_another_look_at_the_same_instant_moves_nobody(seed: int, days: int) -> None:
    life = lived(seed).as_it_stood(MONDAY + days * DAY)
    before = life.results[-1].assessed.select("lead_id", "status")

    again = life.step()

    assert again.assessed.select("lead_id", "status").equals(before)
    assert again.handoffs.is_empty()


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ANY_LIFE)
def test_no_law_is_broken_in_months_of_anybodys_life(seed: int) -> None:
    assert broken(lived(seed)) == []


def test_the_lives_looked_at_are_not_empty() -> None:
    lives = [lived(seed) for seed in SEEDS]
    reasons = {reason for life in lives for result in life.results for reason in result.plans["reason"]}
    states = {state for life in lives for result in life.results for state in result.assessed["status"]}

    assert [broken(life) for life in lives] == [[], [], [], []]
    assert sum(len(life.touches) for life in lives) > 100
    assert {"CEILING", "PATH_LIMIT", "COLLEAGUE", "QUIET_HOURS", "SALES_ACTIVE", "PAUSED"} <= reasons
    assert {"NURTURE", "SALES_REVIEW", "RE_ENGAGED"} <= states


def decided(result: CycleResult) -> list[list[dict[str, Any]]]:
    return [
        getattr(result, name).to_dicts()
        for name in ("assessed", "plans", "enrollments", "handoffs", "ended_handoffs", "due")
    ]


def shuffled(facts: Facts, seed: int) -> Facts:
    return replace(
        facts,
        **{
            name: getattr(facts, name).sample(fraction=1.0, shuffle=True, seed=seed)
            for name in facts.__dataclass_fields__
        },
    )


ROOMY = Surroundings(holidays=pl.DataFrame(schema=HOLIDAYS))


def decide(facts: Facts, at: datetime) -> CycleResult:
    return cycle.run(facts, surroundings=ROOMY, playbook=PLAYBOOK, as_of=at)


@settings(max_examples=4, deadline=None)
@given(ANY_LIFE, st.integers(0, 140))
def test_the_order_of_rows_carries_no_meaning(seed: int, days: int) -> None:
    facts, now = known_after_weeks(seed)
    at = now + days * HOUR

    assert decided(decide(shuffled(facts, seed), at)) == decided(decide(facts, at))


@settings(max_examples=4, deadline=None)
@given(ANY_LIFE)
def test_an_account_is_decided_alone_as_among_others(seed: int) -> None:
    facts, now = known_after_weeks(seed)
    at = now + HOUR
    ids = facts.accounts["account_id"].to_list()
    whole = decided(decide(facts, at))
    parts = [decided(decide(of_account(facts, account_id), at)) for account_id in ids]

    for position, rows in enumerate(whole[:5]):
        # Room at sales is shared; the seeds here leave enough of it.
        assert sorted(rows, key=str) == sorted((row for part in parts for row in part[position]), key=str)


def of_account(facts: Facts, account_id: int) -> Facts:
    mine = pl.col("account_id") == account_id
    leads = facts.leads.filter(mine)
    by_account = ("accounts", "opportunities", "touches", "enrollments", "handoffs", "consents", "overrides")
    return replace(
        facts,
        leads=leads,
        events=facts.events.filter(pl.col("lead_id").is_in(leads["lead_id"].implode())),
        **{name: getattr(facts, name).filter(mine) for name in by_account},
    )


def test_the_holdout_is_about_its_share_and_a_greater_share_keeps_a_smaller_one() -> None:
    accounts = pl.DataFrame({"account_id": range(20_000)})
    tenth, fifth = (
        accounts.select(
            holdout.is_held_out(playbook=nurturing(experiment=f"experiment: {{holdout: {share}%}}"))
        ).to_series()
        for share in (10, 20)
    )

    assert abs(tenth.mean() - 0.10) < 0.01
    assert abs(fifth.mean() - 0.20) < 0.01
    assert (fifth | ~tenth).all()
    assert tenth.head(12).to_list() == [False] * 12 or tenth.head(60).any()
