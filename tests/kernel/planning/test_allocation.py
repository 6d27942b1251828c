"""Sales' room: hand raises never wait, all others never exceed what is left; who gets a lead, and who does not again."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from coldframe.kernel.frames import SALES_LOAD, WAITING
from coldframe.kernel.planning.allocation import PROPOSALS, Allocated, allocate
from tests.drawn import examples
from tests.kernel.planning.life import nurturing

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)
ROOM = "sales: {capacity: {per_rep: 2 a week, team: 3 a week}, owner: {by: [account.owner, lead.owner, round_robin]}, cool_off: 90 days}"
REPS = (("sales", "kim"), ("sales", "lee"))


def proposal(lead_id: int, **about: Any) -> dict[str, Any]:
    usual = {
        "lead_id": lead_id, "account_id": lead_id, "trigger": "trigger:Ready", "is_hand_raise": False, "fit_level": "A",
        "account_intent_points": 50.0, "intent_points": 50.0, "waits_since": NOW, "cool_owners": [],
    }  # fmt: skip
    return {**usual, **about}


def load(*taken: tuple[str | None, float]) -> pl.DataFrame:
    rows = [
        {"team": "sales", "owner": owner, "opened_at": NOW - days * DAY, "is_hand_raise": False}
        for owner, days in taken
    ]
    return pl.DataFrame(rows, schema=SALES_LOAD)


def given_to(
    *proposals: dict[str, Any], taken: pl.DataFrame | None = None, reps: Any = REPS, **about: Any
) -> Allocated:
    return allocate(
        pl.DataFrame(list(proposals), schema=PROPOSALS),
        sales_load=load() if taken is None else taken,
        reps=reps,
        playbook=nurturing(sales=ROOM),
        as_of=NOW,
        **about,
    )


def owners(found: Allocated) -> dict[int, str | None]:
    return dict(found.granted.select("lead_id", "owner").iter_rows())


def test_the_best_get_the_room_and_the_others_are_told_their_rank_and_why() -> None:
    found = given_to(
        proposal(1, fit_level="B"), proposal(2, intent_points=70.0), proposal(3, account_intent_points=90.0),
        proposal(4, waits_since=NOW - DAY), proposal(5, fit_level="C", intent_points=200.0),
    )  # fmt: skip

    assert list(owners(found)) == [3, 2, 4]
    assert found.waiting.select("lead_id", "rank", "reason").rows() == [
        (1, 1, "the team takes 3 a week, and has them"),
        (5, 2, "the team takes 3 a week, and has them"),
    ]
    assert found.room_at == NOW + 7 * DAY


def test_a_hand_raise_never_waits_and_counts() -> None:
    raised = [proposal(n, is_hand_raise=True) for n in range(1, 6)]
    found = given_to(*raised, proposal(9, fit_level="A"))

    assert set(owners(found)) == {1, 2, 3, 4, 5}
    assert found.waiting["lead_id"].to_list() == [9]


def test_room_comes_back_when_what_was_taken_leaves_the_window() -> None:
    full = load(("kim", 6), ("lee", 5), (None, 1))
    found = given_to(proposal(1), taken=full)
    after = given_to(proposal(1), taken=load(("kim", 7), ("lee", 5), (None, 1)))

    assert found.waiting.select("lead_id", "room_at").rows() == [(1, NOW + DAY)]
    assert owners(after) == {1: "kim"}


def test_owners_are_found_in_the_order_of_the_playbook() -> None:
    found = given_to(
        proposal(1, account_owner="lee", lead_owner="kim"),
        proposal(2, lead_owner="kim"),
        proposal(3, account_owner="left the house"),
    )

    assert found.granted.select("lead_id", "owner", "owner_from").rows() == [
        (1, "lee", "account.owner"),
        (2, "kim", "lead.owner"),
        (3, "kim", "round_robin"),
    ]


def test_the_round_robin_goes_on_where_it_stopped() -> None:
    first = given_to(proposal(1), proposal(2), taken=load(("kim", 20)))

    assert owners(first) == {1: "lee", 2: "kim"}


def test_colleagues_of_one_account_come_to_the_same_rep_where_there_is_room() -> None:
    found = given_to(proposal(1, colleague_owner="lee"))

    assert found.granted.select("owner", "owner_from").rows() == [("lee", "colleague")]


def test_whoever_returned_a_lead_does_not_get_it_again_within_the_cool_off() -> None:
    found = given_to(
        proposal(1, account_owner="kim", cool_owners=["kim"]), proposal(2, cool_owners=["kim", "lee"])
    )
    raised = given_to(proposal(2, cool_owners=["kim", "lee"], is_hand_raise=True))

    assert owners(found) == {1: "lee"}
    assert found.waiting["reason"].to_list() == ["only those who returned it lately could take it"]
    assert owners(raised) == {2: None}, "a hand raise belongs to the team then"


def test_a_team_without_names_takes_leads_as_a_whole_and_named_owners_keep_their_limit() -> None:
    found = given_to(
        *(proposal(n) for n in range(1, 3)), *(proposal(n, account_owner="ann") for n in range(3, 6)), reps=()
    )

    assert owners(found) == {1: None, 2: None, 3: "ann"}
    full = given_to(proposal(3, account_owner="ann"), taken=load(("ann", 1), ("ann", 2)), reps=())
    assert full.waiting["reason"].to_list() == ["everybody who could take it has 2 a week"]


def test_better_leads_that_wait_elsewhere_keep_the_room() -> None:
    elsewhere = pl.DataFrame(
        [{"lead_id": n, "account_id": n, "rank": n, "reason": "", "trigger": "t", "fit_level": "A", "account_intent_points": 99.0,
          "intent_points": 99.0, "waits_since": NOW, "room_at": NOW} for n in (51, 52)],
        schema=WAITING,
    )  # fmt: skip
    found = given_to(proposal(1), proposal(2), elsewhere=elsewhere)

    assert list(owners(found)) == [1]
    assert found.waiting["lead_id"].to_list() == [2]


people = st.sampled_from(["kim", "lee", None])
proposed = st.builds(
    proposal,
    st.just(0),
    is_hand_raise=st.booleans(),
    fit_level=st.sampled_from("ABCD"),
    intent_points=st.floats(0, 100),
    account_owner=people,
    cool_owners=st.lists(st.sampled_from(["kim", "lee"]), max_size=2),
)


@settings(max_examples=examples(50), deadline=None)
@given(
    st.lists(proposed, max_size=12), st.lists(st.tuples(people, st.floats(0, 10)), max_size=8), st.booleans()
)
def test_nobody_is_given_more_than_they_take_but_by_hand_raises(
    proposals: list[dict[str, Any]], taken: list[tuple[str | None, float]], has_reps: bool
) -> None:
    numbered = [{**each, "lead_id": n, "account_id": n} for n, each in enumerate(proposals)]
    found = given_to(*numbered, taken=load(*taken), reps=REPS if has_reps else ())
    raised = {each["lead_id"] for each in numbered if each["is_hand_raise"]}
    recent = [owner for owner, days in taken if days < 7]
    others = [(lead_id, owner) for lead_id, owner in owners(found).items() if lead_id not in raised]
    held = Counter(owner for lead_id, owner in owners(found).items())

    assert set(owners(found)) >= raised
    assert not others or len(recent) + len(owners(found)) <= 3
    assert all(recent.count(owner) + held[owner] <= 2 for _, owner in others if owner)
    assert set(owners(found)) | set(found.waiting["lead_id"]) == {each["lead_id"] for each in numbered}
    assert all(owner not in numbered[lead_id]["cool_owners"] for lead_id, owner in owners(found).items())
    assert (found.waiting["room_at"] > NOW).all()
