"""
The standing cast (see ``tests.world``) as facts for the kernel, and a small playbook to judge them by.

A scene is the cast, changed where a test says so, and what they did:

>>> frames = scene(did(ANNA, "page", path="/pricing", days_ago=3), anna={"role": None})
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

import polars as pl

from coldframe.kernel.assessment.assess import assess
from coldframe.kernel.frames import ACCOUNTS, EVENTS, LEADS, OPPORTUNITIES, SHAPES, Facts, empty
from coldframe.kernel.playbook import parsing
from coldframe.kernel.playbook.model import Playbook

#: The instant the tests call now: a Monday.
NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
ANNA, JONAS, MARTA, TOM, OLA, ZED = range(1, 7)
BRIGHTPATH, NORDLICHT, PORTO_CLOUD, HALDEN, NOBODYS = range(1, 6)
LONG_AGO = 20

ACCOUNT_ROWS: dict[str, dict[str, Any]] = {
    "brightpath": {"account_id": BRIGHTPATH, "name": "Brightpath", "domain": "brightpath.example", "industry": "software", "employees": 120, "country": "PL"},
    "nordlicht": {"account_id": NORDLICHT, "name": "Nordlicht", "domain": "nordlicht.example", "industry": "it services", "employees": 300, "country": "DE"},
    "porto_cloud": {"account_id": PORTO_CLOUD, "name": "Porto Cloud", "domain": "portocloud.example", "industry": "software", "employees": 60, "country": "PT"},
    "halden": {"account_id": HALDEN, "name": "Halden", "domain": "halden.example", "industry": "manufacturing", "employees": 5, "country": "US"},
    "nobodys": {"account_id": NOBODYS},
}  # fmt: skip
LEAD_ROWS: dict[str, dict[str, Any]] = {
    "anna": {"lead_id": ANNA, "account_id": BRIGHTPATH, "job_title": "Head of Marketing", "department": "marketing", "role": "CHAMPION", "country": "PL", "email_kind": "BUSINESS"},
    "jonas": {"lead_id": JONAS, "account_id": NORDLICHT, "job_title": "CTO", "department": "it", "role": "TECHNICAL_EVALUATOR", "country": "DE", "email_kind": "BUSINESS"},
    "marta": {"lead_id": MARTA, "account_id": PORTO_CLOUD, "job_title": "RevOps lead", "department": "operations", "role": "CHAMPION", "country": "PT", "email_kind": "BUSINESS"},
    "tom": {"lead_id": TOM, "account_id": HALDEN, "job_title": "VP Sales", "department": "sales", "role": "ECONOMIC_BUYER", "country": "US", "email_kind": "BUSINESS"},
    "ola": {"lead_id": OLA, "account_id": BRIGHTPATH, "job_title": "Analyst", "department": "marketing", "role": "USER", "country": "PL", "email_kind": "BUSINESS"},
    "zed": {"lead_id": ZED, "account_id": NOBODYS},
}  # fmt: skip

#: For a test with segments of its own.
ONE_PATH = "paths: [{name: get-to-know, for: {all: []}, pool: {stages: all}}]"
#: A playbook small enough to reckon with by hand. Tests replace whole sections of it.
SECTIONS: dict[str, str] = {
    "cycle": "cycle: 12 months",
    "offers": "offers: {migration: {complexity: high, cycle: 18 months}}",
    "lists": "lists: {competitors: [rival.example], served_countries: [PL, DE, US]}",
    "fit": """
fit:
  levels: {A: 80, B: 60, C: 40}
  poor_below: C
  rules:
    - {name: Industry, when: {field: account.industry, in: [software, it services]}, points: 40}
    - {name: Size, when: {field: account.employees, between: [50, 1000]}, points: 30}
    - {name: Role, when: {field: lead.role, in: [champion, economic_buyer]}, points: 30}
    - {name: Free mail, when: {field: lead.email_kind, is: free}, points: -20}
""",
    "disqualify": """
disqualify:
  - {reason: competitor, when: {field: account.domain, in_list: competitors}}
  - {reason: vendor, when: {field: lead.message, mentions: [guest post]}}
  - {reason: outside_market, when: {field: account.country, not_in_list: served_countries}}
  - {reason: poor_fit, when: {field: fit.best_case, below: C}}
""",
    "signals": """
signals:
  pricing_page: {event: page, where: {field: path, starts: /pricing}, points: 20, half_life: 10 days, cap: 50, stage: evaluation, high_intent_page: true}
  guide: {event: asset_downloaded, points: 10, half_life: 50 days, cap: 25, stage: from asset}
  webinar: {event: webinar_attended, points: 25, half_life: 60 days, stage: research}
  demo_request: {event: form_submitted, where: {field: form, is: demo}, hand_raise: true, points: 80, half_life: 90 days, stage: evaluation}
""",
    "intent": """
intent:
  levels: {low: 10, medium: 30, high: 60}
  account: {counts: 50%, surge: {stakeholders: 2, within: 14 days}}
""",
    "stages": """
stages:
  needs: 10 points
  order: [problem_awareness, research, comparison, evaluation, internal_alignment]
  internal_alignment: {when: {field: account.active_stakeholders, at_least: 3, within: 60 days}}
  re_engagement: {when: {field: lead.days_since_meaningful_action, at_least: 90}}
""",
    "timing": """
timing:
  now: {any: [{field: intent.level, is: high}, {field: account.renewal_on, within: 120 days}]}
  later: {date_from: [account.renewal_on - 180 days, answer.budget_on]}
""",
    "completeness": "completeness: {sales_needs: [account.industry, account.employees, lead.role, lead.known_problem]}",
    "segments": """
segments:
  - {name: software, when: {field: account.industry, is: software}}
  - {name: everyone-else, when: {all: []}}
""",
    "assets": """
assets:
  - {key: why, title: Why leads stall, kind: problem_explainer, stage: problem_awareness, answers: "What is causing this issue?", url: https://example.com/why}
  - {key: versus, title: Build or buy, kind: trade_off_table, stage: comparison, answers: "Which approach is better?", url: https://example.com/versus}
""",
    "paths": """
paths:
  - {name: wake-up, for: {all: [{field: stage, is: re_engagement}]}, pool: {stages: all}}
  - {name: software-educate, for: {segments: [software], all: [{field: fit.level, in: [A, B]}]}, pool: {stages: all}}
  - {name: get-to-know, for: {all: []}, pool: {stages: all}}
""",
    "triggers": """
triggers:
  - {name: Ready, when: {all: [{field: fit.level, in: [A, B]}, {field: intent.level, is: high}]}, answer_within: 4 hours}
  - {name: Hand raise, when: {field: signal.hand_raise, within: 2 days}, answer_within: 5 minutes, passes_capacity: true}
  - {name: Came back, when: {all: [{field: status, is: nurture}, {field: signal.high_intent_page, count_at_least: 2, within: 7 days}]}, to: re_engaged}
  - {name: Date reached, when: {field: timing.date, reached: yes}, answer_within: 2 days}
""",
    "exits": """
exits:
  - {reason: sales_qualified, when: {field: status, is: sales_accepted}}
  - {reason: unsubscribed, when: {field: lead.suppressed_by, is: unsubscribe}}
  - {reason: sunset, when: {field: lead.time_since_meaningful_action, at_least: one cycle}, then: look again in 365 days}
""",
}  # fmt: skip


@lru_cache(maxsize=64)
def playbook(**sections: str) -> Playbook:
    """Return the small playbook with some sections replaced."""
    text = "\n".join(["playbook: 1", "name: Small", *({**SECTIONS, **sections}).values()])
    return parsing.parse(text, file="small.yaml")


@dataclass(frozen=True)
class Deed:
    """Something a lead did."""

    lead_id: int
    kind: str
    at: datetime
    p_human: float = 1.0
    about: tuple[tuple[str, str], ...] = field(default=())


def did(lead_id: int, kind: str, *, days_ago: float = 1, p_human: float = 1.0, **about: str) -> Deed:
    return Deed(lead_id, kind, ago(days_ago), p_human, tuple(sorted(about.items())))


def deal(
    account_id: int, state: str, *, opened: float | None = 30, closed: float | None = None
) -> dict[str, Any]:
    """A deal opened and closed so many days ago."""
    return {"account_id": account_id, "state": state, "opened_at": ago(opened), "closed_at": ago(closed)}


def ago(days: float | None) -> datetime | None:
    return None if days is None else NOW - timedelta(days=days)


def ahead(days: int) -> date:
    return (NOW + timedelta(days=days)).date()


def scene(*deeds: Deed, deals: tuple[dict[str, Any], ...] = (), **changes: dict[str, Any]) -> Facts:
    """Return the cast and its deeds; ``changes`` are by the name of a person or company."""
    leads = [{"entered_at": ago(LONG_AGO), **row, **changes.get(name, {})} for name, row in LEAD_ROWS.items()]
    accounts = [{**row, **changes.get(name, {})} for name, row in ACCOUNT_ROWS.items()]
    events, shapes = told(deeds)
    return Facts(
        leads=frame(leads, LEADS),
        accounts=frame(accounts, ACCOUNTS),
        events=events,
        shapes=shapes,
        opportunities=frame(list(deals), OPPORTUNITIES),
    )


def told(deeds: tuple[Deed, ...]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return deeds as events and their shapes, numbered by first mention."""
    if not deeds:
        return empty(EVENTS), empty(SHAPES)
    numbers: dict[tuple[Any, ...], int] = {}
    rows = []
    for each in deeds:
        number = numbers.setdefault((each.kind, each.about), len(numbers) + 1)
        rows.append(
            {"lead_id": each.lead_id, "shape_id": number, "occurred_at": each.at, "p_human": each.p_human}
        )
    texts = dict.fromkeys(SHAPES, "")
    shapes = [{**texts, "shape_id": n, "kind": kind, **dict(about)} for (kind, about), n in numbers.items()]
    return frame(rows, EVENTS), pl.DataFrame(shapes, schema=SHAPES)


def frame(rows: list[dict[str, Any]], contract: dict[str, Any]) -> pl.DataFrame:
    """Return rows under a contract; own fields keep the type that Polars finds."""
    own = [name for name in dict.fromkeys(name for row in rows for name in row) if name not in contract]
    schema = {**contract, **dict.fromkeys(own)}
    return pl.DataFrame(rows, schema=schema) if rows else empty(contract)


def assessed(
    facts: Facts, *, by: Playbook | None = None, as_of: datetime = NOW, detail: bool = False
) -> dict[int, dict[str, Any]]:
    """Return the assessment of everybody in a scene, by lead."""
    rows = assess(facts, playbook=by or playbook(), as_of=as_of, detail=detail).to_dicts()
    return {row["lead_id"]: row for row in rows}
