"""Intent: decayed points, caps, colleagues, and what never counts."""

from __future__ import annotations

from datetime import timedelta

from tests.kernel.cast import ANNA, JONAS, NOW, OLA, ONE_PATH, ZED, ago, assessed, did, playbook, scene

PRICING = {"kind": "page", "path": "/pricing"}


def test_points_halve_every_half_life() -> None:
    visits = [did(JONAS, **PRICING, days_ago=days) for days in (0, 10, 20)]

    points = [assessed(scene(visit))[JONAS]["intent_points"] for visit in visits]

    assert points == [20.0, 10.0, 5.0]


def test_a_signal_adds_up_to_its_cap_and_no_further() -> None:
    rows = assessed(scene(*[did(JONAS, **PRICING, days_ago=0) for _ in range(5)]))

    assert (rows[JONAS]["intent_points"], rows[JONAS]["intent_level"]) == (50.0, "MEDIUM")


def test_a_signal_with_a_stage_from_the_asset_has_one_cap_over_all_stages() -> None:
    guides = [
        did(JONAS, "asset_downloaded", asset=asset, days_ago=0) for asset in ("why", "why", "versus", "lost")
    ]

    rows = assessed(scene(*guides))

    assert (rows[JONAS]["intent_points"], rows[JONAS]["stage"]) == (25.0, "COMPARISON")


def test_evidence_of_a_machine_counts_by_its_share() -> None:
    rows = assessed(
        scene(did(JONAS, **PRICING, days_ago=0, p_human=0.3), did(ANNA, **PRICING, days_ago=0, p_human=0.0))
    )

    assert (rows[JONAS]["intent_points"], rows[ANNA]["intent_points"]) == (6.0, 0.0)
    assert (rows[JONAS]["last_meaningful_at"], rows[ANNA]["last_meaningful_at"]) == (None, None)


def test_half_of_what_colleagues_do_counts_too() -> None:
    rows = assessed(scene(did(ANNA, **PRICING, days_ago=0), did(OLA, **PRICING, days_ago=10)))

    intent = [(rows[who]["intent_points"], rows[who]["account_intent_points"]) for who in (ANNA, OLA, JONAS)]
    assert intent == [(25.0, 30.0), (20.0, 30.0), (0.0, 0.0)]


def test_a_level_begins_at_its_line() -> None:
    rows = assessed(
        scene(
            did(JONAS, **PRICING, days_ago=10),
            did(ANNA, "page", path="/blog"),
            did(ZED, **PRICING, days_ago=11),
        )
    )

    assert [rows[who]["intent_level"] for who in (JONAS, ANNA, ZED)] == ["LOW", "NONE", "NONE"]


def test_an_open_decides_nothing_even_where_a_playbook_makes_it_a_signal() -> None:
    signals = playbook().signals
    opened = signals["webinar"].model_copy(update={"event": "email_opened"})
    by = playbook().model_copy(update={"signals": {**signals, "opened": opened}})

    rows = assessed(scene(did(JONAS, "email_opened", days_ago=0)), by=by)

    assert (rows[JONAS]["intent_points"], rows[JONAS]["last_meaningful_at"]) == (0.0, None)


def test_what_happens_later_is_not_known_yet() -> None:
    rows = assessed(scene(did(JONAS, **PRICING, days_ago=-1)))

    assert (rows[JONAS]["intent_points"], rows[JONAS]["last_meaningful_at"]) == (0.0, None)


def test_the_last_meaningful_action_is_the_last_one_of_a_person_that_is_a_signal_or_an_answer() -> None:
    deeds = [
        did(JONAS, **PRICING, days_ago=9),
        did(JONAS, "answered", topic="timeline", days_ago=4),
        did(JONAS, "page", path="/blog", days_ago=2),
        did(JONAS, **PRICING, days_ago=1, p_human=0.3),
    ]

    row = assessed(scene(*deeds))[JONAS]

    assert (row["last_meaningful_at"], row["last_meaningful_shape"]) == (ago(4), 2)


def test_of_two_actions_at_the_same_instant_the_shape_with_the_lower_number_is_named() -> None:
    deeds = [did(JONAS, "page", path=f"/pricing/{n}", days_ago=1) for n in range(3)]

    assert assessed(scene(*deeds))[JONAS]["last_meaningful_shape"] == 1
    assert assessed(scene(*deeds[::-1]))[JONAS]["last_meaningful_shape"] == 1


def test_more_shapes_than_fit_the_narrow_key_change_nothing() -> None:
    deeds = [did(JONAS, "page", path=f"/pricing/{n}", days_ago=300 + n) for n in range(5000)]

    row = assessed(scene(*deeds, did(JONAS, **PRICING, days_ago=1)))[JONAS]

    assert (row["last_meaningful_at"], row["last_meaningful_shape"]) == (ago(1), 5001)


def test_details_name_each_signal() -> None:
    rows = assessed(
        scene(did(JONAS, **PRICING, days_ago=10), did(JONAS, **PRICING, days_ago=20, p_human=0.3)),
        detail=True,
    )

    detail = [rows[JONAS][f"signal:pricing_page:{what}"] for what in ("points", "count", "last_at")]
    assert detail == [11.5, 1, NOW - timedelta(days=10)]


def test_counting_stops_at_the_window() -> None:
    by = playbook(
        segments="segments: [{name: looks, when: {field: signal.pricing_page, count_at_least: 2, within: 7 days}}, {name: rest, when: {all: []}}]",
        paths=ONE_PATH,
    )
    inside = [did(JONAS, **PRICING, days_ago=days) for days in (1, 7)]
    outside = [did(ANNA, **PRICING, days_ago=days) for days in (1, 7.01)]

    rows = assessed(scene(*inside, *outside), by=by)

    assert [rows[who]["segment"] for who in (JONAS, ANNA, ZED)] == ["looks", "rest", "rest"]


def test_a_visit_that_two_signals_of_a_group_match_counts_once() -> None:
    by = playbook(
        signals="""
signals:
  pricing_page: {event: page, where: {field: path, starts: /pricing}, points: 20, half_life: 10 days, high_intent_page: true}
  any_page: {event: page, points: 1, half_life: 10 days, high_intent_page: true}
  demo_request: {event: form_submitted, hand_raise: true, points: 80, half_life: 90 days}
""",
        segments="segments: [{name: looks, when: {field: signal.high_intent_page, count_at_least: 2}}, {name: rest, when: {all: []}}]",
        paths=ONE_PATH,
    )

    rows = assessed(
        scene(did(JONAS, **PRICING), did(ANNA, **PRICING), did(ANNA, "page", path="/blog")), by=by
    )

    assert [rows[who]["segment"] for who in (JONAS, ANNA)] == ["rest", "looks"]
