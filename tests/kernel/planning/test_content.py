"""Which content comes next, and why that one; never what a lead has had, found or answered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coldframe.kernel.planning.catalog import Catalog
from coldframe.kernel.vocabulary import BuyerStage
from tests.kernel.cast import Deed
from tests.kernel.planning.life import MONDAY, deed, known, lead, nurturing, plans, ran, touch

DAY = timedelta(days=1)
ANNA = 1
LONG_AGO = MONDAY - 60 * DAY
#: What brings a lead into a stage, under the small playbook.
EVIDENCE = {
    "research": deed(ANNA, "webinar_attended", MONDAY - 2 * DAY),
    "evaluation": deed(ANNA, "page", MONDAY - 2 * DAY, path="/pricing"),
}


def next_for(
    *deeds: Deed,
    by: Any = None,
    had: tuple[str, ...] = (),
    about: dict[str, Any] | None = None,
    **account: Any,
) -> tuple[str | None, str]:
    """What comes next for Anna, and what is said of it."""
    touches = tuple(touch(ANNA, key, LONG_AGO + n * DAY) for n, key in enumerate(had))
    facts = known(lead(ANNA, **(about or {})), deeds=deeds, touches=touches, accounts={ANNA: account})
    by = by or nurturing()
    plan = plans(ran(facts, by=by))[ANNA]
    return plan["content_key"], plan["reason"]


def order(*deeds: Deed, **about: Any) -> list[str]:
    """Everything that Anna is sent, in order."""
    had: list[str] = []
    while (found := next_for(*deeds, had=tuple(had), **about)[0]) is not None:
        had.append(found)
    return had


def test_without_evidence_content_goes_from_the_first_question_to_the_last() -> None:
    assert order() == [
        "asset:why",
        "asset:guide",
        "asset:check",
        "asset:versus",
        "asset:steps",
        "asset:board",
    ]


def test_the_leads_own_stage_comes_first_then_the_next_then_what_was_skipped() -> None:
    found = order(EVIDENCE["research"])

    assert found == ["asset:guide", "asset:versus", "asset:why", "asset:steps", "asset:check", "asset:board"]


def test_for_the_stage_of_evaluation_it_begins_with_what_it_would_involve() -> None:
    assert order(EVIDENCE["evaluation"])[:2] == ["asset:steps", "asset:board"]


def test_is_this_still_relevant_is_asked_of_those_gone_quiet_alone() -> None:
    assert "asset:still" not in order()
    assert order(about={"entered_at": MONDAY - 300 * DAY}) == ["asset:still"]


@pytest.mark.parametrize(
    "found",
    [
        deed(ANNA, "page", MONDAY - DAY, path="/why"),
        deed(ANNA, "page", MONDAY - DAY, path="/Why/?utm=x"),
        deed(ANNA, "video_watched", MONDAY - DAY, asset="WHY"),
        deed(ANNA, "email_sent", MONDAY - DAY, asset="why"),
    ],
)
def test_what_a_lead_found_by_itself_is_not_sent(found: Deed) -> None:
    assert next_for(found)[0] == "asset:guide"


@pytest.mark.parametrize(
    "nothing",
    [
        Deed(ANNA, "page", MONDAY - DAY, 0.0, (("path", "/why"),)),
        deed(ANNA, "page", MONDAY + DAY, path="/why"),
        deed(ANNA, "page", MONDAY - DAY, path="/whynot"),
        deed(ANNA, "email_bounced", MONDAY - DAY, asset="why"),
    ],
    ids=["a machine", "tomorrow", "another page", "a bounce"],
)
def test_what_no_person_found_yet_is_still_sent(nothing: Deed) -> None:
    assert next_for(nothing)[0] == "asset:why"


@pytest.mark.parametrize(
    "about", [{"state": "FAILED"}, {"state": "UNCERTAIN"}, {"channel": "TASK"}, {"lap": 4, "path": "gone"}]
)
def test_what_was_tried_once_is_never_sent_again_in_any_channel_lap_or_state(about: dict[str, Any]) -> None:
    facts = known(lead(ANNA), touches=(touch(ANNA, "asset:why", LONG_AGO, **about),))

    assert plans(ran(facts))[ANNA]["content_key"] == "asset:guide"


ONLY_FOR = """
assets:
  - {key: any, title: A, kind: faq, stage: problem_awareness, answers: Q1, url: https://example.com/any}
  - {key: cto, title: B, kind: faq, stage: problem_awareness, answers: Q2, roles: [technical_evaluator], url: https://example.com/cto}
  - {key: champion, title: C, kind: faq, stage: problem_awareness, answers: Q3, roles: [champion], url: https://example.com/champion}
  - {key: churn, title: D, kind: faq, stage: problem_awareness, answers: Q4, problems: [Churn], url: https://example.com/churn}
  - {key: saas, title: E, kind: faq, stage: problem_awareness, answers: Q5, segments: [software], url: https://example.com/saas}
  - {key: sheet, title: F, kind: sales, stage: problem_awareness, answers: Q6, url: https://example.com/sheet}
"""


def test_what_is_made_for_the_lead_comes_first_and_what_is_made_for_others_never() -> None:
    by = nurturing(assets=ONLY_FOR)

    assert order(by=by, about={"known_problem": "churn"}) == [
        "asset:saas",
        "asset:churn",
        "asset:champion",
        "asset:any",
    ]
    assert order(by=by, about={"role": None}, industry="retail") == ["asset:any"]


def test_sales_material_goes_out_only_where_a_path_names_its_kind() -> None:
    paths = "paths: [{name: all, for: {all: []}, pool: {kinds: [sales]}}]"

    assert order(by=nurturing(assets=ONLY_FOR, paths=paths)) == ["asset:sheet"]


def test_a_pool_restricts_by_stage_kind_role_and_problem() -> None:
    def pool(text: str) -> list[str]:
        return order(by=nurturing(paths=f"paths: [{{name: all, for: {{all: []}}, pool: {{{text}}}}}]"))

    assert pool("stages: [research, comparison]") == ["asset:guide", "asset:versus"]
    assert pool("kinds: [process_breakdown]") == ["asset:steps"]


ASKING = """
completeness:
  sales_needs: [account.industry, account.employees, lead.role, lead.known_problem]
  questions:
    lead.timeline: {ask: When?, options: [soon, later]}
    lead.known_problem: {ask: What?, options: [a, b]}
    account.employees: {ask: How many?, options: [few, many]}
"""
ASKS = "paths: [{name: ask, for: {all: []}, pool: {stages: all}, asks: one question per touch}]"


def test_the_question_that_could_move_fit_most_comes_first_then_what_sales_needs() -> None:
    by = nurturing(completeness=ASKING, paths=ASKS)
    keen = EVIDENCE["evaluation"], deed(ANNA, "webinar_attended", MONDAY - DAY)
    key, _ = next_for(*keen, by=by, employees=None)
    asked = [key for key in order(*keen, by=by, employees=None) if key and key.startswith("question:")]

    assert key == "question:account.employees"
    assert asked == ["question:account.employees", "question:lead.known_problem", "question:lead.timeline"]


def test_a_question_says_what_hangs_on_it() -> None:
    catalog = Catalog(nurturing(completeness=ASKING, paths=ASKS))
    size_is_unknown = 0b10
    reasons = dict(catalog.asked(size_is_unknown))

    assert [catalog.keys[n] for n in reasons] == [
        "question:account.employees",
        "question:lead.known_problem",
        "question:lead.timeline",
    ]
    assert list(reasons.values()) == [
        "asks for account.employees: 30 points of fit hang on it, sales needs it",
        "asks for lead.known_problem: sales needs it",
        "asks for lead.timeline: nobody knows it yet",
    ]


def test_question_and_content_take_turns_and_a_stranger_is_given_something_first() -> None:
    by = nurturing(completeness=ASKING, paths=ASKS)

    assert order(by=by)[:4] == [
        "asset:why",
        "question:lead.known_problem",
        "asset:guide",
        "question:lead.timeline",
    ]


def test_a_question_whose_answer_is_known_is_not_asked() -> None:
    by = nurturing(completeness=ASKING, paths=ASKS)
    told = order(by=by, about={"known_problem": "a", "timeline": "soon"})
    answered = order(deed(ANNA, "answered", LONG_AGO, topic="known_problem"), by=by)

    assert [key for key in told if key.startswith("question:")] == []
    assert [key for key in answered if key.startswith("question:")] == ["question:lead.timeline"]


def test_a_second_answer_to_a_question_says_that_it_is_one() -> None:
    catalog = Catalog(nurturing())
    profile = ("educate", None, None, None, None)
    had = sum(1 << catalog.numbers[f"asset:{key}"] for key in ("why", "guide"))

    assert catalog.choose(profile, had, unknown=0, asks=False, turn=False) == (
        catalog.numbers["asset:check"],
        "answers “What is causing this issue?” in problem awareness, their stage; another answer to a question they have one to",
    )


def many(count: int) -> str:
    stages = [stage.value.lower() for stage in BuyerStage]
    lines = [
        f"  - {{key: k{n}, title: T, kind: faq, stage: {stages[n % 5]}, answers: Q{n % 17}, url: https://example.com/k{n}}}"
        for n in range(count)
    ]
    return "\n".join(["assets:", *lines])


@settings(max_examples=25, deadline=None)
@given(st.sets(st.integers(0, 149), max_size=149), st.sets(st.integers(0, 149), max_size=20))
def test_with_any_number_of_contents_nothing_had_or_found_is_chosen_and_something_is_while_any_is_left(
    had: set[int], seen: set[int]
) -> None:
    by = nurturing(assets=many(150))
    touches = tuple(touch(ANNA, f"asset:k{n}", LONG_AGO + n * timedelta(hours=1)) for n in had)
    deeds = tuple(deed(ANNA, "page", MONDAY - DAY, path=f"/k{n}") for n in seen)
    key = plans(ran(known(lead(ANNA), touches=touches, deeds=deeds), by=by))[ANNA]["content_key"]
    left = {f"asset:k{n}" for n in range(150)} - {f"asset:k{n}" for n in had | seen}

    assert key in left if left else key is None


def test_whose_role_nobody_knows_is_given_what_is_for_any_role_and_nothing_made_for_one() -> None:
    assets = """
assets:
  - {key: boss, title: For the boss, kind: problem_explainer, stage: problem_awareness, roles: [economic_buyer], answers: "What is causing this issue?", url: https://example.com/boss}
  - {key: any, title: For all, kind: problem_explainer, stage: problem_awareness, answers: "What is causing this issue?", url: https://example.com/any}
"""
    by = nurturing(assets=assets)

    assert order(by=by, about={"role": None}) == ["asset:any"]
    assert order(by=by, about={"role": "UNKNOWN"}) == ["asset:any"]
    assert order(by=by, about={"role": "ECONOMIC_BUYER"}) == ["asset:boss", "asset:any"]
