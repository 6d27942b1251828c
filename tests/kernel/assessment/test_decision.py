"""Which rule wins, and the status that follows."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kernel.cast import (
    ANNA,
    BRIGHTPATH,
    JONAS,
    MARTA,
    NORDLICHT,
    ZED,
    Deed,
    ago,
    assessed,
    deal,
    did,
    playbook,
    scene,
)

DEMO = did(JONAS, "form_submitted", form="demo")
BROWSES = [did(ANNA, "page", path="/pricing", days_ago=days) for days in (1, 2)]


def said(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("disposition", "reason", "path", "status"))


def test_a_lead_nobody_asks_for_is_nurtured_on_the_first_path_that_is_for_it() -> None:
    rows = assessed(scene())

    assert said(rows[ANNA]) == ("NURTURE", "path:software-educate", "software-educate", "NURTURE")
    assert said(rows[JONAS]) == ("NURTURE", "path:get-to-know", "get-to-know", "NURTURE")


def test_the_first_rule_of_disqualification_that_holds_gives_the_reason() -> None:
    rows = assessed(scene(marta={"message": "We offer a guest post."}))

    assert said(rows[MARTA]) == ("LET_GO", "disqualify:vendor", None, "DISQUALIFIED")
    assert rows[MARTA]["disqualify_held"] == 0b0110


def test_who_asks_for_sales_goes_to_sales() -> None:
    rows = assessed(scene(DEMO))

    assert said(rows[JONAS]) == ("TO_SALES", "trigger:Hand raise", None, "SALES_REVIEW")


def test_a_hand_raise_wins_over_a_trigger_that_stands_before_it() -> None:
    row = assessed(scene(DEMO))[JONAS]

    assert (row["triggers_held"], row["reason"]) == (0b0011, "trigger:Hand raise")


def test_disqualification_wins_over_a_hand_raise() -> None:
    rows = assessed(scene(DEMO, nordlicht={"domain": "rival.example"}))

    assert said(rows[JONAS]) == ("LET_GO", "disqualify:competitor", None, "DISQUALIFIED")


@pytest.mark.parametrize(("state", "word"), [("OPEN", "open"), ("WON", "won")])
def test_a_deal_wins_over_everything_and_covers_the_whole_account(state: str, word: str) -> None:
    closed = None if state == "OPEN" else 1

    rows = assessed(
        scene(deals=(deal(BRIGHTPATH, state, closed=closed),), brightpath={"domain": "rival.example"})
    )

    assert said(rows[ANNA]) == ("TO_SALES", f"opportunity:{word}", None, "SALES_ACCEPTED")


@pytest.mark.parametrize(
    ("deals", "reason"),
    [
        ((deal(NORDLICHT, "OPEN", opened=-1),), "path:get-to-know"),
        ((deal(NORDLICHT, "OPEN", opened=None),), "opportunity:open"),
        ((deal(NORDLICHT, "OPEN", closed=-30),), "opportunity:open"),
        ((deal(NORDLICHT, "LOST", closed=-1),), "opportunity:open"),
        ((deal(NORDLICHT, "LOST", closed=1),), "path:get-to-know"),
        ((deal(NORDLICHT, "LOST", closed=1), deal(NORDLICHT, "WON", closed=5)), "opportunity:won"),
        ((deal(NORDLICHT, "WON", closed=1), deal(NORDLICHT, "OPEN")), "opportunity:open"),
    ],
)
def test_a_deal_is_judged_as_it_stood_at_the_instant(deals: tuple[dict[str, Any], ...], reason: str) -> None:
    assert assessed(scene(deals=deals))[JONAS]["reason"] == reason


def test_an_unsubscribed_lead_is_let_go_but_a_suppression_does_not_stop_a_hand_off() -> None:
    suppressed = {"suppressed_by": "unsubscribe"}

    assert said(assessed(scene(jonas=suppressed))[JONAS]) == (
        "LET_GO",
        "exit:unsubscribed",
        None,
        "DISQUALIFIED",
    )
    assert assessed(scene(DEMO, jonas=suppressed))[JONAS]["reason"] == "trigger:Hand raise"


def test_a_condition_over_something_missing_never_holds() -> None:
    by = playbook(
        disqualify="disqualify: [{reason: outside_market, when: {field: account.country, not_in: [PL, DE]}}]"
    )

    rows = assessed(scene(), by=by)

    assert (rows[MARTA]["reason"], rows[ZED]["reason"]) == ("disqualify:outside_market", "path:get-to-know")


def test_an_empty_list_of_served_countries_lets_nobody_go() -> None:
    rows = assessed(scene(), by=playbook(lists="lists: {competitors: [], served_countries: []}"))

    assert rows[MARTA]["reason"] == "path:software-educate"


def test_the_last_path_takes_everybody_left() -> None:
    by = playbook(
        paths="paths: [{name: only-german, for: {all: [{field: account.country, is: DE}]}, pool: {stages: all}}, {name: rest, for: {all: []}, pool: {stages: all}}]"
    )

    rows = assessed(scene(), by=by)

    assert [rows[who]["path"] for who in (JONAS, ANNA, ZED)] == ["only-german", "rest", "rest"]


def nurtured(**more: Any) -> dict[str, Any]:
    return {"status": "NURTURE", "status_since": ago(10), **more}


def test_who_comes_back_out_of_nurture_is_re_engaged_and_stays_so_while_it_lasts() -> None:
    first = assessed(scene(*BROWSES, anna=nurtured()))[ANNA]
    again = assessed(scene(*BROWSES, anna={"status": "RE_ENGAGED", "status_since": ago(1)}))[ANNA]
    quiet = assessed(scene(anna={"status": "RE_ENGAGED", "status_since": ago(10)}))[ANNA]

    assert said(first) == ("TO_SALES", "trigger:Came back", None, "RE_ENGAGED")
    assert said(again) == said(first)
    assert (quiet["status"], quiet["status_reason"]) == ("NURTURE", "quiet_again")


def test_somebody_new_cannot_come_back() -> None:
    assert assessed(scene(*BROWSES))[ANNA]["status"] == "NURTURE"


REVIEWED = "SALES_REVIEW"


@pytest.mark.parametrize(
    ("since", "deeds", "changes", "status", "reason"),
    [
        (1, (), {}, REVIEWED, "awaiting_verdict"),
        (3, (), {}, "NURTURE", "lapsed"),
        (3, (DEMO,), {}, REVIEWED, "trigger:Hand raise"),
        (1, (), {"message": "guest post"}, REVIEWED, "awaiting_verdict"),
        (3, (), {"message": "guest post"}, "DISQUALIFIED", "disqualify:vendor"),
    ],
)
def test_sales_keeps_a_lead_until_its_deadline(
    since: int, deeds: tuple[Deed, ...], changes: dict[str, Any], status: str, reason: str
) -> None:
    """The slowest agreed answer of the small playbook takes two days."""
    row = assessed(scene(*deeds, jonas={"status": REVIEWED, "status_since": ago(since), **changes}))[JONAS]

    assert (row["status"], row["status_reason"]) == (status, reason)


@pytest.mark.parametrize(
    ("deals", "since", "status", "reason"),
    [
        ((deal(NORDLICHT, "OPEN"),), 400, "SALES_ACCEPTED", "opportunity:open"),
        ((deal(NORDLICHT, "WON", closed=5),), 400, "SALES_ACCEPTED", "opportunity:won"),
        ((deal(NORDLICHT, "LOST", closed=1),), 5, "NURTURE", "recycled"),
        ((), 29, "SALES_ACCEPTED", "exit:sales_qualified"),
        ((), 30, "NURTURE", "recycled"),
    ],
)
def test_sales_keeps_what_it_accepted_while_there_is_a_deal(
    deals: tuple[dict[str, Any], ...], since: int, status: str, reason: str
) -> None:
    row = assessed(scene(deals=deals, jonas={"status": "SALES_ACCEPTED", "status_since": ago(since)}))[JONAS]

    assert (row["status"], row["status_reason"]) == (status, reason)


def test_new_evidence_takes_back_who_was_let_go() -> None:
    row = assessed(scene(DEMO, jonas={"status": "DISQUALIFIED", "status_since": ago(100)}))[JONAS]

    assert said(row) == ("TO_SALES", "trigger:Hand raise", None, "SALES_REVIEW")
