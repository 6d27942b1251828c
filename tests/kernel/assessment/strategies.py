"""Facts and playbooks that meet: conditions ask for values that the facts have, often enough to hold."""

from __future__ import annotations

from typing import Any

import polars as pl
from hypothesis import strategies as st

from coldframe.kernel.frames import ACCOUNTS, LEADS, OPPORTUNITIES, Facts
from coldframe.kernel.playbook import model
from coldframe.kernel.playbook.conditions import Condition, Leaf, Op, Tree
from coldframe.kernel.playbook.units import Duration
from tests.kernel import cast

EVERYBODY = Tree(kind="all", of=())
SHAPES = (
    {"kind": "page", "path": "/pricing"},
    {"kind": "page", "path": "/blog"},
    {"kind": "asset_downloaded", "asset": "why"},
    {"kind": "asset_downloaded", "asset": "versus"},
    {"kind": "webinar_attended"},
    {"kind": "form_submitted", "form": "demo"},
    {"kind": "answered"},
    {"kind": "email_opened"},
    {"kind": "unsubscribed"},
)


def days(number: int) -> Duration:
    return Duration(number, "day")


#: Leaves over facts that a missing field makes unknown.
FACT_LEAVES = (
    Leaf(field="account.industry", op=Op.IN, value=("software", "retail")),
    Leaf(field="account.industry", op=Op.CONTAINS, value="soft"),
    Leaf(field="account.employees", op=Op.BETWEEN, value=(50, 1000)),
    Leaf(field="account.employees", op=Op.BELOW, value=50),
    Leaf(field="account.renewal_on", op=Op.WITHIN, value=days(120)),
    Leaf(field="account.country", op=Op.NOT_IN_LIST, value="served_countries"),
    Leaf(field="lead.role", op=Op.IN, value=("champion", "economic_buyer")),
    Leaf(field="lead.email_kind", op=Op.IS, value="free"),
    Leaf(field="lead.message", op=Op.MENTIONS, value=("guest post",)),
    Leaf(field="lead.custom.visits", op=Op.AT_LEAST, value=3),
)
KNOWN_LEAVES = (
    Leaf(field="lead.role", op=Op.KNOWN, value=False),
    Leaf(field="lead.role", op=Op.IS, value="unknown"),
    Leaf(field="account.employees", op=Op.KNOWN, value=True),
    Leaf(field="opportunity.state", op=Op.IS, value="lost"),
    Leaf(field="lead.days_since_entry", op=Op.AT_LEAST, value=30),
)
LATER_LEAVES = (
    Leaf(field="fit.level", op=Op.IN, value=("A", "B")),
    Leaf(field="fit.best_case", op=Op.BELOW, value="C"),
    Leaf(field="fit.score", op=Op.AT_LEAST, value=60),
    Leaf(field="intent.level", op=Op.AT_LEAST, value="medium"),
    Leaf(field="intent.account_points", op=Op.ABOVE, value=50),
    Leaf(field="account.surge", op=Op.IS, value=True),
    Leaf(field="account.active_stakeholders", op=Op.AT_LEAST, value=2, within=days(60)),
    Leaf(field="lead.days_since_meaningful_action", op=Op.AT_LEAST, value=90),
    Leaf(field="lead.time_since_meaningful_action", op=Op.AT_LEAST, value=Duration(1, "cycle")),
    Leaf(field="signal.hand_raise", op=Op.WITHIN, value=days(14)),
    Leaf(field="signal.pricing_page", op=Op.COUNT_AT_LEAST, value=2, within=days(7)),
    Leaf(field="signal.guide", op=Op.COUNT_AT_LEAST, value=2),
)
LAST_LEAVES = (
    Leaf(field="stage", op=Op.IN, value=("evaluation", "comparison")),
    Leaf(field="timing.state", op=Op.IS, value="later"),
    Leaf(field="timing.date", op=Op.REACHED, value=True),
    Leaf(field="completeness.missing", op=Op.AT_MOST, value=1),
)


def conditions(*leaves: Leaf) -> st.SearchStrategy[Condition]:
    def trees(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
        parts = st.lists(inner, max_size=3).map(tuple)
        return st.builds(Tree, kind=st.sampled_from(["all", "any", "none"]), of=parts)

    return st.recursive(st.sampled_from(leaves), trees, max_leaves=4)


over_facts = conditions(*FACT_LEAVES)
over_later = conditions(*FACT_LEAVES, *KNOWN_LEAVES, *LATER_LEAVES)
over_all = conditions(*FACT_LEAVES, *KNOWN_LEAVES, *LATER_LEAVES, *LAST_LEAVES)


def several(part: st.SearchStrategy[Any], most: int = 3) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(part, max_size=most).map(tuple)


@st.composite
def playbooks(draw: st.DrawFn) -> model.Playbook:
    """The small playbook with other rules."""
    small = cast.playbook()
    rules = [model.FitRule(name=f"rule {i}", when=when, points=points) for i, (when, points) in enumerate(draw(several(st.tuples(over_facts, st.sampled_from([40, 30, 15, -20]))), ))]  # fmt: skip
    paths = [model.Path(name=f"path {i}", when=when) for i, when in enumerate(draw(several(over_all, 2)))]
    triggers = [
        model.Trigger(name=f"trigger {i}", when=when, to=to, answer_within=within, passes_capacity=passes)
        for i, (when, to, within, passes) in enumerate(
            draw(
                several(
                    st.tuples(
                        over_all,
                        st.sampled_from(["sales_review", "re_engaged"]),
                        st.none() | st.just(days(3)),
                        st.booleans(),
                    )
                )
            )
        )
    ]
    exits = [
        model.Exit(reason=f"exit_{i}", when=when, look_again_in=again)
        for i, (when, again) in enumerate(
            draw(several(st.tuples(over_all, st.none() | st.just(days(100))), 2))
        )
    ]
    changes = {
        "fit": small.fit.model_copy(update={"rules": (*small.fit.rules[:2], *rules)}),
        "disqualify": tuple(
            model.Disqualification(reason=f"reason_{i}", when=when)
            for i, when in enumerate(draw(several(over_all, 2)))
        ),
        "segments": (
            *(
                model.Segment(name=f"segment {i}", when=when)
                for i, when in enumerate(draw(several(over_all, 2)))
            ),
            *small.segments,
        ),
        "timing": small.timing.model_copy(update={"now": draw(over_later)}),
        "paths": (*paths, model.Path(name="rest", when=EVERYBODY)),
        "triggers": tuple(triggers),
        "exits": (*exits, *draw(st.sampled_from([(), small.exits[1:]]))),
    }
    return small.model_copy(update=changes)


#: Days ago that meet the edges of windows, and each other.
EDGES = (-1.0, 0.0, 0.5, 1.0, 3.0, 7.0, 7.01, 14.0, 30.0, 59.0, 60.0, 90.0, 120.0, 365.25, 366.0, 480.0)


def moments(least: float = -5, most: float = 500) -> st.SearchStrategy[float]:
    """Days ago."""
    edges = [each for each in EDGES if least <= each <= most]
    return st.sampled_from(edges) | st.sampled_from(edges) | st.floats(least, most)


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    accounts = draw(st.integers(1, 3))
    leads = draw(st.lists(_lead(accounts), min_size=1, max_size=6))
    leads = [{**row, "lead_id": 10 + number} for number, row in enumerate(leads)]
    deeds = draw(st.lists(_deed([row["lead_id"] for row in leads]), max_size=15))
    events, shapes = cast.told(tuple(deeds))
    deals = draw(st.lists(_deal(accounts), max_size=2))
    companies = [draw(_account(number)) for number in range(1, accounts + 1)]
    return Facts(
        leads=cast.frame(leads, {**LEADS, "custom.visits": pl.Int64}),
        accounts=cast.frame(companies, ACCOUNTS),
        events=events,
        shapes=shapes,
        opportunities=cast.frame(deals, OPPORTUNITIES),
    )


def _lead(accounts: int) -> st.SearchStrategy[dict[str, Any]]:
    statuses = (None, "NEW", "SALES_REVIEW", "NURTURE", "RE_ENGAGED", "SALES_ACCEPTED", "DISQUALIFIED")
    return st.fixed_dictionaries(
        {
            "account_id": st.integers(1, accounts),
            "role": st.sampled_from([None, "UNKNOWN", "CHAMPION", "USER"]),
            "email_kind": st.sampled_from([None, "FREE", "BUSINESS"]),
            "message": st.sampled_from([None, "Guest post?", "Hello"]),
            "known_problem": st.sampled_from([None, "lead quality"]),
            "offer": st.sampled_from([None, "Migration", "other"]),
            "custom.visits": st.sampled_from([None, 0, 3, 9]),
            "suppressed_by": st.sampled_from([None, None, "unsubscribe"]),
            "entered_at": moments(0, 800).map(cast.ago),
            "status": st.sampled_from(statuses),
            "status_since": moments(0, 500).map(cast.ago),
        }
    )


def _account(number: int) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "account_id": st.just(number),
            "industry": st.sampled_from([None, "software", "Retail", "mining"]),
            "employees": st.sampled_from([None, 5, 60, 5000]),
            "country": st.sampled_from([None, "PL", "PT"]),
            "renewal_on": st.none() | st.integers(-40, 400).map(cast.ahead),
        }
    )


def _deal(accounts: int) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(
        cast.deal,
        st.integers(1, accounts),
        st.sampled_from(["OPEN", "WON", "LOST"]),
        opened=st.none() | moments(),
        closed=st.none() | moments(),
    )


@st.composite
def _deed(draw: st.DrawFn, lead_ids: list[int]) -> cast.Deed:
    shape = dict(draw(st.sampled_from(SHAPES)))
    p_human = draw(st.sampled_from([1.0, 1.0, 0.3, 0.0]))
    return cast.did(
        draw(st.sampled_from(lead_ids)), shape.pop("kind"), days_ago=draw(moments()), p_human=p_human, **shape
    )
