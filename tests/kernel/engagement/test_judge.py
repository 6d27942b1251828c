"""Was it a person: each rule by an example, and all of them against the plainest reckoning."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from coldframe.kernel.engagement.judge import judge
from tests.drawn import examples
from tests.kernel.engagement.mails import (
    ANNA,
    JONAS,
    SENT,
    click,
    did,
    follow_ups,
    hits,
    judged,
    opened,
    plainly,
)

MINUTE, HOUR = 60, 3_600
ALONE, EARLY = ("UNSURE", "ALONE"), ("UNSURE", "EARLY")
PIXEL, FOLLOWED = ("UNSURE", "PIXEL"), ("HUMAN", "FOLLOWED")
DECLARED, HIDDEN = ("MACHINE", "DECLARED"), ("MACHINE", "HIDDEN_LINK")
BURST, CROWD = ("MACHINE", "BURST"), ("MACHINE", "CROWD")


@pytest.mark.parametrize(
    "changed",
    [
        {"method": "HEAD"},
        {"method": "OPTIONS"},
        {"is_prefetch": True},
        {"is_known_network": True},
        {"is_bot": True},
        {"agent": "SCANNER"},
        {"agent": "PREVIEW"},
        {"agent": "PROXY"},
    ],
)
def test_whoever_says_that_it_is_a_machine_is_believed(changed: dict[str, Any]) -> None:
    assert judged(click(HOUR, **changed), then=[did("REPLY", 2 * HOUR)]) == [DECLARED]


def test_a_hit_on_the_hidden_link_gives_away_all_of_the_mail_within_half_a_minute_of_it() -> None:
    found = judged(
        click(69),
        click(70),
        click(100, link=9, is_hidden=True),
        click(130, link=1),
        click(131, link=1),
        opened(90),
    )

    assert found == [ALONE, HIDDEN, HIDDEN, HIDDEN, ALONE, HIDDEN]


def test_a_link_that_is_clicked_again_after_a_while_is_clicked_by_somebody_else() -> None:
    scanner = [click(99), click(100, link=9, is_hidden=True)]

    assert judged(*scanner, click(120))[2] == ALONE
    assert judged(*scanner, click(110))[2] == HIDDEN
    assert judged(*scanner, click(120, link=1))[2] == HIDDEN


def test_a_click_from_elsewhere_is_not_given_away_by_the_hidden_link() -> None:
    trapped = click(100, link=9, is_hidden=True, network="scanner")

    assert judged(trapped, click(110, network="office"))[1] == ALONE
    assert judged(trapped, click(110, network=None))[1] == HIDDEN
    assert judged({**trapped, "network": None}, click(110))[1] == HIDDEN


def test_the_hidden_link_of_another_mail_says_nothing() -> None:
    assert judged(click(100), click(100, lead_id=JONAS, is_hidden=True))[0] == ALONE


def test_three_links_within_two_seconds_are_a_machines_at_any_time_after_the_hand_over() -> None:
    for start in (5, 43, 200, 20 * HOUR):
        assert judged(*(click(start + i, link=i) for i in range(3))) == [BURST] * 3


def test_whoever_clicks_from_elsewhere_on_a_link_that_the_burst_visited_too_is_no_part_of_it() -> None:
    burst = [click(43 + i / 10, link=i, network="scanner") for i in range(4)]

    assert judged(*burst, click(44, network="office")) == [BURST] * 4 + [EARLY]
    assert judged(*burst, click(44, link=4, network="office")) == [BURST] * 5
    assert judged(*burst, click(44, network=None)) == [BURST] * 5
    assert judged(*burst, click(44, network="office"), click(44, link=1, network="office")) == [BURST] * 6
    assert judged(*burst[:2], click(44, link=2, network="office")) == [BURST] * 3


def test_two_links_within_two_seconds_are_a_machines_where_there_are_only_two() -> None:
    assert judged(click(300, link_count=2), click(302, link=1, link_count=2)) == [BURST] * 2
    assert judged(click(300, link_count=4), click(302, link=1, link_count=4)) == [ALONE] * 2


def test_five_links_within_ten_seconds_from_one_network_are_a_machines() -> None:
    slowly = [click(300 + 2.4 * i, link=i, link_count=9) for i in range(5)]

    assert judged(*slowly) == [BURST] * 5
    assert judged(*slowly[:4]) == [ALONE] * 4
    assert judged(*slowly, click(305, network="b2")) == [BURST] * 5 + [ALONE]


def test_all_three_links_one_after_another_may_be_a_person_who_opens_tabs() -> None:
    assert judged(*(click(300 + 1.5 * i, link=i, link_count=3) for i in range(3))) == [ALONE] * 3


def test_the_same_link_over_and_over_is_no_burst() -> None:
    assert judged(*(click(300 + i / 10) for i in range(8))) == [ALONE] * 8


def test_a_click_after_a_burst_is_judged_for_itself() -> None:
    burst = [click(40 + i / 10, link=i) for i in range(5)]

    assert judged(*burst, click(20 * MINUTE), then=[did("READ", 20 * MINUTE + 15)]) == [BURST] * 5 + [
        FOLLOWED
    ]


def test_five_recipients_of_one_house_at_once_from_one_network_are_a_gateways() -> None:
    house = [click(300 + i / 10, lead_id=i, mail_id=i) for i in range(5)]

    assert judged(*house) == [CROWD] * 5
    assert judged(*house[:4]) == [ALONE] * 4
    assert judged(*house[:4], {**house[4], "network": "b2"}) == [ALONE] * 5
    assert judged(*house[:4], {**house[4], "domain": "nordlicht.example"}) == [ALONE] * 5
    assert judged(*({**each, "network": None} for each in house)) == [ALONE] * 5


def test_a_crowd_may_stand_on_both_sides_of_a_full_second() -> None:
    assert judged(*(click(299.8 + i / 10, lead_id=i, mail_id=i) for i in range(5))) == [CROWD] * 5


def test_colleagues_behind_one_address_who_click_one_after_another_are_no_crowd() -> None:
    assert judged(*(click(300 + 20 * i, lead_id=i, mail_id=i) for i in range(6))) == [ALONE] * 6


def test_a_click_in_the_first_minute_is_not_believed_by_itself() -> None:
    assert judged(click(59.9), click(60)) == [EARLY, ALONE]
    assert judged(click(30, handed_over_at=None)) == [ALONE]


@pytest.mark.parametrize(("kind", "after"), [("READ", 15), ("FORM", 3 * HOUR), ("REPLY", 23 * HOUR)])
def test_what_only_people_do_afterwards_makes_even_an_early_click_a_persons(kind: str, after: float) -> None:
    assert judged(click(30), then=[did(kind, 30 + after)]) == [FOLLOWED]


@pytest.mark.parametrize(
    ("kind", "after"), [("READ", 31 * MINUTE), ("FORM", 25 * HOUR), ("REPLY", -1), ("PAGE", 1)]
)
def test_what_came_too_late_or_before_the_click_says_nothing(kind: str, after: float) -> None:
    assert judged(click(HOUR), then=[did(kind, HOUR + after)]) == [ALONE]


def test_what_a_colleague_did_says_nothing() -> None:
    assert judged(click(HOUR), then=[did("REPLY", 2 * HOUR, lead_id=JONAS)]) == [ALONE]


def test_a_second_page_is_one_more_than_links_were_clicked() -> None:
    pages = [did("PAGE", HOUR + 1), did("PAGE", HOUR + 40)]

    assert judged(click(HOUR), then=pages[:1]) == [ALONE]
    assert judged(click(HOUR), then=pages) == [FOLLOWED]
    assert judged(click(HOUR), click(HOUR + 35, link=1), then=pages) == [ALONE, ALONE]


def test_a_second_page_does_not_vouch_for_a_click_in_the_time_of_scanners() -> None:
    assert judged(click(30), then=[did("PAGE", 31), did("PAGE", 50)]) == [EARLY]


def test_a_second_click_at_another_time_confirms_both() -> None:
    assert judged(click(HOUR), click(2 * HOUR, link=1)) == [FOLLOWED] * 2
    assert judged(click(HOUR), click(2 * HOUR - 1)) == [ALONE] * 2
    assert judged(click(HOUR), click(25 * HOUR + 1)) == [ALONE] * 2


def test_a_machines_click_or_an_early_one_is_no_other_visit() -> None:
    assert judged(click(30), click(2 * HOUR)) == [EARLY, ALONE]
    assert judged(click(HOUR, method="HEAD"), click(3 * HOUR)) == [DECLARED, ALONE]


def test_an_open_is_never_better_than_unsure() -> None:
    everything = [did(kind, HOUR + 1) for kind in ("READ", "FORM", "REPLY")]

    assert judged(opened(HOUR), opened(3 * HOUR), then=everything) == [PIXEL] * 2
    assert judged(opened(30), opened(40, agent="PROXY")) == [PIXEL, DECLARED]


def test_each_judgement_says_why() -> None:
    found = judge(
        hits(*(click(40 + i / 10, link=i) for i in range(4)), click(HOUR)), follow_ups(did("REPLY", 2 * HOUR))
    )

    assert found["reason"][0] == "4 links of the mail within 2 seconds"
    assert found["reason"][4] == "answered the mail afterwards"
    assert found["reason"].null_count() == 0


def test_no_hits_have_no_judgements() -> None:
    assert judge(hits(), follow_ups()).height == 0


AFTER = st.one_of(
    st.integers(0, 140).map(lambda tenth: 25 + tenth / 10),
    st.sampled_from([0, 59.9, 60, 90, 120, 600, 3_000, 3_660, 4_200, 7_300, 86_000, 90_000]),
)
CLICKS = st.builds(
    click,
    AFTER,
    mail_id=st.integers(1, 2),
    lead_id=st.integers(1, 6),
    link=st.integers(0, 5),
    link_count=st.sampled_from([None, 2, 3, 6]),
    domain=st.sampled_from(["brightpath.example", "brightpath.example", None]),
    network=st.sampled_from(["a1", "a1", "b2", None]),
    method=st.sampled_from(["GET"] * 7 + ["HEAD"]),
    is_hidden=st.sampled_from([False] * 7 + [True]),
    handed_over_at=st.sampled_from([SENT, None]),
)
OPENS = st.builds(lambda after, agent: opened(after, agent=agent), AFTER, st.sampled_from(["PLAIN", "PROXY"]))
#: One mail has one number of links and one hand-over.
TRAFFIC = st.lists(st.one_of(CLICKS, CLICKS, CLICKS, OPENS), max_size=9).map(
    lambda rows: [
        {**row, **{name: of_mail(rows, row, name) for name in ("link_count", "handed_over_at")}}
        for row in rows
    ]
)
THEN = st.lists(
    st.builds(
        lambda kind, after, lead: did(kind, after, lead_id=lead),
        st.sampled_from(["PAGE", "PAGE", "READ", "FORM", "REPLY"]),
        AFTER,
        st.integers(1, 6),
    ),
    max_size=4,
)


def of_mail(rows: list[dict[str, Any]], row: dict[str, Any], name: str) -> Any:
    return next(each[name] for each in rows if each["mail_id"] == row["mail_id"])


@settings(max_examples=examples(40))
@given(rows=TRAFFIC, then=THEN)
def test_all_mails_at_once_are_judged_as_each_hit_is_by_hand(
    rows: list[dict[str, Any]], then: list[dict[str, Any]]
) -> None:
    assert judged(*rows, then=then) == plainly(rows, then)


@settings(max_examples=40)
@given(rows=TRAFFIC, then=THEN, seed=st.integers(0, 99))
def test_the_order_of_hits_and_of_what_followed_plays_no_part(
    rows: list[dict[str, Any]], then: list[dict[str, Any]], seed: int
) -> None:
    ordered, mixed = hits(*rows), hits(*rows).sample(fraction=1, shuffle=True, seed=seed)

    assert_frame_equal(
        judge(ordered, follow_ups(*then)),
        judge(mixed, follow_ups(*then).sample(fraction=1, shuffle=True, seed=seed)),
    )


@settings(max_examples=40)
@given(rows=TRAFFIC, then=THEN)
def test_what_happens_more_than_a_day_later_changes_nothing(
    rows: list[dict[str, Any]], then: list[dict[str, Any]]
) -> None:
    after = max([row["at"] for row in rows], default=SENT) + timedelta(days=1, seconds=1)
    late = [{**row, "at": after} for row in rows[:3]]
    later = [
        {"lead_id": ANNA, "kind": kind, "at": after} for kind in ("REPLY", "FORM", "READ", "PAGE", "PAGE")
    ]

    found = judge(hits(*rows, *late), follow_ups(*then, *later)).head(len(rows))

    assert_frame_equal(found, judge(hits(*rows), follow_ups(*then)))


def test_a_hundred_thousand_hits_are_judged_at_once() -> None:
    rows = pl.DataFrame({"hit_id": pl.int_range(100_000, eager=True)})
    many = rows.with_columns(
        mail_id=pl.col("hit_id") // 5,
        lead_id=pl.col("hit_id") // 5,
        domain=pl.lit("brightpath.example"),
        link=pl.col("hit_id") % 5,
        link_count=pl.lit(5, dtype=pl.Int64),
        at=pl.lit(SENT) + pl.duration(seconds=pl.col("hit_id") // 3),
        is_open=pl.lit(False),
        method=pl.lit("GET"),
        network=pl.lit("a1"),
        agent=pl.lit("PLAIN"),
        is_known_network=pl.lit(False),
        is_prefetch=pl.lit(False),
        is_hidden=pl.lit(False),
        is_bot=pl.lit(False),
        handed_over_at=pl.lit(SENT),
    )

    assert judge(many, follow_ups())["rule"].value_counts().rows() == [("BURST", 100_000)]
