"""The machine of a lead's status, looked at in every state it can be in."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import product
from typing import Any

import polars as pl

from coldframe.kernel import lifecycle
from coldframe.kernel.frames import INSTANT
from coldframe.kernel.vocabulary import Disposition, HandoffState, LeadStatus, Verdict
from tests.kernel.cast import JONAS, NORDLICHT, NOW, ago, assessed, deal, did, scene

REASON = "some:rule"
REASONS = pl.Enum([REASON, "opportunity:open", *lifecycle.REASONS])
SENDS_TO = (LeadStatus.SALES_REVIEW, LeadStatus.RE_ENGAGED, LeadStatus.SALES_ACCEPTED)
DAY = timedelta(days=1)


def every_situation() -> pl.DataFrame:
    """Each status, each way a decision can fall, with and without a deadline that has passed."""
    rows = [
        {"status": status, "was": status, "disposition": disposition, "sends_to": sends_to, "reason": REASON, "is_overdue": overdue}
        for status, overdue in product(LeadStatus, (False, True))
        for disposition, sends_to in [*product([Disposition.TO_SALES], SENDS_TO), (Disposition.NURTURE, None), (Disposition.LET_GO, None)]
        if not overdue or status is LeadStatus.SALES_REVIEW
    ]  # fmt: skip
    types = {
        "status": lifecycle.STATUS,
        "was": lifecycle.STATUS,
        "sends_to": lifecycle.STATUS,
        "reason": REASONS,
    }
    frame = pl.DataFrame(rows, schema_overrides=types)
    asked, follows = lifecycle.next_status(reasons=REASONS)
    following = frame.with_columns(asked).select(follows).rename({"status": "after"})
    return frame.hstack(following)


def test_every_move_is_legal() -> None:
    moves = every_situation().select("status", "after").rows()

    assert [pair for pair in moves if not lifecycle.may_follow(*map(LeadStatus, pair))] == []


def test_every_status_but_new_is_reached_from_new() -> None:
    moves = every_situation().select("status", "after").rows()
    reached = {LeadStatus.NEW.value}
    for _ in LeadStatus:
        reached |= {after for before, after in moves if before in reached}

    assert reached == {status.value for status in LeadStatus}


def test_nothing_goes_back_to_new_and_nothing_stays_new() -> None:
    assert "NEW" not in every_situation()["after"].to_list()


def test_every_status_can_be_left() -> None:
    left = every_situation().filter(pl.col("status") != pl.col("after"))["status"].unique().to_list()
    by_the_clock = [LeadStatus.SALES_ACCEPTED.value]

    assert sorted([*left, *by_the_clock]) == sorted(status.value for status in LeadStatus)


def test_what_is_not_said_to_be_legal_is_refused() -> None:
    assert not lifecycle.may_follow(LeadStatus.NURTURE, LeadStatus.NEW)
    assert lifecycle.may_follow(LeadStatus.NURTURE, LeadStatus.NURTURE)
    assert set(lifecycle.LEGAL) == set(LeadStatus)


def test_every_status_that_is_stored_has_a_way_out_with_a_date_on_it() -> None:
    """Each status in turn, with what keeps a lead there; disqualified alone may have none."""
    demo = did(JONAS, "form_submitted", form="demo")
    browses = [did(JONAS, "page", path="/pricing", days_ago=days) for days in (1, 2)]
    kept = {
        "SALES_REVIEW": assessed(scene(demo)),
        "NURTURE": assessed(scene()),
        "RE_ENGAGED": assessed(scene(*browses, jonas={"status": "NURTURE", "status_since": ago(9)})),
        "SALES_ACCEPTED": assessed(scene(deals=(deal(NORDLICHT, "WON", closed=5),))),
    }

    for status, rows in kept.items():
        assert (rows[JONAS]["status"], rows[JONAS]["leaves_at"] > NOW) == (status, True)
    assert {*kept, "NEW", "DISQUALIFIED"} == {status.value for status in LeadStatus}


# What sales said, or did not say


HANDOFFS: tuple[tuple[HandoffState | None, bool], ...] = (
    (None, False),
    (HandoffState.OPEN, False),
    (HandoffState.OPEN, True),
    (HandoffState.LAPSED, True),
    (HandoffState.CLOSED, False),
    (HandoffState.ANSWERED, False),
)


def every_answer() -> pl.DataFrame:
    """Each status with each thing that can have become of its last handoff, answered before the status began or since."""
    rows: list[dict[str, Any]] = []
    for status, (state, is_past) in product(LeadStatus, HANDOFFS):
        verdicts = list(Verdict) if state is HandoffState.ANSWERED else [None]
        for verdict, is_news, is_third in product(verdicts, (True, False), (True, False)):
            if is_third and verdict in (None, Verdict.ACCEPTED):
                continue
            goes_to = {None: None, Verdict.ACCEPTED: None, Verdict.NOT_A_FIT: LeadStatus.DISQUALIFIED}
            rows.append(
                {
                    "status": status.value,
                    "status_since": NOW - 5 * DAY,
                    "handoff_state": state,
                    "deadline_at": NOW - DAY if is_past else NOW + DAY,
                    "verdict": verdict,
                    "verdict_at": None if verdict is None else NOW - (1 if is_news else 9) * DAY,
                    "goes_to": goes_to.get(verdict, LeadStatus.NURTURE),
                    "is_third_return": is_third,
                }
            )
    times = {"status_since": INSTANT, "deadline_at": INSTANT, "verdict_at": INSTANT}
    frame = pl.DataFrame(
        rows,
        schema_overrides={**times, "goes_to": pl.String, "verdict": pl.String, "handoff_state": pl.String},
    )
    now = pl.lit(NOW).cast(INSTANT)
    asked, (status, answer) = lifecycle.answered(now=now)
    return frame.with_columns(asked).with_columns(status.alias("entered").cast(pl.String), answer)


def test_every_answer_of_sales_is_a_legal_move() -> None:
    moves = every_answer().select("status", "entered").rows()

    assert [pair for pair in moves if not lifecycle.may_follow(*map(LeadStatus, pair))] == []


def test_only_a_lead_whose_handoff_is_open_and_in_time_stays_in_review() -> None:
    stays = every_answer().filter(
        (pl.col("entered") == "SALES_REVIEW") & (pl.col("status") == "SALES_REVIEW")
    )

    assert set(stays["handoff_state"]) == {"OPEN"}
    assert (stays["deadline_at"] > NOW).all()


def test_a_verdict_that_is_news_is_heard_in_every_status_and_an_old_one_in_none() -> None:
    answers = every_answer().filter(pl.col("verdict").is_not_null())
    news = answers.filter(pl.col("verdict_at") >= pl.col("status_since"))
    old = answers.filter(pl.col("verdict_at") < pl.col("status_since"))
    heard = {
        (row["verdict"], row["is_third_return"]): (row["entered"], row["answer"]) for row in news.to_dicts()
    }

    assert heard == {
        ("ACCEPTED", False): ("SALES_ACCEPTED", "verdict:accepted"),
        ("NOT_NOW", False): ("NURTURE", "verdict:not_now"),
        ("NEEDS_EDUCATION", False): ("NURTURE", "verdict:needs_education"),
        ("WRONG_PERSON", False): ("NURTURE", "verdict:wrong_person"),
        ("NOT_A_FIT", False): ("DISQUALIFIED", "verdict:not_a_fit"),
        **dict.fromkeys(
            [(verdict.value, True) for verdict in lifecycle.RETURNS], ("DISQUALIFIED", "third_return")
        ),
    }
    assert (
        news.group_by("verdict", "is_third_return").agg(pl.col("entered").n_unique())["entered"].to_list()
        == [1] * 9
    )
    assert old["answer"].null_count() == old.height


def test_a_deadline_that_passed_is_a_lapse_and_no_verdict() -> None:
    past = every_answer().filter((pl.col("status") == "SALES_REVIEW") & (pl.col("deadline_at") <= NOW))

    assert set(past.select("entered", "answer").rows()) == {("NURTURE", "lapsed")}


# All together


FLAGS = ("is_open", "is_let_go", "is_stale", "is_proposed", "is_granted", "has_acted")


def every_conclusion() -> pl.DataFrame:
    """Each entered status x each proposed status x what people, sales and its room say."""
    rows = [
        {
            "entered": entered.value, "status": proposed.value, "status_reason": REASON, "answer": answer, "override": override,
            "exit": let_go, "let_go_by": "verdict:not_a_fit", **dict(zip(FLAGS, flags, strict=True)),
        }
        for entered, proposed in product(LeadStatus, LeadStatus)
        for answer in (None, "lapsed")
        for override in (None, LeadStatus.NURTURE.value, LeadStatus.SALES_REVIEW.value)
        for let_go in (None, "exit:sunset")
        for flags in product((False, True), repeat=len(FLAGS))
        if proposed is not LeadStatus.NEW and not (flags[4] and not flags[3]) and not (flags[0] and flags[3])
    ]  # fmt: skip
    frame = pl.DataFrame(
        rows, schema_overrides={"answer": pl.String, "override": pl.String, "exit": pl.String}
    )
    case, (status, reason) = lifecycle.concluded()
    return frame.with_columns(case).with_columns(status.cast(pl.String).alias("after"), reason.alias("why"))


CONCLUDED = every_conclusion()


def test_every_conclusion_is_a_legal_move_with_a_reason() -> None:
    moves = set(CONCLUDED.select("entered", "after").rows())

    assert [pair for pair in moves if not lifecycle.may_follow(*map(LeadStatus, pair))] == []
    assert CONCLUDED["why"].null_count() == 0
    assert "NEW" not in CONCLUDED["after"].to_list()


def test_a_persons_word_wins_over_everything() -> None:
    said = CONCLUDED.filter(pl.col("override").is_not_null())

    assert (said["after"] == said["override"]).all()
    assert set(said["why"]) == {"override"}


def test_a_deal_wins_over_what_sales_said_and_over_its_room() -> None:
    deals = CONCLUDED.filter(pl.col("override").is_null() & (pl.col("status") == "SALES_ACCEPTED"))

    assert set(deals["after"]) == {"SALES_ACCEPTED"}


def policy_alone() -> pl.DataFrame:
    return CONCLUDED.filter(pl.col("override").is_null() & (pl.col("status") != "SALES_ACCEPTED"))


def test_nobody_enters_review_without_room_or_a_person() -> None:
    entering = policy_alone().filter((pl.col("after") == "SALES_REVIEW") & ~pl.col("is_open"))
    granted = entering.filter(pl.col("is_proposed"))
    others = entering.filter(~pl.col("is_proposed"))

    assert granted["is_granted"].all()
    # The assessment proposes a review and the cycle proposes every such lead, unless it is stale, or sales has it.
    assert set(others["status"]) <= {"SALES_REVIEW"}


def test_who_waits_for_room_is_in_nurture_or_re_engaged_and_says_so() -> None:
    waits = policy_alone().filter(
        pl.col("is_proposed") & ~pl.col("is_granted") & ~pl.col("is_let_go") & ~pl.col("is_stale")
    )
    fresh = waits.filter(~pl.col("is_open"))
    after = {key: {*part["after"]} for key, part in fresh.group_by("entered", "has_acted")}
    others = ["NEW", "SALES_REVIEW", "SALES_ACCEPTED", "DISQUALIFIED"]

    assert set(fresh["why"]) == {"waits_for_room"}
    assert after == {
        ("NURTURE", True): {"RE_ENGAGED"},
        ("NURTURE", False): {"NURTURE"},
        **{("RE_ENGAGED", acted): {"RE_ENGAGED"} for acted in (True, False)},
        **{(key, acted): {"NURTURE"} for key in others for acted in (True, False)},
    }


def test_what_sales_has_seen_before_sends_nobody_there_again() -> None:
    stale = policy_alone().filter(pl.col("is_stale") & ~pl.col("is_open"))

    assert set(stale["after"]) <= {"NURTURE", "DISQUALIFIED", "SALES_REVIEW"}
    assert stale.filter(~pl.col("is_granted"))["after"].is_in(["NURTURE", "DISQUALIFIED"]).all()


def test_whom_sales_let_go_stays_so_until_something_new_is_granted_room() -> None:
    let_go = policy_alone().filter(pl.col("is_let_go") & (pl.col("entered") == "DISQUALIFIED"))
    back = let_go.filter(pl.col("after") != "DISQUALIFIED")

    assert back["is_granted"].all()


def test_every_status_can_be_reached_and_left_by_policy_alone() -> None:
    moves = [
        (before, after)
        for before, after in policy_alone().select("entered", "after").rows()
        if before != after
    ]
    statuses = {status.value for status in LeadStatus}

    assert {before for before, _ in moves} == statuses
    assert {after for _, after in moves} == statuses - {"NEW", "SALES_ACCEPTED"}


def test_a_deal_lost_before_sales_accepted_does_not_take_the_lead_away_from_it() -> None:
    def released(status_since: datetime, deal_at: datetime | None, state: str | None) -> str:
        row = {
            "status": "SALES_ACCEPTED",
            "status_since": status_since,
            "deal_at": deal_at,
            "opportunity.state": state,
        }
        types = {"status_since": INSTANT, "deal_at": INSTANT, "opportunity.state": pl.String}
        frame = pl.DataFrame([row], schema_overrides=types)
        return str(frame.select(lifecycle.released(now=pl.lit(NOW).cast(INSTANT)).cast(pl.String)).item())

    assert released(NOW - 3 * DAY, NOW - 90 * DAY, "LOST") == "SALES_ACCEPTED"
    assert released(NOW - 3 * DAY, NOW - DAY, "LOST") == "NURTURE"
    assert released(NOW - 30 * DAY, NOW - 90 * DAY, "LOST") == "NURTURE"
    assert released(NOW - 29 * DAY, None, None) == "SALES_ACCEPTED"
    assert released(NOW - 30 * DAY, None, None) == "NURTURE"
    assert released(NOW - 90 * DAY, NOW - 80 * DAY, "OPEN") == "SALES_ACCEPTED"
