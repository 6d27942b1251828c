"""The card and the cycle agree: where a lead is, why, and what would move it."""

from __future__ import annotations

from typing import Any

import polars as pl
from hypothesis import HealthCheck, Phase, given, settings

from coldframe.kernel import cycle, lifecycle
from coldframe.kernel.assessment.card import Card
from coldframe.kernel.assessment.changes import Candidate
from coldframe.kernel.assessment.variations import Variation, vary
from coldframe.kernel.explaining.explain import explain, explain_each
from coldframe.kernel.frames import Facts, Surroundings
from coldframe.kernel.playbook.model import Playbook
from tests.kernel.assessment import strategies
from tests.kernel.cast import NOW
from tests.kernel.explaining import told
from tests.kernel.explaining.test_moves import as_candidates, with_less

#: A counterexample is a handful of leads anyway; to make it smaller would take minutes.
QUICK = [Phase.explicit, Phase.reuse, Phase.generate]
UNHURRIED = [HealthCheck.too_slow, HealthCheck.data_too_large]


def place_after(
    facts: Facts, policy: Playbook, lead_id: int, chosen: tuple[Candidate, ...], *, around: Surroundings
) -> str:
    """Apply changes to a copy of the lead's account and run a whole cycle over it."""
    varied = vary(facts, [Variation(lead_id=lead_id, candidates=chosen)], as_of=NOW)
    result = cycle.run(varied.facts, surroundings=around, playbook=policy, as_of=NOW)
    found = result.assessed.filter(pl.col("lead_id") == varied.lead_ids[0]).select(lifecycle.place())
    return str(found.item())


@settings(max_examples=8, phases=QUICK, deadline=None, suppress_health_check=UNHURRIED)
@given(policy=strategies.playbooks(), facts=told.facts())
def test_what_the_card_says_would_move_a_lead_moves_it_in_a_cycle_and_less_does_not(
    policy: Playbook, facts: Facts
) -> None:
    roomy = told.with_capacity(policy, 10_000)
    lead_id = facts.leads["lead_id"][0]

    card = explain(facts, playbook=roomy, as_of=NOW, lead_id=lead_id)

    assert place_after(facts, roomy, lead_id, (), around=Surroundings()) == card.place
    for move in card.advance_if:
        chosen = as_candidates(move, roomy)
        assert move.disposition != card.place
        assert place_after(facts, roomy, lead_id, chosen, around=Surroundings()) == move.disposition, (
            move.text
        )
        for fewer in with_less(chosen):
            assert place_after(facts, roomy, lead_id, fewer, around=Surroundings()) == card.place, move.text


@settings(max_examples=5, phases=QUICK, deadline=None, suppress_health_check=UNHURRIED)
@given(policy=strategies.playbooks(), facts=told.facts())
def test_who_waits_for_room_is_told_what_would_move_it_while_there_is_none(
    policy: Playbook, facts: Facts
) -> None:
    full = told.with_capacity(policy, 1)
    everybody = sorted(facts.leads["lead_id"])

    cards = list(explain_each(facts, playbook=full, as_of=NOW, lead_ids=everybody, around=lambda: told.FULL))

    for card in cards:
        if card.hold is None or card.hold.by != "waits_for_room":
            continue
        for move in card.advance_if:
            chosen = as_candidates(move, full)
            assert place_after(facts, full, card.lead_id, chosen, around=told.FULL) == move.disposition
            for fewer in with_less(chosen):
                assert place_after(facts, full, card.lead_id, fewer, around=told.FULL) == card.place


@settings(max_examples=10, phases=QUICK, deadline=None, suppress_health_check=UNHURRIED)
@given(policy=strategies.playbooks(), facts=told.facts())
def test_a_card_stands_where_a_cycle_puts_the_lead(policy: Playbook, facts: Facts) -> None:
    full = told.with_capacity(policy, 1)
    everybody = sorted(facts.leads["lead_id"])

    cards = list(
        explain_each(
            facts, playbook=full, as_of=NOW, lead_ids=everybody, around=lambda: told.FULL, with_moves=False
        )
    )

    result = cycle.run(facts, surroundings=told.FULL, playbook=full, as_of=NOW)
    columns = (
        "lead_id",
        "disposition",
        "reason",
        "status",
        "status_reason",
        "leaves_at",
        "leaves_by",
        "stage",
    )
    rows = {row["lead_id"]: row for row in result.assessed.select(columns).to_dicts()}
    lines = dict(result.waiting.select("lead_id", "rank").iter_rows())
    for card in cards:
        said = said_by(card)
        assert said == {name: rows[card.lead_id][name] for name in said}
        rank = card.hold.rank if card.hold else None
        assert rank == lines.get(card.lead_id)


def said_by(card: Card) -> dict[str, Any]:
    names = ("disposition", "reason", "status", "status_reason", "leaves_at", "leaves_by")
    return {name: getattr(card, name) for name in names}
