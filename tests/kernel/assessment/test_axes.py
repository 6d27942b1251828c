"""Stage, timing, completeness and segment."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.kernel.cast import (
    ANNA,
    JONAS,
    NOW,
    OLA,
    ONE_PATH,
    TOM,
    ZED,
    ago,
    ahead,
    assessed,
    did,
    playbook,
    scene,
)


def test_the_stage_is_the_furthest_with_enough_evidence() -> None:
    deeds = [
        did(JONAS, "webinar_attended", days_ago=0),
        did(JONAS, "asset_downloaded", asset="versus", days_ago=0),
    ]

    assert assessed(scene(*deeds))[JONAS]["stage"] == "COMPARISON"


def test_a_stage_goes_back_when_its_evidence_has_decayed() -> None:
    facts = scene(
        did(JONAS, "webinar_attended", days_ago=20),
        did(JONAS, "asset_downloaded", asset="versus", days_ago=20),
    )

    assert assessed(facts)[JONAS]["stage"] == "RESEARCH"


def test_no_evidence_is_no_stage() -> None:
    assert assessed(scene())[JONAS]["stage"] is None


def test_a_stage_has_no_more_evidence_than_the_cap_of_the_signal() -> None:
    stages = playbook().stages.model_copy(update={"needs": 30})
    by = playbook().model_copy(update={"stages": stages})
    guides = [did(JONAS, "asset_downloaded", asset="why", days_ago=0) for _ in range(9)]

    assert assessed(scene(*guides), by=by)[JONAS]["stage"] is None


def test_colleagues_who_are_active_together_need_to_agree() -> None:
    by = playbook(
        stages="""
stages:
  needs: 10 points
  order: [problem_awareness, research, comparison, evaluation, internal_alignment]
  internal_alignment: {when: {field: account.active_stakeholders, at_least: 2, within: 60 days}}
"""
    )
    deeds = [
        did(ANNA, "webinar_attended", days_ago=3),
        did(OLA, "asset_downloaded", asset="why", days_ago=59),
    ]

    rows = assessed(scene(*deeds, tom={"account_id": 1}), by=by)

    assert [rows[who]["stage"] for who in (ANNA, OLA, TOM)] == [
        "INTERNAL_ALIGNMENT",
        "INTERNAL_ALIGNMENT",
        None,
    ]


def test_silence_makes_it_a_re_engagement_whatever_the_evidence() -> None:
    rows = assessed(scene(did(JONAS, "webinar_attended", days_ago=90), anna={"entered_at": ago(90)}))

    assert [rows[who]["stage"] for who in (JONAS, ANNA, OLA)] == ["RE_ENGAGEMENT", "RE_ENGAGEMENT", None]


@pytest.mark.parametrize(
    ("renewal_in", "timing", "timing_at"),
    [
        (300, "LATER", datetime(2026, 9, 29, tzinfo=UTC)),
        (170, "NOW", datetime(2026, 5, 22, tzinfo=UTC)),
        (140, "UNKNOWN", None),
        (120, "NOW", None),
        (0, "NOW", None),
        (-1, "UNKNOWN", None),
        (None, "UNKNOWN", None),
    ],
)
def test_timing_follows_a_renewal(renewal_in: int | None, timing: str, timing_at: datetime | None) -> None:
    """The date is 180 days before the renewal; it stays reached for 30 days; now is 120 days before."""
    renewal = None if renewal_in is None else ahead(renewal_in)

    row = assessed(scene(nordlicht={"renewal_on": renewal}))[JONAS]

    assert (row["timing"], row["timing_at"]) == (timing, timing_at)


def test_of_several_dates_the_earliest_ahead_counts() -> None:
    row = assessed(scene(nordlicht={"renewal_on": ahead(300)}, jonas={"answer.budget_on": ahead(30)}))[JONAS]

    assert (row["timing"], row["timing_at"]) == ("LATER", datetime(2026, 7, 1, tzinfo=UTC))


def test_a_date_that_has_come_goes_to_sales_for_a_month_and_not_for_ever() -> None:
    rows = assessed(scene(nordlicht={"renewal_on": ahead(180)}, brightpath={"renewal_on": ahead(149)}))

    assert (rows[JONAS]["reason"], rows[JONAS]["status"]) == ("trigger:Date reached", "SALES_REVIEW")
    assert rows[ANNA]["reason"] == "path:software-educate"


def test_completeness_counts_and_marks_what_sales_needs() -> None:
    rows = assessed(scene(anna={"known_problem": "lead quality"}))

    missing: list[Any] = [(rows[who]["missing_count"], rows[who]["missing"]) for who in (ANNA, JONAS, ZED)]
    assert missing == [(0, 0), (1, 0b1000), (4, 0b1111)]


def test_the_first_segment_that_holds_is_the_primary_one() -> None:
    by = playbook(
        segments="""
segments:
  - {name: small, when: {field: account.employees, at_most: 10}}
  - {name: factory, when: {field: account.industry, is: manufacturing}}
  - {name: german, when: {field: account.country, is: DE}}
""",
        paths=ONE_PATH,
    )

    rows = assessed(scene(), by=by)

    assert [rows[who]["segment"] for who in (TOM, JONAS, ANNA, ZED)] == ["small", "german", None, None]


def test_as_of_may_be_in_any_zone() -> None:
    warsaw = NOW.astimezone(datetime.fromisoformat("2026-06-01T00:00:00+02:00").tzinfo)

    assert assessed(scene(), as_of=warsaw) == assessed(scene())
