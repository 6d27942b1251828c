"""The content map: what there is for each stage, question and segment, and how many wait where there is nothing."""

from __future__ import annotations

from coldframe.kernel.playbook import parsing
from coldframe.library.content_map import Cell, Waiting, content_map
from tests.kernel.playbook.changing import SHAPE, changed

SEGMENTS = ["grower-owners", "food-marketing", "everyone-else"]


def waits(
    stage: str | None,
    segment: str | None,
    count: int,
    *,
    role: str | None = None,
    problem: str | None = None,
    exhausted: int = 0,
) -> Waiting:
    return Waiting(stage=stage, segment=segment, role=role, problem=problem, lead_count=count, exhausted_count=exhausted)  # fmt: skip


def cells(text: str, *waiting: Waiting) -> dict[tuple[str, str], Cell]:
    found = content_map(parsing.parse(text), waiting=waiting)
    return {(cell.stage, cell.segment): cell for cell in found.cells}


def test_there_is_a_cell_for_every_stage_and_segment() -> None:
    found = cells(SHAPE)

    stages = [
        "problem_awareness",
        "research",
        "comparison",
        "evaluation",
        "internal_alignment",
        "re_engagement",
    ]
    assert list(found) == [(stage, segment) for stage in stages for segment in SEGMENTS]
    assert found["research", "food-marketing"] == Cell(
        stage="research", question="What options exist?", segment="food-marketing", asset_keys=("kinds-of-glass",),
        without_template=(), lead_count=0, waiting_count=0, exhausted_count=0,
    )  # fmt: skip


def test_an_asset_for_one_segment_leaves_a_gap_for_the_others() -> None:
    found = cells(SHAPE, waits("evaluation", "grower-owners", 7), waits("evaluation", "everyone-else", 5))

    assert (
        found["evaluation", "grower-owners"].is_gap,
        found["evaluation", "grower-owners"].waiting_count,
    ) == (True, 7)
    assert (
        found["evaluation", "everyone-else"].is_gap,
        found["evaluation", "everyone-else"].waiting_count,
    ) == (False, 0)


def test_leads_of_a_role_or_problem_that_no_asset_is_for_wait() -> None:
    found = cells(
        SHAPE,
        waits("internal_alignment", "everyone-else", 3, role="champion"),
        waits("internal_alignment", "everyone-else", 2, role="user"),
        waits("problem_awareness", "everyone-else", 4, problem="Heating"),
        waits("problem_awareness", "everyone-else", 6),
    )

    assert found["internal_alignment", "everyone-else"].waiting_count == 2
    assert found["internal_alignment", "everyone-else"].lead_count == 5
    assert found["problem_awareness", "everyone-else"].waiting_count == 6


def test_a_stage_without_assets_asks_the_question_that_buyers_ask() -> None:
    text = changed("stage: re_engagement, answers", "stage: evaluation, answers")

    found = cells(text, waits("re_engagement", "everyone-else", 9))["re_engagement", "everyone-else"]

    assert (found.question, found.asset_keys, found.waiting_count) == ("Is this still relevant?", (), 9)


def test_an_asset_without_words_is_a_gap() -> None:
    text = changed("for: {assets: all}", "for: {stages: [research]}")

    found = cells(text, waits("re_engagement", "everyone-else", 1))["re_engagement", "everyone-else"]

    assert (found.asset_keys, found.without_template, found.is_gap, found.waiting_count) == (
        ("still-cold",),
        ("still-cold",),
        True,
        1,
    )


def test_gaps_come_with_the_most_waiting_first() -> None:
    found = content_map(
        parsing.parse(SHAPE),
        waiting=[waits("evaluation", "grower-owners", 2), waits("evaluation", "food-marketing", 8)],
    )

    assert [(gap.segment, gap.waiting_count) for gap in found.gaps][:2] == [
        ("food-marketing", 8),
        ("grower-owners", 2),
    ]


def test_who_has_had_everything_and_who_stands_in_no_stage_is_counted() -> None:
    playbook = parsing.parse(SHAPE)
    found = content_map(
        playbook,
        waiting=[waits("research", "everyone-else", 5, exhausted=2), waits(None, "everyone-else", 11)],
    )

    exhausted = {
        (cell.stage, cell.segment): cell.exhausted_count for cell in found.cells if cell.exhausted_count
    }
    assert exhausted == {("research", "everyone-else"): 2}
    assert found.unstaged_count == 11


def test_leads_of_a_segment_that_the_playbook_no_longer_has_are_not_lost() -> None:
    found = cells(SHAPE, waits("research", "old segment", 4), waits("research", None, 1))

    assert found["research", "no segment"].lead_count == 5
