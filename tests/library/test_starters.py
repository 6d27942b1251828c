"""What ships is complete: every stage, question, situation, trigger, exit and reason of the field."""

from __future__ import annotations

import pytest

from coldframe.kernel.playbook import conditions, parsing
from coldframe.kernel.playbook.conditions import EVERYBODY, Condition
from coldframe.kernel.playbook.model import Playbook
from coldframe.kernel.vocabulary import BuyerStage
from coldframe.library import starters

QUESTIONS = {
    BuyerStage.PROBLEM_AWARENESS: "What is causing this issue?",
    BuyerStage.RESEARCH: "What options exist?",
    BuyerStage.COMPARISON: "Which approach is better?",
    BuyerStage.EVALUATION: "What would implementation involve?",
    BuyerStage.INTERNAL_ALIGNMENT: "How do I explain this internally?",
    BuyerStage.RE_ENGAGEMENT: "Is this still relevant?",
}
CONTENT = {
    "problem_explainer", "diagnostic_checklist", "educational_guide", "category_overview", "comparison_framework", "trade_off_table",
    "process_breakdown", "scope_explainer", "stakeholder_summary", "decision_checklist", "updated_problem_framing", "timing_follow_up",
    "faq", "implementation_explainer", "qualification_guide", "industry_report", "case_study", "trend_analysis", "consultative_invitation",
}  # fmt: skip
REASONS = {
    "unrelated_inquiry", "vendor", "job_applicant", "outside_market", "personal_research", "poor_fit", "unrelated_request", "competitor",
}  # fmt: skip
EXITS = {
    "sales_qualified", "unsubscribed", "complained", "address_dead", "left_company", "customer", "open_opportunity", "sunset",
}  # fmt: skip
PATHS = {
    "re-engagement": "wake up",
    "aware of the problem, not evaluating": "learn the problem",
    "good fit, no urgency": "stay relevant",
    "needs internal approval": "help them agree",
    "compares approaches": "weigh the options",
    "interested, incomplete": "complete the picture",
    "everybody left": "get to know",
}


@pytest.fixture(params=starters.STARTERS)
def playbook(request: pytest.FixtureRequest) -> Playbook:
    return parsing.parse(starters.read(request.param), file=request.param)


def fields_of(condition: Condition) -> set[str]:
    return {leaf.field for _, leaf in conditions.leaves(condition)}


def test_each_stage_has_content_for_its_question(playbook: Playbook) -> None:
    answered = {asset.stage: asset.answers for asset in playbook.assets}

    assert answered == QUESTIONS
    assert {asset.kind for asset in playbook.assets} == CONTENT | {"sales"}


def test_each_stage_has_evidence(playbook: Playbook) -> None:
    evident = {signal.stage for signal in playbook.signals.values()}
    ruled = {BuyerStage.INTERNAL_ALIGNMENT, BuyerStage.RE_ENGAGEMENT}

    assert set(BuyerStage) - ruled <= evident
    assert playbook.stages.internal_alignment is not None
    assert playbook.stages.re_engagement is not None


def test_each_situation_has_a_path(playbook: Playbook) -> None:
    names = [path.name for path in playbook.paths]

    assert set(PATHS.values()) <= set(names)
    assert (names[0], names[-1]) == ("wake up", "get to know")
    assert (playbook.paths[-1].when, playbook.paths[-1].segments) == (EVERYBODY, ())
    assert str(playbook.paths[0].at_most.first if playbook.paths[0].at_most else "") == "3 in 8 weeks"


def test_every_goal_belongs_to_a_stage_and_every_path_has_content(playbook: Playbook) -> None:
    for path in playbook.paths:
        pool = [
            asset
            for asset in playbook.assets
            if (not path.pool.stages or asset.stage in path.pool.stages)
            and (not path.pool.kinds or asset.kind in path.pool.kinds)
            and (not path.pool.roles or not asset.roles or set(asset.roles) & set(path.pool.roles))
        ]
        assert pool, path.name


def test_each_reason_to_let_go_at_entry_is_there(playbook: Playbook) -> None:
    assert {rule.reason for rule in playbook.disqualify} == REASONS


def test_each_way_out_of_nurture_is_there(playbook: Playbook) -> None:
    assert {exit_.reason for exit_ in playbook.exits} == EXITS
    assert str(playbook.exits[-1].look_again_in) == "365 days"


def test_each_way_to_sales_is_there(playbook: Playbook) -> None:
    read = {trigger.name: fields_of(trigger.when) for trigger in playbook.triggers}

    assert read["Hand raise"] == {"signal.hand_raise"}
    assert read["Ready"] == {"fit.level", "intent.level", "completeness.missing"}
    assert read["Read sales material"] == {"signal.sales_material", "fit.level"}
    assert read["Attended a webinar"] == {"signal.webinar_attended", "fit.level"}
    assert read["Keeps coming back"] == {"signal.high_intent_page", "fit.level"}
    assert read["Came back"] == {"status", "signal.high_intent_page"}
    assert read["Account surge"] == {"account.surge", "fit.level"}
    assert read["Date reached"] == {"timing.date"}
    agreed = [str(trigger.answer_within) for trigger in playbook.triggers if trigger.passes_capacity]
    assert agreed == ["5 minutes", "4 hours"]


def test_registered_alone_is_weaker_than_attended(playbook: Playbook) -> None:
    assert playbook.signals["webinar_registered"].points < playbook.signals["webinar_attended"].points


def test_the_best_lead_reaches_a_hundred(playbook: Playbook) -> None:
    most = sum(rule.points for rule in playbook.fit.rules if rule.points > 0)

    assert 100 <= most <= 110


def test_the_shipped_playbooks_differ() -> None:
    texts = [starters.read(name) for name in starters.STARTERS]

    assert len(set(texts)) == 4
    assert len({parsing.parse(text).name for text in texts}) == 4


def test_the_default_lets_no_country_go_until_its_owner_says_so() -> None:
    assert parsing.parse(starters.read("default")).lists["served_countries"] == ()


def test_an_unknown_starter_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(starters.UnknownStarter) as refusal:
        starters.read("softwarehouse")

    assert str(refusal.value) == (
        "No playbook of this name ships with Coldframe.\n"
        'expected one of default, saas, software-house, professional-services, got "softwarehouse".\n'
        'Did you mean "software-house"?'
    )
