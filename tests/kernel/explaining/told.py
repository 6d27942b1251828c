"""Facts with what sales and people have said of the leads: handoffs with verdicts, overrides, stays in nurture."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import polars as pl
from hypothesis import strategies as st

from coldframe.kernel.frames import ENROLLMENTS, HANDOFFS, OVERRIDES, SALES_LOAD, Facts, Surroundings
from coldframe.kernel.playbook.model import Playbook
from coldframe.kernel.playbook.units import Duration, Rate
from tests.kernel import cast
from tests.kernel.assessment import strategies

VERDICTS = ("ACCEPTED", "NOT_NOW", "NEEDS_EDUCATION", "WRONG_PERSON", "NOT_A_FIT")
STATUSES = (None, "SALES_REVIEW", "NURTURE", "RE_ENGAGED", "SALES_ACCEPTED", "DISQUALIFIED")
DAY = timedelta(days=1)
#: Sales takes one lead a week, and has taken it.
FULL = Surroundings(
    sales_load=pl.DataFrame(
        [{"team": "sales", "owner": None, "opened_at": cast.ago(0.1), "is_hand_raise": False}],
        schema=SALES_LOAD,
    )
)


def with_capacity(playbook: Playbook, count: int) -> Playbook:
    """Return the playbook with so much room a week for the team and for each of its people."""
    rate = Rate(count, Duration(1, "week"))
    capacity = playbook.sales.capacity.model_copy(update={"team": rate, "per_rep": rate})
    return playbook.model_copy(update={"sales": playbook.sales.model_copy(update={"capacity": capacity})})


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    """The facts of ``tests.kernel.assessment.strategies``, and what sales and people said."""
    found = draw(strategies.facts())
    whose = found.leads.select("lead_id", "account_id").to_dicts()
    handoffs = [each | who for who in whose for each in draw(st.lists(_handoff(), max_size=3))]
    overrides = [each | who for who in whose for each in draw(st.lists(_override(), max_size=1))]
    stays = [each | who for who in whose for each in draw(st.lists(_stay(), max_size=1))]
    return replace(
        found,
        handoffs=cast.frame(handoffs, HANDOFFS),
        overrides=cast.frame(overrides, OVERRIDES),
        enrollments=cast.frame(stays, ENROLLMENTS),
    )


@st.composite
def _handoff(draw: st.DrawFn) -> dict[str, Any]:
    opened = draw(strategies.moments(0, 300))
    verdict = draw(st.none() | st.sampled_from(VERDICTS))
    lasts = draw(st.sampled_from([1, 3, 20]))
    until = draw(st.none() | st.integers(-60, 200))
    state = "ANSWERED" if verdict else draw(st.sampled_from(["OPEN", "OPEN", "LAPSED", "CLOSED"]))
    return {
        "opened_at": cast.ago(opened),
        "deadline_at": cast.ago(opened - lasts),
        "state": state,
        "trigger": "trigger:trigger 0",
        "is_hand_raise": False,
        "verdict": verdict,
        "verdict_reason": draw(st.sampled_from(["budget", "Budget "])) if verdict else None,
        "verdict_at": cast.ago(max(opened - draw(st.sampled_from([0.1, 1, 5])), 0)) if verdict else None,
        "verdict_until": cast.NOW + until * DAY if verdict == "NOT_NOW" and until is not None else None,
    }


def _override() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "status": st.sampled_from([None] * 5 + list(STATUSES)),
            "path": st.none() | st.just("rest"),
            "stage": st.sampled_from([None, None, "EVALUATION", "RE_ENGAGEMENT"]),
            "is_paused": st.booleans(),
            "reason": st.just("we know better"),
            "set_at": strategies.moments(0, 100).map(cast.ago),
            "until": st.integers(-5, 60).map(lambda days: cast.NOW + days * DAY),
        }
    )


def _stay() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "lap": st.integers(1, 3),
            "path": st.just("rest"),
            "state": st.just("ACTIVE"),
            "entered_at": strategies.moments(0, 200).map(cast.ago),
            "lap_began_at": strategies.moments(0, 200).map(cast.ago),
            "ended_at": st.none() | strategies.moments(0, 100).map(cast.ago),
        }
    )
